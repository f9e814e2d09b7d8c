"""What a strategy's template did, row for row, and whether it adds up."""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.certificate import Writes
from hybrid_sync.errors import RowsUnaccounted
from hybrid_sync.specs import Strategy

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.ledger import Manifest
    from hybrid_sync.plan import MergePlan


log = logging.getLogger(__name__)

COUNTED = "-- From here on, what is written is counted"
"""The line of a template before which it only reads: tables of its own aside, it writes nothing."""

SAMPLES = 5
"""How many keys of each outcome a dry run shows."""

_TRIED = {"would_insert": "inserted", "would_update": "updated"}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Rows by outcome. `conflict`: staged rows that a mobile row stands in the way of. `restricted`: desktop rows that
    should have gone, and that another table's row still needs. `would_insert`, `would_update`: rows that a dry run
    cannot try, because their parents are staged and not merged. `altered`: rows written that hold something else than
    was sent: a trigger changed them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    conflict: int = 0
    restricted: int = 0
    would_insert: int = 0
    would_update: int = 0
    altered: int = 0

    @property
    def writes(self) -> Writes:
        """What the server must have counted in the target."""
        return Writes(self.inserted, self.updated, self.deleted)


def parts_of(statement: str) -> tuple[str, str]:
    """A strategy's rendered template in two: what only reads (empty where it has no such part), and what writes."""
    comparison, mark, writing = statement.partition(COUNTED)
    return (comparison, mark + writing) if mark else ("", statement)


def run_template(connection: Connection[Any], statement: str) -> Outcomes:
    """Run the statements that write, each of which returns rows (outcome, rows), and add them up.

    Raises ValueError for an outcome that is none of `Outcomes`: the template is wrong.
    """
    counts = dict.fromkeys((field.name for field in fields(Outcomes)), 0)
    cursor = connection.execute(statement)
    while True:
        if cursor.description is not None:
            for outcome, rows in cursor.fetchall():
                if outcome not in counts:
                    raise ValueError(f"a merge template returned outcome {outcome!r}, not one of {', '.join(counts)}")
                counts[outcome] += rows
        if not cursor.nextset():
            return Outcomes(**counts)


def read_samples(connection: Connection[Any], plan: MergePlan) -> dict[str, list[dict[str, Any]]]:
    """The keys of the first rows of each outcome but `unchanged`, before anything is written; none without a key."""
    if not plan.key:
        return {}
    rows = connection.execute(sql.render("merge/samples.sql", plan=plan, count=SAMPLES)).fetchall()
    return {_TRIED.get(outcome, outcome): keys for outcome, keys in rows}


def check_outcomes(plan: MergePlan, manifest: Manifest, outcomes: Outcomes) -> None:
    """Every staged row must have an outcome. Raises RowsUnaccounted; warns of rows that a trigger altered."""
    accounted = (
        outcomes.inserted + outcomes.updated + outcomes.unchanged + outcomes.conflict
        + outcomes.would_insert + outcomes.would_update
    )  # fmt: skip
    if accounted != manifest.row_count:
        raise RowsUnaccounted(
            f"{manifest.row_count} rows were staged, {accounted} are accounted for ({outcomes.inserted} inserted, "
            f"{outcomes.updated} updated, {outcomes.unchanged} unchanged, {outcomes.conflict} conflicts). A trigger, "
            f"rule or row level security policy of {plan.target} swallows rows. The merge was rolled back and nothing "
            f"was changed.",
            table=plan.table,
        )
    if outcomes.altered:
        log.warning(
            "%s: %d rows hold something else than was sent: a trigger of %s changes them, so they will be written "
            "again in each run. Name the column in insert_only_columns, or change the trigger.",
            plan.table, outcomes.altered, plan.target,
        )  # fmt: skip


def check_replaced(plan: MergePlan, outcomes: Outcomes, desktop_rows: int) -> None:
    """A delete_insert must have met every desktop row, or those it missed would stand there twice.

    :param desktop_rows: desktop rows of the target before the merge.
    :raises RowsUnaccounted: otherwise.
    """
    met = outcomes.deleted + outcomes.unchanged
    if plan.strategy is Strategy.DELETE_INSERT and met != desktop_rows:
        raise RowsUnaccounted(
            f"{plan.target} had {desktop_rows} desktop rows, and {outcomes.deleted} were deleted, {outcomes.unchanged} "
            f"kept: the others would stand there twice. A trigger or a row level security policy keeps them. The merge "
            f"was rolled back and nothing was changed.",
            table=plan.table,
        )
