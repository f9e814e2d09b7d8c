"""What preflight learns of the desktop, which may be open in another process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from hybrid_sync.errors import Unretryable
from hybrid_sync.findings import Finding
from hybrid_sync.preflight.server import clock_findings

if TYPE_CHECKING:
    from hybrid_sync.desktop import Desktop
    from hybrid_sync.odbc.readings import DesktopColumn
    from hybrid_sync.specs import Registry

    DesktopColumns = dict[str, tuple[DesktopColumn, ...] | Unretryable]

T = TypeVar("T")


class Look(Protocol):
    """A way to the desktop: `hybrid_sync.reader.with_desktop` of one connection string."""

    def __call__(self, doing: str, work: Callable[[Desktop], T], /) -> T:
        """Open the desktop, do `work` with it, and give what that gives; `doing` follows "while" in an error."""


@dataclass(frozen=True, slots=True)
class DesktopSide:
    """Each table's columns, or why there are none; what is to be said of the clock; and the way to look again."""

    columns: DesktopColumns
    clock: tuple[Finding, ...]
    look: Look = field(repr=False)  # it knows the desktop's password


def look_at(look: Look, registry: Registry, tables: Sequence[str]) -> DesktopSide:
    """Look at the desktop's tables of the entries `tables`. Raises what `look` raises, nothing for a missing table."""

    def work(desktop: Desktop) -> tuple[DesktopColumns, tuple[Finding, ...]]:
        columns = {name: _columns(desktop, registry.table(name).source_table) for name in tables}
        return columns, tuple(clock_findings(desktop, registry.desktop_time_zone))

    return DesktopSide(*look("its tables' columns were asked for", work), look)


def _columns(desktop: Desktop, table: str) -> tuple[DesktopColumn, ...] | Unretryable:
    try:
        return desktop.columns(table)
    except Unretryable as problem:
        return problem
