"""What became of each job in one step, read from the cloud before and after it."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from peers.story import JOBS, PHONES

if TYPE_CHECKING:
    from psycopg import Connection


class Fate(StrEnum):
    """What became of a job's row in the cloud. `MEANINGS` says it at length."""

    ABSENT = "-"
    KEPT = "kept"
    INSERTED = "inserted"
    UPDATED = "updated"
    DELETED = "deleted"
    OVERWRITTEN = "OVERWRITTEN"
    LOST = "LOST"
    HIDDEN = "hidden"
    CONFLICT = "conflict"


MEANINGS = {
    Fate.ABSENT: "no row, neither before nor after",
    Fate.KEPT: "the row is as it was before the step",
    Fate.INSERTED: "a desktop row is new",
    Fate.UPDATED: "a desktop row has the desktop's new values",
    Fate.DELETED: "a desktop row is gone",
    Fate.OVERWRITTEN: "a mobile row has the desktop's values",
    Fate.LOST: "a mobile row is gone",
    Fate.HIDDEN: "the mobile row is kept, and nothing tells that the desktop's row is not in the cloud",
    Fate.CONFLICT: "the mobile row is kept, the desktop's row is hidden and recorded as a conflict",
}


def read_cloud(connection: Connection[Any]) -> dict[int, tuple[Any, ...]]:
    """Every job in the cloud: client_id, work_desc, source. Columns that a tool added are left out."""
    rows = connection.execute("SELECT job_id, client_id, work_desc, source FROM jobshead").fetchall()
    return {int(row[0]): tuple(row[1:]) for row in rows}


def read_conflicts(connection: Connection[Any]) -> set[int]:
    """The jobs with an open conflict in this package's ledger; none where there is no ledger."""
    there = connection.execute("SELECT to_regclass('hybrid_sync.conflict') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        return set()
    rows = connection.execute(
        "SELECT key ->> 'job_id' FROM hybrid_sync.conflict WHERE table_name = 'jobshead' AND resolved_at IS NULL"
    ).fetchall()
    return {int(row[0]) for row in rows}


def fates(
    before: dict[int, tuple[Any, ...]],
    after: dict[int, tuple[Any, ...]],
    offered: Collection[int],
    recorded: Collection[int],
) -> dict[int, Fate]:
    """What became of each job of the story.

    :param before: the cloud's rows before the sync, by job.
    :param after: the same after it.
    :param offered: the jobs that the desktop had for this sync; none if the tool refused or failed, and said so.
    :param recorded: the jobs that the tool recorded as conflicts.
    """
    return {job: _fate(job, before.get(job), after.get(job), job in offered, job in recorded) for job in JOBS}


def _fate(
    job: int, before: tuple[Any, ...] | None, after: tuple[Any, ...] | None, offered: bool, recorded: bool
) -> Fate:
    mobile = job in PHONES
    if before is None:
        return Fate.ABSENT if after is None else Fate.INSERTED
    if after is None:
        return Fate.LOST if mobile else Fate.DELETED
    if before != after:
        return Fate.OVERWRITTEN if mobile else Fate.UPDATED
    if mobile and offered:
        return Fate.CONFLICT if recorded else Fate.HIDDEN
    return Fate.KEPT
