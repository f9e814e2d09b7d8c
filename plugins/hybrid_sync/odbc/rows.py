"""The slower way to read: pyodbc's rows, turned into Arrow column by column.

For what arrow-odbc cannot: values of megabytes (its buffers hold the longest value once for each row), bytes that the
SQLite driver makes no room for, and text that is not UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from pyodbc import Connection

    from hybrid_sync.odbc.readings import Reading
    from hybrid_sync.odbc.streams import Query

_STEP = 1_000  # rows of one fetchmany; the batch's size is looked at after each


def read(
    connection: Connection, query: Query, batch_rows: int, batch_bytes: int, *, raw_text: bool
) -> Iterator[pa.RecordBatch]:
    """Run the query and give batches of at most `batch_rows` rows and about `batch_bytes` bytes of long values.

    Closes the connection. `raw_text`: text columns come as `binary`, undecoded.
    """
    columns = [_Column(read, raw_text=raw_text) for read in query.readings]
    long = [index for index, read in enumerate(query.readings) if read.measured]
    step = max(1, min(_STEP, batch_rows, batch_bytes // max(query.widest, 1)))
    held: list[Sequence[Any]] = []
    size, empty = 0, True
    cursor = connection.cursor()
    try:
        _decode(connection, "latin-1" if raw_text else "utf-8")
        cursor.execute(query.statement)
        while fetched := cursor.fetchmany(step):
            held.extend(fetched)
            size += sum(_bytes(row[index]) for row in fetched for index in long)
            if len(held) + step > batch_rows or size >= batch_bytes:
                yield _batch(held, columns)
                held, size, empty = [], 0, False
        if held or empty:
            yield _batch(held, columns)
    finally:
        cursor.close()  # first: with a statement open, SQLite's driver keeps the file open, and locked
        connection.close()


def _bytes(cell: Any) -> int:
    return len(cell) if isinstance(cell, str | bytes | bytearray) else 0


def _decode(connection: Connection, encoding: str) -> None:
    import pyodbc

    # As narrow text, which all three drivers give as UTF-8: asked for UTF-16, they mend bytes that are none in silence.
    # Latin-1 carries any byte there and back.
    connection.setdecoding(pyodbc.SQL_CHAR, encoding=encoding, ctype=pyodbc.SQL_CHAR)
    connection.setdecoding(pyodbc.SQL_WCHAR, encoding=encoding, ctype=pyodbc.SQL_CHAR)


def _batch(held: Sequence[Sequence[Any]], columns: Sequence[_Column]) -> pa.RecordBatch:
    import pyarrow as pa

    values = list(zip(*held, strict=True)) if held else [()] * len(columns)
    arrays = [column.array(cells) for column, cells in zip(columns, values, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


class _Column:
    """One column's way from pyodbc's Python values to Arrow."""

    def __init__(self, read: Reading, *, raw_text: bool) -> None:
        import pyarrow as pa

        self.name = read.name
        self._raw = raw_text and pa.types.is_string(read.bound) and read.bound == read.arrow
        self._type = pa.binary() if self._raw and read.finish is None else read.bound
        self._read = read
        self._convert = _converter(self._type)

    def array(self, cells: Sequence[Any]) -> pa.Array:
        import pyarrow as pa

        convert = self._convert
        if convert is not None:
            cells = [None if cell is None else convert(cell) for cell in cells]
        values = pa.array(cells, type=self._type)
        if not self._raw or pa.types.is_binary(values.type):
            return values if self._raw else self._read.finished(values)
        # Latin-1 stands for bytes here, whatever a number among them was rewritten as.
        finished = self._read.finished(values).to_pylist()
        return pa.array([None if cell is None else cell.encode("latin-1") for cell in finished], pa.binary())


def _converter(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """What makes a driver's Python value one that Arrow takes for `kind`; None where it does already."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return str
    if pa.types.is_binary(kind):
        return lambda cell: cell.encode("latin-1") if isinstance(cell, str) else bytes(cell)
    if pa.types.is_boolean(kind):
        return lambda cell: bool(int(cell))
    if pa.types.is_integer(kind):
        return int
    if pa.types.is_floating(kind):
        return float
    return None
