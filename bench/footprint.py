"""The memory of a task's process and of the processes that it forks, what they share counted once."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

STEP_SECONDS = 0.02  # a look costs about a millisecond


class Footprint:
    """While it is entered, `peak_mb` is the highest sum so far of the task's resident memory and its forks' own."""

    def __init__(self, pid: int) -> None:
        self.peak_mb = 0.0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(STEP_SECONDS):
            with suppress(OSError):  # it has ended
                self.peak_mb = max(self.peak_mb, self._now())

    def _now(self) -> float:
        total = _kilobytes(self._pid, "Rss")
        for fork in Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split():
            with suppress(OSError):
                total += _kilobytes(int(fork), "Private_Clean") + _kilobytes(int(fork), "Private_Dirty")
        return total * 1024 / 1e6


def _kilobytes(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0
