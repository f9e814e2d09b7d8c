"""What the page reads of the `hybrid_sync` schema. Every read is bounded, and none asks for a row's values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.connections import cloud
from hybrid_sync.ledger import MergeRecord

if TYPE_CHECKING:
    from psycopg import Connection

CLOUD = "supabase"
RUNS, GROUPS, KEYS, NUMBERS = 25, 200, 50, 20  # on one page: runs, groups; in a group: conflicts' keys, rejects' rows


@dataclass(frozen=True, slots=True)
class RunTrace:
    """What one run left in the ledger, by table: merges, mobile rows counted at its start, the last `stage_id`."""

    run_id: str
    started: datetime | None = None
    merges: dict[str, MergeRecord] = field(default_factory=dict)
    at_start: dict[str, int] = field(default_factory=dict)
    stagings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConflictGroup:
    """The open conflicts of one kind in one table; `keys` are the first of them: (jsonb as text, run id, since)."""

    table: str
    kind: str
    conflicts: int
    since: datetime
    keys: list[tuple[str, str, datetime]]


@dataclass(frozen=True, slots=True)
class RejectGroup:
    """Rows of one run and table that are rejected for one reason; `row_numbers` are the first of `rejects`."""

    run_id: str
    table: str
    column: str | None
    reason: str
    rejects: int
    rejected_at: datetime
    row_numbers: list[int]


@contextmanager
def opened_ledger() -> Iterator[Connection[Any] | None]:
    """A read-only snapshot of the cloud's ledger; None when no run has made it yet.

    Raises what `connections.cloud` raises.
    """
    with cloud(CLOUD) as connection, connection.transaction():
        connection.execute(sql.render("web/begin.sql"))
        row = connection.execute(sql.render("web/is_made.sql")).fetchone()
        yield connection if row and row[0] else None


def latest_runs(connection: Connection[Any], before: datetime | None) -> tuple[list[RunTrace], datetime | None]:
    """The latest runs that started before `before`, newest first, and where the next page begins, if there is one."""
    names = {"before": before, "limit": RUNS + 1}
    rows = connection.execute(sql.render("web/runs.sql"), names).fetchall()
    runs = _traces(connection, dict(rows[:RUNS]))
    return runs, runs[-1].started if len(rows) > RUNS else None


def run(connection: Connection[Any], run_id: str) -> RunTrace:
    """What `run_id` left; empty if nothing."""
    return _traces(connection, {run_id: None})[0]


def _traces(connection: Connection[Any], started: dict[str, datetime] | dict[str, None]) -> list[RunTrace]:
    traces = {run_id: RunTrace(run_id, at) for run_id, at in started.items()}
    names = {"run_ids": list(traces)}
    for row in connection.execute(sql.render("web/merges.sql"), names):
        record = MergeRecord(**dict(zip(MergeRecord.__dataclass_fields__, row, strict=True)))
        traces[record.run_id].merges[record.table_name] = record
    for run_id, table, mobile_rows in connection.execute(sql.render("web/snapshots.sql"), names):
        traces[run_id].at_start[table] = mobile_rows
    for run_id, table, stage_id in connection.execute(sql.render("web/stagings.sql"), names):
        traces[run_id].stagings[table] = stage_id
    return list(traces.values())


def open_counts(connection: Connection[Any]) -> tuple[int, int]:
    """Open conflicts, rejected rows."""
    row = connection.execute(sql.render("web/open_counts.sql")).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def open_conflicts(connection: Connection[Any]) -> list[ConflictGroup]:
    """The open conflicts of all tables."""
    groups: dict[tuple[str, str], ConflictGroup] = {}
    for table, kind, conflicts, since, *key in connection.execute(
        sql.render("web/open_conflicts.sql"), {"groups": GROUPS, "keys": KEYS}
    ):
        group = groups.setdefault((table, kind), ConflictGroup(table, kind, conflicts, since, []))
        group.keys.append((key[0], key[1], key[2]))
    return list(groups.values())


def rejects(connection: Connection[Any], run_id: str | None) -> Sequence[RejectGroup]:
    """The rejects of one run, or all that are stored."""
    names = {"run_id": run_id, "numbers": NUMBERS, "groups": GROUPS}
    return [RejectGroup(*row) for row in connection.execute(sql.render("web/rejects.sql"), names)]
