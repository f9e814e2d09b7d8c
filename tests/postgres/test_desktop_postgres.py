"""The desktop through psqlODBC, from a real PostgreSQL: exact values, clear errors, bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time as clock
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest

from demo.postgres import PostgresServer
from hybrid_sync.desktop import Condition, Desktop
from hybrid_sync.errors import ConnectionMisconfigured, DesktopUnavailable, SchemaMismatch
from hybrid_sync.odbc.drivers import Dbms
from hybrid_sync.splitting import cut
from hybrid_sync.watermarks import Maximum, as_text

PASSWORD = "s3cret-pw"


def odbc(uri: str, **settings: object) -> str:
    """The ODBC connection string of a database, as OdbcHook would write it."""
    parts = urlsplit(uri)
    there = {
        "DRIVER": "{PostgreSQL Unicode}", "SERVER": parts.hostname, "DATABASE": parts.path[1:], "UID": "postgres",
        "PWD": PASSWORD, "PORT": parts.port,
    }  # fmt: skip
    return "".join(f"{name}={value};" for name, value in {**there, **settings}.items())


def read(connection: str, table: str = "t", **options: object) -> pa.Table:
    with Desktop(connection) as desktop:
        names = [column.name for column in desktop.columns(table)]
        return pa.Table.from_batches(desktop.read(table, names, **options))  # type: ignore[arg-type]


def run(uri: str, *statements: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


TAMIL = "தமிழ் हिन्दी 😀 “q” \u00a0"
# declared type, the value in SQL, the Arrow type, the value in Python
VALUES: list[tuple[str, str, pa.DataType, object]] = [
    ("smallint", "-32768", pa.int16(), -32768),
    ("int", "2147483647", pa.int32(), 2147483647),
    ("bigint", "-9223372036854775808", pa.int64(), -(2**63)),
    ("bigserial", "9007199254740993", pa.int64(), 9007199254740993),
    ("numeric(3)", "999", pa.decimal128(3, 0), Decimal("999")),
    ("numeric(8,2)", "-123456.78", pa.decimal128(8, 2), Decimal("-123456.78")),
    ("numeric(38,10)", "1234567890123456789012345678.0123456789", pa.decimal128(38, 10),
     Decimal("1234567890123456789012345678.0123456789")),
    ("numeric(28,6)", "1.5", pa.string(), "1.500000"),
    ("numeric(50,20)", "123456789012345678901234567890.12345678901234567890", pa.string(),
     "123456789012345678901234567890.12345678901234567890"),
    ("numeric", "0.0000000000000000000000000000000000000000000000001", pa.string(), "0." + "0" * 48 + "1"),
    ("numeric", "('1' || repeat('0', 200))::numeric", pa.string(), "1" + "0" * 200),
    ("money", "'-92233720368547758.08'", pa.string(), "-92233720368547758.08"),
    ("real", "0.1", pa.float32(), 0.10000000149011612),
    ("double precision", "0.1::float8 + 0.2", pa.float64(), 0.30000000000000004),
    ("double precision", "1.7976931348623157e308", pa.float64(), 1.7976931348623157e308),
    ("double precision", "'-Infinity'", pa.float64(), float("-inf")),
    ("char(5)", "'ab'", pa.string(), "ab   "),
    ("varchar(60)", f"'{TAMIL}'", pa.string(), TAMIL),
    ("varchar(300)", f"repeat('{TAMIL}', 10)", pa.string(), TAMIL * 10),
    ("varchar(255)", "repeat('எ', 255)", pa.string(), "எ" * 255),
    ("varchar", "repeat('😀', 999)", pa.string(), "😀" * 999),
    ("text", "E'cr\\r\\nlf\\n\\ttab \\\\ '' \" ; ?'", pa.string(), "cr\r\nlf\n\ttab \\ ' \" ; ?"),
    ("text", "''", pa.string(), ""),
    ("text", "repeat('எ', 20000)", pa.string(), "எ" * 20_000),
    ("bytea", r"'\x00ff41'", pa.binary(), b"\x00\xffA"),
    ("bytea", "''", pa.binary(), b""),
    ("boolean", "true", pa.bool_(), True),
    ("boolean", "false", pa.bool_(), False),
    ("date", "'0001-01-01'", pa.date32(), date(1, 1, 1)),
    ("date", "'9999-12-31'", pa.date32(), date(9999, 12, 31)),
    ("time", "'23:59:59.999999'", pa.time64("us"), time(23, 59, 59, 999999)),
    ("time(3)", "'12:34:56.789'", pa.time64("us"), time(12, 34, 56, 789000)),
    ("timestamp", "'2024-02-29 12:34:56.000001'", pa.timestamp("us"), datetime(2024, 2, 29, 12, 34, 56, 1)),
    ("timestamp(0)", "'1900-01-01 00:00:00'", pa.timestamp("us"), datetime(1900, 1, 1)),
    ("timestamp", "'9999-12-31 23:59:59.999999'", pa.timestamp("us"), datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", "'2024-03-31 02:30:00.5+05:30'", pa.timestamp("us", tz="UTC"),
     datetime(2024, 3, 30, 21, 0, 0, 500000, tzinfo=UTC)),
    ("timetz", "'12:00:00.5+05:30'", pa.string(), "12:00:00.5+05:30"),
    ("interval", "'1 day 02:03:04.5'", pa.string(), "1 day 02:03:04.5"),
    ("uuid", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'", pa.string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("mood", "'so so'", pa.string(), "so so"),
    ("positive", "5", pa.string(), "5"),
    ("jsonb", """'{"a": [1, "எ"]}'""", pa.string(), '{"a": [1, "எ"]}'),
    ("json", "('[' || repeat('1,', 2000) || '1]')::json", pa.string(), "[" + "1," * 2000 + "1]"),
    ("int[]", "'{1,NULL,3}'", pa.string(), "{1,NULL,3}"),
    ("text[]", "ARRAY['a,b', 'எ']", pa.string(), '{"a,b",எ}'),
    ("inet", "'10.0.0.1'", pa.string(), "10.0.0.1"),
    ("bit(8)", "B'10101010'", pa.string(), "10101010"),
]  # fmt: skip
# What the driver would change without a word: the column is read as text instead.
ODD = [
    ("numeric(8,2)", "'NaN'", "NaN"),
    ("date", "'infinity'", "infinity"),
    ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    ("date", "'12000-01-01'", "12000-01-01"),
    ("time", "'24:00'", "24:00:00"),
    ("timestamp", "'-infinity'", "-infinity"),
    ("timestamp", "'0044-03-15 12:00 BC'", "0044-03-15 12:00:00 BC"),
    ("timestamp", "'12000-01-01 00:00:00.5'", "12000-01-01 00:00:00.5"),
    ("timestamptz", "'infinity'", "infinity"),
]


@pytest.fixture(scope="module")
def typed(postgres_server: PostgresServer) -> Iterator[str]:
    """A database in another time zone: t0.. hold one value and a NULL each, o0.. an odd value, `many` all of them."""
    run(postgres_server.uri(), "CREATE DATABASE types TEMPLATE template0")
    uri = postgres_server.uri("types")
    statements = [
        "ALTER DATABASE types SET timezone = 'Asia/Kolkata'", "CREATE TYPE mood AS ENUM ('sad', 'so so')",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    ]  # fmt: skip
    for prefix, cases in (("t", VALUES), ("o", ODD)):
        for number, (declared, value, *_) in enumerate(cases):
            statements.append(f"CREATE TABLE {prefix}{number} (v {declared})")
            statements.append(f"ALTER TABLE {prefix}{number} ALTER v DROP NOT NULL")
            statements.append(f"INSERT INTO {prefix}{number} VALUES ({value}), (NULL)")
    columns = [f"(SELECT v FROM t{number} WHERE v IS NOT NULL) AS c{number}" for number in range(len(VALUES))]
    statements.append(f"CREATE TABLE many AS SELECT {', '.join(columns)}")
    run(uri, *statements)
    yield uri
    run(postgres_server.uri(), "DROP DATABASE types WITH (FORCE)")


@pytest.mark.parametrize("number", range(len(VALUES)), ids=[f"{case[0]} {case[1][:20]}" for case in VALUES])
def test_values_are_exact(typed: str, number: int) -> None:
    table = read(odbc(typed), f"t{number}")
    _, _, arrow, value = VALUES[number]
    assert table.schema.field("v").type == arrow
    assert table["v"].to_pylist() == [value, None]


@pytest.mark.parametrize("long", [False, True], ids=["by arrow-odbc", "by pyodbc"])
def test_all_types_in_one_table_are_exact_on_both_ways(typed: str, long: bool) -> None:
    if long:
        run(typed, f"CREATE TABLE IF NOT EXISTS longer AS SELECT *, repeat('z', 1200000) AS c{len(VALUES)} FROM many")
    table = read(odbc(typed), "longer" if long else "many")
    expected = [value for *_, value in VALUES] + (["z" * 1_200_000] if long else [])
    assert list(table.to_pylist()[0].values()) == expected
    assert [field.type for field in table.schema][: len(VALUES)] == [arrow for *_, arrow, _ in VALUES]


@pytest.mark.parametrize("number", range(len(ODD)), ids=[f"{case[0]} {case[1]}" for case in ODD])
def test_a_value_that_the_driver_would_change_comes_as_its_text(
    typed: str, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    table = read(odbc(typed), f"o{number}")
    assert table["v"].to_pylist() == [ODD[number][2], None]
    assert f"o{number}: v hold values" in caplog.text
    assert ODD[number][2] not in caplog.text


def test_a_driver_that_nobody_measured_is_read_by_its_declared_types(typed: str) -> None:
    run(
        typed,
        "CREATE TABLE IF NOT EXISTS declared AS SELECT 1::bigint AS i, 1.25::numeric(8,2) AS n, true AS b, DATE "
        "'2024-02-29' AS d, TIMESTAMP '2024-02-29 12:34:56.000001' AS s, TIME '12:34:56.5' AS t, 'எ'::varchar(9) AS v,"
        " repeat('எ', 500000) AS l, '\\x00ff'::bytea AS y, 0.1::float8 AS f UNION ALL SELECT" + " NULL," * 9 + " NULL",
    )
    with Desktop(odbc(typed)) as desktop:
        desktop.driver = replace(desktop.driver, dbms=Dbms.OTHER)
        names = [column.name for column in desktop.columns("declared")]
        rows = pa.Table.from_batches(desktop.read("declared", names)).to_pylist()
    stamp = datetime(2024, 2, 29, 12, 34, 56, 1)
    assert list(rows[0].values()) == [
        1, Decimal("1.25"), "1", date(2024, 2, 29), stamp, time(12, 34, 56, 500000), "எ", "எ" * 500_000,
        b"\x00\xff", 0.1,
    ]  # fmt: skip
    assert set(rows[1].values()) == {None}


def test_neither_locale_nor_time_zone_nor_encoding_of_the_worker_matter(typed: str) -> None:
    number = next(n for n, case in enumerate(VALUES) if case[3] == TAMIL)
    zoned = next(n for n, case in enumerate(VALUES) if case[0] == "timestamptz")
    script = (
        "import sys\nfrom hybrid_sync.desktop import Desktop\n"
        f"with Desktop(sys.argv[1]) as d: print(ascii(next(iter(d.read('many', {[f'c{number}', f'c{zoned}']})))"
        ".to_pylist()))"
    )
    for locale, zone, encoding in (
        ("C", "America/New_York", "UTF8"),
        ("C.UTF-8", "Asia/Kolkata", "LATIN1"),
        ("en_US.ISO-8859-1", "UTC", "WIN1252"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", script, odbc(typed)],
            capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": "plugins", "LC_ALL": locale, "TZ": zone, "PGCLIENTENCODING": encoding},
        )  # fmt: skip
        assert ascii(TAMIL) in done.stdout
        assert "datetime.datetime(2024, 3, 30, 21, 0, 0, 500000" in done.stdout


def test_a_long_value_among_many_short_ones_is_whole(database: str) -> None:
    run(
        database,
        "CREATE TABLE t AS SELECT g AS n, CASE g WHEN 1500 THEN repeat('எ', 700000) ELSE 'short ' || g END AS s,"
        " CASE g WHEN 9 THEN decode(repeat('00ff', 900000), 'hex') END AS b FROM generate_series(1, 3000) AS g",
    )
    table = read(odbc(database))
    assert table["n"].to_pylist() == list(range(1, 3001))
    assert table["s"][1499].as_py() == "எ" * 700_000
    assert table["s"][2999].as_py() == "short 3000"
    assert table["b"][8].as_py() == b"\x00\xff" * 900_000


def test_a_row_wider_than_a_buffer_is_read_all_the_same(database: str) -> None:
    columns = ", ".join(f"repeat('எ', 15000) AS c{number}, ''::varchar(9000000) AS d{number}" for number in range(100))
    run(database, f"CREATE TABLE t AS SELECT {columns}")
    (row,) = read(odbc(database)).to_pylist()
    assert set(row.values()) == {"எ" * 15_000, ""}


def test_tables_are_found_by_schema_case_and_never_in_the_systems_own(database: str) -> None:
    run(
        database,
        "CREATE SCHEMA dba", "CREATE TABLE dba.jobs (a int)", 'CREATE TABLE "JobsHead" (b int)',
        "CREATE TABLE public.twice (c int)", "CREATE TABLE dba.twice (d int)", 'CREATE TABLE dba."odd.name" (e int)',
        "CREATE TABLE one (f int)", 'CREATE TABLE "ONE" (g int)', "CREATE VIEW dba.seen AS SELECT 1 AS h",
    )  # fmt: skip
    with Desktop(odbc(database)) as desktop:

        def found(name: str) -> str:
            return "".join(column.name for column in desktop.columns(name))

        names = ("jobs", "DBA.Jobs", "jobshead", "public.twice", "dba.twice", "odd.name", "one", "ONE", "seen")
        assert [found(name) for name in names] == ["a", "a", "b", "c", "d", "e", "f", "g", "h"]
        with pytest.raises(
            SchemaMismatch, match=r"twice may be any of dba\.twice, public\.twice\. Write schema\.table"
        ):
            found("twice")
        with pytest.raises(SchemaMismatch, match=r"may be any of public\.ONE, public\.one"):
            found("One")
        for system in ("pg_class", "tables"):
            with pytest.raises(SchemaMismatch, match=f"no table {system}"):
                found(system)
        with pytest.raises(SchemaMismatch, match=r"no table joobs\. Near it are dba\.jobs"):
            found("joobs")


def test_conditions_compare_exactly_whatever_the_sessions_time_zone(database: str) -> None:
    run(
        database,
        "CREATE TABLE t (n int, s timestamp, z timestamptz, d date, v varchar(9))",
        "INSERT INTO t VALUES (1, '2024-01-01 10:00', '2024-01-01 10:00+00', '2024-01-01', 'a'),"
        " (2, '2024-01-01 10:00:00.000001', '2024-01-01 10:00:00.000001+00', '2024-01-02', 'o''b'),"
        " (3, NULL, NULL, NULL, NULL)",
        f"ALTER DATABASE {urlsplit(database).path[1:]} SET timezone = 'Asia/Kolkata'",
    )
    with Desktop(odbc(database)) as desktop:

        def chosen(*where: Condition) -> list[int]:
            rows = pa.Table.from_batches(desktop.read("t", ["n"], where))
            assert desktop.count("t", where) == rows.num_rows
            return sorted(rows["n"].to_pylist())

        assert chosen(Condition("s", ">=", "2024-01-01 10:00:00.000001")) == [2]
        assert chosen(Condition("z", ">=", "2024-01-01 10:00:00.000001")) == [2]
        assert chosen(Condition("z", ">=", "2024-01-01 10:00:00.000001", or_null=True)) == [2, 3]
        assert chosen(Condition("s", ">", "2024-01-01T10:00:00")) == [2]
        assert chosen(Condition("d", ">=", "2024-01-02")) == [2]
        assert chosen(Condition("v", "=", "o'b")) == [2]
        assert chosen(Condition("n", ">=", "1"), Condition("n", "<", "2")) == [1]


def test_a_range_of_each_type_is_cut_so_that_every_row_is_read_once(database: str) -> None:
    run(
        database,
        "SET TimeZone = 'Asia/Kolkata'",
        "CREATE TABLE t AS SELECT g AS n, g - 50 AS i, (g - 50) * 100000000000 AS b, (g / 8.0)::numeric(9, 3) AS f,"
        " date '2024-02-25' + g AS d, timestamp '2024-02-25 23:59:59.999999' + g * interval '61.000001 s' AS s,"
        " timestamptz '2024-10-27 00:00:00.000001+02' + g * interval '59.999999 s' AS z FROM generate_series(0, 98) g",
        "INSERT INTO t (n) VALUES (99)",
    )
    with Desktop(odbc(database)) as desktop:
        rows, extremes = desktop.extremes("t", [column.name for column in desktop.columns("t")])
        assert rows == 100
        for column in desktop.columns("t")[1:]:
            ranges = cut(column, *extremes[column.name], parts=7)
            assert len(ranges) == 7, column
            read = [
                number
                for part in ranges
                for batch in desktop.read("t", ["n"], part.where)
                for number in batch.column("n").to_pylist()
            ]
            assert sorted(read) == list(range(100)), column
            # What an extract of the same column keeps as its watermark, to the letter.
            highest = Maximum()
            for batch in desktop.read("t", [column.name]):
                highest.add(batch.column(column.name))
            assert as_text(extremes[column.name][1]) == highest.text, column


def test_the_extremes_of_an_empty_table_and_of_columns_without_values_are_none(database: str) -> None:
    run(database, "CREATE TABLE t (n int, s timestamp)")
    with Desktop(odbc(database)) as desktop:
        assert desktop.extremes("t", ["n", "s"]) == (0, {"n": (None, None), "s": (None, None)})
        run(database, "INSERT INTO t VALUES (1, NULL)")
        assert desktop.extremes("t", ["n", "s"]) == (1, {"n": (1, 1), "s": (None, None)})


def test_fewer_rows_than_counted_are_an_error_that_is_tried_again(database: str) -> None:
    run(
        database, "CREATE TABLE base AS SELECT g AS n FROM generate_series(1, 10) AS g", "CREATE SEQUENCE looked_at",
        "CREATE VIEW t AS SELECT n FROM base WHERE nextval('looked_at') <= 15",
    )  # fmt: skip
    with pytest.raises(DesktopUnavailable, match=r"sent 5 of 10 rows of table t"):
        read(odbc(database))


def test_more_rows_than_counted_are_taken(database: str) -> None:
    run(
        database, "CREATE TABLE base AS SELECT g AS n FROM generate_series(1, 10) AS g", "CREATE SEQUENCE looked_at",
        "CREATE VIEW t AS SELECT n FROM base WHERE nextval('looked_at') > 5",
    )  # fmt: skip
    assert read(odbc(database)).num_rows == 10


def test_a_value_that_grew_after_it_was_measured_is_an_error_and_not_a_cut(database: str) -> None:
    run(
        database, "CREATE SEQUENCE looked_at",
        "CREATE VIEW t AS SELECT repeat('x', CASE nextval('looked_at') WHEN 1 THEN 9 ELSE 9999 END::int)::text AS s",
    )  # fmt: skip
    with pytest.raises(DesktopUnavailable, match="longer than the longest one measured"):
        read(odbc(database))


def test_an_error_over_a_value_does_not_repeat_it(database: str) -> None:
    run(
        database, "CREATE TABLE base AS SELECT 'private value'::text AS s",
        "CREATE VIEW t AS SELECT CAST(s AS int) AS n FROM base",
    )  # fmt: skip
    with pytest.raises(SchemaMismatch, match=r"cannot hand over a value of desktop table t \(SQLSTATE 22P02") as caught:
        read(odbc(database))
    assert "private" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_table_that_vanishes_is_a_mismatch(database: str) -> None:
    run(database, "CREATE TABLE t (n int)")
    with Desktop(odbc(database)) as desktop:
        desktop.columns("t")
        run(database, "DROP TABLE t")
        with pytest.raises(SchemaMismatch, match=r"table t, or one of its columns, is gone \(SQLSTATE 42P01"):
            desktop.count("t")


def test_a_user_without_the_right_to_read_is_told_so(database: str) -> None:
    role = urlsplit(database).path[1:] + "_reader"
    run(database, "CREATE TABLE t (n int)", f"CREATE ROLE {role} LOGIN")
    try:
        with pytest.raises(ConnectionMisconfigured, match=r"may not read table t .* Grant it SELECT"):
            read(odbc(database, UID=role))
    finally:
        run(database, f"DROP ROLE {role}")


def test_a_dead_server_and_an_unknown_host_are_tried_again(database: str) -> None:
    for wrong in ({"PORT": 1}, {"SERVER": "no-such-host.invalid"}):
        with pytest.raises(DesktopUnavailable, match="the desktop cannot be reached") as caught:
            Desktop(odbc(database, **wrong)).__enter__()
        assert PASSWORD not in str(caught.value)


def test_an_unknown_database_is_for_a_person_to_correct(database: str) -> None:
    with pytest.raises(ConnectionMisconfigured, match=r'database "nowhere" does not exist.*Check user, password'):
        Desktop(odbc(database, DATABASE="nowhere")).__enter__()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may reconfigure and kill."""
    server = PostgresServer(settings={"fsync": "off"}).start()
    yield server
    server.stop("immediate")
    server.stop()


def test_a_wrong_password_is_for_a_person_to_correct(own_server: PostgresServer) -> None:
    run(own_server.uri(), f"ALTER ROLE postgres PASSWORD '{PASSWORD}'")
    (own_server.folder / "data" / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    own_server.stop("immediate")
    own_server.start()
    Desktop(odbc(own_server.uri())).__enter__().__exit__()
    with pytest.raises(
        ConnectionMisconfigured, match=r"password authentication failed.*Check user, password"
    ) as caught:
        Desktop(odbc(own_server.uri(), PWD="wr0ng-pw")).__enter__()
    assert "wr0ng-pw" not in str(caught.value)


@pytest.mark.parametrize("end", [PostgresServer.kill, lambda server: server.stop("immediate")], ids=["kill -9", "stop"])
def test_a_desktop_that_dies_in_mid_read_is_tried_again(
    own_server: PostgresServer, end: Callable[[PostgresServer], None]
) -> None:
    run(own_server.uri(), "CREATE TABLE t AS SELECT g AS n, repeat('x', 90) AS s FROM generate_series(1, 200000) AS g")
    with Desktop(odbc(own_server.uri())) as desktop:
        batches = iter(desktop.read("t", ["n", "s"], batch_rows=1_000))
        assert next(batches).num_rows == 1_000
        end(own_server)
        with pytest.raises(DesktopUnavailable, match="broke off while table t was read"):
            for _ in batches:
                pass


def test_a_read_that_is_given_up_ends_on_the_server_too(database: str) -> None:
    run(database, "CREATE TABLE t AS SELECT g AS n, repeat('x', 90) AS s FROM generate_series(1, 200000) AS g")
    with Desktop(odbc(database)) as desktop:
        batches = desktop.read("t", ["n", "s"], batch_rows=1_000)
        next(iter(batches))
        del batches
    with psycopg.connect(database, autocommit=True) as connection:
        for _ in range(50):
            left = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            ).fetchone()
            if left == (0,):
                break
            clock.sleep(0.1)
        assert left == (0,)


def test_memory_does_not_grow_with_the_rows(database: str) -> None:
    run(
        database,
        "CREATE TABLE t AS SELECT g AS n, repeat('x', 120) AS s, now()::timestamp AS at, g * 1.25 AS a"
        " FROM generate_series(1, 200000) AS g",
    )
    script = (
        "import sys\nfrom hybrid_sync.desktop import Condition, Desktop\n"
        "with Desktop(sys.argv[1]) as desktop:\n"
        "    where = [Condition('n', '<=', sys.argv[2])]\n"
        "    rows = sum(b.num_rows for b in desktop.read('t', ['n', 's', 'at', 'a'], where))\n"
        "peak = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1]\n"
        "print(rows, int(peak) // 1024)"
    )

    def peak(rows: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", script, odbc(database), str(rows)],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "plugins"},
        )  # fmt: skip
        read, megabytes = map(int, done.stdout.split())
        assert read == rows
        return megabytes

    assert peak(200_000) - peak(100_000) < 15  # the rows themselves grow by 16 MB, the driver's by several times that
