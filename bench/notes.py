"""What every part hands back: its findings, and the plain figures behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from bench.bars import Finding


@dataclass(slots=True)
class Notes:
    """`figures`: what was measured -> a value a round; the name ends in its unit."""

    findings: list[Finding] = field(default_factory=list)
    figures: dict[str, list[float]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, value: float) -> float:
        """Note one round's value, and give it back."""
        self.figures.setdefault(name, []).append(value)
        return value

    def values(self, name: str) -> list[float]:
        """All rounds' values."""
        return self.figures[name]

    def lines(self) -> list[str]:
        """The figures as a plain table."""
        width = max((len(name) for name in self.figures), default=0)
        return [f"{name:{width}}  {_spread(values)}" for name, values in self.figures.items()]


def _spread(values: Sequence[float]) -> str:
    middle = f"{median(values):10,.2f}"
    return middle if len(values) == 1 else f"{middle}   ({min(values):,.2f} to {max(values):,.2f})"
