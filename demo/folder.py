"""The demonstration's folder, its lock, and the PostgreSQL server with the three databases in it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from demo.environment import REPOSITORY, airflow_environment, cloud_connection, desktop_connection
from demo.postgres import PostgresServer
from demo.processes import shielded

FOLDER = REPOSITORY / ".demo"
DATABASES = ("desktop", "cloud", "airflow")
_SETTINGS = {"fsync": "off", "max_connections": "200", "shared_buffers": "256MB"}  # data that a command makes again


class FolderInUse(Exception):
    """Another `make demo` or `make ui` has the folder."""


def cluster_folder() -> Path:
    """Where the PostgreSQL cluster lives: in the demo's folder, or in /var/tmp when run as root.

    As root the server runs under a user of its own, who may not be able to read the folders above the repository.
    """
    if os.geteuid() != 0:
        return FOLDER / "postgres"
    mark = sha256(str(REPOSITORY).encode()).hexdigest()[:8]
    return Path("/var/tmp") / f"hybrid-sync-demo-{mark}"  # noqa: S108


@contextmanager
def locked_folder() -> Iterator[Path]:
    """The demo's folder, for this process alone. Raises FolderInUse."""
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderInUse(f"{FOLDER} is in use by another `make demo` or `make ui`. End that one first.") from error
        yield FOLDER


def airflow_home() -> Path:
    """AIRFLOW_HOME of the demo: configuration, logs, extracts."""
    return FOLDER / "airflow"


def clear() -> None:
    """Remove what an earlier demonstration left, a server that a killed one left running included."""
    stop_server()
    shutil.rmtree(cluster_folder(), ignore_errors=True)
    shutil.rmtree(airflow_home(), ignore_errors=True)


def stop_server() -> None:
    """Stop the demo's server, by whichever process it was started."""
    if (cluster_folder() / "data" / "postmaster.pid").exists():
        with shielded():
            PostgresServer(cluster_folder()).stop()


def start_server() -> PostgresServer:
    """Start the demo's server on a free port, with its databases; they are made on the first start."""
    import psycopg
    from psycopg import sql

    stop_server()
    server = PostgresServer(cluster_folder(), settings=_SETTINGS).start()
    with psycopg.connect(server.uri(), autocommit=True) as connection:
        there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for name in DATABASES:
            if name not in there:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server


def has_firm(server: PostgresServer) -> bool:
    """Whether the desktop's tables are there."""
    import psycopg

    with psycopg.connect(server.uri("desktop")) as connection:
        row = connection.execute("SELECT to_regclass('public.jobshead') IS NOT NULL").fetchone()
    return bool(row and row[0])


def demo_environment(server: PostgresServer) -> dict[str, str]:
    """Airflow's environment over the demo's databases."""
    return airflow_environment(
        airflow_home(),
        desktop=desktop_connection(server.port),
        cloud=cloud_connection(server.port),
        metadata=server.uri("airflow").replace("postgresql://", "postgresql+psycopg2://", 1),
    )
