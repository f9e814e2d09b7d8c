"""Run the DAG once in this process with `dag.test` and print its result as one JSON line. Used by the Airflow tests."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta


def main() -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags["hybrid_sync"]
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=0)
        task.max_retry_delay = timedelta(seconds=0)
    run = dag.test(run_conf=json.loads(sys.argv[1]), logical_date=None)
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    print("RESULT " + json.dumps({"run_id": run.run_id, "state": str(run.state), "states": states}))


main()
