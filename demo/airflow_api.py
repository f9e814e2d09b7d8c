"""Airflow's REST API, as far as the demonstration and the tests need it: one DAG, its runs, their tasks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx

FINISHED = frozenset({"success", "failed"})
SETTLED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


class StackError(Exception):
    """Airflow did not start, ended too early, or refused a call."""


class AirflowApi:
    """Calls about the DAG `dag_id` at `url`. Log in first.

    Nothing here runs an `airflow` command: each costs 6 to 10 seconds of imports.
    """

    def __init__(self, url: str, dag_id: str) -> None:
        self.url = url
        self.dag_id = dag_id
        self._client: httpx.Client | None = None

    def log_in(self, user: str, password: str) -> None:
        """Get a token for the calls below."""
        import httpx

        login = {"username": user, "password": password}
        answer = httpx.post(f"{self.url}/auth/token", json=login, trust_env=False, timeout=30)
        answer.raise_for_status()
        token = answer.json()["access_token"]
        self._client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        )

    def log_out(self) -> None:
        """Forget the token. Harmless without one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def healthy(self) -> bool:
        """Whether the API answers. The log's "Airflow is ready" comes seconds before that."""
        import httpx

        try:
            answer = httpx.get(f"{self.url}/api/v2/monitor/health", trust_env=False, timeout=5)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    @property
    def has_dag(self) -> bool:
        """Whether Airflow has read the DAG. Raises StackError with the import error if it cannot."""
        broken = self.request("GET", "importErrors")["import_errors"]
        if broken:
            raise StackError(f"Airflow cannot import {broken[0]['filename']}: {broken[0]['stack_trace']}")
        dags = self.request("GET", "dags", params={"dag_id_pattern": self.dag_id})["dags"]
        return any(dag["dag_id"] == self.dag_id for dag in dags)

    def check_alive(self) -> None:
        """Raise StackError when waiting longer is of no use; a stack knows when its process has ended."""

    def request(self, method: str, path: str, **more: Any) -> Any:
        """One REST call below /api/v2; gives the decoded JSON. Raises StackError with Airflow's words."""
        import httpx

        if self._client is None:
            raise StackError("Airflow is not running")
        try:
            answer = self._client.request(method, f"/api/v2/{path}", **more)
        except httpx.HTTPError as error:
            raise StackError(f"{method} {path}: {error}") from error
        if answer.is_error:
            raise StackError(f"{method} {path}: {answer.status_code} {answer.text[:2000]}")
        return answer.json() if answer.content else None

    def make_pool(self, name: str, slots: int) -> None:
        """Create the pool `name` if there is none."""
        if name not in {pool["name"] for pool in self.request("GET", "pools", params={"limit": 100})["pools"]}:
            self.request("POST", "pools", json={"name": name, "slots": slots})

    def trigger(self, conf: Mapping[str, Any] | None = None, run_id: str | None = None) -> str:
        """Trigger the DAG without a logical date, as `airflow dags trigger` does. Gives the run id."""
        body: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        if run_id:
            body["dag_run_id"] = run_id
        run = self.request("POST", f"dags/{self.dag_id}/dagRuns", json=body)
        return str(run["dag_run_id"])

    def state(self, run_id: str) -> str:
        """The run's state: queued, running, success or failed."""
        return str(self.request("GET", self._run(run_id))["state"])

    def wait(self, run_id: str, timeout: float = 900, on_poll: Callable[[int, int], None] | None = None) -> str:
        """Wait for the run's end; gives `success` or `failed`.

        :param timeout: in seconds.
        :param on_poll: called about every second with the number of settled tasks and of all tasks.
        :raises StackError: the run did not end in time, or Airflow died.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.check_alive()
            state = self.state(run_id)
            if on_poll:
                states = self.task_states(run_id)
                on_poll(sum(task in SETTLED for task in states.values()), len(states))
            if state in FINISHED:
                return state
            time.sleep(1)
        raise StackError(f"{run_id} did not end in {timeout:.0f} seconds")

    def tasks(self, run_id: str) -> list[dict[str, Any]]:
        """Airflow's own record of every task instance of the run."""
        path = f"{self._run(run_id)}/taskInstances"
        found: list[dict[str, Any]] = []
        while True:
            page = self.request("GET", path, params={"limit": 100, "offset": len(found)})
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def task_states(self, run_id: str) -> dict[str, str]:
        """Task id -> state; a task without one yet is `none`. Mapped tasks show as `id[index]`."""
        return {
            f"{task['task_id']}[{task['map_index']}]" if task["map_index"] >= 0 else task["task_id"]:
            task["state"] or "none"
            for task in self.tasks(run_id)
        }  # fmt: skip

    def log(self, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """What the task logged, a line an event, without the times."""
        path = f"{self._run(run_id)}/taskInstances/{task_id}/logs/{try_number}"
        content = self.request("GET", path, params={"full_content": True, "map_index": map_index})["content"]
        return "\n".join(line if isinstance(line, str) else str(line.get("event", "")) for line in content)

    def rendered(self, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """The task's rendered template fields."""
        path = f"{self._run(run_id)}/taskInstances/{task_id}"
        if map_index >= 0:
            path += f"/{map_index}"
        fields: dict[str, Any] = self.request("GET", path)["rendered_fields"]
        return fields

    def _run(self, run_id: str) -> str:
        return f"dags/{self.dag_id}/dagRuns/{quote(run_id, safe='')}"
