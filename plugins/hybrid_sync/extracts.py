"""A run's extract of one table: a Parquet file in object storage, `<base>/<dag_id>/<run_id>/<table>/extract.parquet`.

The file holds the cloud's column names and, in its footer, all that a replay needs to know of it (`Extract`).
Any store that Airflow's ObjectStoragePath knows will do (`file://`, `s3://`).
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from hybrid_sync.errors import Unretryable
from hybrid_sync.watermarks import Maximum

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from airflow.sdk import ObjectStoragePath

FILE = "extract.parquet"
_FOOTER = b"hybrid_sync"
# Measured: lz4 writes faster than no compression at all (0.8 s of processor time for 1,000,000 rows of 13 columns, zstd
# 1.2 s). Dictionaries cost 0.4 s more and make such data no smaller.
COMPRESSION = "lz4"


class ExtractLost(Unretryable):
    """An extract's file is gone, or is not a whole extract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What is known of an extract: JSON-able, for XCom and the Parquet footer.

    `columns` are the cloud's names in the file's order; `watermark_column` is the desktop's name, `watermark` the
    highest value read of it as exact text (None: no rows, or all NULL). `created` is ISO 8601 in UTC.
    """

    uri: str
    run_id: str
    table: str
    rows: int
    columns: tuple[str, ...]
    mode: str
    watermark_column: str | None = None
    watermark: str | None = None
    created: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON values."""
        return {**asdict(self), "columns": list(self.columns)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave; names that this version does not know are left out."""
        known = {field.name for field in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        return cls(**{**kept, "columns": tuple(kept["columns"])})


def base_uri() -> str:
    """Where extracts go: `HYBRID_SYNC_EXTRACTS`, an object storage URI, or a folder in AIRFLOW_HOME."""
    configured = os.environ.get("HYBRID_SYNC_EXTRACTS")
    if configured:
        return configured
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()  # Airflow's own rule and default
    return f"file://{home}/extracts"


def extract_folder(base: str, dag_id: str, run_id: str, table: str) -> str:
    """The folder of one table's extract. Ids that would leave their folder are escaped."""
    return "/".join([base.rstrip("/"), *(_segment(part) for part in (dag_id, run_id, table))])


def write_extract(
    batches: Iterable[pa.RecordBatch],
    folder: str,
    *,
    run_id: str,
    table: str,
    columns: Mapping[str, str],
    mode: str,
    watermark: str | None = None,
) -> Extract:
    """Write batches to `folder` one by one, and say what was written.

    :param batches: with the desktop's column names; at least one, which may be empty.
    :param columns: cloud column -> desktop column. Other columns of the batches are not written.
    :param mode: `full` or `incremental`.
    :param watermark: the desktop column whose highest value is wanted; it need not be among `columns`.

    The file appears under its name only when it is whole: a writer that is killed leaves a `.partial` file behind,
    which nobody reads, and an earlier attempt's whole file stays until then.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = _prepare(folder) / FILE
    partial = path.parent / f".{uuid.uuid4().hex}.partial"
    highest = Maximum()
    rows = 0
    writer: pq.ParquetWriter | None = None
    try:
        with _open_private(partial) as sink:
            for batch in batches:
                rows += batch.num_rows
                if watermark is not None:
                    highest.add(batch.column(watermark))
                renamed = pa.RecordBatch.from_arrays(
                    [batch.column(name) for name in columns.values()], names=list(columns)
                )
                if writer is None:
                    writer = pq.ParquetWriter(sink, renamed.schema, compression=COMPRESSION, use_dictionary=False)
                if renamed.num_rows:
                    writer.write_batch(renamed)
            if writer is None:
                raise ValueError("an extract needs at least one batch, for its column types")
            extract = Extract(
                uri=str(path), run_id=run_id, table=table, rows=rows, columns=tuple(columns), mode=mode,
                watermark_column=watermark, watermark=highest.text, created=datetime.now(UTC).isoformat(),
            )  # fmt: skip
            writer.add_key_value_metadata({_FOOTER: json.dumps(extract.to_json()).encode()})
            writer.close()
        _replace(partial, path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
    return extract


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
            raise _lost(uri, "is damaged") from error
        if read != expected:
            raise _lost(uri, f"holds {read:,} rows where its footer says {expected:,}")
        if not read:
            yield pa.RecordBatch.from_pylist([], schema=file.schema_arrow)


def prune_extracts(base: str, dag_id: str, keep_runs: int) -> list[str]:
    """Remove the extracts of all but the `keep_runs` newest runs of `dag_id`, and give the removed folders' URIs.

    A run is as new as its newest file. Only folders that hold nothing but extracts are removed.
    """
    from airflow.sdk import ObjectStoragePath

    if keep_runs < 1:
        raise ValueError("keep_runs must be at least 1")
    folder = ObjectStoragePath(base.rstrip("/")) / _segment(dag_id)
    runs: list[tuple[datetime, ObjectStoragePath]] = []
    for run in folder.iterdir() if folder.exists() else ():
        files = run.fs.find(run.path) if run.is_dir() else []
        if files and all(_is_ours(file[len(run.path) :]) for file in files):
            runs.append((max(_modified(run, file) for file in files), run))
    runs.sort(key=lambda item: (item[0], str(item[1])))
    removed = [run for _, run in runs[:-keep_runs]]
    for run in removed:
        run.fs.rm(run.path, recursive=True)
    return [str(run) for run in removed]


def _is_ours(below: str) -> bool:
    parts = below.strip("/").split("/")
    return len(parts) == 2 and (parts[1] == FILE or parts[1].endswith(".partial"))


def _modified(run: ObjectStoragePath, file: str) -> datetime:
    stamp: datetime = run.fs.modified(file)
    return stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def _segment(part: str) -> str:
    escaped = quote(part, safe="~:+@=,")
    return "%2E" + escaped[1:] if escaped.startswith(".") else escaped


def _prepare(folder: str) -> ObjectStoragePath:
    """Make the folder; on a local disk, the folders that have to be made are for their owner alone."""
    from airflow.sdk import ObjectStoragePath

    path = ObjectStoragePath(folder)
    if _is_local(path):
        made = []
        current = os.path.abspath(path.path)
        while not os.path.isdir(current):
            made.append(current)
            current = os.path.dirname(current)
        for missing in reversed(made):
            with suppress(FileExistsError):  # the extract of another table was quicker
                os.mkdir(missing, mode=0o700)
    else:
        path.mkdir(parents=True, exist_ok=True)
    return path


def _is_local(path: ObjectStoragePath) -> bool:
    return path.protocol in ("file", "local", "")


def _open_private(path: ObjectStoragePath) -> Any:
    if _is_local(path):
        return os.fdopen(os.open(path.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    return path.open("wb")


def _replace(partial: ObjectStoragePath, path: ObjectStoragePath) -> None:
    if _is_local(path):
        os.replace(partial.path, path.path)
    else:
        path.fs.mv(partial.path, path.path)


@contextmanager
def _parquet(uri: str) -> Iterator[pq.ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from airflow.sdk import ObjectStoragePath

    path = ObjectStoragePath(uri)
    try:
        source = path.open("rb")
    except FileNotFoundError:
        raise _lost(uri, "is gone") from None
    with source:
        try:
            # pre_buffer would keep every row group that was read until the file is closed.
            file = pq.ParquetFile(source, pre_buffer=False)
        except pa.ArrowException as error:
            raise _lost(uri, "is cut or damaged") from error
        yield file


def _described(uri: str, file: pq.ParquetFile) -> Extract:
    noted = (file.metadata.metadata or {}).get(_FOOTER)
    if noted is None:
        raise _lost(uri, "was not written by this package")
    # The file may have been moved since it was written: where it is now counts.
    return replace(Extract.from_json(json.loads(noted)), uri=uri)


def _lost(uri: str, what: str) -> ExtractLost:
    return ExtractLost(
        f"the extract {uri} {what}. Clear the table's extract task, so that it reads the desktop again; for a replay, "
        f"choose another run."
    )
