"""Into bytea, uuid, enumerations, and every type that only the cloud itself can read from text."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from hybrid_sync.conversion.kinds import Kind, kind_of
from hybrid_sync.conversion.texts import write

if TYPE_CHECKING:
    from hybrid_sync.catalog import TargetColumn
    from hybrid_sync.conversion.sieve import Sieve

_UUID = r"(?i)^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$"


def to_bytes(sieve: Sieve, column: TargetColumn) -> None:
    """Bytes stay as they are (text goes to the cloud as text, see `Route`)."""
    import pyarrow as pa

    if kind_of(sieve.values.type) is not Kind.BYTES:
        sieve.reject_all(f"{kind_of(sieve.values.type)} instead of {column.type}")
        sieve.values = pa.nulls(len(sieve.values), pa.binary())


def to_uuid(sieve: Sieve, column: TargetColumn) -> None:
    """Convert text to the 16 bytes of PostgreSQL's binary form, which 16-byte columns are already."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if sieve.values.type == pa.binary(16):
        return
    if kind_of(sieve.values.type) is not Kind.TEXT:
        sieve.reject_all(f"{kind_of(sieve.values.type)} instead of {column.type}")
        sieve.values = pa.nulls(len(sieve.values), pa.binary(16))
        return
    sieve.values = pc.utf8_trim_whitespace(sieve.values)
    sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, _UUID)), f"not a {column.type}")
    digits = pc.replace_substring_regex(pc.drop_null(sieve.values), "[{}-]", "").cast(pa.large_string())
    # 32 digits each and nothing between them: one call turns the whole column's characters into bytes.
    characters = digits.buffers()[2]
    packed = pa.py_buffer(binascii.unhexlify(memoryview(characters)[: 32 * len(digits)]) if len(digits) else b"")
    values = pa.Array.from_buffers(pa.binary(16), len(digits), [None, packed])
    present = sieve.values.is_valid()
    places = pc.if_else(present, pc.subtract(pc.cumulative_sum(present.cast(pa.int64())), 1), None)
    sieve.values = values.take(places)


def to_label(sieve: Sieve, column: TargetColumn) -> None:
    """An enumeration's binary form is its label."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind_of(sieve.values.type) is not Kind.TEXT:
        write(sieve)
    known = pc.is_in(sieve.values, pa.array(column.labels, sieve.values.type))
    sieve.reject(pc.and_(sieve.values.is_valid(), pc.invert(known)), f"not one of the {len(column.labels)} labels")


def to_castable_text(sieve: Sieve, column: TargetColumn) -> None:
    """Text for the cloud's own cast, for types that have no bulk form here (json, arrays, inet, interval ..)."""
    if kind_of(sieve.values.type) is not Kind.TEXT:
        write(sieve)
