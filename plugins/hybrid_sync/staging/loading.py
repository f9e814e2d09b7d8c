"""Stage one extract: the transaction, its order, and what it leaves behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.connections import translated
from hybrid_sync.conversion import Conversion
from hybrid_sync.errors import MergeContention, SchemaMismatch
from hybrid_sync.staging import keys, rules
from hybrid_sync.staging.concluding import Origin, Staged, conclude
from hybrid_sync.staging.copying import copy_in
from hybrid_sync.staging.stage import Stage, relation_name

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

    from hybrid_sync.catalog import Target
    from hybrid_sync.specs import Ownership, TableSpec


log = logging.getLogger(__name__)


def load(
    connection: Connection[Any],
    *,
    spec: TableSpec,
    ownership: Ownership,
    target: Target,
    batches: Iterator[pa.RecordBatch],
    run_id: str,
    stage_id: str,
    mode: str,
    watermark_column: str | None,
    watermark: str | None,
    extract_uri: str,
    desktop_time_zone: str,
    staged_parents: Mapping[str, str] | None = None,
) -> Staged:
    """Stage an extract in one transaction: COPY, checks, manifest. Needs nothing of the session.

    :param connection: without an open transaction, or the work becomes part of that one.
    :param batches: at least one, which may be empty; columns by the cloud's names, types as the driver gave them.
    :param stage_id: a new UUID; the manifest carries it to the merge.
    :param mode: `full` or `incremental`: a full extract clears all older rejects of the table.
    :param staged_parents: in a dry run, referenced table -> its staging: rows there count as parents too.
    :raises TooManyRejects: more rejects than `spec.max_rejects`. They are kept, nothing is staged.
    :raises SchemaMismatch: the extract has a column that the target lacks.
    :raises CloudUnavailable: and the others of `connections.translated`; nothing was changed.
    """
    first = next(batches)
    stage = stage_of(spec, target, first.schema.names, run_id, staged_parents=staged_parents)
    conversion = conversion_of(stage, spec, first.schema, desktop_time_zone)
    origin = Origin(mode, watermark_column, watermark, extract_uri)
    with translated(spec.name), connection.transaction():
        begin(connection, stage, desktop_time_zone)
        connection.execute(
            sql.render("stage/clear_rejects.sql"), {"run_id": run_id, "table": spec.name, "full": mode == "full"}
        )
        stage.run(connection, "create.sql", text_columns=conversion.text_columns)
        rows_read = copy_in(connection, stage, conversion, chain([first], batches))
        check_rows(connection, stage, ownership, target, conversion.text_columns)
        collapsed = check_between(connection, stage, spec, ownership, target)
        staged, refusal = conclude(connection, stage, spec, origin, stage_id, rows_read, collapsed)
    if refusal:
        raise refusal
    return staged


def stage_of(
    spec: TableSpec,
    target: Target,
    names: Sequence[str],
    run_id: str,
    *,
    part: int = 0,
    staged_parents: Mapping[str, str] | None = None,
) -> Stage:
    """The staging of the columns `names` in a run, or of one part of it. Raises SchemaMismatch as `load` does."""
    return Stage(
        table=spec.name,
        run_id=run_id,
        relation=relation_name(spec.name, run_id, part),
        target=target.relation,
        columns=tuple(_column(spec, target, name) for name in names),
        staged_parents=staged_parents or {},
    )


def conversion_of(stage: Stage, spec: TableSpec, schema: pa.Schema, zone: str) -> Conversion:
    """From an extract's types to the staging's."""
    required = {column.name for column in stage.columns if column.not_null} | set(spec.key)
    return Conversion(schema, stage.columns, zone, required)


def begin(connection: Connection[Any], stage: Stage, zone: str) -> None:
    """The settings of the transaction, and the lock on the staging's name."""
    connection.execute(sql.render("stage/settings.sql"), {"zone": zone})
    connection.execute(sql.render("stage/lock.sql"), {"relation": stage.relation})


def drop(connection: Connection[Any], table: str, run_id: str, stage_id: str) -> None:
    """Drop the staging of `table` in a run, unless it was staged anew since `stage_id`."""
    relation = relation_name(table, run_id)
    try:
        with translated(table), connection.transaction():
            connection.execute("SELECT set_config('lock_timeout', '5s', TRUE)")
            connection.execute(sql.render("stage/lock.sql"), {"relation": relation})
            names = {"run_id": run_id, "table": table, "stage_id": stage_id}
            current = connection.execute(sql.render("stage/is_current.sql"), names).fetchone()
            if current and current[0]:
                connection.execute(sql.render("stage/drop.sql", relation=relation))
    except MergeContention:
        log.warning("%s: someone looks at %s; a later run removes it", table, relation)


def check_rows(
    connection: Connection[Any], stage: Stage, ownership: Ownership, target: Target, text_columns: tuple[str, ...]
) -> None:
    """Every check by SQL of one row, in whatever company: rejects leave the staging."""
    rules.cast_texts(connection, stage, text_columns)
    stage.run(connection, "analyze.sql")
    owned = rules.owned_by_desktop(target, ownership, stage.names)
    # Both look at every staged row, so that a row shows all that is wrong with it at once.
    broken = rules.apply_constraints(connection, stage, target, owned)
    if broken + keys.reject_orphans(connection, stage, target, owned):
        stage.run(connection, "delete_rejected.sql")


def check_between(
    connection: Connection[Any], stage: Stage, spec: TableSpec, ownership: Ownership, target: Target
) -> int:
    """Every check between rows. Returns the identical rows that collapsed."""
    owned = rules.owned_by_desktop(target, ownership, stage.names)
    collapsed = keys.resolve_duplicates(connection, stage, spec, target, owned)
    keys.reject_orphans_within(connection, stage, target, owned)
    return collapsed


def _column(spec: TableSpec, target: Target, name: str) -> Any:
    column = target.column(name)
    if column is None:
        raise SchemaMismatch(
            f"the extract has a column {name}, which {target.relation} has no longer. Clear the table's extract task.",
            table=spec.name,
        )
    return column
