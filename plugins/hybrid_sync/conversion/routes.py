"""Which way a column takes: converted here and sent in the target's binary form, or sent as text for a cast there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hybrid_sync.conversion import booleans, decimals, floats, moments, others, texts, whole_numbers
from hybrid_sync.conversion.encoding import to_valid_text
from hybrid_sync.conversion.kinds import Kind, kind_of, plain
from hybrid_sync.conversion.sieve import Sieve

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.catalog import TargetColumn

_Convert = Callable[[Sieve, "TargetColumn"], None]

_DIRECT: dict[str, _Convert] = {
    **dict.fromkeys(whole_numbers.BITS, whole_numbers.to_whole_number),
    "numeric": decimals.to_decimal,
    "float4": floats.to_float,
    "float8": floats.to_float,
    "bool": booleans.to_boolean,
    **dict.fromkeys(texts.BASES, texts.to_text),
    "bytea": others.to_bytes,
    "uuid": others.to_uuid,
}
_MOMENTS: dict[str, Callable[..., None]] = {
    "date": moments.to_date,
    "time": moments.to_time,
    "timestamp": moments.to_timestamp,
    "timestamptz": moments.to_timestamptz,
}
# What can become a value of the type at all; a column of another kind is rejected value by value.
_NUMERIC = {Kind.TEXT, Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT}
_CLOCK = {Kind.TEXT, Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT}
_FITTING: dict[str, set[Kind]] = {
    **dict.fromkeys((*whole_numbers.BITS, "numeric", "float4", "float8", "bool"), _NUMERIC),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), _CLOCK),
    "time": {Kind.TEXT, Kind.TIME},
    # The digits of a number would be taken for bits.
    "bit": {Kind.TEXT},
    "varbit": {Kind.TEXT},
}


@dataclass(frozen=True, slots=True)
class Route:
    """How one column is converted. `as_text`: it arrives in the staging as text, and the cloud casts it."""

    column: TargetColumn
    as_text: bool
    convert: _Convert

    def run(self, values: pa.Array) -> Sieve:
        """Convert one batch of the column."""
        sieve = Sieve(values if values.type == plain(values.type) else values.cast(plain(values.type)))
        keeps_bytes = not self.as_text and (self.column.base == "bytea" or _is_uuid(self.column, values.type))
        kind = kind_of(sieve.values.type)
        if kind is Kind.TEXT or (kind is Kind.BYTES and not keeps_bytes):
            to_valid_text(sieve)
        self.convert(sieve, self.column)
        return sieve


def route(column: TargetColumn, arrow_type: pa.DataType, zone: str) -> Route:
    """Choose the way from what the driver gave to `column`. `zone`: the desktop's time zone."""
    source = plain(arrow_type)
    kind = kind_of(source)
    kind = Kind.TEXT if kind is Kind.BYTES else kind
    base = column.base
    if column.kind == "e":
        return Route(column, False, others.to_label)
    if base == "numeric" and kind in _FITTING[base] and decimals.carried_as_text(column, source):
        return Route(column, True, decimals.to_number_text)
    if base == "bytea" and kind_of(source) is Kind.TEXT:
        return Route(column, True, others.to_castable_text)
    if base in _FITTING and kind not in _FITTING[base]:
        return Route(column, False, _mismatch)
    if base in _MOMENTS:
        return Route(column, False, partial(_MOMENTS[base], zone=zone))
    if base in _DIRECT:
        return Route(column, False, _DIRECT[base])
    return Route(column, True, others.to_castable_text)


def _is_uuid(column: TargetColumn, arrow_type: pa.DataType) -> bool:
    import pyarrow as pa

    return column.base == "uuid" and bool(arrow_type == pa.binary(16))


def _mismatch(sieve: Sieve, column: TargetColumn) -> None:
    """Nothing of this kind fits; a type that the encoder knows carries the NULLs."""
    import pyarrow as pa

    sieve.reject_all(f"{kind_of(sieve.values.type)} instead of {column.type}")
    sieve.values = pa.nulls(len(sieve.values), pa.string())
