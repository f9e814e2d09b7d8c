"""Every command of README.md and docs/recipes.md, run as a reader would run it, with what the page says comes of it.

One firm, one Airflow, one after the other: later recipes go on from what earlier ones have left, as days do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.airflow_stack import AirflowStack
from demo.environment import POOL, airflow_environment, cloud_connection, desktop_connection
from demo.firm import fill_desktop, make_cloud, make_firm
from demo.postgres import PostgresServer
from tests.airflow.recipes import README, RECIPES, ROOT, Office, all_commands, assignments, expect, fill, read_page

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("recipes")]

TABLES = ("orgmaster", "locmaster", "conmaster", "climaster", "jobshead", "jobtasks")
ELSEWHERE = {
    "make demo": "the story is tests/postgres/test_seed_story.py's, its Airflow tests/airflow/test_dag_run.py's",
    "make ui": "the same stack that runs here, and tests/ui/test_page.py",
    "make check": "a step of the build",
    "make test": "what runs this",
}
BOARD = '''\
import json
import os

from airflow.sdk import BaseNotifier


class Board(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text):
        super().__init__()
        self.text = text

    def notify(self, context):
        with open(os.environ["BOARD"], "a") as board:
            board.write(self.text + "\\n")
'''


def write_registry(path: Path) -> None:
    """The shipped registry with those of its tables that the recipes are about."""
    import yaml

    registry = yaml.safe_load((ROOT / "include" / "tables.yaml").read_text())
    registry["tables"] = {name: registry["tables"][name] for name in TABLES}
    path.write_text(yaml.safe_dump(registry, sort_keys=False))


@pytest.fixture(scope="module")
def office(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A firm whose cloud has been synced once, and its Airflow; the connection `supabase` is kept in Airflow."""
    folder = tmp_path_factory.mktemp("recipes")
    databases = {name: postgres_server.uri(f"recipes_{name}") for name in ("desktop", "cloud", "new", "airflow")}
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        for name in databases:
            server.execute(f"CREATE DATABASE recipes_{name} TEMPLATE template0")
    fill_desktop(databases["desktop"], make_firm(0.003))
    make_cloud(databases["cloud"])

    dags = folder / "dags"
    dags.mkdir()
    (dags / "hybrid_sync_dag.py").write_bytes((ROOT / "dags" / "hybrid_sync_dag.py").read_bytes())
    [planning] = read_page(RECIPES)["Run another DAG after a table"].snippets
    (dags / "planning.py").write_text(planning)
    write_registry(folder / "tables.yaml")
    (folder / "notice_board.py").write_text(BOARD)
    [notifier] = read_page(RECIPES)["Tell people"].snippets
    environment = airflow_environment(
        folder / "home",
        desktop=desktop_connection(postgres_server.port, "recipes_desktop"),
        cloud="",
        metadata=databases["airflow"].replace("postgresql://", "postgresql+psycopg2://", 1),
        dags=dags,
    )
    del environment["AIRFLOW_CONN_SUPABASE"]
    environment |= assignments(notifier) | {
        "HOME": str(folder),
        "HYBRID_SYNC_REGISTRY": str(folder / "tables.yaml"),
        "HYBRID_SYNC_NOTIFIER": "notice_board.Board",
        "BOARD": str(folder / "board"),
        "PYTHONPATH": str(folder),
        "NEW_CLOUD": databases["new"],
    }
    with AirflowStack(folder / "home", environment) as stack:
        office = Office(
            stack, desktop=databases["desktop"], cloud=databases["cloud"], registry=folder / "tables.yaml"
        )
        connection = json.loads(cloud_connection(postgres_server.port, "recipes_cloud"))
        stack.request("POST", "connections", json={
            **connection, "connection_id": "supabase", "extra": json.dumps(connection["extra"]),
        })  # fmt: skip
        [pools] = [part for part in README.read_text().split("`") if part.startswith("airflow pools set")]
        office.sh(pools)
        [incremental] = office.pages["Read only what changed"].snippets
        office.enter(incremental)
        office.on_desktop("UPDATE conmaster SET updated_at = '2025-10-01 08:00:00'")
        first = office.run()
        assert stack.state(first) == "success", "".join(office.logs(first))
        yield office
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        for name in databases:
            server.execute(f"DROP DATABASE recipes_{name} WITH (FORCE)")


@pytest.fixture(scope="module")
def bad_morning(office: Office) -> str:
    """A run in which everything goes wrong at once: the day of several recipes. Gives its id."""
    office.on_desktop("ALTER TABLE conmaster RENAME TO conmaster_old")
    office.on_desktop(
        "INSERT INTO climaster (org_id, con_id, loc_id, client_id, clientname) VALUES (1, 1, 9, 900, 'A & Co')"
    )
    for job_id, phone, desktop in ((500, "GST return", "audit of 2025"), (501, "TDS return", "TDS return")):
        columns = "(org_id, loc_id, job_id, work_desc"
        office.on_cloud(f"INSERT INTO jobshead {columns}, source) VALUES (1, 1, {job_id}, '{phone}', 'M')")
        office.on_desktop(f"INSERT INTO jobshead {columns}) VALUES (1, 1, {job_id}, '{desktop}')")
    office.on_desktop("CREATE TABLE jobtasks_all AS SELECT * FROM jobtasks")
    office.on_desktop("DELETE FROM jobtasks WHERE ctid NOT IN (SELECT ctid FROM jobtasks LIMIT 44)")
    run_id = office.run()
    assert office.stack.state(run_id) == "failed"
    return run_id


def test_readme_registers_its_pool_and_its_commands(office: Office) -> None:
    assert office.stack.request("GET", f"pools/{POOL}")["slots"] == 4
    assert set(office.pages) >= {recipe.title for recipe in read_page(RECIPES).values()}


def test_a_dry_run_shows_what_would_be_done_and_some_tables_do_it(office: Office) -> None:
    office.on_desktop("UPDATE jobshead SET work_desc = 'changed' WHERE job_id = 1")
    before = office.on_cloud("SELECT t::text, ctid::text FROM jobshead t ORDER BY 1")
    numbers = office.on_cloud("SELECT last_value FROM jobtasks_jt_id_seq")
    dry = office.follow("See first what a run would do")
    assert office.on_cloud("SELECT t::text, ctid::text FROM jobshead t ORDER BY 1") == before
    assert office.on_cloud("SELECT last_value FROM jobtasks_jt_id_seq") == numbers

    done = office.follow("Sync one table, or some")
    assert office.counts(done) == {name: office.counts(dry)[name] for name in ("jobshead", "jobtasks")}
    assert office.on_cloud("SELECT work_desc FROM jobshead WHERE job_id = 1") == [("changed",)]


def test_sync_everything_puts_right_what_was_changed_in_the_cloud(office: Office) -> None:
    office.on_cloud("UPDATE climaster SET clientname = 'by hand' WHERE client_id = 1")
    office.on_cloud("DELETE FROM conmaster WHERE con_id = 1")
    run_id = office.follow("Sync everything again")
    counts = office.counts(run_id)
    assert counts["climaster"][:2] == (0, 1)
    assert counts["conmaster"][:2] == (1, 0)
    assert set(counts) == set(TABLES)
    assert office.on_cloud("SELECT count(*) FROM climaster WHERE clientname = 'by hand'") == [(0,)]
    rendered = office.pages["Use it"].commands[-1].text
    office.ran.append(rendered)
    assert 'INSERT INTO "public"."jobshead"' in office.sh(fill(rendered, {"run_id": run_id}))


def test_read_only_what_changed(office: Office) -> None:
    office.on_desktop("UPDATE conmaster SET conname = 'new', updated_at = '2025-10-02 08:00' WHERE con_id = 1")
    run_id = office.follow("Read only what changed")
    assert office.on_cloud(f"SELECT table_name, mode FROM hybrid_sync.merge_log WHERE run_id = '{run_id}'") == [
        ("conmaster", "incremental")
    ]
    office.follow("Read only what changed", 2)
    assert office.on_cloud("SELECT count(*) FROM hybrid_sync.watermark") == [(0,)]
