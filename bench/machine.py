"""What the benchmark ran on: machine, versions, and how busy the machine was with other things."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.databases import connected
from peers.environment import pinned

if TYPE_CHECKING:
    from demo.postgres import PostgresServer


def describe(server: PostgresServer) -> dict[str, str]:
    """Name -> value, for the table's head and the results file."""
    with connected(server.uri()) as connection:
        postgres = connection.info.parameter_status("server_version")
    packages = ("apache-airflow", "arrow-odbc", "pyarrow", "pgpq", "psycopg")
    return {
        "machine": f"{os.cpu_count()} cores, {_processor()}, {_memory_gb():.0f} GB, {_system()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{postgres}, default settings but autovacuum off, on the same machine",
        "packages": ", ".join(f"{name} {version(name)}" for name in packages),
        "peers": f"dlt {pinned('dlt')}, sling {pinned('sling-linux-amd64')}",
    }


def load() -> str:
    """The load averages of the last 1, 5 and 15 minutes."""
    return " ".join(f"{average:.1f}" for average in os.getloadavg())


def heading(facts: dict[str, Any]) -> str:
    """The facts as lines."""
    width = max(map(len, facts))
    return "\n".join(f"{name:{width}}  {value}" for name, value in facts.items())


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.machine()


def _memory_gb() -> float:
    found = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return int(found[1]) * 1024 / 1e9 if found else 0.0


def _system() -> str:
    release = Path("/etc/os-release")
    found = re.search(r'PRETTY_NAME="(.+)"', release.read_text()) if release.exists() else None
    return found[1] if found else platform.system()
