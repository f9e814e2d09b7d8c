"""Find a desktop table and its columns through the driver's catalogue functions."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.odbc.drivers import Dbms
from hybrid_sync.odbc.readings import DesktopColumn

if TYPE_CHECKING:
    from pyodbc import Connection

_SYSTEM = {"information_schema", "pg_catalog", "pg_toast", "mysql", "performance_schema", "sys"}


@dataclass(frozen=True, slots=True)
class DesktopTable:
    """A table or view as the desktop spells it; `schema` is empty where the desktop has none."""

    schema: str
    name: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The name in parts, for quoting."""
        return (self.schema, self.name) if self.schema else (self.name,)

    def __str__(self) -> str:
        """`schema.table`, unquoted."""
        return ".".join(self.parts)


def tables(connection: Connection, dbms: Dbms) -> list[DesktopTable]:
    """Every table and view that the connection sees, without the database's own."""
    import pyodbc

    # MariaDB has databases instead of schemas; without this the driver lists those of all of them.
    catalog = str(connection.getinfo(pyodbc.SQL_DATABASE_NAME)) if dbms is Dbms.MARIADB else None
    found = connection.cursor().tables(catalog=catalog).fetchall()
    return [
        DesktopTable(row.table_schem or "", row.table_name)
        for row in found
        if "SYSTEM" not in (row.table_type or "") and (row.table_schem or "").casefold() not in _SYSTEM
        and not (dbms is Dbms.SQLITE and row.table_name.startswith("sqlite_"))
    ]  # fmt: skip


def resolve(wanted: str, there: list[DesktopTable]) -> DesktopTable:
    """Find the table called `wanted`, which may be `schema.table`: exactly, else without letter case.

    Raises SchemaMismatch for a name that fits none, naming near ones, or more than one.
    """
    for fold in (str, str.casefold):
        fits = [table for table in there if fold(wanted) in (fold(table.name), fold(str(table)))]
        if len(fits) == 1:
            return fits[0]
        if fits:
            names = ", ".join(sorted(map(str, fits)))
            raise SchemaMismatch(
                f"desktop table {wanted} may be any of {names}. Write schema.table, in the desktop's own spelling, "
                f"as source_table in the registry."
            )
    if not there:
        raise SchemaMismatch(
            f"the desktop has no table {wanted}: it shows no table at all. Check that the desktop connection names the "
            f"right database (for SQLite: that its file is a database), and what its user may see."
        )
    folded = {name.casefold(): str(table) for table in there for name in (table.name, str(table))}
    near = list(dict.fromkeys(folded[name] for name in get_close_matches(wanted.casefold(), folded, n=5, cutoff=0.6)))
    hint = f"Near it are {', '.join(near)}." if near else f"The desktop shows {len(there)} tables, none of a like name."
    raise SchemaMismatch(
        f"the desktop has no table {wanted}. {hint} Correct source_table in the registry, or grant the desktop "
        f"connection's user the right to see it."
    )


def columns(connection: Connection, table: DesktopTable) -> tuple[DesktopColumn, ...]:
    """The table's columns in their order. Raises SchemaMismatch when the driver shows none."""
    # The names go in as search patterns, where `_` fits any letter: the answer may hold other tables' columns too.
    rows = [
        row
        for row in connection.cursor().columns(table=table.name, schema=table.schema or None).fetchall()
        if row.table_name == table.name and (row.table_schem or "") == table.schema
    ]
    if not rows:
        raise SchemaMismatch(
            f"the desktop shows no column of table {table}. Grant the desktop connection's user SELECT on it."
        )
    return tuple(
        DesktopColumn(row.column_name, row.type_name or "", row.data_type, row.column_size, row.decimal_digits,
                      row.nullable != 0)
        for row in rows
    )  # fmt: skip
