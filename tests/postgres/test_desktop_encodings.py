"""Text of PostgreSQL desktops that are not in UTF-8, through psqlODBC: every letter, and what is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pytest

from demo.postgres import PostgresServer
from hybrid_sync.desktop import TextNotUtf8
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.odbc.encodings import to_utf8
from tests.postgres.test_desktop_postgres import odbc, read, run

Make = Callable[..., str]
SINGLE_BYTE = (
    *(f"WIN{number}" for number in (866, 874, *range(1250, 1259))), *(f"LATIN{number}" for number in range(1, 11)),
    *(f"ISO_8859_{number}" for number in range(5, 9)), "KOI8R", "KOI8U",
)  # fmt: skip


@pytest.fixture
def make(postgres_server: PostgresServer, database: str) -> Iterator[Make]:
    """Makes a database of an encoding, runs statements in it and gives its connection string; it is gone afterwards."""
    made: list[str] = []

    def desktop(encoding: str, *statements: str) -> str:
        name = f"{urlsplit(database).path[1:]}_{encoding.lower()}"
        run(postgres_server.uri(), f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        made.append(name)
        run(postgres_server.uri(name), *statements)
        return odbc(postgres_server.uri(name))

    yield desktop
    for name in made:
        run(postgres_server.uri(), f"DROP DATABASE {name} WITH (FORCE)")


def test_text_of_a_database_without_an_encoding_can_be_read_as_bytes(make: Make) -> None:
    desktop = make(
        "SQL_ASCII", "CREATE TABLE t (n int, s text, v varchar(9))",
        r"INSERT INTO t VALUES (1, E'caf\xe9', E'\x93q\x94')",
    )  # fmt: skip
    with pytest.raises(TextNotUtf8, match="table t holds text that is not UTF-8"):
        read(desktop)
    assert read(desktop, raw_text=True).to_pylist() == [{"n": 1, "s": b"caf\xe9", "v": b"\x93q\x94"}]


def test_a_cp1252_database_gives_its_letters(make: Make) -> None:
    desktop = make("WIN1252", "CREATE TABLE t (s text)", "INSERT INTO t VALUES ('café “q” €')")
    assert read(desktop)["s"].to_pylist() == ["café “q” €"]


@pytest.mark.parametrize("encoding", SINGLE_BYTE)
def test_text_that_the_server_will_not_send_keeps_every_letter_that_is_one(encoding: str, database: str) -> None:
    letter = r"""CREATE OR REPLACE FUNCTION letter(code int, encoding name) RETURNS text LANGUAGE plpgsql AS $$
        BEGIN RETURN convert_from(set_byte('\x00', 0, code), encoding);
        EXCEPTION WHEN untranslatable_character THEN RETURN NULL; END $$"""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(letter)
        asked = "SELECT array_agg(letter(code, %s) ORDER BY code) FROM generate_series(1, 255) AS code"
        [(letters,)] = connection.execute(asked, [encoding]).fetchall()
    finish = to_utf8(encoding)
    assert finish is not None
    codes = pa.array([bytes([code]) for code in range(1, 256)], pa.binary())
    assert [_text(value) for value in finish(codes).to_pylist()] == letters


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def test_text_of_several_bytes_a_letter_that_the_server_will_not_send_is_refused(make: Make) -> None:
    none = r"INSERT INTO t VALUES (convert_from('\xfefe', 'EUC_JP'))"
    desktop = make("EUC_JP", "CREATE TABLE t (s text)", none)
    with pytest.raises(TextNotUtf8):
        read(desktop)
    with pytest.raises(SchemaMismatch, match=r"table t \(text of EUC_JP that has no form in UTF-8\)\. Read"):
        read(desktop, raw_text=True)
