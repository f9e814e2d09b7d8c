"""`make bench`: measure every bar on a PostgreSQL of its own that is gone afterwards, print and draw what came out."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import machine, memory, merges, pipeline, report, scheduler
from bench.databases import running_server
from bench.notes import Notes
from bench.options import Options, parse
from demo.airflow_api import StackError
from demo.processes import interrupt_on_signals
from peers.environment import make_environment

if TYPE_CHECKING:
    from demo.postgres import PostgresServer

MEASURES: dict[str, Callable[[Options, PostgresServer, Path, Callable[[str], None]], Notes]] = {
    "pipeline": pipeline.measure,
    "merge": merges.measure,
    "memory": memory.measure,
    "scheduler": scheduler.measure,
}


def main() -> int:
    """Run it; gives the exit status. A bar that is not met is no error: this is a benchmark, not a test."""
    options = parse()
    interrupt_on_signals()
    make_environment()
    start = time.monotonic()

    def tell(what: str) -> None:
        print(f"bench: {time.monotonic() - start:5.0f} s  {what}", flush=True)

    try:
        _measure_all(options, tell)
    except KeyboardInterrupt:
        print("\nStopped. Nothing is left running.")
        return 130
    except StackError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def _measure_all(options: Options, tell: Callable[[str], None]) -> None:
    every = Notes()
    with tempfile.TemporaryDirectory(prefix="hybrid-sync-bench-") as name, running_server() as server:
        folder = Path(name)
        # Airflow, whose object storage the extracts are written with, reads this when it is first imported.
        os.environ["AIRFLOW_HOME"] = name
        logging.getLogger("hybrid_sync").setLevel(logging.WARNING)
        facts = {
            "date": f"{datetime.now(UTC):%Y-%m-%d}", "rows": f"{options.rows:,}",
            "rounds": f"{options.repeat}, of which the median counts", **machine.describe(server),
        }  # fmt: skip
        for part in options.parts:
            load = machine.load()
            notes = MEASURES[part](options, server, folder, tell)
            facts[f"load, {part}"] = f"{load} before, {machine.load()} after"
            every.findings += notes.findings
            every.figures |= notes.figures
            every.left_out += notes.left_out
    report.write(options.results, facts, every.findings, every.figures)
    report.draw(options.results, options.picture)
    left_out = "".join(f"\nleft out: {line}" for line in every.left_out)
    figures = "\n".join(every.lines())
    print(f"\n{machine.heading(facts)}\n\n{figures}\n\n{report.table(every.findings)}{left_out}")
    print(f"\nWritten: {options.results} and {options.picture}")


if __name__ == "__main__":
    sys.exit(main())
