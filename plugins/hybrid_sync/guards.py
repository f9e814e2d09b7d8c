"""Stops before a merge that would take away more desktop rows than anyone meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hybrid_sync.errors import GuardTripped
from hybrid_sync.specs import Strategy

if TYPE_CHECKING:
    from hybrid_sync.specs import TableSpec


def check_extract(
    spec: TableSpec,
    *,
    full: bool,
    rows_read: int,
    desktop_rows: int,
    vanishing: int,
    approved: int | None,
) -> None:
    """Refuse a full extract that is empty, or whose merge would make more rows vanish than allowed.

    :param full: an incremental extract cannot delete; it is let through for an upsert, refused for a delete_insert.
    :param rows_read: rows of the extract.
    :param desktop_rows: desktop rows that the cloud has now.
    :param vanishing: desktop rows that the cloud would have fewer of after the merge.
    :param approved: `approve_deletes` of this run for this table: a ceiling in rows, in place of max_shrink.
    :raises GuardTripped: with the numbers and the command that approves them.
    """
    if not full and spec.strategy is Strategy.DELETE_INSERT:
        raise GuardTripped(
            "an incremental extract cannot replace a delete_insert table's rows: those it does not hold would go. "
            "Nothing was changed. Run it in full mode.",
            table=spec.name,
        )
    if not full or desktop_rows == 0:
        return
    ceiling = approved if approved is not None else int(spec.max_shrink * desktop_rows)
    if rows_read == 0 and approved is None:
        raise GuardTripped(
            f"desktop table {spec.source_table} is empty, the cloud has {desktop_rows} desktop rows. Nothing was "
            f"changed. If the desktop's table is meant to be empty: {approval(spec.name, vanishing)}",
            table=spec.name,
        )
    if vanishing > ceiling:
        limit = (
            f"{approved} were approved"
            if approved is not None
            else f"max_shrink {spec.max_shrink:g} allows {ceiling}"
        )  # fmt: skip
        raise GuardTripped(
            f"{vanishing} of the cloud's {desktop_rows} desktop rows would go ({rows_read} rows read), and "
            f"{limit}. Nothing was changed. If that many are meant to go: {approval(spec.name, vanishing)}",
            table=spec.name,
        )


def approval(table: str, rows: int) -> str:
    """The command that approves the loss of `rows` desktop rows of `table` in a new run."""
    conf = json.dumps({"tables": [table], "approve_deletes": {table: rows}})
    return f"airflow dags trigger hybrid_sync --conf '{conf}'"
