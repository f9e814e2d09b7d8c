"""Which rows of a desktop table are read: the conditions of an incremental extract or of one part of a split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hybrid_sync.odbc.readings import DesktopColumn

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """`column operator value`, with rows where the column is NULL too if `or_null`.

    :param column: a desktop column, as the desktop spells it.
    :param value: exact text: a number, `2026-01-31`, `2026-01-31 23:59:59.123456`, or any text for a text column.
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


def rendered(condition: Condition, column: DesktopColumn) -> Rendered:
    """Write the value as ODBC's own literal for the column's type: every driver translates `{ts '..'}`.

    Raises ValueError for a value that is not of the column's type.
    """
    value = condition.value
    if column.sql_type in (-7, -6, 5, 4, -5, 2, 3, 6, 7, 8):
        if not _NUMBER.fullmatch(value):
            raise ValueError(f"{column.name} is a number, and the value to compare it with is none")
        literal = value
    elif column.sql_type in (91, 9, 93, 11):
        if not _STAMP.fullmatch(value):
            raise ValueError(f"{column.name} is a date or timestamp, and the value to compare it with is none")
        stamp = value.replace("T", " ")
        if column.sql_type in (91, 9):
            literal = f"{{d '{stamp[:10]}'}}"
        else:
            literal = f"{{ts '{stamp if len(stamp) > 10 else stamp + ' 00:00:00'}'}}"
    else:
        if "\0" in value or "\\" in value:
            raise ValueError(f"the value to compare {column.name} with has a letter that ODBC literals cannot carry")
        literal = "'" + value.replace("'", "''") + "'"
    return Rendered(condition.column, condition.operator, literal, condition.or_null)
