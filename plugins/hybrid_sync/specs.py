"""What the registry says of a table, as immutable values. `registry.py` reads and checks the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Strategy(StrEnum):
    """How staged rows reach the target. Each member has a template `include/sql/merge/<value>.sql`."""

    UPSERT = "upsert"
    DELETE_INSERT = "delete_insert"

    @property
    def template(self) -> str:
        """The template's path below `include/sql`."""
        return f"merge/{self.value}.sql"


class Deletes(StrEnum):
    """Whether a desktop row that is gone from a full extract leaves the cloud (upsert only)."""

    KEEP = "keep"
    PROPAGATE = "propagate"


class Rewrite(StrEnum):
    """Which desktop rows a delete_insert writes anew: all of them, or only those that differ."""

    ALL = "all"
    CHANGED = "changed"


class OnDuplicate(StrEnum):
    """What to do with different rows of one key in one extract. Identical rows always collapse."""

    FAIL = "fail"
    KEEP_LAST = "keep_last"


class OnConflict(StrEnum):
    """Who wins a row or column that both sides changed. A row that mobile owns is never overwritten."""

    MOBILE_WINS = "mobile_wins"
    DESKTOP_WINS = "desktop_wins"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Ownership:
    """The column that says whose a row is, and what a desktop row holds there."""

    column: str = "source"
    desktop: str = "D"
    null_is_desktop: bool = True


@dataclass(frozen=True, slots=True)
class RejectLimit:
    """How many rejects a table bears: `count` rows, or `share` (0..1) of the rows read; one of the two is set."""

    count: int | None = None
    share: float | None = None

    def allows(self, rejects: int, rows: int) -> bool:
        """Whether `rejects` of `rows` rows read are within the limit."""
        if self.share is not None:
            return rejects <= self.share * rows
        return rejects <= (self.count or 0)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far before the stored watermark an incremental read begins, so that rows that commit late are read too.

    `seconds` is for a watermark that is a date or a timestamp, `count` for one that is a number, in its own unit; None:
    the registry has set the other one only.
    """

    seconds: int | None = None
    count: int | None = None


# Two hours: one for a desktop's clock that is set back in autumn, one for a transaction that stays open.
DEFAULT_OVERLAP = Overlap(seconds=2 * 60 * 60, count=1_000)


@dataclass(frozen=True, slots=True)
class Split:
    """Into how many ranges of a desktop column a table is cut, to be extracted and staged side by side."""

    column: str
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One entry of the registry. Names are as the cloud spells them unless it says desktop."""

    name: str
    strategy: Strategy
    source_table: str
    target_table: str
    key: tuple[str, ...] = ()
    generated_key: str | None = None
    columns: Mapping[str, str] | None = None  # cloud column -> desktop column; None: those that both sides have
    after: tuple[str, ...] = ()
    watermark: str | None = None  # a desktop column that grows with every change of a row: date, timestamp or number
    overlap: Overlap = DEFAULT_OVERLAP
    full_every: int | None = 10  # of so many runs one is full, to heal what stamps cannot show; None: never by itself
    split: Split | None = None  # cut a full read into parts that run side by side; None: one extract, one stage
    evolve: bool = False  # take new columns that both sides have by now and that may be NULL
    deletes: Deletes = Deletes.KEEP
    rewrite: Rewrite = Rewrite.ALL
    on_duplicate: OnDuplicate = OnDuplicate.FAIL
    order_by: str | None = None  # the cloud column by which keep_last finds the last row
    on_conflict: OnConflict = OnConflict.MOBILE_WINS
    detect_mobile_edits: bool = False
    max_rejects: RejectLimit = RejectLimit(count=0)
    max_shrink: float = 0.5  # 0..1, the share of the cloud's desktop rows that may be missing from a full extract
    mobile_owned_columns: tuple[str, ...] = ()  # of desktop rows, edited by phones: written on insert only
    insert_only_columns: tuple[str, ...] = ()  # kept by the cloud's own trigger: written on insert, never compared

    @property
    def template(self) -> str:
        """The merge template's path below `include/sql`."""
        if self.rewrite is Rewrite.CHANGED:
            return "merge/delete_insert_changed.sql"
        return self.strategy.template


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The whole registry file, tables in its order."""

    path: Path
    ownership: Ownership
    desktop_time_zone: str
    tables: tuple[TableSpec, ...]

    def table(self, name: str) -> TableSpec:
        """The entry called `name`. Raises KeyError with the names there are."""
        for spec in self.tables:
            if spec.name == name:
                return spec
        raise KeyError(f"{name} is not in {self.path}; its tables are {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The tables' names, in the file's order."""
        return tuple(spec.name for spec in self.tables)
