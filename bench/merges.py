"""The merge alone, with its certificate, against the seed's literal SQL: time and WAL, from the same state each."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from bench.bars import finding, ratios
from bench.databases import connected, drop, make, make_cloud, make_desktop, rename, settle, statement
from bench.notes import Notes
from bench.options import Options
from bench.steps import Steps
from demo.postgres import PostgresServer
from hybrid_sync.staging import relation_name

MB = 1e6
SCENARIOS = (("jobs", "same"), ("jobs", "changed"), ("diary", "changed"), ("linked_diary", "changed"))
_SEED = {"jobs": "seed_upsert", "diary": "seed_delete_insert", "linked_diary": "seed_delete_insert"}


def measure(options: Options, server: PostgresServer, folder: Path, tell: Callable[[str], None]) -> Notes:
    """Stage once, then copy the database for each merge, so that every one starts from the same pages."""
    notes = Notes()
    steps = {table: Steps(folder / f"merge_{table}", server.port, "desktop", f"copy_{table}") for table in _SEED}
    desktop = make_desktop(server, "desktop", options.rows)
    for table, scenario in SCENARIOS:
        tell(f"staging for {table}, {scenario}")
        if scenario == "changed" and table == "jobs":
            with connected(desktop) as connection:
                connection.execute(statement("change_desktop"))
        _prepare(server, steps[table], options.rows, table, scenario)
        for round_number in range(options.repeat):
            tell(f"merge of {table}, {scenario}, round {round_number + 1} of {options.repeat}")
            _seed(notes, server, table, scenario)
            _ours(notes, server, steps[table], table, scenario)
        for name in ("copy", "ready"):
            drop(server, f"{name}_{table}")
    drop(server, "desktop")
    _conclude(notes)
    return notes


def _prepare(server: PostgresServer, steps: Steps, rows: int, table: str, scenario: str) -> None:
    """A database ready_<table> with the target and a staging of the scenario in it."""
    make_cloud(server, f"copy_{table}", table, rows)
    steps.do("extract", table, scenario)
    steps.do("stage", table, scenario)
    rename(server, f"copy_{table}", f"ready_{table}")


def _copy(server: PostgresServer, table: str) -> str:
    drop(server, f"copy_{table}")
    uri = make(server, f"copy_{table}", f"ready_{table}")
    with connected(uri) as connection:
        settle(connection)
    return uri


def _seed(notes: Notes, server: PostgresServer, table: str, scenario: str) -> None:
    from psycopg import sql

    staging = sql.Identifier(*relation_name(table, scenario).split("."))
    with connected(_copy(server, table)) as connection:
        [(before,)] = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchall()
        start = time.perf_counter()
        connection.execute(sql.SQL(statement(_SEED[table])).format(target=sql.Identifier(table), staging=staging))
        notes.add(f"seed, {table}, {scenario}, s", time.perf_counter() - start)
        [(wal,)] = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", [before]).fetchall()
        notes.add(f"seed, {table}, {scenario}, WAL MB", float(wal) / MB)


def _ours(notes: Notes, server: PostgresServer, steps: Steps, table: str, scenario: str) -> None:
    _copy(server, table)
    done = steps.do("merge", table, scenario)
    notes.add(f"hybrid_sync, {table}, {scenario}, s", done.seconds)
    notes.add(f"hybrid_sync, {table}, {scenario}, WAL MB", done.wal_bytes / MB)
    notes.add(f"hybrid_sync, {table}, {scenario}, certificate, %", 100 * done.certificate / done.seconds)


def _conclude(notes: Notes) -> None:
    def against_seed(scenario: str, unit: str) -> list[float]:
        return ratios(notes.values(f"hybrid_sync, {scenario}, {unit}"), notes.values(f"seed, {scenario}, {unit}"))

    for scenario in ("same", "changed"):
        notes.findings.append(finding(f"upsert_time_{scenario}", against_seed(f"jobs, {scenario}", "s")))
        notes.findings.append(finding(f"upsert_wal_{scenario}", against_seed(f"jobs, {scenario}", "WAL MB")))
    for table, key in (("diary", "rewrite"), ("linked_diary", "rewrite_linked")):
        notes.findings.append(finding(f"{key}_time", against_seed(f"{table}, changed", "s")))
        notes.findings.append(finding(f"{key}_wal", against_seed(f"{table}, changed", "WAL MB")))
    # The merge with nothing changed does the least else: the certificate's share is highest there.
    notes.findings.append(finding("certificate", notes.values("hybrid_sync, jobs, same, certificate, %")))
