"""From the desktop through Parquet, staging and merge to the cloud, value by value, for the three drivers.

`type_matrix.py` has what each type is expected to become; `docs/types.md` shows the same. Worker, desktop and cloud
keep different time zones here, and the desktop's PostgreSQL odd ways of writing dates, intervals and bytes.
"""

from __future__ import annotations

import itertools
import json
import logging
import re
import sqlite3
import struct
import time as clock
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import psycopg
import pyodbc
import pytest

from demo.environment import cloud_connection, desktop_connection
from demo.postgres import PostgresServer
from hybrid_sync import ledger
from hybrid_sync.extracts import Extract
from hybrid_sync.ledger import MergeRecord
from hybrid_sync.operators.extract import ExtractOperator
from hybrid_sync.operators.whole import stage_whole
from hybrid_sync.specs import Ownership, Registry, RejectLimit, Rewrite, TableSpec
from tests.postgres import test_desktop_mariadb, type_matrix
from tests.postgres.conftest import Cloud, delete_insert, upsert
from tests.postgres.type_matrix import BESIDE_BAD_TEXT, CASES, ZONE, Case, Driver, Outcome

server = test_desktop_mariadb.server  # the fixture: MariaDB, once for this module

ANY = RejectLimit(share=1)
LONG = 1_200_000  # letters: too long for arrow-odbc's buffers, so that pyodbc reads the table
ENCODINGS = {"UTF8": "utf-8", "SQL_ASCII": "utf-8", "WIN1252": "cp1252"}
# As this module reads PostgreSQL: exact, and the same on both sides.
PLAINLY = "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1"
WRITTEN_PLAINLY = "".join(f"SET LOCAL {setting};" for setting in PLAINLY.split("-c ")[1:])


class Desktop(Protocol):
    """A desktop that is filled and read without the package and, but for MariaDB, without ODBC."""

    def connection(self, table: str, encoding: str) -> str:
        """The Airflow connection to the database that has `table`, as JSON."""

    def fill(self, table: str, columns: dict[str, str], rows: Sequence[Sequence[str]], encoding: str) -> None:
        """Make a table of columns (name -> type) and rows of SQL literals, numbered by a column `id` from 1."""

    def held(self, table: str, column: str, case: Case) -> list[str | None]:
        """The values of a column in the order of `id`, as the database itself writes them."""


def _ddl(table: str, columns: dict[str, str], key: str, quote: str = '"') -> str:
    declared = ", ".join(f"{quote}{name}{quote} {kind}" for name, kind in columns.items())
    return f"CREATE TABLE {table} (id {key}, {declared})"


def _insert(table: str, rows: Sequence[Sequence[str]]) -> str:
    return f"INSERT INTO {table} VALUES " + ", ".join(f"({n}, {', '.join(row)})" for n, row in enumerate(rows, 1))


class Postgres:
    """PostgreSQL behind psqlODBC, a database for each encoding."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._made: dict[str, str] = {}
        self._sessions: dict[str, psycopg.Connection[Any]] = {}

    def uri(self, encoding: str) -> str:
        if encoding not in self._made:
            name = f"desktop_{encoding.lower()}"
            run(self.server.uri(), f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
            self._made[encoding] = self.server.uri(name)
            run(
                self._made[encoding],
                "CREATE TYPE mood AS ENUM ('sad', 'so so'" + (", 'எ')" if encoding == "UTF8" else ")"),
                "CREATE DOMAIN amount AS numeric(8,2)",
                *(f"ALTER DATABASE {name} SET {setting}" for setting in (
                    "timezone = 'Pacific/Auckland'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'",
                    "bytea_output = 'escape'", "extra_float_digits = 0",
                )),
            )  # fmt: skip
        return self._made[encoding]

    def drop(self) -> None:
        for session in self._sessions.values():
            session.close()
        for uri in self._made.values():
            run(self.server.uri(), f"DROP DATABASE {urlsplit(uri).path[1:]} WITH (FORCE)")

    def connection(self, table: str, encoding: str) -> str:
        parts = urlsplit(self.uri(encoding))
        return desktop_connection(parts.port or 0, parts.path[1:])

    def fill(self, table: str, columns: dict[str, str], rows: Sequence[Sequence[str]], encoding: str) -> None:
        connection = self.session(encoding)
        connection.execute(_ddl(table, columns, "int PRIMARY KEY"))
        # As bytes: psycopg would write nothing beyond ASCII to a database without an encoding.
        connection.execute(_insert(table, rows).encode())

    def held(self, table: str, column: str, case: Case) -> list[str | None]:
        written = f"encode(convert_to(format('%s', {column}), getdatabaseencoding()), 'hex')"
        rows = self.session(case.encoding).execute(
            f"SELECT CASE WHEN {column} IS NOT NULL THEN {written} END FROM {table} ORDER BY id"
        )
        return [value and _decoded(value, ENCODINGS[case.encoding]) for (value,) in rows]

    def session(self, encoding: str) -> psycopg.Connection[Any]:
        if encoding not in self._sessions:
            self._sessions[encoding] = psycopg.connect(self.uri(encoding), autocommit=True, options=PLAINLY)
            if encoding != "SQL_ASCII":
                self._sessions[encoding].execute("SET client_encoding = 'UTF8'")
        return self._sessions[encoding]


class Sqlite:
    """SQLite files, one for each table: a file that a leaked connection locks then stops no other test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, table: str) -> Path:
        return self.folder / f"{table}.db"

    def connection(self, table: str, encoding: str) -> str:
        return json.dumps({"conn_type": "odbc", "extra": {"driver": "SQLite3", "Database": str(self.file(table))}})

    def fill(self, table: str, columns: dict[str, str], rows: Sequence[Sequence[str]], encoding: str) -> None:
        with closing(sqlite3.connect(self.file(table), isolation_level=None)) as database:
            database.execute(_ddl(table, columns, "INTEGER PRIMARY KEY"))
            database.execute(_insert(table, rows))

    def held(self, table: str, column: str, case: Case) -> list[str | None]:
        with closing(sqlite3.connect(self.file(table))) as database:
            database.text_factory = lambda text: text.decode(errors="replace")
            rows = database.execute(f"SELECT {column} FROM {table} ORDER BY id").fetchall()
        return [_shown(value) for (value,) in rows]


class Mariadb:
    """A database of the MariaDB server. Only hexadecimal digits come from it through ODBC here."""

    def __init__(self, odbc: str) -> None:
        self.settings = dict(pair.split("=") for pair in odbc.strip(";").split(";"))
        self.database = pyodbc.connect(odbc, autocommit=True)
        self.database.execute("SET GLOBAL time_zone = '-08:00'")
        self.database.execute("SET time_zone = '+00:00'")

    def connection(self, table: str, encoding: str) -> str:
        return json.dumps({
            "conn_type": "odbc", "host": "127.0.0.1", "port": int(self.settings["PORT"]), "login": "root",
            "schema": self.settings["DATABASE"], "extra": {"driver": "MariaDB Unicode"},
        })  # fmt: skip

    def fill(self, table: str, columns: dict[str, str], rows: Sequence[Sequence[str]], encoding: str) -> None:
        self.database.execute(_ddl(table, columns, "INT PRIMARY KEY", "`"))
        self.database.execute(_insert(table, rows))

    def held(self, table: str, column: str, case: Case) -> list[str | None]:
        kind = case.desktop.split("(")[0].split()[0]
        as_bytes = kind.endswith(("BINARY", "BLOB"))
        value = {"FLOAT": f"CAST({column} AS DOUBLE)", "BIT": f"{column} + 0"}.get(kind, column)
        asked = f"HEX({column})" if as_bytes else f"HEX(CONVERT(CAST({value} AS CHAR) USING utf8mb4))"
        rows = self.database.execute(f"SELECT {asked} FROM {table} ORDER BY id").fetchall()
        if as_bytes and case.cloud == "bytea":
            return [None if digits is None else f"\\x{digits.lower()}" for (digits,) in rows]
        zone = "+00:00" if kind == "TIMESTAMP" else ""
        return [None if digits is None else _decoded(digits, "utf-8") + zone for (digits,) in rows]


def _decoded(digits: str | bytes, encoding: str) -> str:
    # A database without an encoding gives psycopg bytes.
    return bytes.fromhex(digits if isinstance(digits, str) else digits.decode()).decode(encoding, "replace")


def _shown(value: object) -> str | None:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return None if value is None else repr(value) if isinstance(value, float) else str(value)


MEANINGS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("smallint", "integer", "bigint", "numeric"), lambda text: Decimal(re.sub("[$,]", "", text))),
    "real": lambda text: struct.pack("<f", float(text)),
    "double precision": lambda text: struct.pack("<d", float(text)),
    "boolean": lambda text: text.lower() in ("t", "true", "1"),
    "char": lambda text: text.rstrip(" "),
    "timestamp": datetime.fromisoformat,
    "time": lambda text: datetime.fromisoformat(f"2000-01-01 {text}"),
    "interval": lambda text: text.rstrip("0").rstrip(".") if "." in text else text,
    "jsonb": lambda text: json.loads(text, parse_float=Decimal),
    "uuid": str.lower,
}


def meaning(text: str | None, cloud: str, zone: str = "UTC") -> object:
    """What a text means as a value of the cloud's type `cloud`; two are equal only where the values are identical."""
    if text is None:
        return None
    base = cloud.split("(")[0]
    if base == "timestamptz":
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    return MEANINGS.get(base, str)(text)


def run(uri: str, *statements: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="module", autouse=True)
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__PROVIDERS_ODBC__ALLOW_DRIVER_IN_EXTRA", "True")
        patch.setenv("HYBRID_SYNC_EXTRACTS", f"file://{tmp_path_factory.mktemp('extracts')}")
        patch.setenv("TZ", "America/New_York")
        clock.tzset()
        yield
    clock.tzset()


@pytest.fixture(scope="module")
def psqlodbc(postgres_server: PostgresServer) -> Iterator[Postgres]:
    desktop = Postgres(postgres_server)
    yield desktop
    desktop.drop()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def mariadb(server: str) -> Iterator[Mariadb]:
    desktop = Mariadb(server)
    yield desktop
    desktop.database.close()


@pytest.fixture(scope="module")
def target(postgres_server: PostgresServer) -> Iterator[Cloud]:
    """The cloud: one database for all cases, each in a table of its own."""
    run(postgres_server.uri(), "CREATE DATABASE round_trips TEMPLATE template0")
    uri = postgres_server.uri("round_trips")
    run(
        uri, "ALTER DATABASE round_trips SET timezone = 'Asia/Tokyo'",
        "ALTER DATABASE round_trips SET datestyle = 'SQL, DMY'",
        "ALTER DATABASE round_trips SET intervalstyle = 'sql_standard'",
        "CREATE TYPE mood AS ENUM ('sad', 'so so', 'எ')",
    )  # fmt: skip
    with psycopg.connect(uri, autocommit=True, prepare_threshold=None) as connection:
        ledger.migrate(connection)
        yield Cloud(uri, connection)
    run(postgres_server.uri(), "DROP DATABASE round_trips WITH (FORCE)")


@dataclass
class Carrier:
    """The steps of a run, between one desktop and the cloud."""

    desktop: Desktop
    cloud: Cloud
    table: str

    def create(self, columns: dict[str, str], generated: bool = False) -> None:
        key = "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY" if generated else "bigint PRIMARY KEY"
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        name = "number" if generated else "id"
        more = "id bigint, " if generated else ""
        self.cloud.execute(f"CREATE TABLE {self.table} ({name} {key}, {more}{declared}, source char(1) DEFAULT 'D')")

    def extract(self, spec: TableSpec, encoding: str = "UTF8", zone: str = ZONE) -> tuple[Registry, Extract]:
        """Read the desktop into Parquet, by the DAG's own operator."""
        parts = urlsplit(self.cloud.uri)
        registry = Registry(path=Path("tables.yaml"), ownership=Ownership(), desktop_time_zone=zone, tables=(spec,))
        context: Any = {
            "run_id": f"read {spec.name} {spec.strategy}", "dag": SimpleNamespace(dag_id="hybrid_sync"),
            "params": {"tables": [spec.name], "dry_run": False, "mode": "full"},
        }  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIRFLOW_CONN_DESKTOP", self.desktop.connection(self.table, encoding))
            patch.setenv("AIRFLOW_CONN_SUPABASE", cloud_connection(parts.port or 0, parts.path[1:]))
            operator = ExtractOperator(task_id="extract", registry=registry, table=spec.name)
            return registry, Extract.from_json(operator.execute(context))

    def merge(self, registry: Registry, extract: Extract) -> MergeRecord:
        """Stage an extract in a run of its own, and merge it."""
        [spec] = registry.tables
        self.cloud.run_id = f"run{next(self.cloud.runs)}"
        stage_whole(self.cloud.connection, registry, spec, extract, self.cloud.run_id, dry_run=False)
        manifest = ledger.manifest(self.cloud.connection, self.cloud.run_id, spec.name)
        assert manifest is not None
        return self.cloud.merge(spec, manifest)

    def sync(self, spec: TableSpec, encoding: str = "UTF8", zone: str = ZONE) -> tuple[MergeRecord, MergeRecord]:
        """Extract, then merge the extract twice; the second merge writes nothing."""
        registry, extract = self.extract(spec, encoding, zone)
        first = self.merge(registry, extract)
        before = self.picture()
        again = self.merge(registry, extract)
        assert (again.inserted, again.updated, again.deleted, again.conflicts) == (0, 0, 0, 0)
        assert self.picture() == before
        assert again.rejects == first.rejects
        return first, again

    def picture(self) -> list[tuple[Any, ...]]:
        """The rows' places and writers: the same only if nothing was written."""
        return self.cloud.execute(f"SELECT ctid::text, xmin::text FROM {self.table} ORDER BY 1")

    def arrived(self, column: str) -> dict[int, str | None]:
        """The cloud's values of a column by `id`, as the server writes them."""
        with self.cloud.connection.transaction():
            self.cloud.execute(WRITTEN_PLAINLY)
            rows = self.cloud.execute(
                f"SELECT id, CASE WHEN {column} IS NOT NULL THEN format('%s', {column}) END FROM {self.table}"
            )
        return dict(rows)

    def rejects(self) -> dict[int, tuple[str, str]]:
        """The last run's rejects: `id` -> column and reason."""
        rows = self.cloud.execute(
            "SELECT (row ->> 'id')::int, column_name, reason FROM hybrid_sync.reject"
            " WHERE run_id = %s AND table_name = %s", self.cloud.run_id, self.table,
        )  # fmt: skip
        assert len({row[0] for row in rows}) == len(rows), sorted(rows)
        return {number: (column, reason) for number, column, reason in rows}


FIXTURES = {Driver.PSQLODBC: "psqlodbc", Driver.SQLITE: "sqlite", Driver.MARIADB: "mariadb"}
NAMES = (f"t{number}" for number in itertools.count(1))
Carry = Callable[[Driver], Carrier]


@pytest.fixture
def carry(target: Cloud, request: pytest.FixtureRequest) -> Carry:
    """Makes what carries a new table from a driver's desktop to the cloud."""
    return lambda driver: Carrier(request.getfixturevalue(FIXTURES[driver]), target, next(NAMES))


def faulty(case: Case) -> Any:
    return pytest.param(case, marks=[pytest.mark.xfail(reason=case.fault)] if case.fault else [], id=case.title)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """A file with what is logged: an extract logs in its reader's process, which caplog does not see."""
    handler = logging.FileHandler(tmp_path / "log")
    logging.getLogger().addHandler(handler)
    yield tmp_path / "log"
    logging.getLogger().removeHandler(handler)
    handler.close()


@pytest.mark.parametrize("case", [faulty(case) for case in CASES])
def test_each_value_arrives_exactly_or_as_promised_or_is_a_reject(carry: Carry, case: Case, log: Path) -> None:
    carrier = carry(case.driver)
    literals = [*case.values, *case.beside, "NULL"]
    carrier.desktop.fill(carrier.table, {"v": case.desktop}, [[literal] for literal in literals], case.encoding)
    carrier.create({"v": case.cloud})
    first, _ = carrier.sync(upsert(carrier.table, "id", max_rejects=ANY), case.encoding, case.zone)
    held = carrier.desktop.held(carrier.table, "v", case)
    assert [value is None for value in held] == [*[False] * (len(held) - 1), True]
    expected = {number: meaning(value, case.cloud, case.zone) for number, value in enumerate(held, 1)
                if number > len(case.values) or case.outcome is Outcome.EXACT}  # fmt: skip
    if case.outcome is Outcome.CONVERTED:
        expected |= {number: meaning(text, case.cloud) for number, text in enumerate(case.becomes, 1)}
    assert {number: meaning(text, case.cloud) for number, text in carrier.arrived("v").items()} == expected
    refused = range(1, len(case.values) + 1) if case.outcome is Outcome.REJECTED else ()
    assert carrier.rejects() == {number: ("v", case.how) for number in refused}
    assert (first.inserted, first.rejects) == (len(expected), len(refused))
    assert (f"{carrier.table}: v hold values" in log.read_text()) == case.as_text


def all_types(driver: Driver) -> dict[str, Case]:
    """The columns of a table that has every type of a driver: name -> case."""
    cases = [case for case in CASES if case.driver is driver and case.outcome is Outcome.EXACT and not case.fault
             and not case.long and (case.encoding, case.zone) == ("UTF8", ZONE)]  # fmt: skip
    return {f"c{number}": case for number, case in enumerate(cases)}


def desktop_types(columns: dict[str, Case]) -> dict[str, str]:
    return {name: case.desktop for name, case in columns.items()}


def cloud_types(columns: dict[str, Case]) -> dict[str, str]:
    return {name: case.cloud for name, case in columns.items()}


def assert_exact(carrier: Carrier, columns: dict[str, Case], rows: Sequence[int]) -> None:
    for name, case in columns.items():
        held = carrier.desktop.held(carrier.table, name, case)
        expected = {number: meaning(held[number - 1], case.cloud, ZONE) for number in rows}
        arrived = {number: meaning(text, case.cloud) for number, text in carrier.arrived(name).items()}
        assert arrived == expected, case.title


@pytest.mark.parametrize("strategy", ["upsert by arrow-odbc", "upsert by pyodbc", "delete_insert"])
@pytest.mark.parametrize("driver", Driver)
def test_every_type_in_one_table_and_a_row_of_nothing_but_nulls(carry: Carry, driver: Driver, strategy: str) -> None:
    carrier, columns = carry(driver), all_types(driver)
    by_pyodbc = strategy == "upsert by pyodbc"
    long = {Driver.PSQLODBC: f"repeat('z', {LONG})", Driver.SQLITE: f"printf('%.{LONG}c', 'z')",
            Driver.MARIADB: f"REPEAT('z', {LONG})"}[driver]  # fmt: skip
    rows = [[case.values[0] for case in columns.values()], [case.values[-1] for case in columns.values()],
            ["NULL"] * len(columns)]  # fmt: skip
    carrier.desktop.fill(
        carrier.table,
        {"z": "LONGTEXT" if driver is Driver.MARIADB else "text"} | desktop_types(columns),
        [[long if by_pyodbc else "NULL", *row] for row in rows],
        "UTF8",
    )
    carrier.create({"z": "text"} | cloud_types(columns), strategy == "delete_insert")
    spec = upsert(carrier.table, "id")
    if strategy == "delete_insert":
        spec = delete_insert(carrier.table, "number", rewrite=Rewrite.CHANGED)
    first, _ = carrier.sync(spec)
    assert (first.inserted, first.rejects) == (3, 0)
    assert_exact(carrier, columns, (1, 2, 3))
    assert {len(text or "") for text in carrier.arrived("z").values()} == {LONG if by_pyodbc else 0}


BAD_TEXT = {
    Driver.PSQLODBC: (r"E'caf\xe9'", "SQL_ASCII"),
    Driver.SQLITE: ("CAST(x'636166e9' AS TEXT)", "UTF8"),
}


def beside_bad_text(carrier: Carrier, driver: Driver, columns: dict[str, Case]) -> None:
    """Of two rows one has a text that is not UTF-8, so all text is read as bytes; the other row arrives exactly."""
    bad, encoding = BAD_TEXT[driver]
    columns = {name: replace(case, encoding=encoding) for name, case in columns.items()}
    carrier.desktop.fill(
        carrier.table,
        {"bad": "text"} | desktop_types(columns),
        [[text, *(case.values[0] for case in columns.values())] for text in (bad, "'good'")],
        encoding,
    )
    carrier.create({"bad": "text"} | cloud_types(columns))
    carrier.sync(upsert(carrier.table, "id", max_rejects=ANY), encoding)
    assert carrier.rejects() == {1: ("bad", "not valid UTF-8")}
    assert_exact(carrier, columns, (2,))


@pytest.mark.parametrize("driver", BAD_TEXT)
def test_every_other_type_is_exact_beside_a_text_that_is_not_utf8(carry: Carry, driver: Driver) -> None:
    apart = {(case.driver, case.desktop) for case in BESIDE_BAD_TEXT if case.fault}
    columns = {name: case for name, case in all_types(driver).items() if (driver, case.desktop) not in apart}
    beside_bad_text(carry(driver), driver, columns)


@pytest.mark.parametrize("case", [faulty(case) for case in BESIDE_BAD_TEXT])
def test_a_type_is_exact_beside_a_text_that_is_not_utf8(carry: Carry, case: Case) -> None:
    beside_bad_text(carry(case.driver), case.driver, {"v": case})


def test_a_desktop_file_is_free_again_after_a_read_that_failed(carry: Carry, sqlite: Sqlite) -> None:
    carrier = carry(Driver.SQLITE)
    rows = [["CAST(x'ff' AS TEXT)", f"printf('%.{LONG}c', 'z')"], ["'a'", "'b'"]]
    carrier.desktop.fill(carrier.table, {"v": "TEXT", "z": "TEXT"}, rows, "UTF8")
    carrier.create({"v": "text", "z": "text"})
    carrier.extract(upsert(carrier.table, "id", max_rejects=ANY))
    with closing(sqlite3.connect(sqlite.file(carrier.table), timeout=0, isolation_level=None)) as database:
        database.execute(f"DELETE FROM {carrier.table}")


@pytest.mark.parametrize("driver", Driver)
@pytest.mark.parametrize(
    ("worker", "there"),
    [("UTC", "UTC"), ("Asia/Kolkata", "America/New_York"), ("America/New_York", "Asia/Kolkata")],
)
def test_a_timestamp_without_zone_means_desktop_time_zone_whatever_worker_and_cloud_say(
    carry: Carry, target: Cloud, driver: Driver, worker: str, there: str
) -> None:
    kind = {Driver.PSQLODBC: "timestamp", Driver.SQLITE: "TIMESTAMP", Driver.MARIADB: "DATETIME(6)"}[driver]
    carrier = carry(driver)
    carrier.desktop.fill(carrier.table, {"v": kind}, [["'2024-07-01 00:30:00.000001'"]], "UTF8")
    carrier.create({"v": "timestamptz"})
    with in_zones(target, worker, there):
        carrier.sync(upsert(carrier.table, "id"), zone="Europe/Berlin")
    assert carrier.arrived("v") == {1: "2024-06-30 22:30:00.000001+00"}


@contextmanager
def in_zones(target: Cloud, worker: str, there: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", worker)
        clock.tzset()
        target.execute(f"ALTER DATABASE round_trips SET timezone = '{there}'")  # for the extract's own connection
        target.execute(f"SET timezone = '{there}'")
        yield
    clock.tzset()


@pytest.mark.parametrize("driver", Driver)
def test_a_null_where_the_cloud_needs_a_value_is_a_reject(carry: Carry, driver: Driver) -> None:
    carrier = carry(driver)
    carrier.desktop.fill(carrier.table, {"v": "varchar(9)"}, [["'a'"], ["NULL"], ["''"]], "UTF8")
    carrier.create({"v": "text NOT NULL"})
    carrier.sync(upsert(carrier.table, "id", max_rejects=ANY))
    assert carrier.arrived("v") == {1: "a", 3: ""}
    assert carrier.rejects() == {2: ("v", "NULL in a column that needs a value")}


def test_the_log_names_the_columns_whose_digits_sqlite_has_lost_itself(
    carry: Carry, capfd: pytest.CaptureFixture[str]
) -> None:
    carrier = carry(Driver.SQLITE)
    carrier.desktop.fill(carrier.table, {"amount": "DECIMAL(18,4)", "name": "TEXT"}, [["1.25", "'a'"]], "UTF8")
    carrier.create({"amount": "numeric(18,4)", "name": "text"})
    carrier.extract(upsert(carrier.table, "id"))
    told = capfd.readouterr().out
    assert f"{carrier.table}: desktop column amount: SQLite keeps it as a double: exact to 15 digits" in told
    assert "column name" not in told


def test_the_page_shows_what_these_tests_expect() -> None:
    _, written, _ = type_matrix.parts()
    assert written == type_matrix.tables(), "docs/types.md is old: PYTHONPATH=. python -m tests.postgres.type_matrix"
