"""A whole second run with nothing changed, against the floor and against peers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.bars import finding, ratios
from bench.databases import connected, drop, make_cloud, make_desktop, settle, statement
from bench.notes import Notes
from bench.options import REPOSITORY, Options
from bench.steps import STEPS, Steps, run_child
from demo.postgres import PostgresServer
from peers.environment import BIN, peer_settings, sling_program
from peers.ours import odbc

_FETCH = "Fetch=10000;MaxVarcharSize=600"  # what the package itself asks psqlODBC for


def measure(options: Options, server: PostgresServer, folder: Path, tell: Callable[[str], None]) -> Notes:
    """Round by round: the floor, this package, dlt, Sling; each with a cloud of its own, filled alike."""
    notes = Notes()
    tell(f"filling desktop and clouds, {options.rows:,} rows")
    desktop = make_desktop(server, "desktop", options.rows)
    peers = _peers(folder, notes)
    clouds = {name: make_cloud(server, f"cloud_{name}", "jobs", options.rows) for name in ("floor", "ours", *peers)}
    file = _unload(server, clouds["floor"])
    steps = Steps(folder / "ours", server.port, "desktop", "cloud_ours")
    for name, run in peers.items():
        tell(f"{name}, first run")
        run(desktop, clouds[name])
    for round_number in range(options.repeat):
        tell(f"pipeline, round {round_number + 1} of {options.repeat}")
        turns = [
            partial(_floor, notes, desktop, clouds["floor"], file),
            partial(_ours, notes, steps, f"round{round_number}", clouds["ours"]),
        ]
        # Whoever comes second finds warmer caches: they take turns at that too.
        for turn in turns if round_number % 2 == 0 else reversed(turns):
            turn()
        for name, run in peers.items():
            _compact(clouds[name])
            notes.add(f"{name}, whole run, s", run(desktop, clouds[name]))
    ours = notes.values("hybrid_sync, whole run, s")
    notes.findings.append(finding("floor", ratios(ours, notes.values("floor, whole, s"))))
    notes.findings += [finding(name, ratios(notes.values(f"{name}, whole run, s"), ours)) for name in peers]
    for name in ("floor", "ours", *peers):
        drop(server, f"cloud_{name}")
    drop(server, "desktop")
    return notes


def _floor(notes: Notes, desktop: str, cloud: str, file: str) -> None:
    with connected(cloud) as connection:
        settle(connection)
    command = [sys.executable, "-m", "bench.floor", f"{odbc(desktop)};{_FETCH}", cloud, file]
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "plugins")])
    done = run_child(command, os.environ | {"PYTHONPATH": paths})
    parts = [notes.add(f"floor, {part}, s", done[part]) for part in ("drain", "load", "join")]
    notes.add("floor, whole, s", sum(parts))


def _ours(notes: Notes, steps: Steps, run_id: str, cloud: str) -> None:
    with connected(cloud) as connection:
        settle(connection)
    done = steps.all("jobs", run_id)
    for step in STEPS:
        notes.add(f"hybrid_sync, {step}, s", done[step].seconds)
    notes.add("hybrid_sync, whole run, s", sum(step.seconds for step in done.values()))
    result = done["merge"].result
    if result["inserted"] or result["updated"] or result["deleted"]:
        raise SystemExit(f"nothing was changed on the desktop, and yet the merge wrote: {result}")


def _unload(server: PostgresServer, cloud: str) -> str:
    """The rows as a file that the server itself can read, without the mobile rows. Returns its path."""
    from psycopg import sql

    file = f"{server.folder}/data/floor.bin"
    with connected(cloud) as connection:
        connection.execute(sql.SQL(statement("floor_unload")).format(file=sql.Literal(file)))
    return file


def _compact(cloud: str) -> None:
    """A table that a peer has rewritten is as dense again as at first."""
    with connected(cloud) as connection:
        connection.execute("VACUUM (FULL, ANALYZE) jobs")
        settle(connection)


def _peers(folder: Path, notes: Notes) -> dict[str, Callable[[str, str], float]]:
    """Name -> one run from a desktop's URI to a cloud's, which gives its seconds."""
    home = folder / "peers"
    home.mkdir()
    peers = {"dlt": lambda desktop, cloud: _dlt(home, desktop, cloud)}
    if (program := sling_program()) is not None:
        peers["sling"] = lambda desktop, cloud: _sling(program, home, desktop, cloud)
    else:
        notes.left_out.append("sling: no wheel carries it for this machine")
    return peers


def _dlt(home: Path, desktop: str, cloud: str) -> float:
    paths = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "plugins")])
    password = cloud.replace("postgres@", "postgres:unused@")  # dlt wants one, the server asks for none
    command = [str(BIN / "python"), "-m", "bench.dlt_load", odbc(desktop), password, str(home / "dlt")]
    return float(run_child(command, peer_settings(home) | {"PYTHONPATH": paths})["seconds"])


def _sling(program: Path, home: Path, desktop: str, cloud: str) -> float:
    environment = peer_settings(home) | {"DESKTOP": f"{desktop}?sslmode=disable", "CLOUD": f"{cloud}?sslmode=disable"}
    command = [
        str(program), "run", "--src-conn", "DESKTOP", "--src-stream", "public.jobs", "--tgt-conn", "CLOUD",
        "--tgt-object", "public.jobs", "--mode", "incremental", "--primary-key", "job_id",
    ]  # fmt: skip
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Sling failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return time.perf_counter() - start
