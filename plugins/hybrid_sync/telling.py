"""How a row's equals are found: the columns of a staging that tell its rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql

if TYPE_CHECKING:
    from psycopg import Connection


_MISSING = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric"), "0"), **dict.fromkeys(("text", "varchar"), "''"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "'epoch'"),
    "uuid": "'00000000-0000-0000-0000-000000000000'",
}  # fmt: skip
"""The types of a column that is joined by itself, each with a value that stands for NULL there."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Columns by which a row's equals are found; none: by the hash of the whole row's text.

    `alone` is one that nearly tells rows apart by itself, and `missing` what stands for NULL in it, as SQL. Without it
    the hash of `columns` counts, which are then all that are compared.
    """

    columns: tuple[str, ...] = ()
    alone: str | None = None
    missing: str = ""


WHOLE_ROW = Telling()


def read_telling(connection: Connection[Any], staging: str, columns: Sequence[str]) -> Telling:
    """By which of `columns` a row's equals in a staging are found.

    :param staging: its name with its schema, unquoted. A table that is not there gives WHOLE_ROW.
    """
    rows = connection.execute(sql.render("merge/telling.sql"), {"relation": sql.relation(staging)}).fetchall()
    hashed = {name for name, _, _ in rows if name in columns}
    alone = [(name, _MISSING[base]) for name, tells, base in rows if tells and name in hashed and base in _MISSING]
    if alone:
        name, missing = alone[0]
        return Telling(alone=name, missing=missing)
    return Telling(tuple(columns)) if hashed == set(columns) else WHOLE_ROW
