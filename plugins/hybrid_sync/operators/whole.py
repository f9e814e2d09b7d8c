"""Load an extract, in one piece or in parts, into the staging of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hybrid_sync import catalog, extracts, ledger, staging

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.catalog import Target
    from hybrid_sync.extracts import Extract
    from hybrid_sync.specs import Registry, TableSpec
    from hybrid_sync.staging import Staged, StagedPart

log = logging.getLogger(__name__)


def stage_whole(
    connection: Connection[Any], registry: Registry, spec: TableSpec, extract: Extract, run_id: str, *, dry_run: bool
) -> Staged:
    """Load `extract`, in one piece or in parts, into the staging of `run_id` under a new stage_id.

    Raises what `staging.load` raises, or `gather_parts`.
    """
    stage = _stage_piece if extract.split_id is None else gather_parts
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
        staged_parents=_staged_parents(connection, registry, target, run_id) if dry_run else None,
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
        staged_parents=_staged_parents(connection, registry, target, run_id) if dry_run else None,
    )


def _stage_piece(
    connection: Connection[Any], registry: Registry, spec: TableSpec, extract: Extract, run_id: str, *, dry_run: bool
) -> Staged:
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
        staged_parents=_staged_parents(connection, registry, target, run_id) if dry_run else None,
    )


def _staged_parents(connection: Connection[Any], registry: Registry, target: Target, run_id: str) -> dict[str, str]:
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
