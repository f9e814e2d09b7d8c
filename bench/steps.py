"""One task of the DAG at a time, each in a process of its own: its seconds and its highest memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.footprint import Footprint
from bench.options import REPOSITORY
from demo.environment import airflow_environment, cloud_connection, desktop_connection

STEPS = ("extract", "stage", "merge")


@dataclass(frozen=True, slots=True)
class Done:
    """What a step gave. `peak_mb`: the highest memory, see `Steps`; `certificate`: seconds of a merge's proof."""

    seconds: float
    peak_mb: float
    wal_bytes: int
    certificate: float
    result: Mapping[str, Any]


class Steps:
    """Runs tasks over one desktop and one cloud, both given by name and port of their database.

    :param folder: AIRFLOW_HOME; the extracts go there too.
    :param watched: count the memory of what a task forks too, which costs some time; else that of the task alone.
    """

    def __init__(self, folder: Path, port: int, desktop: str, cloud: str, *, watched: bool = False) -> None:
        self._watched = watched
        self._environment = airflow_environment(
            folder, desktop=desktop_connection(port, desktop), cloud=cloud_connection(port, cloud)
        ) | {
            "HYBRID_SYNC_REGISTRY": str(Path(__file__).with_name("registry.yaml")),
            "HYBRID_SYNC_EXTRACTS": f"file://{folder}/extracts",
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "plugins")]),
        }
        self._xcom: dict[str, Any] = {}

    def do(self, step: str, table: str, run_id: str) -> Done:
        """Run one step, which gets what the earlier steps of that run gave. Raises CalledProcessError."""
        order = {"task_id": f"{table}.{step}", "run_id": run_id, "xcom": self._xcom.get(run_id, {})}
        done = run_child([sys.executable, "-m", "bench.task", json.dumps(order)], self._environment, self._watched)
        self._xcom.setdefault(run_id, {})[f"{table}.{step}"] = done["result"]
        return Done(**done)

    def all(self, table: str, run_id: str) -> dict[str, Done]:
        """Extract, stage and merge."""
        return {step: self.do(step, table, run_id) for step in STEPS}


def run_child(command: list[str], environment: Mapping[str, str], watched: bool = False) -> dict[str, Any]:
    """Run a process whose last line of output is a JSON object, and give that. Raises SystemExit with its words.

    :param watched: its `peak_mb` becomes that of the process and its forks, where that is more.
    """
    process = subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    with Footprint(process.pid) if watched else nullcontext() as footprint:
        said, complaints = process.communicate()
    lines = said.splitlines()
    if process.returncode or not lines:
        raise SystemExit(f"{' '.join(command[1:3])} failed:\n{said[-2000:]}{complaints[-6000:]}")
    answer: dict[str, Any] = json.loads(lines[-1])
    if footprint:
        answer["peak_mb"] = max(answer["peak_mb"], footprint.peak_mb)
    return answer
