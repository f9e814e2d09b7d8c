"""What the demonstration finds out for itself, without the package that it demonstrates.

It reads both databases with statements of its own, so that a mistake in the sync's own certificate or counts would
show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from demo.rows import TABLES, Row, desktop_name

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_STAMPS = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class MobileRows:
    """The mobile rows of one table: how many, and the SHA-256 of every byte of them with ctid and xmin.

    PostgreSQL gives a row a new ctid and xmin whenever it is written, even with the values that it had.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Desktop rows that the cloud lacks, and desktop rows of the cloud that the desktop does not have (any more)."""

    missing: int
    surplus: int


def mobile_rows(uri: str) -> dict[str, MobileRows]:
    """The mobile rows of every table of the cloud at `uri`."""
    import psycopg
    from psycopg import sql

    found = {}
    with psycopg.connect(uri) as cloud:
        for table in TABLES:
            columns = _names(["ctid", "xmin", *_columns(cloud, table)])
            statement = sql.SQL("COPY (SELECT {} FROM {} WHERE source <> 'D' ORDER BY ctid) TO STDOUT")
            digest, rows = sha256(), 0
            for line in _lines(cloud, statement.format(columns, sql.Identifier(table))):
                digest.update(line)
                rows += 1
            found[table] = MobileRows(rows, digest.hexdigest())
    return found


def compare(desktop_uri: str, cloud_uri: str) -> dict[str, Difference]:
    """Every table, row by row: the desktop's against the cloud's desktop rows, in the columns of the desktop.

    The two stamps are left out: the cloud's trigger keeps its own.
    """
    import psycopg
    from psycopg import sql

    found = {}
    with psycopg.connect(desktop_uri) as desktop, psycopg.connect(cloud_uri) as cloud:
        for table in TABLES:
            source = sql.Identifier(desktop_name(table))
            columns = _names([name for name in _columns(desktop, desktop_name(table)) if name not in _STAMPS])
            there = Counter(_lines(desktop, sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(columns, source)))
            ours = sql.SQL("COPY (SELECT {} FROM {} WHERE source = 'D' OR source IS NULL) TO STDOUT")
            here = Counter(_lines(cloud, ours.format(columns, sql.Identifier(table))))
            found[table] = Difference((there - here).total(), (here - there).total())
    return found


def _columns(connection: psycopg.Connection[Row], table: str) -> list[str]:
    statement = """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position
    """
    return [str(name) for (name,) in connection.execute(statement, (table,))]


def _names(columns: list[str]) -> sql.Composed:
    from psycopg import sql

    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _lines(connection: psycopg.Connection[Row], statement: sql.Composed) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in copy:
            yield bytes(line)
