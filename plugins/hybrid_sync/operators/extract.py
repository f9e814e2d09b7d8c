"""Read a table from the desktop into an extract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from hybrid_sync import catalog, extracts
from hybrid_sync.columns import pair_columns
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.desktop import Desktop, TextNotUtf8
from hybrid_sync.hazards import refuse_hazards
from hybrid_sync.operators.choices import choices_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hybrid_sync.specs import Registry


class ExtractOperator(BaseOperator):
    """Read the columns that both sides have over ODBC and write them as Parquet.

    :param registry: the whole registry.
    :param table: the name of the registry's entry.
    :param desktop_conn_id: Airflow connection of the desktop.
    :param cloud_conn_id: Airflow connection of the cloud, asked for the target's columns.
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
        choices = choices_of(context)
        choices.require(self.spec.name)
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            target = catalog.read_target(connection, self.spec.target_table)
        folder = extracts.extract_folder(
            extracts.base_uri(), context["dag"].dag_id, choices.run_id, self.spec.name
        )
        with Desktop(desktop_connection_string(self.desktop_conn_id)) as desktop:
            names = [column.name for column in desktop.columns(self.spec.source_table)]
            pairs = pair_columns(self.spec, self.registry.ownership, target, names)
            refuse_hazards(self.spec, target, pairs)
            for column, warning in desktop.warnings(self.spec.source_table, tuple(pairs.values())).items():
                self.log.warning("%s: desktop column %s: %s", self.spec.name, column, warning)
            try:
                extract = self._read(desktop, pairs, folder, choices.run_id)
            except TextNotUtf8:
                # Undecoded, so that staging can name the rows and reject them alone.
                self.log.warning("%s: some text is not UTF-8; reading its bytes", self.spec.name)
                extract = self._read(desktop, pairs, folder, choices.run_id, raw_text=True)
        self.log.info("Extracted %s: %d rows to %s", self.spec.name, extract.rows, extract.uri)
        return extract.to_json()

    def _read(
        self, desktop: Desktop, pairs: dict[str, str], folder: str, run_id: str, *, raw_text: bool = False
    ) -> extracts.Extract:
        return extracts.write_extract(
            desktop.read(self.spec.source_table, tuple(pairs.values()), raw_text=raw_text),
            folder,
            run_id=run_id,
            table=self.spec.name,
            columns=pairs,
            mode="full",
        )
