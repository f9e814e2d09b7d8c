"""One run of dlt's upsert, fed by this package's reader: python -m bench.dlt_load DESKTOP CLOUD FOLDER, in .venv-peers.

Prints the seconds of the whole pipeline (extract, normalize, load) as JSON; imports are not in them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.floor import COLUMNS
from hybrid_sync.desktop import Desktop

if TYPE_CHECKING:
    import pyarrow as pa


def jobs(desktop: str) -> Iterator[pa.Table]:
    """The desktop's rows as dlt takes them."""
    import pyarrow as pa

    with Desktop(desktop) as source:
        for batch in source.read("jobs", COLUMNS):
            yield pa.Table.from_batches([batch])


def main(desktop: str, cloud: str, folder: str) -> None:
    """Run the pipeline once."""
    import dlt  # type: ignore[import-not-found]
    import pyarrow as pa  # noqa: F401 - not in the time

    pipeline = dlt.pipeline(
        "bench", pipelines_dir=folder, destination=dlt.destinations.postgres(cloud), dataset_name="public"
    )
    resource = dlt.resource(
        jobs(desktop),
        name="jobs",
        primary_key="job_id",
        write_disposition={"disposition": "merge", "strategy": "upsert"},
    )
    start = time.perf_counter()
    pipeline.run(resource)
    print("\n" + json.dumps({"seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(*sys.argv[1:])
