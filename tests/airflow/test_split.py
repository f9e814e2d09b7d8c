"""A split table through the real DAG: parts side by side, a part that fails, and the runs that are not cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.conftest import Firm

REGISTRY = """\
tables:
  orgmaster: {strategy: upsert, key: [org_id], insert_only_columns: [updated_at]}
  entries: {strategy: upsert, key: [entry_id], watermark: changed, overlap: 0 seconds, after: [orgmaster],
            split: {column: entry_id, parts: 4}}
"""
STEPS = ["entries.split", *(f"entries.{step}[{part}]" for step in ("extract", "stage") for part in range(4)),
         "entries.gather", "entries.merge"]  # fmt: skip


@pytest.fixture
def firm(new_firm: Callable[..., Firm], tmp_path: Path) -> Firm:
    """A desktop with a table of 40,000 rows, and a phone's row in the cloud's."""
    firm = new_firm()
    firm.on_desktop(
        "CREATE TABLE entries (entry_id int PRIMARY KEY, label text, changed timestamp);"
        "INSERT INTO entries SELECT n, 'entry ' || n, timestamp '2026-01-01' + n * interval '1 second' "
        "FROM generate_series(1, 40000) AS n"
    )
    firm.on_cloud("CREATE TABLE entries (entry_id int PRIMARY KEY, label text, changed timestamp, source char(1))")
    firm.on_cloud("INSERT INTO entries VALUES (77777, 'phone', NULL, 'M')")
    (tmp_path / "tables.yaml").write_text(REGISTRY)
    firm.environment["HYBRID_SYNC_REGISTRY"] = str(tmp_path / "tables.yaml")
    return firm


def rows(firm: Firm) -> list[tuple[Any, ...]]:
    return firm.on_cloud("SELECT source, count(*), sum(entry_id), md5(string_agg(label, '' ORDER BY entry_id)) "
                         "FROM entries GROUP BY source ORDER BY source")  # fmt: skip


def last(firm: Firm, columns: str) -> tuple[Any, ...]:
    return firm.on_cloud(f"SELECT {columns} FROM hybrid_sync.merge_log ORDER BY finished_at DESC LIMIT 1")[0]


def test_a_split_table_runs_in_parts_and_everything_else_of_it_is_as_without(firm: Firm) -> None:
    run = firm.run({"tables": ["entries"]})
    assert run.state == "success", run.log[-8000:]
    assert [run.states[step] for step in STEPS] == ["success"] * len(STEPS)
