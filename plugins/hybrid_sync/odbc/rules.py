"""Which module knows the database behind a driver."""

from __future__ import annotations

from hybrid_sync.odbc import declared, mariadb, postgresql, sqlite
from hybrid_sync.odbc.drivers import Dbms, Driver
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


def undecoded(planned: tuple[Reading, ...], dbms: Dbms) -> tuple[Reading, ...]:
    """The same columns for a read of undecoded text, where that has to be asked of the database itself."""
    if dbms is Dbms.POSTGRESQL:
        return tuple(postgresql.undecoded(read) for read in planned)
    return planned


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
