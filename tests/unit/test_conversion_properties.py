"""Round trips of random values: nothing is cut or rounded, and everything that fits is kept."""

from __future__ import annotations

import datetime as dt
from decimal import Context, Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid_sync.catalog import TargetColumn
from tests.unit.converting import INT2, INT4, INT8, TEXT, TS, Rejected, column, convert, numeric

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
