"""What an engineer is told when a connection or a table is wrong, in real runs of the DAG; and that no log, XCom or
rendered field of those runs holds a row's value or a password.

All runs share one process of Airflow's. docs/fault-matrix.md lists the faults.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.environment import airflow_environment, cloud_connection, desktop_connection
from demo.postgres import PostgresServer, free_port

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).parent / "run_faults.py"
PASSWORD = "Planted-Pa55word"
WRONG = "Wrong-Pa55word"
PLANTED = "planted-value"

TABLES = {
    "good": "strategy: upsert, key: [id]",
    "notes": "strategy: delete_insert, generated_key: note_id",
    "off_desktop": "strategy: upsert, key: [id]",
    "off_cloud": "strategy: upsert, key: [id]",
    "keyless": "strategy: upsert, key: [id]",
    "after_keyless": "strategy: upsert, key: [id], after: [keyless]",
    "refused": "strategy: upsert, key: [id]",
    "degraded": "strategy: upsert, key: [id], max_rejects: 2",
    "conflicting": "strategy: upsert, key: [id]",
    "strict": "strategy: upsert, key: [id], on_conflict: fail",
    "indexed": "strategy: upsert, key: [id]",
    "casting": "strategy: upsert, key: [id]",
    "raising": "strategy: upsert, key: [id]",
    "shut_cloud": "strategy: upsert, key: [id]",
    "shut_desktop": "strategy: upsert, key: [id]",
}
OPEN = list(TABLES)[:12]
"""The tables that one run has all together: each fault is one table's."""

TABLE = "CREATE TABLE {} (id int{}, name {}{})"
DESKTOP = [
    *(TABLE.format(table, "", "text", "") for table in TABLES if table not in ("notes", "off_desktop")),
    "CREATE TABLE of_desktop (id int, name text)",
    "CREATE TABLE notes (name text)",
    *(f"INSERT INTO {table} (name) VALUES ('{PLANTED} {table}')" for table in ("notes",)),
    *(f"INSERT INTO {table} VALUES (1, '{PLANTED} {table}'), (2, '{PLANTED} {table}')"
      for table in TABLES if table not in ("notes", "off_desktop", "indexed")),
    f"INSERT INTO indexed VALUES (1, '{PLANTED} a'), (2, '{PLANTED} A')",
]  # fmt: skip
OWNED = ", source char(1) DEFAULT 'D'"
CLOUD = [
    *(TABLE.format(table, " PRIMARY KEY", kind, OWNED) for table, kind in [
        ("good", "text"), ("off_desktop", "text"), ("of_cloud", "text"), ("after_keyless", "text"),
        ("refused", "varchar(5)"), ("degraded", f"text CHECK (name <> '{PLANTED} degraded')"),
        ("conflicting", "text"), ("strict", "text"), ("indexed", "text"), ("raising", "text"), ("casting", "int"),
        ("shut_cloud", "text"), ("shut_desktop", "text"),
    ]),
    TABLE.format("keyless", "", "text", OWNED),
    f"CREATE TABLE notes (note_id bigserial PRIMARY KEY, name text{OWNED})",
    *(f"INSERT INTO {table} VALUES (1, '{PLANTED} phone', 'M')" for table in ("conflicting", "strict")),
    "CREATE UNIQUE INDEX folded ON indexed (lower(name))",
    """CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'not a good name: %', NEW.name; END $$""",
    "CREATE TRIGGER refuses BEFORE INSERT ON raising FOR EACH ROW EXECUTE FUNCTION refuse()",
]  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One run: its tasks' states and tries, and what it logged."""

    state: str
    tasks: dict[str, tuple[str, int]]
    log: str

    def states(self, table: str) -> list[str]:
        return [self.tasks[f"{table}.{step}"][0] for step in ("extract", "stage", "merge")]

    @property
    def merged(self) -> set[str]:
        return {
            task.split(".")[0]
            for task, (state, _) in self.tasks.items()
            if task.endswith("merge") and state == "success"
        }

    @property
    def words(self) -> str:
        return " ".join(self.log.split())


@dataclass(frozen=True)
class Runs:
    by_fault: dict[str, Run]
    home: Path
    output: str
    database: list[str]
    """Every row of Airflow's own database, as SQL."""
    cloud: str

    def __getitem__(self, fault: str) -> Run:
        return self.by_fault[fault]


def connection(made: str, **changes: Any) -> str:
    """An Airflow connection as JSON, with the password and with `changes`."""
    settings = json.loads(made) | {"login": "sync", "password": PASSWORD}
    settings["extra"] |= changes.pop("extra", {})
    return json.dumps(settings | changes)


def make_databases(server: PostgresServer) -> None:
    with psycopg.connect(server.uri(), autocommit=True) as admin:
        admin.execute(f"SET password_encryption = 'scram-sha-256'; CREATE ROLE sync LOGIN PASSWORD '{PASSWORD}'")
        for name in ("desktop", "cloud"):
            admin.execute(f"CREATE DATABASE {name} OWNER sync")
        rules = server.folder / "data" / "pg_hba.conf"
        rules.write_text("host all sync 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        admin.execute("SELECT pg_reload_conf()")
    for name, statements in (("desktop", DESKTOP), ("cloud", CLOUD)):
        with psycopg.connect(server.uri(name)) as admin:
            admin.execute("SET ROLE sync")
            for statement in statements:
                admin.execute(statement)
            admin.execute(f"RESET ROLE; ALTER TABLE shut_{name} OWNER TO postgres; REVOKE ALL ON shut_{name} FROM sync")


@pytest.fixture(scope="module")
def runs(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    server = PostgresServer(settings={"fsync": "off", "synchronous_commit": "off"})
    try:
        server.start()
        make_databases(server)
        yield run_all(server, airflow_home, tmp_path_factory.mktemp("faults"))
    finally:
        server.stop()


def run_all(server: PostgresServer, airflow_home: Path, folder: Path) -> Runs:
    home = folder / "home"
    home.mkdir()
    # Not airflow.cfg: it names the database and the log folder of the home that it was made in.
    (home / "airflow.db").write_bytes((airflow_home / "airflow.db").read_bytes())
    desktop, cloud = desktop_connection(server.port), cloud_connection(server.port)
    environment = airflow_environment(home, desktop=connection(desktop), cloud=connection(cloud)) | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
        "HYBRID_SYNC_EXTRACTS": f"file://{folder}/extracts",
    }
    closed = free_port()
    one = ["good"]
    faults: list[tuple[str, list[str], dict[str, str | None]]] = [
        # the connections first, so that nothing is there yet that they could leave unharmed by chance
        ("no cloud connection", one, {"AIRFLOW_CONN_SUPABASE": None}),
        ("no desktop connection", one, {"AIRFLOW_CONN_DESKTOP": None}),
        ("cloud password", one, {"AIRFLOW_CONN_SUPABASE": connection(cloud, password=WRONG)}),
        ("desktop password", one, {"AIRFLOW_CONN_DESKTOP": connection(desktop, password=WRONG)}),
        ("cloud database", one, {"AIRFLOW_CONN_SUPABASE": connection(cloud, schema="clowd")}),
        ("cloud host", one, {"AIRFLOW_CONN_SUPABASE": connection(cloud, port=closed)}),
        ("desktop host", one, {"AIRFLOW_CONN_DESKTOP": connection(desktop, port=closed)}),
        ("driver", one, {"AIRFLOW_CONN_DESKTOP": connection(desktop, extra={"driver": "No Such Driver"})}),
        ("driver file", one, {"AIRFLOW_CONN_DESKTOP": connection(desktop, extra={"driver": "/none/libodbc.so"})}),
        ("driver ignored", one, {"AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA": "False"}),
        ("nothing written", one, {}),
        ("tables", OPEN, {}),
        ("raising", ["raising"], {}),
        ("shut cloud table", ["good", "shut_cloud"], {}),
        ("shut desktop table", ["good", "shut_desktop"], {}),
    ]
    asked = [
        {
            "name": name,
            "conf": {"dry_run": name == "nothing written"},
            "environment": {"HYBRID_SYNC_REGISTRY": registry(folder, tables)} | changes,
        }
        for name, tables, changes in faults
    ]
    done = subprocess.run(
        [sys.executable, str(RUNNER), json.dumps(asked)], env=environment, timeout=280, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    by_fault = {}
    for part in f"\n{done.stdout}".split("\nBEGIN ")[1:]:
        name, _, rest = part.partition("\n")
        log, _, result = rest.partition("\nRESULT ")
        told = json.loads(result.splitlines()[0])
        by_fault[name] = Run(told["state"], {task: tuple(both) for task, both in told["tasks"].items()}, log)
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        dump = list(database.iterdump())
    return Runs(by_fault, home, done.stdout, dump, server.uri("cloud"))


def registry(folder: Path, tables: list[str]) -> str:
    """A registry of these tables alone: a run's time goes by the tasks it has."""
    file = folder / f"{'_'.join(tables)}.yaml"
    file.write_text("tables:\n" + "".join(f"  {table}: {{{TABLES[table]}}}\n" for table in tables))
    return str(file)


CONNECTION_FAULTS = [
    ("no cloud connection", 1, "ConnectionMisconfigured: Airflow has no connection 'supabase'. Define it: airflow "
     "connections add supabase --conn-type postgres .., or AIRFLOW_CONN_SUPABASE in the environment."),
    ("no desktop connection", 1, "ConnectionMisconfigured: Airflow has no connection 'desktop'. Define it"),
    ("cloud password", 1, "ConnectionMisconfigured: connection 'supabase' is refused"),
    ("desktop password", 1, "ConnectionMisconfigured: the desktop refused the connection."),
    ("cloud database", 1, "ConnectionMisconfigured: connection 'supabase' is refused"),
    ("cloud host", 4, "CloudUnavailable: connection 'supabase' cannot be reached"),
    ("desktop host", 4, "DesktopUnavailable: the desktop cannot be reached."),
    ("driver", 1, "ConnectionMisconfigured: the ODBC driver of the desktop connection is not installed."),
    ("driver file", 1, "ConnectionMisconfigured: the ODBC driver of the desktop connection is not installed."),
    ("driver ignored", 1, "its driver until AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA=True is set"),
]  # fmt: skip
NEXT_STEPS = {
    "cloud password": "Correct its login, password or database in Airflow.",
    "desktop password": "Check user, password and database of the connection.",
    "cloud host": "Check host, port and network; retry.",
    "desktop host": "Check that it runs and that this machine may reach it; the task tries again.",
    "driver": "Install the driver on every worker (Debian: odbc-postgresql",
}


@pytest.mark.parametrize(("fault", "tries", "said"), CONNECTION_FAULTS, ids=[each[0] for each in CONNECTION_FAULTS])
def test_a_wrong_connection_stops_preflight_with_a_sentence_that_says_what_to_do(
    runs: Runs, fault: str, tries: int, said: str
) -> None:
    run = runs[fault]
    assert run.state == "failed"
    assert run.tasks["preflight"] == ("failed", tries), run.log[-3000:]
    assert run.states("good") == ["upstream_failed"] * 3
    assert said in run.words, run.log[-3000:]
    assert NEXT_STEPS.get(fault, "") in run.words


def test_a_wrong_connection_is_found_before_anything_is_written(runs: Runs) -> None:
    assert runs["nothing written"].state == "success", runs["nothing written"].log[-3000:]
    assert "Would merge good (upsert): staged=2 inserted=2" in runs["nothing written"].words


TABLE_FAULTS = [
    ("off_desktop", ["failed", "upstream_failed", "upstream_failed"],
     "the desktop has no table off_desktop. Near it are public.of_desktop, public.shut_desktop. Correct source_table "
     "in the registry"),
    ("off_cloud", ["failed", "upstream_failed", "upstream_failed"],
     "off_cloud: the cloud has no table off_cloud (there is of_cloud"),
    ("keyless", ["failed", "upstream_failed", "upstream_failed"],
     "keyless: public.keyless has no unique key on (id), so two runs could store a row twice. Its unique keys: none. "
     "Add a unique constraint, or correct key in the registry."),
    ("after_keyless", ["upstream_failed"] * 3, "after_keyless: did not run, because"),
    ("refused", ["success", "failed", "upstream_failed"],
     "refused: 2 of 2 rows cannot be stored, and max_rejects allows 0"),
    ("casting", ["success", "failed", "upstream_failed"],
     "casting: 2 of 2 rows cannot be stored, and max_rejects allows 0"),
    ("strict", ["success", "success", "failed"], "strict: 1 desktop rows stand against mobile rows or edits, and "
     "on_conflict is fail. Nothing was changed."),
    ("indexed", ["success", "success", "failed"], "indexed: the cloud refused a statement: UniqueViolation (23505)"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "states", "said"), TABLE_FAULTS, ids=[each[0] for each in TABLE_FAULTS])
def test_a_wrong_table_fails_alone_with_a_sentence_that_says_what_to_do(
    runs: Runs, table: str, states: list[str], said: str
) -> None:
    run = runs["tables"]
    assert run.states(table) == states, run.log[-3000:]
    assert said in run.words
    assert {"good", "notes", "degraded", "conflicting"} == run.merged
    failed = [name for name, (state, tries) in run.tasks.items() if name.startswith(f"{table}.") and state == "failed"]
    assert all(run.tasks[name][1] == 1 for name in failed)  # not one of these is worth a retry


def test_a_table_that_the_sync_may_not_read_in_the_cloud_fails_alone_with_the_role_that_grants_it(runs: Runs) -> None:
    run = runs["shut cloud table"]
    assert run.state == "failed"
    assert run.merged == {"good"}
    assert "failed" in run.states("shut_cloud")
    assert "include/sql/roles.sql" in run.words


def test_a_table_that_the_sync_may_not_read_on_the_desktop_fails_alone(runs: Runs) -> None:
    run = runs["shut desktop table"]
    assert run.merged == {"good"}
    assert run.states("shut_desktop")[0] == "failed"
    assert "may not read table shut_desktop" in run.words
    assert "Grant it SELECT" in run.words


def where(text: str, runs: Runs) -> list[str]:
    """Where `text` is in what the runs left: their output, Airflow's database and files."""
    left = runs.output.splitlines() + runs.database
    files = [str(file) for file in runs.home.rglob("*") if file.is_file() and text.encode() in file.read_bytes()]
    return [line[:300] for line in left if text in line] + files


def planted(runs: Runs, *, raising: bool) -> list[str]:
    return [place for place in where(PLANTED, runs) if ("planted-value raising" in place) is raising]


def test_logs_xcom_and_rendered_fields_hold_no_password_and_no_rows_value(runs: Runs) -> None:
    # What is looked through does hold the runs: rendered SQL, XCom, messages.
    tables = ("xcom", "rendered_task_instance_fields")
    xcom, rendered = ([row for row in runs.database if row.startswith(f'INSERT INTO "{table}"')] for table in tables)
    assert any("extract.parquet" in row for row in xcom)
    assert any("mobile_rows_before" in row for row in xcom)
    assert any("ON CONFLICT" in row for row in rendered)
    assert where(PASSWORD, runs) == []
    assert where(WRONG, runs) == []
    assert planted(runs, raising=False) == []
    with psycopg.connect(runs.cloud) as cloud:  # the ledger holds them, and it alone
        assert cloud.execute("SELECT count(*) > 2 FROM hybrid_sync.reject WHERE row::text ~ 'planted'").fetchone() == (
            True,
        )
        assert cloud.execute("SELECT count(*) FROM hybrid_sync.conflict").fetchone() == (1,)


def test_the_words_of_a_trigger_that_quotes_a_row_stay_out_of_the_logs(runs: Runs) -> None:
    assert runs["raising"].states("raising") == ["success", "success", "failed"]
    assert "raising: the cloud refused a statement: RaiseException (P0001)" in runs["raising"].words
    assert planted(runs, raising=True) == []
