"""Arrow batches into the staging: converted, encoded and copied piece by piece, so that memory does not grow.

While one piece goes to the cloud, the next is read, converted and encoded in a second thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.ahead import ahead

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import Connection

    from hybrid_sync.conversion import Conversion, Reject
    from hybrid_sync.staging.stage import Stage

PIECE_BYTES = 16 * 1024 * 1024  # of Arrow data; long texts make pieces of few rows


@dataclass(frozen=True, slots=True)
class _Piece:
    rows_read: int
    encoded: bytes | None
    rejects: tuple[Reject, ...]


def copy_in(
    connection: Connection[Any],
    stage: Stage,
    conversion: Conversion,
    batches: Iterator[pa.RecordBatch],
    first_row: int = 1,
) -> int:
    """Copy every batch into the staging, rejects into `hybrid_sync.reject`; the rows are numbered from `first_row` on.
    Returns the rows read."""
    statement = sql.render("stage/copy.sql", stage=stage)
    rows_read = 0
    with connection.cursor() as cursor, ahead(_pieces(batches, conversion, first_row)) as pieces:
        for piece in pieces:
            if piece.encoded is not None:
                with cursor.copy(statement) as copy:
                    copy.write(piece.encoded)
            if piece.rejects:
                with cursor.copy(sql.render("stage/copy_rejects.sql")) as copy:
                    for reject in piece.rejects:
                        row = json.dumps(reject.row, ensure_ascii=False)
                        copy.write_row(
                            (stage.run_id, stage.table, reject.row_number, reject.column, reject.reason, row)
                        )
            rows_read += piece.rows_read
    return rows_read


def _pieces(batches: Iterator[pa.RecordBatch], conversion: Conversion, next_row: int) -> Iterator[_Piece]:
    for part in chain.from_iterable(map(_parts, batches)):
        converted = conversion.convert(part, next_row)
        next_row += part.num_rows
        encoded = _encode(converted.batch) if converted.batch.num_rows else None
        yield _Piece(part.num_rows, encoded, converted.rejects)


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    rows = max(1, batch.num_rows * PIECE_BYTES // max(batch.nbytes, PIECE_BYTES))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _encode(batch: pa.RecordBatch) -> bytes:
    from pgpq import ArrowToPostgresBinaryEncoder

    encoder = ArrowToPostgresBinaryEncoder(batch.schema)
    return b"".join((encoder.write_header(), encoder.write_batch(batch), encoder.finish()))
