"""What a run left in the ledger -> the lines of its verdict table, as `validate_mobile_rows` prints them.

The ledger knows nothing of task states. A table without a merge is therefore never called failed here: it is `not
merged` (its tasks failed, or are under way) or has `no record` (not selected, not reached, or refused by preflight).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hybrid_sync.verdict import TableVerdict, judge

if TYPE_CHECKING:
    from hybrid_sync.specs import Registry
    from hybrid_sync.web.reads import RunTrace

NOT_MERGED, NO_RECORD = "not merged", "no record"
TONES = {"ok": "good", "dry run": "good", "degraded": "warn", NOT_MERGED: "warn", NO_RECORD: "quiet"}  # else "bad"


@dataclass(frozen=True, slots=True)
class MobileProof:
    """What the certificates of a run say: mobile rows proved, tables that prove them, tables whose proof fails."""

    rows: int
    proved: int
    broken: tuple[str, ...]


def tone(verdict: str) -> str:
    """How the page colours a verdict: good, warn, quiet or bad."""
    return TONES.get(verdict, "bad")


def lines_of(registry: Registry, trace: RunTrace) -> list[TableVerdict]:
    """A line a table: those of the registry in its order, then those that it no longer has."""
    strategies = {spec.name: spec.strategy.value for spec in registry.tables}
    seen = trace.merges.keys() | trace.at_start.keys() | trace.stagings.keys()
    return [_line(name, strategies.get(name, "?"), trace) for name in (*strategies, *sorted(seen - strategies.keys()))]


def _line(table: str, strategy: str, trace: RunTrace) -> TableVerdict:
    record, at_start = trace.merges.get(table), trace.at_start.get(table)
    if record is not None and trace.stagings.get(table, record.stage_id) == record.stage_id:
        return judge(table, record.strategy, selected=True, states={}, record=record, mobile_at_start=at_start,
                     mobile_now=record.mobile_rows_after)  # fmt: skip
    if at_start is None and table not in trace.stagings:
        return TableVerdict(table, (table, strategy, *[""] * 8, NO_RECORD), NO_RECORD, bad=False)
    again = " since it was staged again" if record else ""
    return TableVerdict(
        table,
        (table, strategy, *["-"] * 7, f"{'?' if at_start is None else at_start}/?", NOT_MERGED),
        NOT_MERGED,
        bad=False,
        explanation=f"{table}: no merge of this run is recorded{again}. Its tasks failed or still run; see their logs.",
    )


def tally(lines: Iterable[TableVerdict]) -> list[tuple[str, int]]:
    """How many tables have each verdict, the common ones first."""
    found = Counter(line.verdict for line in lines)
    order = [*TONES, *sorted(found.keys() - TONES.keys())]
    return [(verdict, found[verdict]) for verdict in order if found[verdict]]


def proof_of(trace: RunTrace) -> MobileProof:
    """The certificates of the run's last merges, taken together."""
    certified = [record for record in trace.merges.values() if record.certified]
    broken = sorted(table for table, record in trace.merges.items() if not record.certified)
    return MobileProof(sum(record.mobile_rows_after for record in certified), len(certified), tuple(broken))


def is_dry(trace: RunTrace) -> bool:
    """Whether the run was a dry run."""
    return any(record.dry_run for record in trace.merges.values())
