"""The DAG's own operators, each run in a process that a test may kill.

A server process imports Airflow and the drivers once and forks a process for each step (multiprocessing's
forkserver), so a step starts in a fraction of a second and shares nothing with the test.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import multiprocessing
import os
import signal
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).parents[2]

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    [
        "airflow.sdk", "airflow.providers.postgres.hooks.postgres", "airflow.providers.odbc.hooks.odbc",
        "psycopg", "pyarrow.parquet", "pyodbc", "arrow_odbc", "pgpq", __name__,
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """How a step ended: its result, or the error's class with its bases and message, or the signal that ended it."""

    exit_code: int
    result: Any
    error: str | None
    bases: tuple[str, ...]
    message: str
    log: str

    @property
    def retryable(self) -> bool:
        return "Retryable" in self.bases


class Attempt:
    """One try of a task, in a process of its own."""

    def __init__(
        self, task_id: str, run_id: str, folder: Path, environment: dict[str, str], xcom: dict[str, Any]
    ) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._process = _processes.Process(
            target=_attempt, args=(task_id, run_id, str(folder), environment, xcom), daemon=True
        )
        self._process.start()

    @property
    def reader(self) -> int:
        """The process that holds the desktop's driver."""
        assert self.running, self.outcome()
        task = self._process.pid
        [child] = Path(f"/proc/{task}/task/{task}/children").read_text().split()
        return int(child)

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def kill(self, number: signal.Signals) -> Outcome:
        """Send a signal and wait for the end."""
        assert self._process.pid is not None
        assert self.running, self.outcome()
        os.kill(self._process.pid, number)
        return self.outcome()

    def outcome(self, timeout: float = 60) -> Outcome:
        """Wait for the end and read what the step left."""
        self._process.join(timeout)
        if self._process.is_alive():
            self._process.kill()
            raise AssertionError(f"the step hangs:\n{self._log()[-3000:]}")
        told = self._folder / "outcome.json"
        said = json.loads(told.read_text()) if told.exists() else {}
        return Outcome(
            self._process.exitcode or 0, said.get("result"), said.get("error"), tuple(said.get("bases", ())),
            said.get("message", ""), self._log(),
        )  # fmt: skip

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


def _attempt(task_id: str, run_id: str, folder: str, environment: dict[str, str], xcom: dict[str, Any]) -> None:
    log = os.open(f"{folder}/log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(environment)
    logging.basicConfig(level=logging.INFO, force=True)
    said: dict[str, Any]
    try:
        said = {"result": _run(task_id, run_id, xcom)}
    except Exception as error:
        logging.exception("The step failed")
        bases = [base.__name__ for base in type(error).__mro__]
        said = {"error": type(error).__name__, "bases": bases, "message": str(error)}
    partial = Path(folder, "outcome.partial")
    partial.write_text(json.dumps(said))
    partial.rename(Path(folder, "outcome.json"))


def _run(task_id: str, run_id: str, xcom: dict[str, Any]) -> Any:
    """Render and execute one task of the DAG, as Airflow's task runner does."""
    spec = importlib.util.spec_from_file_location("hybrid_sync_dag", ROOT / "dags" / "hybrid_sync_dag.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    task = module.dag.get_task(task_id)
    params = {name: param.value if hasattr(param, "value") else param for name, param in module.dag.params.items()}
    context: Any = {
        "run_id": run_id,
        "params": params,
        "dag": module.dag,
        "task": task,
        "ti": SimpleNamespace(xcom_pull=lambda task_ids: xcom[task_ids]),
        "outlet_events": defaultdict(SimpleNamespace),
    }
    task.render_template_fields(context)
    return task.execute(context)
