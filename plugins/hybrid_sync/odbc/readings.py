"""How each desktop column is read so that no value changes on the way.

A driver's own description is not enough: psqlODBC's double arrives as a 32-bit float, its `infinity` as today, the
SQLite driver wraps INTEGER at 32 bits, MariaDB's unsigned numbers come back negative, all without an error. Every
rule here was measured; what is left as the driver's own loss is named in `Reading.warning`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from hybrid_sync.odbc.drivers import Dbms

if TYPE_CHECKING:
    import pyarrow as pa


class Form(StrEnum):
    """How a column is asked for; `include/sql/extract/_forms.sql` has the words."""

    PLAIN = "plain"
    TEXT = "text"
    CHAR = "char"
    UUID = "uuid"
    UTC = "utc"
    MONEY = "money"
    UNSIGNED = "unsigned"


# Room for the text of a date, time or number that the driver cannot hand over: the longest is a 38-digit number.
ODD_TEXT_BYTES = 64


class Guard(StrEnum):
    """Values that the driver would change without a word; the survey asks whether a column has one."""

    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True)
class DesktopColumn:
    """One column as the driver's catalogue describes it. `sql_type` is ODBC's number, `size` and `digits` may lie."""

    name: str
    type_name: str
    sql_type: int
    size: int | None
    digits: int | None
    nullable: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How one column is read: asked for as `form`, bound as `bound`, handed on as `arrow`.

    `unbounded`: the declared size is none or not the truth, so the longest value is measured first.
    """

    column: DesktopColumn
    form: Form
    bound: pa.DataType
    arrow: pa.DataType
    unbounded: bool = False
    guard: Guard | None = None
    warning: str | None = None

    @property
    def name(self) -> str:
        """The column's name on the desktop."""
        return self.column.name


def reading(column: DesktopColumn, dbms: Dbms) -> Reading:
    """Decide how `column` is read from `dbms`."""
    if dbms is Dbms.POSTGRESQL:
        return _postgresql(column)
    return _declared(column)


def as_text(read: Reading) -> Reading:
    """The same column as the database's own text, for values that the driver's types cannot hold."""
    import pyarrow as pa

    return replace(read, form=Form.TEXT, bound=pa.string(), arrow=pa.string(), unbounded=True, guard=None)


def _plain(column: DesktopColumn, arrow: pa.DataType, guard: Guard | None = None) -> Reading:
    return Reading(column, Form.PLAIN, arrow, arrow, guard=guard)


def _postgresql(column: DesktopColumn) -> Reading:
    import pyarrow as pa

    kind, size, digits = column.type_name, column.size or 0, column.digits or 0
    integers = {5: pa.int16(), 4: pa.int32(), -5: pa.int64()}
    if column.sql_type in integers:
        return _plain(column, integers[column.sql_type])
    match kind:
        case "bool":
            return _plain(column, pa.bool_())
        case "float4" | "float8":
            # The driver calls both SQL_FLOAT or SQL_REAL; as a 32-bit float a double would lose half its digits.
            return _plain(column, pa.float64())
        case "numeric" if 0 < size <= 38 and 0 <= digits <= size and (size, digits) != (28, 6):
            return _plain(column, pa.decimal128(size, digits), Guard.NUMERIC)
        case "numeric":
            # (28, 6) is also what the driver says of numeric without a precision, which holds far more.
            return Reading(column, Form.TEXT, pa.string(), pa.string(), unbounded=True)
        case "money":
            return Reading(column, Form.MONEY, pa.string(), pa.string(), unbounded=True)
        case "date":
            return _plain(column, pa.date32(), Guard.DATE)
        case "time":
            return _plain(column, pa.time64("us"), Guard.TIME)
        case "timestamp":
            return _plain(column, pa.timestamp("us"), Guard.TIMESTAMP)
        case "timestamptz":
            # The driver would give the session's local time without saying which zone that is.
            utc = pa.timestamp("us", tz="UTC")
            return Reading(column, Form.UTC, pa.timestamp("us"), utc, guard=Guard.TIMESTAMP)
        case "bytea":
            return Reading(column, Form.PLAIN, pa.binary(), pa.binary(), unbounded=True)
        case "uuid":
            return Reading(column, Form.UUID, pa.string(), pa.string())
        case "varchar" | "bpchar" if size not in (0, 255):
            return _plain(column, pa.string())
    return Reading(column, Form.TEXT, pa.string(), pa.string(), unbounded=True)


def _declared(column: DesktopColumn) -> Reading:
    """By the ODBC type alone, for a database whose driver was not measured."""
    import pyarrow as pa

    size, digits = column.size or 0, column.digits or 0
    match column.sql_type:
        case -7:
            return _plain(column, pa.bool_())
        case -6 | 5 | 4 | -5:
            return _plain(column, pa.int64())
        case 2 | 3 if 0 < size <= 38 and 0 <= digits <= size:
            return _plain(column, pa.decimal128(size, digits))
        case 6 | 7 | 8:
            return _plain(column, pa.float64())
        case 91 | 9:
            return _plain(column, pa.date32())
        case 92:
            return _plain(column, pa.time64("us"))
        case 93 | 11:
            return _plain(column, pa.timestamp("us"))
        case -2 | -3 | -4:
            return Reading(column, Form.PLAIN, pa.binary(), pa.binary(), unbounded=column.sql_type == -4 or not size)
    return Reading(column, Form.PLAIN, pa.string(), pa.string(), unbounded=column.sql_type in (-1, -10) or not size)
