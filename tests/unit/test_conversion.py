"""What each target type makes of what a driver gives: the same value, or a reject that says why."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from hybrid_sync.catalog import TargetColumn
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
    convert_one,
    numeric,
    utc,
)

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
