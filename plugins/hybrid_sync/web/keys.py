"""The key of a conflict as the page shows it: values of key columns, and of no other column."""

from __future__ import annotations

import json
from collections.abc import Collection

UNIQUE = "unique"  # the name under which a conflict over another unique constraint keeps that constraint's columns
LONGEST = 80


def shown_key(key: str, key_columns: Collection[str]) -> str:
    """A key out of `hybrid_sync.conflict` in words: `job_id = 124`.

    :param key: the jsonb as text: an object of column and value.
    :param key_columns: the table's key in the registry. Another column may hold anything, a telephone number say:
        its name is shown and its value is not.
    """
    # Numbers stay as they are written: a float would round numeric(38).
    columns = json.loads(key, parse_int=str, parse_float=str)
    over = columns.pop(UNIQUE, None) if UNIQUE not in key_columns else None
    parts = [f"{name} = {_short(value)}" for name, value in columns.items() if name in key_columns]
    hidden = [name for name in columns if name not in key_columns]
    if over or hidden:
        parts.append(f"unique ({over or ', '.join(hidden)})")
    return ", ".join(parts)


def _short(value: object) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
