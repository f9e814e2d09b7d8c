"""A desktop (SQLite) in a process of its own: what comes back, and what is said when the driver takes it down."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hybrid_sync.desktop import Desktop, TextNotUtf8
from hybrid_sync.errors import ConnectionMisconfigured, DesktopUnavailable
from hybrid_sync.reader import with_desktop


@pytest.fixture
def desktop(tmp_path: Path) -> str:
    """A connection string."""
    file = tmp_path / "desktop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE jobs (job_id INTEGER, name TEXT, photo BLOB)")
        connection.execute("INSERT INTO jobs VALUES (1, CAST(x'63ff' AS TEXT), zeroblob(100000))")
        connection.commit()
    return f"DRIVER={{SQLite3}};Database={file};PWD=s3cret;"


def read_name(opened: Desktop) -> None:
    list(opened.read("jobs", ["name"]))


def test_what_the_work_gives_comes_back_and_its_errors_do_as_they_were(desktop: str) -> None:
    assert with_desktop(desktop, "it was asked", lambda opened: opened.count("jobs")) == 1
    with pytest.raises(TextNotUtf8, match=r"^desktop table jobs holds text that is not UTF-8$"):
        with_desktop(desktop, "it was asked", read_name)
    with pytest.raises(ConnectionMisconfigured, match="cannot be opened"):
        with_desktop(desktop.replace("desktop.db", "gone.db"), "it was asked", read_name)


def test_a_library_that_aborts_in_the_middle_of_a_read_is_explained(desktop: str) -> None:
    def crash(opened: Desktop) -> None:
        for _ in opened.read("jobs", ["job_id"]):
            os.abort()

    with pytest.raises(DesktopUnavailable) as crashed:
        with_desktop(desktop, "table jobs was read", crash, table="jobs")
    assert str(crashed.value).startswith(
        "jobs: the desktop's ODBC driver (SQLite3) crashed with SIGABRT while table jobs was read. No row was written"
    )


@pytest.mark.parametrize(
    ("number", "what", "remedy"),
    [
        (signal.SIGSEGV, "crashed with SIGSEGV", "name a view as source_table"),
        (signal.SIGKILL, "was killed (SIGKILL)", "give the worker more memory"),
        (signal.SIGTERM, "was ended by SIGTERM", "find out who"),
        (signal.SIGRTMIN, f"was ended by {signal.SIGRTMIN.name}", "find out who"),
    ],
)
def test_a_death_names_driver_and_signal_and_how_to_go_on(
    desktop: str, number: signal.Signals, what: str, remedy: str
) -> None:
    with pytest.raises(DesktopUnavailable) as died:
        with_desktop(desktop, "it was asked", lambda opened: os.kill(os.getpid(), number))
    said = str(died.value)
    assert f"ODBC driver (SQLite3) {what} while it was asked" in said
    assert "the task tries again. If it stays: " in said
    assert remedy in said
    assert "s3cret" not in said
    assert died.value.__cause__ is None


def test_a_connection_by_dsn_names_that() -> None:
    with pytest.raises(DesktopUnavailable, match=r"ODBC driver \(office\) ended its process with exit code 7"):
        raise_of_exit("DSN=office;PWD=s3cret")


def raise_of_exit(connection_string: str) -> None:
    from hybrid_sync.odbc.failures import reader_died

    raise reader_died(None, 7, connection_string, "it was asked", None)
