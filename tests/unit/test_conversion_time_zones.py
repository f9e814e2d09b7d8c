"""Clock readings and moments: what the desktop's time zone does to them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

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
