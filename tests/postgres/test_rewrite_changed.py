"""`rewrite: changed`: a difference of multisets, exact whatever the rows, quick whatever the number of their copies."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from hybrid_sync.ledger import MergeRecord
from hybrid_sync.merging import Limits
from hybrid_sync.specs import Rewrite
from hybrid_sync.telling import Telling, read_telling
from tests.postgres.conftest import Cloud, delete_insert

NOTES = delete_insert("notes", "note_id", rewrite=Rewrite.CHANGED, max_shrink=1.0)


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute("CREATE TABLE notes (note_id serial PRIMARY KEY, body text, size numeric, source text)")
    cloud_db.execute("INSERT INTO notes (body, size, source) VALUES ('a', 1, 'M'), ('b', 1, 'M')")
    return cloud_db


def note(body: str, size: str = "1") -> dict[str, Any]:
    return {"body": body, "size": size}


def counts(record: MergeRecord) -> tuple[int, int, int]:
    return record.deleted, record.inserted, record.unchanged


def bodies(cloud: Cloud) -> Counter[str]:
    return Counter(body for (body,) in cloud.execute("SELECT body FROM notes WHERE source = 'D'"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("aab", "abb", (1, 1, 2)),  # as many rows with an equal on both sides, and yet another number of each
        ("aab", "ab", (1, 0, 2)),
        ("ab", "aabb", (0, 2, 2)),
        ("aaa", "bbb", (3, 3, 0)),
        ("aabbc", "aabbc", (0, 0, 5)),
        ("aabbc", "aabbd", (1, 1, 4)),
        ("", "aa", (0, 2, 0)),
        ("aab", "c", (3, 1, 0)),
    ],
)
def test_each_content_is_there_as_often_as_on_the_desktop(
    firm: Cloud, before: str, after: str, expected: tuple[int, int, int]
) -> None:
    if before:
        firm.sync(NOTES, [note(body) for body in before])
    mobile = firm.mobile_bytes("notes")
    record = firm.sync(NOTES, [note(body) for body in after])
    assert counts(record) == expected
    assert bodies(firm) == Counter(after)
    assert firm.mobile_bytes("notes") == mobile


@pytest.mark.parametrize("distinct", [1, 3], ids=["all the same", "three contents"])
def test_a_table_of_equal_rows_is_not_compared_row_by_row(firm: Cloud, distinct: int) -> None:
    # Every row against every other would be a thousand million comparisons.
    def rows(number: int) -> pa.Table:
        return pa.table({"body": [f"body {n % distinct}" for n in range(number)], "size": ["1"] * number})

    limits = Limits(statement_timeout="20s")
    firm.merge(NOTES, firm.stage(NOTES, rows(30_000)), limits=limits)
    assert counts(firm.merge(NOTES, firm.stage(NOTES, rows(29_999)), limits=limits)) == (1, 0, 29_999)


def test_rows_of_two_partitions_at_the_same_place_are_told_apart(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE TABLE notes (year int, body text, source text) PARTITION BY LIST (year);
        CREATE TABLE notes_2025 PARTITION OF notes FOR VALUES IN (2025);
        CREATE TABLE notes_2026 PARTITION OF notes FOR VALUES IN (2026);
        """
    )
    spec = delete_insert("notes", rewrite=Rewrite.CHANGED, max_shrink=1.0)
    cloud_db.sync(spec, [{"year": year, "body": f"{year} {letter}"} for year in (2025, 2026) for letter in "abc"])
    wanted = [{"year": 2025, "body": "2025 a"}, {"year": 2025, "body": "2025 c"}, {"year": 2026, "body": "2026 b"}]
    assert counts(cloud_db.sync(spec, wanted)) == (3, 0, 3)
    assert cloud_db.rows("notes", "year, body") == [(2025, "2025 a"), (2025, "2025 c"), (2026, "2026 b")]


def test_a_value_spelt_anew_is_another_value_also_where_one_column_finds_the_rows(firm: Cloud) -> None:
    rows = [note(f"body {number}") for number in range(300)]
    firm.sync(NOTES, rows)
    rows[7]["size"] = "1.0"
    manifest = firm.stage(NOTES, rows)
    assert firm.plan(NOTES, manifest).telling == Telling(("body",), alone=True)
    assert counts(firm.merge(NOTES, manifest)) == (1, 1, 299)
    assert firm.execute("SELECT size::text FROM notes WHERE body = 'body 7'") == [("1.0",)]


def test_nothing_of_the_merges_own_stays_behind(firm: Cloud) -> None:
    manifest = firm.stage(NOTES, [note("a")])
    firm.merge(NOTES, manifest)
    kept = firm.execute("SELECT relname FROM pg_class WHERE relnamespace = 'hybrid_sync_staging'::regnamespace")
    assert kept == [(manifest.relation.partition(".")[2],)]


def test_rows_are_found_by_what_can_be_hashed_and_tells_them_apart(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE notes (kind int, number int, spare int, extra json, source text)")
    columns = ("kind", "number", "spare", "extra")

    def telling(rows: list[dict[str, Any]]) -> Telling:
        staged = cloud_db.stage(delete_insert("notes"), rows, columns=list(columns))
        return read_telling(cloud_db.connection, staged.relation, columns)

    unique = [{"kind": n % 3, "number": n, "spare": n if n % 2 else None, "extra": "{}"} for n in range(200)]
    assert telling(unique) == Telling(("number",), alone=True)
    repeated = [{**row, "number": row["number"] // 2} for row in unique]
    assert telling(repeated) == Telling(("kind", "number", "spare"))
    assert read_telling(cloud_db.connection, "hybrid_sync_staging.none", columns) == Telling()
