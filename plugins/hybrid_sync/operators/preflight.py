"""Look at both sides before anything is read or written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import catalog, ledger, sql
from hybrid_sync.columns import pair_columns
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.desktop import Desktop
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.hazards import refuse_hazards
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.plan import plan_merge

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

    from hybrid_sync.specs import Registry, TableSpec


class PreflightOperator(BaseOperator):
    """Make the package's schema, count the mobile rows, and name every table that cannot be synced.

    A table's problem does not stop the others: its own extract raises it again.

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
        """Check. Returns the mobile rows of each table and the tables with a problem."""
        choices = choices_of(context)
        problems: dict[str, str] = {}
        mobile: dict[str, int] = {}
        with (
            Desktop(desktop_connection_string(self.desktop_conn_id)) as desktop,
            cloud(self.cloud_conn_id) as connection,
        ):
            ledger.migrate(connection)
            for name in choices.tables:
                spec = self.registry.table(name)
                try:
                    mobile[name] = self._check(connection, desktop, spec, choices.run_id)
                except SchemaMismatch as problem:
                    problems[name] = str(problem)
        for name in choices.tables:
            if name in problems:
                self.log.error("%s", problems[name])
            else:
                self.log.info("%s: ready, %d mobile rows", name, mobile[name])
        self.log.info("Preflight: %d tables, %d with a problem", len(choices.tables), len(problems))
        return {"mobile_rows": mobile, "problems": sorted(problems)}

    def _check(self, connection: Connection[Any], desktop: Desktop, spec: TableSpec, run_id: str) -> int:
        with connection.transaction():
            target = catalog.read_target(connection, spec.target_table)
            names = [column.name for column in desktop.columns(spec.source_table)]
            pairs = pair_columns(spec, self.registry.ownership, target, names)
            refuse_hazards(spec, target, pairs)
            plan = plan_merge(
                spec, self.registry.ownership, target, run_id=run_id, staging="", columns=tuple(pairs), full=True,
                dry_run=False,
            )  # fmt: skip
            row = connection.execute(sql.render("validate/mobile_rows.sql", plan=plan)).fetchone()
            mobile_rows = int(row[0]) if row else 0
            ledger.snapshot_mobile(connection, run_id, spec.name, mobile_rows)
        return mobile_rows
