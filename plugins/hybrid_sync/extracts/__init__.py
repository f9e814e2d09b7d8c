"""A run's extract of one table: a Parquet file in object storage, `<base>/<dag_id>/<run_id>/<table>/extract.parquet`.

The file holds the cloud's column names and, in its footer, all that a replay needs to know of it (`Extract`).
An extract in parts is a folder of such files, `<table>/<split id>/<part>/extract.parquet`, and `<table>/index.json`,
which is there only when all of them are. Any store that Airflow's ObjectStoragePath knows will do (`file://`, `s3://`).
"""

from hybrid_sync.extracts.extract import Extract, ExtractLost
from hybrid_sync.extracts.finding import find_extract, runs_with_extract
from hybrid_sync.extracts.forked import store_for_fork
from hybrid_sync.extracts.parts import part_folder, read_parts, read_whole, write_index
from hybrid_sync.extracts.reading import open_extract, read_extract
from hybrid_sync.extracts.storage import base_uri, extract_folder, prune_extracts
from hybrid_sync.extracts.writing import write_extract

__all__ = [
    "Extract",
    "ExtractLost",
    "base_uri",
    "extract_folder",
    "find_extract",
    "open_extract",
    "part_folder",
    "prune_extracts",
    "read_extract",
    "read_parts",
    "read_whole",
    "runs_with_extract",
    "store_for_fork",
    "write_extract",
    "write_index",
]
