"""HTML out of the templates beside this file. Every value is escaped; no page holds a script."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def moment(value: datetime | None) -> str:
    """A point in time, in UTC, to the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if value else "-"


@cache
def environment() -> Environment:
    """The Jinja environment of the pages: HTML is escaped always, undefined names are errors."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loaded = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    loaded.filters["moment"] = moment
    return loaded


def page(template: str, **names: Any) -> str:
    """Render one page. Raises jinja2.UndefinedError for a name that is missing."""
    return environment().get_template(template).render(**names)


def message(title: str, *sentences: str) -> str:
    """A page that only says something."""
    return page("message.html", title=title, sentences=sentences)
