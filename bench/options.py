"""The command's options, and where a measurement of that size is written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PARTS = ("pipeline", "merge", "memory", "scheduler")
FULL_ROWS = 1_000_000
MORE_ROWS = 10_000_000
REPEAT = 3


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure. `rows` of the big table, `repeat` rounds; `ten_million`: also the memory at MORE_ROWS rows.

    `save`: write the files that the documentation shows.
    """

    rows: int
    repeat: int
    parts: tuple[str, ...]
    ten_million: bool
    save: bool

    @property
    def results(self) -> Path:
        """The JSON file: with `save` the committed one, else in the folder build."""
        if self.save:
            return REPOSITORY / "bench" / "results" / f"{datetime.now(UTC):%Y-%m-%d}.json"
        return REPOSITORY / "build" / "bench" / "results.json"

    @property
    def picture(self) -> Path:
        """The PNG file, placed as `results` is."""
        folder = REPOSITORY / ("docs/images" if self.save else "build/bench")
        return folder / "bench.png"


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line. Raises SystemExit for what it does not know."""
    parser = argparse.ArgumentParser(prog="make bench BENCH_ARGS=..", description=__doc__)
    parser.add_argument("--rows", type=int, default=FULL_ROWS, help="rows of the big table (default %(default)s)")
    parser.add_argument("--repeat", type=int, default=REPEAT, help="rounds, of which the median counts (%(default)s)")
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part alone; may be repeated")
    parser.add_argument("--ten-million", action="store_true", help="also measure the memory at 10,000,000 rows")
    parser.add_argument("--save", action="store_true", help="write bench/results and docs/images/bench.png")
    given = parser.parse_args(arguments)
    if given.rows < 1000 or given.repeat < 1:
        parser.error("--rows must be at least 1000 and --repeat at least 1")
    parts = tuple(part for part in PARTS if part in (given.only or PARTS))
    return Options(given.rows, given.repeat, parts, given.ten_million, given.save)
