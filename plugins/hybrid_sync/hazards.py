"""What the catalogue shows that would carry a merge's change to mobile rows or to other tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hybrid_sync.findings import Finding, error
from hybrid_sync.specs import Deletes, Strategy, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.catalog import Referencing, Target

_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def hazards(spec: TableSpec, target: Target, columns: Iterable[str]) -> list[Finding]:
    """Each way in which a merge could reach rows that are not its own.

    :param columns: the columns that the desktop supplies.

    What triggers do cannot be read from the catalogue; the certificate and the server's write counts watch them.
    """
    assigned = set(columns) - {*spec.key, *spec.mobile_owned_columns, *spec.insert_only_columns}
    ways = [way for foreign_key in target.referencing if (way := _way(spec, foreign_key, assigned))]
    for kind, name in target.actors:
        if kind == "rule":
            ways.append((f"rule {name} rewrites statements on it", "Drop the rule"))
        elif kind == "heir":
            ways.append((f"table {name} inherits from it", f"ALTER TABLE {name} NO INHERIT {target.relation}"))
    return [
        error(
            spec.name,
            f"a merge of {target.relation} could reach rows that are not its own: {way}",
            f"{remedy}, or take the table out of the registry.",
        )
        for way, remedy in ways
    ]


def _way(spec: TableSpec, foreign_key: Referencing, assigned: set[str]) -> tuple[str, str] | None:
    """How this foreign key would carry a delete or update of the merge to its child, and what to do; or None."""
    name = f"{foreign_key.name} of {foreign_key.child}"
    on_delete, on_update = _ACTIONS.get(foreign_key.on_delete), _ACTIONS.get(foreign_key.on_update)
    if spec.strategy is Strategy.DELETE_INSERT:
        if on_delete:
            return f"{name} is ON DELETE {on_delete}, and delete_insert deletes", "Use upsert, or drop the foreign key"
        return f"{name} references it, and delete_insert gives rows new keys", "Use upsert, or drop the foreign key"
    if spec.deletes is Deletes.PROPAGATE and on_delete:
        return f"{name} is ON DELETE {on_delete}, and deletes: propagate deletes", "Make it ON DELETE NO ACTION"
    if on_update and set(foreign_key.referenced_columns) & assigned:
        return f"{name} is ON UPDATE {on_update} of a column that the merge sets", "Make it ON UPDATE NO ACTION"
    return None
