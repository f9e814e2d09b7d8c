"""The extracts' store in a forked process, which can use neither Airflow's answers nor the store's open client."""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import urlsplit


def store_for_fork(uri: str) -> Callable[[], None]:
    """Resolve the store's connection here, and give what opens the store in the forked process.

    A client that lives in threads (s3fs) refuses to work in a fork. A fork that asks Airflow for a connection leaves
    half a conversation when it is killed, and `airflow dags test` would not answer it.

    :param uri: of the extracts; one on this machine's disk needs nothing.
    :raises AirflowNotFoundException: Airflow has no such connection.
    """
    parts = urlsplit(uri)
    conn_id = parts.username
    if parts.scheme in ("file", "local", ""):
        return lambda: None
    environment = {}
    if conn_id:
        from airflow.sdk import Connection

        environment[f"AIRFLOW_CONN_{conn_id.upper()}"] = Connection.get(conn_id).as_json()

    def reopen() -> None:
        from airflow.sdk.io import attach, get_fs

        os.environ.update(environment)
        attach(parts.scheme, conn_id).fs = get_fs(parts.scheme, conn_id)

    return reopen
