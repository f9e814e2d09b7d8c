"""Between moments and the clock readings of a time zone, for whole columns.

Arrow reads the transitions that a zone's file lists, which end in 2037, and not the rule for the years after them
(measured with pyarrow 26: New York is an hour off in the summer of 2038). The standard library reads both, a value at a
time: it takes the late values, each different one once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hybrid_sync.errors import RegistryError

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_LISTED_UNTIL = (datetime(2037, 1, 1) - _EPOCH) // _MICROSECOND
# The calendar repeats every 400 years, weekdays too: the years that Python has no moments for are read as earlier ones.
_CYCLE = 146_097 * timedelta(days=1) // _MICROSECOND
_CYCLE_BEGINS = (datetime(2400, 1, 1) - _EPOCH) // _MICROSECOND


def clock(moments: pa.Array, zone: str) -> tuple[pa.Array, pa.Array]:
    """What the clock of `zone` shows at `moments` (timestamp[us, UTC]), as timestamp[us]; and whether it does twice."""
    import pyarrow as pa
    import pyarrow.compute as pc

    readings = _in_zone(lambda: pc.local_timestamp(moments.cast(pa.timestamp("us", zone))), zone)
    if zone == "UTC":
        return readings, pa.nulls(len(readings), pa.bool_())
    first, last = (pc.assume_timezone(readings, zone, ambiguous=which) for which in ("earliest", "latest"))
    return _mended(moments, readings, pc.not_equal(first, last), _clock, zone)


def moment(readings: pa.Array, zone: str) -> tuple[pa.Array, pa.Array]:
    """When the clock of `zone` shows `readings` (timestamp[us]), as timestamp[us, UTC]; and whether it skips them.

    Of two times the earlier is meant.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    utc = pa.timestamp("us", "UTC")
    if zone == "UTC":
        return readings.cast(utc), pa.nulls(len(readings), pa.bool_())
    assume = partial(pc.assume_timezone, readings, zone, ambiguous="earliest")
    first, last = (_in_zone(partial(assume, nonexistent=gap), zone).cast(utc) for gap in ("earliest", "latest"))
    return _mended(readings, first, pc.not_equal(first, last), _moment, zone)


def _mended(
    values: pa.Array, found: pa.Array, odd: pa.Array, convert: Callable[[int, ZoneInfo], tuple[int, bool]], zone: str
) -> tuple[pa.Array, pa.Array]:
    """`found` and `odd`, but for late values as `convert` has them (in microseconds from 1970)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = values.cast(pa.int64())
    late = pc.unique(numbers.filter(pc.greater_equal(numbers, _LISTED_UNTIL)))
    known = _known(zone) if len(late) else None
    if known is None:
        return found, odd
    pairs = [convert(number, known) for number in late.to_pylist()]
    places = pc.index_in(numbers, late)
    right = pa.array([converted for converted, _ in pairs], pa.int64()).cast(found.type).take(places)
    right_odd = pa.array([is_odd for _, is_odd in pairs], pa.bool_()).take(places)
    return pc.coalesce(right, found), pc.coalesce(right_odd, odd)


def _clock(moment: int, zone: ZoneInfo) -> tuple[int, bool]:
    reading = (_EPOCH + timedelta(microseconds=_within_cycle(moment))).replace(tzinfo=UTC).astimezone(zone)
    first, last = (_offset(reading.replace(fold=fold)) for fold in (0, 1))
    return moment + _offset(reading), first != last


def _moment(reading: int, zone: ZoneInfo) -> tuple[int, bool]:
    moment = reading - _offset((_EPOCH + timedelta(microseconds=_within_cycle(reading))).replace(tzinfo=zone))
    return moment, _clock(moment, zone)[0] != reading


def _offset(when: datetime) -> int:
    return (when.utcoffset() or timedelta()) // _MICROSECOND


def _within_cycle(number: int) -> int:
    return number if number < _CYCLE_BEGINS else _CYCLE_BEGINS + (number - _CYCLE_BEGINS) % _CYCLE


def _known(zone: str) -> ZoneInfo | None:
    """None for a fixed offset such as +05:30, of which Arrow knows all there is."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _in_zone(convert: Callable[[], pa.Array], zone: str) -> pa.Array:
    import pyarrow as pa

    try:
        return convert()
    except pa.ArrowInvalid as error:
        raise RegistryError(
            f"desktop_time_zone {zone} is not in this machine's time zone database. "
            f"Correct it in the registry, or install the package tzdata."
        ) from error
