"""Clock readings and moments: what the desktop's time zone does to them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from hybrid_sync.conversion import zones
from hybrid_sync.errors import RegistryError
from tests.unit.converting import DATE, TS, TSTZ, Rejected, convert, convert_one, utc


class TestDesktopTimeZone:
    """2024 in Berlin: the clock skips 31 March 02:00-03:00 and shows 27 October 02:00-03:00 twice."""

    SKIPPED = Rejected("a time that the clock of Europe/Berlin skips")
    DOUBLED = Rejected("an hour that the clock of Europe/Berlin shows twice")

    @pytest.mark.parametrize(
        ("reading", "expected"),
        [
            (utc(2024, 7, 1, 12), utc(2024, 7, 1, 10)),
            (utc(2024, 1, 1, 12), utc(2024, 1, 1, 11)),
            (utc(2024, 3, 31, 2, 30), SKIPPED),
            (utc(2024, 10, 27, 2, 30), utc(2024, 10, 27, 0, 30)),  # the earlier of the two
        ],
    )
    @pytest.mark.parametrize("as_text", [False, True])
    def test_a_reading_without_zone_is_the_desktops(self, reading: dt.datetime, expected: Any, as_text: bool) -> None:
        values = pa.array([str(reading)] if as_text else [reading])
        assert convert(values, TSTZ, "Europe/Berlin") == [expected]

    def test_a_text_with_zone_keeps_its_own_and_one_without_takes_the_desktops(self) -> None:
        texts = pa.array(["2024-01-01 12:00:00+05:30", "2024-01-01 12:00:00", "2024-03-31 02:30:00", "2024-02-30Z"])
        assert convert(texts, TSTZ, "Europe/Berlin") == [
            utc(2024, 1, 1, 6, 30), utc(2024, 1, 1, 11), self.SKIPPED, Rejected("not a date or timestamp in ISO 8601"),
        ]  # fmt: skip

    def test_a_moment_becomes_the_desktops_clock_reading_where_no_zone_is_kept(self) -> None:
        moments = pa.array([utc(2024, 7, 1, 10), utc(2024, 10, 27, 0, 30), None], pa.timestamp("us", "UTC"))
        assert convert(moments, TS, "Europe/Berlin") == [utc(2024, 7, 1, 12), self.DOUBLED, None]

    def test_a_moment_is_a_date_when_it_is_midnight_on_the_desktop(self) -> None:
        moments = pa.array([utc(2024, 6, 30, 22), utc(2024, 7, 1)], pa.timestamp("us", "UTC"))
        assert convert(moments, DATE, "Europe/Berlin") == [dt.date(2024, 7, 1), Rejected("a time of day in a date")]

    def test_a_moment_is_the_same_moment_whatever_its_zone(self) -> None:
        assert convert_one(dt.datetime(2024, 1, 1, tzinfo=dt.UTC), pa.timestamp("us", "Asia/Tokyo"), TSTZ) == utc(
            2024, 1, 1
        )

    def test_a_date_is_its_midnight_on_the_desktop(self) -> None:
        assert convert(pa.array([dt.date(2024, 1, 2)]), TSTZ, "Asia/Kolkata") == [utc(2024, 1, 1, 18, 30)]

    def test_an_unknown_zone_is_the_registrys_fault(self) -> None:
        with pytest.raises(RegistryError, match=r"desktop_time_zone Mars/Olympus .* tzdata"):
            convert(pa.array([utc(2024, 1, 1)]), TSTZ, "Mars/Olympus")


# Every half hour of the days on which some clock is put on or back, and of one beside.
HALF_HOURS = [
    dt.datetime(year, month, day, hour, 30) for year in (2024, 2036, 2037, 2038, 2040, 2400, 2799, 9998)
    for month in (3, 4, 9, 10, 11) for day in range(1, 31) for hour in range(5)
]  # fmt: skip


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_summer_time_goes_on_after_the_years_that_a_zones_file_lists(zone: str) -> None:
    known = ZoneInfo(zone)
    readings = pa.array([*HALF_HOURS, None], pa.timestamp("us"))
    moments, skipped = zones.moment(readings, zone)
    expected = [reading.replace(tzinfo=known).astimezone(dt.UTC) for reading in HALF_HOURS]
    is_skipped = [
        moment.astimezone(known).replace(tzinfo=None) != reading
        for moment, reading in zip(expected, HALF_HOURS, strict=True)
    ]
    assert skipped.to_pylist()[:-1] == is_skipped
    found = moments.to_pylist()[:-1]
    assert [None if odd else moment for moment, odd in zip(found, is_skipped, strict=True)] == [
        None if odd else moment for moment, odd in zip(expected, is_skipped, strict=True)
    ]
    shown, twice = zones.clock(readings.cast(pa.timestamp("us", "UTC")), zone)
    clocks = [moment.replace(tzinfo=dt.UTC).astimezone(known) for moment in HALF_HOURS]
    assert shown.to_pylist() == [*(clock.replace(tzinfo=None) for clock in clocks), None]
    assert twice.to_pylist()[:-1] == [
        clock.replace(fold=0).utcoffset() != clock.replace(fold=1).utcoffset() for clock in clocks
    ]


def test_the_last_moment_of_a_year_that_python_has_no_more_of_is_converted() -> None:
    last = pa.array([253_402_300_799_999_999]).cast(pa.timestamp("us", "UTC"))  # of 9999
    shown, _ = zones.clock(last, "Asia/Kolkata")
    assert str(shown[0].cast(pa.string())) == "10000-01-01 05:29:59.999999"
