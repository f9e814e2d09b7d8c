"""Extract and stage one part of a split table: mapped tasks, one pair a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hybrid_sync import extracts
from hybrid_sync.connections import cloud, desktop_connection_string
from hybrid_sync.desktop import TextNotUtf8
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.operators.extract import ExtractOperator
from hybrid_sync.operators.part import Part
from hybrid_sync.operators.stage import StageOperator
from hybrid_sync.operators.whole import stage_part
from hybrid_sync.reader import with_desktop
from hybrid_sync.reading import FULL

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hybrid_sync.desktop import Desktop
    from hybrid_sync.extracts import Extract


class ExtractPartOperator(ExtractOperator):
    """Read one part over ODBC into a Parquet file of its own; a whole table as `ExtractOperator` does.

    :param part: a `Part` as JSON, of the split task.
    """

    template_fields: Sequence[str] = ("part",)

    def __init__(self, *, part: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the part. Returns its extract."""
        part = Part.from_json(self.part)
        if part.whole:
            return super().execute(context)
        if part.extract is not None:
            return dict(part.extract)
        choices = choices_of(context)
        folder = extracts.extract_folder(
            extracts.base_uri(), context["dag"].dag_id, choices.run_id, self.spec.name
        )  # fmt: skip
        reopen_store = extracts.store_for_fork(folder)

        def work(desktop: Desktop) -> Extract:
            reopen_store()
            try:
                return self._read_part(desktop, part, folder, choices.run_id)
            except TextNotUtf8:
                # Undecoded, so that staging can name the rows and reject them alone.
                self.log.warning("%s: some text is not UTF-8; reading its bytes", self.spec.name)
                return self._read_part(desktop, part, folder, choices.run_id, raw_text=True)

        doing = f"{part.label} of table {self.spec.source_table} was read"
        extract = with_desktop(desktop_connection_string(self.desktop_conn_id), doing, work, table=self.spec.name)
        self.log.info("Extracted %s, %s: %d rows to %s", self.spec.name, part.label, extract.rows, extract.uri)
        return extract.to_json()

    def _read_part(
        self, desktop: Desktop, part: Part, folder: str, run_id: str, *, raw_text: bool = False
    ) -> Extract:  # fmt: skip
        assert part.range is not None  # noqa: S101 - a part that is read has one
        self.log.info("Reading %s, %s: %s", self.spec.name, part.label, part.range)
        wanted = tuple(part.columns.values())
        return extracts.write_extract(
            desktop.read(self.spec.source_table, wanted, part.range.where, raw_text=raw_text),
            extracts.part_folder(folder, part.split_id, part.number),
            run_id=run_id,
            table=self.spec.name,
            columns=part.columns,
            mode=FULL,
            known={
                "watermark_column": part.watermark_column, "watermark": part.watermark,
                "split_id": part.split_id, "part": part.number, "parts": part.parts,
            },
        )  # fmt: skip


class StagePartOperator(StageOperator):
    """Copy one part into a table of its own; a whole extract as `StageOperator` does.

    :param extract: what the part's extract task returned.
    """

    template_fields: Sequence[str] = ("extract",)

    def __init__(self, *, extract: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extract = extract

    def execute(self, context: Context) -> dict[str, Any]:
        """Stage the part anew. Returns its relation and the counts of rows."""
        choices = choices_of(context)
        extract = self._extract(context)
        if extract.split_id is None:
            return super().execute(context)
        with cloud(self.cloud_conn_id, self.spec.name) as connection:
            part = stage_part(connection, self.registry, self.spec, extract, choices.run_id, dry_run=choices.dry_run)
        self.log.info(
            "Staged %s, part %d of %d: %d of %d rows, %d rejects",
            self.spec.name, extract.part, extract.parts, part.rows, part.rows_read, part.rows_read - part.rows,
        )  # fmt: skip
        return {"part": extract.part, "relation": part.relation, "rows": part.rows, "rows_read": part.rows_read}

    def _extract(self, context: Context) -> Extract:
        return extracts.Extract.from_json(self.extract)
