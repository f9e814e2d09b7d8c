"""Read a table from the desktop into an extract, or take an earlier run's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import extracts, ledger, replaying
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.desktop import TextNotUtf8
from hybrid_sync.odbc.drivers import Dbms
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.reader import with_desktop
from hybrid_sync.reading import INCREMENTAL, ReadingPlan, plan_reading, watermark_column
from hybrid_sync.watermarks import went_back

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hybrid_sync.desktop import Desktop
    from hybrid_sync.ledger import ReadState
    from hybrid_sync.operators.choices import Choices
    from hybrid_sync.preflight import TableFacts
    from hybrid_sync.specs import Registry


class ExtractOperator(BaseOperator):
    """Read the columns that both sides have over ODBC and write them as Parquet.

    :param registry: the whole registry.
    :param table: the name of the registry's entry.
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

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the table. Returns the extract: its URI, row count, columns and watermark."""
        from hybrid_sync import preflight

        choices = choices_of(context)
        choices.require(self.spec.name)
        dag_id = context["dag"].dag_id
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            facts = preflight.read_table(connection, self.registry, self.spec.name)
            state = ledger.read_state(connection, self.spec.name)
        if choices.replay is not None:
            extract = self._replay(choices.replay, dag_id, facts, state)
        else:
            extract = self._extract(choices, dag_id, facts, state)
        self.log.info("Extracted %s: %d rows to %s", self.spec.name, extract.rows, extract.uri)
        return extract.to_json()

    def _replay(self, run_id: str, dag_id: str, facts: TableFacts, state: ReadState | None) -> extracts.Extract:
        from hybrid_sync import preflight

        preflight.check_table(self.spec, self.registry, facts, None).required()
        base = extracts.base_uri()
        found = extracts.find_extract(base, dag_id, run_id, self.spec.name)
        extract = replaying.replayed(found, self.spec, self.registry.ownership, facts.target, state)
        self.log.info("%s: the desktop is not read; run %s read this at %s", self.spec.name, run_id, found.created)
        if warning := replaying.warning(found, base, dag_id):
            self.log.warning("%s: %s", self.spec.name, warning)
        if extract.watermark_column:
            self.log.warning(
                "%s: its merge puts the stored watermark of %s out (it was %s): the next run reads the table in full",
                self.spec.name, extract.watermark_column, state.value if state else None,
            )  # fmt: skip
        return extract

    def _extract(self, choices: Choices, dag_id: str, facts: TableFacts, state: ReadState | None) -> extracts.Extract:
        folder = extracts.extract_folder(extracts.base_uri(), dag_id, choices.run_id, self.spec.name)
        reopen_store = extracts.store_for_fork(folder)

        def work(desktop: Desktop) -> extracts.Extract:
            reopen_store()
            return self._extract_from(desktop, choices, folder, facts, state)

        doing = f"table {self.spec.source_table} was read"
        return with_desktop(desktop_connection_string(self.desktop_conn_id), doing, work, table=self.spec.name)

    def _extract_from(
        self, desktop: Desktop, choices: Choices, folder: str, facts: TableFacts, state: ReadState | None
    ) -> extracts.Extract:
        """Judge the table, read it and write its file: all in the reader's process, so that no row changes process."""
        from hybrid_sync import preflight

        columns = desktop.columns(self.spec.source_table)
        by_letters = desktop.driver.dbms is Dbms.SQLITE
        pairs = preflight.check_table(self.spec, self.registry, facts, columns).required()
        for column, warning in desktop.warnings(self.spec.source_table, tuple(pairs.values())).items():
            self.log.warning("%s: desktop column %s: %s", self.spec.name, column, warning)
        stamp = watermark_column(self.spec, columns)
        plan = plan_reading(self.spec, choices.mode, stamp, state, pairs, by_letters=by_letters)
        extract = self._read(desktop, pairs, plan, folder, choices.run_id)
        stored = state.value if state and plan.watermark == state.column else None
        if plan.watermark and (why := went_back(stored, extract.watermark, by_letters=by_letters)):
            self.log.warning("%s: %s", self.spec.name, why)
            if plan.mode == INCREMENTAL:
                extract = self._read(desktop, pairs, plan.in_full(why), folder, choices.run_id)
        return extract

    def _read(
        self, desktop: Desktop, pairs: Mapping[str, str], plan: ReadingPlan, folder: str, run_id: str
    ) -> extracts.Extract:
        self.log.info("Reading %s %s: %s", self.spec.name, "in full" if not plan.where else plan.mode, plan.why)
        try:
            return self._write(desktop, pairs, plan, folder, run_id)
        except TextNotUtf8:
            # Undecoded, so that staging can name the rows and reject them alone.
            self.log.warning("%s: some text is not UTF-8; reading its bytes", self.spec.name)
            return self._write(desktop, pairs, plan, folder, run_id, raw_text=True)

    def _write(
        self,
        desktop: Desktop,
        pairs: Mapping[str, str],
        plan: ReadingPlan,
        folder: str,
        run_id: str,
        *,
        raw_text: bool = False,
    ) -> extracts.Extract:
        wanted = dict.fromkeys([*pairs.values(), *([plan.watermark] if plan.watermark else [])])
        return extracts.write_extract(
            desktop.read(self.spec.source_table, tuple(wanted), plan.where, raw_text=raw_text),
            folder,
            run_id=run_id,
            table=self.spec.name,
            columns=pairs,
            mode=plan.mode,
            watermark=plan.watermark,
        )
