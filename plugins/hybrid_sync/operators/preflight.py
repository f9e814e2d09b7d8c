"""Look at both sides before anything is read or written."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import extracts, retention
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.findings import Severity
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.reader import with_desktop

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hybrid_sync.specs import Registry

_LEVELS = {Severity.ERROR: logging.ERROR, Severity.WARNING: logging.WARNING, Severity.NOTE: logging.INFO}


class PreflightOperator(BaseOperator):
    """Make the package's schema, count the mobile rows, and name everything that would fail or harm later.

    What stops a table does not stop the others: the table's own extract raises it again, in the same words.

    :param registry: the whole registry.
    :param desktop_conn_id: Airflow connection of the desktop.
    :param cloud_conn_id: Airflow connection of the cloud.
    """

    ui_color = "#eeeeee"

    def __init__(
        self,
        *,
        registry: Registry,
        desktop_conn_id: str = "desktop",
        cloud_conn_id: str = "supabase",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.registry = registry
        self.desktop_conn_id = desktop_conn_id
        self.cloud_conn_id = cloud_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Check. Returns the mobile rows of each table, the tables that cannot run, and findings by severity."""
        from hybrid_sync import preflight  # every task's process parses the DAG, and two of them need it

        choices = choices_of(context)
        desktop = None
        if choices.replay is None:
            look = partial(with_desktop, desktop_connection_string(self.desktop_conn_id))
            desktop = preflight.look_at(look, self.registry, choices.tables)
        with cloud(self.cloud_conn_id) as connection:
            report = preflight.check(
                connection,
                desktop,
                self.registry,
                choices.tables,
                run_id=choices.run_id,
                dry_run=choices.dry_run,
                free_bytes=preflight.free_bytes(extracts.base_uri()),
            )
            level = max((_LEVELS[finding.severity] for finding in report.findings), default=logging.INFO)
            table = preflight.as_table(report.findings, choices.tables)
            self.log.log(level, "Preflight: %s\n%s", preflight.summary(report.findings, choices.tables), table)
            if choices.replay is None:  # a replay may be of the oldest run that is kept
                retention.prune(connection, dag_id=context["dag"].dag_id, run_id=choices.run_id)
        counts = preflight.count_lines(report.findings, choices.tables)
        return {"mobile_rows": report.mobile_rows, "problems": sorted(report.stopped), "findings": counts}
