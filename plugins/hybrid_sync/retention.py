"""How long stagings and extracts are kept. Most stagings go with their merge; these are what failed merges left."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from hybrid_sync import extracts, sql
from hybrid_sync.connections import describe, translated
from hybrid_sync.errors import Unretryable

if TYPE_CHECKING:
    from psycopg import Connection

log = logging.getLogger(__name__)

KEEP_RUNS = "HYBRID_SYNC_KEEP_RUNS"
"""The setting: of how many runs stagings and extracts are kept, the running one aside. 7 unless it says otherwise."""
LOCK_TIMEOUT = "2s"
"""How long to wait for a staging that someone looks at; the next run tries again."""


def kept_runs() -> int:
    """What `HYBRID_SYNC_KEEP_RUNS` says, or 7. Raises Unretryable when it is not a whole number from 1 on."""
    configured = os.environ.get(KEEP_RUNS) or "7"
    if not configured.isdecimal() or int(configured) < 1:
        raise Unretryable(f"{KEEP_RUNS} must be a whole number from 1 on, not {configured!r}")
    return int(configured)


def prune(connection: Connection[Any], *, dag_id: str, run_id: str, keep_runs: int | None = None) -> None:
    """Remove what older runs left. What cannot be removed now is logged and stays for the next run.

    :param connection: to the cloud, with no transaction open.
    :param run_id: the running run, whose own staging and extract stay however old they are.
    :raises CloudUnavailable: the cloud broke off.
    """
    keep_runs = keep_runs or kept_runs()
    stagings = prune_stagings(connection, run_id=run_id, keep_runs=keep_runs)
    try:
        folders = extracts.prune_extracts(extracts.base_uri(), dag_id, keep_runs)
    except OSError as error:
        log.warning("Old extracts stay: %s", error)
        folders = []
    if stagings or folders:
        log.info("Removed %d stagings and the extracts of %d runs, all but the newest %d runs'",
                 len(stagings), len(folders), keep_runs)  # fmt: skip


def prune_stagings(connection: Connection[Any], *, run_id: str, keep_runs: int) -> list[str]:
    """Drop the stagings and manifests of all but the `keep_runs` newest runs. Returns the stagings' names.

    A merge of such a run that is cleared later finds nothing staged, and says that its group has to be cleared.
    Raises ValueError when `keep_runs` is less than 1.
    """
    from psycopg import errors

    if keep_runs < 1:
        raise ValueError("keep_runs must be at least 1")
    removed = []
    with translated():
        for found in _outdated(connection, run_id, keep_runs):
            relation = found[0]
            try:
                with connection.transaction():
                    connection.execute("SELECT set_config('lock_timeout', %s, TRUE)", [LOCK_TIMEOUT])
                    connection.execute(sql.render("stage/lock.sql"), {"relation": relation})
                    if found in _outdated(connection, run_id, keep_runs):  # not staged anew since
                        connection.execute(sql.render("stage/prune.sql", relation=relation))
                        removed.append(relation)
            except (errors.LockNotAvailable, errors.InsufficientPrivilege) as error:
                log.warning("The old staging %s stays: %s", relation, describe(error))
    return removed


def _outdated(connection: Connection[Any], run_id: str, keep_runs: int) -> list[tuple[str, str | None, str | None]]:
    names = {"run_id": run_id, "keep_runs": keep_runs}
    return connection.execute(sql.render("stage/outdated.sql"), names).fetchall()
