"""Keys that the desktop has more than once. Staging finds them in any case; to be told before has a limit of time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hybrid_sync.errors import Unretryable
from hybrid_sync.findings import Finding, counted, from_exception, note, warning
from hybrid_sync.specs import OnDuplicate, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.desktop import Desktop
    from hybrid_sync.preflight.tables import Checked

SECONDS = 5.0  # for all tables together; no table is begun after that


def key_findings(desktop: Desktop, specs: Sequence[TableSpec], checked: dict[str, Checked]) -> Iterator[Finding]:
    """Count repeated and missing keys of the upsert tables that nothing stops, for at most SECONDS."""
    until = time.monotonic() + SECONDS
    late = []
    for spec in specs:
        pairs = checked[spec.name].pairs
        if not spec.key or not checked[spec.name].fit or not set(spec.key) <= set(pairs):
            continue
        if time.monotonic() > until:
            late.append(spec.name)
            continue
        try:
            answer = desktop.ask("preflight/repeated_keys.sql", spec.source_table, [pairs[name] for name in spec.key])
        except Unretryable as problem:
            yield from_exception(spec.name, problem)
            continue
        yield from _counted(spec, *(int(count or 0) for count in answer))
    if late:
        yield note("", f"the desktop's keys were not counted in {', '.join(late)}, to keep preflight short",
                   "Nothing to do: staging finds keys that repeat.")  # fmt: skip


def _counted(spec: TableSpec, keys: int, rows: int, unkeyed: int) -> Iterator[Finding]:
    named = ", ".join(spec.key)
    if keys:
        fate = (
            "the last of them by order_by stays" if spec.on_duplicate is OnDuplicate.KEEP_LAST else "they are rejected"
        )
        yield warning(
            spec.name,
            f"desktop table {spec.source_table} has {counted(keys, 'key')} ({named}) on {rows:,} rows: where "
            f"those differ, {fate}",
            "Mend them on the desktop, or set on_duplicate: keep_last with order_by, or max_rejects."
            if spec.on_duplicate is OnDuplicate.FAIL
            else "Mend them on the desktop.",
        )
    if unkeyed:
        yield warning(
            spec.name,
            f"desktop table {spec.source_table} has {counted(unkeyed, 'row')} without {named}, to be rejected",
            "Give them a key on the desktop, or set max_rejects.",
        )
