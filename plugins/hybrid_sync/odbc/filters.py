"""Which rows of a desktop table are read: the conditions of an incremental extract or of one part of a split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from hybrid_sync.odbc.drivers import Dbms
from hybrid_sync.odbc.readings import DesktopColumn

_NUMBERS = (-7, -6, 5, 4, -5, 2, 3, 6, 7, 8)
_DATES = (91, 9)
_STAMPS = (93, 11)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """`column operator value`, with rows where the column is NULL too if `or_null`.

    :param column: a desktop column, as the desktop spells it.
    :param value: exact text: a number, `2026-01-31`, `2026-01-31 23:59:59.123456` (in UTC for a column that holds
        instants), or any text for a text column.
    """

    column: str
    operator: Literal[">=", ">", "<=", "<", "="]
    value: str
    or_null: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A condition whose value has become a literal of the desktop's SQL."""

    column: str
    operator: str
    literal: str
    or_null: bool


def rendered(condition: Condition, column: DesktopColumn, dbms: Dbms) -> Rendered:
    """Write the value as a literal of the column's type; ODBC's `{ts '..'}` is one that every driver translates.

    Raises ValueError for a value that is not of the column's type.
    """
    return Rendered(condition.column, condition.operator, _literal(condition.value, column, dbms), condition.or_null)


def _literal(value: str, column: DesktopColumn, dbms: Dbms) -> str:
    if column.sql_type in _NUMBERS:
        if not _NUMBER.fullmatch(value):
            raise ValueError(f"{column.name} is a number, and the value to compare it with is none")
        return value
    if column.sql_type in (*_DATES, *_STAMPS):
        if not _STAMP.fullmatch(value):
            raise ValueError(f"{column.name} is a date or timestamp, and the value to compare it with is none")
        if dbms is not Dbms.SQLITE:
            return _stamp(value.replace("T", " "), column, dbms)
    if "\0" in value or "\\" in value:
        raise ValueError(f"the value to compare {column.name} with has a letter that ODBC literals cannot carry")
    # SQLite keeps dates as text and compares them letter by letter, so the value stays as it is written.
    return "'" + value.replace("'", "''") + "'"


def _stamp(value: str, column: DesktopColumn, dbms: Dbms) -> str:
    if column.sql_type in _DATES:
        return f"{{d '{value[:10]}'}}"
    moment = value if len(value) > 10 else f"{value} 00:00:00"
    # These two hold instants, and the value is in UTC: the session's time zone must have no say.
    if dbms is Dbms.POSTGRESQL and column.type_name == "timestamptz":
        return f"TIMESTAMP WITH TIME ZONE '{moment}+00'"
    if dbms is Dbms.MARIADB and column.type_name.upper() == "TIMESTAMP":
        whole, _, fraction = moment.partition(".")
        seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
        return f"FROM_UNIXTIME({seconds}.{fraction or 0})"
    return f"{{ts '{moment}'}}"
