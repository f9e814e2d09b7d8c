"""A process that runs one task of the real DAG file, and prints what it took: python -m bench.task ORDER.

The clock starts when what the scheduler imports for its tasks is imported: what that costs is in the scheduler's row.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.databases import connected
from bench.options import REPOSITORY
from hybrid_sync import preload


def main(order: dict[str, Any]) -> None:
    """Run the task of `order` (task_id, run_id, xcom) and print a `bench.steps.Done` as JSON."""
    dag = _dag()
    preload.preload()
    proof = _Clock()
    connection = json.loads(os.environ["AIRFLOW_CONN_SUPABASE"])
    cloud = "postgresql://{login}@{host}:{port}/{schema}".format_map(connection)
    with connected(cloud) as watcher, _certificate_timed(proof):
        before = _wal(watcher)
        start = time.perf_counter()
        result = _run(dag, order)
        seconds = time.perf_counter() - start
        wal = _wal(watcher) - before
    done = {
        "seconds": seconds, "peak_mb": peak_mb(), "wal_bytes": wal, "certificate": proof.seconds, "result": result,
    }  # fmt: skip
    print("\n" + json.dumps(done))


def peak_mb() -> float:
    """The highest resident memory of this process, in MB. (What getrusage says includes the parent's, before exec.)"""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _dag() -> Any:
    spec = importlib.util.spec_from_file_location("hybrid_sync_dag", REPOSITORY / "dags" / "hybrid_sync_dag.py")
    if spec is None or spec.loader is None:
        raise SystemExit("dags/hybrid_sync_dag.py is gone")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.dag.resolve_template_files()  # as Airflow does when it has parsed the file
    return module.dag


def _run(dag: Any, order: dict[str, Any]) -> Any:
    """Render and execute, as Airflow's task runner does."""
    task = dag.get_task(order["task_id"])
    params = {name: getattr(param, "value", param) for name, param in dag.params.items()}
    context = {
        "run_id": order["run_id"], "params": params, "dag": dag, "task": task,
        "ti": SimpleNamespace(xcom_pull=lambda task_ids: order["xcom"][task_ids]),
        "outlet_events": defaultdict(lambda: SimpleNamespace(extra={})),
    }  # fmt: skip
    task.render_template_fields(context)
    return task.execute(context)


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def timing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.perf_counter() - start

        return timed


@contextmanager
def _certificate_timed(clock: _Clock) -> Iterator[None]:
    certificate = importlib.import_module("hybrid_sync.certificate")
    names = ("read_mobile", "read_writes", "check_writes")
    former = {name: getattr(certificate, name) for name in names}
    for name, function in former.items():
        setattr(certificate, name, clock.timing(function))
    try:
        yield
    finally:
        for name, function in former.items():
            setattr(certificate, name, function)


def _wal(connection: Any) -> int:
    [(position,)] = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')").fetchall()
    return int(position)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
