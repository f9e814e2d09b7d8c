"""Load a table's extract into its staging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import extracts
from hybrid_sync.connections import cloud
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.operators.whole import stage_whole

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hybrid_sync.extracts import Extract
    from hybrid_sync.specs import Registry


class StageOperator(BaseOperator):
    """Convert the extract to the target's types and copy it into a staging table of the run's own.

    :param registry: the whole registry.
    :param table: the name of the registry's entry.
    :param cloud_conn_id: Airflow connection of the cloud.
    """

    ui_color = "#dce6f2"

    def __init__(self, *, registry: Registry, table: str, cloud_conn_id: str = "supabase", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.registry = registry
        self.spec = registry.table(table)
        self.cloud_conn_id = cloud_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Stage anew. Returns stage_id, relation and the counts of rows."""
        choices = choices_of(context)
        extract = self._extract(context)
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            staged = stage_whole(connection, self.registry, self.spec, extract, choices.run_id, dry_run=choices.dry_run)
        self.log.info(
            "Staged %s: %d of %d rows, %d duplicates, %d rejects",
            self.spec.name, staged.rows, staged.rows_read, staged.duplicates, staged.rejects,
        )  # fmt: skip
        return {
            "stage_id": staged.stage_id, "relation": staged.relation, "rows": staged.rows,
            "duplicates": staged.duplicates, "rejects": staged.rejects,
        }  # fmt: skip

    def _extract(self, context: Context) -> Extract:
        return extracts.Extract.from_json(context["ti"].xcom_pull(task_ids=f"{self.spec.name}.extract"))
