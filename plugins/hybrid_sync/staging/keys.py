"""Rules between rows: repeated keys, and foreign keys whose parent is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.specs import OnDuplicate, Strategy

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.catalog import ForeignKey, Target
    from hybrid_sync.specs import TableSpec
    from hybrid_sync.staging.rules import Owned
    from hybrid_sync.staging.stage import Stage

_BARE = {"int2", "int4", "int8", "numeric", "date", "timestamp", "timestamptz", "uuid"}
SUPERSEDED = "superseded by a later row of the same key"


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    columns: tuple[str, ...]
    nulls_distinct: bool
    reason: str
    counted: bool  # has_repeated.sql: whether counting distinct values tells
    joined: bool  # the merge joins the staging to its target by this key


def resolve_duplicates(
    connection: Connection[Any], stage: Stage, spec: TableSpec, target: Target, owned: Owned | None
) -> int:  # fmt: skip
    """Take repeated keys out of the staging. Returns how many rows went because an identical one stays.

    Identical rows of one key collapse. Different rows of the spec's key are rejects, or with keep_last all but the
    last are superseded. Different rows that share another unique key of the target are rejects.
    """
    collapsed = 0
    for key in _keys(stage, spec, target, owned):
        if key.joined and _made_unique(connection, stage, key):
            continue
        if _has_repeated(connection, stage, key):
            collapsed += _take_out(connection, stage, spec, key)
            if key.joined:
                _made_unique(connection, stage, key)
    return collapsed


def _take_out(connection: Connection[Any], stage: Stage, spec: TableSpec, key: _Key) -> int:
    collapsed = stage.run(connection, "collapse.sql", key=key).rowcount
    if _has_repeated(connection, stage, key):
        if key.columns == spec.key and spec.on_duplicate is OnDuplicate.KEEP_LAST:
            _keep_last(connection, stage, spec, key)
        else:
            stage.run(connection, "duplicates.sql", key=key)
        stage.run(connection, "delete_rejected.sql")
    return collapsed


def reject_orphans(connection: Connection[Any], stage: Stage, target: Target, owned: Owned | None) -> int:
    """Make rejects of rows whose parent is not in the cloud, for every foreign key but those to the table itself."""
    return sum(
        _orphans(connection, stage, foreign_key, match_full, owned, itself=False)
        for foreign_key, match_full in _foreign_keys(connection, stage, target, owned)
        if foreign_key.referenced_table != target.relation
    )


def reject_orphans_within(connection: Connection[Any], stage: Stage, target: Target, owned: Owned | None) -> None:
    """The same for foreign keys to the table itself, where a staged row may be the parent.

    Each round may take parents away, so it goes on until a round finds nothing.
    """
    keys = _foreign_keys(connection, stage, target, owned)
    within = [pair for pair in keys if pair[0].referenced_table == target.relation]
    while sum(_orphans(connection, stage, *pair, owned, itself=True) for pair in within):
        stage.run(connection, "delete_rejected.sql")


def _orphans(
    connection: Connection[Any],
    stage: Stage,
    foreign_key: ForeignKey,
    match_full: bool,
    owned: Owned | None,
    *,
    itself: bool,
) -> int:
    reason = f"no such row in {foreign_key.referenced_table} (foreign key {foreign_key.name})"
    return stage.run(
        connection, "orphans.sql", foreign_key=foreign_key, match_full=match_full, reason=reason, owned=owned,
        itself=itself,
    ).rowcount  # fmt: skip


def _foreign_keys(
    connection: Connection[Any], stage: Stage, target: Target, owned: Owned | None
) -> list[tuple[ForeignKey, bool]]:
    """The foreign keys that a staged row has all columns of, each with whether it is MATCH FULL."""
    known = {*stage.names, *([owned.column] if owned else [])}
    foreign_keys = [foreign_key for foreign_key in target.foreign_keys if known.issuperset(foreign_key.columns)]
    if not foreign_keys:
        return []
    enforced = dict(connection.execute(sql.render("stage/foreign_keys.sql"), {"oid": target.oid}).fetchall())
    return [(key, enforced[key.name]) for key in foreign_keys if key.name in enforced]


def _keys(stage: Stage, spec: TableSpec, target: Target, owned: Owned | None) -> list[_Key]:
    keys = []
    if spec.strategy is Strategy.UPSERT:
        keys.append(_key(stage, "key", spec.key, False, "duplicate key", joined=True))
    for unique in target.unique_keys:
        columns = tuple(name for name in unique.columns if owned is None or name != owned.column)
        covered = keys and set(spec.key) <= set(columns)
        if columns and not covered and set(columns) <= set(stage.names):
            reason = f"duplicate value of unique key {unique.name}"
            keys.append(_key(stage, unique.name, columns, unique.nulls_distinct, reason))
    return keys


def _key(
    stage: Stage, name: str, columns: tuple[str, ...], nulls_distinct: bool, reason: str, *, joined: bool = False
) -> _Key:  # fmt: skip
    bases = {column.base for column in stage.columns if column.name in columns}
    # NULLs are not counted: they are none in a spec's key, and no values where they are distinct.
    counted = len(columns) == 1 and (joined or nulls_distinct) and bases <= _BARE
    return _Key(name, columns, nulls_distinct, reason, counted, joined)


def _made_unique(connection: Connection[Any], stage: Stage, key: _Key) -> bool:
    """Give the staging a unique index on `key`, which serves the merge's join too; False where that cannot be."""
    from psycopg import errors

    try:
        with connection.transaction():
            stage.run(connection, "unique.sql", key=key)
    except (errors.UniqueViolation, errors.ProgramLimitExceeded):  # the latter: a value too long for an index
        return False
    return True


def _has_repeated(connection: Connection[Any], stage: Stage, key: _Key) -> bool:
    row = stage.run(connection, "has_repeated.sql", key=key).fetchone()
    return bool(row and row[0])


def _keep_last(connection: Connection[Any], stage: Stage, spec: TableSpec, key: _Key) -> None:
    order_by = spec.order_by
    if order_by is None or order_by not in stage.names:
        raise SchemaMismatch(
            f"on_duplicate keep_last orders by {order_by}, which the desktop does not supply. "
            f"Correct order_by in the registry.",
            table=spec.name,
        )
    stage.run(
        connection, "superseded.sql", key=key, order_by=order_by, superseded=SUPERSEDED,
        tied=f"duplicate key: another row is as late by {order_by}",
    )  # fmt: skip
