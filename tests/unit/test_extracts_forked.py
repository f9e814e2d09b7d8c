"""An extract that a forked process writes into a store whose client lives in threads and needs a connection."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from airflow.sdk import Connection, ObjectStoragePath
from airflow.sdk.io import fs as stores
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.local import LocalFileSystem

from hybrid_sync.extracts import Extract, read_extract, store_for_fork, write_extract
from hybrid_sync.forking import in_process


class Threaded(AsyncFileSystemWrapper):
    """This machine's disk behind fsspec's own thread, as s3fs puts its client: it refuses to work after a fork."""

    protocol = "threaded"
    cachable = False

    def __init__(self, **options: Any) -> None:
        super().__init__(fs=LocalFileSystem(), asynchronous=False)

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        assert self.loop  # raises after a fork
        return Path(path).open(mode)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The connections that Airflow was asked for, in this process."""
    asked: list[str] = []

    def get(conn_id: str) -> Connection:
        if conn := os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}"):
            return Connection(conn_id=conn_id, **json.loads(conn))
        assert os.getpid() == task, "a fork must not talk to Airflow"
        asked.append(conn_id)
        return Connection(conn_id=conn_id, conn_type="threaded", password="kept/s@fe")

    def get_fs(conn_id: str | None, options: Any) -> Threaded:
        assert conn_id is None or Connection.get(conn_id).password == "kept/s@fe"
        return Threaded()

    task = os.getpid()
    monkeypatch.setattr(Connection, "get", get)
    monkeypatch.setattr(stores, "_register_filesystems", lambda: {"threaded": get_fs})
    fsspec.register_implementation("threaded", Threaded, clobber=True)
    return asked


def write(folder: str) -> Extract:
    batch = pa.RecordBatch.from_pydict({"JOBNO": [1, 2]})
    return write_extract([batch], folder, run_id="run1", table="jobs", columns={"job_id": "JOBNO"}, mode="full")


@pytest.mark.filterwarnings("ignore:UPath")
@pytest.mark.parametrize("conn_id", ["", "store@"])
def test_a_fork_opens_the_store_anew_and_asks_airflow_for_nothing(
    asked: list[str], tmp_path: Path, conn_id: str
) -> None:
    folder = f"threaded://{conn_id}{tmp_path}/jobs"
    file = ObjectStoragePath(f"{folder}/extract.parquet")
    assert not file.fs.exists(file.path)  # this process has a client of its own now
    with pytest.raises(RuntimeError, match="not fork-safe"):
        in_process(lambda: write(folder))

    reopen = store_for_fork(folder)

    def work() -> Extract:
        reopen()
        return write(folder)

    asked_before = list(asked)
    extract = in_process(work)
    assert asked == asked_before
    assert read_extract(extract.uri).rows == 2
    assert "AIRFLOW_CONN_STORE" not in os.environ


def test_a_disk_of_this_machine_needs_no_connection(asked: list[str]) -> None:
    before = dict(os.environ)
    store_for_fork("file:///extracts")()
    assert (asked, dict(os.environ)) == ([], before)
