"""What a merge transaction looks at before it writes: its staging, and how many desktop rows there are and would go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hybrid_sync import ledger, sql
from hybrid_sync.errors import GuardTripped, RowsUnaccounted, StagingLost
from hybrid_sync.specs import Strategy

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.ledger import Manifest
    from hybrid_sync.plan import MergePlan


def check_staging(connection: Connection[Any], plan: MergePlan, manifest: Manifest) -> None:
    """The staging must be the run's newest, be there, and be newer than what is in the cloud.

    :raises StagingLost: it was staged anew since, or is gone.
    :raises GuardTripped: a later run's rows were merged meanwhile.
    """
    now = ledger.manifest(connection, plan.run_id, plan.table)
    if now is None or now.stage_id != manifest.stage_id:
        raise StagingLost(
            "another attempt staged the table anew since this one began. Nothing was changed. "
            "Let that attempt finish, or clear the table's task group.",
            table=plan.table,
        )
    newer = ledger.merged_since(connection, plan.run_id, plan.table)
    if newer is not None and not plan.dry_run:
        raise GuardTripped(
            f"run {newer} staged the table later and has merged since: these rows are older than those in the cloud. "
            f"Nothing was changed. Clear the table's task group to read the desktop again.",
            table=plan.table,
        )
    there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [sql.relation(plan.staging)]).fetchone()
    if not (there and there[0]):
        raise _lost(plan, manifest, "is gone")


def compare(connection: Connection[Any], plan: MergePlan, manifest: Manifest, comparison: str) -> None:
    """Find what differs, by the part of the strategy's template that only reads; it must see every row that was staged.

    :param comparison: from `outcomes.parts_of`; empty where everything is written anew.
    :raises StagingLost: rows are missing: an UNLOGGED table was emptied.
    :raises RowsUnaccounted: a key of an upsert is more than once in the target.
    """
    upserts = plan.strategy is Strategy.UPSERT
    rows = 0 if upserts else _count(connection, plan, "staged_count")  # which the comparison of contents asks for
    if comparison:
        connection.execute(comparison)
    if upserts:  # the comparison has looked at every staged row, and counted them
        rows = _count(connection, plan, "compared_count")
    if upserts and rows > manifest.row_count:
        raise RowsUnaccounted(
            f"{manifest.row_count} staged rows meet {rows} rows of {plan.target} by {', '.join(plan.key)}: it, or a "
            f"table that inherits from it, has a key again. Nothing was changed. Find the keys that are there twice.",
            table=plan.table,
        )
    if rows != manifest.row_count:
        raise _lost(plan, manifest, f"holds {rows} rows")


def _count(connection: Connection[Any], plan: MergePlan, counting: str, **names: int) -> int:
    row = connection.execute(sql.render(f"merge/{counting}.sql", plan=plan, **names)).fetchone()
    return int(row[0]) if row else 0


def _lost(plan: MergePlan, manifest: Manifest, found: str) -> StagingLost:
    return StagingLost(
        f"staging {plan.staging} {found}, {manifest.row_count} were staged (an UNLOGGED table is emptied by a "
        f"crash or failover). Nothing was changed. Clear the table's task group to stage it again.",
        table=plan.table,
    )


def count_desktop(connection: Connection[Any], plan: MergePlan, manifest: Manifest, mobile_rows: int) -> int:
    """How many desktop rows the target has: all but its `mobile_rows`. 0 also where none can go, and nothing asks."""
    if plan.strategy is Strategy.UPSERT and not plan.propagate and manifest.rows_read:
        return 0
    return _count(connection, plan, "desktop_count", mobile_rows=mobile_rows)


def count_vanishing(connection: Connection[Any], plan: MergePlan, manifest: Manifest, desktop_rows: int) -> int:
    """How many desktop rows fewer the cloud would have after the merge."""
    if plan.strategy is Strategy.DELETE_INSERT:
        return max(0, desktop_rows - manifest.row_count)
    if not plan.propagate:
        return 0
    return _count(connection, plan, "missing")
