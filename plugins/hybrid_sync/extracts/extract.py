"""What is known of an extract, and how one that is gone is reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from hybrid_sync.errors import Unretryable

FILE = "extract.parquet"
INDEX = "index.json"
PARTIAL = ".partial"
FOOTER = b"hybrid_sync"


class ExtractLost(Unretryable):
    """An extract's file is gone, or is not a whole extract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What is known of an extract: JSON-able, for XCom and the Parquet footer.

    `columns` are the cloud's names in the file's order; `watermark_column` is the desktop's name, `watermark` the
    highest value read of it as exact text (None: no rows, or all NULL). `created` is ISO 8601 in UTC.

    An extract in parts has several files. Each of them has the `split_id` of the task that cut the table, its number
    `part` of so many `parts`, and the watermark that was read before any of them; the whole of them has part 0, the
    rows of all, and as its URI the index that names them.
    """

    uri: str
    run_id: str
    table: str
    rows: int
    columns: tuple[str, ...]
    mode: str
    watermark_column: str | None = None
    watermark: str | None = None
    created: str = ""
    split_id: str | None = None
    part: int = 0
    parts: int = 1

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; names that this version does not know are left out."""
        known = {field.name for field in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        return cls(**{**kept, "columns": tuple(kept["columns"])})


def lost(uri: str, what: str) -> ExtractLost:
    """The error for a file that is not what it should be, `what` in words."""
    return ExtractLost(
        f"the extract {uri} {what}. Clear the table's extract task, so that it reads the desktop again; for a replay, "
        f"choose another run."
    )
