"""The findings as one table of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from hybrid_sync.findings import Finding, Severity, counted

COLUMNS = ("table", "severity", "what", "remedy")
_WIDTHS = (20, 8, 60, 60)  # characters; a longer word, as a name in a statement, keeps its line to itself
_ORDER = list(Severity)


def as_table(findings: Iterable[Finding], tables: Sequence[str]) -> str:
    """Lay the findings out, the worst first, then in the order of `tables`; what many tables share is one line.

    :param tables: every table that was looked at.
    """
    rows = [[wrap(cell, width, break_long_words=False, break_on_hyphens=False) or [""] for cell, width in zip(
        (_named(names, tables), finding.severity.value, finding.what, finding.remedy), _WIDTHS, strict=True)]
        for finding, names in _shared(findings, tables)]  # fmt: skip
    widths = [
        max([len(title), *(len(line) for row in rows for line in row[place])]) for place, title in enumerate(COLUMNS)
    ]
    lines = [_line(COLUMNS, widths), _line(["-" * width for width in widths], widths)]
    for row in rows:
        lines += [_line(parts, widths) for parts in zip_longest(*row, fillvalue="")]
    return "\n".join(lines)


def count_lines(findings: Iterable[Finding], tables: Sequence[str]) -> dict[str, int]:
    """How many lines of each severity the table has."""
    lines = [finding.severity for finding, _ in _shared(findings, tables)]
    return {severity.value: lines.count(severity) for severity in Severity}


def summary(findings: Sequence[Finding], tables: Sequence[str]) -> str:
    """How many lines of each severity the table has, and which tables will not run."""
    counts = count_lines(findings, tables)
    said = ", ".join(counted(count, severity) for severity, count in counts.items())
    stopped = [name for name in tables if any(f.table == name and f.severity is Severity.ERROR for f in findings)]
    fate = f"{len(stopped)} will not run: {', '.join(stopped)}" if stopped else "all can run"
    return f"{counted(len(tables), 'table')} ({fate}); {said}"


def _shared(findings: Iterable[Finding], tables: Sequence[str]) -> Iterator[tuple[Finding, list[str]]]:
    """Each finding once, with the tables that it was found in."""
    places = {name: place for place, name in enumerate(("", *tables))}
    ordered = sorted(findings, key=lambda finding: (_ORDER.index(finding.severity), places[finding.table]))
    by_words: dict[tuple[Severity, str, str], tuple[Finding, list[str]]] = {}
    for finding in ordered:
        words = (finding.severity, finding.what, finding.remedy)
        by_words.setdefault(words, (finding, []))[1].append(finding.table)
    yield from by_words.values()


def _named(names: Sequence[str], tables: Sequence[str]) -> str:
    if names == [""]:
        return "(run)"
    if len(names) > 1 and len(set(names)) == len(tables):
        return f"all {len(tables)}"
    others = [name for name in tables if name not in names]
    if len(names) > 3 and len(others) <= 3:
        return f"all {len(tables)} but {', '.join(others)}"
    return ", ".join(names)


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
