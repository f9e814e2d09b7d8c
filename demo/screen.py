"""What the demonstration prints: headings, a progress line, tables of plain text."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

INDENT = "   "


def heading(text: str) -> None:
    """A numberless heading with an empty line above it."""
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def say(text: str) -> None:
    """One or more lines, indented."""
    for line in text.splitlines():
        print(f"{INDENT}{line}".rstrip(), flush=True)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows in columns: text to the left, numbers to the right."""
    cells = [list(header), *([f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(header))]
    numbers = [bool(rows) and isinstance(rows[0][place], int) for place in range(len(header))]
    for number, line in enumerate(cells):
        say("  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numbers, strict=True)
        ))  # fmt: skip
        if number == 0:
            say("-" * (sum(widths) + 2 * (len(widths) - 1)))


class Progress:
    """One line that says how far something is; rewritten on a terminal, printed every 15 seconds elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._start = time.monotonic()
        self._said = self._start
        self._terminal = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._start

    def show(self, text: str) -> None:
        """Say how far it is now."""
        line = f"{INDENT}{self.what}: {text}, {self.seconds:.0f} s"
        if self._terminal:
            print(f"\r{line}\033[K", end="", flush=True)
        elif time.monotonic() - self._said > 15:
            self._said = time.monotonic()
            print(line, flush=True)

    def end(self) -> None:
        """Take the line away."""
        if self._terminal:
            print("\r\033[K", end="", flush=True)


@contextmanager
def timed(times: dict[str, float], what: str) -> Iterator[None]:
    """Note in `times` how many seconds the block took."""
    start = time.monotonic()
    yield
    times[what] = time.monotonic() - start
