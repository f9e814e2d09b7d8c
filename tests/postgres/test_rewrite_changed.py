"""`rewrite: changed`: a difference of multisets, exact whatever the rows, quick whatever the number of their copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
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


def alike(kind: str, distinct: int) -> Callable[[int], str | None]:
    """A text of row n, of which there are `distinct`."""
    return {
        "short": lambda n: f"body {n % distinct}",
        "longer than ANALYZE looks at": lambda n: f"{n % distinct}" * 2000,
        "one in twenty-five missing": lambda n: None if n % 25 == 0 else f"body {n}",
    }[kind]


@pytest.mark.parametrize("columns", ["body text, size numeric", "size numeric, body json", "size int, body text[]"])
@pytest.mark.parametrize(
    ("kind", "distinct"),
    [("short", 1), ("short", 3), ("longer than ANALYZE looks at", 3), ("one in twenty-five missing", 1)],
)
def test_rows_that_are_much_alike_are_not_all_compared(
    cloud_db: Cloud, columns: str, kind: str, distinct: int
) -> None:  # fmt: skip
    # Every row against every other would be a thousand million comparisons.
    cloud_db.execute(f"CREATE TABLE notes (note_id serial PRIMARY KEY, {columns}, source text)")
    made = alike(kind, distinct)
    wrapped = {"json": '"%s"', "text[]": "{%s}"}.get(columns.split()[-1], "%s")

    def rows(number: int) -> pa.Table:
        bodies = [made(n) for n in range(number)]
        spelt = [body if body is None else wrapped % body for body in bodies]
        return pa.table({"body": spelt, "size": [n % 3 for n in range(number)]})

    limits = Limits(statement_timeout="20s")
    for number in (30_000, 29_999):
        record = cloud_db.merge(NOTES, cloud_db.stage(NOTES, rows(number)), limits=limits)
    assert counts(record) == (1, 0, 29_999)


def test_a_column_that_is_new_and_still_empty_in_the_cloud_is_filled(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE notes (note_id serial PRIMARY KEY, at timestamp, body text, source text)")

    def rows(filled: bool) -> pa.Table:
        moments = [datetime(2026, 1, 1) + timedelta(seconds=n) if filled and n % 50 else None for n in range(30_000)]
        return pa.table({"at": pa.array(moments, pa.timestamp("us")), "body": [f"body {n}" for n in range(30_000)]})

    cloud_db.merge(NOTES, cloud_db.stage(NOTES, rows(False)))
    record = cloud_db.merge(NOTES, cloud_db.stage(NOTES, rows(True)), limits=Limits(statement_timeout="20s"))
    assert counts(record) == (29_400, 29_400, 600)


def test_columns_may_have_any_name(cloud_db: Cloud) -> None:
    names = ("number", "place", "relation", "gone", "fresh", "rows", "copy", "content", "outcome", "present", "wanted")
    cloud_db.execute(f"CREATE TABLE notes ({', '.join(f'{name} int' for name in names)}, source text)")
    spec = delete_insert("notes", rewrite=Rewrite.CHANGED, max_shrink=1.0)
    row = dict.fromkeys(names, 1)
    cloud_db.sync(spec, [row, row])
    assert counts(cloud_db.sync(spec, [row, {**row, "place": 2}])) == (1, 1, 1)


def test_a_type_that_hashes_to_32_bits_only_is_compared_all_the_same(cloud_db: Cloud) -> None:
    # as those of the extensions isn and PostGIS
    cloud_db.execute(
        """
        CREATE TYPE pair AS (a int, b int);
        CREATE FUNCTION hash_of(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT hashint4(($1).a)';
        CREATE FUNCTION same(pair, pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a = ($2).a';
        CREATE OPERATOR === (LEFTARG = pair, RIGHTARG = pair, FUNCTION = same, HASHES, COMMUTATOR = ===);
        CREATE OPERATOR CLASS pairs DEFAULT FOR TYPE pair USING hash AS OPERATOR 1 ===, FUNCTION 1 hash_of(pair);
        CREATE TABLE notes (body pair, size int, source text);
        """
    )
    spec = delete_insert("notes", rewrite=Rewrite.CHANGED, max_shrink=1.0)
    cloud_db.sync(spec, [{"body": "(1,1)", "size": 1}, {"body": "(1,2)", "size": 1}])
    assert counts(cloud_db.sync(spec, [{"body": "(1,1)", "size": 1}, {"body": "(1,3)", "size": 1}])) == (1, 1, 1)


def test_a_table_of_which_phones_own_every_column_keeps_its_rows(firm: Cloud) -> None:
    spec = delete_insert(
        "notes", "note_id", rewrite=Rewrite.CHANGED, max_shrink=1.0, mobile_owned_columns=("body", "size")
    )
    firm.sync(spec, [note("a"), note("b")])
    assert counts(firm.sync(spec, [note("x"), note("y"), note("z")])) == (0, 1, 2)


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
    assert firm.plan(NOTES, manifest).telling == Telling(alone="body", missing="''")
    assert counts(firm.merge(NOTES, manifest)) == (1, 1, 299)
    assert firm.execute("SELECT size::text FROM notes WHERE body = 'body 7'") == [("1.0",)]


def test_nothing_of_the_merges_own_stays_behind(firm: Cloud) -> None:
    manifest = firm.stage(NOTES, [note("a")])
    firm.merge(NOTES, manifest)
    kept = firm.execute("SELECT relname FROM pg_class WHERE relnamespace = 'hybrid_sync_staging'::regnamespace")
    assert kept == [(manifest.relation.partition(".")[2],)]


def test_rows_are_found_by_what_can_be_hashed_and_tells_them_apart(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE notes (kind int, number int, spare int, extra json, source text)")
    columns: tuple[str, ...] = ("kind", "number", "spare", "extra")

    def telling(rows: list[dict[str, Any]]) -> Telling:
        staged = cloud_db.stage(delete_insert("notes"), rows, columns=list(columns))
        return read_telling(cloud_db.connection, staged.relation, columns)

    unique = [{"kind": n % 3, "number": n, "spare": n if n % 2 else None, "extra": "{}"} for n in range(200)]
    assert telling(unique) == Telling(alone="number", missing="0")
    repeated = [{**row, "number": row["number"] // 2} for row in unique]
    assert telling(repeated) == Telling()  # of json there is no hash
    columns = columns[:3]
    assert telling(repeated) == Telling(columns)
    assert read_telling(cloud_db.connection, "hybrid_sync_staging.none", columns) == Telling()
