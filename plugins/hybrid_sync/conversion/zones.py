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
        return readings, pc.if_else(readings.is_valid(), False, None)
    first, last = (pc.assume_timezone(readings, zone, ambiguous=which) for which in ("earliest", "latest"))
    return _mended(moments, readings, pc.not_equal(first, last), partial(_clock, zone=zone))


def moment(readings: pa.Array, zone: str) -> tuple[pa.Array, pa.Array]:
    """When the clock of `zone` shows `readings` (timestamp[us]), as timestamp[us, UTC]; and whether it skips them.

    Of two times the earlier is meant.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    utc = pa.timestamp("us", "UTC")
    if zone == "UTC":
        return readings.cast(utc), pc.if_else(readings.is_valid(), False, None)
    assume = partial(pc.assume_timezone, readings, zone, ambiguous="earliest")
    first, last = (_in_zone(partial(assume, nonexistent=gap), zone).cast(utc) for gap in ("earliest", "latest"))
    return _mended(readings, first, pc.not_equal(first, last), partial(_moment, zone=zone))


def _mended(
    values: pa.Array, found: pa.Array, odd: pa.Array, convert: Callable[[int], tuple[int, bool] | None]
) -> tuple[pa.Array, pa.Array]:
    """`found` and `odd`, but for late values as `convert` has them (in microseconds from 1970)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = values.cast(pa.int64())
    is_late = pc.greater_equal(numbers, _LISTED_UNTIL)
    if not pc.any(is_late).as_py():
        return found, odd
    late = pc.unique(numbers.filter(is_late))
    pairs = [convert(number) for number in late.to_pylist()]
    places = pc.index_in(numbers, late)
    right = pa.array([pair and pair[0] for pair in pairs], pa.int64()).cast(found.type).take(places)
    return pc.coalesce(right, found), pc.coalesce(
        pa.array([pair and pair[1] for pair in pairs], pa.bool_()).take(places), odd
    )


def _clock(moment: int, *, zone: str) -> tuple[int, bool] | None:
    known = _known(zone)
    if known is None:
        return None
    within = _within_cycle(moment)
    reading = (_EPOCH + timedelta(microseconds=within)).replace(tzinfo=UTC).astimezone(known)
    offset = reading.utcoffset() or timedelta()
    others = {reading.replace(fold=fold).utcoffset() for fold in (0, 1)}
    return moment + offset // _MICROSECOND, len(others) > 1


def _moment(reading: int, *, zone: str) -> tuple[int, bool] | None:
    known = _known(zone)
    if known is None:
        return None
    shown = (_EPOCH + timedelta(microseconds=_within_cycle(reading))).replace(tzinfo=known)
    offset = shown.utcoffset() or timedelta()
    when = reading - offset // _MICROSECOND
    back = _clock(when, zone=zone)
    return when, back is not None and back[0] != reading


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
