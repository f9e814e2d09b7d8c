"""`make peers`: the story with every tool, on a PostgreSQL of its own that is gone afterwards."""

from __future__ import annotations

import itertools
import logging
import os
import platform
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from demo.postgres import PostgresServer
from peers.dlt_peer import CONFIGURATIONS, Dlt
from peers.environment import make_environment, pinned, sling_program
from peers.singer_peer import TargetPostgres
from peers.sling_peer import Sling
from peers.telling import refusals, table, tell
from peers.tools import Tool


def main() -> None:
    """Make the environment, let every tool live through the story, print the table."""
    make_environment()
    server = PostgresServer(settings={"fsync": "off"})
    with tempfile.TemporaryDirectory(prefix="hybrid-sync-peers-") as folder:
        # Airflow, whose object storage the extracts are written with, reads this when it is first imported.
        os.environ["AIRFLOW_HOME"] = folder
        logging.getLogger("hybrid_sync").setLevel(logging.WARNING)
        try:
            server.start()
            new_database = _databases(server)
            turns = tell(
                _tools(Path(folder)), new_database(), new_database, lambda title: print(f"peers: {title}", flush=True)
            )
            versions = _versions(server)
        finally:
            server.stop()
    print(f"\n{versions}\n\n{table(turns)}\n\nWhat this package's refusals say:")
    for message in refusals(turns, "this package"):
        print(f"  {message}")


def _tools(folder: Path) -> list[Tool]:
    from peers.ours import HybridSync

    numbers = itertools.count()

    def own() -> Path:
        made = folder / f"tool{next(numbers)}"
        made.mkdir()
        return made

    tools: list[Tool] = [HybridSync(own())]
    tools += [Dlt(configuration, own()) for configuration in CONFIGURATIONS]
    tools += [TargetPostgres(own(), deletes=deletes) for deletes in (False, True)]
    program = sling_program()
    if program is None:
        print(f"peers: no wheel carries Sling for {platform.system()} {platform.machine()}; it is left out")
    else:
        tools.append(Sling(program, own()))
    return tools


def _databases(server: PostgresServer) -> Callable[[], str]:
    import psycopg

    numbers = itertools.count()

    def new_database() -> str:
        name = f"story_{next(numbers)}"
        with psycopg.connect(server.uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        return server.uri(name)

    return new_database


def _versions(server: PostgresServer) -> str:
    import psycopg

    with psycopg.connect(server.uri()) as connection:
        postgres = connection.info.parameter_status("server_version")
    tools = [f"{name} {pinned(name)}" for name in ("dlt", "meltanolabs-target-postgres")]
    if program := sling_program():
        tools.append(f"sling {pinned(program.name)}")
    return f"{datetime.now(UTC):%Y-%m-%d}, PostgreSQL {postgres}, {', '.join(tools)}"


if __name__ == "__main__":
    main()
