"""Run the DAG in this process with `dag.test` and print its result as one JSON line. Used by the Airflow tests.

The argument is the run's conf as JSON. Without one, every line of the standard input is the conf of one more run.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from typing import Any


def main() -> None:
    for conf in sys.argv[1:] or sys.stdin:
        run_once(json.loads(conf))


def name(ti: Any) -> str:
    """The task's id; of a part, with its number."""
    return str(ti.task_id) if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


def run_once(conf: dict[str, Any]) -> None:
    from airflow.dag_processing.dagbag import DagBag

    # Parsed anew for each run, as a worker does: Airflow keeps a run's params in the DAG's own.
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags["hybrid_sync"]
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=0)
        task.max_retry_delay = timedelta(seconds=0)
    run = dag.test(run_conf=conf, logical_date=None)
    states = {name(ti): str(ti.state) for ti in run.get_task_instances()}
    print("RESULT " + json.dumps({"run_id": run.run_id, "state": str(run.state), "states": states}), flush=True)


main()
