"""Read every certificate of the run and give the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import catalog, ledger, notifying, sql
from hybrid_sync.connections import cloud
from hybrid_sync.errors import RunFailed, SchemaMismatch
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.plan import plan_merge
from hybrid_sync.verdict import as_table, judge

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

    from hybrid_sync.specs import Registry, TableSpec
    from hybrid_sync.verdict import TableVerdict

STEPS = ("extract", "stage", "merge")
STEPS_IN_PARTS = ("split", "extract", "stage", "gather", "merge")


class ValidateOperator(BaseOperator):
    """Print the run's verdict table; fail the run when a table failed or its mobile rows are not proved identical.

    :param registry: the whole registry.
    :param cloud_conn_id: Airflow connection of the cloud.
    """

    ui_color = "#e8dcec"

    def __init__(self, *, registry: Registry, cloud_conn_id: str = "supabase", **kwargs: Any) -> None:
        notifying.configured()  # what is wrong with it shows as an import error, not when there is bad news to tell
        super().__init__(on_failure_callback=tell_failure, **kwargs)
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
        self._tell(context, choices.tables, verdicts, merges)
        if bad:
            raise RunFailed(
                f"{len(bad)} of {len(choices.tables)} tables: "
                + " ".join(verdict.explanation or f"{verdict.table}: {verdict.verdict}." for verdict in bad)
            )
        return {verdict.table: verdict.verdict for verdict in verdicts}

    def _tell(
        self,
        context: Context,
        tables: Sequence[str],
        verdicts: Sequence[TableVerdict],
        merges: Mapping[str, ledger.MergeRecord],
    ) -> None:
        told = [record for table, record in merges.items() if table in tables and not record.dry_run]
        event = notifying.event_of(
            failed=any(verdict.bad for verdict in verdicts),
            rejects=sum(record.rejects for record in told),
            conflicts=sum(record.conflicts for record in told),
        )
        if event is not None:
            notice = notifying.Notice(
                event=event,
                run_id=context["run_id"],
                summary=" ".join(verdict.explanation for verdict in verdicts if verdict.explanation),
                tables={verdict.table: verdict.verdict for verdict in verdicts if verdict.table in tables},
            )
            notifying.tell(notice, dict(context))

    def _states(self, context: Context) -> dict[str, Mapping[str, str | None]]:
        """Table -> step -> its task's state in this run; `extract[2]` is the step of the third part."""
        run_id = context["run_id"]
        dag_id = context["dag"].dag_id
        steps = {spec.name: STEPS_IN_PARTS if spec.split else STEPS for spec in self.registry.tables}
        task_ids = [f"{name}.{step}" for name in steps for step in steps[name]]
        found = context["ti"].get_task_states(dag_id=dag_id, task_ids=task_ids, run_ids=[run_id]).get(run_id, {})
        return {name: states_of(name, steps[name], found) for name in steps}

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


def states_of(table: str, steps: Sequence[str], found: Mapping[str, str | None]) -> dict[str, str | None]:
    """The states of a table's steps in their order, out of those that Airflow tells by task.

    A mapped task is told as `<task>_<number>`, one for each part; of a cut that is no more it is `removed`.
    """
    states: dict[str, str | None] = {}
    for step in steps:
        task = f"{table}.{step}"
        numbers = [name.removeprefix(f"{task}_") for name in found if name.startswith(f"{task}_")]
        parts = {int(number): found[f"{task}_{number}"] for number in numbers if number.isdecimal()}
        there = {f"{step}[{number}]": parts[number] for number in sorted(parts) if parts[number] != "removed"}
        states |= there or {step: found.get(task)}
    return states


def tell_failure(context: Context) -> None:
    """Tell that no verdict was reached: the cloud could not be read, say, or the task ran out of time."""
    error = context.get("exception")
    if not isinstance(error, RunFailed):  # that one was told with its verdicts
        summary = (
            f"no verdict was reached ({type(error).__name__}). Read the log of validate_mobile_rows, and clear it."
        )
        notice = notifying.Notice(notifying.Event.FAILED, context["run_id"], summary, {})
        notifying.tell(notice, dict(context))
