"""Into text, varchar and char: every character kept.

A length counts characters, as PostgreSQL counts them. Spaces that stand beyond the column's length are dropped: a
desktop's CHAR columns come padded with them, and the SQL standard and PostgreSQL's own casts drop them too. No other
character is ever cut.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hybrid_sync.conversion.kinds import Kind, kind_of

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

# The last two are PostgreSQL's internal types, which cut longer text without a word.
BASES = {"text", "varchar", "bpchar", "citext", "name", "char"}


def to_text(sieve: Sieve, column: TargetColumn) -> None:
    """Convert in place; `sieve` holds valid text, or any other kind, which is written as PostgreSQL writes it."""
    import pyarrow.compute as pc

    if kind_of(sieve.values.type) is not Kind.TEXT:
        write(sieve)
    limit = column.length
    if limit is not None:
        beyond = pc.greater(pc.utf8_length(sieve.values), limit)
        if pc.any(beyond).as_py():
            length = pc.utf8_length(pc.utf8_rtrim(sieve.values, " "))
            cut = pc.utf8_slice_codeunits(sieve.values, 0, limit)
            sieve.values = pc.if_else(beyond, cut, sieve.values)
            sieve.reject(pc.greater(length, limit), f"longer than {limit} characters")
    if column.base == "name":
        sieve.reject(pc.greater(pc.binary_length(sieve.values), 63), "longer than 63 bytes")
    elif column.base == "char":
        sieve.reject(pc.not_equal(pc.binary_length(sieve.values), 1), "not one byte")


def write(sieve: Sieve) -> None:
    """Write values of any kind as text: ISO dates and times, plain digits, true and false."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = kind_of(sieve.values.type)
    if kind is Kind.OTHER:
        sieve.reject_all(f"{sieve.values.type} has no text form")
        sieve.values = pa.nulls(len(sieve.values), pa.string())
    elif kind in (Kind.TIME, Kind.TIMESTAMP, Kind.INSTANT):
        finest = sieve.values.type.unit == "ns"
        unit = "ns" if finest else "us"
        values = sieve.values
        if kind is Kind.INSTANT:
            values = values.cast(pa.timestamp(values.type.unit, "UTC")).cast(pa.timestamp(values.type.unit))
        values = values.cast(pa.time64(unit) if kind is Kind.TIME else pa.timestamp(unit)).cast(pa.string())
        values = pc.utf8_rtrim(pc.utf8_rtrim(values, "0"), ".")
        sieve.values = pc.binary_join_element_wise(values, "+00", "") if kind is Kind.INSTANT else values
    else:
        sieve.values = sieve.values.cast(pa.string())
        if kind is Kind.DECIMAL:
            sieve.values = _without_exponent(sieve.values)


def _without_exponent(numbers: pa.Array) -> pa.Array:
    """Arrow writes 0.00000012 as 1.2E-7."""
    import pyarrow as pa
    import pyarrow.compute as pc

    short = pc.match_substring(numbers, "E")
    if not pc.any(short).as_py():
        return numbers
    spelt = pc.unique(numbers.filter(short))
    plain = pa.array([format(Decimal(number), "f") for number in spelt.to_pylist()], numbers.type)
    return pc.coalesce(plain.take(pc.index_in(numbers, spelt)), numbers)
