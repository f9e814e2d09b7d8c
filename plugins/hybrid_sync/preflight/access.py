"""Whether the role may do what a sync does: privileges, and row level security."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hybrid_sync.findings import Finding, error
from hybrid_sync.specs import Deletes, Ownership, Strategy, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.preflight.facts import TableFacts

_GRANT = "Grant it to the sync's role (include/sql/roles.sql)."


def access_findings(
    spec: TableSpec, ownership: Ownership, facts: TableFacts, columns: Iterable[str]
) -> Iterator[Finding]:
    """What the role may not do with the target, and what it may not see of it.

    :param columns: the columns that the desktop supplies.
    """
    name, relation = facts.target.relation, facts.relation
    if not relation.schema_usable:
        yield error(spec.name, f"the role may not use schema {facts.target.schema} of the cloud", _GRANT)
        return
    if missing := [*_missing(spec, ownership, facts, columns)]:
        yield error(spec.name, f"the role lacks {', '.join(missing)} on {name}", _GRANT)
    for numbering in facts.numberings:
        if not numbering.usable and numbering.column not in columns:
            what = f"the role lacks USAGE on sequence {numbering.sequence}, which numbers {numbering.column}"
            yield error(spec.name, what, _GRANT)
    yield from _row_security(spec, facts)


def _needed(spec: TableSpec) -> tuple[str, ...]:
    if spec.strategy is Strategy.DELETE_INSERT:
        return "SELECT", "INSERT", "DELETE"
    if spec.deletes is Deletes.PROPAGATE:
        return "SELECT", "INSERT", "UPDATE", "DELETE"
    return "SELECT", "INSERT", "UPDATE"


def _missing(spec: TableSpec, ownership: Ownership, facts: TableFacts, columns: Iterable[str]) -> Iterator[str]:
    """The privileges that are missing; INSERT and UPDATE may have been granted for the columns alone."""
    written = {*columns, ownership.column}
    changed = written - {*spec.key, *spec.mobile_owned_columns, *spec.insert_only_columns}
    by_column = {"INSERT": written <= facts.relation.insertable, "UPDATE": changed <= facts.relation.updatable}
    for privilege in _needed(spec):
        if privilege not in facts.relation.granted and not by_column.get(privilege, False):
            yield privilege
    # LOCK TABLE wants one on the whole table, and a grant on columns does not count.
    if not facts.relation.granted & {"UPDATE", "DELETE"} and by_column["UPDATE"]:
        yield "UPDATE on the whole table (to lock it)"


def _row_security(spec: TableSpec, facts: TableFacts) -> Iterator[Finding]:
    name = facts.target.relation
    bound = {policy.command: policy for policy in facts.policies if policy.command in _needed(spec)}
    if barred := [command for command in _needed(spec) if command in bound and not bound[command].allowed]:
        yield error(
            spec.name,
            f"row level security of {name} has no policy that lets the role {', '.join(barred)}",
            "Add one for the sync's role (include/sql/roles.sql does).",
        )
    reading = bound.get("SELECT")
    if reading and reading.allowed and not reading.every_row:
        yield error(
            spec.name,
            f"row level security may hide rows of {name} from the role (policy {', '.join(reading.policies)}), and "
            f"what it cannot see it can neither prove unchanged nor keep from storing twice",
            "Add a policy FOR SELECT USING (TRUE) for the sync's role (include/sql/roles.sql does); a restrictive "
            "policy must not bind that role.",
        )
