"""Sequences that give a number which a row has already."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from hybrid_sync.findings import Finding, error, warning
from hybrid_sync.specs import TableSpec

if TYPE_CHECKING:
    from hybrid_sync.preflight.facts import Numbering, TableFacts


def sequence_findings(spec: TableSpec, facts: TableFacts, columns: Container[str]) -> Iterator[Finding]:
    """Sequences behind the highest number of their column.

    :param columns: the columns that the desktop supplies; the sync draws no number for those, phones may.
    """
    for numbering in facts.numberings:
        if numbering.increment <= 0 or numbering.highest is None:
            continue
        following = numbering.next if numbering.next is not None else numbering.start
        if following > numbering.highest:
            continue
        what = f"sequence {numbering.sequence} is behind the highest {numbering.column} of {numbering.relation}"
        if numbering.column in columns:
            # The desktop's own numbers push the highest one up; only a range of its own helps a phone.
            yield warning(
                spec.name,
                f"{what}: a phone's row that takes its number from the sequence will meet a number that is taken",
                f"Give phones a range of their own: SELECT setval('{numbering.sequence}', <a number far above>).",
            )
        elif numbering.next is None:
            yield warning(
                spec.name,
                f"{what}, unless it was restarted: its next number cannot be read",
                f"GRANT SELECT ON SEQUENCE {numbering.sequence} to the sync's role, or {_mend(numbering)}.",
            )
        elif _unique(facts, numbering.column):
            yield error(spec.name, f"{what}: an insert would fail on a number that is taken", f"{_mend(numbering)}.")
        else:
            yield warning(spec.name, f"{what}: new rows repeat numbers that are taken", f"{_mend(numbering)}.")


def _mend(numbering: Numbering) -> str:
    # Told, not run.
    return f"SELECT setval('{numbering.sequence}', (SELECT max({numbering.column}) FROM {numbering.relation}))"  # noqa: S608


def _unique(facts: TableFacts, column: str) -> bool:
    return any(unique.columns == (column,) for unique in facts.target.unique_keys)
