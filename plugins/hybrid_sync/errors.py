"""Every error that the package raises, and whether a retry can help.

HybridSyncError
    Retryable                 the same task may succeed later with nothing changed
        DesktopUnavailable    the desktop cannot be reached, broke off while it was read, or its driver crashed
        CloudUnavailable      the cloud cannot be reached, or broke off
        ExtractsUnavailable   the store of the extracts cannot be written
        MergeContention       serialization failures, deadlocks or lock waits outlasted our own attempts
    Unretryable               a person has to change something first
        RegistryError         the registry file is wrong
        ConnectionMisconfigured   a connection is missing, or refuses its credentials, or names no driver
        SchemaMismatch        a table, column or key is missing, or of a kind that cannot be synced
        TooManyRejects        more rows than `max_rejects` cannot be stored in the target
        ConflictRefused       `on_conflict: fail` met a conflict
        GuardTripped          the merge would delete more than was approved, or bring older rows back
        MobileRowsTouched     the certificate differs, or a statement wrote where it must not: rolled back
        RowsUnaccounted       the counts of a merge do not add up: a trigger, rule or policy swallowed rows: rolled back
        StagingLost           the staged rows are gone or were replaced, and loading again did not help
        RunFailed             the verdict of the whole run

Only the two middle classes decide whether Airflow retries (see `dags/hybrid_sync_dag.py`).
A message names the table and the numbers and ends in what to do next. It never holds a row's values.
"""

from __future__ import annotations


class HybridSyncError(Exception):
    """The root: catch this to catch everything that the package raises on purpose."""

    def __init__(self, message: str, *, table: str | None = None) -> None:
        super().__init__(f"{table}: {message}" if table else message)
        self.table = table


class Retryable(HybridSyncError):
    """The same task may succeed later with nothing changed."""


class Unretryable(HybridSyncError):
    """A person has to change something first."""


class DesktopUnavailable(Retryable):
    """The desktop cannot be reached, broke off while it was read, or its driver crashed."""


class CloudUnavailable(Retryable):
    """The cloud cannot be reached, or broke off."""


class ExtractsUnavailable(Retryable):
    """The store of the extracts cannot be written: full, read-only, not reached."""


class MergeContention(Retryable):
    """Serialization failures, deadlocks or lock waits outlasted the merge's own attempts."""


class RegistryError(Unretryable):
    """The registry file is wrong."""


class ConnectionMisconfigured(Unretryable):
    """A connection is missing, refuses its credentials, or names no driver."""


class SchemaMismatch(Unretryable):
    """A table, column or key is missing, or of a kind that cannot be synced."""


class TooManyRejects(Unretryable):
    """More rows than `max_rejects` cannot be stored in the target."""


class ConflictRefused(Unretryable):
    """A table with `on_conflict: fail` met a conflict."""


class GuardTripped(Unretryable):
    """The merge would delete more than was approved, or bring older rows back."""


class MobileRowsTouched(Unretryable):
    """The certificate differs, or a statement wrote where it must not. The merge was rolled back."""


class RowsUnaccounted(Unretryable):
    """The counts of a merge do not add up: a trigger, rule or policy swallowed rows. The merge was rolled back."""


class StagingLost(Unretryable):
    """The staged rows are gone or were replaced, and loading them again did not help."""


class RunFailed(Unretryable):
    """The verdict of the whole run."""
