"""What the demonstration promises to its reader, checked; a promise that is not kept ends it with exit status 1."""

from __future__ import annotations

from collections.abc import Mapping

from demo.proof import Difference, MobileRows
from demo.rows import GENERATED_KEYS, TABLES
from demo.story import Edits
from demo.verdicts import Conflict


class Broken(Exception):
    """The sync did not do what this demonstration promises."""


def expect_everything_there(differences: Mapping[str, Difference]) -> None:
    """After sync one the cloud's desktop rows are the desktop's rows, no more and no fewer."""
    for table, difference in differences.items():
        if difference != Difference(0, 0):
            raise Broken(
                f"{table}: after sync one the cloud lacks {difference.missing} of the desktop's rows and has "
                f"{difference.surplus} that the desktop does not have."
            )


def expect_edits_there(differences: Mapping[str, Difference], edits: Edits) -> None:
    """After sync two the cloud lacks only the row in conflict, and keeps only what `deletes: keep` keeps."""
    for table, difference in differences.items():
        kept = 0 if table in GENERATED_KEYS else edits.deleted.get(table, 0)
        expected = Difference(missing=int(table == "jobshead"), surplus=kept)
        if difference != expected:
            raise Broken(
                f"{table}: after sync two the cloud lacks {difference.missing} of the desktop's rows (expected "
                f"{expected.missing}) and has {difference.surplus} more than the desktop (expected {expected.surplus})."
            )


def expect_counts(counts: Mapping[str, tuple[int, int]], edits: Edits) -> None:
    """Sync two wrote, in the tables with a key, the rows that the desktop changed and no others."""
    for table in TABLES:
        if table in GENERATED_KEYS:
            continue
        expected = (edits.added.get(table, 0) - int(table == "jobshead"), edits.updated.get(table, 0))
        if counts.get(table) != expected:
            raise Broken(
                f"{table}: the desktop added {expected[0]} rows (without the one in conflict) and changed "
                f"{expected[1]}; hybrid_sync.merge_log says inserted and updated: {counts.get(table)}."
            )


def expect_conflict(conflicts: list[Conflict], edits: Edits) -> None:
    """Exactly one conflict stands: the job that a phone and the desktop both numbered."""
    found = [(conflict.table, conflict.key.get("job_id")) for conflict in conflicts]
    if found != [("jobshead", edits.colliding_job)]:
        raise Broken(
            f"hybrid_sync.conflict should hold one open conflict, job {edits.colliding_job} of jobshead; it holds "
            f"{len(conflicts)}: {', '.join(conflict.table for conflict in conflicts) or 'none'}."
        )


def expect_identical(before: Mapping[str, MobileRows], after: Mapping[str, MobileRows]) -> None:
    """No mobile row changed, moved, went or came."""
    for table, rows in before.items():
        if after[table] != rows:
            raise Broken(
                f"{table}: its mobile rows are not what they were. Before sync two: {rows.rows} rows, {rows.digest}; "
                f"after: {after[table].rows} rows, {after[table].digest}."
            )
