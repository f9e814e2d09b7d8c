"""Desktop rows that a mobile row stands in the way of: stored once, and closed when they no longer are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from hybrid_sync import ledger, sql
from hybrid_sync.errors import ConflictRefused
from hybrid_sync.specs import OnConflict

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.plan import MergePlan
    from hybrid_sync.specs import TableSpec

log = logging.getLogger(__name__)


def settle(connection: Connection[Any], plan: MergePlan) -> None:
    """Store the conflicts that stand in this snapshot and close those that do not, in the running transaction."""
    if not (plan.key or plan.other_keys):
        return  # no key, so nothing can collide
    row = connection.execute(sql.render("merge/conflicts.sql", plan=plan)).fetchone()
    if row is not None and any(row):
        log.info("%s: %d conflicts stand, %d of them new; %d closed", plan.table, *row)


def settle_if_any(connection: Connection[Any], plan: MergePlan, found: int) -> None:
    """`settle`, spared where the template found none and none is open."""
    if found or ledger.open_conflicts(connection, plan.table):
        settle(connection, plan)


def refuse(spec: TableSpec, conflicts: int) -> None:
    """Raise ConflictRefused when the table's policy is to fail."""
    if conflicts and spec.on_conflict is OnConflict.FAIL:
        raise ConflictRefused(
            f"{conflicts} desktop rows stand against mobile rows or edits, and on_conflict is fail. Nothing was "
            f"changed. Change the row on one side, or set on_conflict: mobile_wins to keep the mobile side and report.",
            table=spec.name,
        )
