"""Into numeric: every digit kept, or the value taken out.

A float stands for its shortest decimal text (1.25 is 1.25, although no double is 1.1), as it does in every driver and
in PostgreSQL's own output. Where that text has more decimals than the column, the value does not fit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hybrid_sync.conversion.kinds import Kind, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

NOT_NUMBER = "not a number"
NUMBER_TEXT = r"^\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*$"


def carried_as_text(column: TargetColumn, arrow_type: pa.DataType) -> bool:
    """Whether this numeric travels as text: Arrow's 128-bit decimals cannot hold it, or hold it at one fixed scale."""
    from pyarrow import types

    if column.precision is None:
        fixed_scale = types.is_integer(arrow_type) or types.is_boolean(arrow_type)
        return not (fixed_scale or (types.is_decimal128(arrow_type) and arrow_type.scale >= 0))
    return column.precision > 38 or not 0 <= (column.scale or 0) <= column.precision


def to_number_text(sieve: Sieve, column: TargetColumn) -> None:
    """Convert to the text of a number; the cloud casts it, and refuses what its precision cannot hold."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = kind_of(sieve.values.type)
    if kind is Kind.FLOAT:
        sieve.reject(pc.invert(pc.is_finite(sieve.values)), NOT_NUMBER)
    elif kind is Kind.TEXT:
        sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, NUMBER_TEXT)), NOT_NUMBER)
    elif kind is Kind.BOOLEAN:
        sieve.values = sieve.values.cast(pa.int8())
    sieve.values = sieve.values.cast(pa.string())


def to_decimal(sieve: Sieve, column: TargetColumn) -> None:
    """Convert in place to decimal128; `sieve` holds valid text, integers, decimals, floats or booleans."""
    import pyarrow as pa

    kind = kind_of(sieve.values.type)
    if kind is Kind.BOOLEAN:
        sieve.values = sieve.values.cast(pa.int8())
    if column.precision is None:
        if kind is not Kind.DECIMAL:
            sieve.values = sieve.values.cast(pa.decimal128(19, 0))
        return
    if kind is Kind.TEXT:
        _read_text(sieve, column)
    elif kind is Kind.FLOAT:
        _read_float(sieve, column)
    elif kind in (Kind.INTEGER, Kind.BOOLEAN):
        sieve.values = sieve.values.cast(pa.decimal128(20, 0))
    _rescale(sieve, column)


def _too_large(column: TargetColumn) -> str:
    return f"too large for {column.type}"


def _loses_digits(column: TargetColumn) -> str:
    return f"more decimals than {column.type} holds"


def _rescale(sieve: Sieve, column: TargetColumn) -> None:
    import pyarrow as pa

    precision, scale = column.precision or 38, column.scale or 0
    wanted = pa.decimal128(precision, scale)
    if sieve.values.type == wanted:
        return
    try:
        sieve.values = sieve.values.cast(wanted)
    except pa.ArrowInvalid:
        # By their texts: Arrow's division of 256-bit decimals is wrong for some large ones (pyarrow 26.0.1).
        sieve.values = sieve.values.cast(pa.string())
        _read_text(sieve, column)


def _read_text(sieve: Sieve, column: TargetColumn) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    precision, scale = column.precision or 38, column.scale or 0
    fits = rf"^\s*[+-]?0*[0-9]{{0,{precision - scale}}}(?:\.[0-9]{{0,{scale}}}0*)?\s*$"
    sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, NUMBER_TEXT)), NOT_NUMBER)
    odd = pc.invert(pc.match_substring_regex(sieve.values, fits))
    if pc.any(odd).as_py():
        _sort_out(sieve, pc.fill_null(odd, False), column)
    text = pc.utf8_trim_whitespace(sieve.values)
    # Zeros at both ends would count against Arrow's 38 digits.
    text = pc.replace_substring_regex(text, r"^([+-]?)0+([0-9])", r"\1\2")
    text = pc.replace_substring_regex(text, r"^([^.eE]*\.[0-9]*?)0+$", r"\1")
    sieve.values = text.cast(pa.decimal128(precision, scale))


def _sort_out(sieve: Sieve, odd: pa.Array, column: TargetColumn) -> None:
    """Texts that do not show at sight that they fit: read one by one, as exponents are rare."""
    import pyarrow as pa
    import pyarrow.compute as pc

    precision, scale = column.precision or 38, column.scale or 0
    numbers = [Decimal(text) for text in pc.filter(sieve.values, odd).to_pylist()]
    # copy_abs, because abs would round to the context's 28 digits.
    large = [number.copy_abs() >= Decimal(10) ** (precision - scale) for number in numbers]
    lossy = [not too_large and _decimals_of(number) > scale for number, too_large in zip(numbers, large, strict=True)]
    plain = [None if big or fine else format(number, "f")
             for number, big, fine in zip(numbers, large, lossy, strict=True)]  # fmt: skip
    nowhere = pa.repeat(False, len(odd))
    sieve.reject(pc.replace_with_mask(nowhere, odd, pa.array(large, pa.bool_())), _too_large(column))
    sieve.reject(pc.replace_with_mask(nowhere, odd, pa.array(lossy, pa.bool_())), _loses_digits(column))
    sieve.values = pc.replace_with_mask(sieve.values, odd, pa.array(plain, sieve.values.type))


def _decimals_of(number: Decimal) -> int:
    _, digits, exponent = number.as_tuple()
    trailing_zeros = next((place for place, digit in enumerate(reversed(digits)) if digit), None)
    return 0 if trailing_zeros is None else -int(exponent) - trailing_zeros


def _read_float(sieve: Sieve, column: TargetColumn) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    scale = column.scale or 0
    sieve.reject(pc.invert(pc.is_finite(sieve.values)), NOT_NUMBER)
    if scale <= 15 and pa.types.is_float64(sieve.values.type):
        power = 10.0**scale
        units = pc.round(pc.multiply(sieve.values, power))
        # Below 10^15 units a double names one decimal of this scale, and that one is its shortest text.
        exact = pc.and_(pc.equal(pc.divide(units, power), sieve.values), pc.less(pc.abs(units), 1e15))
        if pc.all(exact).as_py() is not False:
            unit = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal128(scale + 1, scale))
            sieve.values = pc.multiply(units.cast(pa.int64()).cast(pa.decimal128(19, 0)), unit)
            return
    sieve.values = sieve.values.cast(pa.string())
    _read_text(sieve, column)
