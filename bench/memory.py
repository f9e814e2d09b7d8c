"""The highest memory of each task, with that of the process in which it reads the desktop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.bars import finding
from bench.databases import drop, make_cloud, make_desktop
from bench.notes import Notes
from bench.options import MORE_ROWS, Options
from bench.steps import STEPS, Steps
from demo.postgres import PostgresServer


def measure(options: Options, server: PostgresServer, folder: Path, tell: Callable[[str], None]) -> Notes:
    """One second run at the benchmark's rows, one at MORE_ROWS if asked for."""
    notes = Notes()
    peak = _peak(notes, server, folder, options.rows, tell)
    notes.findings.append(finding("memory", [peak]))
    if not options.ten_million:
        notes.left_out += [f"{key}: --ten-million was not given" for key in ("memory_more", "memory_growth")]
        return notes
    more = _peak(notes, server, folder, MORE_ROWS, tell)
    notes.findings.append(finding("memory_more", [more]))
    notes.findings.append(finding("memory_growth", [more / peak]))
    return notes


def _peak(notes: Notes, server: PostgresServer, folder: Path, rows: int, tell: Callable[[str], None]) -> float:
    tell(f"memory, filling desktop and cloud, {rows:,} rows")
    make_desktop(server, "desktop", rows)
    make_cloud(server, "cloud", "jobs", rows)
    steps = Steps(folder / f"memory_{rows}", server.port, "desktop", "cloud", watched=True)
    peaks = []
    for step in STEPS:
        tell(f"memory, {step}, {rows:,} rows")
        done = steps.do(step, "jobs", "run")
        peaks.append(notes.add(f"memory, {rows:,} rows, {step}, MB", done.peak_mb))
        notes.add(f"memory, {rows:,} rows, {step}, s", done.seconds)
    for name in ("desktop", "cloud"):
        drop(server, name)
    return max(peaks)
