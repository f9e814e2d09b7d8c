"""How each setting of the registry is written: one reader a kind of value.

A reader takes what YAML gives and returns the setting's value. It raises ValueError with a clause that follows the
setting's name and says what is valid: "must be true or false, not a list".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from hybrid_sync.specs import Overlap, RejectLimit, Split

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
PARTS = range(2, 65)  # each is two tasks, a connection to the desktop and one to the cloud
NAME_BYTES = 63  # PostgreSQL cuts a longer identifier, and then names another thing

Reader = Callable[[Any], Any]


def described(value: Any) -> str:
    """What `value` is, in the words of someone who writes YAML; texts and numbers are quoted in full."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()} (YAML reads {'on and yes' if value else 'off and no'} so; put a name in quotes)"
    if isinstance(value, str):
        return repr(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    kinds: dict[type, str] = {dict: "a mapping", list: "a list"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """` (did you mean X?)` for the member of `known` that is close to `given`, else nothing."""
    by_folded_name = {name.casefold(): name for name in known}
    close = get_close_matches(given.casefold(), by_folded_name, n=1)
    return f" (did you mean {by_folded_name[close[0]]}?)" if close else ""


def unknown(key: Any, known: Iterable[str]) -> str:
    """A key that is none of `known`, and what may have been meant."""
    return key + did_you_mean(key, known) if isinstance(key, str) else described(key)


def text(value: Any, demand: str = "must be a text") -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"{demand}, not {described(value)}")
    return value


def cloud_name(value: Any, demand: str = "must be a name") -> str:
    """A PostgreSQL identifier, spelled as the catalogue spells it."""
    name = text(value, demand)
    if len(name.encode()) > NAME_BYTES:
        raise ValueError(f"has the name {name!r}, and PostgreSQL's names have at most {NAME_BYTES} bytes")
    return name


def cloud_table(value: Any) -> str:
    """`table` or `schema.table`."""
    parts = text(value).split(".")
    if len(parts) > 2 or not all(parts):
        raise ValueError(f"must be table or schema.table, not {value!r}")
    for part in parts:
        cloud_name(part)
    return str(value)


def cloud_names(value: Any) -> tuple[str, ...]:
    """A list of identifiers, each once; it may be empty."""
    if not isinstance(value, list):
        raise ValueError(f"must be a list such as [job_id], not {described(value)}")
    names = tuple(cloud_name(item, "must hold names only") for item in value)
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"names {', '.join(sorted(twice))} more than once")
    return names


def column_pairs(value: Any) -> dict[str, str]:
    """Cloud column -> desktop column, at least one pair, no desktop column twice (letter case aside)."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"must map cloud columns to desktop columns such as {{job_id: JOBNO}}, not {described(value)}")
    demand = "must hold names only"
    pairs = {cloud_name(cloud, demand): text(desktop, demand) for cloud, desktop in value.items()}
    folded = [desktop.casefold() for desktop in pairs.values()]
    if twice := {desktop for desktop in pairs.values() if folded.count(desktop.casefold()) > 1}:
        raise ValueError(f"takes the desktop column {', '.join(sorted(twice))} more than once")
    return pairs


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {described(value)}")
    return value


def optional(reader: Reader) -> Reader:
    """A reader that takes null as well, for a setting that an entry may want to unset against `defaults`."""
    return lambda value: None if value is None else reader(value)


def member_of(choices: type[StrEnum]) -> Reader:
    """A reader of one of the values of `choices`."""

    def read(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in set(choices):
            hint = did_you_mean(value, choices) if isinstance(value, str) else ""
            raise ValueError(f"must be one of {', '.join(choices)}, not {described(value)}{hint}")
        return choices(value)

    return read


def share(value: Any) -> float:
    """A number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"must be a share from 0 to 1, not {described(value)}")
    return float(value)


def reject_limit(value: Any) -> RejectLimit:
    """A whole number of rows, or a share of the rows read, written as `1%`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return RejectLimit(count=value)
    if isinstance(value, str) and (match := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", value)):
        percent = float(match[1])
        if percent <= 100:
            return RejectLimit(share=percent / 100)
    raise ValueError(f"must be a number of rows from 0 up, or a share of the rows such as 1%, not {described(value)}")


def overlap(value: Any) -> Overlap:
    """A duration such as `15 minutes`, `2 hours` or `1 day`; a whole number where the watermark is a number."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Overlap(count=value)
    if isinstance(value, str) and (match := re.fullmatch(r"([0-9]{1,6}) ?(second|minute|hour|day)s?", value)):
        return Overlap(seconds=int(match[1]) * SECONDS[match[2]])
    raise ValueError(
        f"must be a duration such as 90 seconds, 15 minutes, 2 hours or 1 day (or, where the watermark is a number, a "
        f"whole number from 0 up), not {described(value)}"
    )


def runs(value: Any) -> int:
    """A whole number from 1 up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"must be a whole number of runs from 1 up, not {described(value)}")
    return value


def split(value: Any) -> Split:
    """A desktop column and how many parts its range is cut into: `{column: job_id, parts: 8}`."""
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping such as {{column: job_id, parts: 8}}, not {described(value)}")
    if strange := [name for name in value if name not in ("column", "parts")]:
        raise ValueError(f"has the unknown key {unknown(strange[0], ('column', 'parts'))}; the keys are column, parts")
    if missing := [name for name in ("column", "parts") if name not in value]:
        raise ValueError(f"needs {' and '.join(missing)}, such as {{column: job_id, parts: 8}}")
    parts = value["parts"]
    if isinstance(parts, bool) or not isinstance(parts, int) or parts not in PARTS:
        raise ValueError(f"must have a whole number from {PARTS[0]} to {PARTS[-1]} as parts, not {described(parts)}")
    return Split(column=text(value["column"], "must have the name of a desktop column as column"), parts=parts)


def time_zone(value: Any) -> str:
    """The IANA name of a time zone that this machine knows."""
    name = text(value)
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = did_you_mean(name, available_timezones())
        raise ValueError(f"must be a time zone such as UTC or Asia/Kolkata, not {name!r}{hint}") from None
    return name


def mapping(value: Any) -> Mapping[Any, Any]:
    """A mapping, whatever it holds."""
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping, not {described(value)}")
    return value
