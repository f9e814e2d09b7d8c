"""Whole rows: which columns the cloud casts, what a reject shows, and that no input breaks the batch."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from hybrid_sync.catalog import TargetColumn
from hybrid_sync.conversion import ROW_NUMBER, Conversion, Converted
from tests.unit.converting import (
    BOOL,
    BYTEA,
    C3,
    DATE,
    DOUBLE,
    INT2,
    INT4,
    INT8,
    MOOD,
    N62,
    NUMERIC,
    REAL,
    TEXT,
    TIME,
    TIME0,
    TS,
    TS3,
    TSTZ,
    UUIDS,
    V3,
    Rejected,
    column,
    convert,
    numeric,
    run,
)


class TestWhatTheCloudCasts:
    @pytest.mark.parametrize(
        ("target", "arrow_type"),
        [
            (NUMERIC, pa.string()),  # numbers of different scale
            (NUMERIC, pa.float64()),
            (numeric(50, 2), pa.decimal128(10, 2)),  # more digits than Arrow's 38
            (numeric(3, -2), pa.int64()),
            (column("jsonb", "jsonb"), pa.string()),
            (column("integer[]", "_int4"), pa.string()),
            (column("interval", "interval"), pa.string()),
            (column("inet", "inet"), pa.string()),
            (BYTEA, pa.string()),
        ],
        ids=str,
    )
    def test_it_travels_as_text(self, target: TargetColumn, arrow_type: pa.DataType) -> None:
        assert Conversion(pa.schema([("c", arrow_type)]), [target], "UTC").text_columns == ("c",)

    @pytest.mark.parametrize(
        ("target", "arrow_type"),
        [(N62, pa.string()), (NUMERIC, pa.decimal128(10, 2)), (UUIDS, pa.string()), (MOOD, pa.string()),
         (TSTZ, pa.string()), (BYTEA, pa.binary())],
        ids=str,
    )  # fmt: skip
    def test_everything_else_travels_as_it_is(self, target: TargetColumn, arrow_type: pa.DataType) -> None:
        assert Conversion(pa.schema([("c", arrow_type)]), [target], "UTC").text_columns == ()

    def test_numbers_keep_their_digits(self) -> None:
        assert convert(pa.array([1.25, 5.0, 1e22]), NUMERIC) == ["1.25", "5", "1e+22"]
        assert convert(pa.array(["1.50", "x"]), NUMERIC) == ["1.50", Rejected("not a number")]


class TestRows:
    BATCH = pa.record_batch(
        {
            "id": pa.array(["1", "x", "3", None, "5"]),
            "name": pa.array(["ok", "long", "long\0", "no", "ok"]),
            "raw": pa.array([b"\0", b"\1", b"\2", b"\3", b"\4"]),
        }
    )
    COLUMNS = (
        TargetColumn("id", "integer", "int4", "b", None, None, None, True, False, False, False, ()),
        TargetColumn("name", "character varying(3)", "varchar", "b", 3, None, None, False, False, False, False, ()),
        TargetColumn("raw", "bytea", "bytea", "b", None, None, None, False, False, False, False, ()),
    )

    @pytest.fixture
    def done(self) -> Converted:
        return Conversion(self.BATCH.schema, self.COLUMNS, "UTC", ["id"]).convert(self.BATCH, 101)

    def test_a_row_that_fails_in_two_columns_has_two_reasons_and_counts_once(self, done: Converted) -> None:
        assert [(reject.row_number, reject.column, reject.reason) for reject in done.rejects] == [
            (102, "id", "not a whole number"),
            (102, "name", "longer than 3 characters"),
            (103, "name", "NUL character"),
            (104, "id", "NULL in a column that needs a value"),
        ]
        assert done.rejected_rows == 3

    def test_good_rows_keep_their_number(self, done: Converted) -> None:
        assert done.batch.to_pylist() == [
            {ROW_NUMBER: 101, "id": 1, "name": "ok", "raw": b"\0"},
            {ROW_NUMBER: 105, "id": 5, "name": "ok", "raw": b"\4"},
        ]

    def test_a_reject_shows_the_whole_row_as_text_that_json_can_hold(self, done: Converted) -> None:
        assert [reject.row for reject in done.rejects[1:]] == [
            {"id": "x", "name": "long", "raw": "\\x01"},
            {"id": "3", "name": "long\\x00", "raw": "\\x02"},
            {"id": None, "name": "no", "raw": "\\x03"},
        ]

    def test_a_reason_never_holds_the_value(self) -> None:
        secret = "s3cret-marker"
        for target in (INT4, N62, NUMERIC, DOUBLE, BOOL, V3, DATE, TIME, TSTZ, UUIDS, MOOD):
            [reject] = run(pa.array([secret]), target).rejects
            assert secret not in reject.reason
            assert reject.row == {"c": secret}

    def test_nothing_but_rejects_leaves_an_empty_batch(self) -> None:
        done = run(pa.array(["x", "y"]), INT4)
        assert (done.batch.num_rows, done.rejected_rows) == (0, 2)

    def test_many_failing_rows_take_no_row_by_row_time(self) -> None:
        done = run(pa.array(["2024-02-30", "2024-02-28"] * 10_000), DATE)
        assert (done.batch.num_rows, done.rejected_rows) == (10_000, 10_000)


AWKWARD: list[tuple[pa.DataType, list[Any]]] = [
    (pa.string(), ["", " ", "\0", "1", "-1.5", "1e999", "nan", "inf", "true", "{", "2024-02-30", "9" * 80, "😀", "+"]),
    (pa.large_string(), ["1", "x"]),
    (pa.dictionary(pa.int8(), pa.string()), ["1", "x", "1"]),
    (pa.binary(), [b"", b"1", b"\xff", b"\0", b"2024-01-01"]),
    (pa.binary(16), [b"0123456789abcdef", b"\xff" * 16]),
    (pa.bool_(), [True, False]),
    (pa.int8(), [-128, 0, 1, 127]),
    (pa.uint8(), [255]),
    (pa.uint16(), [65535]),
    (pa.uint32(), [2**32 - 1]),
    (pa.uint64(), [2**64 - 1, 0]),
    (pa.int64(), [-(2**63), 2**63 - 1, 0, 1]),
    (pa.float16(), [1.5, math.nan]),
    (pa.float32(), [1.1, math.inf, 3e38, 1e-45]),
    (pa.float64(), [1e308, -1e-308, 5e-324, math.nan, -math.inf, 2.0**63, 0.1, -0.0]),
    (pa.decimal32(9, 2), [Decimal("1.25")]),
    (pa.decimal64(18, 0), [Decimal(9 * 10**17)]),
    (pa.decimal128(38, 38), [Decimal("0." + "9" * 38), Decimal("-0." + "0" * 37 + "1")]),
    (pa.decimal128(38, -3), [Decimal("123000")]),
    (pa.decimal256(76, 0), [Decimal("9" * 76), Decimal(1)]),
    (pa.decimal256(76, 76), [Decimal("0." + "9" * 76)]),
    (pa.date32(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    (pa.date64(), [dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    (pa.time32("ms"), [dt.time(23, 59, 59, 999000)]),
    (pa.time64("ns"), [dt.time(0, 0, 0, 1)]),
    (pa.timestamp("s"), [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)]),
    (pa.timestamp("ns"), [dt.datetime(1700, 1, 1), dt.datetime(2262, 1, 1)]),
    (pa.timestamp("us", "Europe/Berlin"), [dt.datetime(1900, 1, 1), dt.datetime(2024, 10, 27, 0, 30)]),
    (pa.timestamp("ms", "+05:30"), [dt.datetime(2024, 1, 1)]),
    (pa.duration("s"), [dt.timedelta(seconds=5)]),
    (pa.list_(pa.string()), [["x"], []]),
    (pa.struct([("a", pa.int8())]), [{"a": 1}]),
    (pa.null(), [None]),
]
TARGETS = [
    INT2, INT4, INT8, N62, NUMERIC, numeric(38, 38), numeric(38, 0), numeric(50, 10), REAL, DOUBLE, BOOL, TEXT, V3, C3,
    DATE, TIME, TIME0, TS, TS3, TSTZ, BYTEA, UUIDS, MOOD, column("jsonb", "jsonb"), column("inet", "inet"),
]  # fmt: skip


@pytest.mark.parametrize(("arrow_type", "values"), AWKWARD, ids=str)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.type)
def test_no_type_and_no_value_breaks_the_batch(
    target: TargetColumn, arrow_type: pa.DataType, values: list[Any]
) -> None:
    array = pa.array([None, *values, None], arrow_type)
    for part in (array, array.slice(1), array.slice(len(array) - 1), array.slice(0, 0)):
        done = run(part, target, "Europe/Berlin")
        assert done.batch.num_rows + done.rejected_rows == len(part)
        done.batch.validate(full=True)
