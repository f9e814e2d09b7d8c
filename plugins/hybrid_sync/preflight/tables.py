"""What stops one table, or will harm it. Preflight asks it of every table, and a table's extract of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid_sync import columns, hazards
from hybrid_sync.errors import SchemaMismatch, Unretryable
from hybrid_sync.findings import Finding, errors_of, from_exception, refuse
from hybrid_sync.preflight import drift
from hybrid_sync.preflight.access import access_findings
from hybrid_sync.preflight.sequences import sequence_findings
from hybrid_sync.preflight.structure import structure_findings
from hybrid_sync.splitting import split_column

if TYPE_CHECKING:
    from hybrid_sync.odbc.readings import DesktopColumn
    from hybrid_sync.preflight.facts import LastSchema, TableFacts
    from hybrid_sync.specs import Registry, TableSpec


@dataclass(frozen=True, slots=True)
class Checked:
    """One table's findings, and the columns that a run takes of it: cloud -> desktop, in the target's order."""

    table: str
    pairs: dict[str, str]
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Whether nothing stops the table."""
        return not errors_of(self.findings)

    def required(self) -> dict[str, str]:
        """The pairs. Raises SchemaMismatch with every error that was found."""
        refuse(self.table, self.findings)
        return self.pairs


def check_table(
    spec: TableSpec,
    registry: Registry,
    facts: TableFacts | SchemaMismatch,
    desktop_columns: Sequence[DesktopColumn] | Unretryable | None,
) -> Checked:
    """Judge one table. Nothing is asked of a database here.

    :param facts: what the cloud says of it (`read_facts`).
    :param desktop_columns: what the desktop says of it; an error where it shows no such table, None in a run that does
        not read the desktop (a replay).
    """
    missing = [from_exception(spec.name, side) for side in (facts, desktop_columns) if isinstance(side, Unretryable)]
    if isinstance(facts, SchemaMismatch) or isinstance(desktop_columns, Unretryable):
        return Checked(spec.name, {}, tuple(missing))
    last = _comparable(spec, facts.last)
    if desktop_columns is None:
        pairs, found = _expected(spec, registry, facts, last), list[Finding]()
    else:
        pairs, found = _settled(spec, registry, facts, desktop_columns, last)
    found += hazards.hazards(spec, facts.target, pairs)
    found += access_findings(spec, registry.ownership, facts, pairs)
    found += structure_findings(spec, registry, facts, pairs)
    found += sequence_findings(spec, facts, pairs)
    return Checked(spec.name, pairs, tuple(found))


def _expected(spec: TableSpec, registry: Registry, facts: TableFacts, last: LastSchema | None) -> dict[str, str]:
    """What an extract of an earlier run most likely holds."""
    ours = (registry.ownership.column, spec.generated_key)
    there = [
        column.name
        for column in facts.target.columns
        if not column.generated and not column.numbered and column.name not in ours
    ]
    return {name: (last.carried if last else {}).get(name, name) for name in there if not last or name in last.carried}


def _settled(
    spec: TableSpec,
    registry: Registry,
    facts: TableFacts,
    desktop_columns: Sequence[DesktopColumn],
    last: LastSchema | None,
) -> tuple[dict[str, str], list[Finding]]:
    names = [column.name for column in desktop_columns]
    common = columns.common_columns(spec, registry.ownership, facts.target, names)
    lost = list(drift.gone(spec, facts.target, desktop_columns, last))
    pairs, drifted = drift.settle(spec, facts.target, common, last)
    return pairs, [
        *columns.column_errors(spec, registry.ownership, facts.target, names, common),
        *lost,
        *drifted,
        *(
            [] if lost else drift.appeared(spec, facts.target, desktop_columns, last)
        ),  # the new may be the lost, renamed
        *drift.retyped(spec, facts.target, desktop_columns, pairs, last),
        *_unsplittable(spec, desktop_columns),
    ]


def _unsplittable(spec: TableSpec, desktop_columns: Sequence[DesktopColumn]) -> list[Finding]:
    try:
        split_column(spec, desktop_columns)
    except SchemaMismatch as problem:
        return [from_exception(spec.name, problem)]
    return []


def _comparable(spec: TableSpec, last: LastSchema | None) -> LastSchema | None:
    """The last run's columns, unless the registry names other tables by now."""
    if last and (last.source_table, last.target_table) == (spec.source_table, spec.target_table):
        return last
    return None
