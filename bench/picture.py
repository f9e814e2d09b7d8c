"""Draw the ratios of a results file: picture.py RESULTS PNG. Runs in .venv-peers, which has matplotlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MET, NOT_MET, GREY = "#3b7a57", "#c1502e", "#555555"
WIDEST = 1.6  # shares beyond are cut, and say so by their number


def main(results: Path, picture: Path) -> None:
    """One bar a line of the table, as a share of what is allowed; the line at 1 is the bar itself."""
    import matplotlib as mpl  # type: ignore[import-not-found]

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    found = json.loads(results.read_text())
    findings = found["findings"]
    figure, axes = plt.subplots(figsize=(11, 1.5 + 0.42 * len(findings)), dpi=110)
    places = range(len(findings))
    axes.barh(
        places,
        [min(line["share"], WIDEST) for line in findings],
        color=[MET if line["met"] else NOT_MET for line in findings],
        height=0.62,
    )
    for place, line in zip(places, findings, strict=True):
        axes.text(
            max(1, min(line["share"], WIDEST)) + 0.02, place, f"{line['shown']}  ({line['bar']})", va="center",
            fontsize=9, color=GREY if line["met"] else NOT_MET,
        )  # fmt: skip
    axes.axvline(1, color=GREY, linewidth=1, linestyle="--")
    axes.set_yticks(places, [line["what"] for line in findings], fontsize=9)
    axes.set_xlim(0, WIDEST + 0.5)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_xlabel("measured, as a share of what the bar allows (left of the line: met)", fontsize=9, color=GREY)
    axes.invert_yaxis()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    _title(axes, found["facts"])
    figure.tight_layout()
    figure.savefig(picture, metadata={"Software": None})


def _title(axes: Any, facts: dict[str, str]) -> None:
    axes.set_title(
        f"hybrid_sync, {facts['rows']} rows, made on {facts['date']}\n{facts['machine']}",
        fontsize=10, loc="left", color=GREY,
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
