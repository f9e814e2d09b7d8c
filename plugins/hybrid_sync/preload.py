"""What every task needs, imported once in the scheduler: the processes that LocalExecutor forks for tasks then have it.

Measured: a task that imports it all itself spends 0.65 s of processor time on that, of which a run has 46. A changed
package is taken up when the scheduler starts again, as Airflow does it with every plugin. Where tasks are no forks of
the scheduler (Celery, Kubernetes), nothing of this happens.
"""

from __future__ import annotations

import importlib
import logging
import sys
import time
from typing import Any

from airflow.listeners import hookimpl

log = logging.getLogger(__name__)

MODULES = (
    "airflow.providers.odbc.hooks.odbc", "airflow.providers.postgres.hooks.postgres", "airflow.sdk.io",
    "airflow.sdk.definitions.decorators", "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner", "arrow_odbc", "pgpq", "psycopg", "pyarrow", "pyarrow.compute",
    "pyarrow.parquet", "pyodbc", "hybrid_sync.operators.gather", "hybrid_sync.operators.merge",
    "hybrid_sync.operators.params", "hybrid_sync.operators.parts", "hybrid_sync.operators.preflight",
    "hybrid_sync.operators.split", "hybrid_sync.operators.steps", "hybrid_sync.operators.validate",
    "hybrid_sync.registry",
)  # fmt: skip


@hookimpl
def on_starting(component: Any) -> None:
    """Airflow's listener hook: a component is being made. In the scheduler, import what tasks need.

    :param component: a Job, made before the executor's processes are; or a task runner, which is left alone.
    """
    # A Job does not know its own type yet.
    if type(component).__name__ == "Job" and "scheduler" in sys.argv[1:2]:
        start = time.process_time()
        preload()
        log.info("Imported what the tasks of hybrid_sync need in %.1f s", time.process_time() - start)


def preload() -> None:
    """Import `MODULES` and compile every template. A driver that is missing is left for its task to report."""
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            log.warning("%s cannot be imported: %s", name, error)
    sql = importlib.import_module("hybrid_sync.sql")
    for template in sql.TEMPLATES.rglob("*.sql"):
        sql.environment().get_template(str(template.relative_to(sql.TEMPLATES)))
