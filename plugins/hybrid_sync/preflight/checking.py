"""The whole preflight: both databases looked at once, everything that was found, and mobile rows counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import ledger
from hybrid_sync.findings import Finding
from hybrid_sync.preflight import drift, numbers, server
from hybrid_sync.preflight.desktop_keys import key_findings
from hybrid_sync.preflight.desktop_side import DesktopSide
from hybrid_sync.preflight.facts import Facts, TableFacts, read_facts
from hybrid_sync.preflight.tables import Checked, check_table

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.preflight.desktop_side import DesktopColumns
    from hybrid_sync.specs import Registry


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that preflight found; mobile rows of each table that could be counted; tables that cannot run."""

    findings: tuple[Finding, ...]
    mobile_rows: dict[str, int]
    stopped: tuple[str, ...]


def check(
    connection: Connection[Any],
    desktop: DesktopSide | None,
    registry: Registry,
    tables: Sequence[str],
    *,
    run_id: str,
    dry_run: bool,
    free_bytes: int | None = None,
) -> Report:
    """Check the entries `tables`, make the package's schema, and store the mobile rows that the run begins with.

    :param desktop: None in a run that does not read it (a replay).
    :param dry_run: nothing is kept for the next run to compare its columns with.
    :param free_bytes: on this machine's disk for extracts; None where they go elsewhere.
    :raises SchemaMismatch: the server is too old for any table.
    """
    found_server = server.read_server(connection)
    ledger.migrate(connection)
    facts = read_facts(connection, registry, tables)
    present = {name: each for name, each in facts.items() if isinstance(each, TableFacts)}
    sides = desktop.columns if desktop else {}
    checked = {name: check_table(registry.table(name), registry, facts[name], sides.get(name)) for name in tables}
    found = [finding for name in tables for finding in checked[name].findings]
    found += server.server_findings(found_server)
    found += server.room_findings(found_server, present.values(), free_bytes)
    if desktop is not None:
        found += desktop.clock
        specs = [registry.table(name) for name in tables]
        found += desktop.look("its keys were counted", lambda opened: list(key_findings(opened, specs, checked)))
    rows = numbers.count_rows(connection, registry, present)
    burn = numbers.read_burn(connection, tables)
    for name in rows:
        found += numbers.number_findings(registry.table(name), present[name], rows[name], burn.get(name))
    with connection.transaction():
        for name, counted in rows.items():
            ledger.snapshot_mobile(connection, run_id, name, counted.mobile)
        if not dry_run:
            _record(connection, registry, run_id, checked, facts, sides)
    stopped = {finding.table for finding in found if finding.severity == "error"}
    return Report(tuple(found), {name: counted.mobile for name, counted in rows.items()},
                  tuple(name for name in tables if name in stopped))  # fmt: skip


def _record(
    connection: Connection[Any],
    registry: Registry,
    run_id: str,
    checked: dict[str, Checked],
    facts: Facts,
    sides: DesktopColumns,
) -> None:
    for name, each in checked.items():
        here, there = facts[name], sides.get(name)
        if each.fit and isinstance(here, TableFacts) and isinstance(there, tuple):
            drift.record(connection, run_id, registry.table(name), here.target, there, each.pairs)
