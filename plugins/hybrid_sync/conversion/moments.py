"""Into date, time, timestamp and timestamptz: the same moment or calendar day, no fraction of a second lost.

A clock reading without zone means the desktop's time zone where a zone is needed, and a moment becomes that zone's
clock reading where none is kept. A reading that the zone's clock skips is taken out; of one that it shows twice, the
earlier is meant. A moment in such a doubled hour is taken out of a column without zone, which could not give it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hybrid_sync.conversion import zones
from hybrid_sync.conversion.kinds import Kind, kind_of
from hybrid_sync.conversion.moment_texts import read_moments, read_times

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

_FIRST_DAY = -2440588  # 4714-11-24 BC, PostgreSQL's first, in days from 1970
_DAY = 86_400_000_000  # microseconds


def to_date(sieve: Sieve, column: TargetColumn, zone: str) -> None:
    """Convert in place to date32; `sieve` holds valid text, dates, timestamps or moments."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind_of(sieve.values.type) is not Kind.DATE:
        _to_local(sieve, zone)
        sieve.reject(pc.not_equal(_remainder(sieve.values, _DAY), 0), "a time of day in a date")
        sieve.values = sieve.values.cast(pa.date32(), safe=False)
    sieve.reject(pc.less(sieve.values.cast(pa.int32()), _FIRST_DAY), f"out of range for {column.type}")


def to_time(sieve: Sieve, column: TargetColumn, zone: str) -> None:
    """Convert in place to time64[us]; `sieve` holds valid text or times."""
    import pyarrow as pa

    if kind_of(sieve.values.type) is Kind.TEXT:
        read_times(sieve, column)
    sieve.cast(pa.time64("us"), _too_fine(column))
    _check_fraction(sieve, column)


def to_timestamp(sieve: Sieve, column: TargetColumn, zone: str) -> None:
    """Convert in place to timestamp[us]; `sieve` holds valid text, dates, timestamps or moments."""
    _to_local(sieve, zone)
    _check_fraction(sieve, column)
    _check_range(sieve, column)


def to_timestamptz(sieve: Sieve, column: TargetColumn, zone: str) -> None:
    """Convert in place to timestamp[us] in UTC, which is what the cloud's binary form holds."""
    import pyarrow as pa

    if kind_of(sieve.values.type) is Kind.TEXT:
        _read_texts_as_moments(sieve, zone)
    elif kind_of(sieve.values.type) is Kind.INSTANT:
        _to_microseconds(sieve, pa.timestamp("us", "UTC"))
    else:
        _to_microseconds(sieve, pa.timestamp("us"))
        _assume_zone(sieve, zone)
    sieve.values = sieve.values.cast(pa.timestamp("us"))
    _check_fraction(sieve, column)
    _check_range(sieve, column)


def _read_texts_as_moments(sieve: Sieve, zone: str) -> None:
    import pyarrow.compute as pc

    zoned = read_moments(sieve)
    _assume_zone(sieve, zone)
    sieve.values = pc.coalesce(zoned, sieve.values)


def _to_local(sieve: Sieve, zone: str) -> None:
    """To timestamp[us] without zone: the desktop's clock reading."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = kind_of(sieve.values.type)
    if kind is Kind.TEXT:
        zoned = read_moments(sieve)
        if zoned.null_count == len(zoned):
            return
        readings = sieve.values
        sieve.values = zoned
        _to_clock(sieve, zone)
        sieve.values = pc.coalesce(readings, sieve.values)
    elif kind is Kind.INSTANT:
        _to_microseconds(sieve, pa.timestamp("us", "UTC"))
        _to_clock(sieve, zone)
    else:
        _to_microseconds(sieve, pa.timestamp("us"))


def _to_microseconds(sieve: Sieve, to: pa.DataType) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(sieve.values.type) and sieve.values.type.unit == "ns":
        sieve.reject(pc.not_equal(_remainder(sieve.values, 1000), 0), "fractions of a second finer than microseconds")
    sieve.cast(to, "out of range for a timestamp")


def _to_clock(sieve: Sieve, zone: str) -> None:
    sieve.values, twice = zones.clock(sieve.values, zone)
    sieve.reject(twice, f"an hour that the clock of {zone} shows twice")


def _assume_zone(sieve: Sieve, zone: str) -> None:
    sieve.values, skipped = zones.moment(sieve.values, zone)
    sieve.reject(skipped, f"a time that the clock of {zone} skips")


def _check_fraction(sieve: Sieve, column: TargetColumn) -> None:
    import pyarrow.compute as pc

    if column.scale is not None and column.scale < 6:
        step = 10 ** (6 - column.scale)
        sieve.reject(pc.not_equal(_remainder(sieve.values, step), 0), _too_fine(column))


def _check_range(sieve: Sieve, column: TargetColumn) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    sieve.reject(pc.less(sieve.values.cast(pa.int64()), _FIRST_DAY * _DAY), f"out of range for {column.type}")


def _too_fine(column: TargetColumn) -> str:
    return f"fractions of a second finer than {column.type}"


def _remainder(values: pa.Array, step: int) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = values.cast(pa.int64())
    return pc.subtract(whole, pc.multiply(pc.divide(whole, step), step))
