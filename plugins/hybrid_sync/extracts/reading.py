"""An extract's Parquet file -> Arrow batches, refused when it is not a whole extract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hybrid_sync.extracts.extract import FOOTER, Extract, lost

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def read_extract(uri: str) -> Extract:
    """What the footer of the file at `uri` says. Raises ExtractLost when it is gone or not a whole extract."""
    with _parquet(uri) as file:
        return _described(uri, file)


def open_extract(uri: str, batch_rows: int = 50_000) -> Iterator[pa.RecordBatch]:
    """Read the file at `uri` batch by batch; memory is bounded by a row group. An empty extract gives one empty batch.

    Raises ExtractLost when the file is gone, cut or damaged.
    """
    import pyarrow as pa

    with _parquet(uri) as file:
        expected = _described(uri, file).rows
        read = 0
        try:
            for group in range(file.num_row_groups):
                for batch in file.read_row_group(group).to_batches(max_chunksize=batch_rows):
                    read += batch.num_rows
                    yield batch
        except (pa.ArrowException, OSError) as error:
            raise lost(uri, "is damaged") from error
        if read != expected:
            raise lost(uri, f"holds {read:,} rows where its footer says {expected:,}")
        if not read:
            yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow)


@contextmanager
def _parquet(uri: str) -> Iterator[pq.ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from airflow.sdk import ObjectStoragePath

    path = ObjectStoragePath(uri)
    try:
        source = path.fs.open(path.path, "rb")
    except FileNotFoundError:
        raise lost(uri, "is gone") from None
    with source:
        try:
            # pre_buffer would keep every row group that was read until the file is closed.
            file = pq.ParquetFile(source, pre_buffer=False)
        except pa.ArrowException as error:
            raise lost(uri, "is cut or damaged") from error
        yield file


def _described(uri: str, file: pq.ParquetFile) -> Extract:
    noted = (file.metadata.metadata or {}).get(FOOTER)
    if noted is None:
        raise lost(uri, "was not written by this package")
    # The file may have been moved since it was written: where it is now counts.
    return replace(Extract.from_json(json.loads(noted)), uri=uri)
