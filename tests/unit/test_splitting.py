"""The parts of a table: whatever a row holds, and whenever it was added, it belongs to exactly one of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_sync.desktop import Desktop, DesktopColumn
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.specs import Split, Strategy, TableSpec
from hybrid_sync.splitting import Range, cut, split_column

TYPES = {"int4": 4, "int8": -5, "numeric": 2, "decimal": 3, "date": 91, "timestamp": 93, "timestamptz": 93}


def column(type_name: str, sql_type: int | None = None) -> DesktopColumn:
    return DesktopColumn("JOBNO", type_name, sql_type or TYPES[type_name], None, None, nullable=True)


def spec(name: str = "jobno", parts: int = 8) -> TableSpec:
    return TableSpec(
        name="jobs", strategy=Strategy.UPSERT, source_table="jobs", target_table="jobs", key=("id",),
        split=Split(name, parts),
    )  # fmt: skip


def owners(ranges: Sequence[Range], value: Any) -> list[Range]:
    """The ranges whose conditions a row with `value` fits."""

    def of_literal(text: str) -> Any:
        if isinstance(value, Decimal | int):
            return Decimal(text)
        return date.fromisoformat(text) if type(value) is date else datetime.fromisoformat(text)

    def fits(part: Range) -> bool:
        for condition in part.where:
            if value is None:
                if not condition.or_null:
                    return False
                continue
            bound = of_literal(condition.value)
            if not (value >= bound if condition.operator == ">=" else value < bound):
                return False
        return True

    return [part for part in ranges if fits(part)]


WHOLE_NUMBERS = st.integers(-(2**63), 2**63 - 1)
KINDS = {
    "int8": st.one_of(WHOLE_NUMBERS, st.integers(-20, 20)),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False),
    "date": st.dates(),
    "timestamp": st.datetimes(),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data(), parts=st.integers(0, 64))
def test_every_row_belongs_to_exactly_one_part(kind: str, data: st.DataObject, parts: int) -> None:
    read = data.draw(st.lists(st.one_of(st.none(), KINDS[kind]), max_size=20))
    known = [value for value in read if value is not None]
    ranges = cut(column(kind), min(known, default=None), max(known, default=None), parts)
    assert len(ranges) <= max(parts, 1)
    if not ranges:
        return  # one piece
    later = data.draw(st.lists(KINDS[kind], max_size=5))  # rows that are added while parts are read
    for value in (*read, *later, None):
        assert len(owners(ranges, value)) == 1, (value, ranges)


def test_the_ranges_are_of_equal_width_open_at_both_ends_and_the_first_takes_nulls() -> None:
    ranges = cut(column("int4"), 1, 801, 8)
    assert [part.lower for part in ranges] == [None, "101", "201", "301", "401", "501", "601", "701"]
    assert [part.upper for part in ranges] == ["101", "201", "301", "401", "501", "601", "701", None]
    [below] = ranges[0].where
    assert (below.column, below.operator, below.value, below.or_null) == ("JOBNO", "<", "101", True)
    assert [condition.or_null for part in ranges[1:] for condition in part.where] == [False] * 13
    assert str(ranges[0]) == "JOBNO below 101, and where it is NULL"
    assert str(ranges[1]) == "JOBNO from 101 to below 201"
    assert str(ranges[7]) == "JOBNO from 701"


@pytest.mark.parametrize(
    ("kind", "lowest", "highest", "bound"),
    [
        ("int4", -10, 10, "0"),
        ("decimal", Decimal("-1.00"), Decimal("0.50"), "-0.25"),
        ("numeric", "-1", "0.50", "-0.25"),  # a numeric without precision is read as text
        ("numeric", Decimal("1E+3"), Decimal("3E+3"), "2000"),
        ("date", date(2025, 1, 1), date(2025, 1, 11), "2025-01-06"),
        ("date", "2025-01-01", "2025-01-11", "2025-01-06"),
        ("timestamp", datetime(2025, 1, 1), datetime(2025, 1, 2), "2025-01-01 12:00:00.000000"),
        ("timestamptz", datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC),
         "2025-01-01 12:00:00.000000"),
        ("timestamp", datetime.min, datetime.max, "5000-07-02 11:59:59.999999"),
    ],
)  # fmt: skip
def test_a_bound_is_exact_text_of_the_columns_kind(kind: str, lowest: Any, highest: Any, bound: str) -> None:
    first, second = cut(column(kind), lowest, highest, 2)
    assert (first.upper, second.lower) == (bound, bound)


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [
        ("int4", None, None), ("int4", 5, 5), ("numeric", "NaN", "NaN"), ("numeric", "1", "Infinity"),
        ("date", "-infinity", "2025-01-01"), ("date", "0000-00-00", "2025-01-01"), ("date", "1700000000", "1700000001"),
        ("int4", "2025-01-01", "2025-02-01"), ("decimal", Decimal("0.5"), Decimal("0.5")),
    ],
)  # fmt: skip
def test_what_has_no_range_is_one_piece(kind: str, lowest: Any, highest: Any) -> None:
    assert cut(column(kind), lowest, highest, 8) == ()


def test_a_range_of_fewer_values_than_parts_has_fewer_parts() -> None:
    assert [part.lower for part in cut(column("int4"), 1, 3, 8)] == [None, "2"]


class TestTheColumn:
    def test_is_a_desktop_column_letter_case_aside(self) -> None:
        there = [column("int4"), DesktopColumn("name", "varchar", 12, 30, None, nullable=True)]
        assert split_column(spec(), there) == there[0]

    def test_that_is_missing_is_named_with_those_that_are_there(self) -> None:
        with pytest.raises(SchemaMismatch) as caught:
            split_column(spec("jobnumber"), [column("int4")])
        assert str(caught.value) == (
            "jobs: desktop table jobs has no column jobnumber (split in the registry). It has JOBNO. Correct split, or "
            "take it out to read the table whole."
        )

    @pytest.mark.parametrize(("type_name", "sql_type"), [("varchar", 12), ("float8", 8), ("bool", -7), ("uuid", -11)])
    def test_whose_type_has_no_range_is_named_with_its_type(self, type_name: str, sql_type: int) -> None:
        with pytest.raises(SchemaMismatch, match=rf"cannot be split by JOBNO: it is {type_name}, and only the range"):
            split_column(spec(), [column(type_name, sql_type)])


@pytest.mark.parametrize(
    ("declared", "values"),
    [
        ("INTEGER", [-(2**62), -3, 0, 5, 2**62, None]),
        ("BIGINT", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("INTEGER", [1, 2, "not a number", 2.5, None, 9]),  # SQLite keeps what it is given
        ("DATE", ["2025-01-01", "2025-06-30", "2025-12-31", None, "", "2026"]),
        ("TIMESTAMP", ["2025-01-01 00:00:00", "2025-01-01T12:00:00", "2025-01-02", None]),
    ],
)
def test_sqlites_own_comparison_puts_every_row_into_one_part(
    tmp_path: Path, declared: str, values: list[Any]
) -> None:  # fmt: skip
    with sqlite3.connect(tmp_path / "desktop.db") as database:
        database.execute(f"CREATE TABLE jobs (jobno {declared}, place INTEGER)")
        database.executemany("INSERT INTO jobs VALUES (?, ?)", [(value, place) for place, value in enumerate(values)])
    database.close()
    with Desktop(f"DRIVER={{SQLite3}};Database={tmp_path / 'desktop.db'};") as desktop:
        found = split_column(spec(), desktop.columns("jobs"))
        assert found is not None
        rows, extremes = desktop.extremes("jobs", ["jobno"])
        assert rows == len(values)
        ranges = cut(found, *extremes["jobno"], parts=3) or cut(found, "2025-03-01", "2025-12-01", 3)
        read = [
            row["place"]
            for part in ranges or [None]
            for batch in desktop.read("jobs", ["place"], part.where if part else ())
            for row in batch.to_pylist()
        ]
    assert sorted(read) == list(range(len(values)))
