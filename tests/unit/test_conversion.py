"""What each target type makes of what a driver gives: the same value, or a reject that says why.

`convert` sends one column through a whole batch and gives, for each row, the value that goes to the cloud or the
reason as `Rejected`. That the cloud then holds that value is shown in tests/postgres/test_staging.py.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_sync.catalog import TargetColumn
from hybrid_sync.conversion import ROW_NUMBER, Conversion, Converted
from hybrid_sync.errors import RegistryError


class Rejected(str):
    """A reason."""


def column(sql_type: str, base: str, **facts: Any) -> TargetColumn:
    given_facts = {"kind": "b", "length": None, "precision": None, "scale": None, "labels": ()} | facts
    return TargetColumn(
        name="c", type=sql_type, base=base, not_null=False, has_default=False, generated=False, identity=False,
        **given_facts,
    )  # fmt: skip


def numeric(precision: int, scale: int) -> TargetColumn:
    return column(f"numeric({precision},{scale})", "numeric", precision=precision, scale=scale)


INT2 = column("smallint", "int2")
INT4 = column("integer", "int4")
INT8 = column("bigint", "int8")
N62 = numeric(6, 2)
NUMERIC = column("numeric", "numeric")
REAL = column("real", "float4")
DOUBLE = column("double precision", "float8")
BOOL = column("boolean", "bool")
TEXT = column("text", "text")
V3 = column("character varying(3)", "varchar", length=3)
C3 = column("character(3)", "bpchar", length=3)
DATE = column("date", "date")
TIME = column("time without time zone", "time", scale=6)
TIME0 = column("time(0) without time zone", "time", scale=0)
TS = column("timestamp without time zone", "timestamp", scale=6)
TS3 = column("timestamp(3) without time zone", "timestamp", scale=3)
TSTZ = column("timestamp with time zone", "timestamptz", scale=6)
BYTEA = column("bytea", "bytea")
UUIDS = column("uuid", "uuid")
MOOD = column("mood", "mood", kind="e", labels=("calm", "busy"))


def run(values: pa.Array, target: TargetColumn, zone: str = "UTC", required: tuple[str, ...] = ()) -> Converted:
    batch = pa.RecordBatch.from_arrays([values], names=["c"])
    return Conversion(batch.schema, [target], zone, required).convert(batch, 1)


def convert(values: pa.Array, target: TargetColumn, zone: str = "UTC") -> list[Any]:
    done = run(values, target, zone)
    by_row: dict[int, Any] = dict(
        zip(done.batch[ROW_NUMBER].to_pylist(), done.batch["c"].to_pylist(), strict=True)
    )  # fmt: skip
    for reject in done.rejects:
        assert reject.row_number not in by_row, "a row is good or rejected, and has one reason a column"
        by_row[reject.row_number] = Rejected(reject.reason)
    return [by_row[row] for row in range(1, len(values) + 1)]


def convert_one(value: Any, arrow_type: pa.DataType, target: TargetColumn, zone: str = "UTC") -> Any:
    # A good row and a NULL stand beside it: they must not be touched.
    _, result, nothing = convert(pa.array([None, value, None], arrow_type), target, zone)
    assert nothing is None
    return result


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]


WHOLE = "not a whole number"
ISO = "not a date or timestamp in ISO 8601"
EXACT: list[tuple[TargetColumn, pa.DataType, Any, Any]] = [
    (INT2, pa.int64(), -32768, -32768),
    (INT4, pa.int8(), 7, 7),
    (INT8, pa.uint64(), 2**63 - 1, 2**63 - 1),
    (INT8, pa.string(), " +007 ", 7),
    (INT8, pa.string(), "12.00", 12),
    (INT8, pa.string(), "-9223372036854775808", -(2**63)),
    (INT8, pa.binary(), b"42", 42),
    (INT8, pa.float64(), 2.0**53, 2**53),
    (INT4, pa.float32(), 3.0, 3),
    (INT8, pa.decimal128(38, 2), Decimal("9223372036854775807.00"), 2**63 - 1),
    (INT8, pa.decimal256(76, 40), Decimal("5"), 5),
    (INT4, pa.bool_(), True, 1),
    (N62, pa.int64(), -9999, Decimal("-9999.00")),
    (N62, pa.float64(), 1.25, Decimal("1.25")),
    (N62, pa.float64(), 0.1, Decimal("0.10")),
    (N62, pa.float64(), -0.0, Decimal("0.00")),
    (N62, pa.float32(), 1.1, Decimal("1.10")),
    (N62, pa.string(), "1.2500", Decimal("1.25")),
    (N62, pa.string(), " -.5 ", Decimal("-0.50")),
    (N62, pa.string(), "5.", Decimal("5.00")),
    (N62, pa.string(), "1.5e2", Decimal("150.00")),
    (N62, pa.string(), "125E-2", Decimal("1.25")),
    (N62, pa.string(), "0e99", Decimal("0.00")),
    (N62, pa.string(), "0" * 60 + "12.5" + "0" * 60, Decimal("12.50")),
    (N62, pa.decimal128(20, 6), Decimal("1.230000"), Decimal("1.23")),
    (N62, pa.decimal256(60, 30), Decimal("1.23"), Decimal("1.23")),
    (N62, pa.bool_(), True, Decimal("1.00")),
    (numeric(38, 0), pa.string(), "9" * 38, Decimal("9" * 38)),
    (numeric(38, 38), pa.string(), "0." + "9" * 38, Decimal("0." + "9" * 38)),
    (numeric(38, 17), pa.float64(), 0.1 + 0.2, Decimal("0.30000000000000004")),
    (numeric(15, 2), pa.float64(), 9999999999999.99, Decimal("9999999999999.99")),
    (NUMERIC, pa.decimal128(10, 3), Decimal("1.500"), Decimal("1.500")),
    (NUMERIC, pa.int64(), 5, Decimal(5)),
    (DOUBLE, pa.float64(), 0.1, 0.1),
    (DOUBLE, pa.string(), "1.7976931348623157e308", 1.7976931348623157e308),
    (DOUBLE, pa.string(), "-Infinity", -math.inf),
    (DOUBLE, pa.string(), "0.30000000000000004", 0.30000000000000004),
    (DOUBLE, pa.decimal128(10, 2), Decimal("1.10"), 1.1),
    (DOUBLE, pa.int64(), -(2**53), -(2.0**53)),
    (REAL, pa.float64(), 0.5, 0.5),
    (REAL, pa.string(), "1.1", 1.100000023841858),
    (REAL, pa.float32(), 3.4e38, 3.3999999521443642e38),
    (BOOL, pa.string(), " TRUE ", True),
    (BOOL, pa.string(), "0", False),
    (BOOL, pa.int16(), 1, True),
    (BOOL, pa.decimal128(1, 0), Decimal(0), False),
    (BOOL, pa.float64(), 1.0, True),
    (TEXT, pa.string(), "தமிழ் हिन्दी 😀 “smart”\t\n\\", "தமிழ் हिन्दी 😀 “smart”\t\n\\"),
    (TEXT, pa.large_string(), "", ""),
    (TEXT, pa.binary(), "é".encode(), "é"),
    (TEXT, pa.string_view(), "view", "view"),
    (TEXT, pa.float64(), 1.25, "1.25"),
    (TEXT, pa.decimal128(6, 2), Decimal("1.50"), "1.50"),
    (TEXT, pa.timestamp("us"), utc(2024, 1, 2, 3, 4, 5, 60), "2024-01-02 03:04:05.00006"),
    (TEXT, pa.timestamp("s"), utc(2024, 1, 2, 3, 0, 0), "2024-01-02 03:00:00"),
    (TEXT, pa.timestamp("us", "Asia/Kolkata"), dt.datetime(2024, 1, 2, tzinfo=dt.UTC), "2024-01-02 00:00:00+00"),
    (TEXT, pa.date32(), dt.date(2024, 2, 29), "2024-02-29"),
    (TEXT, pa.bool_(), True, "true"),
    (V3, pa.string(), "அ😀x", "அ😀x"),
    (V3, pa.string(), "ab     ", "ab "),  # only spaces stand beyond the column
    (C3, pa.string(), "a" + " " * 50, "a  "),
    (C3, pa.string(), "", ""),
    (DATE, pa.date32(), dt.date(1, 1, 1), dt.date(1, 1, 1)),
    (DATE, pa.timestamp("s"), utc(2024, 2, 29), dt.date(2024, 2, 29)),
    (DATE, pa.string(), "2024-02-29", dt.date(2024, 2, 29)),
    (DATE, pa.string(), " 1960-02-29 00:00:00.000 ", dt.date(1960, 2, 29)),
    (TIME, pa.time32("s"), dt.time(1, 2, 3), dt.time(1, 2, 3)),
    (TIME, pa.time64("ns"), dt.time(1, 2, 3, 4), dt.time(1, 2, 3, 4)),
    (TIME, pa.string(), "9:05", dt.time(9, 5)),
    (TIME, pa.string(), "23:59:59.999999", dt.time(23, 59, 59, 999999)),
    (TIME0, pa.time64("us"), dt.time(1, 2, 3), dt.time(1, 2, 3)),
    (TS, pa.timestamp("us"), utc(1066, 10, 14, 9, 0, 0, 1), utc(1066, 10, 14, 9, 0, 0, 1)),
    (TS, pa.date32(), dt.date(2024, 1, 1), utc(2024, 1, 1)),
    (TS, pa.string(), "2024-01-01T10:11:12.1234560", utc(2024, 1, 1, 10, 11, 12, 123456)),
    (TS, pa.string(), "2024-01-01 10:11", utc(2024, 1, 1, 10, 11)),
    (TS3, pa.timestamp("ns"), utc(2024, 1, 1, 0, 0, 0, 123000), utc(2024, 1, 1, 0, 0, 0, 123000)),
    (TSTZ, pa.string(), "2024-01-01 10:00 +0530", utc(2024, 1, 1, 4, 30)),
    (TSTZ, pa.string(), "2024-01-01T10:00:00Z", utc(2024, 1, 1, 10)),
    (BYTEA, pa.binary(), b"\0\xff", b"\0\xff"),
    (BYTEA, pa.large_binary(), b"", b""),
    (UUIDS, pa.string(), "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
     UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").bytes),
    (UUIDS, pa.string(), "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").bytes),
    (UUIDS, pa.binary(16), b"0123456789abcdef", b"0123456789abcdef"),
    (MOOD, pa.string(), "busy", "busy"),
]  # fmt: skip

REJECTED: list[tuple[TargetColumn, pa.DataType, Any, str]] = [
    (INT2, pa.int64(), 32768, "out of range for smallint"),
    (INT4, pa.uint32(), 2**31, "out of range for integer"),
    (INT8, pa.uint64(), 2**63, "out of range for bigint"),
    (INT8, pa.string(), "9223372036854775808", "out of range for bigint"),
    (INT8, pa.string(), "9" * 50, "out of range for bigint"),
    (INT8, pa.string(), "", WHOLE),
    (INT8, pa.string(), "0x1F", WHOLE),
    (INT8, pa.string(), "1_000", WHOLE),
    (INT8, pa.string(), "12.5", WHOLE),
    (INT8, pa.float64(), 0.5, WHOLE),
    (INT8, pa.float64(), math.nan, WHOLE),
    (INT8, pa.float64(), math.inf, WHOLE),
    (INT8, pa.float64(), 2.0**60, "beyond 2^53, where a float is not exact"),
    (INT4, pa.float64(), 2.0**40, "out of range for integer"),
    (INT8, pa.decimal128(38, 2), Decimal("0.10"), WHOLE),
    (INT8, pa.decimal128(38, 0), Decimal("9" * 38), "out of range for bigint"),
    (INT8, pa.decimal256(76, 0), Decimal("9" * 76), "out of range for bigint"),
    (INT4, pa.date32(), dt.date(2024, 1, 1), "a date instead of integer"),
    (N62, pa.float64(), 1.005, "more decimals than numeric(6,2) holds"),
    (N62, pa.float32(), 1.005, "more decimals than numeric(6,2) holds"),
    (N62, pa.float64(), 10000.0, "too large for numeric(6,2)"),
    (N62, pa.float64(), 1e300, "too large for numeric(6,2)"),
    (N62, pa.float64(), math.nan, "not a number"),
    (N62, pa.float64(), -math.inf, "not a number"),
    (N62, pa.string(), "NaN", "not a number"),
    (N62, pa.string(), "", "not a number"),
    (N62, pa.string(), "1,25", "not a number"),
    (N62, pa.string(), "1.005", "more decimals than numeric(6,2) holds"),
    (N62, pa.string(), "1e-3", "more decimals than numeric(6,2) holds"),
    (N62, pa.string(), "1e4", "too large for numeric(6,2)"),
    (N62, pa.string(), "9" * 60, "too large for numeric(6,2)"),
    (N62, pa.int64(), -10000, "too large for numeric(6,2)"),
    (N62, pa.decimal128(10, 4), Decimal("1.2345"), "more decimals than numeric(6,2) holds"),
    (N62, pa.decimal128(10, 4), Decimal("10000.0000"), "too large for numeric(6,2)"),
    (N62, pa.decimal256(76, 0), Decimal("9" * 76), "too large for numeric(6,2)"),
    (numeric(38, 38), pa.decimal128(38, 0), Decimal("1"), "too large for numeric(38,38)"),
    (N62, pa.string(), "\0", "NUL character"),
    (NUMERIC, pa.float64(), math.nan, "not a number"),
    (NUMERIC, pa.string(), "Infinity", "not a number"),
    (DOUBLE, pa.string(), "1e400", "out of range for double precision"),
    (DOUBLE, pa.string(), "1e-400", "not exact in double precision"),
    (DOUBLE, pa.string(), "0.12345678901234567890", "not exact in double precision"),
    (DOUBLE, pa.decimal128(38, 10), Decimal("1234567890123456789.0123456789"), "not exact in double precision"),
    (DOUBLE, pa.int64(), 2**53 + 1, "not exact in double precision"),
    (DOUBLE, pa.string(), "x", "not a number"),
    (REAL, pa.float64(), 1.1, "not exact in real"),
    (REAL, pa.float64(), 1e300, "not exact in real"),
    (REAL, pa.int32(), 2**24 + 1, "not exact in real"),
    (REAL, pa.string(), "0.123456789", "not exact in real"),
    (BOOL, pa.int64(), 2, "not a boolean"),
    (BOOL, pa.string(), "", "not a boolean"),
    (BOOL, pa.float64(), 0.5, WHOLE),
    (TEXT, pa.string(), "a\0b", "NUL character"),
    (TEXT, pa.binary(), b"caf\xe9", "not valid UTF-8"),  # CP1252
    (TEXT, pa.binary(), b"\xed\xa0\x80", "not valid UTF-8"),  # a lone surrogate
    (TEXT, pa.binary(), b"\xc0\x80", "not valid UTF-8"),  # overlong
    (TEXT, pa.binary(), b"\xf4\x90\x80\x80", "not valid UTF-8"),  # beyond U+10FFFF
    (TEXT, pa.list_(pa.int8()), [1], "list<item: int8> has no text form"),
    (V3, pa.string(), "abcd", "longer than 3 characters"),
    (V3, pa.string(), "abc\t", "longer than 3 characters"),
    (V3, pa.int64(), 1000, "longer than 3 characters"),
    (C3, pa.string(), "அ😀xy", "longer than 3 characters"),
    (column("name", "name"), pa.string(), "é" * 32, "longer than 63 bytes"),
    (column('"char"', "char"), pa.string(), "", "not one byte"),
    (DATE, pa.string(), "2024-02-30", "no such day"),
    (DATE, pa.string(), "2023-02-29", "no such day"),
    (DATE, pa.string(), "0000-00-00", ISO),
    (DATE, pa.string(), "0000-01-01", "there is no year 0"),
    (DATE, pa.string(), "29/02/2024", ISO),
    (DATE, pa.string(), "2024-2-9", ISO),
    (DATE, pa.string(), "", ISO),
    (DATE, pa.string(), "2024-02-29 00:00:01", "a time of day in a date"),
    (DATE, pa.timestamp("us"), utc(2024, 1, 1, 0, 0, 0, 1), "a time of day in a date"),
    (DATE, pa.int64(), 20240101, "an integer instead of date"),
    (TIME, pa.string(), "24:00", "not a time without time zone"),
    (TIME, pa.string(), "10:60", "not a time without time zone"),
    (TIME, pa.timestamp("s"), utc(2024, 1, 1), "a timestamp instead of time without time zone"),
    (TIME0, pa.time64("us"), dt.time(1, 2, 3, 4), "fractions of a second finer than time(0) without time zone"),
    (TIME0, pa.string(), "01:02:03.5", "fractions of a second finer than time(0) without time zone"),
    (TS, pa.string(), "2024-01-01 24:00:00", ISO),
    (TS, pa.string(), "2024-01-01 10", ISO),
    (TS, pa.string(), "infinity", ISO),
    (TS, pa.string(), "2024-01-01 10:11:12.1234567", "fractions of a second finer than microseconds"),
    (TS, pa.time32("s"), dt.time(1), "a time instead of timestamp without time zone"),
    (TS3, pa.timestamp("us"), utc(2024, 1, 1, 0, 0, 0, 1),
     "fractions of a second finer than timestamp(3) without time zone"),
    (UUIDS, pa.string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "not a uuid"),
    (UUIDS, pa.int64(), 5, "an integer instead of uuid"),
    (MOOD, pa.string(), "Busy", "not one of the 2 labels"),
    (BYTEA, pa.int64(), 5, "an integer instead of bytea"),
]  # fmt: skip


def label(case: Any) -> str | None:
    return case.type if isinstance(case, TargetColumn) else None


@pytest.mark.parametrize(("target", "arrow_type", "value", "expected"), EXACT, ids=label)
def test_a_value_that_fits_arrives_unchanged(
    target: TargetColumn, arrow_type: pa.DataType, value: Any, expected: Any
) -> None:
    result = convert_one(value, arrow_type, target)
    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(("target", "arrow_type", "value", "reason"), REJECTED, ids=label)
def test_a_value_that_does_not_fit_is_rejected_with_its_reason(
    target: TargetColumn, arrow_type: pa.DataType, value: Any, reason: str
) -> None:
    assert convert_one(value, arrow_type, target) == Rejected(reason)


@pytest.mark.parametrize("raw", [b"caf\xe9", b"\xed\xa0\x80", b"\xff"])
def test_a_string_column_that_holds_no_utf8_loses_only_the_row(raw: bytes) -> None:
    # Arrow does not look into the strings that a Parquet file or a driver hands it.
    mislabelled = pa.array([b"good", raw, b"fine"]).view(pa.string())
    assert convert(mislabelled, TEXT) == ["good", Rejected("not valid UTF-8"), "fine"]


def test_a_nanosecond_is_not_rounded_away() -> None:
    assert convert(pa.array([1, 1000], pa.int64()).cast(pa.timestamp("ns")), TS) == [
        Rejected("fractions of a second finer than microseconds"), utc(1970, 1, 1, 0, 0, 0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("arrow_type", "count"), [(pa.timestamp("s"), 2**60), (pa.timestamp("us"), -(2**62))])
def test_a_timestamp_outside_postgresqls_calendar_is_rejected(arrow_type: pa.DataType, count: int) -> None:
    [reason] = convert(pa.array([count], pa.int64()).cast(arrow_type), TS)
    assert isinstance(reason, Rejected)


@pytest.mark.parametrize("target", [INT4, N62, NUMERIC, DOUBLE, BOOL, TEXT, DATE, TIME, TSTZ, BYTEA, UUIDS, MOOD])
@pytest.mark.parametrize("arrow_type", [pa.null(), pa.string(), pa.int64(), pa.binary(), pa.timestamp("ns")], ids=str)
def test_null_is_null_everywhere(target: TargetColumn, arrow_type: pa.DataType) -> None:
    assert convert(pa.nulls(3, arrow_type), target) == [None, None, None]
    assert convert(pa.nulls(0, arrow_type), target) == []


class TestDesktopTimeZone:
    """2024 in Berlin: the clock skips 31 March 02:00-03:00 and shows 27 October 02:00-03:00 twice."""

    SKIPPED = Rejected("a time that the clock of Europe/Berlin skips")
    DOUBLED = Rejected("an hour that the clock of Europe/Berlin shows twice")

    @pytest.mark.parametrize(
        ("reading", "expected"),
        [
            (utc(2024, 7, 1, 12), utc(2024, 7, 1, 10)),
            (utc(2024, 1, 1, 12), utc(2024, 1, 1, 11)),
            (utc(2024, 3, 31, 2, 30), SKIPPED),
            (utc(2024, 10, 27, 2, 30), utc(2024, 10, 27, 0, 30)),  # the earlier of the two
        ],
    )
    @pytest.mark.parametrize("as_text", [False, True])
    def test_a_reading_without_zone_is_the_desktops(self, reading: dt.datetime, expected: Any, as_text: bool) -> None:
        values = pa.array([str(reading)] if as_text else [reading])
        assert convert(values, TSTZ, "Europe/Berlin") == [expected]

    def test_a_text_with_zone_keeps_its_own_and_one_without_takes_the_desktops(self) -> None:
        texts = pa.array(["2024-01-01 12:00:00+05:30", "2024-01-01 12:00:00", "2024-03-31 02:30:00", "2024-02-30Z"])
        assert convert(texts, TSTZ, "Europe/Berlin") == [
            utc(2024, 1, 1, 6, 30), utc(2024, 1, 1, 11), self.SKIPPED, Rejected(ISO),
        ]  # fmt: skip

    def test_a_moment_becomes_the_desktops_clock_reading_where_no_zone_is_kept(self) -> None:
        moments = pa.array([utc(2024, 7, 1, 10), utc(2024, 10, 27, 0, 30), None], pa.timestamp("us", "UTC"))
        assert convert(moments, TS, "Europe/Berlin") == [utc(2024, 7, 1, 12), self.DOUBLED, None]

    def test_a_moment_is_a_date_when_it_is_midnight_on_the_desktop(self) -> None:
        moments = pa.array([utc(2024, 6, 30, 22), utc(2024, 7, 1)], pa.timestamp("us", "UTC"))
        assert convert(moments, DATE, "Europe/Berlin") == [dt.date(2024, 7, 1), Rejected("a time of day in a date")]

    def test_a_moment_is_the_same_moment_whatever_its_zone(self) -> None:
        assert convert_one(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), pa.timestamp("us", "Asia/Tokyo"), TSTZ) == utc(
            2024, 1, 1
        )

    def test_a_date_is_its_midnight_on_the_desktop(self) -> None:
        assert convert(pa.array([dt.date(2024, 1, 2)]), TSTZ, "Asia/Kolkata") == [utc(2024, 1, 1, 18, 30)]

    def test_an_unknown_zone_is_the_registrys_fault(self) -> None:
        with pytest.raises(RegistryError, match=r"desktop_time_zone Mars/Olympus .* tzdata"):
            convert(pa.array([utc(2024, 1, 1)]), TSTZ, "Mars/Olympus")


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


WIDE = Context(prec=80)  # Python's own context rounds to 28 digits


@st.composite
def decimals_of_a_column(draw: st.DrawFn) -> tuple[int, int, list[Decimal]]:
    precision = draw(st.integers(1, 38))
    scale = draw(st.integers(0, precision))
    units = draw(st.lists(st.integers(-(10**precision) + 1, 10**precision - 1), min_size=1, max_size=20))
    return precision, scale, [Decimal(f"{unit}e-{scale}") for unit in units]


@settings(max_examples=200, deadline=None)
@given(decimals_of_a_column())
def test_any_decimal_of_the_column_survives_as_decimal_and_as_text(case: tuple[int, int, list[Decimal]]) -> None:
    precision, scale, values = case
    target = numeric(precision, scale)
    assert convert(pa.array(values, pa.decimal128(precision, scale)), target) == values
    assert convert(pa.array([format(value, "f") for value in values]), target) == values
    assert convert(pa.array([f"{value.scaleb(scale, WIDE):f}e-{scale}" for value in values]), target) == values
    assert convert(pa.array(values, pa.decimal256(76, 38)), target) == values


@settings(max_examples=300, deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=20), st.integers(0, 20))
def test_a_double_fits_a_numeric_exactly_when_its_shortest_text_does(values: list[float], scale: int) -> None:
    target = numeric(min(38, scale + 15), scale)
    limit = Decimal(10) ** (min(38, scale + 15) - scale)
    for value, result in zip(values, convert(pa.array(values, pa.float64()), target), strict=True):
        number = Decimal(repr(value))
        fits = number.is_finite() and abs(number) < limit
        fits = fits and number == number.quantize(Decimal(f"1e-{scale}"), context=WIDE)
        assert (result == number) if fits else isinstance(result, Rejected)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=20), st.sampled_from([INT2, INT4, INT8]))
def test_a_whole_number_is_kept_or_out_of_range(values: list[int], target: TargetColumn) -> None:
    bits = {"int2": 16, "int4": 32, "int8": 64}[target.base]
    expected = [v if -(2 ** (bits - 1)) <= v < 2 ** (bits - 1) else Rejected(f"out of range for {target.type}")
                for v in values]  # fmt: skip
    assert convert(pa.array([str(value) for value in values]), target) == expected
    assert convert(pa.array([Decimal(value) for value in values], pa.decimal128(38, 0)), target) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.datetimes(), min_size=1, max_size=20), st.sampled_from(["s", "ms", "us"]))
def test_a_timestamp_survives_in_its_unit_and_as_text(values: list[dt.datetime], unit: str) -> None:
    step = {"s": 10**6, "ms": 10**3, "us": 1}[unit]
    values = [value.replace(microsecond=value.microsecond // step * step) for value in values]
    assert convert(pa.array(values, pa.timestamp(unit)), TS) == values
    assert convert(pa.array([str(value) for value in values]), TS) == values
    assert convert(pa.array([value.isoformat() for value in values]), TS) == values


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=20))
def test_bytes_are_text_exactly_when_python_reads_them_as_utf8(values: list[bytes]) -> None:
    def expected(value: bytes) -> str:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return Rejected("not valid UTF-8")
        return Rejected("NUL character") if "\0" in text else text

    assert convert(pa.array(values, pa.binary()), TEXT) == [expected(value) for value in values]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=20), st.integers(1, 5))
def test_no_character_but_a_trailing_space_is_ever_cut(values: list[str], length: int) -> None:
    target = column(f"character varying({length})", "varchar", length=length)
    sliced = pa.array(["before", *values, "after"]).slice(1, len(values))
    for value, result in zip(values, convert(sliced, target), strict=True):
        if "\0" in value:
            assert result == Rejected("NUL character")
        elif len(value.rstrip(" ")) > length:
            assert result == Rejected(f"longer than {length} characters")
        else:
            assert value.startswith(result)
            assert value[len(result) :].strip(" ") == ""
