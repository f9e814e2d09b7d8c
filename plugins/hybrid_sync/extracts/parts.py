"""An extract in parts: one Parquet file a part, and an index that makes one extract of them, or says what is missing.

The parts of one cut lie in a folder of their own, so that a table that is cut anew never mixes with what was read
before, and so that writers side by side do not take each other's partial files away. The index is written when every
part is there; until then a run has the extract that it had before, or none.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hybrid_sync.errors import ExtractsUnavailable
from hybrid_sync.extracts import storage
from hybrid_sync.extracts.extract import FILE, INDEX, PARTIAL, Extract, lost
from hybrid_sync.extracts.reading import read_extract


def part_folder(folder: str, split_id: str, part: int) -> str:
    """Where part number `part` of one cut lies, below the table's folder in the run."""
    return f"{folder}/{split_id}/{part}"


def write_index(folder: str, split_id: str, parts: int) -> Extract:
    """Make one extract of the parts 1 to `parts` of a cut, all of which must be there. Gives the whole.

    :param folder: of the table in the run, from `extract_folder`.
    :raises ExtractLost: a part is gone or damaged; the index that was there before stays.
    :raises ExtractsUnavailable: the index cannot be written.

    What an earlier cut of the run left is removed: no index names it any longer.
    """
    index = {"split_id": split_id, "parts": parts, "created": datetime.now(UTC).isoformat()}
    whole = _whole(f"{folder}/{INDEX}", index)
    path = storage.prepare(folder) / INDEX
    partial = path.parent / f".{uuid4().hex}{PARTIAL}"
    try:
        with storage.open_private(partial) as sink:
            sink.write(json.dumps(index).encode())
        storage.move_into_place(partial, path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise ExtractsUnavailable(
            f"the index of its extract cannot be written to {folder}: {error.strerror or error}. Make room there, or "
            f"let HYBRID_SYNC_EXTRACTS name another store; the task tries again.",
            table=whole.table,
        ) from None
    for other in path.parent.iterdir():
        if other.is_dir() and other.name != split_id:
            with suppress(OSError):
                other.fs.rm(other.path, recursive=True)
    return whole


def read_index(uri: str) -> Extract:
    """The whole that the index at `uri` makes of its parts. Raises ExtractLost when it or any part is not there."""
    return _whole(uri, _index(uri))


def read_whole(uri: str) -> Extract:
    """The extract at `uri`, in one piece or in parts. Raises ExtractLost when it, or any part of it, is not there."""
    return read_index(uri) if uri.endswith(f"/{INDEX}") else read_extract(uri)


def read_parts(whole: Extract) -> tuple[Extract, ...]:
    """Each part of an extract in parts, in order. Raises ExtractLost unless every one is there."""
    if whole.split_id is None:
        raise ValueError(f"{whole.uri} is an extract in one piece")
    folder = whole.uri.removesuffix(f"/{INDEX}")
    return _parts(folder, whole.split_id, whole.parts)


def _whole(uri: str, index: dict[str, Any]) -> Extract:
    parts = _parts(uri.removesuffix(f"/{INDEX}"), index["split_id"], index["parts"])
    rows = sum(part.rows for part in parts)
    return replace(parts[0], uri=uri, rows=rows, part=0, created=index["created"])


def _parts(folder: str, split_id: str, parts: int) -> tuple[Extract, ...]:
    found = tuple(read_extract(f"{part_folder(folder, split_id, number)}/{FILE}") for number in range(1, parts + 1))
    for number, part in enumerate(found, 1):
        if (part.split_id, part.part, part.parts) != (split_id, number, parts) or part.columns != found[0].columns:
            raise lost(part.uri, f"is not part {number} of {parts} of its table")
    return found


def _index(uri: str) -> dict[str, Any]:
    from airflow.sdk import ObjectStoragePath

    try:
        index = json.loads(ObjectStoragePath(uri).read_bytes())
        return {"split_id": str(index["split_id"]), "parts": int(index["parts"]), "created": str(index["created"])}
    except FileNotFoundError:
        raise lost(uri, "is gone") from None
    except (ValueError, KeyError, TypeError) as error:
        raise lost(uri, "is cut or damaged") from error
