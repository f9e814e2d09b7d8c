"""What the split task tells the tasks of one part, through XCom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from hybrid_sync.splitting import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part `number` of `parts`, JSON-able. All that a run decides once for all parts is in each of them.

    `split_id` is of this cut; `columns` cloud column -> desktop column; `range` the rows, None where nothing is cut;
    `watermark` what was read of `watermark_column` before any part. In a replay `extract` is the earlier run's part,
    and `index_uri` names the whole that it belongs to.
    """

    number: int
    parts: int
    split_id: str
    columns: Mapping[str, str]
    range: Range | None = None
    watermark_column: str | None = None
    watermark: str | None = None
    extract: Mapping[str, Any] | None = None
    index_uri: str | None = None

    @property
    def whole(self) -> bool:
        """Whether the table is extracted and staged in one piece, as one without split is."""
        return self.parts == 1

    @property
    def label(self) -> str:
        """`part 3 of 8`."""
        return f"part {self.number} of {self.parts}"

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values, with the label that the UI shows."""
        return {**asdict(self), "columns": dict(self.columns), "label": self.label}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        kept = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        return cls(**{**kept, "range": Range(**kept["range"]) if kept["range"] else None})
