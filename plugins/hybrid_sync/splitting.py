"""A table in parts: ranges of one desktop column that meet without a gap, so that every row belongs to exactly one.

The first range is open below and takes the rows without a value, the last is open above: what is added while the parts
are read falls into one of them. A row whose value changes meanwhile may be met twice, or not at all until the next full
run; so the column should be one that never changes, such as the key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

from hybrid_sync.desktop import Condition
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.watermarks import as_text, read_value

if TYPE_CHECKING:
    from hybrid_sync.desktop import DesktopColumn
    from hybrid_sync.specs import TableSpec

FEWEST_ROWS = 10_000
"""Of one part. To start a task takes as long as to read some ten times as many."""

# ODBC's numbers of types.
_NUMBERS, _DATES, _STAMPS = (-6, 5, 4, -5, 2, 3), (91, 9), (93, 11)
_EXACT = Context(prec=400)
_FIRST, _STEP = datetime.min, timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Range:
    """One part: the rows from `lower` on and below `upper`; None is open. The one that is open below takes NULLs."""

    column: str
    lower: str | None
    upper: str | None

    @property
    def where(self) -> tuple[Condition, ...]:
        """The conditions that its rows fit, and no row of another range."""
        found = []
        if self.lower is not None:
            found.append(Condition(self.column, ">=", self.lower))
        if self.upper is not None:
            found.append(Condition(self.column, "<", self.upper, or_null=self.lower is None))
        return tuple(found)

    def __str__(self) -> str:
        """`job_id from 100 to below 200`."""
        ends = [f"from {self.lower}" if self.lower else "", f"below {self.upper}" if self.upper else ""]
        nulls = ", and where it is NULL" if self.lower is None else ""
        return f"{self.column} {' to '.join(end for end in ends if end)}{nulls}"


def split_column(spec: TableSpec, columns: Sequence[DesktopColumn]) -> DesktopColumn | None:
    """The desktop column that `spec.split` names, letter case aside; None where the table is not split.

    Raises SchemaMismatch when the desktop's table has no such column, or its type has no range that can be cut.
    """
    if spec.split is None:
        return None
    wanted = spec.split.column
    for column in columns:
        if column.name.casefold() == wanted.casefold():
            if column.sql_type in (*_NUMBERS, *_DATES, *_STAMPS):
                return column
            raise SchemaMismatch(
                f"desktop table {spec.source_table} cannot be split by {column.name}: it is {column.type_name}, and "
                f"only the range of a whole number, decimal, date or timestamp can be cut. Name such a column, best "
                f"the key, in split in the registry, or take split out to read the table in one piece.",
                table=spec.name,
            )
    raise SchemaMismatch(
        f"desktop table {spec.source_table} has no column {wanted} (split in the registry). It has "
        f"{', '.join(column.name for column in columns)}. Correct split, or take it out to read the table whole.",
        table=spec.name,
    )


def cut(column: DesktopColumn, lowest: Any, highest: Any, parts: int) -> tuple[Range, ...]:
    """At most `parts` ranges of equal width; () where there is nothing to cut.

    :param column: from `split_column`.
    :param lowest: the column's lowest value, as `Desktop.extremes` gives it; `highest` the same.
    """
    low, high = _place(column, lowest), _place(column, highest)
    if low is None or high is None:
        return ()
    unit = min(_exponent(low), _exponent(high))
    first, last = (int(_EXACT.scaleb(place, -unit)) for place in (low, high))
    inner = sorted({first + (last - first) * number // parts for number in range(1, parts)} - {first})
    bounds = [_written(column)(_EXACT.scaleb(Decimal(place), unit)) for place in inner]
    if not bounds:
        return ()
    return tuple(Range(column.name, *ends) for ends in zip([None, *bounds], [*bounds, None], strict=True))


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


def _place(column: DesktopColumn, value: Any) -> Decimal | None:
    """Where a value lies on a line of numbers: itself, the day's number, or the microsecond's. None: nowhere."""
    known = read_value(as_text(value) or "")
    if known is None or (column.sql_type in _NUMBERS) != (known[0] == "number"):
        return None
    place = known[1]
    if isinstance(place, Decimal):
        return place
    return Decimal(place.toordinal() if column.sql_type in _DATES else (place - _FIRST) // _STEP)


def _written(column: DesktopColumn) -> Callable[[Decimal], str]:
    """Writes what `_place` gave as the value of a condition."""
    if column.sql_type in _NUMBERS:
        return lambda place: format(place, "f")
    if column.sql_type in _DATES:
        return lambda place: date.fromordinal(int(place)).isoformat()
    return lambda place: (_FIRST + int(place) * _STEP).isoformat(sep=" ", timespec="microseconds")
