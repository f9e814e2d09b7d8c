"""A small firm on real databases, and the real DAG run over it by Airflow's own `dag.test`.

Airflow runs in processes of their own, as it does for its users: what a test sees is what the ledger, the task
states and the logs hold afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.environment import airflow_environment, cloud_connection, desktop_connection
from demo.firm import fill_desktop, make_cloud, make_firm
from demo.rows import TableRows

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).parent / "run_dag.py"


@dataclass
class Run:
    """What one run left behind."""

    run_id: str
    state: str
    states: dict[str, str]
    log: str

    def failed(self) -> set[str]:
        return {task for task, state in self.states.items() if state == "failed"}


@dataclass
class Firm:
    """A desktop, a cloud, and an Airflow home to run the DAG in."""

    desktop: str
    cloud: str
    rows: dict[str, TableRows]
    environment: dict[str, str]
    runs: list[Run] = field(default_factory=list)

    def run(self, conf: dict[str, Any] | None = None, **environment: str) -> Run:
        """Run the DAG once, without a logical date, as `airflow dags trigger` does."""
        done = subprocess.run(
            [sys.executable, str(RUNNER), json.dumps(conf or {})],
            env=self.environment | environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        log = done.stdout + done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        assert lines, log[-6000:]
        result = json.loads(lines[-1].removeprefix("RESULT "))
        run = Run(result["run_id"], result["state"], result["states"], log)
        self.runs.append(run)
        return run

    def airflow(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command of Airflow's own CLI."""
        command = [str(Path(sys.executable).parent / "airflow"), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300, check=False)

    def on_cloud(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.cloud, statement)

    def on_desktop(self, statement: str) -> list[tuple[Any, ...]]:
        return _execute(self.desktop, statement)


def _execute(uri: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow home with a migrated metadata database."""
    home = tmp_path_factory.mktemp("airflow")
    environment = airflow_environment(home, desktop="{}", cloud="{}")
    migrate = [str(Path(sys.executable).parent / "airflow"), "db", "migrate"]
    subprocess.run(migrate, env=environment, capture_output=True, check=True, timeout=300)
    return home


@pytest.fixture
def new_firm(new_database: Callable[[], str], airflow_home: Path, tmp_path: Path) -> Callable[..., Firm]:
    """Makes a firm of some hundred rows, with an empty cloud."""

    def make(scale: float = 0.003) -> Firm:
        desktop, cloud = new_database(), new_database()
        rows = make_firm(scale)
        fill_desktop(desktop, rows)
        make_cloud(cloud)
        parts = [psycopg.conninfo.conninfo_to_dict(uri) for uri in (desktop, cloud)]
        home = tmp_path / "home"
        home.mkdir()
        for name in ("airflow.db", "airflow.cfg"):
            if (airflow_home / name).exists():
                (home / name).write_bytes((airflow_home / name).read_bytes())
        environment = airflow_environment(
            home,
            desktop=desktop_connection(int(parts[0]["port"]), str(parts[0]["dbname"])),
            cloud=cloud_connection(int(parts[1]["port"]), str(parts[1]["dbname"])),
        ) | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
        return Firm(desktop, cloud, rows, environment)

    return make
