"""What is wrong or worth knowing about a table, in the same words in preflight's table and in a task's error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hybrid_sync.errors import HybridSyncError, SchemaMismatch


class Severity(StrEnum):
    """How much a finding matters: an error stops its table before anything is read, the others stop nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `what` is a clause without a full stop, `remedy` sentences; neither holds a row's values.

    `table` is the registry's entry; "" for what concerns the whole run.
    """

    table: str
    severity: Severity
    what: str
    remedy: str

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, as an error says it."""
        return f"{self.what}. {self.remedy}"


def error(table: str, what: str, remedy: str) -> Finding:
    """A finding that stops `table`."""
    return Finding(table, Severity.ERROR, what, remedy)


def warning(table: str, what: str, remedy: str) -> Finding:
    """A finding that harms, or will."""
    return Finding(table, Severity.WARNING, what, remedy)


def note(table: str, what: str, remedy: str) -> Finding:
    """A finding that is good to know."""
    return Finding(table, Severity.NOTE, what, remedy)


def counted(number: int, one: str) -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop their table."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def refuse(table: str, findings: Iterable[Finding]) -> None:
    """Raise SchemaMismatch with every error among `findings`; do nothing when there is none."""
    if errors := errors_of(findings):
        raise SchemaMismatch(" ".join(finding.sentence for finding in errors), table=table)


def from_exception(table: str, problem: HybridSyncError) -> Finding:
    """An error that was raised elsewhere as one sentence on what is wrong, and one or more on what to do."""
    what, _, remedy = str(problem).removeprefix(f"{problem.table}: ").partition(". ")
    return error(table, what.removesuffix("."), remedy)
