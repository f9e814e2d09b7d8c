"""What the package says of its runs: the verdict table in the log, the conflicts in its own schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo.rows import TABLES

VALIDATE = "validate_mobile_rows"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An open row of hybrid_sync.conflict."""

    table: str
    kind: str
    key: dict[str, Any]
    desktop_row: dict[str, Any]
    mobile_row: dict[str, Any]


def verdict_table(log: str) -> str:
    """The table of verdicts out of the log of `validate_mobile_rows`; empty if it holds none."""
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if line.split()[:2] == ["table", "strategy"]]
    if not starts:
        return ""
    wanted: list[str] = []
    for line in lines[starts[-1] :]:
        first = line.split()[0] if line.strip() else ""
        if wanted[2:] and first not in TABLES:
            break
        wanted.append(line)
    return "\n".join(wanted)


def open_conflicts(uri: str) -> list[Conflict]:
    """The conflicts of the cloud at `uri` that still stand."""
    import psycopg

    with psycopg.connect(uri) as cloud:
        found = cloud.execute(
            """
            SELECT table_name, kind, key, desktop_row, mobile_row FROM hybrid_sync.conflict
            WHERE resolved_at IS NULL ORDER BY table_name, detected_at
            """
        ).fetchall()
    return [Conflict(*row) for row in found]


def counts_of(uri: str, run_id: str) -> dict[str, tuple[int, int]]:
    """Rows inserted and updated by the merges of a run, by table."""
    import psycopg

    with psycopg.connect(uri) as cloud:
        found = cloud.execute(
            "SELECT table_name, inserted, updated FROM hybrid_sync.merge_log WHERE run_id = %s AND NOT dry_run",
            (run_id,),
        ).fetchall()
    return {str(table): (int(inserted), int(updated)) for table, inserted, updated in found}
