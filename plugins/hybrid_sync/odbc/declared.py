"""A database whose driver was not measured: by ODBC's declared types alone, and through pyodbc alone."""

from __future__ import annotations

from hybrid_sync.odbc.readings import DesktopColumn, Form, Reading, plain, text

_LONG_TEXT = (-1, -10)
_DECIMAL = (2, 3)
_BINARY = (-2, -3, -4)


def reading(column: DesktopColumn) -> Reading:
    """Decide how `column` is read. What ODBC has no type for is asked for as text."""
    import pyarrow as pa

    size, digits = column.size or 0, column.digits or 0
    integer, double = pa.int64(), pa.float64()
    date, time, timestamp = pa.date32(), pa.time64("us"), pa.timestamp("us")
    known = {
        -7: pa.bool_(), -6: integer, 5: integer, 4: integer, -5: integer, 6: double, 7: double, 8: double,
        91: date, 9: date, 92: time, 10: time, 93: timestamp, 11: timestamp,
    }  # fmt: skip
    if column.sql_type in known:
        return plain(column, known[column.sql_type])
    if column.sql_type in _DECIMAL and 0 < size <= 38 and 0 <= digits <= size:
        return plain(column, pa.decimal128(size, digits))
    if column.sql_type in _BINARY:
        return Reading(column=column, bound=pa.binary(), arrow=pa.binary(), measured=True)
    if size and column.sql_type not in (*_LONG_TEXT, *_DECIMAL):
        return plain(column, pa.string())
    return text(column, Form.PLAIN)
