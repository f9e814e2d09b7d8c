"""What the cloud's system catalogue says of a target: columns and types, unique keys, foreign keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid_sync import sql
from hybrid_sync.errors import SchemaMismatch

if TYPE_CHECKING:
    from psycopg import Connection


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
class Target:
    """A table of the cloud. `relation` is `schema.table`; `kind` pg_class.relkind."""

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[TargetColumn, ...]
    unique_keys: tuple[UniqueKey, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def relation(self) -> str:
        """The name with its schema, unquoted."""
        return f"{self.schema}.{self.name}"

    def column(self, name: str) -> TargetColumn | None:
        """The column called `name`, or None."""
        return next((column for column in self.columns if column.name == name), None)
