"""The verdict of a run: what became of each table, and whether its mobile rows are proved identical."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid_sync.ledger import MergeRecord

COLUMNS = (
    "table", "strategy", "staged", "inserted", "updated", "unchanged", "deleted", "conflicts", "rejects",
    "mobile before/after", "verdict",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """One table's line. `bad`: it fails the run. `verdict` is the word, `explanation` what to do about it."""

    table: str
    cells: tuple[str, ...]
    verdict: str
    bad: bool
    explanation: str | None = None


def judge(
    table: str,
    strategy: str,
    *,
    selected: bool,
    states: Mapping[str, str | None],
    record: MergeRecord | None,
    mobile_at_start: int | None,
    mobile_now: int | None,
) -> TableVerdict:
    """Judge one table.

    :param states: the state of its tasks in this run by step, in their order: extract, stage, merge.
    :param record: its merge in this run, if one was committed.
    :param mobile_at_start: mobile rows that preflight counted; None: it could not count them.
    :param mobile_now: mobile rows in the target now; None: they cannot be counted.
    """
    if not selected:
        return TableVerdict(table, (table, strategy, *[""] * 8, "skipped"), "skipped", bad=False)
    counts: tuple[str, ...] = ("-",) * 7
    if record is not None:
        counts = tuple(
            str(count) for count in (record.staged, record.inserted, record.updated, record.unchanged,
                                     record.deleted, record.conflicts, record.rejects)
        )  # fmt: skip
    mobile = f"{'?' if mobile_at_start is None else mobile_at_start}/{'?' if mobile_now is None else mobile_now}"
    verdict, explanation = _verdict(table, states, record, mobile_at_start, mobile_now)
    return TableVerdict(
        table,
        (table, strategy, *counts, mobile, verdict),
        verdict,
        bad=verdict not in ("ok", "degraded", "dry run"),
        explanation=explanation,
    )


def _verdict(
    table: str,
    states: Mapping[str, str | None],
    record: MergeRecord | None,
    mobile_at_start: int | None,
    mobile_now: int | None,
) -> tuple[str, str | None]:
    failed = [step for step, state in states.items() if state != "success"]
    if failed:
        first, step = next(iter(states)), failed[0]
        if states[step] == "upstream_failed" and step == first:
            return "failed", f"{table}: did not run, because preflight or a table in its `after` failed."
        return "failed", (
            f"{table}: {table}.{step} is {states[step]}. Read its log, mend the cause, clear its group from {first} on."
        )
    if record is None:
        return (
            "no proof",
            f"{table}: no merge of this run is recorded, so nothing proves its mobile rows. Clear its group.",
        )
    if not record.certified:
        return "no proof", f"{table}: the certificate differs. Stop the schedule and compare hybrid_sync.merge_log."
    if mobile_at_start is not None and mobile_now is not None and mobile_now < mobile_at_start:
        return "mobile fewer", (
            f"{table}: {mobile_at_start - mobile_now} mobile rows fewer than at the start of the run. They went "
            f"between merges, by a phone's own deletion or another program: this run's merge found "
            f"{record.mobile_rows_before} and left {record.mobile_rows_after}, identical."
        )
    if record.dry_run:
        return "dry run", _samples(table, record)
    if record.rejects or record.conflicts:
        return "degraded", (
            f"{table}: {record.conflicts} conflicts, {record.rejects} rejects. "
            f"They are in hybrid_sync.conflict and hybrid_sync.reject."
        )
    return "ok", None


def _samples(table: str, record: MergeRecord) -> str | None:
    """Which rows a dry run would write, by their keys."""
    if not record.samples:
        return None
    named = "; ".join(
        f"{outcome}: " + ", ".join("/".join(str(part) for part in key.values()) for key in keys)
        for outcome, keys in sorted(record.samples.items())
    )
    return f"{table}: for example {named}."


def as_table(verdicts: Iterable[TableVerdict]) -> str:
    """The verdicts as one table of plain text, a line each, numbers to the right."""
    rows: list[Sequence[str]] = [COLUMNS, *(verdict.cells for verdict in verdicts)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    left = {0, 1, len(COLUMNS) - 1}
    lines = [
        "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
