"""93,000 rows in 15 tables through a real scheduler, against a DAG of the same graph whose tasks do nothing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any

from bench.bars import finding, ratios
from bench.databases import make
from bench.notes import Notes
from bench.options import REPOSITORY, Options
from bench.steps import run_child
from demo.airflow_api import AirflowApi
from demo.airflow_stack import USER, AirflowStack
from demo.environment import DAG_ID, POOL, POOL_SLOTS, airflow_environment, cloud_connection, desktop_connection
from demo.firm import fill_desktop, make_cloud, make_firm
from demo.phones import phone_rows, write_phone_rows
from demo.postgres import PostgresServer

EMPTY_DAG_ID = "hybrid_sync_empty"
_EMPTY_DAG = '''\
"""The graph of hybrid_sync with tasks that do nothing."""

import json
from pathlib import Path

from airflow.sdk import DAG, BaseOperator


class Nothing(BaseOperator):
    def execute(self, context):
        return None


graph = json.loads(Path(__file__).with_suffix(".json").read_text())
with DAG(dag_id="hybrid_sync_empty", schedule=None, max_active_runs=1) as dag:
    tasks = {
        task["id"]: Nothing(task_id=task["id"], trigger_rule=task["trigger_rule"], pool=task["pool"]) for task in graph
    }
    for task in graph:
        for upstream in task["upstream"]:
            tasks[upstream] >> tasks[task["id"]]
'''
_READ_GRAPH = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("hybrid_sync_dag", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps({"tasks": [
    {"id": task.task_id, "upstream": sorted(task.upstream_task_ids), "trigger_rule": task.trigger_rule.value,
     "pool": task.pool}
    for task in module.dag.tasks
]}))
"""


def measure(options: Options, server: PostgresServer, folder: Path, tell: Callable[[str], None]) -> Notes:
    """Both DAGs in one Airflow, in turns; the first sync, into the empty cloud, is not counted."""
    notes = Notes()
    tell("a firm of 93,000 rows")
    firm = make_firm()
    rows = fill_desktop(make(server, "firm_desktop"), firm)
    make_cloud(make(server, "firm_cloud"))
    metadata = make(server, "airflow").replace("postgresql://", "postgresql+psycopg2://", 1)
    home = folder / "airflow"
    environment = airflow_environment(
        home, metadata=metadata, dags=folder / "dags",
        desktop=desktop_connection(server.port, "firm_desktop"), cloud=cloud_connection(server.port, "firm_cloud"),
    )  # fmt: skip
    _write_dags(folder / "dags", environment)
    tell("Airflow is starting")
    with AirflowStack(home, environment) as stack:
        stack.make_pool(POOL, POOL_SLOTS)
        empty = AirflowApi(stack.url, EMPTY_DAG_ID)
        empty.log_in(USER, stack.password)
        tell(f"first sync of {rows:,} rows, and the empty DAG once")
        _round(notes, "first sync", stack)
        _run(empty)
        write_phone_rows(server.uri("firm_cloud"), phone_rows(firm))
        for round_number in range(options.repeat):
            tell(f"scheduler, round {round_number + 1} of {options.repeat}")
            _round(notes, "empty tasks", empty)
            _round(notes, "hybrid_sync", stack)
        empty.log_out()
    values = ratios(notes.values("scheduler, hybrid_sync, s"), notes.values("scheduler, empty tasks, s"))
    notes.findings.append(finding("scheduler", values))
    return notes


def _write_dags(dags: Path, environment: dict[str, str]) -> None:
    """The real DAG file, and the empty one with the graph that the real one has now."""
    dags.mkdir()
    real = REPOSITORY / "dags" / f"{DAG_ID}_dag.py"
    shutil.copy(real, dags)
    paths = {"PYTHONPATH": str(REPOSITORY / "plugins")}
    graph = run_child([sys.executable, "-c", _READ_GRAPH, str(real)], environment | paths)["tasks"]
    (dags / f"{EMPTY_DAG_ID}.json").write_text(json.dumps(graph))
    (dags / f"{EMPTY_DAG_ID}.py").write_text(_EMPTY_DAG)


def _round(notes: Notes, name: str, api: AirflowApi) -> None:
    """Run the DAG once and note its seconds, and the mean seconds of its tasks by the last part of their names."""
    run_id = _run(api)
    notes.add(f"scheduler, {name}, s", _duration(api.request("GET", f"dags/{api.dag_id}/dagRuns/{run_id}")))
    by_step: dict[str, list[float]] = {}
    for task in api.tasks(run_id):
        by_step.setdefault(task["task_id"].rpartition(".")[2], []).append(_duration(task))
    for step, seconds in sorted(by_step.items()):
        notes.add(f"scheduler, {name}, mean {step}, s", mean(seconds))


def _run(api: AirflowApi) -> str:
    """Run the DAG once and give the run's id. Raises SystemExit unless it succeeds."""
    run_id = api.trigger()
    state = api.wait(run_id)
    if state != "success":
        failed = [task for task, task_state in api.task_states(run_id).items() if task_state == "failed"]
        raise SystemExit(f"{api.dag_id} ended as {state}; failed: {', '.join(failed)}")
    return run_id


def _duration(record: dict[str, Any]) -> float:
    """Seconds between start and end, as Airflow recorded them."""
    start, end = (datetime.fromisoformat(record[name]) for name in ("start_date", "end_date"))
    return (end - start).total_seconds()
