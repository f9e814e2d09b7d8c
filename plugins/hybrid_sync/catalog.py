"""What the cloud's system catalogue says of a target: columns and types, unique keys, foreign keys."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.errors import SchemaMismatch

if TYPE_CHECKING:
    from psycopg import Connection


_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "i": "an index"}


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """One column of a target, domains resolved to the type behind them.

    `type` is as SQL writes it (`numeric(8,2)`), `base` the catalogue's short name (`numeric`, `varchar`, `bpchar`,
    `int4`, `timestamptz`, an enum's own name, `_text` for text[]), `kind` its pg_type.typtype (`b` base, `e` enum ..).
    `scale` of a time or timestamp is its number of fractional digits.
    """

    name: str
    type: str
    base: str
    kind: str
    length: int | None
    precision: int | None
    scale: int | None
    not_null: bool
    has_default: bool
    generated: bool
    identity: bool
    labels: tuple[str, ...]
    is_domain: bool = False
    numbered: bool = False  # an identity or nextval() default: inserting without it uses up a sequence value


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A unique index without expression or predicate, valid and immediate: its name and columns in index order."""

    name: str
    columns: tuple[str, ...]
    primary: bool
    nulls_distinct: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key of the target. Names of tables carry their schema; actions are pg_constraint's letters."""

    name: str
    columns: tuple[str, ...]
    referenced_table: str
    referenced_columns: tuple[str, ...]
    on_delete: str
    on_update: str
    deferrable: bool


@dataclass(frozen=True, slots=True)
class Reachable:
    """A table that a foreign key action can reach from a target; `has_ownership`: it tells mobile rows itself."""

    relation: str
    has_ownership: bool


@dataclass(frozen=True, slots=True)
class Referencing:
    """A foreign key of another table that references the target. Actions are pg_constraint's letters."""

    name: str
    child: str
    child_columns: tuple[str, ...]
    referenced_columns: tuple[str, ...]
    on_delete: str
    on_update: str


@dataclass(frozen=True, slots=True)
class Target:
    """A table of the cloud. `relation` is `schema.table`; `kind` pg_class.relkind."""

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[TargetColumn, ...]
    unique_keys: tuple[UniqueKey, ...]
    foreign_keys: tuple[ForeignKey, ...]
    referencing: tuple[Referencing, ...] = ()
    actors: tuple[tuple[str, str], ...] = ()  # (trigger | rule | heir, name)

    @property
    def relation(self) -> str:
        """The name with its schema, unquoted."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> TargetColumn | None:
        """The column called `name`, or None."""
        return next((column for column in self.columns if column.name == name), None)


def read_target(connection: Connection[Any], table: str) -> Target:
    """Read what the catalogue says of `table` (`name` or `schema.name`, unquoted).

    Raises SchemaMismatch when there is no such table (naming near names), or when it is not an ordinary or
    partitioned table: a view's rows belong to another table, a foreign table's to another server.
    """
    found = _rows(connection, "catalog/target.sql", relation=sql.relation(table))
    if not found:
        near = get_close_matches(table.split(".")[-1], [row[0].split(".")[-1] for row in
                                 _rows(connection, "catalog/similar_tables.sql")])  # fmt: skip
        hint = f" (there is {', '.join(near)})" if near else ""
        raise SchemaMismatch(
            f"the cloud has no table {table}{hint}. Create it, or set target_table in the registry.", table=table
        )
    oid, schema, name, kind = found[0]
    if kind not in ("r", "p"):
        raise SchemaMismatch(f"{table} is {_KINDS.get(kind, kind)} in the cloud, not a table.", table=table)
    return Target(
        oid=oid,
        schema=schema,
        name=name,
        kind=kind,
        columns=tuple(
            _column(row)
            for row in _rows(connection, "catalog/columns.sql", oid=oid)
        ),
        unique_keys=tuple(
            UniqueKey(name, tuple(columns), primary, nulls_distinct)
            for name, columns, primary, nulls_distinct in _rows(connection, "catalog/unique_keys.sql", oid=oid)
        ),
        foreign_keys=tuple(
            ForeignKey(name, tuple(columns), table, tuple(referenced), *actions)
            for name, columns, table, referenced, *actions in _rows(connection, "catalog/foreign_keys.sql", oid=oid)
        ),
        referencing=tuple(
            Referencing(name, child, tuple(columns), tuple(referenced), *actions)
            for name, child, columns, referenced, *actions in _rows(connection, "catalog/referencing.sql", oid=oid)
        ),
        actors=tuple((kind, name) for kind, name in _rows(connection, "catalog/actors.sql", oid=oid)),
    )


def _column(row: tuple[Any, ...]) -> TargetColumn:
    values: dict[str, Any] = dict(zip(TargetColumn.__dataclass_fields__, row, strict=True))
    return TargetColumn(**values | {"labels": tuple(values["labels"])})


def read_reachable(connection: Connection[Any], target: Target, ownership_column: str) -> tuple[Reachable, ...]:
    """The tables that foreign key actions can reach from `target`, the target left out."""
    rows = _rows(connection, "catalog/reachable.sql", oid=target.oid, ownership=ownership_column)
    return tuple(Reachable(*row) for row in rows)


def _rows(connection: Connection[Any], template: str, **parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(sql.render(template), parameters).fetchall()
