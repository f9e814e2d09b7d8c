"""Statements over ODBC -> Arrow batches: by arrow-odbc, or by pyodbc where arrow-odbc cannot or is not trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid_sync.odbc import failures, rows, rules
from hybrid_sync.odbc.drivers import LOGIN_SECONDS, Dbms, Driver, with_settings

if TYPE_CHECKING:
    import pyarrow as pa
    from pyodbc import Connection

    from hybrid_sync.odbc.readings import Reading

BATCH_ROWS = 50_000
# Of a transfer buffer. arrow-odbc holds two of them and the batch made of one. Measured: 4 to 32 MB are equally fast.
BATCH_BYTES = 8 * 1024 * 1024
# A buffer holds the longest value once for each row. When so few rows fit, pyodbc is as fast.
FEWEST_ROWS = 32
UNMEASURED = 1024 * 1024  # bytes that the longest value of a column may have, where it cannot be asked for


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, how its columns are read, and the bytes of the longest value of those that were measured."""

    statement: str
    readings: Sequence[Reading]
    longest: Mapping[str, int]

    @property
    def widest(self) -> int:
        """Bytes of the longest measured value."""
        return max(self.longest.values(), default=0)


def connect(connection_string: str) -> Connection:
    """Open a pyodbc connection. Raises ConnectionMisconfigured or DesktopUnavailable."""
    try:
        import pyodbc
    except ImportError:
        raise failures.no_driver_manager() from None
    try:
        return pyodbc.connect(connection_string, autocommit=True, timeout=LOGIN_SECONDS)
    except pyodbc.Error as error:
        raise failures.while_connecting(error, connection_string) from None


def close(connection: Connection) -> None:
    """Close, whatever state the connection is in."""
    import pyodbc

    with suppress(pyodbc.Error):
        connection.close()


@contextmanager
def guarded(connection_string: str, table: str) -> Iterator[None]:
    """Turn a driver's errors into ours. The driver's own error stays out of the traceback: it may hold row values."""
    import arrow_odbc
    import pyarrow as pa
    import pyodbc

    try:
        yield
    except UnicodeDecodeError:
        raise failures.not_utf8(table) from None
    except (ValueError, ArithmeticError, pa.ArrowException):  # of a value that is not what its column says
        raise failures.unreadable(table, "of another type than its column") from None
    except (pyodbc.Error, arrow_odbc.Error) as error:
        raise failures.while_reading(error, connection_string, table) from None


def open_stream(
    connection_string: str, driver: Driver, query: Query, batch_rows: int, *, raw_text: bool
) -> Iterator[pa.RecordBatch]:
    """Run the query and give its rows; at least one batch, which may be empty. Driver errors come as they are."""
    tuned = with_settings(connection_string, rules.settings(driver, query.widest, batch_rows, BATCH_BYTES))
    if (raw_text and driver.dbms is not Dbms.POSTGRESQL) or not _fits_buffers(driver, query):
        return rows.read(connect(tuned), query, batch_rows, BATCH_BYTES, raw_text=raw_text)
    return _buffered(tuned, query, batch_rows)


def _fits_buffers(driver: Driver, query: Query) -> bool:
    if driver.dbms is Dbms.OTHER:
        # arrow-odbc ends the process on a value that the driver describes wrongly; pyodbc raises.
        return False
    if any(read.capacity is not None and query.longest.get(read.name, 0) > read.capacity for read in query.readings):
        return False
    text, binary = _text_bytes(query), _binary_bytes(query)
    row = sum(binary if read.binary else min(text, _declared_bytes(read) or text) + 16 for read in query.readings)
    return row * FEWEST_ROWS <= BATCH_BYTES


def _buffered(connection_string: str, query: Query, batch_rows: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from arrow_odbc import read_arrow_batches_from_odbc

    bound = pa.schema([(read.name, read.bound) for read in query.readings])
    final = pa.schema([(read.name, read.arrow) for read in query.readings])
    reader = read_arrow_batches_from_odbc(
        query.statement,
        connection_string,
        batch_size=batch_rows,
        max_bytes_per_batch=BATCH_BYTES,
        max_text_size=_text_bytes(query),
        max_binary_size=_binary_bytes(query),
        schema=bound,
        login_timeout_sec=LOGIN_SECONDS,
        fetch_concurrently=True,
    )
    empty = True
    for batch in reader:
        empty = False
        columns = [read.finished(values) for read, values in zip(query.readings, batch.columns, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=final)
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=final)


def _text_bytes(query: Query) -> int:
    """The most bytes that any text column needs. One bound for all: a column's own declared size may be less."""
    # 64 bytes hold any number, date or uuid that is read as text.
    declared = [_declared_bytes(read) for read in query.readings]
    return max([64, *declared, *(query.longest.get(read.name, 0) for read in query.readings)])


def _binary_bytes(query: Query) -> int:
    return max([16, *(query.longest.get(read.name, 0) for read in query.readings if read.binary)])


def _declared_bytes(read: Reading) -> int:
    """What a column of a declared size takes at most, at up to 4 bytes a letter; 0 where the size is measured."""
    return 0 if read.measured or read.binary else 4 * (read.column.size or 0)
