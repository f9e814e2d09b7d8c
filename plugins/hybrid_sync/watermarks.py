"""The highest value of a column over many batches, as text that loses nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


class Maximum:
    """The highest value that was added, or None. Text compares letter by letter, as an ISO timestamp needs it."""

    def __init__(self) -> None:
        self._highest: Any = None

    def add(self, values: pa.ChunkedArray) -> None:
        """Look at one more batch's column."""
        import pyarrow.compute as pc

        highest = pc.max(values).as_py()
        if highest is not None and (self._highest is None or highest > self._highest):
            self._highest = highest

    @property
    def text(self) -> str | None:
        """The value as text: `2026-01-31 23:59:59.123456` (UTC where the column has a zone), `2026-01-31`, `12.50`."""
        from datetime import UTC, datetime

        highest = self._highest
        if highest is None:
            return None
        if isinstance(highest, datetime):
            bare = highest.astimezone(UTC).replace(tzinfo=None) if highest.tzinfo else highest
            return bare.isoformat(sep=" ", timespec="microseconds")
        return str(highest)
