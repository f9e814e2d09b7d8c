"""One run of a dlt pipeline for jobshead. Runs in .venv-peers: dlt_pipeline.py CONFIGURATION DESKTOP CLOUD FOLDER.

dlt's own reader of SQL tables gives Arrow, which dlt loads without columns of its own (`_dlt_id`, `_dlt_load_id`):
so it can write to a table that is there already.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

UPSERT = {"disposition": "merge", "strategy": "upsert"}
DELETE_INSERT = {"disposition": "merge", "strategy": "delete-insert"}


def owned_by_desktop(rows: pa.Table) -> pa.Table:
    """Add the owner, so that it can be a merge_key: what delete-insert deletes by."""
    import pyarrow as pa

    owner = pa.field("source", pa.string(), nullable=False)
    return rows.append_column(owner, pa.array(["D"] * len(rows)))


def without_mobile_keys(rows: pa.Table, cloud: str) -> pa.Table:
    """Leave out the rows whose key a mobile row has now. A phone may add one between this look and the load."""
    import psycopg
    import pyarrow as pa
    import pyarrow.compute as pc

    with psycopg.connect(cloud) as connection:
        keys = [key for (key,) in connection.execute("SELECT job_id FROM jobshead WHERE source <> 'D'").fetchall()]
    taken = pc.is_in(rows["job_id"], value_set=pa.array(keys, rows["job_id"].type))
    return rows.filter(pc.invert(taken))


def configure(resource: Any, configuration: str, cloud: str) -> None:
    """Set how the resource is written, by the name of a configuration of `peers.dlt_peer`."""
    if configuration == "upsert":
        resource.apply_hints(write_disposition=UPSERT, primary_key="job_id")
    elif configuration == "filtered":
        resource.add_map(lambda rows: without_mobile_keys(rows, cloud))
        resource.apply_hints(write_disposition=UPSERT, primary_key="job_id")
    elif configuration == "by_key_and_owner":
        resource.add_map(owned_by_desktop)
        resource.apply_hints(write_disposition=DELETE_INSERT, primary_key="job_id", merge_key="source")
    elif configuration == "by_owner":
        resource.add_map(owned_by_desktop)
        resource.apply_hints(write_disposition=DELETE_INSERT, primary_key=(), merge_key="source")
    else:
        raise SystemExit(f"no configuration {configuration}")


def main(configuration: str, desktop: str, cloud: str, folder: str) -> None:
    """Run the pipeline once and print what dlt says of it."""
    import dlt  # type: ignore[import-not-found]
    from dlt.sources.sql_database import sql_table  # type: ignore[import-not-found]

    resource = sql_table(
        credentials=desktop.replace("postgresql://", "postgresql+psycopg2://"),
        schema="public",
        table="jobshead",
        backend="pyarrow",
        reflection_level="full_with_precision",
    )
    configure(resource, configuration, cloud)
    pipeline = dlt.pipeline(
        f"story_{configuration}",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(cloud),
        dataset_name="public",
    )
    print(pipeline.run(resource))
    print(pipeline.last_trace.last_normalize_info)


if __name__ == "__main__":
    main(*sys.argv[1:])
