"""Rows of one table on their way into a database, and the sizes of the firm's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

Row = tuple[object, ...]

# The seed's 15 tables in its order, parents before children, with the rows that the desktop holds.
SIZES = {
    "orgmaster": 2,
    "locmaster": 1,
    "conmaster": 4,
    "climaster": 729,
    "cliunimaster": 14,
    "taskmaster": 24,
    "jobmaster": 12,
    "mbstaff": 16,
    "jobshead": 24_568,
    "jobtasks": 64_711,
    "taskchecklist": 2_894,
    "workdiary": 1,
    "reminder": 132,
    "remdetail": 39,
    "learequest": 6,
}
TABLES = tuple(SIZES)
GENERATED_KEYS = {"jobtasks": "jt_id", "taskchecklist": "tc_id", "workdiary": "wd_id"}
DESKTOP_NAMES = {"reminder": "mbreminder", "remdetail": "mbremdetail"}

# What the story needs at the least, however small the firm; tables that are not here never shrink.
_SMALLEST = {
    "climaster": 12, "cliunimaster": 4, "jobshead": 60, "jobtasks": 160, "taskchecklist": 24, "reminder": 16,
    "remdetail": 5,
}  # fmt: skip


def desktop_name(table: str) -> str:
    """What the desktop calls the cloud's `table`."""
    return DESKTOP_NAMES.get(table, table)


def sizes(scale: float = 1.0) -> dict[str, int]:
    """Rows per table of a firm `scale` times the real one (0 < scale <= 1)."""
    return {
        table: max(_SMALLEST[table], round(rows * scale)) if table in _SMALLEST else rows
        for table, rows in SIZES.items()
    }


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows for `table` (the cloud's name), each a tuple in the order of `columns`."""

    table: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)

    def values(self, column: str) -> list[object]:
        """One column's values, in the rows' order."""
        position = self.columns.index(column)
        return [row[position] for row in self.rows]


def copy_rows(connection: psycopg.Connection[Row], relation: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Load `rows` into `relation` by COPY. The caller commits."""
    from psycopg import sql

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(relation), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
