"""The SQL templates below `include/sql`: where they are, and how identifiers and literals get into them.

Every statement is a file, and one Jinja environment renders it, here and in Airflow's Rendered Templates tab alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parents[2] / "include" / "sql"


def ident(name: str) -> str:
    """Quote one identifier for PostgreSQL: `jt_id` -> `"jt_id"`, quotes inside doubled.

    Raises ValueError for an empty name or one with a NUL, which no quoting can carry.
    """
    if not name or "\0" in name:
        raise ValueError(f"{name!r} is not an identifier")
    return '"' + name.replace('"', '""') + '"'


def relation(name: str) -> str:
    """Quote a table name that may carry its schema: `public.jobtasks` -> `"public"."jobtasks"`."""
    return ".".join(ident(part) for part in name.split("."))


def literal(value: str | int | float | bool | None) -> str:
    """Write a constant of the registry as an SQL literal: `D` -> `'D'`. Row values always go in as parameters."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if "\0" in value:
        raise ValueError("a literal cannot hold a NUL")
    quoted = "'" + value.replace("'", "''") + "'"
    # E'' reads backslashes the same whatever standard_conforming_strings says.
    return "E" + quoted.replace("\\", "\\\\") if "\\" in value else quoted


def desktop_ident(name: str, quote: str) -> str:
    """Quote one identifier for a desktop whose driver quotes with `quote`; without one, only plain names pass.

    Raises ValueError for a name that cannot be quoted.
    """
    if not name or "\0" in name or (not quote and not name.isidentifier()):
        raise ValueError(f"{name!r} is not an identifier that this desktop can take")
    return quote + name.replace(quote, quote * 2) + quote if quote else name


def desktop_relation(parts: Sequence[str], quote: str) -> str:
    """Quote a desktop table's name, its schema before it: `("dba", "jobs")` -> `"dba"."jobs"`."""
    return ".".join(desktop_ident(part, quote) for part in parts)


FILTERS: dict[str, Callable[..., str]] = {
    "ident": ident,
    "relation": relation,
    "literal": literal,
    "desktop_ident": desktop_ident,
    "desktop_relation": desktop_relation,
}


@cache
def environment() -> Environment:
    """The Jinja environment of the templates: undefined names are errors, filters are `FILTERS`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loaded = Environment(  # noqa: S701 - SQL, not HTML; identifiers and literals go through the filters
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    loaded.filters.update(FILTERS)
    return loaded


def render(template: str, **names: Any) -> str:
    """Render `template`, a path below `include/sql` such as `merge/upsert.sql`, with `names`.

    Raises jinja2.TemplateNotFound for a file that is not there, jinja2.UndefinedError for a name that is missing.
    """
    return environment().get_template(template).render(**names)
