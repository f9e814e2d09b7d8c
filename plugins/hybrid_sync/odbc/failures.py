"""A driver's error -> one of ours, with what to do next.

Drivers differ in their SQLSTATEs (psqlODBC says 08001 to a wrong password and to a dead server alike) and put the
connection string, statements and row values into their texts. So the texts are repeated only where they speak of the
connection, and the secrets are taken out of them first.
"""

from __future__ import annotations

import re

from hybrid_sync.errors import ConnectionMisconfigured, DesktopUnavailable, HybridSyncError, SchemaMismatch
from hybrid_sync.odbc.drivers import pairs, redact

_ARROW = re.compile(r"State: (\w{5}), Native error: (-?\d+), Message: (.*)", re.DOTALL)
_NATIVE = re.compile(r"\((-?\d+)\) \(SQL\w+\)$")
_REFUSED = re.compile(
    r"password authentication failed|no password supplied|access denied|login failed|no pg_hba\.conf entry"
    r"|(database|role) \"[^\"]*\" does not exist|unknown database",
    re.IGNORECASE,
)
_BROKEN = re.compile(
    r"server closed|connection.{0,20}(dead|lost|reset|refused|broken|timed out|terminated)|gone away|lost connection"
    r"|could not (send|receive)|shutting down|terminating connection|no connection|not connected",
    re.IGNORECASE,
)
_MISSING_STATES = {"42P01", "42703", "42S02", "42S22", "3F000"}
_MISSING = re.compile(r"no such (table|column)", re.IGNORECASE)
_FORBIDDEN = {"42501"}
_MARIADB_BROKEN = {"2006", "2013", "2055", "5014"}
_MARIADB_FORBIDDEN = {"1142", "1143"}
_CRASHES = {"SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP"}


class TextNotUtf8(HybridSyncError):
    """A text column holds bytes that are not UTF-8. Reading again with `raw_text` brings them as bytes."""


class DriverError(Exception):
    """What a driver said, taken apart: SQLSTATE, the database's own number, text without secrets."""

    def __init__(self, state: str, native: str, text: str) -> None:
        super().__init__(state)
        self.state, self.native, self.text = state, native, text

    @classmethod
    def of(cls, error: BaseException, connection_string: str) -> DriverError:
        """Read a pyodbc.Error or an arrow_odbc.Error."""
        words = redact(str(error.args[-1] if error.args else error), connection_string)
        if found := _ARROW.search(words):
            return cls(found[1], found[2], " ".join(found[3].split()))
        state = str(error.args[0]) if len(error.args) > 1 else ""
        native = _NATIVE.search(words)
        bare = _NATIVE.sub("", re.sub(rf"^\[{state}\] ", "", words))
        return cls(state, native[1] if native else "", " ".join(bare.split()))


def while_connecting(error: BaseException, connection_string: str) -> HybridSyncError:
    """An error of SQLDriverConnect: misconfigured (a person has to act) or unavailable (try again)."""
    seen = DriverError.of(error, connection_string)
    said = f'The driver said: "{seen.text}" (SQLSTATE {seen.state or "unknown"}).'
    if seen.state == "01000" or "can't open lib" in seen.text.casefold():
        return ConnectionMisconfigured(
            f"the ODBC driver of the desktop connection is not installed. {said} Install the driver on every worker "
            f"(Debian: odbc-postgresql, libsqliteodbc, odbc-mariadb, tdsodbc), or correct the connection's driver; "
            f"`odbcinst -q -d` lists those there are."
        )
    if seen.state in {"IM002", "IM003", "IM004", "IM010", "IM012"}:
        return ConnectionMisconfigured(
            f"the desktop connection names no ODBC driver or data source that this machine knows. {said} Set the "
            f"driver in the connection's extra (and AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA=True), or add the "
            f"data source to odbc.ini on every worker."
        )
    if seen.state == "28000" or _REFUSED.search(seen.text):
        return ConnectionMisconfigured(
            f"the desktop refused the connection. {said} Check user, password and database of the connection."
        )
    if "[sqlite]" in seen.text.casefold():
        return ConnectionMisconfigured(
            f"the desktop's SQLite file cannot be opened. {said} Check the Database path of the connection, and that "
            f"every worker can read it."
        )
    return DesktopUnavailable(
        f"the desktop cannot be reached. {said} Check that it runs and that this machine may reach it; "
        f"the task tries again."
    )


def while_reading(error: BaseException, connection_string: str, table: str) -> HybridSyncError:
    """An error of a statement or of fetching its rows."""
    seen = DriverError.of(error, connection_string)
    codes = f"SQLSTATE {seen.state or 'unknown'}" + (f", number {seen.native}" if seen.native else "")
    if seen.state in _MISSING_STATES or _MISSING.search(seen.text):
        return SchemaMismatch(
            f"desktop table {table}, or one of its columns, is gone ({codes}). Check source_table and columns "
            f"in the registry."
        )
    if seen.state in _FORBIDDEN or seen.native in _MARIADB_FORBIDDEN:
        return ConnectionMisconfigured(
            f"the desktop connection's user may not read table {table} ({codes}). Grant it SELECT."
        )
    # 22021: the bytes are no UTF-8. 22P05: they are no letter of the database's own encoding.
    if seen.state in ("22021", "22P05") or "invalid UTF-8" in seen.text:
        return not_utf8(table)
    if "without truncation" in seen.text:
        return DesktopUnavailable(
            f"a value of desktop table {table} is longer than the longest one measured just before: the desktop "
            f"changed while it was read. The task tries again."
        )
    if seen.state.startswith(("08", "57", "53")) or seen.native in _MARIADB_BROKEN or _BROKEN.search(seen.text):
        return DesktopUnavailable(
            f"the desktop broke off while table {table} was read ({codes}). Check that it still runs; the task tries "
            f"again."
        )
    if seen.state.startswith("22"):
        return unreadable(table, codes)
    return DesktopUnavailable(f"reading desktop table {table} failed ({codes}). The task tries again.")


def not_utf8(table: str) -> TextNotUtf8:
    """Text that is not UTF-8, by its table."""
    return TextNotUtf8(f"desktop table {table} holds text that is not UTF-8")


def unreadable(table: str, why: str) -> SchemaMismatch:
    """A value that the driver cannot give, or that is not what its column says; never the value itself."""
    return SchemaMismatch(
        f"the ODBC driver cannot hand over a value of desktop table {table} ({why}). Read the column through a view "
        f"that converts it, and name the view as source_table."
    )


def reader_died(
    signal: str | None, code: int, connection_string: str, doing: str, table: str | None
) -> DesktopUnavailable:
    """The process that holds the driver ended, by a signal or by itself, while it was `doing` something."""
    settings = pairs(connection_string)
    driver = f"the desktop's ODBC driver ({(settings.get('driver') or settings.get('dsn') or 'unnamed').strip('{}')})"
    another = "install another version of the driver"
    if signal in _CRASHES:
        what = f"{driver} crashed with {signal} while {doing}"
        remedy = (
            f"see whether the desktop breaks off, {another}, or name a view as source_table that converts the table's "
            f"odd columns to text"
        )
    elif signal == "SIGKILL":
        what = f"the process with {driver} was killed (SIGKILL) while {doing}, probably out of memory"
        remedy = "give the worker more memory or fewer tasks at once"
    elif signal:
        what = f"the process with {driver} was ended by {signal} while {doing}, as Airflow ends a task that is cleared"
        remedy = "find out who else sends the signal"
    else:
        what = f"{driver} ended its process with exit code {code} while {doing}"
        remedy = another
    return DesktopUnavailable(
        f"{what}. No row was written and none is lost; the task tries again. If it stays: {remedy}.", table=table
    )


def no_driver_manager() -> HybridSyncError:
    """pyodbc and arrow-odbc cannot be imported without the system's unixODBC."""
    return ConnectionMisconfigured(
        "the ODBC driver manager (libodbc.so.2) is not installed on this machine. Install unixODBC on every worker "
        "(Debian: apt-get install unixodbc)."
    )
