"""What an ODBC driver's Arrow types come down to: ten kinds of values."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class Kind(StrEnum):
    """A family of Arrow types that convert alike. The values are used in reasons: "<kind> instead of <type>"."""

    TEXT = "text"
    BYTES = "bytes"
    BOOLEAN = "a boolean"
    INTEGER = "an integer"
    DECIMAL = "a decimal"
    FLOAT = "a float"
    DATE = "a date"
    TIME = "a time"
    TIMESTAMP = "a timestamp"
    INSTANT = "a timestamp with time zone"
    OTHER = "a type without conversion"


def kind_of(arrow_type: pa.DataType) -> Kind:
    """The kind of an Arrow type after `plain`."""
    from pyarrow import types

    if types.is_timestamp(arrow_type):
        return Kind.TIMESTAMP if arrow_type.tz is None else Kind.INSTANT
    tests = (
        (Kind.TEXT, types.is_string(arrow_type) or types.is_large_string(arrow_type)),
        (Kind.BYTES, types.is_binary(arrow_type) or types.is_large_binary(arrow_type)
                     or types.is_fixed_size_binary(arrow_type)),
        (Kind.BOOLEAN, types.is_boolean(arrow_type)),
        (Kind.INTEGER, types.is_integer(arrow_type)),
        (Kind.DECIMAL, types.is_decimal(arrow_type)),
        (Kind.FLOAT, types.is_floating(arrow_type)),
        (Kind.DATE, types.is_date32(arrow_type)),
        (Kind.TIME, types.is_time(arrow_type)),
    )  # fmt: skip
    return next((kind for kind, holds in tests if holds), Kind.OTHER)


def plain(arrow_type: pa.DataType) -> pa.DataType:
    """The type to read a column as before anything else: no dictionary, view, half float or small decimal.

    Every cast from `arrow_type` to it is exact. An unsigned 64-bit integer becomes a decimal.
    """
    import pyarrow as pa
    from pyarrow import types

    if types.is_dictionary(arrow_type):
        return plain(arrow_type.value_type)
    tests = (
        (pa.string(), types.is_null(arrow_type)),
        (pa.large_string(), types.is_string_view(arrow_type)),
        (pa.large_binary(), types.is_binary_view(arrow_type)),
        (pa.float32(), types.is_float16(arrow_type)),
        (pa.decimal128(20, 0), types.is_uint64(arrow_type)),
        (pa.timestamp("ms"), types.is_date64(arrow_type)),
    )
    if types.is_decimal32(arrow_type) or types.is_decimal64(arrow_type):
        return pa.decimal128(arrow_type.precision, arrow_type.scale)
    return next((simple for simple, holds in tests if holds), arrow_type)
