"""psqlODBC: how each PostgreSQL type is read. Measured with 13.02 against PostgreSQL 18."""

from __future__ import annotations

from collections.abc import Callable

from hybrid_sync.odbc.encodings import to_utf8
from hybrid_sync.odbc.readings import DesktopColumn, Form, Guard, Reading, declared_text, fits_decimal, plain, text

# What the driver says of numeric without a precision. A declared numeric(28,6) looks the same and loses nothing by it.
_UNDECLARED_NUMERIC = (28, 6)
# What it says of varchar without a length, enums, json, arrays and all that it does not know.
_UNDECLARED_TEXT = 255
# The driver takes UTF-8 for granted; the worker's PGCLIENTENCODING may tell the server otherwise. %3B is a semicolon.
_SESSION = "SET+client_encoding=UTF8%3BSET+IntervalStyle=postgres"
# It writes a year above 9999 as today, a date BC as one after, 24:00 as 00:00 and NaN as 0.


def settings(widest: int, batch_rows: int, batch_bytes: int) -> dict[str, str]:
    """For a read whose longest measured value has `widest` bytes.

    Without UseDeclareFetch the driver holds the whole result in memory. The two sizes are what it tells of text
    without a length; a longer value is an error, not a cut.
    """
    fetch = max(10, min(batch_rows, 10_000, batch_bytes // max(widest, 1)))
    size = str(max(widest, _UNDECLARED_TEXT))
    return {
        "ConnSettings": _SESSION, "UseDeclareFetch": "1", "Fetch": str(fetch),
        "MaxVarcharSize": size, "MaxLongVarcharSize": size,
    }  # fmt: skip


def reading(column: DesktopColumn) -> Reading:
    """Decide how `column` is read."""
    import pyarrow as pa

    as_text = text(column)
    known: dict[str, Callable[[], Reading]] = {
        "int2": lambda: plain(column, pa.int16()),
        "int4": lambda: plain(column, pa.int32()),
        "int8": lambda: plain(column, pa.int64()),
        "bool": lambda: plain(column, pa.bool_()),
        "float4": lambda: plain(column, pa.float32()),
        # Bound as the driver's own type, it would become a 32-bit float too.
        "float8": lambda: plain(column, pa.float64()),
        "numeric": lambda: _numeric(column),
        "money": lambda: text(column, Form.MONEY),
        "date": lambda: plain(column, pa.date32(), Guard.DATE, as_text),
        "time": lambda: plain(column, pa.time64("us"), Guard.TIME, as_text),
        "timestamp": lambda: plain(column, pa.timestamp("us"), Guard.TIMESTAMP, as_text),
        "timestamptz": lambda: _instant(column, as_text),
        "bytea": lambda: Reading(column=column, bound=pa.binary(), arrow=pa.binary(), measured=True),
        # Asked for plainly it comes in capitals, which PostgreSQL itself never writes.
        "uuid": lambda: Reading(column=column, form=Form.UUID, bound=pa.string(), arrow=pa.string()),
        "varchar": lambda: _text(column),
        "bpchar": lambda: _text(column),
    }
    decide = known.get(column.type_name)
    return decide() if decide else text(column, Form.PLAIN)


def undecoded(read: Reading, encoding: str) -> Reading:
    """The same text as bytes, which are UTF-8 where the text can be. The server itself refuses to send any other.

    :param encoding: the database's, by PostgreSQL's name. SQL_ASCII is none: its bytes are taken as they are.
    :raises LookupError: an encoding of several bytes a letter (other than UTF-8), which is not decoded here.
    """
    import pyarrow as pa

    if read.arrow != pa.string() or read.form in (Form.MONEY, Form.UUID):
        return read
    return Reading(
        column=read.column, form=Form.BYTES, bound=pa.binary(), arrow=pa.binary(), measured=True,
        finish=to_utf8(encoding),
    )  # fmt: skip


def _instant(column: DesktopColumn, as_text: Reading) -> Reading:
    import pyarrow as pa

    # The driver would give the session's local time without saying which zone that is.
    return Reading(
        column=column,
        form=Form.UTC,
        bound=pa.timestamp("us"),
        arrow=pa.timestamp("us", tz="UTC"),
        guard=Guard.TIMESTAMP,
        otherwise=as_text,
    )


def _text(column: DesktopColumn) -> Reading:
    return text(column, Form.PLAIN) if column.size == _UNDECLARED_TEXT else declared_text(column)


def _numeric(column: DesktopColumn) -> Reading:
    import pyarrow as pa

    size, digits = column.size or 0, column.digits or 0
    if (size, digits) == _UNDECLARED_NUMERIC or not fits_decimal(size, digits):
        return text(column)
    return plain(column, pa.decimal128(size, digits), Guard.NUMERIC, text(column))
