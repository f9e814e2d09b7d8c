"""ODBC connection strings: settings added but never overridden, secrets taken out of every message."""

from __future__ import annotations

import pytest

from hybrid_sync.odbc.drivers import for_answers, pairs, prepared, redact, with_settings
from hybrid_sync.odbc.failures import DriverError, while_connecting, while_reading


def test_settings_are_read_with_their_braces_and_without_letter_case() -> None:
    there = pairs("DRIVER={PostgreSQL Unicode};Server=here; Pwd={a;b}}c} ;Port=1")
    assert there == {"driver": "{PostgreSQL Unicode}", "server": "here", "pwd": "{a;b}}c}", "port": "1"}


def test_settings_are_added_but_never_overridden() -> None:
    given = "DRIVER={x};usedeclarefetch=0;PWD={;Fetch=5;}"
    assert with_settings(given, {"UseDeclareFetch": "1"}) == given
    assert with_settings(given, {"UseDeclareFetch": "1", "Fetch": "9"}) == given + ";Fetch=9;"
    assert with_settings("DSN=a;", {"Fetch": "9"}) == "DSN=a;Fetch=9;"


def test_each_driver_is_told_what_it_needs_before_it_opens() -> None:
    assert prepared("DRIVER={SQLite3};Database=x") == "DRIVER={SQLite3};Database=x;NoCreat=1;"
    assert prepared("Driver=/lib/libmaodbc.so;") == "Driver=/lib/libmaodbc.so;CONN_TIMEOUT=30;"
    assert prepared("DRIVER={PostgreSQL Unicode};MaxVarcharSize=9;PWD={a;b};B1=7") == (
        "DRIVER={PostgreSQL Unicode};PWD={a;b};"
    )
    assert prepared("DSN=anything;MaxVarcharSize=9") == "DSN=anything;MaxVarcharSize=9"


def test_questions_are_asked_without_a_cursor_and_nothing_else_changes() -> None:
    assert for_answers("DRIVER={x};usedeclarefetch=1;PWD= a;Fetch=9") == ("DRIVER={x};UseDeclareFetch=0;PWD= a;Fetch=9")
    assert for_answers("DSN=x;PWD={a}b;c;UseDeclareFetch=1") == "DSN=x;PWD={a}b;c;UseDeclareFetch=0;"
    assert for_answers("DRIVER={SQLite3};Database=x") == "DRIVER={SQLite3};Database=x"


@pytest.mark.parametrize(
    ("connection", "text"),
    [
        ("UID=u;PWD=s3cret;", "login of u with s3cret failed"),
        ("UID=u;PWD={s3;cret};", "failed: UID=u;PWD={s3;cret};"),
        ("UID=u;PWD={s3;cret};", "failed for s3;cret"),
        ("UID=u;PWD={s3}}cret};", "failed for s3}cret"),
        ("UID=u;Password=s3.cret+;", "failed for s3.cret+ here"),
        ("AccessToken=s3cret;", "token s3cret is not good"),
        ("", "could not connect with UID=u;PWD=s3cret;SERVER=x"),
        ("", "could not connect with PASSWORD = {s3;cret}"),
    ],
)
def test_no_secret_survives_in_a_message(connection: str, text: str) -> None:
    assert "s3" not in redact(text, connection)
    assert "cret" not in redact(text, connection)


def test_a_short_password_does_not_eat_the_message() -> None:
    assert redact("the server at x is not exact: PWD=x", "PWD=x;") == "the server at *** is not exact: PWD=***"


class ArrowError(Exception):
    """As arrow_odbc.Error writes itself."""


def test_both_libraries_errors_are_taken_apart_alike() -> None:
    arrow = ArrowError(
        "ODBC emitted an error calling 'SQLExecDirect':\nState: 42P01, Native error: 1, Message: gone\nx"
    )
    odbc = Exception("42P01", "[42P01] gone\nx (1) (SQLExecDirectW)")
    for error in (arrow, odbc):
        seen = DriverError.of(error, "")
        assert (seen.state, seen.native, seen.text) == ("42P01", "1", "gone x")


@pytest.mark.parametrize("state", ["22P02", "22003", "HY000", "42601", "XX000"])
def test_what_a_statement_failed_on_is_never_repeated(state: str) -> None:
    error = Exception(state, f"[{state}] ERROR: invalid value: private-value (7) (SQLFetch)")
    assert "private-value" not in str(while_reading(error, "", "jobs"))
    assert state in str(while_reading(error, "", "jobs"))


def test_what_the_driver_said_of_the_connection_is_repeated() -> None:
    error = Exception("08001", "[08001] connection to server at here failed: PWD=s3cret (101) (SQLDriverConnect)")
    assert "connection to server at here failed: PWD=***" in str(while_connecting(error, "PWD=s3cret;"))
