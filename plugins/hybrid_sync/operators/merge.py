"""Merge a table's staging into its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Asset, BaseOperator

from hybrid_sync import catalog, extracts, ledger, merging, sql, staging
from hybrid_sync.columns import pair_columns
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.errors import StagingLost
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.operators.whole import stage_whole
from hybrid_sync.plan import plan_merge
from hybrid_sync.reader import with_desktop
from hybrid_sync.telling import read_telling

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment
    from psycopg import Connection

    from hybrid_sync.plan import MergePlan
    from hybrid_sync.specs import Registry


class MergeOperator(BaseOperator):
    """Run the template of the table's strategy in one certified transaction.

    The rendered statement is the template field `sql`: the Rendered Templates tab and `airflow tasks render` show
    it as it runs. A committed merge emits an event of the asset `hybrid_sync.<table>`, with the counts as extra; a dry
    run emits none.

    :param registry: the whole registry.
    :param table: the name of the registry's entry.
    :param desktop_conn_id: Airflow connection of the desktop, asked only to render a table that was never staged.
    :param cloud_conn_id: Airflow connection of the cloud.
    """

    template_fields: Sequence[str] = ("sql",)
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "sql"}
    ui_color = "#d6e9d8"

    def __init__(
        self,
        *,
        registry: Registry,
        table: str,
        desktop_conn_id: str = "desktop",
        cloud_conn_id: str = "supabase",
        **kwargs: Any,
    ) -> None:
        self.asset = Asset(name=f"hybrid_sync.{table}", group="hybrid_sync")
        super().__init__(outlets=[self.asset], **kwargs)
        self.registry = registry
        self.spec = registry.table(table)
        self.desktop_conn_id = desktop_conn_id
        self.cloud_conn_id = cloud_conn_id
        self.sql = self.spec.template
        self._plan: MergePlan | None = None

    def render_template_fields(self, context: Context, jinja_env: Environment | None = None) -> None:
        """Render `sql` with the columns that the run staged; before it staged any, with those it would stage."""
        choices = choices_of(context)
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            manifest = ledger.manifest(connection, choices.run_id, self.spec.name)
            target = catalog.read_target(connection, self.spec.target_table)
            if manifest is not None:
                columns: Sequence[str] = manifest.columns
            else:
                columns = tuple(pair_columns(self.spec, self.registry.ownership, target, self._desktop_columns()))
            self._plan = plan_merge(
                self.spec,
                self.registry.ownership,
                target,
                run_id=choices.run_id,
                staging=manifest.relation if manifest else staging.relation_name(self.spec.name, choices.run_id),
                columns=columns,
                full=manifest is None or manifest.mode == "full",
                dry_run=choices.dry_run,
                reachable=catalog.read_reachable(connection, target, self.registry.ownership.column),
                rejects=manifest.rejects if manifest else 0,
            )
            if self._plan.only_changed:
                telling = read_telling(connection, self._plan.staging, self._plan.compared)
                self._plan = replace(self._plan, telling=telling)
        names: Any = {**context, "plan": self._plan}
        # Not with Airflow's environment, which compiles every template and macro anew (0.06 s): this one is compiled
        # before the task begins (preload.py).
        super().render_template_fields(names, sql.environment())

    def execute(self, context: Context) -> dict[str, int]:
        """Merge, or do nothing if this staging was merged before. Returns the counts of rows."""
        choices = choices_of(context)
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            try:
                record = self._merge(connection, choices.approve_deletes.get(self.spec.name))
            except StagingLost as lost:
                now = ledger.manifest(connection, choices.run_id, self.spec.name)
                if now is not None and self._tried == now.stage_id:
                    self.log.warning("%s Loading it again from its extract, once.", lost)
                    self._stage_again(connection)
                record = self._merge(connection, choices.approve_deletes.get(self.spec.name))
            if not record.dry_run:  # a dry run's children look for their parents in its stagings
                staging.drop(connection, self.spec.name, choices.run_id, record.stage_id)
        self.log.info(
            "%s %s (%s): staged=%d inserted=%d updated=%d unchanged=%d deleted=%d conflicts=%d rejects=%d, "
            "%d mobile rows identical",
            "Would merge" if record.dry_run else "Merged", record.table_name, record.strategy, record.staged,
            record.inserted, record.updated, record.unchanged, record.deleted, record.conflicts, record.rejects,
            record.mobile_rows_after,
        )  # fmt: skip
        self._emit(context, record)
        return record.counts()

    def _emit(self, context: Context, record: ledger.MergeRecord) -> None:
        if record.dry_run:
            self.outlets = []  # nothing has changed: no DAG that is scheduled on the asset may start
        else:
            told = {"run_id": record.run_id, "table": record.table_name, "mode": record.mode}
            context["outlet_events"][self.asset].extra = {**told, **record.counts()}

    def _merge(self, connection: Connection[Any], approved_deletes: int | None) -> ledger.MergeRecord:
        assert self._plan is not None  # noqa: S101 - rendering comes before execute
        manifest = ledger.manifest(connection, self._plan.run_id, self.spec.name)
        if manifest is None:
            raise StagingLost("nothing was staged in this run. Clear the table's task group.", table=self.spec.name)
        self._tried = manifest.stage_id
        plan = merging.with_staging(self._plan, manifest)
        return merging.merge(connection, self.spec, plan, manifest, self.sql, approved_deletes=approved_deletes)

    def _stage_again(self, connection: Connection[Any]) -> None:
        assert self._plan is not None  # noqa: S101
        manifest = ledger.manifest(connection, self._plan.run_id, self.spec.name)
        if manifest is not None:
            # The file says how far its own run had read; after a replay the manifest says that nothing is known.
            extract = replace(
                extracts.read_whole(manifest.extract_uri),
                watermark_column=manifest.watermark_column,
                watermark=manifest.watermark,
            )
            run_id, dry_run = self._plan.run_id, self._plan.dry_run
            stage_whole(connection, self.registry, self.spec, extract, run_id, dry_run=dry_run)

    def _desktop_columns(self) -> list[str]:
        source = self.spec.source_table
        columns = with_desktop(
            desktop_connection_string(self.desktop_conn_id),
            f"the columns of table {source} were asked for",
            lambda desktop: desktop.columns(source),
            table=self.spec.name,
        )
        return [column.name for column in columns]
