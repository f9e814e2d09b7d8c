"""Run the DAG several times in this process, each time in another environment. Used by test_faults.py.

The argument is JSON: a list of {name, conf, environment}; an environment's null takes the variable away. Before each
run the line `BEGIN <name>` is printed, after it `RESULT <json>`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from typing import Any


def read_dag() -> Any:
    """The DAG of the registry that the environment names now, with retries that do not wait."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags["hybrid_sync"]
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=0)
        task.max_retry_delay = timedelta(seconds=0)
    return dag


def main() -> None:
    # dag.test sleeps for a second whenever nothing can run, as it is where one failure has to pass down task by task.
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(seconds, 0.05))
    usual = dict(os.environ)
    for fault in json.loads(sys.argv[1]):
        os.environ.clear()
        os.environ.update(usual)
        for name, value in fault["environment"].items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        print(f"BEGIN {fault['name']}", flush=True)
        run = read_dag().test(run_conf=fault["conf"], logical_date=None)
        tasks = {ti.task_id: [str(ti.state), ti.try_number] for ti in run.get_task_instances()}
        print("RESULT " + json.dumps({"run_id": run.run_id, "state": str(run.state), "tasks": tasks}), flush=True)


main()
