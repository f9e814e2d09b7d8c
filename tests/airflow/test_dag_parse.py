"""Every task process parses the DAG file: it has to load little, and to explain a registry that it cannot read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PARSE = """
import sys
from airflow.sdk import DAG, BaseOperator, ExceptionRetryPolicy, Param, RetryAction, RetryRule, TaskGroup
loaded = set(sys.modules)
import hybrid_sync_dag
print(*sorted(set(sys.modules) - loaded))
"""


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT / "dags"), str(ROOT / "plugins")])
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path} | environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_dag_file_loads_no_driver_and_little_else() -> None:
    done = python(PARSE)
    assert done.returncode == 0, done.stderr
    new = done.stdout.split()
    heavy = {"psycopg", "psycopg2", "pyodbc", "pyarrow", "arrow_odbc", "pgpq", "pydantic", "sqlalchemy", "fastapi"}
    assert not heavy & {name.split(".")[0] for name in new}, new
    # What is not ours are a few modules of Airflow's own. Each module costs about two milliseconds.
    assert len([name for name in new if not name.startswith("hybrid_sync")]) < 30, new


def test_a_bad_registry_shows_as_an_import_error_with_one_sentence(tmp_path: Path) -> None:
    registry = tmp_path / "tables.yaml"
    registry.write_text("tables:\n  jobs: {strategy: upsrt, key: [job_id]}\n")
    done = python(
        f"from airflow.dag_processing.dagbag import DagBag\nprint(DagBag({str(ROOT / 'dags')!r}).import_errors)",
        HYBRID_SYNC_REGISTRY=str(registry),
    )
    assert f"jobs: strategy in {registry} must be one of upsert, delete_insert, not 'upsrt'" in done.stdout


def test_the_graph_is_three_tasks_a_table_in_the_order_of_after() -> None:
    done = python(
        "import hybrid_sync_dag as d\n"
        "t = d.dag.task_dict\n"
        "assert t['jobtasks.stage'].upstream_task_ids == {'jobtasks.extract'}\n"
        "assert t['jobtasks.extract'].upstream_task_ids == {'preflight', 'orgmaster.merge', 'locmaster.merge', "
        "'jobshead.merge'}\n"
        "assert len(t['validate_mobile_rows'].upstream_task_ids) == 15\n"
        "assert d.dag.max_active_runs == 1\n"
        "assert t['jobshead.merge'].sql.startswith('merge/') or 'upsert' in t['jobshead.merge'].sql\n"
        "print('ok')"
    )
    assert done.stdout.strip().endswith("ok"), done.stderr


def test_the_plugins_folder_loads_without_errors() -> None:
    done = python(
        "from airflow import plugins_manager\n"
        "plugins_manager.get_plugin_info()\n"
        "print('errors', plugins_manager.get_import_errors())",
        AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
    )
    assert "errors {}" in done.stdout, done.stdout + done.stderr
