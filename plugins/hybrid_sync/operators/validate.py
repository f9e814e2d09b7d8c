"""Read every certificate of the run and give the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import catalog, ledger, sql
from hybrid_sync.connections import cloud
from hybrid_sync.errors import RunFailed, SchemaMismatch
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.plan import plan_merge
from hybrid_sync.verdict import as_table, judge

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

    from hybrid_sync.specs import Registry, TableSpec

STEPS = ("extract", "stage", "merge")


class ValidateOperator(BaseOperator):
    """Print the run's verdict table; fail the run when a table failed or its mobile rows are not proved identical.

    :param registry: the whole registry.
    :param cloud_conn_id: Airflow connection of the cloud.
    """

    ui_color = "#e8dcec"

    def __init__(self, *, registry: Registry, cloud_conn_id: str = "supabase", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.registry = registry
        self.cloud_conn_id = cloud_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Judge every table. Returns the verdict of each. Raises RunFailed naming the tables that fail the run."""
        choices = choices_of(context)
        states = self._states(context)
        with cloud(self.cloud_conn_id) as connection:
            ledger.migrate(connection)
            merges = ledger.merges_of_run(connection, choices.run_id)
            at_start = ledger.snapshot_of_run(connection, choices.run_id)
            verdicts = [
                judge(
                    spec.name,
                    spec.strategy.value,
                    selected=spec.name in choices.tables,
                    states=states[spec.name],
                    record=merges.get(spec.name),
                    mobile_at_start=at_start.get(spec.name),
                    mobile_now=self._mobile_now(connection, spec) if spec.name in choices.tables else None,
                )
                for spec in self.registry.tables
            ]
        self.log.info("Verdict of %s\n%s", choices.run_id, as_table(verdicts))
        for verdict in verdicts:
            if verdict.explanation:
                self.log.log(40 if verdict.bad else 30, "%s", verdict.explanation)
        bad = [verdict for verdict in verdicts if verdict.bad]
        if bad:
            raise RunFailed(
                f"{len(bad)} of {len(choices.tables)} tables: "
                + " ".join(verdict.explanation or f"{verdict.table}: {verdict.verdict}." for verdict in bad)
            )
        return {verdict.table: verdict.verdict for verdict in verdicts}

    def _states(self, context: Context) -> dict[str, Mapping[str, str | None]]:
        """Table -> step -> its task's state in this run."""
        run_id = context["run_id"]
        dag_id = context["dag"].dag_id
        task_ids = [f"{name}.{step}" for name in self.registry.names for step in STEPS]
        found = context["ti"].get_task_states(dag_id=dag_id, task_ids=task_ids, run_ids=[run_id]).get(run_id, {})
        return {name: {step: found.get(f"{name}.{step}") for step in STEPS} for name in self.registry.names}

    def _mobile_now(self, connection: Connection[Any], spec: TableSpec) -> int | None:
        try:
            target = catalog.read_target(connection, spec.target_table)
        except SchemaMismatch:
            return None
        if target.column(self.registry.ownership.column) is None:
            return None
        plan = plan_merge(
            spec, self.registry.ownership, target, run_id="", staging="", columns=(), full=True, dry_run=False
        )
        row = connection.execute(sql.render("validate/mobile_rows.sql", plan=plan)).fetchone()
        return int(row[0]) if row else None
