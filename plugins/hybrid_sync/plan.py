"""What one merge will do: the names that the merge templates are rendered with. No row is read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid_sync.conversion import ROW_NUMBER
from hybrid_sync.specs import Deletes, OnConflict, Ownership, Rewrite, Strategy, TableSpec
from hybrid_sync.telling import WHOLE_ROW, Telling

if TYPE_CHECKING:
    from hybrid_sync.catalog import ForeignKey, Reachable, Referencing, Target, TargetColumn, UniqueKey


_FAR = {"int8": 9_000_000_000_000_000_000, "int4": 2_000_000_000, "int2": 0, "numeric": 0}
"""Where a dry run numbers its rows from, by the type of a generated key: high, so that a CHECK (key > 0) holds."""


_BYTEWISE = {
    **dict.fromkeys(
        ("int2", "int4", "int8", "bool", "date", "time", "timestamp", "timestamptz", "uuid", "bytea"), ""
    ),
    # varchar has no = of its own: without the cast, one that somebody has made would be taken
    "text": ' COLLATE "C"', "varchar": '::text COLLATE "C"',
}  # fmt: skip
"""Types of which `=` holds between equal bytes alone, written after the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """The names of one merge, as the templates below `include/sql/merge` use them. All unquoted.

    `columns` are those that the staging carries and the insert writes. `compared` are those whose difference makes
    an update, `assigned` those that the update sets; `compared_as` names them with their types. `other_keys` are the
    target's further unique keys that the staging supplies whole, `assigned_keys` those of them that an update can
    change. `numbered` are columns that a sequence fills, each with the number where a dry run starts. `full` says that
    the extract held every row of the desktop's table. `children` are foreign keys that reference the target; `parents`,
    set in a dry run alone, those of the target whose rows the run may have staged and not merged. `bytewise` are the
    columns of which `=` tells every byte from every other, with what has to follow them for it; `hashed` says that
    these are all that the target has. `telling` says how equal rows are found where there is no key.
    """

    table: str
    run_id: str
    strategy: Strategy
    target: str
    staging: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    identity: tuple[str, ...]
    compared: tuple[str, ...]
    assigned: tuple[str, ...]
    base_types: dict[str, str]
    compared_as: str
    other_keys: tuple[UniqueKey, ...]
    assigned_keys: tuple[UniqueKey, ...]
    numbered: tuple[tuple[str, int], ...]
    ownership: Ownership
    propagate: bool
    only_changed: bool
    full: bool
    dry_run: bool
    reachable: tuple[Reachable, ...]
    children: tuple[Referencing, ...]
    parents: tuple[ForeignKey, ...]
    detect_edits: bool
    desktop_wins: bool
    bytewise: dict[str, str]
    hashed: bool
    telling: Telling = WHOLE_ROW
    row_number: str = ROW_NUMBER

    @property
    def difference(self) -> str:
        """A table of the merge transaction's own beside the staging; no staging can have its name."""
        schema, _, name = self.staging.rpartition(".")
        return f"{schema}.{name.rpartition('__')[2]}__difference"


def plan_merge(
    spec: TableSpec,
    ownership: Ownership,
    target: Target,
    *,
    run_id: str,
    staging: str,
    columns: Sequence[str],
    full: bool,
    dry_run: bool,
    reachable: Sequence[Reachable] = (),
    rejects: int = 0,
) -> MergePlan:
    """Plan the merge of a staging into `target`.

    :param staging: the staging's name with its schema, unquoted.
    :param columns: the cloud columns that the staging carries, the row number left out.
    :param full: whether the extract held every row of the desktop's table; only then can a merge delete.
    :param rejects: rows that the staging had to refuse. They are on the desktop all the same, so nothing is taken for
        deleted while there are any.
    """
    supplied = tuple(columns)
    kept = {*spec.key, *spec.mobile_owned_columns, *spec.insert_only_columns}
    changeable = tuple(name for name in supplied if name not in kept)
    other_keys = tuple(
        unique
        for unique in target.unique_keys
        if set(unique.columns) != set(spec.key) and set(unique.columns) <= set(supplied)
    )
    by_name = {column.name: column for column in target.columns}
    bytewise = {column.name: written for column in target.columns if (written := _bytewise(column)) is not None}
    return MergePlan(
        table=spec.name,
        run_id=run_id,
        strategy=spec.strategy,
        target=target.relation,
        staging=staging,
        columns=supplied,
        key=spec.key,
        identity=_identity(spec, target, supplied),
        # delete_insert never updates, so no trigger rewrites its rows: it compares insert-only columns too
        compared=changeable
        if spec.strategy is Strategy.UPSERT
        else tuple(name for name in supplied if name not in spec.mobile_owned_columns),
        assigned=changeable,
        base_types={name: by_name[name].type for name in supplied if name in by_name and by_name[name].is_domain},
        compared_as=", ".join(f"{name} {by_name[name].type}" for name in changeable if name in by_name),
        other_keys=other_keys,
        assigned_keys=tuple(unique for unique in other_keys if set(unique.columns) & set(changeable)),
        numbered=tuple(
            (column.name, _FAR.get(column.base, 0))
            for column in target.columns
            if column.numbered and column.name not in supplied
        ),
        ownership=ownership,
        propagate=spec.deletes is Deletes.PROPAGATE and full and not rejects,
        only_changed=spec.rewrite is Rewrite.CHANGED,
        full=full,
        dry_run=dry_run,
        reachable=tuple(reachable),
        children=target.referencing,
        parents=tuple(
            foreign_key
            for foreign_key in target.foreign_keys
            if dry_run and foreign_key.referenced_table != target.relation and set(foreign_key.columns) <= set(supplied)
        ),
        detect_edits=spec.detect_mobile_edits,
        desktop_wins=spec.on_conflict is OnConflict.DESKTOP_WINS,
        bytewise=bytewise,
        hashed=len(bytewise) == len(target.columns),
    )


def _bytewise(column: TargetColumn) -> str | None:
    """What to write after a column so that `=` holds between equal bytes alone; None where that cannot be had.

    1.0 and 1.00 are equal numerics, and so are 'a' and 'a ' as characters without a length: where the scale or the
    length is declared, they are the same bytes too.
    """
    if column.is_domain or column.kind != "b" or "." in column.type:  # the last two: somebody's type of a known name
        return None
    if column.base == "numeric" and column.precision is not None:
        return ""
    if column.base == "bpchar" and column.length is not None:
        return ' COLLATE "C"'
    return _BYTEWISE.get(column.base)


def _identity(spec: TableSpec, target: Target, supplied: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that name a row to a person: the key, else the generated key, else the primary key, else all."""
    if spec.key:
        return spec.key
    if spec.generated_key:
        return (spec.generated_key,)
    primary = next((unique.columns for unique in target.unique_keys if unique.primary), None)
    return primary or supplied
