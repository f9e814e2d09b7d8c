"""The desktop through MariaDB's ODBC driver, from a real MariaDB server that this module starts for itself.

Without the server's programs (Debian: mariadb-server-core) the module is skipped, loudly; with CI set it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time as clock
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyodbc
import pytest

from demo.postgres import free_port
from hybrid_sync.desktop import Condition, Desktop
from hybrid_sync.errors import ConnectionMisconfigured, DesktopUnavailable, SchemaMismatch
from hybrid_sync.splitting import cut
from hybrid_sync.watermarks import Maximum, as_text

Run = Callable[..., None]
TAMIL = "தமிழ் हिन्दी 😀 “q”"


def program(name: str) -> str:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if found is None:
        reason = f"MariaDB's {name} is not installed (Debian: apt-get install mariadb-server-core odbc-mariadb)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The ODBC connection string of a database on a server of its own."""
    install, daemon = program("mariadb-install-db"), program("mariadbd")
    folder = Path(tempfile.mkdtemp(prefix="hybrid-sync-mariadb-", dir="/var/tmp"))
    port = free_port()
    user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "mysql")
        user = ["setpriv", "--reuid=mysql", "--regid=mysql", "--init-groups"]
    log = (folder / "server.log").open("wb")
    subprocess.run(
        [*user, install, "--no-defaults", f"--datadir={folder}/data", "--auth-root-authentication-method=normal",
         "--skip-test-db"], check=True, stdout=log, stderr=log, cwd="/",
    )  # fmt: skip
    running = subprocess.Popen(
        [*user, daemon, "--no-defaults", f"--datadir={folder}/data", f"--port={port}", "--bind-address=127.0.0.1",
         f"--socket={folder}/socket", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
         "--default-time-zone=+05:30", "--sql-mode="], stdout=log, stderr=log, cwd="/",
        env={**os.environ, "TZ": "Europe/Berlin"},  # what a session calls SYSTEM
    )  # fmt: skip
    connection = f"DRIVER={{MariaDB Unicode}};SERVER=127.0.0.1;PORT={port};UID=root;PWD=;"
    try:
        for _ in range(300):
            with suppress(pyodbc.Error):
                root = pyodbc.connect(connection, autocommit=True)
                break
            clock.sleep(0.1)
        else:
            pytest.fail((folder / "server.log").read_text())
        root.execute("CREATE DATABASE desktop CHARACTER SET utf8mb4")
        root.execute("CREATE DATABASE other")
        root.execute("CREATE USER reader@'%' IDENTIFIED BY 's3cret-pw'")
        root.execute("GRANT SELECT ON desktop.* TO reader@'%'")
        root.close()
        yield connection.replace("UID=root;PWD=;", "UID=root;PWD=;DATABASE=desktop;")
    finally:
        running.terminate()
        running.wait(30)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def run(server: str) -> Iterator[Run]:
    """Runs statements; the tables t and u are gone afterwards."""
    connection = pyodbc.connect(server, autocommit=True)

    def statements(*texts: str, **values: object) -> None:
        for text in texts:
            connection.execute(text, *values.values())

    yield statements
    statements("DROP TABLE IF EXISTS t", "DROP TABLE IF EXISTS u", "DROP VIEW IF EXISTS v")
    connection.close()


def read(connection: str, table: str = "t", **options: object) -> pa.Table:
    with Desktop(connection) as desktop:
        names = [column.name for column in desktop.columns(table)]
        return pa.Table.from_batches(desktop.read(table, names, **options))  # type: ignore[arg-type]


MICROS = datetime(2024, 2, 29, 12, 34, 56, 789012)
VALUES: list[tuple[str, str, pa.DataType, object]] = [
    ("TINYINT", "-128", pa.int64(), -128),
    ("TINYINT UNSIGNED", "255", pa.int64(), 255),
    ("SMALLINT UNSIGNED", "65535", pa.int64(), 65535),
    ("MEDIUMINT", "-8388608", pa.int64(), -8388608),
    ("INT", "-2147483648", pa.int64(), -(2**31)),
    ("INT UNSIGNED", "4294967295", pa.int64(), 4294967295),
    ("INT(8) UNSIGNED ZEROFILL", "42", pa.int64(), 42),
    ("BIGINT", "9223372036854775807", pa.int64(), 2**63 - 1),
    ("BIGINT UNSIGNED", "18446744073709551615", pa.decimal128(20, 0), Decimal("18446744073709551615")),
    ("BOOLEAN", "TRUE", pa.int64(), 1),
    ("BIT", "b'1'", pa.bool_(), True),
    ("BIT(1)", "b'0'", pa.bool_(), False),
    ("BIT(9)", "b'101010101'", pa.decimal128(20, 0), Decimal("341")),
    ("BIT(64)", "x'FFFFFFFFFFFFFFFF'", pa.decimal128(20, 0), Decimal("18446744073709551615")),
    ("DECIMAL(8,2)", "-123456.78", pa.decimal128(8, 2), Decimal("-123456.78")),
    ("DECIMAL(38,10)", "1234567890123456789012345678.0123456789", pa.decimal128(38, 10),
     Decimal("1234567890123456789012345678.0123456789")),
    ("DECIMAL(65,30)", "-12345678901234567890123456789012345.123456789012345678901234567890", pa.string(),
     "-12345678901234567890123456789012345.123456789012345678901234567890"),
    ("FLOAT", "0.1", pa.float32(), 0.10000000149011612),
    ("FLOAT", "16777215", pa.float32(), 16777215.0),
    ("DOUBLE", "0.1e0 + 0.2e0", pa.float64(), 0.30000000000000004),
    ("DOUBLE", "1.7976931348623157e308", pa.float64(), 1.7976931348623157e308),
    ("CHAR(10)", "'ab'", pa.string(), "ab"),
    ("VARCHAR(60)", f"'{TAMIL}'", pa.string(), TAMIL),
    ("VARCHAR(255) CHARACTER SET latin1", "'café “q” €'", pa.string(), "café “q” €"),
    ("VARCHAR(4000)", "REPEAT('😀', 4000)", pa.string(), "😀" * 4000),
    ("TEXT", "'cr\\r\\nlf\\n\\ttab \\\\ '' \" ; ?'", pa.string(), "cr\r\nlf\n\ttab \\ ' \" ; ?"),
    ("TINYTEXT", "''", pa.string(), ""),
    ("LONGTEXT", "REPEAT('எ', 9000)", pa.string(), "எ" * 9000),
    ("BINARY(4)", "x'00FF'", pa.binary(), b"\x00\xff\x00\x00"),
    ("VARBINARY(9)", "x'00FF'", pa.binary(), b"\x00\xff"),
    ("BLOB", "''", pa.binary(), b""),
    ("LONGBLOB", "REPEAT(x'00FF', 9000)", pa.binary(), b"\x00\xff" * 9000),
    ("DATE", "'2024-02-29'", pa.date32(), date(2024, 2, 29)),
    ("DATE", "'9999-12-31'", pa.date32(), date(9999, 12, 31)),
    ("DATETIME", "'2024-02-29 12:34:56'", pa.timestamp("us"), MICROS.replace(microsecond=0)),
    ("DATETIME(6)", "'2024-02-29 12:34:56.789012'", pa.timestamp("us"), MICROS),
    ("DATETIME(6)", "'9999-12-31 23:59:59.999999'", pa.timestamp("us"), datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("TIMESTAMP(6) NULL", "'2024-02-29 18:04:56.789012'", pa.timestamp("us", tz="UTC"), MICROS.replace(tzinfo=UTC)),
    ("TIME", "'23:59:59'", pa.time64("us"), time(23, 59, 59)),
    ("TIME(6)", "'00:00:00.000001'", pa.time64("us"), time(0, 0, 0, 1)),
    ("YEAR", "2024", pa.int64(), 2024),
    ("ENUM('sad','so so')", "'so so'", pa.string(), "so so"),
    ("SET('a','எ')", "'a,எ'", pa.string(), "a,எ"),
    ("JSON", """'{"a": [1, "எ"]}'""", pa.string(), '{"a": [1, "எ"]}'),
    ("UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", pa.string(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("INET6", "'::1'", pa.string(), "::1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "value", "arrow", "expected"), VALUES, ids=[f"{case[0]} {case[1][:20]}" for case in VALUES]
)
def test_values_are_exact(
    server: str, run: Run, declared: str, value: str, arrow: pa.DataType, expected: object
) -> None:
    run(f"CREATE TABLE t (n int, c {declared})", f"INSERT INTO t VALUES (1, {value}), (2, NULL)")
    table = read(server)
    assert table.schema.field("c").type == arrow
    assert table["c"].to_pylist() == [expected, None]


def test_values_are_exact_beside_one_of_a_megabyte_too(server: str, run: Run) -> None:
    columns = ", ".join(f"c{number} {case[0]}" for number, case in enumerate(VALUES))
    run(
        f"CREATE TABLE t (z LONGTEXT, {columns})",
        f"INSERT INTO t VALUES (REPEAT('z', 1200000), {', '.join(case[1] for case in VALUES)})",
    )
    table = read(server)
    assert list(table.to_pylist()[0].values()) == ["z" * 1_200_000, *(case[3] for case in VALUES)]
    assert [field.type for field in table.schema][1:] == [case[2] for case in VALUES]


@pytest.mark.parametrize(
    ("declared", "odd"),
    [
        ("DATE", "0000-00-00"), ("DATE", "2024-00-00"), ("DATE", "2024-02-00"), ("DATETIME", "0000-00-00 00:00:00"),
        ("DATETIME(6)", "2024-00-10 10:00:00.000001"), ("TIMESTAMP NULL", "0000-00-00 00:00:00"),
        ("TIME", "838:59:59"), ("TIME(6)", "-12:34:56.789012"), ("TIME", "24:00:00"),
    ],
)  # fmt: skip
def test_a_value_that_the_driver_would_change_comes_as_its_text(
    server: str, run: Run, declared: str, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    run(f"CREATE TABLE t (c {declared})", f"INSERT INTO t VALUES ('{odd}'), (NULL)")
    assert read(server)["c"].to_pylist() == [odd, None]
    assert "t: c hold values" in caplog.text
    assert odd not in caplog.text


def test_names_are_quoted_with_the_drivers_own_mark(server: str, run: Run) -> None:
    run("CREATE TABLE t (`select` int, `two words` int, `b``tick` int, `எ` int)", "INSERT INTO t VALUES (1, 2, 3, 4)")
    with Desktop(server) as desktop:
        (batch,) = desktop.read("t", ["எ", "b`tick", "two words", "select"])
    assert batch.to_pylist() == [{"எ": 4, "b`tick": 3, "two words": 2, "select": 1}]


def test_only_tables_of_the_connections_database_are_seen(server: str, run: Run) -> None:
    run("CREATE TABLE t (a int)", "CREATE TABLE other.t (b int)", "CREATE TABLE other.elsewhere (c int)")
    run("CREATE VIEW v AS SELECT a FROM t")
    try:
        with Desktop(server) as desktop:
            assert desktop.tables() == ("t", "v")
            assert [[column.name for column in desktop.columns(name)] for name in ("T", "v")] == [["a"], ["a"]]
            with pytest.raises(SchemaMismatch, match="no table elsewhere"):
                desktop.columns("elsewhere")
    finally:
        run("DROP TABLE other.t", "DROP TABLE other.elsewhere")


def test_a_zero_date_leaves_the_moments_beside_it_alone_when_the_clock_shows_an_hour_twice(
    server: str, run: Run
) -> None:
    moments = ["2024-10-27 00:30:00.500000", "2024-10-27 01:30:00.500000"]
    run("CREATE TABLE t (z timestamp(6) NULL)", "SET time_zone = '+00:00'")
    run(*(f"INSERT INTO t VALUES ('{moment}')" for moment in moments), "INSERT INTO t VALUES ('0000-00-00 00:00:00')")
    run("SET GLOBAL time_zone = 'SYSTEM'")
    try:
        assert read(server)["z"].to_pylist() == [f"{m}+00:00" for m in moments] + ["0000-00-00 00:00:00.000000"]
    finally:
        run("SET GLOBAL time_zone = '+05:30'")


def test_conditions_compare_exactly_whatever_the_sessions_time_zone(server: str, run: Run) -> None:
    run(
        "CREATE TABLE t (n int, s datetime(6), z timestamp(6) NULL, d date, v varchar(9))",
        "INSERT INTO t VALUES (1, '2024-01-01 10:00', '2024-01-01 15:30', '2024-01-01', 'a'),"
        " (2, '2024-01-01 10:00:00.000001', '2024-01-01 15:30:00.000001', '2024-01-02', 'o''b'),"
        " (3, NULL, NULL, NULL, NULL)",
    )
    with Desktop(server) as desktop:

        def chosen(*where: Condition) -> list[int]:
            rows = pa.Table.from_batches(desktop.read("t", ["n"], where))
            assert desktop.count("t", where) == rows.num_rows
            return sorted(rows["n"].to_pylist())

        assert chosen(Condition("s", ">=", "2024-01-01 10:00:00.000001")) == [2]
        assert chosen(Condition("z", ">=", "2024-01-01 10:00:00.000001")) == [2]
        assert chosen(Condition("z", ">=", "2024-01-01 10:00:00.000001", or_null=True)) == [2, 3]
        assert chosen(Condition("z", "<=", "2024-01-01 10:00:00")) == [1]
        assert chosen(Condition("d", ">=", "2024-01-02")) == [2]
        assert chosen(Condition("v", "=", "o'b")) == [2]
        assert chosen(Condition("n", ">=", "1"), Condition("n", "<", "2")) == [1]


def test_a_range_of_each_type_is_cut_so_that_every_row_is_read_once(server: str, run: Run) -> None:
    run(
        "CREATE TABLE t (n int, i int, u bigint unsigned, f decimal(9, 3), d date, s datetime(6), z timestamp(6) NULL)",
        "INSERT INTO t SELECT seq, CAST(seq AS SIGNED) - 50, seq * 100000000000000000, seq / 8,"
        " DATE '2024-02-25' + INTERVAL seq DAY,"
        " TIMESTAMP '2024-02-25 23:59:59.999999' + INTERVAL seq * 61 SECOND,"
        " TIMESTAMP '2024-10-27 00:00:00.000001' + INTERVAL seq * 59 SECOND FROM seq_0_to_98",
        "INSERT INTO t (n) VALUES (99)",
    )
    with Desktop(server) as desktop:
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


def test_many_rows_come_whole_and_in_batches(server: str, run: Run) -> None:
    run("CREATE TABLE t AS SELECT seq AS n, CONCAT('row ', seq) AS s FROM seq_1_to_120000")
    table = read(server)
    assert sorted(table["n"].to_pylist()) == list(range(1, 120_001))
    assert len(table["n"].chunks) > 1


def test_a_wrong_password_and_an_unknown_database_are_for_a_person_to_correct(server: str, run: Run) -> None:
    for uid, password, database, message in (
        ("reader", "wr0ng-pw", "desktop", "Access denied"),
        ("reader", "s3cret-pw", "nowhere", "nowhere"),
    ):
        wrong = server.replace("UID=root;PWD=;DATABASE=desktop", f"UID={uid};PWD={password};DATABASE={database}")
        with pytest.raises(ConnectionMisconfigured, match=f"{message}.*Check user, password") as caught:
            Desktop(wrong).__enter__()
        assert password not in str(caught.value)


def test_a_user_without_the_right_to_read_is_told_so(server: str, run: Run) -> None:
    run("CREATE TABLE t (a int)", "CREATE TABLE u (a int)", "REVOKE SELECT ON desktop.* FROM reader@'%'")
    run("GRANT SELECT ON desktop.t TO reader@'%'", "GRANT INSERT ON desktop.u TO reader@'%'")
    try:
        reader = server.replace("UID=root;PWD=", "UID=reader;PWD=s3cret-pw")
        with Desktop(reader) as desktop:
            assert desktop.count("t") == 0
            with pytest.raises(ConnectionMisconfigured, match=r"may not read table u .* Grant it SELECT"):
                desktop.count("u")
    finally:
        run("GRANT SELECT ON desktop.* TO reader@'%'")


def test_a_dead_server_and_an_unknown_host_are_tried_again(server: str) -> None:
    for here, there in (("PORT=", "PORT=1"), ("127.0.0.1", "no-such-host.invalid")):
        with pytest.raises(DesktopUnavailable, match="the desktop cannot be reached"):
            Desktop(server.replace(here, there)).__enter__()


def test_a_connection_that_is_killed_in_mid_read_is_tried_again(server: str, run: Run) -> None:
    run("CREATE TABLE t AS SELECT seq AS n, REPEAT('x', 90) AS s FROM seq_1_to_1000")
    with Desktop(server) as desktop:
        desktop.columns("t")
        mine = desktop._connection.execute("SELECT CONNECTION_ID()").fetchval()
        run(f"KILL {mine}")
        with pytest.raises(DesktopUnavailable, match="broke off while table t was read"):
            desktop.count("t")
