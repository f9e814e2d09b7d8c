"""Statements over ODBC -> Arrow batches: by arrow-odbc, or by pyodbc where arrow-odbc cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hybrid_sync.odbc import failures, rows
from hybrid_sync.odbc.drivers import Dbms, Driver, with_settings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyodbc import Connection

    from hybrid_sync.odbc.readings import Reading

BATCH_ROWS = 50_000
BATCH_BYTES = 16 * 1024 * 1024  # of a transfer buffer; arrow-odbc holds two, and the batch made of one
LONG_VALUE = 64 * 1024  # bytes; with longer values a buffer of that many bytes a row would hold too few rows


def connect(connection_string: str, login_seconds: int) -> Connection:
    """Open a pyodbc connection. Raises ConnectionMisconfigured or DesktopUnavailable."""
    try:
        import pyodbc
    except ImportError as error:
        raise failures.no_driver_manager() from error
    try:
        return pyodbc.connect(connection_string, autocommit=True, timeout=login_seconds)
    except pyodbc.Error as error:
        raise failures.while_connecting(error, connection_string) from None


def close(connection: Connection) -> None:
    """Close, whatever state the connection is in."""
    import pyodbc

    with suppress(pyodbc.Error):
        connection.close()


@contextmanager
def guarded(connection_string: str, table: str, near: Sequence[str] = ()) -> Iterator[None]:
    """Turn a driver's errors into ours. The driver's own text stays out of the traceback: it may hold row values."""
    import arrow_odbc
    import pyodbc

    try:
        yield
    except (pyodbc.Error, arrow_odbc.Error) as error:
        raise failures.while_reading(error, connection_string, table, near) from None


def open_stream(
    connection_string: str,
    driver: Driver,
    statement: str,
    planned: Sequence[Reading],
    longest: Mapping[str, int],
    batch_rows: int,
    *,
    raw_text: bool,
) -> Iterator[pa.RecordBatch]:
    """Run `statement`, whose columns are `planned`, and give its rows. `longest`: bytes, of the measured columns."""
    widest = max(longest.values(), default=0)
    tuned = with_settings(connection_string, _reading_settings(driver, widest, batch_rows))
    if raw_text or widest > LONG_VALUE or (driver.dbms is Dbms.OTHER and any(read.unbounded for read in planned)):
        return rows.read(connect(tuned, 0), statement, planned, widest, batch_rows, BATCH_BYTES, raw_text=raw_text)
    return _arrow(tuned, statement, planned, longest, batch_rows)


def _reading_settings(driver: Driver, widest: int, batch_rows: int) -> dict[str, str]:
    if driver.dbms is not Dbms.POSTGRESQL:
        return {}
    fetch = max(10, min(batch_rows, 10_000, BATCH_BYTES // max(widest, 1)))
    size = str(max(widest, 255))
    # Without UseDeclareFetch the driver holds the whole result in memory. The two sizes are what it tells of text
    # without a length; arrow-odbc refuses a value that is longer.
    return {
        "UseDeclareFetch": "1",
        "Fetch": str(fetch),
        "MaxVarcharSize": size,
        "MaxLongVarcharSize": size,
    }


def _arrow(
    connection_string: str,
    statement: str,
    planned: Sequence[Reading],
    longest: Mapping[str, int],
    batch_rows: int,
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from arrow_odbc import read_arrow_batches_from_odbc

    bound = pa.schema([(read.name, read.bound) for read in planned])
    final = pa.schema([(read.name, read.arrow) for read in planned])
    binary = [longest[read.name] for read in planned if read.unbounded and pa.types.is_binary(read.bound)]
    reader = read_arrow_batches_from_odbc(
        statement,
        connection_string,
        batch_size=batch_rows,
        max_bytes_per_batch=BATCH_BYTES,
        max_binary_size=max([16, *binary]),
        schema=bound,
        fetch_concurrently=True,
    )
    empty = True
    for batch in reader:
        empty = False
        yield batch if bound == final else batch.cast(final)
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=final)
