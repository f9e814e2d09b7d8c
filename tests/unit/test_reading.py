"""What a run reads of a table and why, and how a stored watermark compares with what was read."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hybrid_sync.desktop import Desktop, DesktopColumn
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.ledger import ReadState
from hybrid_sync.odbc.drivers import Dbms
from hybrid_sync.odbc.filters import rendered
from hybrid_sync.reading import ReadingPlan, plan_reading, watermark_column
from hybrid_sync.specs import Deletes, Overlap, Strategy, TableSpec
from hybrid_sync.watermarks import Maximum, went_back

NOW = datetime(2026, 2, 1, tzinfo=UTC)
STAMP = DesktopColumn("Changed", "timestamp", 93, None, None, nullable=True)
DAY = DesktopColumn("Changed", "date", 91, None, None, nullable=True)
NUMBER = DesktopColumn("Changed", "numeric", 2, 38, 0, nullable=True)
TEXT = DesktopColumn("Changed", "varchar", 12, 30, None, nullable=True)


def spec(**settings: Any) -> TableSpec:
    usual = {"name": "orders", "strategy": Strategy.UPSERT, "source_table": "orders", "target_table": "orders",
             "key": ("id",), "watermark": "changed"}  # fmt: skip
    return TableSpec(**(usual | settings))


def state(value: str | None, **changes: Any) -> ReadState:
    usual = {"column": "Changed", "value": value, "columns": ("id",), "incremental_merges": 0, "rejects": 0}
    return ReadState(**(usual | changes))


def plan(
    value: str | None, column: DesktopColumn = STAMP, *, by_letters: bool = False, **settings: Any
) -> ReadingPlan:  # fmt: skip
    return plan_reading(spec(**settings), "incremental", column, state(value), ["id"], by_letters=by_letters, now=NOW)


def begin(read: ReadingPlan) -> str:
    assert read.mode == "incremental", read.why
    (condition,) = read.where
    assert (condition.column, condition.operator, condition.or_null) == ("Changed", ">=", True)
    assert read.watermark == "Changed"
    return condition.value


class TestWhereAnIncrementalReadBegins:
    @pytest.mark.parametrize(
        ("column", "value", "overlap", "expected"),
        [
            (STAMP, "2026-01-31 10:00:00.000001", Overlap(seconds=0), "2026-01-31 10:00:00.000001"),
            (STAMP, "2026-01-31 00:30:00.000000", Overlap(seconds=3600), "2026-01-30 23:30:00.000000"),
            (STAMP, "2026-01-31 10:00:00.500000+00:00", Overlap(seconds=60), "2026-01-31 09:59:00.500000"),
            (STAMP, "2026-01-31", Overlap(seconds=60), "2026-01-30 23:59:00.000000"),
            (STAMP, "0001-01-01 00:00:01", Overlap(seconds=60), "0001-01-01 00:00:00.000000"),
            (DAY, "2026-01-31", Overlap(seconds=60), "2026-01-30 23:59:00.000000"),
            (NUMBER, "10", Overlap(count=3), "7"),
            (NUMBER, "-5", Overlap(count=3), "-8"),
            (NUMBER, "99999999999999999999999999999999999999", Overlap(count=1), "9" * 37 + "8"),
            (
                NUMBER,
                "12345678901234567890123456789.123456789",
                Overlap(count=0),
                "12345678901234567890123456789.123456789",
            ),
            (NUMBER, "1e+3", Overlap(count=0), "1000"),
        ],
    )
    def test_at_the_watermark_less_the_overlap(
        self, column: DesktopColumn, value: str, overlap: Overlap, expected: str
    ) -> None:
        read = plan(value, column, overlap=overlap)

        assert begin(read) == expected
        assert rendered(read.where[0], column, Dbms.POSTGRESQL).literal  # the desktop takes it

    def test_a_date_is_cut_downwards(self) -> None:
        read = plan("2026-01-31", DAY, overlap=Overlap(seconds=1))

        assert rendered(read.where[0], DAY, Dbms.POSTGRESQL).literal == "{d '2026-01-30'}"

    def test_the_default_overlap_fits_every_kind(self) -> None:
        assert begin(plan("2026-01-31 10:00:00.000000")) == "2026-01-31 08:00:00.000000"
        assert begin(plan("5000", NUMBER)) == "4000"

    @pytest.mark.parametrize(
        ("column", "overlap", "needs"),
        [(NUMBER, Overlap(seconds=60), "a whole number such as 1000"), (STAMP, Overlap(count=5), "a duration such as")],
    )
    def test_an_overlap_of_the_other_kind_is_refused(self, column: DesktopColumn, overlap: Overlap, needs: str) -> None:
        with pytest.raises(SchemaMismatch, match=f"orders: its watermark Changed is .* must be {needs}"):
            plan("1", column, overlap=overlap)


class TestWhyATableIsReadInFull:
    @pytest.mark.parametrize(
        ("settings", "column", "why"),
        [
            ({"strategy": Strategy.DELETE_INSERT}, STAMP, "delete_insert writes the whole table anew"),
            ({"deletes": Deletes.PROPAGATE}, STAMP, "deletes: propagate has to see every row"),
            ({"watermark": None}, None, "it has no watermark in the registry"),
            ({}, TEXT, "its watermark Changed is varchar; only a date, timestamp or number has a sure order"),
        ],
    )
    def test_always(self, settings: dict[str, Any], column: DesktopColumn | None, why: str) -> None:
        read = plan_reading(spec(**settings), "incremental", column, state("2026-01-31"), ["id"], now=NOW)

        assert (read.mode, read.where) == ("full", ())
        assert read.why.startswith(why)

    @pytest.mark.parametrize(
        ("stored", "why"),
        [
            (None, "no watermark is stored"),
            (state(None), "no watermark is stored"),
            (state("2026-01-31", column="other"), "the stored watermark is of other, and the registry's is Changed"),
            (state("2026-01-31", columns=()), "the columns that the last read took are no longer known"),
            (state("2026-01-31", columns=("x",)), "id was not read before"),
            (state("2026-01-31", rejects=2), "the last merge left out 2 rejects"),
            (state("2026-01-31", incremental_merges=9), "of 10 runs one is full (full_every)"),
            (state("infinity"), "the stored watermark infinity is no date or timestamp, and Changed is timestamp"),
            (state("2026-13-31"), "the stored watermark 2026-13-31 is no date"),
            (state("NaN"), "the stored watermark NaN is no date"),
            (state("17"), "the stored watermark 17 is no date"),
            (state("2026-02-02 02:00:00.000001"), "the stored watermark 2026-02-02 02:00:00.000001 lies in the future"),
        ],
    )
    def test_this_time(self, stored: ReadState | None, why: str) -> None:
        read = plan_reading(spec(), "incremental", STAMP, stored, ["id"], now=NOW)

        assert (read.mode, read.where, read.watermark) == ("full", (), "Changed")
        assert read.why.startswith(why)

    def test_a_stamp_of_another_time_zone_is_no_future(self) -> None:
        assert plan((NOW + timedelta(hours=26)).replace(tzinfo=None).isoformat(" ")).mode == "incremental"

    def test_by_request_with_the_watermark_all_the_same(self) -> None:
        read = plan_reading(spec(), "full", STAMP, state("2026-01-31"), ["id"])

        assert (read.mode, read.why, read.where, read.watermark) == ("full", "mode is full", (), "Changed")

    def test_never_by_itself_when_full_every_is_null(self) -> None:
        stored = state("2026-01-31", incremental_merges=10_000)
        assert plan_reading(spec(full_every=None), "incremental", STAMP, stored, ["id"], now=NOW).mode == "incremental"


def test_the_watermarks_column_is_found_whatever_its_letter_case_and_a_delete_insert_needs_none() -> None:
    assert watermark_column(spec(watermark="CHANGED"), [NUMBER]) is NUMBER
    assert watermark_column(spec(strategy=Strategy.DELETE_INSERT, watermark="nowhere"), [NUMBER]) is None
    with pytest.raises(SchemaMismatch, match=r"has no column gone \(watermark in the registry\)\. It has Changed\."):
        watermark_column(spec(watermark="gone"), [NUMBER])


@pytest.mark.parametrize(
    ("stored", "read", "says"),
    [
        ("9", "10", None),
        ("10", "9", "ran backwards"),
        ("2026-01-31", "2026-01-31", None),
        ("2026-01-31 10:00:00.000000", "2026-01-31 10:00:00", None),
        ("2026-01-31 10:00:00.000001", "2026-01-31 10:00:00.000000", "ran backwards"),
        ("2026-01-31 10:00:00+00:00", "2026-01-31 11:00:00", "cannot be compared"),
        ("2026-01-31 10:00:00", "infinity", "cannot be compared"),
        ("2026-01-31", "20260131", "cannot be compared"),
        ("2026-01-31", None, "no row has a stamp as high"),
        (None, None, None),
        (None, "1", None),
    ],
)
def test_what_was_read_has_to_reach_what_is_stored(stored: str | None, read: str | None, says: str | None) -> None:
    sentence = went_back(stored, read)

    assert sentence is None if says is None else says in str(sentence)


def test_texts_of_sqlite_compare_letter_by_letter_and_its_numbers_as_numbers() -> None:
    assert went_back("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z", by_letters=True) is None
    assert went_back("2026-01-31T10:00:01Z", "2026-01-31T10:00:00Z", by_letters=True) is not None
    assert went_back("9", "10", by_letters=True) is None


def test_bytes_give_a_text() -> None:
    highest = Maximum()
    highest.add(pa.chunked_array([[b"2026-01-31", b"2026-01-30"]]))
    assert highest.text == "2026-01-31"


def test_sqlite_s_mixed_spellings_of_a_stamp_are_all_read(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "desktop.db") as database:
        database.execute("CREATE TABLE t (id INTEGER, Changed DATETIME)")
        stamps = ["2026-01-31T10:00:00", "2026-01-31 09:59:00", "2026-01-31", "2026-01-30 10:00:00", None, "2026-01-01"]
        database.executemany("INSERT INTO t VALUES (?, ?)", enumerate(stamps))
    with Desktop(f"DRIVER={{SQLite3}};Database={tmp_path / 'desktop.db'};") as desktop:
        (_, column) = desktop.columns("t")
        read = plan("2026-01-31T10:00:00", column, by_letters=True, overlap=Overlap(seconds=60))
        found = pa.Table.from_batches(desktop.read("t", ["id"], read.where)).column("id").to_pylist()
    assert found == [0, 1, 2, 3, 4]
