"""A desktop and a cloud of two tables, the DAG's steps over them, and what has to hold after any fault."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Any

import psycopg

from demo.environment import airflow_environment, cloud_connection, desktop_connection
from hybrid_sync import ledger
from hybrid_sync.staging import relation_name
from tests.postgres.steps import Attempt, Outcome

REGISTRY = """\
tables:
  jobs: {strategy: upsert, key: [job_id]}
  notes: {strategy: delete_insert, generated_key: note_id}
"""
TABLES = ("jobs", "notes")
COLUMNS = {"jobs": "job_id, name", "notes": "body"}
KIND = {"jobs": "upsert", "notes": "delete_insert"}
RUN = "run1"

DESKTOP = """
CREATE TABLE jobs (job_id int, name text);
CREATE TABLE notes (body text);
INSERT INTO jobs SELECT n, 'job ' || n FROM generate_series(1, 300) AS n;
INSERT INTO notes SELECT 'note ' || n || repeat('.', 80) FROM generate_series(1, 3000) AS n;
"""
CLOUD = """
CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1) DEFAULT 'D');
CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1) DEFAULT 'D');
INSERT INTO jobs SELECT n, 'old ' || n FROM generate_series(1, 250) AS n;
INSERT INTO jobs SELECT n, 'phone ' || n, 'M' FROM generate_series(299, 310) AS n;
INSERT INTO notes (body, source) SELECT 'old ' || n, CASE WHEN n % 10 = 0 THEN 'M' ELSE 'D' END
FROM generate_series(1, 2500) AS n;
"""


class Office:
    """Both databases and the folder of the extracts. Steps run through a `Wire` where a test gives its port."""

    def __init__(self, desktop: str, cloud: str, folder: Path) -> None:
        self.desktop, self.cloud, self.folder = desktop, cloud, folder
        self.fetch = 20_000
        self._numbers = itertools.count(1)
        self._xcom: dict[tuple[str, str], Any] = {}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tables.yaml").write_text(REGISTRY)
        self.extracts = folder / "extracts"
        with psycopg.connect(desktop, autocommit=True) as connection:
            connection.execute(DESKTOP)
        with psycopg.connect(cloud, autocommit=True) as connection:
            connection.execute(CLOUD)
            ledger.migrate(connection)

    # -- steps

    def attempt(self, step: str, table: str = "notes", *, run_id: str = RUN, **ports: int) -> Attempt:
        """Start a task in a process of its own; without a table, one of the run. `cloud`, `desktop`: ports to use."""
        desktop, cloud = (psycopg.conninfo.conninfo_to_dict(uri) for uri in (self.desktop, self.cloud))
        environment = airflow_environment(
            self.folder / "home",
            desktop=in_fetches(
                self.fetch, desktop_connection(ports.get("desktop", int(desktop["port"])), str(desktop["dbname"]))
            ),
            cloud=cloud_connection(ports.get("cloud", int(cloud["port"])), str(cloud["dbname"])),
        ) | {
            "HYBRID_SYNC_REGISTRY": str(self.folder / "tables.yaml"),
            "HYBRID_SYNC_EXTRACTS": f"file://{self.extracts}",
        }
        xcom = {task: value for (run, task), value in self._xcom.items() if run == run_id}
        folder = self.folder / f"attempt{next(self._numbers)}"
        return Attempt(f"{table}.{step}" if table else step, run_id, folder, environment, xcom)

    def finish(self, attempt: Attempt, step: str, table: str = "notes", *, run_id: str = RUN) -> Outcome:
        """Wait for an attempt that must succeed, and hand its result on as XCom does."""
        outcome = attempt.outcome()
        assert outcome.error is None, outcome.log[-4000:]
        assert outcome.exit_code == 0, outcome.log[-4000:]
        self._xcom[run_id, f"{table}.{step}"] = outcome.result
        return outcome

    def do(self, *steps: str, table: str = "notes", run_id: str = RUN, **ports: int) -> Outcome:
        """Run steps, each of which must succeed. Gives the last one's outcome."""
        for step in steps:
            outcome = self.finish(
                self.attempt(step, table, run_id=run_id, **ports), step, table, run_id=run_id
            )  # fmt: skip
        return outcome

    def fails(self, step: str, table: str = "notes", *, run_id: str = RUN, **ports: int) -> Outcome:
        """Run a step that must fail with an error of its own."""
        outcome = self.attempt(step, table, run_id=run_id, **ports).outcome()
        assert outcome.error is not None, f"exit code {outcome.exit_code}\n{outcome.log[-4000:]}"
        return outcome

    # -- what is there

    def on_cloud(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.cloud, statement)

    def on_desktop(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.desktop, statement)

    def picture(self, table: str = "notes", where: str = "TRUE") -> str:
        """A digest of the rows with their places and writers: equal only if nothing touched the table."""
        [(digest,)] = self.on_cloud(
            f"SELECT count(*) || ' ' || md5(string_agg(t::text || t.ctid || t.xmin, '|' ORDER BY t.ctid)) "
            f"FROM {table} AS t WHERE {where}"
        )
        return str(digest)

    def mobile(self, table: str = "notes") -> str:
        return self.picture(table, "source = 'M'")

    def manifests(self) -> list[tuple[Any, ...]]:
        return self.on_cloud("SELECT table_name, stage_id::text FROM hybrid_sync.staged ORDER BY 1")

    def merges(self) -> int:
        [(count,)] = self.on_cloud("SELECT count(*) FROM hybrid_sync.merge_log")
        return int(count)

    def stagings(self) -> list[str]:
        return [name for (name,) in self.on_cloud(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'hybrid_sync_staging' ORDER BY 1"
        )]  # fmt: skip

    def staging(self, table: str = "notes", run_id: str = RUN) -> str:
        schema, name = relation_name(table, run_id).split(".")
        return f'"{schema}"."{name}"'

    def assert_synced(self, table: str = "notes") -> None:
        """The cloud's desktop rows are the desktop's; where a phone has a job's key, the phone's row is there."""
        columns = COLUMNS[table]
        theirs = "AND job_id NOT IN (299, 300)" if table == "jobs" else ""
        desktop = self.on_desktop(f"SELECT {columns} FROM {table} WHERE TRUE {theirs} ORDER BY {columns}")
        cloud = self.on_cloud(f"SELECT {columns} FROM {table} WHERE source = 'D' ORDER BY {columns}")
        if table == "jobs":
            gone = self.on_desktop("SELECT coalesce(max(job_id), 0) FROM jobs")[0][0]
            cloud = [row for row in cloud if row[0] <= gone]
        assert sorted(cloud) == sorted(desktop)

    def assert_at_rest(self) -> None:
        """No session of a step is left on the cloud, so no lock and no open transaction is."""
        sessions = (
            "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        assert _becomes_empty(lambda: self.on_cloud(sessions)), self.on_cloud(sessions)

    def waiting(self) -> int:
        """Sessions that wait for a lock."""
        [(count,)] = self.on_cloud(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(count)


def in_fetches(rows: int, connection: str) -> str:
    """The desktop connection, so many rows to a fetch."""
    settings = json.loads(connection)
    settings["extra"]["Fetch"] = str(rows)
    return json.dumps(settings)


def until(condition: Any, seconds: float = 20) -> bool:
    """Wait until `condition()` is true; whether it became so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _becomes_empty(query: Any) -> bool:
    return until(lambda: not query(), 10)


def _execute(uri: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []
