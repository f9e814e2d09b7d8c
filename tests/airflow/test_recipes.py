"""Every command of README.md and docs/recipes.md, run as a reader would run it, with what the page says comes of it.

One firm, one Airflow, one after the other: later recipes go on from what earlier ones have left, as days do.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from demo.airflow_stack import AirflowStack
from demo.environment import POOL, airflow_environment, cloud_connection, desktop_connection
from demo.firm import fill_desktop, make_cloud, make_firm
from demo.postgres import PostgresServer
from tests.airflow.recipes import (
    README,
    RECIPES,
    ROOT,
    Office,
    all_commands,
    assignments,
    expect,
    fill,
    read_page,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TABLES = ("orgmaster", "locmaster", "conmaster", "climaster", "jobshead", "jobtasks")
ELSEWHERE = {
    "make demo": "the story is tests/postgres/test_seed_story.py's, its Airflow tests/airflow/test_dag_run.py's",
    "make ui": "the same stack that runs here, and tests/ui/test_page.py",
    "make check": "a step of the build",
    "make test": "what runs this",
    "make bench": "a benchmark: it takes half an hour, and no number of it fails a build",
}
BOARD = """\
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
"""


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
        office = Office(stack, desktop=databases["desktop"], cloud=databases["cloud"], registry=folder / "tables.yaml")
        office.cloud_connection = cloud_connection(postgres_server.port, "recipes_cloud")
        connection = json.loads(office.cloud_connection)
        stack.request("POST", "connections", json={
            **connection, "connection_id": "supabase", "extra": json.dumps(connection["extra"]),
        })  # fmt: skip
        [pools] = [part for part in README.read_text().split("`") if part.startswith("airflow pools set")]
        office.sh(pools)
        assert stack.request("GET", f"pools/{POOL}")["slots"] == 4
        [incremental] = office.pages["Read only what changed"].snippets
        office.enter(incremental)
        office.on_desktop(
            "UPDATE conmaster SET updated_at = "
            "CASE con_id WHEN 4 THEN timestamp '2025-10-01 08:00' ELSE timestamp '2025-09-01 08:00' END"
        )
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


def test_what_a_tables_reader_logs_stands_in_its_tasks_log_once_and_in_order(office: Office) -> None:
    lines = [line.split()[:2] for line in office.logs(office.run({"tables": ["jobshead"]}))]
    said = [line for line in lines if line[-1:] == ["jobshead"] or line[-1:] == ["jobshead:"]]
    assert said[: said.index(["Extracted", "jobshead:"]) + 1] == [["Reading", "jobshead"], ["Extracted", "jobshead:"]]


def test_read_only_what_changed(office: Office) -> None:
    office.on_desktop("UPDATE conmaster SET conname = 'new', updated_at = '2025-10-02 08:00' WHERE con_id = 1")
    run_id = office.follow("Read only what changed")
    modes = office.on_cloud(f"SELECT table_name, mode FROM hybrid_sync.merge_log WHERE run_id = '{run_id}'")
    assert dict(modes) == {name: "incremental" if name == "conmaster" else "full" for name in TABLES}
    office.follow("Read only what changed", 2)
    assert office.on_cloud("SELECT count(*) FROM hybrid_sync.watermark") == [(0,)]


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
    # Outside of a task Airflow looks for connections in the environment alone.
    environment = f"export AIRFLOW_CONN_SUPABASE={shlex.quote(office.cloud_connection)}; "
    assert 'INSERT INTO "public"."jobshead"' in office.sh(environment + fill(rendered, {"run_id": run_id}))


def test_roll_back_after_a_bad_import(office: Office) -> None:
    contacts = "SELECT con_id, conname FROM conmaster ORDER BY 1"
    good = office.on_cloud(contacts)
    [(good_run,)] = office.on_cloud(
        "SELECT run_id FROM hybrid_sync.merge_log WHERE table_name = 'conmaster' ORDER BY finished_at DESC LIMIT 1"
    )
    office.on_desktop("CREATE TABLE conmaster_good AS SELECT * FROM conmaster")
    office.on_desktop("UPDATE conmaster SET conname = 'bad import' WHERE con_id < 4")
    office.run({"tables": ["conmaster"]})
    assert office.on_cloud(contacts) != good
    office.follow("Roll back after a bad import")
    office.follow("Roll back after a bad import", run_id=good_run)
    assert office.on_cloud(contacts) == good
    office.on_desktop("TRUNCATE conmaster; INSERT INTO conmaster SELECT * FROM conmaster_good")


def test_a_red_run_says_what_is_wrong_with_each_table_and_tells_it(office: Office, bad_morning: str) -> None:
    logs = "".join(office.logs(bad_morning))
    expect(office.pages["The verdict is red"].snippets[0].splitlines(), logs)
    office.follow("The verdict is red")
    told = Path(office.shell["BOARD"]).read_text().splitlines()
    assert told[-1].startswith("Hybrid Sync failed: conmaster: conmaster.extract is failed.")

    [statements] = office.pages["Read the verdict"].snippets
    log, conflicts, rejects = statements.split(";")[:3]
    assert office.on_cloud(fill(log, {"run_id": bad_morning}))[-1][-1] is True
    assert len(office.on_cloud(conflicts)) == 2
    assert [row[:2] for row in office.on_cloud(rejects)] == [("climaster", "loc_id")]


def test_read_the_rejects_and_retry_a_failed_table(office: Office, bad_morning: str) -> None:
    office.follow("Read the rejects", 2, run_id=bad_morning)
    office.follow("Retry a failed table", 2, run_id=bad_morning)
    states = office.stack.task_states(bad_morning)
    assert [states[task] for task in ("climaster.merge", "conmaster.extract", "jobtasks.merge")] == [
        "success", "failed", "failed",
    ]  # fmt: skip
    office.on_desktop("ALTER TABLE conmaster_old RENAME TO conmaster")
    office.follow("Retry a failed table", run_id=bad_morning)
    states = office.stack.task_states(bad_morning)
    assert [states[task] for task in ("conmaster.merge", "jobtasks.merge")] == ["success", "failed"]
    assert office.on_cloud("SELECT clientname FROM climaster WHERE client_id = 900") == [("A & Co",)]
    assert office.on_cloud("SELECT count(*) FROM hybrid_sync.reject") == [(0,)]


def test_rejects_up_to_the_limit_let_the_good_rows_pass(office: Office, bad_morning: str) -> None:
    from hybrid_sync.registry import load_registry
    from hybrid_sync.specs import RejectLimit

    office.enter(office.pages["Read the rejects"].snippets[0])
    assert load_registry(office.registry).table("climaster").max_rejects == RejectLimit(share=0.01)


def test_approve_a_deletion(office: Office, bad_morning: str) -> None:
    expect(office.pages["Approve a deletion"].snippets[0].splitlines(), "".join(office.logs(bad_morning)))
    assert office.on_cloud("SELECT count(*) FROM jobtasks") == [(194,)]
    office.follow("Approve a deletion")
    assert office.on_cloud("SELECT count(*) FROM jobtasks") == [(44,)]


def test_read_a_conflict_and_resolve_it(office: Office, bad_morning: str) -> None:
    office.follow("Read a conflict and resolve it", 4)
    assert office.on_cloud(
        "SELECT job_id, work_desc, source FROM jobshead WHERE job_id IN (500, 501, 24570) ORDER BY 1"
    ) == [(500, "GST return", "M"), (501, "TDS return", "D"), (24570, "audit of 2025", "D")]
    assert office.on_cloud("SELECT count(*) FROM hybrid_sync.conflict WHERE resolved_at IS NULL") == [(0,)]


def test_add_a_table(office: Office) -> None:
    office.on_desktop("CREATE TABLE invoices (invoice_id bigint, client_id numeric(7), amount numeric(12, 2))")
    office.on_desktop("INSERT INTO invoices VALUES (1, 1, 10.50), (2, 2, 99)")
    office.follow("Add a table")
    [entry] = office.pages["Add a table"].snippets[-1:]
    office.enter(entry)
    office.follow("Add a table", 2)
    assert office.on_cloud("SELECT invoice_id, amount::text, source FROM invoices ORDER BY 1") == [
        (1, "10.50", "D"), (2, "99.00", "D"),
    ]  # fmt: skip


def test_a_table_of_ten_million_rows(office: Office) -> None:
    title = "A table of ten million rows"
    entries = "SELECT n AS entry_id, 'entry ' || n AS label FROM generate_series(1, 40000) AS n"
    office.on_desktop(f"CREATE TABLE ledger AS {entries}")
    office.on_cloud("CREATE TABLE ledger (entry_id int PRIMARY KEY, label text, source char(1) NOT NULL DEFAULT 'M')")
    [entry] = office.pages[title].snippets
    office.enter(entry)
    run_id = office.follow(title, 2)
    parts = [task for task in office.stack.tasks(run_id) if task["task_id"] in ("ledger.extract", "ledger.stage")]
    assert sorted(task["rendered_map_index"] for task in parts) == sorted(f"part {n} of 4" for n in (1, 2, 3, 4) * 2)
    office.on_desktop("UPDATE ledger SET label = 'mended' WHERE entry_id IN (1, 25000)")
    office.follow(title, run_id=run_id)
    assert office.on_cloud("SELECT entry_id FROM ledger WHERE label = 'mended'") == [(25000,)]
    tries = {(task["task_id"], task["map_index"]): task["try_number"] for task in office.stack.tasks(run_id)}
    assert [tries["ledger.extract", part] for part in range(4)] == [1, 1, 2, 1]
    assert [tries["ledger.stage", part] for part in range(4)] == [1, 1, 2, 1]


def test_add_a_column(office: Office) -> None:
    office.on_desktop("ALTER TABLE conmaster ADD COLUMN nickname varchar(30)")
    office.on_desktop("UPDATE conmaster SET nickname = 'nick ' || con_id")
    office.follow("Add a column")
    waiting = "".join(office.logs(office.run({"tables": ["conmaster"]})))
    assert "both sides now have nickname" in waiting
    assert office.on_cloud("SELECT count(nickname) FROM conmaster") == [(0,)]
    office.follow("Add a column", 2)
    assert office.on_cloud("SELECT count(nickname) FROM conmaster") == [(4,)]


def test_move_to_a_new_cloud(office: Office) -> None:
    title = "Move to a new cloud"
    jobs = "SELECT t::text FROM jobshead t ORDER BY 1"
    before = office.on_cloud(jobs)
    office.follow(title, 3)
    connect(office, office.shell["NEW_CLOUD"], role="postgres")
    office.follow(title)
    office.shell["CLOUD"] = office.shell["NEW_CLOUD"]
    office.follow(title)
    assert office.on_cloud(jobs) == before
    assert office.on_cloud("SELECT count(*) FROM hybrid_sync.merge_log WHERE dry_run") != [(0,)]


def test_run_as_the_least_privilege_role(office: Office) -> None:
    title = "Run as the least-privilege role"
    office.follow(title, 4, password="planted")
    connect(office, office.shell["CLOUD"], role="hybrid_sync_writer")
    office.sh(office.pages["Move to a new cloud"].commands[3].text)
    office.follow(title)
    assert office.on_cloud("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname = 'merge_log'") == [
        ("hybrid_sync_writer",)
    ]


def connect(office: Office, uri: str, *, role: str) -> None:
    """Write the page's file of the connection, for the database at `uri`."""
    parts = psycopg.conninfo.conninfo_to_dict(uri)
    [text] = office.pages["Move to a new cloud"].snippets
    filled = fill(text, {
        "host": str(parts["host"]), "port": str(parts["port"]), "database": str(parts["dbname"]), "role": role,
        "password": "planted",
    })  # fmt: skip
    Path(office.shell["HOME"], "supabase.json").write_text(filled)


def test_another_dag_has_run_after_each_merge_of_its_table(office: Office) -> None:
    deadline = time.monotonic() + 60
    printed = ""
    while time.monotonic() < deadline and "44 tasks were inserted by" not in printed:
        time.sleep(1)
        runs = office.stack.request("GET", "dags/plan_the_day/dagRuns", params={"order_by": "-run_after"})["dag_runs"]
        assert all(run["state"] != "failed" for run in runs)
        if runs and runs[0]["state"] == "success":
            path = f"dags/plan_the_day/dagRuns/{quote(runs[0]['dag_run_id'], safe='')}/taskInstances/plan/logs/1"
            printed = json.dumps(office.stack.request("GET", path, params={"full_content": True}))
    assert "44 tasks were inserted by" in printed


SCHEDULED = """
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag({dags!r})
assert not bag.import_errors, bag.import_errors
dag = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags["hybrid_sync"]))
run = dag.next_dagrun_info(last_automated_run_info=None)
assert run.run_after.hour % 4 == 0 and run.run_after.minute == 0, run
assert dag.params["mode"] == "incremental"
print("SCHEDULED")
"""


def test_run_on_a_schedule() -> None:
    [settings] = read_page(RECIPES)["Run on a schedule"].snippets
    done = subprocess.run(
        [sys.executable, "-c", SCHEDULED.format(dags=str(ROOT / "dags"))], env=os.environ | assignments(settings),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "SCHEDULED" in done.stdout, done.stderr[-3000:]


def test_every_command_of_the_pages_was_run(office: Office, request: pytest.FixtureRequest) -> None:
    here = {item.name for item in request.session.items if item.path == request.path}
    if missing := {name for name in globals() if name.startswith("test_")} - here:
        pytest.skip(f"these tests were not selected: {', '.join(sorted(missing))}")
    commands = all_commands([README, *(ROOT / "docs").rglob("*.md")])
    assert len(commands) > 30
    assert [text for text in commands if text not in office.ran and text not in ELSEWHERE] == []
