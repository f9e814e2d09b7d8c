"""The proof that a merge left mobile rows identical, and that it wrote nowhere else.

Taken twice within the merge's REPEATABLE READ transaction. Both readings see the snapshot of the transaction's
start plus its own writes, so what phones commit meanwhile neither shows nor hides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.errors import MobileRowsTouched, RowsUnaccounted

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.plan import MergePlan

NAMED_ROWS = 5
"""How many rows an error names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Mobile rows of one table at one moment: count and digest."""

    relation: str
    mobile_rows: int
    mobile_digest: Decimal


@dataclass(frozen=True, slots=True)
class Writes:
    """Rows that a transaction inserted, updated and deleted in one table, as the server counts them."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __sub__(self, other: Writes) -> Writes:
        return Writes(self.inserted - other.inserted, self.updated - other.updated, self.deleted - other.deleted)

    def __add__(self, other: Writes) -> Writes:
        return Writes(self.inserted + other.inserted, self.updated + other.updated, self.deleted + other.deleted)

    def __str__(self) -> str:
        return f"{self.inserted} inserted, {self.updated} updated, {self.deleted} deleted"


Counts = dict[int, tuple[str, Writes]]
"""Relation oid -> its name and what was written to it."""


def read_mobile(connection: Connection[Any], plan: MergePlan) -> tuple[Reading, ...]:
    """Read the target's mobile rows, then those of every table that a foreign key action can reach from it."""
    own = _read(connection, plan, plan.target, has_ownership=True, hashed=plan.hashed)
    others = (
        _read(connection, plan, table.relation, has_ownership=table.has_ownership, hashed=False)
        for table in plan.reachable
    )
    return own, *others


def _read(
    connection: Connection[Any], plan: MergePlan, relation: str, *, has_ownership: bool, hashed: bool
) -> Reading:  # fmt: skip
    statement = sql.render(
        "merge/certificate.sql", plan=plan, relation_name=relation, has_ownership=has_ownership, hashed=hashed
    )  # fmt: skip
    row = connection.execute(statement).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always returns a row
    return Reading(relation, *row)


def same(before: Sequence[Reading], after: Sequence[Reading]) -> bool:
    """Whether two readings found the same mobile rows, in number and digest, in every table."""
    return [(one.mobile_rows, one.mobile_digest) for one in before] == [
        (one.mobile_rows, one.mobile_digest) for one in after
    ]


def read_writes(connection: Connection[Any]) -> Counts:
    """What the session's transactions wrote so far: relation oid -> (name, counts). Only differences mean something."""
    rows = connection.execute(sql.render("merge/writes.sql")).fetchall()
    return {oid: (name, Writes(*counts)) for oid, name, *counts in rows}


def between(before: Counts, after: Counts) -> Counts:
    """What was written between two readings: only the tables that were."""
    delta = {oid: (name, counts - before.get(oid, (name, Writes()))[1]) for oid, (name, counts) in after.items()}
    return {oid: (name, counts) for oid, (name, counts) in delta.items() if counts != Writes()}


def check_writes(
    connection: Connection[Any],
    plan: MergePlan,
    own: set[int],
    written: Counts,
    aside: Sequence[Counts],
    expected: Writes,
) -> None:
    """Compare what the server counted with what the merge says it did.

    :param own: oids of the target and its partitions.
    :param written: by the part of the template that writes.
    :param aside: while the merge made and dropped a table of its own. An event trigger of the database may log that:
        rows inserted into another table are all that is let through.
    :raises MobileRowsTouched: another table was written to, by a foreign key action, a trigger or a rule.
    :raises RowsUnaccounted: the target's counts differ from `expected`.
    """
    elsewhere = [table for oid, table in written.items() if oid not in own]
    elsewhere += [
        (name, counts)
        for reading in aside
        for oid, (name, counts) in reading.items()
        if oid in own or counts.updated or counts.deleted
    ]
    if elsewhere:
        where = "; ".join(f"{name}: {counts}" for name, counts in sorted(elsewhere, key=lambda table: table[0]))
        raise MobileRowsTouched(
            f"the merge also wrote to {where}. A foreign key action, trigger or rule of {plan.target}, or an event "
            f"trigger of the database, carried it there. The merge was rolled back and nothing was changed. Remove "
            f"that action, or keep the table out of the run.",
            table=plan.table,
        )
    exclusive = [name for (name,) in connection.execute(sql.render("merge/truncations.sql")).fetchall()]
    if exclusive:
        raise MobileRowsTouched(
            f"the merge holds {', '.join(exclusive)} exclusively, as TRUNCATE and changes of a table's form do. A "
            f"trigger of {plan.target} does that. The merge was rolled back and nothing was changed. Remove that "
            f"trigger.",
            table=plan.table,
        )
    counted = sum((counts for oid, (_, counts) in written.items() if oid in own), Writes())
    if counted != expected:
        raise RowsUnaccounted(
            f"the server counted {counted} in {plan.target}, the merge {expected}. A trigger, rule or row level "
            f"security policy changes what is written (or track_counts is off). The merge was rolled back and nothing "
            f"was changed.",
            table=plan.table,
        )


def versions(
    connection: Connection[Any], plan: MergePlan, readings: Sequence[Reading]
) -> dict[tuple[str, str], int]:  # fmt: skip
    """The version of every mobile row in `readings`: (table, its identity as JSON) -> digest."""
    owned = {table.relation: table.has_ownership for table in plan.reachable}
    found: dict[tuple[str, str], int] = {}
    for reading in readings:
        own = reading.relation == plan.target
        statement = sql.render(
            "merge/mobile_versions.sql", plan=plan, relation_name=reading.relation,
            has_ownership=own or owned[reading.relation], identity=plan.identity if own else ("ctid",),
        )  # fmt: skip
        for identity, version in connection.execute(statement):
            found[reading.relation, identity] = version
    return found


def touched(
    plan: MergePlan,
    before: Sequence[Reading],
    after: Sequence[Reading],
    versions_before: dict[tuple[str, str], int],
    versions_after: dict[tuple[str, str], int],
) -> MobileRowsTouched:
    """The error that names the tables and rows by which two certificates differ."""
    differing = [
        f"{then.relation} ({then.mobile_rows} mobile rows before, {now.mobile_rows} after)"
        for then, now in zip(before, after, strict=True)
        if (then.mobile_rows, then.mobile_digest) != (now.mobile_rows, now.mobile_digest)
    ]
    rows = sorted(
        row for row in versions_before.keys() | versions_after.keys()
        if versions_before.get(row) != versions_after.get(row)
    )  # fmt: skip
    named = ", ".join(f"{relation} {identity}" for relation, identity in rows[:NAMED_ROWS])
    more = f" and {len(rows) - NAMED_ROWS} more" if len(rows) > NAMED_ROWS else ""
    return MobileRowsTouched(
        f"the merge would have changed {len(rows)} mobile rows: {named}{more}; in {'; '.join(differing)}. It was "
        f"rolled back and nothing was changed. Look for triggers, rules or foreign key actions on {plan.target}, and "
        f"for a changed merge template.",
        table=plan.table,
    )
