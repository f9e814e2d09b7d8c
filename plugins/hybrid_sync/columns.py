"""Which desktop column feeds which column of the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hybrid_sync.findings import Finding, error, refuse
from hybrid_sync.specs import Ownership, Strategy, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.catalog import Target


def pair_columns(
    spec: TableSpec, ownership: Ownership, target: Target, desktop_columns: Sequence[str]
) -> dict[str, str]:
    """Pair the target's columns with the desktop's: cloud column -> desktop column, in the target's order.

    Without `columns` in the registry: those that both sides have, letter case aside, without the ownership column,
    the generated key, and columns that the cloud computes itself.

    Raises SchemaMismatch, naming table, columns and the next step, for everything that `column_errors` finds.
    """
    pairs = common_columns(spec, ownership, target, desktop_columns)
    refuse(spec.name, column_errors(spec, ownership, target, desktop_columns, pairs))
    return pairs


def common_columns(
    spec: TableSpec, ownership: Ownership, target: Target, desktop_columns: Sequence[str]
) -> dict[str, str]:
    """The pairs that there are, whatever else is wrong: cloud column -> desktop column, in the target's order."""
    by_folded_name = {name.casefold(): name for name in desktop_columns}
    if spec.columns is not None:
        wanted = {name: desktop.casefold() for name, desktop in spec.columns.items()}
    else:
        wanted = {column.name: column.name.casefold() for column in target.columns if not column.generated}
        for name in (ownership.column, spec.generated_key):
            wanted.pop(name or "", None)
    return {
        column.name: by_folded_name[wanted[column.name]]
        for column in target.columns
        if wanted.get(column.name) in by_folded_name
    }


def column_errors(
    spec: TableSpec, ownership: Ownership, target: Target, desktop_columns: Sequence[str], pairs: dict[str, str]
) -> list[Finding]:
    """What stops the table: a column that the registry names is missing on either side or computed by the cloud, a key
    column has no source, the ownership column is missing in the cloud, the target has no unique key on an upsert's key,
    a NOT NULL column without default gets no value."""
    found = [*_ownership(spec, ownership, target), *_declared(spec, target, desktop_columns)]
    if not pairs:
        both = f"desktop table {spec.source_table} and {target.relation} have no column in common"
        return [*found, error(spec.name, both, "Check source_table and target_table, or map them with columns.")]
    found += _key(spec, target, pairs)
    starved = [
        column.name
        for column in target.columns
        if column.not_null and not column.has_default and not column.generated and not column.identity
        and column.name not in pairs and column.name not in (ownership.column, *spec.key)
    ]  # fmt: skip
    if starved:
        found.append(error(
            spec.name,
            f"{target.relation} needs a value in {', '.join(starved)} (NOT NULL, no default), and desktop table "
            f"{spec.source_table} has no such column",
            "Map it with columns in the registry, or give it a default.",
        ))  # fmt: skip
    return found


def _ownership(spec: TableSpec, ownership: Ownership, target: Target) -> Iterator[Finding]:
    column = target.column(ownership.column)
    if column is None:
        yield error(
            spec.name,
            f"{target.relation} has no column {ownership.column}, so nothing tells mobile rows from desktop rows",
            "Add it, or set ownership.column in the registry.",
        )
    elif column.generated:
        yield error(
            spec.name,
            f"{target.relation} computes its ownership column {ownership.column}, and the sync has to write it",
            f"Make {ownership.column} a plain column, or set ownership.column in the registry.",
        )


def _declared(spec: TableSpec, target: Target, desktop_columns: Sequence[str]) -> Iterator[Finding]:
    declared = spec.columns or {}
    there = {name.casefold() for name in desktop_columns}
    if missing := [name for name in declared if target.column(name) is None]:
        yield error(
            spec.name,
            f"{target.relation} has no column {', '.join(missing)} (named in the registry's columns)",
            f"Correct columns; it has {', '.join(column.name for column in target.columns)}.",
        )
    if missing := [name for name in declared.values() if name.casefold() not in there]:
        yield error(
            spec.name,
            f"desktop table {spec.source_table} has no column {', '.join(missing)} (named in the registry's columns)",
            f"Correct columns; it has {', '.join(sorted(desktop_columns))}.",
        )
    if computed := [name for name in declared if (column := target.column(name)) and column.generated]:
        yield error(
            spec.name,
            f"{target.relation} computes {', '.join(computed)} itself (GENERATED ALWAYS AS), and takes no value for it",
            "Take it out of columns in the registry.",
        )


def _key(spec: TableSpec, target: Target, pairs: dict[str, str]) -> Iterator[Finding]:
    if spec.strategy is not Strategy.UPSERT:
        if spec.generated_key and target.column(spec.generated_key) is None:
            yield error(
                spec.name,
                f"{target.relation} has no column {spec.generated_key} (generated_key in the registry)",
                f"Correct generated_key; it has {', '.join(column.name for column in target.columns)}.",
            )
        return
    if unfed := [name for name in spec.key if name not in pairs]:
        yield error(
            spec.name,
            f"key column {', '.join(unfed)} is missing in {target.relation} or in desktop table {spec.source_table}",
            f"The columns that both have are {', '.join(pairs)}.",
        )
    elif not any(set(unique.columns) == set(spec.key) for unique in target.unique_keys):
        there = "; ".join(f"{unique.name} ({', '.join(unique.columns)})" for unique in target.unique_keys) or "none"
        yield error(
            spec.name,
            f"{target.relation} has no unique key on ({', '.join(spec.key)}), so two runs could store a row twice",
            f"Its unique keys: {there}. Add a unique constraint, or correct key in the registry.",
        )
