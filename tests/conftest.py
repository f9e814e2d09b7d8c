"""What every kind of test shares: an Airflow home of its own, and real PostgreSQL databases that come and go.

One server runs per process of pytest-xdist, without fsync: a crash of the machine may lose it, nothing else can. A
test that kills or reconfigures a server starts one for itself (`demo.postgres.PostgresServer`).
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from demo.postgres import PostgresServer

ROOT = Path(__file__).parents[1]
AIRFLOW_HOME = tempfile.mkdtemp(prefix="hybrid-sync-airflow-")

# Airflow reads its settings when it is first imported, so they are set before any test module is. The caller's own
# Airflow, if there is one, must neither be seen nor be touched.
for name in list(os.environ):
    if name.startswith(("AIRFLOW_", "HYBRID_SYNC_")) and name != "HYBRID_SYNC_POSTGRES_BIN":
        del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": AIRFLOW_HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
}


def pytest_unconfigure() -> None:
    shutil.rmtree(AIRFLOW_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A running server, gone with the session."""
    server = PostgresServer(settings={"fsync": "off", "synchronous_commit": "off"})
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def new_database(postgres_server: PostgresServer) -> Iterator[Callable[[], str]]:
    """Makes another empty database at each call and gives its URI; they are dropped after the test."""
    made = []
    numbers = itertools.count(1)

    def make() -> str:
        database = f"test_{next(numbers)}"
        with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {database} TEMPLATE template0")
        made.append(database)
        return postgres_server.uri(database)

    yield make
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        for database in made:
            server.execute(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URI of an empty database."""
    return new_database()


@pytest.fixture
def cloud(database: str) -> Iterator[psycopg.Connection]:
    """A connection to `database` as the package opens one: in transactions, fit for a transaction pooler."""
    connection = psycopg.connect(database, prepare_threshold=None)
    yield connection
    connection.close()
