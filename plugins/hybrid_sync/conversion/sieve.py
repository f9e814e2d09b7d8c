"""One column of one batch on its way to the target's type: the values still good, and what was taken out and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class Sieve:
    """The values of a column; a value that cannot pass becomes NULL here and is kept in `failures`.

    `failures` holds pairs of a boolean mask (no NULLs, one element a row) and a reason. A value fails once: after
    that it is NULL, and no NULL fails.
    """

    def __init__(self, values: pa.Array) -> None:
        self.values = values
        self.failures: list[tuple[pa.Array, str]] = []

    def reject(self, mask: pa.Array, reason: str) -> None:
        """Take out the values where `mask` is true. `reason` names types and limits, never the value."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not pc.any(mask).as_py():
            return
        mask = pc.and_(pc.fill_null(mask, False), self.values.is_valid())
        self.failures.append((mask, reason))
        self.values = pc.if_else(mask, pa.scalar(None, self.values.type), self.values)

    def reject_all(self, reason: str) -> None:
        """Take out every value that is not NULL."""
        self.reject(self.values.is_valid(), reason)

    def cast(self, to: pa.DataType, reason: str) -> None:
        """Cast safely; the values that the cast refuses are taken out.

        The whole column is tried at once. Only when that fails are the failing values looked for, by halves.
        """
        import pyarrow as pa

        try:
            self.values = self.values.cast(to)
        except pa.ArrowInvalid:
            self.reject(_refused(self.values, to), reason)
            self.values = self.values.cast(to)


def _refused(values: pa.Array, to: pa.DataType) -> pa.Array:
    import pyarrow as pa

    refused = [False] * len(values)
    parts = [(0, len(values))]
    while parts:
        start, length = parts.pop()
        try:
            values.slice(start, length).cast(to)
        except pa.ArrowInvalid:
            if length == 1:
                refused[start] = True
            else:
                half = length // 2
                parts += [(start, half), (start + half, length - half)]
    return pa.array(refused, pa.bool_())
