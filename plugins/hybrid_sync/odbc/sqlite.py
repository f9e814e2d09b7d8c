"""The SQLite driver: how each column is read. Measured with sqliteodbc 0.9998.

A SQLite column holds values of any type, whatever it was declared as; a declared type is believed only when the
survey finds nothing else in the column.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from hybrid_sync.odbc.readings import DesktopColumn, Form, Guard, Reading, text

if TYPE_CHECKING:
    import pyarrow as pa

_EXPRESSION = 1_020  # bytes that the driver gives room for in the result of an expression
_LONG_TEXT = (-1, -10)
_ROUNDED = "SQLite keeps it as a double: exact to 15 digits, further digits were lost when it was stored"


def settings() -> dict[str, str]:
    """StepAPI streams the result; without it the driver holds the whole of it in memory."""
    return {"StepAPI": "1"}


def reading(column: DesktopColumn) -> Reading:
    """Decide how `column` is read, by SQLite's own rules for the affinity of a declared type."""
    import pyarrow as pa

    kind = column.type_name.upper()
    as_text = replace(text(column, Form.NUMBER_OR_TEXT, _EXPRESSION), finish=_shortest)
    if "INT" in kind:
        # Asked for plainly, the driver cuts what is declared INTEGER to 32 bits.
        return _typed(as_text, Form.TEXT, pa.int64(), Guard.INTEGER)
    if any(word in kind for word in ("CHAR", "CLOB", "TEXT")):
        # A NUL ends a text for the driver; and bytes may be in there, which are no text.
        size = column.size or (65_536 if column.sql_type in _LONG_TEXT else 255)
        read = text(column, Form.PLAIN, 4 * size)
        return _unless_bytes(read)
    if "BLOB" in kind or "BINARY" in kind:
        return _bytes(column)
    if any(word in kind for word in ("REAL", "FLOA", "DOUB")):
        return _typed(as_text, Form.NUMBER, pa.float64(), Guard.REAL)
    if "BOOL" in kind or kind == "BIT":
        return _typed(as_text, Form.TEXT, pa.bool_(), Guard.BOOLEAN)
    if any(word in kind for word in ("DATE", "TIME")):
        return _unless_bytes(text(column, Form.TEXT, _EXPRESSION))
    declared = any(word in kind for word in ("NUM", "DEC", "MONEY", "CURRENCY"))
    return _unless_bytes(replace(as_text, warning=_ROUNDED if declared else None))


def _unless_bytes(read: Reading) -> Reading:
    return replace(read, guard=Guard.TEXT, otherwise=_bytes(read.column))


def _typed(as_text: Reading, form: Form, kind: pa.DataType, guard: Guard) -> Reading:
    return Reading(column=as_text.column, form=form, bound=kind, arrow=kind, guard=guard, otherwise=as_text)


def _bytes(column: DesktopColumn) -> Reading:
    import pyarrow as pa

    # As hexadecimal digits: read as bytes, they end the process through arrow-odbc unless they are short.
    return replace(text(column, Form.HEX, _EXPRESSION), arrow=pa.binary(), finish=_from_hex)


def _from_hex(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if digits is None else bytes.fromhex(digits) for digits in values.to_pylist()], pa.binary())


def _shortest(values: pa.Array) -> pa.Array:
    """Doubles of 20 digits -> with as few as say the same: 0.10000000000000000555 -> 0.1. Text is left as it is.

    SQL puts character 1 before a double, since the text 1.10 is no double 1.1; and before text that begins so itself.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    is_double = pc.starts_with(values, "\x01")
    if not pc.any(is_double).as_py():
        return values
    digits = pc.if_else(is_double, pc.utf8_slice_codeunits(values, 1), pa.scalar(None, pa.string()))
    is_number = pc.match_substring_regex(digits, r"^-?\d+\.\d+(e[+-]?\d+)?$")
    values = pc.coalesce(pc.if_else(is_number, None, digits), values)
    doubles = pc.if_else(is_number, digits, pa.scalar(None, pa.string())).cast(pa.float64())
    shortest = doubles.cast(pa.string())
    if pc.any(pc.match_substring(shortest, "e")).as_py():  # beyond 1e16 or so
        plain = [None if number is None else format(Decimal(number), "f") for number in shortest.to_pylist()]
        shortest = pa.array(plain, pa.string())
    return pc.coalesce(shortest, values)
