"""The page as a FastAPI app, which Airflow's API server mounts at /hybrid-sync/.

Airflow mounts it without authentication: the app asks for a login on every route and for the right to read the DAG.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.registry import load_registry
from hybrid_sync.verdict import COLUMNS
from hybrid_sync.web import lines, reads
from hybrid_sync.web.keys import shown_key
from hybrid_sync.web.pages import TEMPLATES, message, page

if TYPE_CHECKING:
    from fastapi import FastAPI
    from psycopg import Connection

DAG_ID = "hybrid_sync"


def make_app() -> FastAPI:
    """The app with its routes. Every route answers 401 to who is not logged in, 403 to who may not read the DAG."""
    from airflow.api_fastapi.core_api.security import requires_access_dag, requires_authenticated
    from fastapi import Depends, FastAPI
    from fastapi.responses import HTMLResponse, PlainTextResponse

    from hybrid_sync.web.answers import answer_politely

    class StyleSheet(PlainTextResponse):
        media_type = "text/css"

    app = FastAPI(
        title="Hybrid Sync", docs_url=None, redoc_url=None, openapi_url=None,
        dependencies=[Depends(requires_authenticated()), Depends(requires_access_dag("GET", param_dag_id=DAG_ID))],
    )  # fmt: skip
    answer_politely(app)
    app.get("/", response_class=HTMLResponse)(runs_page)
    app.get("/run", response_class=HTMLResponse)(run_page)
    app.get("/conflicts", response_class=HTMLResponse)(conflicts_page)
    app.get("/rejects", response_class=HTMLResponse)(rejects_page)
    app.get("/page.css", response_class=StyleSheet)(style_sheet)
    return app


def runs_page(before: datetime | None = None, dag_id: str = DAG_ID) -> str:
    """The latest runs, newest first; `before` pages back."""
    registry = load_registry()

    def read(connection: Connection[Any]) -> dict[str, Any]:
        traces, older = reads.latest_runs(connection, before)
        conflicts, rejects = reads.open_counts(connection)
        return {
            "runs": [
                {"trace": trace, "tally": lines.tally(lines.lines_of(registry, trace)), "dry": lines.is_dry(trace),
                 "proof": lines.proof_of(trace)}
                for trace in traces
            ],
            "older": older, "before": before, "conflicts": conflicts, "rejects": rejects, "tone": lines.tone,
        }  # fmt: skip

    return _other_dag(dag_id) or _from_ledger("runs.html", read)


def run_page(run_id: str, dag_id: str = DAG_ID) -> str:
    """The verdict table of one run."""
    registry = load_registry()

    def read(connection: Connection[Any]) -> dict[str, Any]:
        trace = reads.run(connection, run_id.replace("\0", ""))
        records = trace.merges.values()
        return {
            "trace": trace, "lines": lines.lines_of(registry, trace), "columns": COLUMNS, "tone": lines.tone,
            "dry": lines.is_dry(trace), "proof": lines.proof_of(trace),
            "known": bool(records or trace.at_start or trace.stagings),
            "started": min((record.started_at for record in records), default=None),
            "finished": max((record.finished_at for record in records), default=None),
        }  # fmt: skip

    return _other_dag(dag_id) or _from_ledger("run.html", read)


def conflicts_page() -> str:
    """Open conflicts by table and kind."""
    keys = {spec.name: spec.key for spec in load_registry().tables}

    def read(connection: Connection[Any]) -> dict[str, Any]:
        groups = [
            {
                "group": group,
                "keys": [(shown_key(key, keys.get(group.table, ())), run_id, at) for key, run_id, at in group.keys],
                "sql": sql.render("web/look_at_conflicts.sql", table=group.table, kind=group.kind),
            }
            for group in reads.open_conflicts(connection)
        ]
        return {"groups": groups, "most": reads.GROUPS}

    return _from_ledger("conflicts.html", read)


def rejects_page(run_id: str | None = None) -> str:
    """Rejects by table, column and reason, of one run or all that are stored."""

    def read(connection: Connection[Any]) -> dict[str, Any]:
        groups = reads.rejects(connection, run_id.replace("\0", "") if run_id else None)
        queries = {
            (group.table, group.run_id): sql.render("web/look_at_rejects.sql", table=group.table, run_id=group.run_id)
            for group in groups
        }
        return {"groups": groups, "queries": queries, "run_id": run_id, "most": reads.GROUPS}

    return _from_ledger("rejects.html", read)


def style_sheet() -> str:
    """How every page looks."""
    return (TEMPLATES / "page.css").read_text()


def _from_ledger(template: str, read: Callable[[Connection[Any]], Mapping[str, Any]]) -> str:
    with reads.opened_ledger() as connection:
        if connection is None:
            return message(
                "No run so far",
                "The cloud has no hybrid_sync schema yet. The first run makes it: trigger the DAG hybrid_sync.",
            )
        return page(template, **read(connection))


def _other_dag(dag_id: str) -> str | None:
    if dag_id == DAG_ID:
        return None
    return message("Nothing here", f"This tab is about {DAG_ID}. {dag_id} has no part in it.")
