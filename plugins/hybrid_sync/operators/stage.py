"""Load a table's extract into its staging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.sdk import BaseOperator

from hybrid_sync import catalog, extracts, ledger, staging
from hybrid_sync.connections import cloud
from hybrid_sync.operators.choices import choices_of

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

    from hybrid_sync.catalog import Target
    from hybrid_sync.extracts import Extract
    from hybrid_sync.specs import Registry, TableSpec
    from hybrid_sync.staging import Staged


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
            staged = stage_extract(
                connection, self.registry, self.spec, extract, choices.run_id, dry_run=choices.dry_run
            )
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


def stage_extract(
    connection: Connection[Any], registry: Registry, spec: TableSpec, extract: Extract, run_id: str, *, dry_run: bool
) -> Staged:
    """Load `extract` into the staging of `run_id` under a new stage_id. Raises what `staging.load` raises."""
    target = catalog.read_target(connection, spec.target_table)
    return staging.load(
        connection,
        spec=spec,
        ownership=registry.ownership,
        target=target,
        batches=extracts.open_extract(extract.uri),
        run_id=run_id,
        stage_id=str(uuid4()),
        mode=extract.mode,
        watermark_column=extract.watermark_column,
        watermark=extract.watermark,
        extract_uri=extract.uri,
        desktop_time_zone=registry.desktop_time_zone,
        staged_parents=staged_parents_of(connection, registry, target, run_id) if dry_run else None,
    )


def staged_parents_of(connection: Connection[Any], registry: Registry, target: Target, run_id: str) -> dict[str, str]:
    """The tables that `target` references and that the dry run has staged before it: table -> staging."""
    referenced = {foreign_key.referenced_table for foreign_key in target.foreign_keys}
    found = {}
    for spec in registry.tables:
        manifest = ledger.manifest(connection, run_id, spec.name)
        if manifest is not None:
            parent = catalog.read_target(connection, spec.target_table).relation
            if parent in referenced:
                found[parent] = manifest.relation
    return found
