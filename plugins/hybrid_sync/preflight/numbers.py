"""Numbers that run out: of a sequence, of a key's type, of the gap between the desktop's numbers and the phones'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.findings import Finding, warning
from hybrid_sync.preflight.facts import TableFacts
from hybrid_sync.specs import Registry, TableSpec

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.catalog import TargetColumn

_LARGEST = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}
_FEW_RUNS, _FEW_DAYS, _LITTLE_LEFT, _FEW_LEFT = 100, 365, 0.1, 10
# A speed taken from fewer merges, or from a shorter time, says nothing about days.
_MERGES, _DAYS = 5, 1.0


@dataclass(frozen=True, slots=True)
class Burn:
    """How many numbers a table uses up a merge, over so many merges in so many days."""

    merges: int
    rows_a_merge: float
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Mobile rows of a target, and the lowest and highest number of each side's keys, where the key is one number."""

    mobile: int
    desktop_lowest: int | None = None
    desktop_highest: int | None = None
    mobile_lowest: int | None = None
    mobile_highest: int | None = None


def count_rows(connection: Connection[Any], registry: Registry, tables: Mapping[str, TableFacts]) -> dict[str, Rows]:
    """Count the mobile rows of each target, and look at its keys, in one statement."""
    counted = [
        {"name": name, "relation": facts.target.relation, "number": column.name if column else None}
        for name, facts in tables.items()
        if facts.readable and facts.target.column(registry.ownership.column)
        for column in [_number(registry.table(name), facts)]
    ]
    if not counted:
        return {}
    statement = sql.render("preflight/rows.sql", counted=counted, ownership=registry.ownership)
    return {
        name: Rows(
            mobile=mobile,
            desktop_lowest=ends[0],
            desktop_highest=ends[1],
            mobile_lowest=ends[2],
            mobile_highest=ends[3],
        )
        for name, mobile, *numbers in connection.execute(statement).fetchall()
        for ends in [[None if number is None else int(number) for number in numbers]]
    }


def read_burn(connection: Connection[Any], tables: Sequence[str]) -> dict[str, Burn]:
    """How fast each table uses up numbers, from the log of its merges. A table without two of them is left out."""
    rows = connection.execute(sql.render("preflight/burn.sql"), {"tables": list(tables)}).fetchall()
    return {name: Burn(merges, rows_a_merge, days) for name, merges, rows_a_merge, days in rows}


def number_findings(spec: TableSpec, facts: TableFacts, rows: Rows, burn: Burn | None) -> Iterator[Finding]:
    """Numbers that are nearly used up, and ranges of desktop and phones that lie in one another."""
    column = _number(spec, facts)
    if column is None or rows.desktop_highest is None:
        return
    highest = max(rows.desktop_highest, rows.mobile_highest or 0)
    numbering = next((each for each in facts.numberings if each.column == column.name), None)
    largest, why = _capacity(column), column.type
    if numbering and column.name == spec.generated_key:
        highest = (numbering.next or highest + 1) - 1
        if numbering.maximum <= largest and not numbering.cycles:
            largest, why = numbering.maximum, f"sequence {numbering.sequence}"
    else:
        highest = rows.desktop_highest  # phones have theirs at the other end
        yield from _ranges(spec, column.name, rows, burn)
    if left := _running_out(largest - highest, largest, burn):
        yield warning(
            spec.name,
            f"{column.name} is running out of numbers: {left} ({why})",
            f"ALTER TABLE {facts.target.relation} ALTER COLUMN {column.name} TYPE bigint"
            + (f", and ALTER SEQUENCE {numbering.sequence} AS bigint" if numbering else "")
            + ", while no phone waits; rewrite: changed uses up fewer."
            if column.name == spec.generated_key
            else f"Widen {column.name} of {facts.target.relation}, and the columns that reference it.",
        )


def _ranges(spec: TableSpec, column: str, rows: Rows, burn: Burn | None) -> Iterator[Finding]:
    """The desktop's numbers and the phones': in one another, or soon to be."""
    if rows.mobile_lowest is None or rows.mobile_highest is None or rows.desktop_highest is None:
        return
    if rows.mobile_highest < (rows.desktop_lowest or 0):
        return
    apart = f"Let phones number {column} from far above the desktop, and renumber those rows."
    if rows.mobile_lowest <= rows.desktop_highest:
        yield warning(
            spec.name,
            f"phones number {column} within the desktop's range: a number that both take becomes a conflict, and the "
            f"desktop's row waits",
            apart,
        )
    elif left := _running_out(rows.mobile_lowest - rows.desktop_highest - 1, None, burn):
        yield warning(spec.name, f"the desktop's {column} is about to reach the phones' numbers: {left}", apart)


def _running_out(left: int, largest: int | None, burn: Burn | None) -> str | None:
    """How much is left, in the words of a finding; None when it is enough."""
    used = f"{(largest - left) * 100 // largest}% used, " if largest else ""
    if burn is None or burn.rows_a_merge <= 0 or burn.merges < _MERGES:
        few = _LITTLE_LEFT * largest if largest else _FEW_LEFT
        return f"{used}{left:,} left" if left < few else None
    runs = left / burn.rows_a_merge
    if burn.days < _DAYS:
        return f"{used}{left:,} left, {runs:,.0f} runs at the present speed" if runs < _FEW_RUNS else None
    days = runs * burn.days / (burn.merges - 1)
    if runs >= _FEW_RUNS and days >= _FEW_DAYS:
        return None
    return f"{used}{left:,} left, {runs:,.0f} runs or {days:,.0f} days at the present speed"


def _capacity(column: TargetColumn) -> int:
    if column.base in _LARGEST:
        return _LARGEST[column.base]
    return int(10 ** (column.precision or 131_072)) - 1


def _number(spec: TableSpec, facts: TableFacts) -> TargetColumn | None:
    """The one column whose whole numbers tell the rows apart, or None."""
    names = spec.key or ((spec.generated_key,) if spec.generated_key else ())
    column = facts.target.column(names[0]) if len(names) == 1 and names[0] else None
    if column is None or not (column.base in _LARGEST or (column.base == "numeric" and not column.scale)):
        return None
    return column
