"""What the cloud's system catalogue says of a target: columns and types, unique keys, foreign keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.errors import SchemaMismatch

if TYPE_CHECKING:
    from psycopg import Connection


_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "i": "an index"}
_PARTS = ("columns", "unique_keys", "foreign_keys", "referencing", "actors")  # each a query below catalog/


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
    found = read_targets(connection, [table])[table]
    if isinstance(found, SchemaMismatch):
        raise found
    return found


def read_targets(connection: Connection[Any], tables: Sequence[str]) -> dict[str, Target | SchemaMismatch]:
    """Read what the catalogue says of many tables, in as many statements as of one. An error stands for a table that
    `read_target` would raise it for."""
    parts = [(table.split(".", 1) if "." in table else (None, table)) for table in tables]
    found = {
        row[0]: row[1:]
        for row in _rows(connection, "catalog/target.sql", names=list(tables), schemas=[part[0] for part in parts],
                         tables=[part[1] for part in parts])
    }  # fmt: skip
    oids = [oid for oid, _, _, kind in found.values() if kind in ("r", "p")]
    parts_of = {name: _by_target(connection, name, oids) for name in _PARTS} if oids else {}
    targets: dict[str, Target | SchemaMismatch] = {}
    for table in tables:
        if table not in found:
            targets[table] = _missing(connection, table)
        elif (kind := found[table][3]) not in ("r", "p"):
            targets[table] = SchemaMismatch(
                f"{table} is {_KINDS.get(kind, kind)} in the cloud, not a table. Set target_table in the registry to "
                f"the table that holds the rows.",
                table=table,
            )
        else:
            oid, schema, name, _ = found[table]
            own = {part: rows[oid] for part, rows in parts_of.items()}
            targets[table] = _target(oid, schema, name, kind, own)
    return targets


def _target(oid: int, schema: str, name: str, kind: str, parts: dict[str, list[tuple[Any, ...]]]) -> Target:
    return Target(
        oid=oid,
        schema=schema,
        name=name,
        kind=kind,
        columns=tuple(TargetColumn(*(*row[:11], tuple(row[11]), *row[12:])) for row in parts["columns"]),
        unique_keys=tuple(UniqueKey(row[0], tuple(row[1]), *row[2:]) for row in parts["unique_keys"]),
        foreign_keys=tuple(
            ForeignKey(row[0], tuple(row[1]), row[2], tuple(row[3]), *row[4:]) for row in parts["foreign_keys"]
        ),
        referencing=tuple(
            Referencing(row[0], row[1], tuple(row[2]), tuple(row[3]), *row[4:]) for row in parts["referencing"]
        ),
        actors=tuple((row[0], row[1]) for row in parts["actors"]),
    )


def _missing(connection: Connection[Any], table: str) -> SchemaMismatch:
    there = [row[0].split(".")[-1] for row in _rows(connection, "catalog/similar_tables.sql")]
    near = get_close_matches(table.split(".")[-1], there)
    hint = f" (there is {', '.join(near)})" if near else ""
    return SchemaMismatch(
        f"the cloud has no table {table}{hint}. Create it, or set target_table in the registry.", table=table
    )


def _by_target(connection: Connection[Any], template: str, oids: list[int]) -> defaultdict[int, list[tuple[Any, ...]]]:
    """The rows of one catalogue query, by the target's object id, which is their first column."""
    rows = defaultdict(list)
    for oid, *values in _rows(connection, f"catalog/{template}.sql", oids=oids):
        rows[oid].append(tuple(values))
    return rows


def read_reachable(connection: Connection[Any], target: Target, ownership_column: str) -> tuple[Reachable, ...]:
    """The tables that foreign key actions can reach from `target`, the target left out."""
    rows = _rows(connection, "catalog/reachable.sql", oid=target.oid, ownership=ownership_column)
    return tuple(Reachable(*row) for row in rows)


def _rows(connection: Connection[Any], template: str, **parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(sql.render(template), parameters).fetchall()
