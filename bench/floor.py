"""The least that the same work costs: python -m bench.floor DESKTOP CLOUD FILE (ODBC string, URI, server-side file).

The rows drained over ODBC and thrown away; the same rows loaded by the server from a file of its own; one join that
compares them with the target.
"""

from __future__ import annotations

import json
import sys
import time

from bench.databases import connected, statement

COLUMNS = (
    "job_id", "org_id", "client_id", "task_id", "title", "notes", "job_date", "target_date", "amount", "hours",
    "minutes", "status", "changed_at",
)  # fmt: skip


def drain(desktop: str) -> int:
    """Read every row of the desktop's jobs as Arrow, with the buffer and fetch sizes that the package uses."""
    from arrow_odbc import read_arrow_batches_from_odbc

    query = f"SELECT {', '.join(COLUMNS)} FROM jobs"  # noqa: S608 - constants
    reader = read_arrow_batches_from_odbc(
        query, desktop, batch_size=50_000, max_bytes_per_batch=8 * 1024 * 1024, max_text_size=600,
        fetch_concurrently=True,
    )  # fmt: skip
    return sum(batch.num_rows for batch in reader)


def main(desktop: str, cloud: str, file: str) -> None:
    """Measure the three parts and print {part: seconds} as JSON."""
    import arrow_odbc  # noqa: F401 - not in the time
    import pyarrow as pa  # noqa: F401
    from psycopg import sql

    with connected(cloud) as connection:
        connection.execute(statement("floor_table"))
        times = [time.perf_counter()]
        rows = drain(desktop)
        times.append(time.perf_counter())
        connection.execute(sql.SQL(statement("floor_load")).format(file=sql.Literal(file)))
        times.append(time.perf_counter())
        connection.execute("SET work_mem = '64MB'")
        [(different,)] = connection.execute(statement("floor_join")).fetchall()
        times.append(time.perf_counter())
        connection.execute("DROP TABLE floor_rows")
    if different:
        raise SystemExit(f"{different} of {rows} rows differ: the two sides were not filled alike")
    parts = ("drain", "load", "join")
    seconds = {part: end - start for part, start, end in zip(parts, times, times[1:], strict=False)}
    print(json.dumps(seconds | {"rows": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
