"""The extract of an earlier run, by the run's id."""

from __future__ import annotations

from urllib.parse import unquote

from hybrid_sync.extracts.extract import FILE, INDEX, Extract, ExtractLost
from hybrid_sync.extracts.parts import read_index
from hybrid_sync.extracts.reading import read_extract
from hybrid_sync.extracts.storage import extract_folder

READERS = {FILE: read_extract, INDEX: read_index}


def find_extract(base: str, dag_id: str, run_id: str, table: str) -> Extract:
    """What run `run_id` extracted of `table`.

    Raises ExtractLost when it made none or it was pruned, naming the runs whose extract of the table is still there.
    """
    folder = extract_folder(base, dag_id, run_id, table)
    found = [read(f"{folder}/{name}") for name, read in READERS.items() if _exists(f"{folder}/{name}")]
    if found:  # both, where a group was cleared and the table was read another way
        return max(found, key=lambda extract: extract.created)
    others = runs_with_extract(base, dag_id, table)
    there = f"Runs that can be replayed: {', '.join(others)}." if others else "No run's extract of it is there."
    raise ExtractLost(
        f"run {run_id} has no extract of the table: it read none, or the extract was pruned. {there}", table=table
    )


def runs_with_extract(base: str, dag_id: str, table: str) -> list[str]:
    """The ids of the runs whose extract of `table` is there, the newest first."""
    from airflow.sdk import ObjectStoragePath

    # The folder of any run has the DAG's above it, whose name is escaped as the run's own would be.
    folder = ObjectStoragePath(extract_folder(base, dag_id, "any", table)).parent.parent
    found = []
    for run in folder.iterdir() if folder.exists() else ():
        run_id = unquote(run.name)
        files = [ObjectStoragePath(f"{extract_folder(base, dag_id, run_id, table)}/{name}") for name in READERS]
        if there := [file.fs.modified(file.path) for file in files if file.exists()]:
            found.append((max(there), run_id))
    return [run_id for _, run_id in sorted(found, reverse=True)]


def _exists(uri: str) -> bool:
    from airflow.sdk import ObjectStoragePath

    return bool(ObjectStoragePath(uri).exists())
