"""A whole batch: every column by its route, the rows that failed anywhere taken out and written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from hybrid_sync.conversion.encoding import readable
from hybrid_sync.conversion.kinds import Kind, kind_of
from hybrid_sync.conversion.routes import Route, route
from hybrid_sync.conversion.sieve import Sieve

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn

ROW_NUMBER = "_hybrid_sync_row"
NULL = "NULL in a column that needs a value"


@dataclass(frozen=True, slots=True)
class Reject:
    """Why one value of one row cannot be stored. `reason` never holds the value; `row` holds all of them, as text."""

    row_number: int
    column: str
    reason: str
    row: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Converted:
    """The rows that fit, in types that pgpq writes as the target's, row number first; and the rest."""

    batch: pa.RecordBatch
    rejects: tuple[Reject, ...]
    rejected_rows: int


class Conversion:
    """Converts batches of one Arrow schema to the types of `columns`, which are in the schema's order.

    :param zone: the desktop's time zone, an IANA name.
    :param required: the columns in which a NULL is a reject.
    """

    def __init__(
        self, schema: pa.Schema, columns: Sequence[TargetColumn], zone: str, required: Collection[str] = ()
    ) -> None:
        self.required = frozenset(required)
        self.routes: tuple[Route, ...] = tuple(
            route(column, field.type, zone) for column, field in zip(columns, schema, strict=True)
        )

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that arrive in the cloud as text."""
        return tuple(route.column.name for route in self.routes if route.as_text)

    def convert(self, batch: pa.RecordBatch, first_row: int) -> Converted:
        """Convert one batch, whose first row is number `first_row` of the extract."""
        import pyarrow as pa
        import pyarrow.compute as pc

        sieves = [self._run(route, values) for route, values in zip(self.routes, batch.columns, strict=True)]
        names = [ROW_NUMBER, *(route.column.name for route in self.routes)]
        numbers = pa.array(range(first_row, first_row + batch.num_rows), pa.int64())
        whole = pa.RecordBatch.from_arrays([numbers, *(sieve.values for sieve in sieves)], names=names)
        masks = [mask for sieve in sieves for mask, _ in sieve.failures]
        if not masks:
            return Converted(whole, (), 0)
        failed = reduce(pc.or_, masks)
        rejects = self._describe(batch, sieves, failed, first_row)
        return Converted(whole.filter(pc.invert(failed)), rejects, pc.sum(failed).as_py())

    def _run(self, route: Route, values: pa.Array) -> Sieve:
        sieve = route.run(values)
        if values.null_count and route.column.name in self.required:
            sieve.failures.append((values.is_null(), NULL))
        return sieve

    def _describe(
        self, batch: pa.RecordBatch, sieves: Sequence[Sieve], failed: pa.Array, first_row: int
    ) -> tuple[Reject, ...]:
        import pyarrow.compute as pc

        places = pc.indices_nonzero(failed)
        cells = [_texts(raw.take(places), sieve.values.take(places))
                 for raw, sieve in zip(batch.columns, sieves, strict=True)]  # fmt: skip
        names = [route.column.name for route in self.routes]
        rows = {place: dict(zip(names, row, strict=True))
                for place, row in zip(places.to_pylist(), zip(*cells, strict=True), strict=True)}  # fmt: skip
        found = [
            (place, name, reason)
            for name, sieve in zip(names, sieves, strict=True)
            for mask, reason in sieve.failures
            for place in pc.indices_nonzero(mask).to_pylist()
        ]
        return tuple(
            Reject(first_row + place, name, reason, rows[place])
            for place, name, reason in sorted(found, key=lambda entry: entry[0])
        )


def _texts(raw: pa.Array, converted: pa.Array) -> list[str | None]:
    """Numbers as the cloud would write them (a key can then be compared with later runs), all else as it came."""
    if kind_of(raw.type) is Kind.BYTES and kind_of(converted.type) is Kind.BYTES:
        return [None if value is None else f"\\x{value.hex()}" for value in raw.to_pylist()]
    as_it_came = readable(raw)
    if kind_of(converted.type) not in (Kind.INTEGER, Kind.DECIMAL):
        return as_it_came
    return [came if kept is None else kept for came, kept in zip(as_it_came, readable(converted), strict=True)]
