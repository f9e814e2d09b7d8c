"""Dates and times that came as text: ISO 8601 forms only, as any other order of day and month is a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
_ZONE = r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
_MOMENT = rf"^[0-9]{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[ T]{_CLOCK}\s*{_ZONE}?)?$"
_ZONED = rf":[0-9.]+\s*{_ZONE}$"
_FINER = r"\.[0-9]{6}[0-9]*[1-9]"


def read_moments(sieve: Sieve) -> pa.Array:
    """Read texts of dates and timestamps, in place to timestamp[us]; those with a zone are returned instead, in UTC.

    A row is NULL in one of the two, or in both when it was NULL or was taken out.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    sieve.values = pc.utf8_trim_whitespace(sieve.values)
    sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, _MOMENT)), "not a date or timestamp in ISO 8601")
    sieve.reject(pc.starts_with(sieve.values, "0000"), "there is no year 0")
    _drop_fine_zeros(sieve)
    has_zone = pc.match_substring_regex(sieve.values, _ZONED)
    if not pc.any(has_zone).as_py():
        sieve.cast(pa.timestamp("us"), "no such day")
        return pa.nulls(len(sieve.values), pa.timestamp("us", "UTC"))
    texts = sieve.values
    sieve.values = pc.if_else(has_zone, pc.replace_substring_regex(texts, r"\s+([Zz+-])", r"\1"), None)
    sieve.values = pc.replace_substring_regex(sieve.values, "z$", "Z")
    sieve.cast(pa.timestamp("us", "UTC"), "no such day")
    zoned = sieve.values
    sieve.values = pc.if_else(has_zone, None, texts)
    sieve.cast(pa.timestamp("us"), "no such day")
    return zoned


def read_times(sieve: Sieve, column: TargetColumn) -> None:
    """Read texts of times of day, in place to time64[us]."""
    import pyarrow as pa
    import pyarrow.compute as pc

    sieve.values = pc.replace_substring_regex(pc.utf8_trim_whitespace(sieve.values), r"^([0-9]):", r"0\1:")
    sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, f"^{_CLOCK}$")), f"not a {column.type}")
    _drop_fine_zeros(sieve)
    day, nothing = (pa.scalar(text, sieve.values.type) for text in ("1970-01-01 ", ""))
    dated = pc.binary_join_element_wise(day, sieve.values, nothing)
    sieve.values = dated.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.time64("us"))


def _drop_fine_zeros(sieve: Sieve) -> None:
    """Arrow reads six digits of a fraction: SQL Server's seventh, always a zero, must not stand in the way."""
    import pyarrow.compute as pc

    if pc.any(pc.match_substring_regex(sieve.values, r"\.[0-9]{7}")).as_py():
        sieve.reject(pc.match_substring_regex(sieve.values, _FINER), "fractions of a second finer than microseconds")
        sieve.values = pc.replace_substring_regex(sieve.values, r"(\.[0-9]{6})0+", r"\1")
