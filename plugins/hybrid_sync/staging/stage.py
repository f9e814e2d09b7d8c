"""The names of one staging, as the templates below `include/sql/stage` use them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.conversion import ROW_NUMBER

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

    from hybrid_sync.catalog import TargetColumn

SCHEMA = "hybrid_sync_staging"
_LONGEST_NAME = 63  # bytes, of any identifier in PostgreSQL


def relation_name(table: str, run_id: str, part: int = 0) -> str:
    """The staging of the registry's entry `table` in a run, or of one part of it, with its schema, unquoted."""
    digest = hashlib.sha256(f"{table}\0{run_id}".encode()).hexdigest()[:12]
    end = f"__part{part}__{digest}" if part else f"__{digest}"
    entry = table.replace(".", "_").encode()[: _LONGEST_NAME - len(end)].decode(errors="ignore")
    return f"{SCHEMA}.{entry}{end}"


@dataclass(frozen=True, slots=True)
class Stage:
    """One staging: `table` is the registry's entry, `target` the cloud's table, both unquoted.

    `staged_parents`: referenced table -> its staging in this run. A dry run merges no parent, so it looks there too.
    """

    table: str
    run_id: str
    relation: str
    target: str
    columns: tuple[TargetColumn, ...]
    row_number: str = ROW_NUMBER
    staged_parents: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The staged columns' names, without the row number."""
        return tuple(column.name for column in self.columns)

    def run(self, connection: Connection[Any], template: str, **names: object) -> Cursor[Any]:
        """Execute a template that is rendered with this staging's names and `names`, without parameters."""
        return connection.execute(sql.render(f"stage/{template}", stage=self, **names))
