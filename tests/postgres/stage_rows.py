"""A process that stages generated rows into the table `t` and prints its highest memory, in MiB.

    python stage_rows.py <database URI> <rows> good|bad

`bad`: one row in ten is a reject.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from hybrid_sync import catalog, staging
from hybrid_sync.specs import Ownership, RejectLimit, Strategy, TableSpec

BATCH = 50_000


def batches(rows: int, *, bad: bool) -> Iterator[pa.RecordBatch]:
    ids = pa.array(range(BATCH), pa.int64())
    ends = ["!" * 99 if bad else "", *[""] * 9]
    columns = {
        "name": pa.array([f"client {n:09d} of the first office{ends[n % 10]}" for n in range(BATCH)]),
        "work": pa.array([f"{n:09d} " + "statutory audit and final accounts " * 3 for n in range(BATCH)]),
        "amount": ids.cast(pa.decimal128(21, 2)),
        "hours": pc.divide(ids.cast(pa.float64()), 4.0),
        "due": ids.cast(pa.int32()).cast(pa.date32()),
    }
    for first in range(0, rows, BATCH):
        yield pa.record_batch({"id": pc.add(ids, first), **columns})


def main(uri: str, rows: int, kind: str) -> None:
    spec = TableSpec(
        name="t", strategy=Strategy.UPSERT, source_table="t", target_table="t", key=("id",),
        max_rejects=RejectLimit(share=0.5),
    )  # fmt: skip
    with psycopg.connect(uri, autocommit=True, prepare_threshold=None) as connection:
        staged = staging.load(
            connection, spec=spec, ownership=Ownership(), target=catalog.read_target(connection, "t"),
            batches=batches(rows, bad=kind == "bad"), run_id="run", stage_id=str(uuid4()), mode="full",
            watermark_column=None, watermark=None, extract_uri="file:///x", desktop_time_zone="UTC",
        )  # fmt: skip
    assert staged.rejects == (rows // 10 if kind == "bad" else 0), staged
    # not getrusage's ru_maxrss, which begins with what the parent had when it forked
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert peak is not None
    print(int(peak[1]) / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
