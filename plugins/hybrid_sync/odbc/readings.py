"""What a desktop column is, and how it is read so that no value changes on the way.

A driver's own description is not enough: psqlODBC's double arrives as a 32-bit float and its `infinity` as today, the
SQLite driver wraps INTEGER at 32 bits, MariaDB's unsigned numbers come back negative, all without an error. The rules
of each database are in its own module (`postgresql`, `sqlite`, `mariadb`, `declared`); every one was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


# Letters. A buffer has room for all of them in each row, so the values of longer declarations are measured.
_LONGEST_DECLARED = 1_000


class Form(StrEnum):
    """How a column is asked for; `include/sql/extract/_forms.sql` has the words for each database."""

    PLAIN = "plain"
    TEXT = "text"
    HEX = "hex"
    BYTES = "bytes"
    NUMBER = "number"
    NUMBER_OR_TEXT = "number_or_text"
    UUID = "uuid"
    UTC = "utc"
    UTC_TEXT = "utc_text"
    MONEY = "money"
    SIGNED = "signed"
    DECIMAL = "decimal"
    BITS = "bits"


class Guard(StrEnum):
    """Values that the driver would change without a word; the survey asks whether a column has one."""

    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    NUMERIC = "numeric"
    INTEGER = "integer"
    REAL = "real"
    BOOLEAN = "boolean"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class DesktopColumn:
    """One column as the driver's catalogue describes it. `sql_type` is ODBC's number; `size` and `digits` may lie."""

    name: str
    type_name: str
    sql_type: int
    size: int | None
    digits: int | None
    nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one column is read: asked for as `form`, bound as `bound`, handed on as `arrow`.

    `measured`: the declared size is none or not the truth, so the survey looks for the longest value.
    `capacity`: bytes that the driver's buffer holds at most; None where the measured length sets it.
    `finish`: turns the bound array into one of type `arrow`; a plain cast where it is None.
    `otherwise`: how the column is read when it holds a value that `guard` asks for.
    """

    column: DesktopColumn
    bound: pa.DataType
    arrow: pa.DataType
    form: Form = Form.PLAIN
    measured: bool = False
    capacity: int | None = None
    finish: Callable[[pa.Array], pa.Array] | None = None
    guard: Guard | None = None
    otherwise: Reading | None = None
    warning: str | None = None

    @property
    def name(self) -> str:
        """The column's name on the desktop."""
        return self.column.name

    def renamed(self, name: str) -> Reading:
        """The same reading of an expression over the column, under another name."""
        return replace(self, column=replace(self.column, name=name))

    @property
    def binary(self) -> bool:
        """Whether the driver is asked for bytes."""
        import pyarrow as pa

        return bool(pa.types.is_binary(self.bound))

    def finished(self, values: pa.Array) -> pa.Array:
        """`values` as they were bound, as they are handed on."""
        if self.finish is not None:
            return self.finish(values)
        return values if values.type == self.arrow else values.cast(self.arrow)


def text(column: DesktopColumn, form: Form = Form.TEXT, capacity: int | None = None) -> Reading:
    """The column as text of unknown length."""
    import pyarrow as pa

    return Reading(column=column, form=form, bound=pa.string(), arrow=pa.string(), measured=True, capacity=capacity)


def declared_text(column: DesktopColumn) -> Reading:
    """A text column whose declared length the database keeps to."""
    import pyarrow as pa

    size = column.size or 0
    return plain(column, pa.string()) if 0 < size <= _LONGEST_DECLARED else text(column, Form.PLAIN)


def fits_decimal(size: int, digits: int) -> bool:
    """Whether a column of `size` digits, `digits` of them a fraction, can be bound as decimals.

    arrow-odbc has room for two characters more than digits: of -0.25 in DECIMAL(2,2) the last digit would be cut.
    """
    return 0 <= digits < size <= 38


def plain(
    column: DesktopColumn, arrow: pa.DataType, guard: Guard | None = None, otherwise: Reading | None = None
) -> Reading:
    """The column as the driver gives it, bound as `arrow`."""
    return Reading(column=column, bound=arrow, arrow=arrow, guard=guard, otherwise=otherwise)
