"""The merge: one REPEATABLE READ transaction that changes the target, proves what it did and records it.

Nothing here is session-level, so it works through a transaction pooler. See `include/sql/merge`.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hybrid_sync import certificate, conflicts, ledger, sql
from hybrid_sync.errors import MergeContention
from hybrid_sync.guards import check_extract
from hybrid_sync.ledger import Manifest, MergeRecord
from hybrid_sync.outcomes import Outcomes, check_outcomes, check_replaced, parts_of, read_samples, run_template
from hybrid_sync.preconditions import check_staging, compare, count_desktop, count_vanishing

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.certificate import Reading
    from hybrid_sync.plan import MergePlan
    from hybrid_sync.specs import TableSpec

log = logging.getLogger(__name__)

ATTEMPTS = 6
"""How often a merge starts again after a serialization failure, a deadlock or a lost race for a unique key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one merge transaction, as PostgreSQL settings. Set locally, they end with it."""

    lock_timeout: str = "60s"  # another merge of the table, or a phone's long transaction on a desktop row
    statement_timeout: str = "2h"
    idle_timeout: str = "10min"
    # Joins of 10,000,000 rows took 13 s with it, 14 to 15 s with 256 MB, 11 to 13 s with 1 GB (PostgreSQL 18, 2 cores).
    work_mem: str = "64MB"


def merge(
    connection: Connection[Any],
    spec: TableSpec,
    plan: MergePlan,
    manifest: Manifest,
    statement: str,
    *,
    approved_deletes: int | None = None,
    limits: Limits = Limits(),
    pause: Callable[[float], None] = time.sleep,
) -> MergeRecord:
    """Merge one staging into its target, or change nothing at all.

    :param connection: to the cloud, with no transaction open. Its isolation level is set here.
    :param statement: the rendered strategy template; every statement in it returns rows (outcome, count).
    :param approved_deletes: `approve_deletes` of this run for this table.
    :param pause: waits between attempts, in seconds.
    :returns: the record in `merge_log`. For a stage_id that was merged before, that merge's record, nothing done.
    :raises StagingLost: the staging is not what the manifest says; load it again.
    :raises GuardTripped: the merge would delete too much.
    :raises ConflictRefused: `on_conflict: fail` met a conflict.
    :raises MobileRowsTouched: the certificate differs; rolled back.
    :raises RowsUnaccounted: the counts do not add up; rolled back.
    :raises MergeContention: every attempt lost a race, or a lock was not to be had in time.
    """
    from psycopg import IsolationLevel, errors

    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(connection, spec, plan, manifest, statement, approved_deletes, limits)
        # A unique violation can be a row that a phone committed after our snapshot: the next snapshot sees it.
        except (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation) as lost:
            if isinstance(lost, errors.UniqueViolation) and attempt > 1:
                raise
            delay = random.uniform(0.5, 1.5) * 0.1 * 2**attempt  # noqa: S311 - jitter
            log.warning(
                "Merge of %s lost a race (%s), attempt %d of %d; starting again in %.1f s",
                plan.table, lost.sqlstate, attempt, ATTEMPTS, delay,
            )  # fmt: skip
            pause(delay)
        except errors.LockNotAvailable as late:
            raise MergeContention(
                f"no lock on {plan.target} within {limits.lock_timeout}: another merge of the table, or a long "
                f"transaction on its desktop rows. Nothing was changed. Look at pg_stat_activity and retry.",
                table=plan.table,
            ) from late
    raise MergeContention(
        f"{ATTEMPTS} attempts each lost a race against other writers of {plan.target}. Nothing was changed. Retry.",
        table=plan.table,
    )


def _attempt(
    connection: Connection[Any],
    spec: TableSpec,
    plan: MergePlan,
    manifest: Manifest,
    statement: str,
    approved_deletes: int | None,
    limits: Limits,
) -> MergeRecord:
    """One transaction. A dry run does all of it, rolls back, and records itself in a transaction of its own."""
    from psycopg import Rollback

    versions_after: dict[tuple[str, str], int] = {}
    record: MergeRecord | None = None
    with connection.transaction():
        connection.execute(sql.render("merge/begin.sql", plan=plan, limits=limits))
        started_at = datetime.now(UTC)
        done = ledger.merged(connection, manifest.stage_id)
        if done is not None:
            log.info("%s was merged before (stage %s); nothing to do", plan.table, manifest.stage_id)
            return done
        check_staging(connection, plan, manifest)
        before = certificate.read_mobile(connection, plan)
        desktop_rows = count_desktop(connection, plan, manifest, before[0].mobile_rows)
        comparison, writing = parts_of(statement)
        writes = [certificate.read_writes(connection)]
        compare(connection, plan, manifest, comparison)
        writes.append(certificate.read_writes(connection))
        check_extract(
            spec, full=plan.full, rows_read=manifest.rows_read, desktop_rows=desktop_rows,
            vanishing=count_vanishing(connection, plan, manifest, desktop_rows), approved=approved_deletes,
        )  # fmt: skip
        if plan.detect_edits:
            conflicts.settle(connection, plan)  # before the template: desktop_wins overwrites the edit
        samples = read_samples(connection, plan) if plan.dry_run else None
        outcomes = run_template(connection, writing)
        check_outcomes(plan, manifest, outcomes)
        conflicts.refuse(spec, outcomes.conflict)
        writes.append(certificate.read_writes(connection))
        if comparison:
            connection.execute(sql.render("stage/drop.sql", relation=plan.difference))
        writes.append(certificate.read_writes(connection))
        after = certificate.read_mobile(connection, plan)
        if certificate.same(before, after):
            check_replaced(plan, outcomes, desktop_rows)
            own = {oid for (oid,) in connection.execute(sql.render("merge/partitions.sql", plan=plan)).fetchall()}
            made, written, dropped = (certificate.between(*pair) for pair in pairwise(writes))
            certificate.check_writes(connection, plan, own, written, (made, dropped), outcomes.writes)
            record = _record(plan, manifest, outcomes, before[0], after[0], started_at)
            record = replace(record, samples=samples)
            _write_ledger(connection, plan, manifest, outcomes, record)
        else:
            versions_after = certificate.versions(connection, plan, after)
        if plan.dry_run or record is None:
            raise Rollback
    if record is None:
        # What the rows were before is read after the rollback: the changed versions are gone, the old ones are back.
        with connection.transaction():
            versions_before = certificate.versions(connection, plan, before)
        raise certificate.touched(plan, before, after, versions_before, versions_after)
    if plan.dry_run:
        with connection.transaction():
            ledger.record_merge(connection, record)
    return record


def _record(
    plan: MergePlan, manifest: Manifest, outcomes: Outcomes, before: Reading, after: Reading, started_at: datetime
) -> MergeRecord:
    return MergeRecord(
        run_id=plan.run_id, table_name=plan.table, stage_id=manifest.stage_id, strategy=plan.strategy.value,
        mode=manifest.mode, dry_run=plan.dry_run, staged=manifest.row_count + manifest.duplicates,
        inserted=outcomes.inserted + outcomes.would_insert, updated=outcomes.updated + outcomes.would_update,
        unchanged=outcomes.unchanged, deleted=outcomes.deleted,
        duplicates=manifest.duplicates, conflicts=outcomes.conflict, rejects=manifest.rejects,
        mobile_rows_before=before.mobile_rows, mobile_rows_after=after.mobile_rows,
        mobile_digest_before=before.mobile_digest, mobile_digest_after=after.mobile_digest,
        started_at=started_at, finished_at=datetime.now(UTC),
    )  # fmt: skip


def _write_ledger(
    connection: Connection[Any], plan: MergePlan, manifest: Manifest, outcomes: Outcomes, record: MergeRecord
) -> None:
    """Write all that the package keeps of this merge, in its transaction."""
    if plan.detect_edits:
        connection.execute(sql.render("merge/remember.sql", plan=plan))
    else:
        conflicts.settle_if_any(connection, plan, outcomes.conflict + outcomes.restricted)
    if not plan.dry_run:
        ledger.record_merge(connection, record)
        if manifest.watermark_column is not None:
            ledger.record_watermark(
                connection, plan.table, manifest.watermark_column, manifest.watermark, plan.run_id
            )  # fmt: skip


def with_staging(plan: MergePlan, manifest: Manifest) -> MergePlan:
    """`plan` for another staging of the same run and table."""
    return replace(plan, staging=manifest.relation)
