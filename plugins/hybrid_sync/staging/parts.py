"""A staging in parts: each part is loaded into a table of its own, and all of them are gathered into one staging.

A part is a transaction of its own, so parts load side by side and one that is loaded again replaces nothing but itself.
What is a rule of one row is tried in the part; what is one between rows, and the limit of rejects, in the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.connections import translated
from hybrid_sync.errors import StagingLost
from hybrid_sync.staging.concluding import Origin, Staged, conclude
from hybrid_sync.staging.copying import copy_in
from hybrid_sync.staging.loading import begin, check_between, check_rows, conversion_of, stage_of

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

    from hybrid_sync.catalog import Target
    from hybrid_sync.specs import Ownership, TableSpec
    from hybrid_sync.staging.stage import Stage

ROOM = 10**12
"""Row numbers that each part has for itself until they are gathered; no whole has so many rows."""


class PartsLost(StagingLost):
    """Parts are not staged as they were loaded, or not at all. `parts` are their numbers."""

    def __init__(self, parts: Sequence[int], of: int, table: str) -> None:
        super().__init__(
            f"of its {of} parts, {', '.join(map(str, parts))} {'is' if len(parts) == 1 else 'are'} not staged as "
            f"loaded (an UNLOGGED table is emptied by a crash or failover). Nothing was gathered or changed. Clear the "
            f"table's stage task with its downstream tasks.",
            table=table,
        )
        self.parts = tuple(parts)


@dataclass(frozen=True, slots=True)
class StagedPart:
    """One part as it was loaded: rows in its table `relation`, and rows read; the difference are rejects."""

    split_id: str
    relation: str
    rows: int
    rows_read: int


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The row numbers of a part, above `first` up to `last`, and what makes those of the whole of them."""

    first: int
    last: int
    shift: int


def load_part(
    connection: Connection[Any],
    *,
    spec: TableSpec,
    ownership: Ownership,
    target: Target,
    batches: Iterator[pa.RecordBatch],
    run_id: str,
    split_id: str,
    part: int,
    desktop_time_zone: str,
    staged_parents: Mapping[str, str] | None = None,
) -> StagedPart:
    """Stage one part in one transaction: COPY, the rules of a row, its record.

    :param split_id: of the task that cut the table.
    :param part: its number, from 1.

    The other parameters, and what is raised, are those of `staging.load`; any number of rejects is borne here.
    """
    first = next(batches)
    stage = stage_of(spec, target, first.schema.names, run_id, part=part, staged_parents=staged_parents)
    conversion = conversion_of(stage, spec, first.schema, desktop_time_zone)
    place = {"run_id": run_id, "table": spec.name}
    numbers = {"first": part * ROOM, "last": (part + 1) * ROOM}
    with translated(spec.name), connection.transaction():
        begin(connection, stage, desktop_time_zone)
        connection.execute(sql.render("stage/clear_part_rejects.sql"), place | numbers)
        stage.run(connection, "create.sql", text_columns=conversion.text_columns)
        rows_read = copy_in(connection, stage, conversion, chain([first], batches), first_row=part * ROOM + 1)
        check_rows(connection, stage, ownership, target, conversion.text_columns)
        told = {**place, "part": part, "split_id": split_id, "relation": stage.relation, "rows_read": rows_read}
        [[rows]] = connection.execute(sql.render("stage/record_part.sql", stage=stage), told).fetchall()
    return StagedPart(split_id, stage.relation, rows, rows_read)


def staged_parts(connection: Connection[Any], run_id: str, table: str) -> dict[int, StagedPart]:
    """The parts of `table` that the run has staged and not gathered, by number; without those whose table is gone."""
    found = _recorded(connection, run_id, table)
    return {number: part for number, part, is_there in found if is_there}


def gather(
    connection: Connection[Any],
    *,
    spec: TableSpec,
    ownership: Ownership,
    target: Target,
    columns: Sequence[str],
    run_id: str,
    split_id: str,
    parts: int,
    stage_id: str,
    origin: Origin,
    desktop_time_zone: str,
    staged_parents: Mapping[str, str] | None = None,
) -> Staged:
    """Make one staging of the parts 1 to `parts` of the cut `split_id`, in one transaction; the parts' tables go.

    :param columns: of the parts, by the cloud's names.
    :param origin: what the manifest keeps of the extract.
    :raises PartsLost: a part is missing or has not as many rows as its COPY logged; the parts that are there stay.
    :raises TooManyRejects: more rejects in the whole than `spec.max_rejects`. They are kept, nothing is staged.

    The other parameters, and what else is raised, are those of `staging.load`.
    """
    stage = stage_of(spec, target, columns, run_id, staged_parents=staged_parents)
    with translated(spec.name), connection.transaction():
        begin(connection, stage, desktop_time_zone)
        for number in range(1, parts + 1):  # a late attempt that still stages one of them ends before it is read
            relation = stage_of(spec, target, columns, run_id, part=number).relation
            connection.execute(sql.render("stage/lock.sql"), {"relation": relation})
        found = {
            number: part
            for number, part in staged_parts(connection, run_id, spec.name).items()
            if part.split_id == split_id
        }
        if missing := [number for number in range(1, parts + 1) if number not in found]:
            raise PartsLost(missing, parts, spec.name)
        rows_read = _copy_parts(connection, stage, found, parts, full=origin.mode == "full")
        forget_parts(connection, run_id, spec.name)
        stage.run(connection, "analyze.sql")
        collapsed = check_between(connection, stage, spec, ownership, target)
        staged, refusal = conclude(connection, stage, spec, origin, stage_id, rows_read, collapsed)
    if refusal:
        raise refusal
    return staged


def forget_parts(connection: Connection[Any], run_id: str, table: str) -> None:
    """Drop what the run has staged of `table` in parts, if anything."""
    if relations := [part.relation for _, part, _ in _recorded(connection, run_id, table)]:
        connection.execute(sql.render("stage/forget_parts.sql", relations=relations, run_id=run_id, table=table))


def _copy_parts(
    connection: Connection[Any], stage: Stage, found: Mapping[int, StagedPart], parts: int, *, full: bool
) -> int:
    """Copy every part into the staging of the whole. Returns the rows read. Raises PartsLost."""
    stage.run(connection, "create.sql", text_columns=())
    rows_read = 0
    numbers, lost = [], []
    for number in range(1, parts + 1):
        part = found[number]
        numbers.append(_Numbers(number * ROOM, (number + 1) * ROOM, rows_read - number * ROOM))
        if stage.run(connection, "gather.sql", part=part.relation, shift=numbers[-1].shift).rowcount != part.rows:
            lost.append(number)
        rows_read += part.rows_read
    if lost:
        raise PartsLost(lost, parts, stage.table)
    stage.run(
        connection, "renumber_rejects.sql", first=numbers[0].first, last=numbers[-1].last, parts=numbers, full=full
    )
    return rows_read


def _recorded(connection: Connection[Any], run_id: str, table: str) -> list[tuple[int, StagedPart, bool]]:
    rows = connection.execute(sql.render("stage/parts.sql"), {"run_id": run_id, "table": table}).fetchall()
    return [(number, StagedPart(*values), is_there) for number, *values, is_there in rows]
