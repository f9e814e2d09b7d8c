"""The slower way to read: pyodbc's rows, turned into Arrow column by column.

For what arrow-odbc cannot: values of megabytes (its buffers hold the longest value once per row), and text that is
not UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from pyodbc import Connection

    from hybrid_sync.odbc.readings import Reading

_STEP = 1_000  # rows of one fetchmany; the batch's bytes are looked at after each


def read(
    connection: Connection,
    statement: str,
    planned: Sequence[Reading],
    widest: int,
    batch_rows: int,
    batch_bytes: int,
    *,
    raw_text: bool,
) -> Iterator[pa.RecordBatch]:
    """Run `statement` and give batches of at most `batch_rows` rows and about `batch_bytes` bytes of long values.

    Closes the connection. `raw_text`: text columns come as `binary`, undecoded.
    """
    import pyarrow as pa

    types = [pa.binary() if raw_text and pa.types.is_string(read.arrow) else read.arrow for read in planned]
    schema = pa.schema([(read.name, kind) for read, kind in zip(planned, types, strict=True)])
    converters = [_converter(kind) for kind in types]
    long = [index for index, read in enumerate(planned) if read.unbounded]
    step = max(1, min(_STEP, batch_rows, batch_bytes // max(widest, 1)))
    try:
        if raw_text:
            _undecoded(connection)
        cursor = connection.cursor().execute(statement)
        held: list[tuple[Any, ...]] = []
        size, empty = 0, True
        while fetched := cursor.fetchmany(step):
            held.extend(fetched)
            size += sum(len(row[index]) for row in fetched for index in long if row[index] is not None)
            if len(held) + step > batch_rows or size > batch_bytes:
                yield _batch(held, converters, schema)
                held, size, empty = [], 0, False
        if held or empty:
            yield _batch(held, converters, schema)
    finally:
        connection.close()


def _undecoded(connection: Connection) -> None:
    import pyodbc

    # Latin-1 is the one encoding that carries any byte there and back.
    connection.setdecoding(pyodbc.SQL_CHAR, encoding="latin-1", ctype=pyodbc.SQL_CHAR)
    connection.setdecoding(pyodbc.SQL_WCHAR, encoding="latin-1", ctype=pyodbc.SQL_CHAR)


def _batch(
    held: list[tuple[Any, ...]], converters: list[Callable[[Any], Any] | None], schema: pa.Schema
) -> pa.RecordBatch:
    import pyarrow as pa

    columns = list(zip(*held, strict=True)) if held else [()] * len(schema)
    arrays = [
        pa.array(
            values if convert is None else [None if value is None else convert(value) for value in values],
            type=field.type,
        )
        for values, convert, field in zip(columns, converters, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _converter(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """What makes a driver's Python value one that Arrow takes for `kind`; None where it does already."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return lambda value: value if isinstance(value, str) else str(value)
    if pa.types.is_binary(kind):
        return lambda value: value.encode("latin-1") if isinstance(value, str) else bytes(value)
    if pa.types.is_boolean(kind):
        return lambda value: value not in ("0", "f", 0, False)
    return None
