"""The environment that Airflow runs in, for the demonstration, the UI and the tests."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DAG_ID = "hybrid_sync"
POOL = "hybrid_sync_cloud"
POOL_SLOTS = 4
ODBC_DRIVER = "PostgreSQL Unicode"


def desktop_connection(port: int, database: str = "desktop") -> str:
    """The Airflow connection `desktop` as JSON: ODBC to a PostgreSQL on 127.0.0.1."""
    # Without UseDeclareFetch the driver holds a whole table's rows in memory before it gives the first.
    extra = {"driver": ODBC_DRIVER, "UseDeclareFetch": "1", "Fetch": "20000"}
    return json.dumps(
        {"conn_type": "odbc", "host": "127.0.0.1", "port": port, "login": "postgres", "schema": database,
         "extra": extra}
    )  # fmt: skip


def cloud_connection(port: int, database: str = "cloud") -> str:
    """The Airflow connection `supabase` as JSON. Statements are never prepared, as a transaction pooler wants it."""
    extra = {"prepare_threshold": None}
    return json.dumps(
        {"conn_type": "postgres", "host": "127.0.0.1", "port": port, "login": "postgres", "schema": database,
         "extra": extra}
    )  # fmt: skip


def airflow_environment(
    home: Path,
    *,
    desktop: str,
    cloud: str,
    metadata: str | None = None,
    dags: Path = REPOSITORY / "dags",
    plugins: Path = REPOSITORY / "plugins",
) -> dict[str, str]:
    """This process's environment with everything that Airflow and the DAG need.

    :param home: AIRFLOW_HOME.
    :param desktop: the connection `desktop`, as JSON or URI.
    :param cloud: the connection `supabase`, as JSON or URI.
    :param metadata: SQLAlchemy URL of Airflow's own database; None takes SQLite in `home`.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "HYBRID_SYNC_"))}
    environment = kept | {
        "PATH": path,  # airflow standalone starts its parts by the name `airflow`
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        # The default of 32 keeps 32 idle workers; at 2 a slot is refilled only once per scheduler loop.
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA": "True",
        "AIRFLOW_CONN_DESKTOP": desktop,
        "AIRFLOW_CONN_SUPABASE": cloud,
    }
    if metadata:
        environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = metadata
    if registry := os.environ.get("HYBRID_SYNC_REGISTRY"):
        environment["HYBRID_SYNC_REGISTRY"] = registry
    return environment


def write_environment_file(path: Path, environment: Mapping[str, str]) -> None:
    """Write the Airflow part of `environment` as a shell file, for `airflow` commands in another terminal.

    Secrets are left out: the commands do without.
    """
    lines = [
        f"export {name}={shlex.quote(value)}\n"
        for name, value in sorted(environment.items())
        if name.startswith(("AIRFLOW", "HYBRID_SYNC_")) and "SECRET" not in name
    ]
    path.write_text("".join(lines))
