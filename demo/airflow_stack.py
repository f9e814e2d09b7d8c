"""A whole Airflow (`airflow standalone`) on free ports, driven over its REST API.

    with AirflowStack(home, environment) as stack:
        run_id = stack.trigger({"tables": ["orgmaster"]})
        assert stack.wait(run_id) == "success"
        print(stack.task_states(run_id), stack.log(run_id, "preflight"))

However the block ends, nothing of Airflow is left running.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from demo.airflow_api import AirflowApi, StackError
from demo.environment import DAG_ID
from demo.postgres import free_port
from demo.processes import AirflowProcess

USER = "admin"


class AirflowStack(AirflowApi):
    """Airflow's scheduler, DAG processor, triggerer and API server, started together and stopped together.

    :param home: AIRFLOW_HOME; the stack's own log is `standalone.log` in it.
    :param environment: the whole environment, as `demo.environment.airflow_environment` makes it.
    :param dag_id: the DAG that the calls are about.
    :param port: the API server's port on 127.0.0.1; None takes a free one.
    """

    def __init__(
        self, home: Path, environment: Mapping[str, str], *, dag_id: str = DAG_ID, port: int | None = None
    ) -> None:
        super().__init__(f"http://127.0.0.1:{port or free_port()}", dag_id)
        self.home = home
        self.password = _password(home)
        # Both log servers bind fixed ports on all interfaces by default: a second stack would not start.
        own = {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": self.url.rpartition(":")[2],
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        }
        self.environment = {**environment, **own}
        self.process = AirflowProcess(self.environment, home, home / "standalone.log")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, timeout: float = 240) -> Self:
        """Start Airflow and come back when its API answers and the DAG is there (about 30 seconds).

        :param timeout: in seconds.
        :raises StackError: it ended, took longer than `timeout`, or cannot import the DAG.
        """
        self.process.start()
        try:
            deadline = time.monotonic() + timeout
            self._wait_for(lambda: self.healthy, deadline, "its API to answer")
            self.log_in(USER, self.password)
            self._wait_for(lambda: self.has_dag, deadline, f"the DAG {self.dag_id}")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop every part (about 10 seconds). Harmless when nothing runs."""
        self.log_out()
        self.process.stop()

    def check_alive(self) -> None:
        """Raise StackError when Airflow has ended."""
        if not self.process.running:
            raise StackError(f"Airflow has ended; see {self.process.log}")

    def _wait_for(self, ready: Callable[[], bool], deadline: float, what: str) -> None:
        while not ready():
            self.check_alive()
            if time.monotonic() > deadline:
                raise StackError(f"Airflow started, but waiting for {what} took too long; see {self.process.log}")
            time.sleep(0.5)


def _password(home: Path) -> str:
    """The demo user's password, made once and kept in the home folder for this user alone."""
    file = home / "passwords.json"
    if file.exists():
        return str(json.loads(file.read_text())[USER])
    home.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    password = secrets.token_urlsafe(9)
    file.write_text(json.dumps({USER: password}))
    return password
