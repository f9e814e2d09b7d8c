"""An earlier run's extract in the place of a read of the desktop: the way back after a bad import.

What the desktop changed since that extract is not in the cloud after a replay, and no stamp tells where to go on from.
So a replay puts the stored watermark out, in the merge's transaction: the next run that reads the desktop reads the
whole table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hybrid_sync import extracts
from hybrid_sync.columns import pair_columns
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.reading import FULL

if TYPE_CHECKING:
    from hybrid_sync.catalog import Target
    from hybrid_sync.extracts import Extract
    from hybrid_sync.ledger import ReadState
    from hybrid_sync.specs import Ownership, TableSpec


def replayed(
    extract: Extract, spec: TableSpec, ownership: Ownership, target: Target, state: ReadState | None
) -> Extract:
    """`extract` as a replay stages it: fit for the target of today, and with a watermark that is put out.

    :param extract: of an earlier run, from `extracts.find_extract`.
    :param state: how far the table was read, if a watermark is stored.
    :raises SchemaMismatch: the target or the registry has changed so that the extract does not fit it any more.
    """
    fitting = pair_columns(replace(spec, columns=None), ownership, target, extract.columns)
    if strange := [name for name in extract.columns if name not in fitting]:
        raise SchemaMismatch(
            f"the extract of run {extract.run_id} holds {', '.join(strange)}, which the desktop may no longer fill in "
            f"{target.relation}, by the registry or the table itself. Replay a later run, or undo that change first.",
            table=spec.name,
        )
    column = spec.watermark or (state.column if state else extract.watermark_column)
    return replace(extract, watermark_column=column, watermark=None)


def warning(extract: Extract, base: str, dag_id: str) -> str | None:
    """What a replay of `extract` does not put back: an incremental one holds but the rows that had changed."""
    if extract.mode == FULL:
        return None
    full = [
        run_id
        for run_id in extracts.runs_with_extract(base, dag_id, extract.table)
        if extracts.find_extract(base, dag_id, run_id, extract.table).mode == FULL
    ]
    return (
        f"run {extract.run_id} read {extract.table} incrementally: the replay puts back its {extract.rows} rows and no "
        f"others. Runs that read the whole table: {', '.join(full) or 'none'}."
    )
