"""How many connections each task opens, as the servers count them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from demo.postgres import PostgresServer
from tests.postgres.office import Office

STEPS = ("extract", "stage", "merge")


@pytest.fixture
def office(new_database: Callable[[], str], tmp_path: Path) -> Office:
    return Office(new_database(), new_database(), tmp_path / "office")


def sessions(server: PostgresServer, office: Office) -> tuple[int, ...]:
    """Sessions that the desktop and the cloud have had so far. Asked from another database, which counts its own."""
    time.sleep(1)  # a session that ends reports to the counters a moment later
    names = [uri.rsplit("/", 1)[1] for uri in (office.desktop, office.cloud)]
    with psycopg.connect(server.uri(), autocommit=True) as connection:
        asked = "SELECT sessions FROM pg_stat_database WHERE datname = %s"
        return tuple(connection.execute(asked, [name]).fetchall()[0][0] for name in names)


@pytest.mark.parametrize(
    ("step", "desktop", "cloud"),
    [
        ("extract", 2, 1),  # the desktop: one asks about the table, one reads its rows
        ("stage", 0, 1),
        ("merge", 0, 2),  # one when Airflow renders the template, one when it runs it
    ],
)
def test_a_task_opens_no_connection_that_it_does_not_need(
    postgres_server: PostgresServer, office: Office, step: str, desktop: int, cloud: int
) -> None:
    for earlier in STEPS[: STEPS.index(step)]:
        office.do(earlier)
    before = sessions(postgres_server, office)
    office.do(step)
    after = sessions(postgres_server, office)
    assert tuple(late - early for early, late in zip(before, after, strict=True)) == (desktop, cloud)
