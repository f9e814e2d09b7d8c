"""Watermarks: the highest value of a column as text that loses nothing of it, and how such texts compare."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?(\+00:00)?")


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
        """The value as `as_text` writes it."""
        return as_text(self._highest)


def as_text(value: Any) -> str | None:
    """A value as Arrow gives it to Python, as text: `2026-01-31 23:59:59.123456` (with `+00:00`, in UTC, where the
    column holds instants), `2026-01-31`, `12.50`; None for None."""
    if value is None:
        return None
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, bytes):  # a text column that was read undecoded
        return value.decode(errors="replace")
    return str(value)


def went_back(stored: str | None, read: str | None, *, by_letters: bool = False) -> str | None:
    """Why an extract's highest stamp `read` does not follow the `stored` one, as a sentence; None when it does.

    The row that had the stored stamp was within an incremental read. Not to see a stamp as high as that one means that
    it was deleted, or that the column was set back (a backup was restored) or has changed its type.
    """
    if stored is None:
        return None
    if read is None:
        return f"no row has a stamp as high as the stored watermark {stored}: rows were deleted or stamps set back"
    before, after = (read_value(value) for value in (stored, read))
    numbers = before is not None and after is not None and before[0] == after[0] == "number"
    if by_letters and not numbers:
        behind = read < stored
    elif before is None or after is None or before[0] != after[0]:
        return f"its highest stamp {read} cannot be compared with the stored watermark {stored}: the type has changed"
    else:
        behind = after[1] < before[1]
    return f"its highest stamp {read} is below the stored watermark {stored}: it ran backwards" if behind else None


def read_value(value: str) -> tuple[str, Any] | None:
    """A watermark's kind and value: `number` a Decimal, `moment` and `instant` a datetime without zone.

    None for a text that is none of them.
    """
    if _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return ("instant" if moment.tzinfo else "moment"), moment.replace(tzinfo=None)
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return ("number", number) if number.is_finite() else None
