"""The table on the terminal, the JSON file, and the picture that the peers' environment draws of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.bars import BARS, Finding
from bench.options import REPOSITORY
from peers.environment import BIN


def table(findings: Iterable[Finding]) -> str:
    """Every bar with what was measured; a bar that was not measured says so."""
    found = {finding.bar.key: finding for finding in findings}
    rows = [("what", "measured", "bar", "")]
    for bar in BARS:
        here = found.get(bar.key)
        verdict = ("met" if here.met else "NOT MET") if here else ""
        rows.append((bar.what, bar.shown(here.value) if here else "not measured", bar.rule, verdict))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{row[0]:{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:{widths[2]}}  {row[3]}".rstrip() for row in rows
    )


def write(
    path: Path, facts: dict[str, Any], findings: Sequence[Finding], figures: dict[str, list[float]]
) -> None:  # fmt: skip
    """Write the results file, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    in_order = sorted(findings, key=lambda finding: BARS.index(finding.bar))
    results = {
        "facts": facts,
        "findings": [finding.to_json() for finding in in_order],
        "figures": {name: [round(value, 4) for value in values] for name, values in figures.items()},
    }
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def draw(results: Path, picture: Path) -> None:
    """Draw `picture` from a results file. matplotlib is in the peers' environment alone."""
    picture.parent.mkdir(parents=True, exist_ok=True)
    script = str(Path(__file__).with_name("picture.py"))
    command = [str(BIN / "python"), script, str(results), str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    if done.returncode:
        raise SystemExit(f"the picture could not be drawn:\n{done.stderr[-3000:]}")
