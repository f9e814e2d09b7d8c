"""The scheduler imports what tasks need before it forks them; nobody else pays for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What Airflow's commands do first: they make a Job, and its constructor calls the plugins' listeners.
START = """
import sys
sys.argv = ["airflow", sys.argv[1]]
from airflow.jobs.job import Job
loaded = set(sys.modules)
Job()
new = set(sys.modules) - loaded
print("new", *sorted({"arrow_odbc", "pgpq", "psycopg", "pyarrow", "pyodbc", "hybrid_sync.operators.merge"} & new))
"""
LEFT_TO_TASKS = """
import sys
from hybrid_sync import preload, sql
preload.preload()
loaded = set(sys.modules)
sql.render("merge/partitions.sql", plan=type("Plan", (), {"target": "public.jobs"}))
import hybrid_sync_dag
new = set(sys.modules) - loaded
print("new", *sorted(name for name in new if name.startswith(("hybrid_sync.", "pyarrow", "jinja2"))))
"""


def output(script: str, *arguments: str) -> str:
    environment = os.environ | {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "dags")]),
    }
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "error calling listener" not in done.stdout + done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("new")).removeprefix("new").strip()


def test_the_scheduler_imports_drivers_and_operators_when_it_starts() -> None:
    assert output(START, "scheduler") == "arrow_odbc hybrid_sync.operators.merge pgpq psycopg pyarrow pyodbc"


@pytest.mark.parametrize("command", ["triggerer", "dag-processor"])
def test_other_components_import_nothing_of_it(command: str) -> None:
    assert output(START, command) == ""


def test_a_task_finds_all_of_the_package_imported() -> None:
    assert output(LEFT_TO_TASKS) == ""
