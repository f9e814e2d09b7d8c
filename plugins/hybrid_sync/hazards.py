"""What the catalogue shows that would carry a merge's change to mobile rows or to other tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hybrid_sync.findings import Finding, error, refuse
from hybrid_sync.specs import Deletes, Strategy, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.catalog import Referencing, Target

_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def refuse_hazards(spec: TableSpec, target: Target, columns: Iterable[str]) -> None:
    """Refuse a target whose foreign keys, rules or heirs would carry the merge's writes further.

    :param columns: the columns that the desktop supplies.
    :raises SchemaMismatch: naming each way and what to change.
    """
    refuse(spec.name, hazards(spec, target, columns))


def hazards(spec: TableSpec, target: Target, columns: Iterable[str]) -> list[Finding]:
    """The ways in which a merge could reach rows that are not its own, as one error; none: [].

    What triggers do cannot be read from the catalogue; the certificate and the server's write counts watch them.
    """
    assigned = set(columns) - {*spec.key, *spec.mobile_owned_columns, *spec.insert_only_columns}
    ways = [way for foreign_key in target.referencing if (way := _way(spec, foreign_key, assigned))]
    ways += [f"rule {name} rewrites statements on it" for kind, name in target.actors if kind == "rule"]
    ways += [f"table {name} inherits from it" for kind, name in target.actors if kind == "heir"]
    if not ways:
        return []
    return [
        error(
            spec.name,
            f"a merge of {target.relation} could reach rows that are not its own: {'; '.join(ways)}",
            "Make the foreign key NO ACTION (or drop the rule or heir), or take the table out of the registry.",
        )
    ]


def _way(spec: TableSpec, foreign_key: Referencing, assigned: set[str]) -> str | None:
    """How this foreign key would carry a delete or update of the merge to its child, or None."""
    name = f"{foreign_key.name} of {foreign_key.child}"
    if spec.strategy is Strategy.DELETE_INSERT:
        if foreign_key.on_delete in _ACTIONS:
            return f"{name} is ON DELETE {_ACTIONS[foreign_key.on_delete]}, and delete_insert deletes"
        return f"{name} references it, and delete_insert gives rows new keys (use upsert, or drop the foreign key)"
    if spec.deletes is Deletes.PROPAGATE and foreign_key.on_delete in _ACTIONS:
        return f"{name} is ON DELETE {_ACTIONS[foreign_key.on_delete]}, and deletes: propagate deletes"
    if foreign_key.on_update in _ACTIONS and set(foreign_key.referenced_columns) & assigned:
        return f"{name} is ON UPDATE {_ACTIONS[foreign_key.on_update]} of a column that the merge sets"
    return None
