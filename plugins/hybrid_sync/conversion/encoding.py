"""Text as the cloud can hold it: valid UTF-8 without NUL. Arrow's own string columns promise neither."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from hybrid_sync.conversion.sieve import Sieve

# Unicode 15, table 3-7: well-formed byte sequences. Surrogates (ED A0..BF) and overlong forms do not match.
_WELL_FORMED = (
    r"^(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    r"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    r"|\xf4[\x80-\x8f][\x80-\xbf]{2})*$"
)


def to_valid_text(sieve: Sieve) -> None:
    """Make text of text or bytes; take out what is not UTF-8 (lone surrogates too) and what holds a NUL."""
    import pyarrow as pa
    import pyarrow.compute as pc

    large = pa.types.is_large_string(sieve.values.type) or pa.types.is_large_binary(sieve.values.type)
    as_bytes, as_text = (pa.large_binary(), pa.large_string()) if large else (pa.binary(), pa.string())
    sieve.values = sieve.values.cast(as_bytes)
    try:
        sieve.values = sieve.values.cast(as_text)
    except pa.ArrowInvalid:
        sieve.reject(pc.invert(pc.match_substring_regex(sieve.values, _WELL_FORMED)), "not valid UTF-8")
        sieve.values = sieve.values.cast(as_text)
    if _may_hold_nul(sieve.values):
        sieve.reject(pc.match_substring(sieve.values, "\0"), "NUL character")


def _may_hold_nul(text: pa.Array) -> bool:
    """Whether a NUL byte is anywhere in the array's characters: one memchr, some 20 times quicker than a mask."""
    import pyarrow as pa

    _, offsets, characters = text.buffers()
    if characters is None or offsets is None or len(text) == 0:
        return False
    bounds = memoryview(offsets).cast("B").cast("q" if pa.types.is_large_string(text.type) else "i")
    region = memoryview(characters)[bounds[text.offset] : bounds[text.offset + len(text)]]
    return re.search(b"\0", region) is not None


def readable(values: pa.Array) -> list[str | None]:
    """Any column as text for the reject table: bytes that are no UTF-8, and NULs, appear as `\\xNN`."""
    import pyarrow as pa
    from pyarrow import types

    kind = values.type
    if types.is_string(kind) or types.is_large_string(kind):
        values = values.cast(pa.large_binary())
    if types.is_binary(values.type) or types.is_large_binary(values.type) or types.is_fixed_size_binary(kind):
        return [None if value is None else _escaped(value) for value in values.to_pylist()]
    try:
        return [None if value is None else str(value) for value in values.cast(pa.string()).to_pylist()]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a type that Arrow does not write as text: Python does
        return [None if value is None else str(value).replace("\0", "\\x00") for value in values.to_pylist()]


def _escaped(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
