"""Text as the bytes of a PostgreSQL database's own encoding, made UTF-8 here where the server will not."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_AS_THEY_ARE = ("UTF8", "SQL_ASCII")  # the latter is no encoding: nobody knows what its bytes mean
_SINGLE_BYTE = re.compile(r"(WIN|LATIN|ISO_8859_|KOI8)\w+")


def to_utf8(encoding: str) -> Callable[[pa.Array], pa.Array] | None:
    """What turns `binary` values of `encoding`, by PostgreSQL's name, into `binary` of UTF-8; None: they stay.

    What is no text of `encoding` becomes none of UTF-8 either, so that it is a reject. Raises LookupError for encodings
    of several bytes a letter.
    """
    if encoding in _AS_THEY_ARE:
        return None
    if not _SINGLE_BYTE.fullmatch(encoding):
        raise LookupError(encoding)
    # tests/postgres/test_desktop_postgres.py compares every byte of each with what the server makes of it
    codec = codecs.lookup(encoding.replace("WIN", "cp").replace("KOI8", "koi8_")).name

    def recoded(value: bytes) -> bytes:
        if _is_text(value, codec):
            return value.decode(codec).encode()
        # C3 81 is no text of WIN1252, and as UTF-8 it would be another letter.
        return b"\xff" + value if _is_text(value, "utf-8") else value

    def finish(values: pa.Array) -> pa.Array:
        import pyarrow as pa

        return pa.array([None if value is None else recoded(value) for value in values.to_pylist()], pa.binary())

    return finish


def _is_text(value: bytes, codec: str) -> bool:
    try:
        value.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
