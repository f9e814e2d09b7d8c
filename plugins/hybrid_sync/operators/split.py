"""Decide, once a run, in which parts a split table is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.sdk import BaseOperator

from hybrid_sync import extracts, ledger, replaying
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.odbc.drivers import Dbms
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.operators.part import Part
from hybrid_sync.reader import with_desktop
from hybrid_sync.reading import FULL, plan_reading, watermark_column
from hybrid_sync.splitting import FEWEST_ROWS, cut, split_column
from hybrid_sync.watermarks import as_text, went_back

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hybrid_sync.desktop import Desktop
    from hybrid_sync.ledger import ReadState
    from hybrid_sync.operators.choices import Choices
    from hybrid_sync.preflight import TableFacts
    from hybrid_sync.reading import ReadingPlan
    from hybrid_sync.specs import Registry


class SplitOperator(BaseOperator):
    """Cut the table into ranges of a desktop column, and read its watermark before any part is read.

    All parts and all their retries go by what is decided here. An incremental run, and a table that is not worth
    cutting, is one part that is the whole; a replay has the parts that the earlier run had.

    :param registry: the whole registry.
    :param table: the name of the registry's entry, which has `split`.
    :param desktop_conn_id: Airflow connection of the desktop.
    :param cloud_conn_id: Airflow connection of the cloud, asked for the target's columns and the stored watermark.
    """

    ui_color = "#f3e9d2"

    def __init__(
        self,
        *,
        registry: Registry,
        table: str,
        desktop_conn_id: str = "desktop",
        cloud_conn_id: str = "supabase",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.registry = registry
        self.spec = registry.table(table)
        self.desktop_conn_id = desktop_conn_id
        self.cloud_conn_id = cloud_conn_id

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Cut. Returns the parts as JSON, at least one. Raises SchemaMismatch for what stops the table."""
        from hybrid_sync import preflight

        choices = choices_of(context)
        choices.require(self.spec.name)
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            facts = preflight.read_table(connection, self.registry, self.spec.name)
            state = ledger.read_state(connection, self.spec.name)
        if choices.replay is not None:
            parts = self._replayed(choices.replay, context["dag"].dag_id, facts, state)
        else:
            parts = self._cut(choices, facts, state)
        for part in parts if len(parts) > 1 else ():
            self.log.info("%s, %s: %s", self.spec.name, part.label, part.range or f"of run {choices.replay}")
        return [part.to_json() for part in parts]

    def _replayed(self, run_id: str, dag_id: str, facts: TableFacts, state: ReadState | None) -> list[Part]:
        found = extracts.find_extract(extracts.base_uri(), dag_id, run_id, self.spec.name)
        if found.split_id is None:
            return [_whole()]  # its extract task checks and tells the rest
        from hybrid_sync import preflight

        preflight.check_table(self.spec, self.registry, facts, None).required()
        whole = replaying.replayed(found, self.spec, self.registry.ownership, facts.target, state)
        self.log.info("%s: the desktop is not read; run %s read this at %s", self.spec.name, run_id, found.created)
        if whole.watermark_column:
            self.log.warning(
                "%s: its merge puts the stored watermark of %s out (it was %s): the next run reads the table in full",
                self.spec.name, whole.watermark_column, state.value if state else None,
            )  # fmt: skip
        return [
            Part(
                number=part.part, parts=part.parts, split_id=found.split_id, columns={}, extract=part.to_json(),
                watermark_column=whole.watermark_column, index_uri=found.uri,
            )
            for part in extracts.read_parts(found)
        ]  # fmt: skip

    def _cut(self, choices: Choices, facts: TableFacts, state: ReadState | None) -> list[Part]:
        def work(desktop: Desktop) -> list[Part]:
            return self._cut_from(desktop, choices, facts, state)

        doing = f"the range of table {self.spec.source_table} was read"
        return with_desktop(desktop_connection_string(self.desktop_conn_id), doing, work, table=self.spec.name)

    def _cut_from(
        self, desktop: Desktop, choices: Choices, facts: TableFacts, state: ReadState | None
    ) -> list[Part]:  # fmt: skip
        from hybrid_sync import preflight

        columns = desktop.columns(self.spec.source_table)
        by_letters = desktop.driver.dbms is Dbms.SQLITE
        pairs = preflight.check_table(self.spec, self.registry, facts, columns).required()
        stamp = watermark_column(self.spec, columns)
        plan = plan_reading(self.spec, choices.mode, stamp, state, pairs, by_letters=by_letters)
        if plan.mode != FULL:
            self.log.info("%s is read in one piece: the run is incremental", self.spec.name)
            return [_whole()]
        parts = self._parts(desktop, pairs, plan)
        stored = state.value if state and plan.watermark == state.column else None
        if len(parts) > 1 and plan.watermark and (why := went_back(stored, parts[0].watermark, by_letters=by_letters)):
            self.log.warning("%s: %s", self.spec.name, why)
        return parts

    def _parts(self, desktop: Desktop, pairs: dict[str, str], plan: ReadingPlan) -> list[Part]:
        """The parts of a full read, their watermark read before any of them."""
        column = split_column(self.spec, desktop.columns(self.spec.source_table))
        assert column is not None  # noqa: S101 - preflight's check has found it
        assert self.spec.split is not None  # noqa: S101
        wanted = list(dict.fromkeys([column.name, *([plan.watermark] if plan.watermark else [])]))
        rows, extremes = desktop.extremes(self.spec.source_table, wanted)
        ranges = cut(column, *extremes[column.name], parts=min(self.spec.split.parts, rows // FEWEST_ROWS))
        if len(ranges) < 2:
            self.log.info("%s is read in one piece: %d rows, and %s", self.spec.name, rows, _reason(rows, column.name))
            return [_whole()]
        split_id = str(uuid4())
        return [
            Part(
                number=number, parts=len(ranges), split_id=split_id, columns=pairs, range=part,
                watermark_column=plan.watermark,
                watermark=as_text(extremes[plan.watermark][1]) if plan.watermark else None,
            )
            for number, part in enumerate(ranges, 1)
        ]  # fmt: skip


def _reason(rows: int, column: str) -> str:
    if rows < 2 * FEWEST_ROWS:
        return f"a part has at least {FEWEST_ROWS}"
    return f"the lowest and the highest value of {column} give no range that can be cut"


def _whole() -> Part:
    return Part(number=1, parts=1, split_id="", columns={})
