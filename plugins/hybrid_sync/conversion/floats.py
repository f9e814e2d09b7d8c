"""Into real and double precision: a float by its bits, anything else by the number that its shortest text names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hybrid_sync.conversion.decimals import NOT_NUMBER
from hybrid_sync.conversion.kinds import Kind, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

_FLOAT_TEXT = r"(?i)^\s*[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)\s*$"
_SURE_TEXT = r"^\s*[+-]?[0-9.]{1,15}\s*$"  # at most 15 digits, no exponent: a double gives them back unchanged
_INFINITE_TEXT = r"(?i)inf"


def to_float(sieve: Sieve, column: TargetColumn) -> None:
    """Convert in place; `sieve` holds valid text, integers, decimals, floats or booleans."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = kind_of(sieve.values.type)
    lossy = f"not exact in {column.type}"
    if kind is Kind.TEXT:
        _read_text(sieve, column, lossy)
    elif kind is Kind.DECIMAL:
        _read_text_of_decimal(sieve, lossy)
    elif kind is Kind.BOOLEAN:
        sieve.values = sieve.values.cast(pa.int8())
    if kind is Kind.INTEGER:
        limit = 2 ** (24 if column.base == "float4" else 53)
        if sieve.values.type.bit_width >= 32:
            sieve.values = sieve.values.cast(pa.int64())
            beyond = pc.or_(pc.greater(sieve.values, limit), pc.less(sieve.values, -limit))
            sieve.reject(beyond, lossy)
    if column.base == "float8":
        sieve.values = sieve.values.cast(pa.float64())
    elif not pa.types.is_float32(sieve.values.type):
        _narrow(sieve, from_text=kind in (Kind.TEXT, Kind.DECIMAL), lossy=lossy)


def _narrow(sieve: Sieve, *, from_text: bool, lossy: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = sieve.values.cast(pa.float64())
    narrow = wide.cast(pa.float32(), safe=False)
    # A decimal text is kept when the narrow float's own shortest text names the same number.
    back = narrow.cast(pa.string()).cast(pa.float64()) if from_text else narrow.cast(pa.float64())
    same = pc.or_(pc.equal(back, wide), pc.and_(pc.is_nan(back), pc.is_nan(wide)))
    sieve.values = narrow
    sieve.reject(pc.invert(same), lossy)


def _read_text(sieve: Sieve, column: TargetColumn, lossy: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, _FLOAT_TEXT)), NOT_NUMBER)
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(sieve.values), r"^\+", "")
    sieve.values = text.cast(pa.float64())
    overflow = pc.and_(pc.is_inf(sieve.values), pc.invert(pc.match_substring_regex(text, _INFINITE_TEXT)))
    sieve.reject(overflow, f"out of range for {column.type}")
    _check_digits(sieve, text, lossy)


def _read_text_of_decimal(sieve: Sieve, lossy: str) -> None:
    import pyarrow as pa

    text = sieve.values.cast(pa.string())
    sieve.values = text.cast(pa.float64())
    _check_digits(sieve, text, lossy)


def _check_digits(sieve: Sieve, text: pa.Array, lossy: str) -> None:
    """Read the long texts one by one: beyond 15 digits a double may not give a decimal back."""
    import pyarrow as pa
    import pyarrow.compute as pc

    doubtful = pc.and_(pc.invert(pc.match_substring_regex(text, _SURE_TEXT)), pc.is_finite(sieve.values))
    if not pc.any(doubtful).as_py():
        return
    doubtful = pc.fill_null(doubtful, False)
    pairs = zip(pc.filter(sieve.values, doubtful).to_pylist(), pc.filter(text, doubtful).to_pylist(), strict=True)
    verdicts = pa.array([Decimal(repr(value)) != Decimal(written) for value, written in pairs], pa.bool_())
    sieve.reject(pc.replace_with_mask(pa.repeat(False, len(text)), doubtful, verdicts), lossy)
