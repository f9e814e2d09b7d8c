"""Make one staging of a split table's parts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow.sdk import BaseOperator

from hybrid_sync import catalog, extracts, ledger, staging
from hybrid_sync.connections import cloud
from hybrid_sync.errors import StagingLost
from hybrid_sync.operators.choices import choices_of
from hybrid_sync.operators.part import Part
from hybrid_sync.operators.stage import stage_extract, staged_parents_of

if TYPE_CHECKING:
    from airflow.sdk import Context
    from psycopg import Connection

    from hybrid_sync.extracts import Extract
    from hybrid_sync.specs import Registry, TableSpec
    from hybrid_sync.staging import Staged, StagedPart

log = logging.getLogger(__name__)


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


def stage_whole(
    connection: Connection[Any], registry: Registry, spec: TableSpec, extract: Extract, run_id: str, *, dry_run: bool
) -> Staged:
    """Load `extract`, in one piece or in parts, into the staging of `run_id` under a new stage_id."""
    stage = stage_extract if extract.split_id is None else gather_parts
    return stage(connection, registry, spec, extract, run_id, dry_run=dry_run)


def stage_part(
    connection: Connection[Any], registry: Registry, spec: TableSpec, part: Extract, run_id: str, *, dry_run: bool
) -> StagedPart:
    """Load one part into a table of its own. Raises what `staging.load_part` raises."""
    assert part.split_id is not None  # noqa: S101 - a part has one
    target = catalog.read_target(connection, spec.target_table)
    return staging.load_part(
        connection,
        spec=spec,
        ownership=registry.ownership,
        target=target,
        batches=extracts.open_extract(part.uri),
        run_id=run_id,
        split_id=part.split_id,
        part=part.part,
        desktop_time_zone=registry.desktop_time_zone,
        staged_parents=staged_parents_of(connection, registry, target, run_id) if dry_run else None,
    )


def gather_parts(
    connection: Connection[Any], registry: Registry, spec: TableSpec, whole: Extract, run_id: str, *, dry_run: bool
) -> Staged:
    """Make one staging of the parts of `whole`; those that are not staged are loaded from their extracts, once.

    Raises what `staging.gather` raises, and ExtractLost when a part that has to be loaded is gone.
    """
    assert whole.split_id is not None  # noqa: S101
    there = staging.staged_parts(connection, run_id, spec.name)
    staged = {number for number, part in there.items() if part.split_id == whole.split_id}
    _load(connection, registry, spec, whole, run_id, set(range(1, whole.parts + 1)) - staged, dry_run=dry_run)
    try:
        return _gather(connection, registry, spec, whole, run_id, dry_run=dry_run)
    except staging.PartsLost as lost:
        log.warning("%s", lost)
        _load(connection, registry, spec, whole, run_id, lost.parts, dry_run=dry_run)
        return _gather(connection, registry, spec, whole, run_id, dry_run=dry_run)


def _load(
    connection: Connection[Any],
    registry: Registry,
    spec: TableSpec,
    whole: Extract,
    run_id: str,
    numbers: Iterable[int],
    *,
    dry_run: bool,
) -> None:
    for number in sorted(numbers):
        log.warning("%s: part %d is not staged. Loading it from its extract, once.", spec.name, number)
        part = extracts.read_parts(whole)[number - 1]
        stage_part(connection, registry, spec, part, run_id, dry_run=dry_run)


def _gather(
    connection: Connection[Any], registry: Registry, spec: TableSpec, whole: Extract, run_id: str, *, dry_run: bool
) -> Staged:
    assert whole.split_id is not None  # noqa: S101
    target = catalog.read_target(connection, spec.target_table)
    return staging.gather(
        connection,
        spec=spec,
        ownership=registry.ownership,
        target=target,
        columns=whole.columns,
        run_id=run_id,
        split_id=whole.split_id,
        parts=whole.parts,
        stage_id=str(uuid4()),
        origin=staging.Origin(whole.mode, whole.watermark_column, whole.watermark, whole.uri),
        desktop_time_zone=registry.desktop_time_zone,
        staged_parents=staged_parents_of(connection, registry, target, run_id) if dry_run else None,
    )
