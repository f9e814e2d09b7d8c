"""The server and the databases that everything is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from demo.postgres import PostgresServer

if TYPE_CHECKING:
    from psycopg import Connection

# Autovacuum would fall into somebody's measurement; Airflow takes many connections. All else is PostgreSQL's default.
SETTINGS = {"autovacuum": "off", "max_connections": "200"}
SQL = Path(__file__).parent / "sql"


def statement(name: str) -> LiteralString:
    """The text of `bench/sql/<name>.sql`."""
    text: Any = (SQL / f"{name}.sql").read_text()
    return text  # type: ignore[no-any-return]


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the benchmark's own, gone afterwards."""
    server = PostgresServer(settings=SETTINGS)
    try:
        yield server.start()
    finally:
        server.stop()


@contextmanager
def connected(uri: str) -> Iterator[Connection[Any]]:
    """A connection that commits each statement."""
    import psycopg

    with psycopg.connect(uri, autocommit=True, prepare_threshold=None) as connection:
        yield connection


def make(server: PostgresServer, name: str, template: str = "template0") -> str:
    """Make database `name` as a copy of `template`. Returns its URI."""
    from psycopg import sql

    with connected(server.uri()) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return server.uri(name)


def drop(server: PostgresServer, name: str) -> None:
    """Drop database `name`, if it is there."""
    from psycopg import sql

    with connected(server.uri()) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def rename(server: PostgresServer, name: str, new_name: str) -> None:
    """Rename a database that nobody is connected to."""
    from psycopg import sql

    with connected(server.uri()) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new_name))
        )


def make_desktop(server: PostgresServer, name: str, rows: int) -> str:
    """A desktop database whose table jobs has `rows` rows. Returns its URI."""
    return _make_filled(server, name, "desktop", "jobs", rows)


def make_cloud(server: PostgresServer, name: str, table: str, rows: int) -> str:
    """A cloud that holds the same rows in `table`, mobile rows among them, and the package's schema."""
    from hybrid_sync import ledger

    uri = _make_filled(server, name, "cloud", table, rows)
    with connected(uri) as connection:
        ledger.migrate(connection)
    return uri


def _make_filled(server: PostgresServer, name: str, side: str, table: str, rows: int) -> str:
    from psycopg import sql

    uri = make(server, name)
    with connected(uri) as connection:
        connection.execute(statement("rows"))
        connection.execute(statement(side))
        fill = sql.SQL(statement(f"fill_{side}")).format(table=sql.Identifier(table))
        connection.execute(fill, {"rows": rows})
        connection.execute("VACUUM ANALYZE")
    return uri


def settle(connection: Connection[Any]) -> None:
    """Write out what earlier work left, so that it does not fall into the next measurement."""
    connection.execute("CHECKPOINT")
