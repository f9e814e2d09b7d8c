"""Which database answers over ODBC, and what its driver must be told in the connection string.

Checked with psqlODBC 13.02, SQLite ODBC 0.9998 and MariaDB Connector/ODBC 3.1.15, through unixODBC 2.3.11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyodbc import Connection

_PAIR = re.compile(r"\s*([^=;]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)\s*(?:;|$)")
_SECRET = re.compile(r"pwd|password|secret|token|key", re.IGNORECASE)


class Dbms(StrEnum):
    """The databases whose driver's habits are known. Any other is read by its declared types alone."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"
    MARIADB = "mariadb"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Driver:
    """The driver behind a connection: `quote` is its own identifier quote, empty when it has none."""

    dbms: Dbms
    name: str
    quote: str


def identify(connection: Connection) -> Driver:
    """Ask an open connection which database and driver it is."""
    import pyodbc

    dbms = str(connection.getinfo(pyodbc.SQL_DBMS_NAME)).casefold()
    name = str(connection.getinfo(pyodbc.SQL_DRIVER_NAME))
    quote = str(connection.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)).strip()
    if "postgres" in dbms and "psqlodbc" in name.casefold():
        return Driver(Dbms.POSTGRESQL, name, quote or '"')
    if "sqlite" in dbms:
        return Driver(Dbms.SQLITE, name, quote or '"')
    if "mariadb" in dbms or "mysql" in dbms:
        return Driver(Dbms.MARIADB, name, quote or "`")
    return Driver(Dbms.OTHER, name, quote)


def pairs(connection_string: str) -> dict[str, str]:
    """The settings of a connection string, names folded to lower case, braces of `{value}` kept."""
    return {found[1].casefold(): found[2] for found in _PAIR.finditer(connection_string)}


def with_settings(connection_string: str, settings: Mapping[str, str]) -> str:
    """Add the settings that the connection string does not make itself. Names are compared without letter case."""
    there = pairs(connection_string)
    missing = "".join(f"{name}={value};" for name, value in settings.items() if name.casefold() not in there)
    if not missing:
        return connection_string
    return f"{connection_string.rstrip().rstrip(';')};{missing}"


def opening_settings(connection_string: str) -> dict[str, str]:
    """What a connection must be told before it is opened, by the name of its driver."""
    driver = pairs(connection_string).get("driver", "")
    # Without it the SQLite driver makes an empty database of a misspelt path, and the sync would see no table.
    return {"NoCreat": "1"} if "sqlite" in driver.casefold() else {}


def redact(text: str, connection_string: str) -> str:
    """Take the connection string's secrets out of `text`: drivers and their managers repeat them in messages."""
    for name, value in pairs(connection_string).items():
        bare = value[1:-1].replace("}}", "}") if value.startswith("{") else value
        if not bare or not _SECRET.search(name):
            continue
        for secret in {value, bare}:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return re.sub(r"(?i)\b(pwd|password)\s*=\s*(\{[^}]*\}|[^;\s]*)", r"\1=***", text)
