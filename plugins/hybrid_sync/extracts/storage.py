"""Where extracts lie: folders that are safe to name, private files, and the end of old ones."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hybrid_sync.extracts.extract import FILE, INDEX, PARTIAL

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath


def base_uri() -> str:
    """Where extracts go: `HYBRID_SYNC_EXTRACTS`, an object storage URI, or a folder in AIRFLOW_HOME."""
    configured = os.environ.get("HYBRID_SYNC_EXTRACTS")
    if configured:
        return configured
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()  # Airflow's own rule and default
    return f"file://{home}/extracts"


def extract_folder(base: str, dag_id: str, run_id: str, table: str) -> str:
    """The folder of one table's extract. Ids that would leave their folder are escaped."""
    return "/".join([base.rstrip("/"), *(_segment(part) for part in (dag_id, run_id, table))])


def prune_extracts(base: str, dag_id: str, keep_runs: int) -> list[str]:
    """Remove the extracts of all but the `keep_runs` newest runs of `dag_id`, and give the removed folders' URIs.

    A run is as new as its newest file. Only folders that hold nothing but extracts are removed.
    """
    from airflow.sdk import ObjectStoragePath

    if keep_runs < 1:
        raise ValueError("keep_runs must be at least 1")
    folder = ObjectStoragePath(base.rstrip("/")) / _segment(dag_id)
    runs: list[tuple[datetime, ObjectStoragePath]] = []
    for run in folder.iterdir() if folder.exists() else ():
        files = run.fs.find(run.path) if run.is_dir() else []
        if files and all(_is_ours(file[len(run.path) :]) for file in files):
            runs.append((max(_modified(run, file) for file in files), run))
    runs.sort(key=lambda item: (item[0], str(item[1])))
    removed = [run for _, run in runs[:-keep_runs]]
    for run in removed:
        run.fs.rm(run.path, recursive=True)
    return [str(run) for run in removed]


def prepare(folder: str) -> ObjectStoragePath:
    """Make the folder; on a local disk, the folders that have to be made are for their owner alone."""
    from airflow.sdk import ObjectStoragePath

    path = ObjectStoragePath(folder)
    if _is_local(path):
        made = []
        current = os.path.abspath(path.path)
        while not os.path.isdir(current):
            made.append(current)
            current = os.path.dirname(current)
        for missing in reversed(made):
            with suppress(FileExistsError):  # the extract of another table was quicker
                os.mkdir(missing, mode=0o700)
    else:
        path.mkdir(parents=True, exist_ok=True)
    return path


def open_private(path: ObjectStoragePath) -> Any:
    """Open a new file for writing; on a local disk nobody else may read it."""
    if _is_local(path):
        return os.fdopen(os.open(path.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    return path.fs.open(path.path, "wb")


def move_into_place(partial: ObjectStoragePath, path: ObjectStoragePath) -> None:
    """Give a whole file its name, in one step where the store can, and remove what killed writers left beside it.

    A writer that was only thought dead then fails here, and does not put its older rows over newer ones.
    """
    if _is_local(path):
        os.replace(partial.path, path.path)
    else:
        path.fs.mv(partial.path, path.path)
    for left in path.parent.iterdir():
        if left.name.endswith(PARTIAL):
            with suppress(OSError):
                left.unlink()


def _is_local(path: ObjectStoragePath) -> bool:
    return path.protocol in ("file", "local", "")


def _is_ours(below: str) -> bool:
    """`<table>/extract.parquet`, `<table>/index.json`, `<table>/<split id>/<part>/extract.parquet`."""
    table_or_part, _, name = below.strip("/").rpartition("/")
    depth = table_or_part.count("/") + 1 if table_or_part else 0
    if name == INDEX:
        return depth == 1
    return depth in (1, 3) and (name == FILE or name.endswith(PARTIAL))


def _modified(run: ObjectStoragePath, file: str) -> datetime:
    stamp: datetime = run.fs.modified(file)
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def _segment(part: str) -> str:
    escaped = quote(part, safe="~:+@=,")
    return "%2E" + escaped[1:] if escaped.startswith(".") else escaped
