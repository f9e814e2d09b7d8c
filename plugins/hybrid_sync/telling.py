"""How a row's equals are found: the columns of a staging that tell its rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True)
class Telling:
    """Columns by whose hash a row's equals are found; none: by the hash of the whole row's text.

    `alone`: there is one column, which nearly tells rows apart by itself.
    """

    columns: tuple[str, ...] = ()
    alone: bool = False


WHOLE_ROW = Telling()


def read_telling(connection: Connection[Any], staging: str, columns: Sequence[str]) -> Telling:
    """Which of `columns` find a row's equals in a staging: one that nearly tells rows apart, or all that can be hashed.

    :param staging: its name with its schema, unquoted. A table that is not there gives WHOLE_ROW.
    """
    rows = connection.execute(sql.render("merge/telling.sql"), {"relation": sql.relation(staging)}).fetchall()
    found = {name: alone for name, alone in rows if name in columns}
    first = next(iter(found), None)
    if first is not None and found[first]:
        return Telling((first,), alone=True)
    return Telling(tuple(name for name in columns if name in found))
