"""MariaDB Connector/ODBC: how each MariaDB type is read. Measured with 3.1.15 against MariaDB 10.11."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hybrid_sync.odbc.readings import DesktopColumn, Form, Guard, Reading, declared_text, fits_decimal, plain, text

if TYPE_CHECKING:
    import pyarrow as pa

STREAMS_FROM = "03.02"

_INTEGERS = (-6, 5, 4, -5)  # a YEAR is a SMALLINT
_BINARY = (-2, -3, -4)
# Zero dates and dates with a zero month or day come as NULL, or end the process; a TIME outside one day loses its sign
# or its hours; fractions of a TIME are lost by pyodbc. So such columns are text.


def settings() -> dict[str, str]:
    """Streams the result from version 3.2 on; 3.1 knows neither word, passes over them and holds the whole result."""
    return {"CHARSET": "utf8mb4", "FORWARDONLY": "1", "STREAMRS": "1"}


def reading(column: DesktopColumn) -> Reading:
    """Decide how `column` is read."""
    import pyarrow as pa

    kind = column.type_name.upper()
    if column.sql_type in _INTEGERS:
        return _integer(column, kind)
    as_text = text(column)
    known: dict[str, Callable[[], Reading]] = {
        "BIT": lambda: _bits(column),
        "DECIMAL": lambda: _decimal(column, as_text),
        "DOUBLE": lambda: plain(column, pa.float64()),
        # As 32-bit floats the driver writes every value 8 bytes after the last: rows come as other rows' values.
        "FLOAT": lambda: Reading(column=column, bound=pa.float64(), arrow=pa.float32()),
        "DATE": lambda: plain(column, pa.date32(), Guard.DATE, as_text),
        "DATETIME": lambda: plain(column, pa.timestamp("us"), Guard.DATE, as_text),
        "TIMESTAMP": lambda: _instant(column),
        "TIME": lambda: _time(as_text),
        "CHAR": lambda: declared_text(column),
        "VARCHAR": lambda: declared_text(column),
        "ENUM": lambda: declared_text(column),
        "SET": lambda: declared_text(column),
    }
    decide = known.get(kind.split()[0] if kind else "")
    if decide:
        return decide()
    if column.sql_type in _BINARY and kind.endswith(("BINARY", "BLOB")):
        return Reading(column=column, bound=pa.binary(), arrow=pa.binary(), measured=True)
    return text(column, Form.PLAIN) if kind.endswith("TEXT") else as_text


def _decimal(column: DesktopColumn, as_text: Reading) -> Reading:
    import pyarrow as pa

    size, digits = column.size or 0, column.digits or 0
    return plain(column, pa.decimal128(size, digits)) if fits_decimal(size, digits) else as_text


def _bits(column: DesktopColumn) -> Reading:
    import pyarrow as pa

    # The driver gives the bits as bytes: BIT(1) would be NULL, and a longer one ends the process.
    if column.sql_type == -7:
        return Reading(column=column, form=Form.BITS, bound=pa.int64(), arrow=pa.bool_())
    return Reading(column=column, form=Form.BITS, bound=pa.decimal128(20, 0), arrow=pa.decimal128(20, 0))


def _instant(column: DesktopColumn) -> Reading:
    import pyarrow as pa

    # Stored as an instant, shown in the session's zone; as microseconds since 1970 it needs no zone.
    return Reading(
        column=column,
        form=Form.UTC,
        bound=pa.int64(),
        arrow=pa.timestamp("us", tz="UTC"),
        guard=Guard.DATE,
        otherwise=text(column, Form.UTC_TEXT),
    )


def _integer(column: DesktopColumn, kind: str) -> Reading:
    import pyarrow as pa

    if "UNSIGNED" not in kind:
        return plain(column, pa.int64())
    if column.sql_type == -5:
        return Reading(column=column, form=Form.DECIMAL, bound=pa.decimal128(20, 0), arrow=pa.decimal128(20, 0))
    # Asked for plainly, 4294967295 comes as -1.
    return Reading(column=column, form=Form.SIGNED, bound=pa.int64(), arrow=pa.int64())


def _time(as_text: Reading) -> Reading:
    import pyarrow as pa

    return replace(as_text, arrow=pa.time64("us"), finish=_time_of_day, guard=Guard.TIME, otherwise=as_text)


def _time_of_day(values: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    moments = pc.binary_join_element_wise("1970-01-01", values, " ")
    return moments.cast(pa.timestamp("us")).cast(pa.time64("us"))
