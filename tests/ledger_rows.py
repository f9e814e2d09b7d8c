"""Rows of the ledger as runs would have left them, for tests of those who read it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLANTED = "PLANTED"  # in every stored row, in a column that is not of its key


class Ledger:
    """Writes to the ledger what runs would have left there."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def insert(self, table: str, **values: Any) -> None:
        columns = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        self.connection.execute(f"INSERT INTO hybrid_sync.{table} ({columns}) VALUES ({places})", values)

    def merge(self, run_id: str, table: str, at: datetime = NOON, **changes: Any) -> str:
        """A certified merge of 10 rows, with its count before and its staging, and `changes` to it."""
        stage_id = str(uuid4())
        self.snapshot(run_id, table, changes.get("mobile_rows_before", 7), at)
        self.staged(run_id, table, stage_id, at)
        values: dict[str, Any] = {
            "run_id": run_id, "table_name": table, "stage_id": stage_id, "strategy": "upsert", "mode": "full",
            "dry_run": False, "staged": 10, "inserted": 4, "updated": 3, "unchanged": 2, "deleted": 0, "duplicates": 1,
            "conflicts": 0, "rejects": 0, "mobile_rows_before": 7, "mobile_rows_after": 7, "mobile_digest_before": 99,
            "mobile_digest_after": 99, "started_at": at, "finished_at": at + timedelta(seconds=5),
        }  # fmt: skip
        self.insert("merge_log", **values | changes)
        return stage_id

    def snapshot(self, run_id: str, table: str, mobile_rows: int = 7, at: datetime = NOON) -> None:
        self.insert("mobile_snapshot", run_id=run_id, table_name=table, mobile_rows=mobile_rows, taken_at=at)

    def staged(self, run_id: str, table: str, stage_id: str, at: datetime = NOON) -> None:
        self.connection.execute("DELETE FROM hybrid_sync.staged WHERE (run_id, table_name) = (%s, %s)", (run_id, table))
        self.insert(
            "staged", run_id=run_id, table_name=table, stage_id=stage_id, relation="s.t", row_count=10, columns=["a"],
            rows_read=10, duplicates=0, rejects=0, mode="full", extract_uri="file:///x", staged_at=at,
        )  # fmt: skip

    def conflict(self, table: str, key: dict[str, Any], kind: str = "insert_exists", **changes: Any) -> None:
        row = json.dumps(key | {"name": PLANTED})
        values = {"run_id": "monday", "table_name": table, "kind": kind, "key": json.dumps(key), "desktop_row": row,
                  "mobile_row": row, "detected_at": NOON}  # fmt: skip
        self.insert("conflict", **values | changes)

    def reject(
        self, table: str, row_number: int, column: str | None, reason: str, run_id: str = "monday", at: datetime = NOON
    ) -> None:
        self.insert("reject", run_id=run_id, table_name=table, row_number=row_number, column_name=column,
                    reason=reason, row=json.dumps({"name": PLANTED}), rejected_at=at)  # fmt: skip
