"""The desktop's rows over ODBC, as Arrow batches that hold every value exactly.

A read goes in two statements. The survey counts the rows and measures what the driver's catalogue does not tell: the
longest value of columns without a declared length, and whether there are values that the driver would change. The
read itself then goes through arrow-odbc, the next batch being fetched while this one is worked on; or through pyodbc
where arrow-odbc cannot (very long values, bytes that some drivers do not bind, text that is not UTF-8).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from hybrid_sync import sql
from hybrid_sync.errors import DesktopUnavailable, SchemaMismatch
from hybrid_sync.odbc import catalogue, failures, filters, rules, streams
from hybrid_sync.odbc.drivers import Dbms, Driver, for_answers, identify, prepared
from hybrid_sync.odbc.failures import TextNotUtf8
from hybrid_sync.odbc.filters import Condition
from hybrid_sync.odbc.readings import DesktopColumn, Reading

if TYPE_CHECKING:
    import pyarrow as pa
    from pyodbc import Connection

__all__ = ["Condition", "Desktop", "DesktopColumn", "TextNotUtf8"]

log = logging.getLogger(__name__)

MANY_ROWS = 200_000  # of which a copy in memory is worth a warning


class Desktop:
    """One desktop database. Use it as a context manager: the connection opens on entry and closes on exit.

    :param connection_string: plain ODBC, as `OdbcHook.odbc_connection_string` gives it.

    Entering raises ConnectionMisconfigured (driver, password, data source) or DesktopUnavailable (not reached).
    Every method raises DesktopUnavailable when the desktop breaks off.
    """

    def __init__(self, connection_string: str) -> None:
        self._connection_string = prepared(connection_string)
        self._connection: Connection
        self.driver: Driver
        self._tables: list[catalogue.DesktopTable] | None = None
        self._columns: dict[catalogue.DesktopTable, tuple[DesktopColumn, ...]] = {}

    def __enter__(self) -> Self:
        """Connect."""
        self._connection = streams.connect(for_answers(self._connection_string))
        self.driver = identify(self._connection)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection; a connection that is already broken closes silently."""
        streams.close(self._connection)

    def tables(self) -> tuple[str, ...]:
        """Every table and view the connection sees, as `schema.table` where the desktop has schemas."""
        return tuple(str(table) for table in self._all_tables())

    def columns(self, table: str) -> tuple[DesktopColumn, ...]:
        """The columns of `table` (`schema.table` allowed; letter case need not fit when it is unambiguous).

        Raises SchemaMismatch, naming near names, for a missing or an ambiguous table.
        """
        found = self._resolve(table)
        if found not in self._columns:
            with streams.guarded(self._connection_string, table):
                self._columns[found] = catalogue.columns(self._connection, found)
        return self._columns[found]

    def count(self, table: str, where: Sequence[Condition] = ()) -> int:
        """How many rows of `table` fit every condition of `where`."""
        return self._survey(table, (), where)[0]

    def warnings(self, table: str, columns: Sequence[str] | None = None) -> dict[str, str]:
        """What the driver itself loses, column -> sentence for the log. Empty for most tables."""
        planned = self._plan(table, columns)
        return {read.name: read.warning for read in planned if read.warning}

    def ask(self, template: str, table: str | None = None, columns: Sequence[str] = ()) -> tuple[Any, ...]:
        """The one row that a statement below `include/sql` answers with; its template quotes `table` and `columns`."""
        parts = self._resolve(table).parts if table else ()
        statement = sql.render(template, table=parts, columns=columns, quote=self.driver.quote)
        with streams.guarded(self._connection_string, table or "none"):
            return tuple(self._connection.cursor().execute(statement).fetchone() or ())

    def extremes(self, table: str, columns: Sequence[str]) -> tuple[int, dict[str, tuple[Any, Any]]]:
        """The rows of `table`, and of each of `columns` the lowest and highest value, as `read` would give them.

        Both are None where every value is NULL. Raises what `read` raises.
        """
        rows, planned, longest = self._survey(table, self._plan(table, columns), ())
        ends = tuple(read.renamed(f"{end}_{place}") for place, read in enumerate(planned) for end in ("min", "max"))
        widest = max(longest.values(), default=0)
        statement = self._render("extract/extremes.sql", table, planned, ())
        query = streams.Query(statement, ends, {read.name: widest for read in ends if read.measured})
        with streams.guarded(self._connection_string, table):
            [batch] = streams.open_stream(self._connection_string, self.driver, query, 1, raw_text=False)
        values = [column[0].as_py() for column in batch.columns]
        return rows, {read.name: (values[2 * place], values[2 * place + 1]) for place, read in enumerate(planned)}

    def read(
        self,
        table: str,
        columns: Sequence[str],
        where: Sequence[Condition] = (),
        *,
        batch_rows: int = streams.BATCH_ROWS,
        raw_text: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """Read `columns` of `table`, in the order given, as Arrow batches; nothing is read before the first `next`.

        Columns carry the desktop's names. The types are exact: `string` where the driver has none that is
        (PostgreSQL's numeric without precision, money, uuid, enum, arrays; dates beyond the years 1 to 9999), zoned
        timestamps as `timestamp[us, UTC]`. At least one batch is given, so the schema is always known.

        :param batch_rows: the most rows in a batch; wide rows make smaller batches.
        :param raw_text: text columns as `binary`, UTF-8 wherever the text can be: the answer to TextNotUtf8.

        Raises SchemaMismatch for a missing column, TextNotUtf8 for text that is not UTF-8 (unless `raw_text`),
        DesktopUnavailable when fewer rows came than were counted before.
        """
        planned = self._plan(table, columns)
        if raw_text:
            planned = self._undecoded(table, planned)
        expected, planned, longest = self._survey(table, planned, where)
        query = streams.Query(self._render("extract/read.sql", table, planned, where), planned, longest)
        if expected > MANY_ROWS and (reason := rules.unstreamed(self.driver, self._connection_string)):
            log.warning("%s: %d rows, and %s", table, expected, reason)
        read = 0
        with streams.guarded(self._connection_string, table):
            for batch in streams.open_stream(
                self._connection_string, self.driver, query, batch_rows, raw_text=raw_text
            ):
                read += batch.num_rows
                yield batch
        if read < expected:
            raise DesktopUnavailable(
                f"the desktop sent {read:,} of {expected:,} rows of table {table}: it broke off, or rows were deleted "
                f"meanwhile. The task tries again."
            )

    def _all_tables(self) -> list[catalogue.DesktopTable]:
        if self._tables is None:
            with streams.guarded(self._connection_string, "list"):
                self._tables = catalogue.tables(self._connection, self.driver.dbms)
        return self._tables

    def _resolve(self, table: str) -> catalogue.DesktopTable:
        return catalogue.resolve(table, self._all_tables())

    def _plan(self, table: str, names: Sequence[str] | None) -> tuple[Reading, ...]:
        there = {column.name: column for column in self.columns(table)}
        missing = [name for name in names or () if name not in there]
        if missing:
            raise SchemaMismatch(
                f"desktop table {table} has no column {', '.join(missing)}. It has {', '.join(there)}. Correct columns "
                f"in the registry."
            )
        return tuple(rules.reading(there[name], self.driver.dbms) for name in (names or there))

    def _undecoded(self, table: str, planned: tuple[Reading, ...]) -> tuple[Reading, ...]:
        encoding = str(self.ask("extract/encoding.sql")[0]) if self.driver.dbms is Dbms.POSTGRESQL else None
        try:
            return rules.undecoded(planned, encoding)
        except LookupError:
            raise failures.unreadable(table, f"text of {encoding} that has no form in UTF-8") from None

    def _render(self, template: str, table: str, planned: Sequence[Reading], where: Sequence[Condition]) -> str:
        there = {column.name: column for column in self.columns(table)} if where else {}
        for condition in where:
            if condition.column not in there:
                raise SchemaMismatch(f"desktop table {table} has no column {condition.column} to filter by.")
        return sql.render(
            template,
            readings=planned,
            table=self._resolve(table).parts,
            quote=self.driver.quote,
            dbms=self.driver.dbms.value,
            where=[filters.rendered(condition, there[condition.column], self.driver.dbms) for condition in where],
        )

    def _survey(
        self, table: str, planned: tuple[Reading, ...], where: Sequence[Condition]
    ) -> tuple[int, tuple[Reading, ...], dict[str, int]]:
        """Count the rows, measure the columns that need it (bytes), and let guarded columns with odd values be text."""
        statement = self._render("extract/survey.sql", table, planned, where)
        with streams.guarded(self._connection_string, table):
            answer = list(self._connection.cursor().execute(statement).fetchone() or ())
        rows = int(answer.pop(0))
        measures = self.driver.dbms is not Dbms.OTHER  # how to ask for a value's length differs too much
        longest = {
            read.name: int(answer.pop(0) or 0) if measures else streams.UNMEASURED for read in planned if read.measured
        }
        odd = {read.name for read in planned if read.guard and int(answer.pop(0) or 0)}
        if not odd:
            return rows, planned, longest
        log.warning(
            "%s: %s hold values that the driver cannot hand over as what they are declared; they are read as text",
            table, ", ".join(sorted(odd)),
        )  # fmt: skip
        instead = [read.otherwise if read.otherwise and read.name in odd else read for read in planned]
        # The text of those columns has to be measured too. A guard that still stands has found nothing.
        return self._survey(table, tuple(replace(read, guard=None) for read in instead), where)
