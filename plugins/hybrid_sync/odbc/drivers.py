"""Which database answers over ODBC, and what its driver must be told in the connection string before it opens.

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
_PSQLODBC_SIZES = {"maxvarcharsize", "maxlongvarcharsize", "b0", "b1"}
_SECRET = re.compile(r"pwd|password|secret|token|key", re.IGNORECASE)


LOGIN_SECONDS = 30


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
    version: str  # as the driver writes it: 03.01.0015
    quote: str


def identify(connection: Connection) -> Driver:
    """Ask an open connection which database and driver it is."""
    import pyodbc

    dbms = str(connection.getinfo(pyodbc.SQL_DBMS_NAME)).casefold()
    name = str(connection.getinfo(pyodbc.SQL_DRIVER_NAME))
    known = Dbms.OTHER
    if "postgres" in dbms and "psqlodbc" in name.casefold():
        known = Dbms.POSTGRESQL
    elif "sqlite" in dbms:
        known = Dbms.SQLITE
    elif "mariadb" in dbms or "mysql" in dbms:
        known = Dbms.MARIADB
    # A driver says a blank when its database cannot quote.
    quote = str(connection.getinfo(pyodbc.SQL_IDENTIFIER_QUOTE_CHAR)).strip()
    return Driver(known, name, str(connection.getinfo(pyodbc.SQL_DRIVER_VER)), quote)


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


def prepared(connection_string: str) -> str:
    """The connection string with what its driver must be told before the connection opens."""
    driver = pairs(connection_string).get("driver", "").casefold()
    if "sqlite" in driver:
        # Without it the driver makes an empty database of a misspelt path, and the sync would see no table.
        return with_settings(connection_string, {"NoCreat": "1"})
    if "maria" in driver or "libmaodbc" in driver:
        # This driver passes over ODBC's own login timeout.
        return with_settings(connection_string, {"CONN_TIMEOUT": str(LOGIN_SECONDS)})
    if "postgresql" in driver or "psqlodbc" in driver:
        # What the driver says of text without a length; each read sets it to what the table needs.
        kept = (found[0] for found in _PAIR.finditer(connection_string) if found[1].casefold() not in _PSQLODBC_SIZES)
        return ";".join(pair.strip().rstrip(";") for pair in kept) + ";"
    return connection_string


def for_answers(connection_string: str) -> str:
    """The connection string for questions that are answered by few rows, where reads are made for many.

    psqlODBC with UseDeclareFetch asks through a cursor, which PostgreSQL plans for one process alone: the survey of
    1,000,000 rows takes 0.27 s in place of 0.19.
    """

    def replaced(found: re.Match[str]) -> str:
        return "UseDeclareFetch=0;" if found[1].casefold() == "usedeclarefetch" else found[0]

    return _PAIR.sub(replaced, connection_string)


def redact(text: str, connection_string: str) -> str:
    """Take the connection string's secrets out of `text`: drivers and their managers repeat them in messages."""
    for name, value in pairs(connection_string).items():
        bare = value[1:-1].replace("}}", "}") if value.startswith("{") else value
        if not bare or not _SECRET.search(name):
            continue
        for secret in {value, bare}:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return re.sub(r"(?i)\b(pwd|password)\s*=\s*(\{[^}]*\}|[^;\s]*)", r"\1=***", text)
