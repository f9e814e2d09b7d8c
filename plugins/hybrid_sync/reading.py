"""What a run reads of a table: all of it, or what changed since the last run; and why.

An incremental read takes the rows whose stamp is at or after (stored watermark - overlap), and those without a stamp.
The watermark is the highest stamp that a merged extract held: a value of the desktop's own, never a clock of ours. A
stamp shows neither rows that were deleted, nor those that committed later than the overlap bears, nor causes of rejects
that are gone: wherever that is known to matter, and every nth run in any case, the table is read in full.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from hybrid_sync.desktop import Condition, DesktopColumn
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.specs import Deletes, Overlap, Strategy, TableSpec
from hybrid_sync.watermarks import read_value

if TYPE_CHECKING:
    from hybrid_sync.ledger import ReadState

FULL, INCREMENTAL = "full", "incremental"

# ODBC's numbers of types.
_NUMBERS = (-7, -6, 5, 4, -5, 2, 3, 6, 7, 8)
_MOMENTS = (93, 11, 91, 9)
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)")
# Local time anywhere on earth is at most 14 hours ahead of UTC. A stamp further on is a mistake, and would hide all
# rows that change until then.
_AHEAD = timedelta(hours=26)
_EXACT = Context(prec=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """What to read. `why` is a clause for the log; `watermark` the desktop column whose highest value is wanted."""

    mode: str
    why: str
    watermark: str | None = None
    where: tuple[Condition, ...] = ()

    def in_full(self, why: str) -> Self:
        """The same table in full."""
        return replace(self, mode=FULL, why=why, where=())


class _Kind(StrEnum):
    NUMBER = "a number"
    MOMENT = "a date or timestamp"


class _Unfit(Exception):
    """The stored watermark cannot be read from; the message is the reason."""


def watermark_column(spec: TableSpec, columns: Sequence[DesktopColumn]) -> DesktopColumn | None:
    """The desktop column that `spec.watermark` names, letter case aside; None where the table has no use for one.

    Raises SchemaMismatch when the desktop's table has no such column.
    """
    if spec.watermark is None or spec.strategy is Strategy.DELETE_INSERT:
        return None
    for column in columns:
        if column.name.casefold() == spec.watermark.casefold():
            return column
    raise SchemaMismatch(
        f"desktop table {spec.source_table} has no column {spec.watermark} (watermark in the registry). It has "
        f"{', '.join(column.name for column in columns)}. Correct watermark, or take it out to read the table in full.",
        table=spec.name,
    )


def plan_reading(
    spec: TableSpec,
    mode: str,
    column: DesktopColumn | None,
    state: ReadState | None,
    columns: Collection[str],
    *,
    by_letters: bool = False,
    now: datetime | None = None,
) -> ReadingPlan:
    """Decide what to read.

    :param mode: what the run was asked for, `full` or `incremental`.
    :param column: the watermark's column, from `watermark_column`.
    :param state: how far the table was read before.
    :param columns: the cloud's columns that this run feeds.
    :param by_letters: the desktop keeps dates as text and compares them letter by letter (SQLite).
    :param now: the present, for the one question whether the stored watermark lies in the future.
    :raises SchemaMismatch: `overlap` is not of the watermark's kind.
    """
    kind = _kind(column, by_letters=by_letters) if column else None
    plan = ReadingPlan(mode=FULL, why="", watermark=column.name if column and kind else None)
    why = _whole_table(spec, mode, column, kind)
    if why is None and column and kind:
        why = next(_whole_table_now(spec, column, state, columns), None)
        if why is None and state and state.value:
            try:
                return _since(plan, spec, column, kind, state.value, by_letters, now or datetime.now(UTC))
            except _Unfit as unfit:
                why = str(unfit)
    return plan.in_full(why or "")


def _whole_table(spec: TableSpec, mode: str, column: DesktopColumn | None, kind: _Kind | None) -> str | None:
    """Why this table is read in full in every run, or in this run by request."""
    if mode == FULL:
        return "mode is full"
    if spec.strategy is Strategy.DELETE_INSERT:
        return "delete_insert writes the whole table anew"
    if spec.deletes is Deletes.PROPAGATE:
        return "deletes: propagate has to see every row that is still there"
    if column is None:
        return "it has no watermark in the registry"
    if kind is None:
        return f"its watermark {column.name} is {column.type_name}; only a date, timestamp or number has a sure order"
    return None


def _whole_table_now(
    spec: TableSpec, column: DesktopColumn, state: ReadState | None, columns: Collection[str]
) -> Iterator[str]:
    """Why this run reads in full though the table could be read incrementally."""
    if state is None or state.value is None:
        yield "no watermark is stored: this is the first read with one, or a replay or an empty read put it out"
        return
    if state.column.casefold() != column.name.casefold():
        yield f"the stored watermark is of {state.column}, and the registry's is {column.name}"
    if not state.columns:
        yield "the columns that the last read took are no longer known"
    elif new := [name for name in columns if name not in state.columns]:
        yield f"{', '.join(new)} {'was' if len(new) == 1 else 'were'} not read before"
    if state.rejects:
        yield f"the last merge left out {state.rejects} rejects, which are tried again"
    if spec.full_every and state.incremental_merges >= spec.full_every - 1:
        yield f"of {spec.full_every} runs one is full (full_every), to heal what stamps cannot show"


def _kind(column: DesktopColumn, *, by_letters: bool) -> _Kind | None:
    if column.sql_type in _NUMBERS:
        return _Kind.NUMBER
    if column.sql_type in _MOMENTS or by_letters:
        return _Kind.MOMENT
    return None


def _since(
    plan: ReadingPlan,
    spec: TableSpec,
    column: DesktopColumn,
    kind: _Kind,
    value: str,
    by_letters: bool,
    now: datetime,
) -> ReadingPlan:
    """The incremental read from `value` on, less the overlap. Raises _Unfit."""
    begin = _number(spec, column, value) if kind is _Kind.NUMBER else _moment(spec, column, value, by_letters, now)
    return replace(
        plan,
        mode=INCREMENTAL,
        why=f"{column.name} from {begin} on (watermark {value} less the overlap), and rows where it is NULL",
        where=(Condition(column.name, ">=", begin, or_null=True),),
    )


def _number(spec: TableSpec, column: DesktopColumn, value: str) -> str:
    overlap = _overlap(spec, column, _Kind.NUMBER)
    known = read_value(value)
    if known is None or not isinstance(known[1], Decimal):
        raise _Unfit(f"the stored watermark {value} is no number, and {column.name} is {column.type_name}")
    return format(_EXACT.subtract(known[1], Decimal(overlap)), "f")


def _moment(spec: TableSpec, column: DesktopColumn, value: str, by_letters: bool, now: datetime) -> str:
    overlap = timedelta(seconds=_overlap(spec, column, _Kind.MOMENT))
    day = _DAY.match(value) if by_letters else None
    # By letters "2026-01-31T.." comes after "2026-01-31 ..": only the day compares well whatever follows it.
    known = read_value(day[1] if day else value)
    if known is None or not isinstance(known[1], datetime):
        raise _Unfit(f"the stored watermark {value} is no date or timestamp, and {column.name} is {column.type_name}")
    if known[1] > now.astimezone(UTC).replace(tzinfo=None) + _AHEAD:
        raise _Unfit(
            f"the stored watermark {value} lies in the future and would hide changes; correct that row's stamp"
        )
    begin = datetime.min if known[1] - datetime.min < overlap else known[1] - overlap
    return begin.date().isoformat() if by_letters else begin.isoformat(sep=" ", timespec="microseconds")


def _overlap(spec: TableSpec, column: DesktopColumn, kind: _Kind) -> int:
    overlap: Overlap = spec.overlap
    chosen = overlap.count if kind is _Kind.NUMBER else overlap.seconds
    if chosen is None:
        fitting = "a whole number such as 1000" if kind is _Kind.NUMBER else "a duration such as 2 hours"
        raise SchemaMismatch(
            f"its watermark {column.name} is {kind} ({column.type_name}) on the desktop, so overlap in the registry "
            f"must be {fitting}.",
            table=spec.name,
        )
    return chosen
