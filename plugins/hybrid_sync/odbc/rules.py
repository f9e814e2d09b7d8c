"""Which module knows the database behind a driver."""

from __future__ import annotations

from hybrid_sync.odbc import declared, mariadb, postgresql, sqlite
from hybrid_sync.odbc.drivers import Dbms, Driver, pairs
from hybrid_sync.odbc.readings import DesktopColumn, Reading


def reading(column: DesktopColumn, dbms: Dbms) -> Reading:
    """How `column` is read from `dbms`."""
    match dbms:
        case Dbms.POSTGRESQL:
            return postgresql.reading(column)
        case Dbms.SQLITE:
            return sqlite.reading(column)
        case Dbms.MARIADB:
            return mariadb.reading(column)
        case Dbms.OTHER:
            return declared.reading(column)


def undecoded(planned: tuple[Reading, ...], encoding: str | None) -> tuple[Reading, ...]:
    """The same columns for a read of undecoded text, where that has to be asked of the database itself.

    `encoding`: of a PostgreSQL database; None for any other. Raises LookupError where its text cannot be decoded here.
    """
    return planned if encoding is None else tuple(postgresql.undecoded(read, encoding) for read in planned)


def settings(driver: Driver, widest: int, batch_rows: int, batch_bytes: int) -> dict[str, str]:
    """What the driver must be told for a read whose longest measured value has `widest` bytes."""
    match driver.dbms:
        case Dbms.POSTGRESQL:
            return postgresql.settings(widest, batch_rows, batch_bytes)
        case Dbms.SQLITE:
            return sqlite.settings()
        case Dbms.MARIADB:
            return mariadb.settings()
        case Dbms.OTHER:
            return {}


def unstreamed(driver: Driver, connection_string: str) -> str | None:
    """Why the driver will hold a whole result in memory, as a sentence for the log; None when it streams."""
    if driver.dbms is Dbms.POSTGRESQL and pairs(connection_string).get("usedeclarefetch") == "0":
        return "the connection says UseDeclareFetch=0, so the driver holds the whole table in memory; take it out"
    if driver.dbms is Dbms.MARIADB and driver.version < mariadb.STREAMS_FROM:
        return (
            f"this MariaDB driver ({driver.version}) holds the whole table in memory; "
            f"version {mariadb.STREAMS_FROM} streams it"
        )
    return None
