"""Into smallint, integer and bigint: whole values within the range, whatever carried them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid_sync.conversion.kinds import Kind, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

BITS = {"int2": 16, "int4": 32, "int8": 64}
DOUBLE_WHOLE = 2**53  # up to here a double tells neighbouring whole numbers apart
NOT_WHOLE = "not a whole number"

_WHOLE_TEXT = r"^\s*[+-]?[0-9]+(?:\.0*)?\s*$"
_SHORT_WHOLE_TEXT = r"^-?[0-9]{1,18}$"


def to_whole_number(sieve: Sieve, column: TargetColumn) -> None:
    """Convert in place; `sieve` holds valid text, integers, decimals, floats or booleans."""
    import pyarrow as pa
    import pyarrow.compute as pc

    bits = BITS[column.base]
    out_of_range = f"out of range for {column.type}"
    read_whole(sieve, out_of_range)
    if sieve.values.type.bit_width > bits:
        # Two aggregates first: the masks are only made when there is something to take out.
        limits = pc.min_max(sieve.values).as_py()
        if limits["max"] is not None and (limits["max"] >= 2 ** (bits - 1) or limits["min"] < -(2 ** (bits - 1))):
            beyond = pc.or_(pc.greater_equal(sieve.values, 2 ** (bits - 1)), pc.less(sieve.values, -(2 ** (bits - 1))))
            sieve.reject(beyond, out_of_range)
    elif pa.types.is_unsigned_integer(sieve.values.type) and sieve.values.type.bit_width == bits:
        sieve.reject(pc.greater_equal(sieve.values, 2 ** (bits - 1)), out_of_range)
    sieve.values = sieve.values.cast(_arrow_type(bits))


def read_whole(sieve: Sieve, out_of_range: str) -> None:
    """Convert in place to some integer type."""
    import pyarrow as pa

    kind = kind_of(sieve.values.type)
    if kind is Kind.TEXT:
        _read_text(sieve, out_of_range)
    elif kind is Kind.FLOAT:
        _read_float(sieve)
    elif kind is Kind.BOOLEAN:
        sieve.values = sieve.values.cast(pa.int8())
    if kind_of(sieve.values.type) is Kind.DECIMAL:
        _read_decimal(sieve, out_of_range)


def _arrow_type(bits: int) -> pa.DataType:
    import pyarrow as pa

    return {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[bits]


def _read_text(sieve: Sieve, out_of_range: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.all(pc.match_substring_regex(sieve.values, _SHORT_WHOLE_TEXT)).as_py():
        sieve.values = sieve.values.cast(pa.int64())
        return
    sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, _WHOLE_TEXT)), NOT_WHOLE)
    digits = pc.replace_substring_regex(sieve.values, r"^\s*([+-]?)0*([0-9]+?)(?:\.0*)?\s*$", r"\1\2")
    sieve.reject(pc.greater(pc.binary_length(digits), 30), out_of_range)
    digits = pc.if_else(sieve.values.is_valid(), digits, None)
    sieve.values = digits.cast(pa.decimal128(38, 0))


def _read_float(sieve: Sieve) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = sieve.values.cast(pa.float64())
    sieve.values = values
    whole = pc.and_(pc.is_finite(values), pc.equal(pc.floor(values), values))
    sieve.reject(pc.invert(whole), NOT_WHOLE)
    sieve.reject(pc.greater(pc.abs(sieve.values), float(DOUBLE_WHOLE)), "beyond 2^53, where a float is not exact")
    sieve.values = sieve.values.cast(pa.int64())


def _read_decimal(sieve: Sieve, out_of_range: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        sieve.values = sieve.values.cast(pa.int64())
    except pa.ArrowInvalid:
        # 76 digits in all: with more than 56 decimals there would be no room for 2^63.
        wide = pa.decimal256(76, min(max(sieve.values.type.scale, 0), 56))
        sieve.cast(wide, NOT_WHOLE)
        sieve.reject(pc.not_equal(pc.trunc(sieve.values), sieve.values), NOT_WHOLE)
        high, low = pa.scalar(2**63, wide), pa.scalar(-(2**63), wide)
        sieve.reject(pc.or_(pc.greater_equal(sieve.values, high), pc.less(sieve.values, low)), out_of_range)
        sieve.values = sieve.values.cast(pa.int64())
