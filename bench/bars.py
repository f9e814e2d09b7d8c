"""What is measured, against what, and the bar for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table. `at_least`: the bar is a floor, as for a speed-up; else it is a ceiling."""

    key: str
    what: str
    allowed: float
    unit: str = "x"
    at_least: bool = False

    def shown(self, value: float) -> str:
        """`value` with its unit."""
        if self.unit == "x":
            return f"{value:.2f}x" if value >= 0.01 else f"{value:.5f}x"
        return f"{value:.0f} {self.unit}" if self.unit == "MB" else f"{value:.1f} %"

    @property
    def rule(self) -> str:
        """The bar in words."""
        space = "" if self.unit == "x" else " "
        return f"{'at least' if self.at_least else 'at most'} {self.allowed:g}{space}{self.unit}"


@dataclass(frozen=True, slots=True)
class Finding:
    """The value of each round for one bar. The median of the rounds counts."""

    bar: Bar
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def met(self) -> bool:
        """Whether the median keeps the bar."""
        return self.value >= self.bar.allowed if self.bar.at_least else self.value <= self.bar.allowed

    @property
    def share(self) -> float:
        """How much of what the bar allows is used: 1 is just on it."""
        return self.bar.allowed / self.value if self.bar.at_least else self.value / self.bar.allowed

    def to_json(self) -> dict[str, Any]:
        """For the results file."""
        return {
            "key": self.bar.key, "what": self.bar.what, "bar": self.bar.rule, "value": round(self.value, 6),
            "shown": self.bar.shown(self.value), "met": self.met, "share": round(self.share, 4),
            "rounds": [round(value, 6) for value in self.values],
        }  # fmt: skip


BARS = (
    Bar("floor", "second run, nothing changed, against the floor", 1.4),
    Bar("dlt", "the same, how much faster than dlt's upsert", 2.5, at_least=True),
    Bar("sling", "the same, how much faster than Sling's incremental", 2.0, at_least=True),
    Bar("upsert_time_same", "upsert, nothing changed, time against the seed's SQL", 0.35),
    Bar("upsert_time_changed", "upsert, 1 % changed, time against the seed's SQL", 0.35),
    Bar("upsert_wal_same", "upsert, nothing changed, WAL against the seed's SQL", 0.01),
    Bar("upsert_wal_changed", "upsert, 1 % changed, WAL against the seed's SQL", 0.2),
    Bar(
        "rewrite_linked_time", "rewrite: changed, 1 % changed, one foreign key, time against delete and insert all", 0.5
    ),
    Bar("rewrite_linked_wal", "rewrite: changed, 1 % changed, one foreign key, WAL against delete and insert all", 0.2),
    Bar("rewrite_time", "the same without a foreign key (the seed's tables have one or two), time", 0.5),
    Bar("rewrite_wal", "the same without a foreign key, WAL", 0.2),
    Bar("memory", "highest memory of a task", 400, "MB"),
    Bar("memory_more", "highest memory of a task, 10,000,000 rows", 400, "MB"),
    Bar("memory_growth", "the same, against the smaller table", 1.1),
    Bar("certificate", "the certificate's share of a merge", 25, "%"),
    Bar("scheduler", "93,000 rows, 15 tables, scheduler, against empty tasks", 1.3),
)
_BY_KEY = {bar.key: bar for bar in BARS}


def finding(key: str, values: Sequence[float]) -> Finding:
    """The finding for the bar called `key`, a value a round."""
    return Finding(_BY_KEY[key], tuple(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours against theirs, round by round: the two of a round ran one after the other."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]
