"""The desktop through the SQLite ODBC driver: every value as SQLite holds it, whatever the driver would make of it."""

from __future__ import annotations

import os
import random
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from hybrid_sync.desktop import Condition, Desktop, TextNotUtf8
from hybrid_sync.errors import ConnectionMisconfigured, SchemaMismatch

Fill = Callable[..., str]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Runs statements in a database file and gives its ODBC connection string."""

    def run(*statements: str | tuple[str, tuple[object, ...]]) -> str:
        with sqlite3.connect(tmp_path / "desktop.db") as database:
            for statement in statements:
                database.execute(*((statement,) if isinstance(statement, str) else statement))
        database.close()
        return f"DRIVER={{SQLite3}};Database={tmp_path / 'desktop.db'};"

    return run


def read(connection: str, table: str = "t", **options: object) -> pa.Table:
    with Desktop(connection) as desktop:
        names = [column.name for column in desktop.columns(table)]
        return pa.Table.from_batches(desktop.read(table, names, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("declared", "value", "arrow", "expected"),
    [
        ("INTEGER", 5_000_000_000, pa.int64(), 5_000_000_000),
        ("INT", -(2**63), pa.int64(), -(2**63)),
        ("BIGINT", 2**63 - 1, pa.int64(), 2**63 - 1),
        ("SMALLINT", 70_000, pa.int64(), 70_000),
        ("TINYINT", 200, pa.int64(), 200),
        ("INT UNSIGNED", 4_294_967_295, pa.int64(), 4_294_967_295),
        ("NUMERIC(10,2)", "12345678.91", pa.string(), "12345678.91"),
        ("DECIMAL(15,2)", "1234567890123.45", pa.string(), "1234567890123.45"),
        ("DECIMAL(8,2)", 0.1, pa.string(), "0.1"),
        ("NUMERIC(3)", 101, pa.string(), "101"),
        ("NUMERIC", 2**62, pa.string(), "4611686018427387904"),
        ("NUMERIC", 1e22, pa.string(), "10000000000000000000000"),
        ("CURRENCY", "12.30", pa.string(), "12.3"),
        ("DOUBLE", 0.1 + 0.2, pa.float64(), 0.1 + 0.2),
        ("REAL", 1.7976931348623157e308, pa.float64(), 1.7976931348623157e308),
        ("FLOAT", 7, pa.float64(), 7.0),
        ("CHAR(5)", "ab   ", pa.string(), "ab   "),
        ("VARCHAR(60)", "தமிழ் हिन्दी 😀 “q”", pa.string(), "தமிழ் हिन्दी 😀 “q”"),
        ("VARCHAR(2)", "longer than it says", pa.string(), "longer than it says"),
        ("VARCHAR(2)", "x" * 70_000, pa.string(), "x" * 70_000),
        ("TEXT", "line\r\nline\n\ttab \\ ' \" ;", pa.string(), "line\r\nline\n\ttab \\ ' \" ;"),
        ("TEXT", "", pa.string(), ""),
        ("TEXT", "எ" * 500_000, pa.string(), "எ" * 500_000),
        ("BLOB", b"\x00\xff'", pa.binary(), b"\x00\xff'"),
        ("BLOB", b"", pa.binary(), b""),
        ("BLOB", bytes(range(256)) * 5_000, pa.binary(), bytes(range(256)) * 5_000),
        ("VARBINARY(4)", b"\x00" * 300, pa.binary(), b"\x00" * 300),
        ("BOOLEAN", 1, pa.bool_(), True),
        ("BIT", 0, pa.bool_(), False),
        ("DATE", "2024-02-29", pa.string(), "2024-02-29"),
        ("DATE", "0000-00-00", pa.string(), "0000-00-00"),
        ("TIME", "23:59:59.999999", pa.string(), "23:59:59.999999"),
        ("TIMESTAMP", "2024-02-29 12:34:56.789012", pa.string(), "2024-02-29 12:34:56.789012"),
        ("DATETIME", "2024-02-29T12:34:56+05:30", pa.string(), "2024-02-29T12:34:56+05:30"),
        ("UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", pa.string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("", "untyped", pa.string(), "untyped"),
        ("", "1.10", pa.string(), "1.10"),
        ("", "007.50", pa.string(), "007.50"),
        ("", "12345678901234567890.12", pa.string(), "12345678901234567890.12"),
        ("", 1.1, pa.string(), "1.1"),
        ("", 1e22, pa.string(), "10000000000000000000000"),
        ("", float("inf"), pa.string(), "Inf"),
        ("", "\x011.50", pa.string(), "\x011.50"),
        ("", "\x01\x01Inf", pa.string(), "\x01\x01Inf"),
    ],
)  # fmt: skip
def test_values_are_exact(fill: Fill, declared: str, value: object, arrow: pa.DataType, expected: object) -> None:
    table = read(fill(f"CREATE TABLE t (v {declared})", ("INSERT INTO t VALUES (?), (NULL)", (value,))))
    assert table.schema.field("v").type == arrow
    assert table["v"].to_pylist() == [expected, None]


@pytest.mark.parametrize(
    ("declared", "odd"),
    [
        ("INTEGER", "abc"),
        ("INTEGER", 1.5),
        ("REAL", "abc"),
        ("BOOLEAN", 2),
        ("BOOLEAN", "yes"),
        ("INTEGER", "y" * 9_999),
    ],
)
def test_a_column_with_values_of_another_type_comes_as_text(fill: Fill, declared: str, odd: object) -> None:
    table = read(fill(f"CREATE TABLE t (v {declared})", ("INSERT INTO t VALUES (?), (1)", (odd,))))
    assert table["v"].to_pylist()[0] == str(odd)
    assert float(table["v"].to_pylist()[1]) == 1


@pytest.mark.parametrize(("declared", "odd"), [("INTEGER", "abc"), ("REAL", "abc"), ("BOOLEAN", 0.1)])
def test_numbers_beside_a_value_of_another_type_have_no_more_digits_than_before(
    fill: Fill, declared: str, odd: object
) -> None:
    rows = [("INSERT INTO t VALUES (?)", (value,)) for value in (odd, 1.1, -0.1)]
    assert read(fill(f"CREATE TABLE t (v {declared})", *rows))["v"].to_pylist() == [str(odd), "1.1", "-0.1"]


def test_text_of_a_view_is_not_taken_for_a_number(fill: Fill) -> None:
    uri = fill(
        "CREATE TABLE u (d REAL)", "INSERT INTO u VALUES (1.1)", "CREATE VIEW t AS SELECT printf('%.2f', d) AS v FROM u"
    )
    assert read(uri)["v"].to_pylist() == ["1.10"]


def test_that_a_column_is_read_as_text_is_logged_without_its_values(
    fill: Fill, caplog: pytest.LogCaptureFixture
) -> None:
    read(fill("CREATE TABLE t (v INTEGER)", "INSERT INTO t VALUES ('secret value')"))
    assert "t: v hold values that the driver cannot hand over" in caplog.text
    assert "secret value" not in caplog.text


def test_text_with_a_nul_or_kept_as_bytes_is_not_cut(fill: Fill) -> None:
    table = read(fill("CREATE TABLE t (v TEXT)", ("INSERT INTO t VALUES (?), (?), ('e')", ("a\0b", b"c\0d"))))
    assert table["v"].to_pylist() == [b"a\0b", b"c\0d", b"e"]


@pytest.mark.parametrize("text", [b"caf\xe9", b"smart \x93quotes\x94", b"\xff\xfe", b"\xed\xa0\x80"])
@pytest.mark.parametrize("long", [b"", b"x" * 100_000])  # the first goes through arrow-odbc, the second through pyodbc
def test_text_that_is_not_utf8_is_told_and_can_be_read_as_bytes(fill: Fill, text: bytes, long: bytes) -> None:
    connection = fill(
        "CREATE TABLE t (n INTEGER, v TEXT, d DATE)",
        ("INSERT INTO t VALUES (1, CAST(? AS TEXT), '2024-01-01'), (2, 'எ', NULL)", (text + long,)),
    )
    with pytest.raises(TextNotUtf8, match="table t holds text that is not UTF-8"):
        read(connection)
    table = read(connection, raw_text=True)
    assert table["v"].to_pylist() == [text + long, "எ".encode()]
    assert table["n"].to_pylist() == [1, 2]


def test_doubles_keep_every_bit(fill: Fill) -> None:
    chance = random.Random(7)
    doubles = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(3_000)]
    doubles = [number for number in doubles if number == number] + [chance.uniform(-1e6, 1e6) for _ in range(3_000)]
    fill("CREATE TABLE t (v DOUBLE)", "CREATE TABLE n (v NUMERIC)")
    for table in ("t", "n"):
        connection = fill(*((f"INSERT INTO {table} VALUES (?)", (number,)) for number in doubles))
        assert [float(value) for value in read(connection, table)["v"].to_pylist()] == doubles


def test_decimals_of_fifteen_digits_come_as_they_were_written(fill: Fill) -> None:
    chance = random.Random(8)
    numbers = [
        f"{chance.randrange(-(10**13), 10**13)}.{chance.randrange(1, 10)}{chance.randrange(1, 10)}" for _ in range(999)
    ]
    connection = fill("CREATE TABLE t (v DECIMAL(15,2))", *(("INSERT INTO t VALUES (?)", (n,)) for n in numbers))
    assert read(connection)["v"].to_pylist() == numbers


def test_what_the_database_has_lost_itself_is_told_by_column(fill: Fill) -> None:
    with Desktop(fill("CREATE TABLE t (id INTEGER, amount DECIMAL(18,4), name TEXT)")) as desktop:
        warnings = desktop.warnings("t")
        assert desktop.warnings("t", ["id"]) == {}
    assert list(warnings) == ["amount"]
    assert "15 digits" in warnings["amount"]


def test_a_column_of_nothing_but_nulls_and_an_empty_table_have_their_types(fill: Fill) -> None:
    declared = "a INTEGER, b TEXT, c BLOB, d DATE, e DECIMAL(8,2), f REAL, g BOOLEAN"
    nulls = read(fill(f"CREATE TABLE t ({declared})", "INSERT INTO t DEFAULT VALUES"))
    empty = read(fill(f"CREATE TABLE empty ({declared})"), "empty")
    assert nulls.num_rows == 1
    assert set(nulls.to_pylist()[0].values()) == {None}
    assert (empty.num_rows, empty.schema) == (0, nulls.schema)


def test_rows_come_in_batches_of_the_asked_size(fill: Fill) -> None:
    connection = fill("CREATE TABLE t (v INTEGER)", *(("INSERT INTO t VALUES (?)", (n,)) for n in range(25)))
    with Desktop(connection) as desktop:
        assert [batch.num_rows for batch in desktop.read("t", ["v"], batch_rows=10)] == [10, 10, 5]


def test_columns_come_in_the_order_asked_for_under_awkward_names(fill: Fill) -> None:
    connection = fill(
        'CREATE TABLE "we""ird table" ("select" INTEGER, "two words" TEXT,'
        ' "qu""ote" TEXT, "எ" TEXT, "semi;colon" TEXT)',
        "INSERT INTO \"we\"\"ird table\" VALUES (1, 'b', 'c', 'd', 'e')",
    )
    names = ["semi;colon", "எ", 'qu"ote', "two words", "select"]
    with Desktop(connection) as desktop:
        (batch,) = desktop.read('we"ird table', names)
    assert batch.schema.names == names
    assert batch.to_pylist() == [dict(zip(names, ["e", "d", "c", "b", 1], strict=True))]


def test_a_table_is_found_without_its_letter_case_and_so_is_a_view(fill: Fill) -> None:
    connection = fill("CREATE TABLE JobsHead (JOB_ID INTEGER)", "CREATE VIEW open_jobs AS SELECT job_id FROM jobshead")
    with Desktop(connection) as desktop:
        assert [column.name for column in desktop.columns("jobshead")] == ["JOB_ID"]
        assert desktop.count("JOBSHEAD") == 0
        assert [column.name for column in desktop.columns("open_jobs")]
        assert set(desktop.tables()) == {"JobsHead", "open_jobs"}


def test_a_table_name_is_not_a_pattern(fill: Fill) -> None:
    connection = fill(
        "CREATE TABLE job_s (a INTEGER)", "CREATE TABLE jobxs (b INTEGER)", 'CREATE TABLE "job%" (c INTEGER)'
    )
    with Desktop(connection) as desktop:
        assert [[column.name for column in desktop.columns(name)] for name in ("job_s", "jobxs", "job%")] == [
            ["a"], ["b"], ["c"],
        ]  # fmt: skip


def test_a_missing_table_is_named_with_its_neighbours(fill: Fill) -> None:
    with (
        Desktop(fill("CREATE TABLE jobshead (a INTEGER)", "CREATE TABLE jobtasks (a INTEGER)")) as desktop,
        pytest.raises(SchemaMismatch, match=r"no table jobhead\. Near it are jobshead"),
    ):
        desktop.columns("jobhead")


def test_a_missing_column_is_named_with_those_there_are(fill: Fill) -> None:
    with Desktop(fill("CREATE TABLE t (a INTEGER, b INTEGER)")) as desktop:
        with pytest.raises(SchemaMismatch, match=r"table t has no column c, d\. It has a, b\."):
            list(desktop.read("t", ["a", "c", "d"]))
        with pytest.raises(SchemaMismatch, match="no column z to filter by"):
            desktop.count("t", [Condition("z", ">=", "1")])


def test_conditions_choose_rows_and_take_no_sql(fill: Fill) -> None:
    connection = fill(
        "CREATE TABLE t (n INTEGER, at TIMESTAMP, s TEXT)",
        "INSERT INTO t VALUES (1, '2024-01-01 10:00:00', 'a'), (2, '2024-01-01 10:00:00.000001', 'o''b'),"
        " (3, NULL, NULL), (4, '2024-01-02 00:00:00', 'c')",
    )
    with Desktop(connection) as desktop:

        def chosen(*where: Condition) -> list[int]:
            rows = pa.Table.from_batches(desktop.read("t", ["n"], where))
            assert desktop.count("t", where) == rows.num_rows
            return rows["n"].to_pylist()

        assert chosen(Condition("at", ">=", "2024-01-01 10:00:00.000001")) == [2, 4]
        assert chosen(Condition("at", ">", "2024-01-01 10:00:00", or_null=True)) == [2, 3, 4]
        assert chosen(Condition("n", ">=", "2"), Condition("n", "<", "4")) == [2, 3]
        assert chosen(Condition("s", "=", "o'b")) == [2]
        assert chosen(Condition("s", "=", "' OR 1=1 --")) == []
        with pytest.raises(ValueError, match="n is a number"):
            chosen(Condition("n", ">=", "1 OR 1=1"))
        with pytest.raises(ValueError, match="at is a date or timestamp"):
            chosen(Condition("at", ">=", "'; DROP TABLE t"))


def test_a_misspelt_path_is_an_error_and_makes_no_database(tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    with pytest.raises(ConnectionMisconfigured, match="SQLite file cannot be opened"):
        Desktop(f"DRIVER={{SQLite3}};Database={missing};").__enter__()
    assert not missing.exists()


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be looked at" * 100)
    with (
        pytest.raises(SchemaMismatch, match="shows no table at all"),
        Desktop(f"DRIVER={{SQLite3}};Database={tmp_path / 'notes.txt'};") as desktop,
    ):
        desktop.columns("t")


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        (
            "DRIVER={No Such Driver};SERVER=here;UID=u;PWD=topsecret;",
            r"driver of the desktop .* is not installed.*odbcinst",
        ),
        ("DRIVER=/nowhere/libdriver.so;PWD=topsecret;", "is not installed"),
        ("DSN=nowhere;UID=u;PWD=topsecret;", "names no ODBC driver or data source"),
        ("SERVER=here;PWD={topsecret};", "names no ODBC driver or data source"),
    ],
)
def test_a_missing_driver_or_data_source_says_what_to_do_and_no_password(connection: str, message: str) -> None:
    with pytest.raises(ConnectionMisconfigured, match=message) as caught:
        Desktop(connection).__enter__()
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, fill: Fill) -> None:
    connection = fill("CREATE TABLE t (n INTEGER, at TIMESTAMP, name VARCHAR(60), note TEXT)")
    rows = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 150000)"
    fill(f"INSERT INTO t {rows} SELECT n, '2024-01-01 10:00:00.123456', 'name ' || n, printf('%.200c', 'x') FROM s")
    script = (
        "import sys\nfrom hybrid_sync.desktop import Condition, Desktop\n"
        "with Desktop(sys.argv[1]) as desktop:\n"
        "    where = [Condition('n', '<=', sys.argv[2])]\n"
        "    rows = sum(b.num_rows for b in desktop.read('t', ['n', 'at', 'name', 'note'], where))\n"
        "peak = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1]\n"
        "print(rows, int(peak) // 1024)"
    )

    def peak(rows: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", script, connection, str(rows)],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "plugins"},
        )  # fmt: skip
        read, megabytes = map(int, done.stdout.split())
        assert read == rows
        return megabytes

    assert peak(150_000) - peak(50_000) < 15  # the rows themselves grow by 28 MB
