"""The plugin: Hybrid Sync's page in Airflow's UI (Browse menu, tab of a DAG and of a run), and its tasks' quick start.

Every Airflow process loads this file, some of them twice: it does nothing until its attributes are read. FastAPI and
the page itself are imported only where `fastapi_apps` is read, in the API server.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/hybrid-sync"
# Relative to the base address of Airflow's UI, so that it holds behind a proxy's path too. The slash at the end counts:
# without it Airflow answers with its own UI, which would then show inside itself.
PAGE = f"{PREFIX.removeprefix('/')}/"


class HybridSyncPlugin(AirflowPlugin):
    """Registers the page, the three ways to it, and what the scheduler imports for tasks."""

    name = "hybrid_sync"

    @cached_property
    def fastapi_apps(self) -> list[Any]:  # type: ignore[override]
        """The page as an app of its own; Airflow mounts it without authentication, so it brings its own."""
        from hybrid_sync.web.app import make_app

        return [{"app": make_app(), "url_prefix": PREFIX, "name": "Hybrid Sync"}]

    @cached_property
    def listeners(self) -> list[Any]:  # type: ignore[override]
        """Imports what tasks need in the scheduler, before it forks them."""
        from hybrid_sync import preload

        return [preload]

    @cached_property
    def external_views(self) -> list[Any]:  # type: ignore[override]
        """Where Airflow's UI shows the page; the names in braces it fills in itself. Tabs appear on every DAG."""
        return [
            {"name": "Hybrid Sync", "destination": "nav", "category": "browse", "url_route": "hybrid-sync",
             "href": PAGE},
            {"name": "Hybrid Sync", "destination": "dag", "url_route": "hybrid-sync-dag",
             "href": f"{PAGE}?dag_id={{DAG_ID}}"},
            {"name": "Hybrid Sync", "destination": "dag_run", "url_route": "hybrid-sync-run",
             "href": f"{PAGE}run?dag_id={{DAG_ID}}&run_id={{RUN_ID}}"},
        ]  # fmt: skip
