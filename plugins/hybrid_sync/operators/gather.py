"""Make one staging of a split table's parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import extracts, ledger, staging
from hybrid_sync.connections import cloud
from hybrid_sync.errors import StagingLost
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.operators.part import Part
from hybrid_sync.operators.whole import gather_parts

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

    from hybrid_sync.specs import Registry


class GatherOperator(BaseOperator):
    """Wait for every part, make one extract and one staging of them, and apply the rules between rows to the whole.

    What a run read in one piece was staged whole, and nothing is left to do. A part that is not staged, or was emptied
    by a crash, is loaded again from its extract.

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
        """Gather. Returns stage_id, relation and the counts of rows in the whole."""
        choices = choices_of(context)
        cut = [Part.from_json(part) for part in context["ti"].xcom_pull(task_ids=f"{self.spec.name}.split")]
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            if cut[0].whole:
                return self._whole(connection, choices.run_id)
            folder = extracts.extract_folder(
                extracts.base_uri(), context["dag"].dag_id, choices.run_id, self.spec.name
            )  # fmt: skip
            if cut[0].index_uri:  # a replay
                whole = extracts.read_whole(cut[0].index_uri)
            else:
                whole = extracts.write_index(folder, cut[0].split_id, len(cut))
            whole = replace(whole, watermark_column=cut[0].watermark_column, watermark=cut[0].watermark)
            staged = gather_parts(
                connection, self.registry, self.spec, whole, choices.run_id, dry_run=choices.dry_run
            )  # fmt: skip
        self.log.info(
            "Gathered %s from %d parts: %d of %d rows, %d duplicates, %d rejects",
            self.spec.name, len(cut), staged.rows, staged.rows_read, staged.duplicates, staged.rejects,
        )  # fmt: skip
        return {
            "stage_id": staged.stage_id, "relation": staged.relation, "rows": staged.rows,
            "duplicates": staged.duplicates, "rejects": staged.rejects,
        }  # fmt: skip

    def _whole(self, connection: Connection[Any], run_id: str) -> dict[str, Any]:
        staging.forget_parts(connection, run_id, self.spec.name)  # of an earlier attempt that was cut
        manifest = ledger.manifest(connection, run_id, self.spec.name)
        if manifest is None:
            raise StagingLost("nothing was staged in this run. Clear the table's task group.", table=self.spec.name)
        self.log.info("%s was read and staged in one piece: nothing to gather", self.spec.name)
        return {
            "stage_id": manifest.stage_id, "relation": manifest.relation, "rows": manifest.row_count,
            "duplicates": manifest.duplicates, "rejects": manifest.rejects,
        }  # fmt: skip
