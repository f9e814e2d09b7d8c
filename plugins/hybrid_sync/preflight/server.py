"""What concerns the whole run: the server's version, the way to it, its role, clocks and room."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hybrid_sync import sql
from hybrid_sync.errors import HybridSyncError, SchemaMismatch
from hybrid_sync.findings import Finding, note, warning
from hybrid_sync.odbc.drivers import Dbms

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.desktop import Desktop
    from hybrid_sync.preflight.facts import TableFacts

OLDEST, NEWEST = 15, 18  # major versions that are tested
_TRANSACTION_PORT = 6543  # Supabase's, of its pooler in transaction mode
_SKEW = 5.0  # seconds
_ZONE_STEP = 15 * 60  # seconds; every zone's offset is a multiple of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The cloud's server as this connection meets it. `skew`: its clock less this machine's, in seconds."""

    version: int
    version_text: str
    role: str
    passes_row_security: bool
    encoding: str
    database_bytes: int
    skew: float
    port: int
    pooled: bool
    """Another process answers than the one that took the connection: something stands between."""
    changing: bool
    """Two transactions were answered by two processes: it is a pooler in transaction mode."""


def read_server(connection: Connection[Any]) -> Server:
    """Ask the server about itself. Raises SchemaMismatch when it is older than this package can use."""
    version = connection.info.server_version
    if version // 10_000 < OLDEST:
        raise SchemaMismatch(
            f"the cloud is PostgreSQL {version // 10_000}, and this package needs {OLDEST} to {NEWEST}. "
            f"Upgrade the server; nothing was written."
        )
    before = time.time()
    row = connection.execute(sql.render("preflight/server.sql")).fetchone()
    after = time.time()
    backends = {connection.execute(sql.render("preflight/backend.sql")).fetchone() for _ in range(2)}
    if row is None:
        raise SchemaMismatch("the cloud shows no role for this connection. Check its login in Airflow.")
    number, text, clock, backend, role, passes, _, encoding, size = row
    distance = max(abs(clock - (before + after) / 2) - (after - before) / 2, 0.0)
    return Server(
        version=number,
        version_text=text,
        role=role,
        passes_row_security=passes,
        encoding=encoding,
        database_bytes=size,
        skew=distance if clock > before else -distance,
        port=connection.info.port,
        pooled=backend != connection.info.backend_pid,
        changing=len({*backends, (backend,)}) > 1,
    )


def server_findings(server: Server) -> Iterator[Finding]:
    """What is to be known of the server."""
    if server.version // 10_000 > NEWEST:
        newer = f"the cloud is PostgreSQL {server.version_text}, newer than those this package is tested with"
        yield note("", f"{newer} ({OLDEST} to {NEWEST})", "Make a dry run first.")
    if server.pooled or server.changing or server.port == _TRANSACTION_PORT:
        by = "each transaction by another process" if server.changing else (
            "another process than the one that took the connection" if server.pooled else f"port {_TRANSACTION_PORT}"
        )  # fmt: skip
        yield note("", f"a connection pooler stands before the cloud ({by})",
                   "Nothing to do: the sync keeps everything within a transaction. For large tables a direct "
                   "connection is surer, as poolers may end long statements.")  # fmt: skip
    if server.passes_row_security:
        yield note("", f"the role {server.role} passes over row level security, the fence below the certificate",
                   "Connect with the least-privilege role of include/sql/roles.sql.")  # fmt: skip
    if server.encoding != "UTF8":
        yield warning("", f"the cloud's encoding is {server.encoding}: text that it has no letters for becomes rejects",
                      "Move to a database with encoding UTF8.")  # fmt: skip
    if abs(server.skew) > _SKEW:
        yield _skewed("the cloud's clock", server.skew)


def clock_findings(desktop: Desktop, time_zone: str) -> Iterator[Finding]:
    """Whether the desktop's clock agrees with this machine's, and with the zone that the registry names for it.

    A desktop gives local time and does not say where, so whole quarters of an hour count as its zone.
    """
    before = datetime.now(UTC)
    try:
        (told,) = desktop.ask("preflight/desktop_clock.sql")
        told = datetime.fromisoformat(told) if isinstance(told, str) else told
    except (HybridSyncError, ValueError):
        return  # it does not know CURRENT_TIMESTAMP
    if not isinstance(told, datetime):
        return
    ahead = (told.replace(tzinfo=None) - before.replace(tzinfo=None)).total_seconds()
    offset = round(ahead / _ZONE_STEP) * _ZONE_STEP
    if abs(ahead - offset) > _SKEW:
        yield _skewed("the desktop's clock", ahead - offset)
    named = before.astimezone(ZoneInfo(time_zone)).utcoffset() or timedelta()
    # SQLite gives UTC wherever it is.
    if desktop.driver.dbms is not Dbms.SQLITE and offset != named.total_seconds():
        yield warning(
            "",
            f"the desktop's clock shows {_written(offset)}, and desktop_time_zone {time_zone} is "
            f"{_written(named.total_seconds())}: its timestamps would be stored "
            f"{abs(offset - named.total_seconds()) / 3600:g} h off",
            "Set desktop_time_zone in the registry to the zone that the desktop product writes its timestamps in.",
        )


def room_findings(server: Server, tables: Iterable[TableFacts], free_bytes: int | None) -> Iterator[Finding]:
    """What can be known of room: the targets' size, and what is free where the extracts go.

    :param free_bytes: on this machine's disk for extracts; None where they go elsewhere.
    """
    needed = sum(facts.relation.bytes for facts in tables)
    yield note(
        "",
        f"the cloud's database has {_size(server.database_bytes)}, these tables {_size(needed)}; how much the server's "
        f"disk has left, PostgreSQL tells no role",
        "A first run needs about twice the tables' room until it ends. Compare with the provider's page.",
    )
    if free_bytes is not None and free_bytes < max(needed, 2**30):
        yield warning(
            "",
            f"the disk for extracts has {_size(free_bytes)} left on this worker",
            "Make room, or set HYBRID_SYNC_EXTRACTS to object storage.",
        )


def free_bytes(uri: str) -> int | None:
    """What is free on this machine's disk for the files below `uri`; None for a store elsewhere."""
    scheme, _, path = uri.partition("://")
    if scheme not in ("file", "local"):
        return None
    folder = Path(path)
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _skewed(whose: str, seconds: float) -> Finding:
    way = "ahead of" if seconds > 0 else "behind"
    return warning(
        "",
        f"{whose} is {abs(seconds):,.0f} s {way} this worker's: logs, rows and records disagree on when",
        "Set the clocks by NTP. No step of the sync decides by a clock.",
    )


def _written(seconds: float) -> str:
    minutes = int(abs(seconds) // 60)
    return f"UTC{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def _size(number: int) -> str:
    size = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
