"""Into boolean: true and false, 1 and 0, and PostgreSQL's own words for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid_sync.conversion.kinds import Kind, kind_of
from hybrid_sync.conversion.whole_numbers import read_whole

if TYPE_CHECKING:
    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

_TRUE = ("t", "true", "y", "yes", "on", "1")
_FALSE = ("f", "false", "n", "no", "off", "0")


def to_boolean(sieve: Sieve, column: TargetColumn) -> None:
    """Convert in place; `sieve` holds valid text, integers, decimals, floats or booleans."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = kind_of(sieve.values.type)
    not_boolean = f"not a {column.type}"
    if kind is Kind.BOOLEAN:
        return
    if kind is Kind.TEXT:
        words = pc.utf8_lower(pc.utf8_trim_whitespace(sieve.values))
        true = pc.is_in(words, pa.array(_TRUE, words.type))
        false = pc.is_in(words, pa.array(_FALSE, words.type))
    else:
        read_whole(sieve, not_boolean)
        true, false = pc.equal(sieve.values, 1), pc.equal(sieve.values, 0)
    sieve.reject(pc.and_(sieve.values.is_valid(), pc.invert(pc.or_(true, false))), not_boolean)
    sieve.values = pc.if_else(sieve.values.is_valid(), true, None)
