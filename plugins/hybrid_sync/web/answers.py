"""What the page says when it has nothing to show, and the headers that every answer carries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from hybrid_sync.errors import HybridSyncError, RegistryError, Retryable
from hybrid_sync.web.pages import message
from hybrid_sync.web.reads import CLOUD

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

log = logging.getLogger(__name__)

HEADERS = {
    # Airflow's login is in a cookie that a script could read: no script may run here, whatever slips into a page.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
REFUSED = {
    401: ("Not logged in", "Log in to Airflow and open this page again."),
    403: ("Not allowed", "This page needs the right to read the DAG hybrid_sync."),
    404: ("Not found", "There is no such page."),
}


def answer_politely(app: FastAPI) -> None:
    """Give `app` its headers, and pages instead of traces for what goes wrong."""
    import psycopg
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import HTMLResponse
    from starlette.exceptions import HTTPException

    def refused(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = error.headers if isinstance(error, HTTPException) else None
        return HTMLResponse(message(*REFUSED.get(status, ("Refused", f"Status {status}."))), status, headers)

    def misread(_: Request, __: Exception) -> Response:
        return HTMLResponse(message("Not found", "This address is not one that the page itself gives."), 422)

    def unavailable(_: Request, error: Exception) -> Response:
        # The error names hosts, users and constraints; those are for who reads the log, not for every viewer.
        log.warning("Hybrid Sync's page has nothing to show: %s", error)
        return HTMLResponse(message(*_words(error)), 503)

    async def with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    app.middleware("http")(with_headers)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, misread)
    app.add_exception_handler(HybridSyncError, unavailable)
    app.add_exception_handler(psycopg.Error, unavailable)


def _words(error: Exception) -> tuple[str, str]:
    """Title and sentence; without a host, a user, or anything else that the driver says."""
    if isinstance(error, RegistryError):
        return "The registry is wrong", str(error)
    if isinstance(error, Retryable):
        return (
            "The cloud cannot be reached",
            f"Airflow's connection {CLOUD} gives no answer, or broke off. Try again; the API server's log has why.",
        )
    return (
        "The cloud cannot be read",
        f"Airflow's connection {CLOUD} is missing, is refused, or may not read the schema hybrid_sync; or that "
        "schema is older than this page, and the next run brings it up to date. The API server's log says which.",
    )
