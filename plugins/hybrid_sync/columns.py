"""Which desktop column feeds which column of the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.specs import Ownership, Strategy, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.catalog import Target


def pair_columns(
    spec: TableSpec, ownership: Ownership, target: Target, desktop_columns: Sequence[str]
) -> dict[str, str]:
    """Pair the target's columns with the desktop's: cloud column -> desktop column, in the target's order.

    Without `columns` in the registry: those that both sides have, letter case aside, without the ownership column,
    the generated key, and columns that the cloud computes itself.

    Raises SchemaMismatch, naming table, columns and the next step, when a column that the registry names is missing
    on either side, when a key column has no source, when the ownership column is missing in the cloud, when the
    target has no unique key on an upsert's key, or when a NOT NULL column without default gets no value.
    """
    by_folded_name = {name.casefold(): name for name in desktop_columns}
    if target.column(ownership.column) is None:
        raise SchemaMismatch(
            f"{target.relation} has no column {ownership.column}, so nothing tells mobile rows from desktop rows. "
            f"Add it, or set ownership.column in the registry.",
            table=spec.name,
        )
    if spec.columns is not None:
        pairs = _declared(spec, target, by_folded_name)
    else:
        untouched = {ownership.column, spec.generated_key}
        pairs = {
            column.name: by_folded_name[column.name.casefold()]
            for column in target.columns
            if column.name.casefold() in by_folded_name and column.name not in untouched and not column.generated
        }
    if not pairs:
        raise SchemaMismatch(
            f"desktop table {spec.source_table} and {target.relation} have no column in common. "
            f"Check source_table and target_table, or map them with columns.",
            table=spec.name,
        )
    _check_key(spec, target, pairs)
    starved = [
        column.name
        for column in target.columns
        if column.not_null and not column.has_default and not column.generated and not column.identity
        and column.name not in pairs and column.name != ownership.column
    ]  # fmt: skip
    if starved:
        raise SchemaMismatch(
            f"{target.relation} needs a value in {', '.join(starved)} (NOT NULL, no default), and desktop table "
            f"{spec.source_table} has no such column. Map it with columns in the registry, or give it a default.",
            table=spec.name,
        )
    return pairs


def _declared(spec: TableSpec, target: Target, by_folded_name: dict[str, str]) -> dict[str, str]:
    declared = spec.columns or {}
    missing_here = [name for name in declared if target.column(name) is None]
    if missing_here:
        raise SchemaMismatch(
            f"{target.relation} has no column {', '.join(missing_here)} (named in the registry's columns). "
            f"It has {', '.join(column.name for column in target.columns)}.",
            table=spec.name,
        )
    missing_there = [name for name in declared.values() if name.casefold() not in by_folded_name]
    if missing_there:
        raise SchemaMismatch(
            f"desktop table {spec.source_table} has no column {', '.join(missing_there)} (named in the registry's "
            f"columns). It has {', '.join(sorted(by_folded_name.values()))}.",
            table=spec.name,
        )
    return {
        column.name: by_folded_name[declared[column.name].casefold()]
        for column in target.columns
        if column.name in declared
    }


def _check_key(spec: TableSpec, target: Target, pairs: dict[str, str]) -> None:
    if spec.strategy is not Strategy.UPSERT:
        if spec.generated_key and target.column(spec.generated_key) is None:
            raise SchemaMismatch(
                f"{target.relation} has no column {spec.generated_key} (generated_key in the registry).",
                table=spec.name,
            )
        return
    unfed = [name for name in spec.key if name not in pairs]
    if unfed:
        raise SchemaMismatch(
            f"key column {', '.join(unfed)} is missing in {target.relation} or in desktop table {spec.source_table}. "
            f"The columns that both have are {', '.join(pairs)}.",
            table=spec.name,
        )
    if not any(set(unique.columns) == set(spec.key) for unique in target.unique_keys):
        there = "; ".join(f"{unique.name} ({', '.join(unique.columns)})" for unique in target.unique_keys) or "none"
        raise SchemaMismatch(
            f"{target.relation} has no unique key on ({', '.join(spec.key)}), so two runs could store a row twice. "
            f"Its unique keys: {there}. Add a unique constraint, or correct key in the registry.",
            table=spec.name,
        )
