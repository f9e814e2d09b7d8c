"""The `hybrid_sync` schema of the cloud: what was staged, merged, refused and proved. Records written and read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a run staged for a table: a row of `hybrid_sync.staged`.

    `relation` is the staging's name with its schema, unquoted; `row_count` the rows in it; `rows_read` those of the
    extract, so that rows_read = row_count + duplicates + rejects.
    """

    stage_id: str
    relation: str
    row_count: int
    columns: tuple[str, ...]
    rows_read: int
    duplicates: int
    rejects: int
    mode: str
    watermark_column: str | None
    watermark: str | None
    extract_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """How far a table was read: its row of `hybrid_sync.watermark`, and what was merged since.

    `column` is the desktop's column; `value` its highest value as exact text, None when the next read has to be full;
    `columns` the cloud's columns that the run of the watermark read, () when its manifest is gone;
    `incremental_merges` how many the table had since its last full one; `rejects` the rows its last merge left out.
    """

    column: str
    value: str | None
    columns: tuple[str, ...]
    incremental_merges: int
    rejects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRecord:
    """One merge with its certificate: a row of `hybrid_sync.merge_log`. All counts are rows.

    For an upsert staged = inserted + updated + unchanged + conflicts + duplicates.
    """

    run_id: str
    table_name: str
    stage_id: str
    strategy: str
    mode: str
    dry_run: bool
    staged: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    duplicates: int
    conflicts: int
    rejects: int
    mobile_rows_before: int
    mobile_rows_after: int
    mobile_digest_before: Decimal
    mobile_digest_after: Decimal
    started_at: datetime
    finished_at: datetime
    samples: dict[str, list[dict[str, Any]]] | None = None  # dry run: outcome -> keys of its first rows

    @property
    def certified(self) -> bool:
        """Whether mobile rows were the same before and after, in number and digest."""
        return (self.mobile_rows_before, self.mobile_digest_before) == (
            self.mobile_rows_after,
            self.mobile_digest_after,
        )

    def counts(self) -> dict[str, int]:
        """The counts alone, as XCom and assets carry them."""
        names = ("staged", "inserted", "updated", "unchanged", "deleted", "duplicates", "conflicts", "rejects",
                 "mobile_rows_before", "mobile_rows_after")  # fmt: skip
        return {name: getattr(self, name) for name in names}


def migrate(connection: Connection[Any]) -> None:
    """Make the package's schemas and tables, or bring them up to date. Idempotent; safe when two runs do it at once."""
    with connection.transaction():
        # CREATE .. IF NOT EXISTS raises when two sessions race (seen on 15 to 18), so they queue here.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('hybrid_sync.schema', 0))")
        connection.execute(sql.render("ledger/schema.sql"))


def manifest(connection: Connection[Any], run_id: str, table: str) -> Manifest | None:
    """What `run_id` staged for `table`, or None."""
    row = connection.execute(sql.render("ledger/manifest.sql"), {"run_id": run_id, "table": table}).fetchone()
    if row is None:
        return None
    names = Manifest.__dataclass_fields__
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    return Manifest(**values | {"columns": tuple(values["columns"])})


def merged(connection: Connection[Any], stage_id: str, *, dry_run: bool = False) -> MergeRecord | None:
    """The committed merge of `stage_id`, or None."""
    row = connection.execute(
        sql.render("ledger/merged.sql"), {"stage_id": stage_id, "dry_run": dry_run}
    ).fetchone()  # fmt: skip
    return _record(row) if row else None


def merges_of_run(connection: Connection[Any], run_id: str) -> dict[str, MergeRecord]:
    """The last merge of each table in `run_id`, by table name."""
    rows = connection.execute(sql.render("ledger/merges_of_run.sql"), {"run_id": run_id}).fetchall()
    return {record.table_name: record for record in map(_record, rows)}


def record_merge(connection: Connection[Any], record: MergeRecord) -> None:
    """Write `record` in the running transaction. The server stamps `finished_at`; a stage_id is written once."""
    from psycopg.types.json import Jsonb

    samples = None if record.samples is None else Jsonb(record.samples)
    connection.execute(sql.render("ledger/record_merge.sql"), {**asdict(record), "samples": samples})


def record_watermark(connection: Connection[Any], table: str, column: str, value: str | None, run_id: str) -> None:
    """Store how far `table` was read, in the running transaction."""
    names = {"table": table, "column": column, "value": value, "run_id": run_id}
    connection.execute(sql.render("ledger/record_watermark.sql"), names)


def read_state(connection: Connection[Any], table: str) -> ReadState | None:
    """How far `table` was read, or None when no merge of it stored a watermark."""
    row = connection.execute(sql.render("ledger/read_state.sql"), {"table": table}).fetchone()
    if row is None:
        return None
    column, value, columns, incremental_merges, rejects = row
    return ReadState(
        column=column, value=value, columns=tuple(columns), incremental_merges=incremental_merges, rejects=rejects
    )


def snapshot_mobile(connection: Connection[Any], run_id: str, table: str, mobile_rows: int) -> None:
    """Store how many mobile rows `run_id` finds in `table` before it begins; the first count of a run stays."""
    names = {"run_id": run_id, "table": table, "mobile_rows": mobile_rows}
    connection.execute(sql.render("ledger/snapshot_mobile.sql"), names)


def snapshot_of_run(connection: Connection[Any], run_id: str) -> dict[str, int]:
    """Mobile rows that `run_id` found in each table before it began."""
    return dict(connection.execute(sql.render("ledger/snapshot_of_run.sql"), {"run_id": run_id}).fetchall())


def merged_since(connection: Connection[Any], run_id: str, table: str) -> str | None:
    """A run that staged `table` later than `run_id` did and has merged it, or None."""
    row = connection.execute(sql.render("ledger/merged_since.sql"), {"run_id": run_id, "table": table}).fetchone()
    return None if row is None else str(row[0])


def open_conflicts(connection: Connection[Any], table: str) -> int:
    """How many conflicts of `table` stand unresolved."""
    row = connection.execute(sql.render("ledger/open_conflicts.sql"), {"table": table}).fetchone()
    return int(row[0]) if row else 0


def _record(row: tuple[Any, ...]) -> MergeRecord:
    return MergeRecord(**dict(zip(MergeRecord.__dataclass_fields__, row, strict=True)))
