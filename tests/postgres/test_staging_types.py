"""Good rows, value by value: what the cloud holds after a load equals what the extract held."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from hybrid_sync import sql
from hybrid_sync.specs import RejectLimit
from tests.postgres.conftest import Cloud, upsert

SOME = RejectLimit(count=100)
AWKWARD_TEXTS = [
    "", " ", "\t", "\n", "\r\n", "\\", "\\N", "\\.", '"', "'", ",", "{}", "NULL", "\x01", "\x7f", "தமிழ்", "हिन्दी", "😀",
    "“smart” quotes", "e\u0301", "\ufeff", "\u2028", "\U0010ffff", "x" * 100_000,
]  # fmt: skip


def load(cloud: Cloud, ddl: str, values: pa.Array, *, max_rejects: RejectLimit = SOME) -> list[str | None]:
    """Stage one column and give what the cloud makes of its rows as text; a rejected row is missing."""
    cloud.execute(f"CREATE TABLE t (id bigint PRIMARY KEY, c {ddl}, source char(1))")
    table = pa.table({"id": pa.array(range(len(values)), pa.int64()), "c": values})
    manifest = cloud.stage(upsert("t", "id", max_rejects=max_rejects), table)
    assert manifest.rows_read == manifest.row_count + manifest.duplicates + manifest.rejects
    cloud.execute("SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'")
    return [text for (text,) in cloud.execute(f"SELECT c::text FROM {sql.relation(manifest.relation)} ORDER BY id")]


def reasons(cloud: Cloud) -> list[tuple[Any, ...]]:
    return cloud.execute("SELECT row_number, reason FROM hybrid_sync.reject ORDER BY row_number")


@pytest.mark.parametrize("ddl", ["text", "varchar", "varchar(100000)", "bpchar", 'text COLLATE "C"'])
@pytest.mark.parametrize("arrow_type", [pa.string(), pa.large_string(), pa.binary()], ids=str)
def test_text_needs_no_escaping(cloud_db: Cloud, ddl: str, arrow_type: pa.DataType) -> None:
    loaded = load(cloud_db, ddl, pa.array(AWKWARD_TEXTS).cast(arrow_type))
    # A char column's trailing spaces are no part of its value.
    assert loaded == [text.rstrip(" ") if ddl == "bpchar" else text for text in AWKWARD_TEXTS]


def test_random_values_of_the_common_types_arrive_unchanged(cloud_db: Cloud) -> None:
    chance = random.Random(20)
    count = 5_000

    def some(make: Any, arrow_type: pa.DataType) -> pa.Array:
        return pa.array([None if chance.random() < 0.1 else make() for _ in range(count)], arrow_type)

    def moment() -> dt.datetime:
        return dt.datetime(1, 1, 1) + dt.timedelta(microseconds=chance.randrange(315_537_897_599_999_999))

    cases: dict[str, tuple[str, pa.Array]] = {
        "i2": ("smallint", some(lambda: chance.randrange(-(2**15), 2**15), pa.int16())),
        "i4": ("integer", some(lambda: chance.randrange(-(2**31), 2**31), pa.int32())),
        "i8": ("bigint", some(lambda: chance.randrange(-(2**63), 2**63), pa.int64())),
        "n1": ("numeric(15,2)", some(lambda: Decimal(chance.randrange(-(10**15), 10**15)).scaleb(-2),
                                     pa.decimal128(15, 2))),
        "n2": ("numeric(38,10)", some(lambda: Decimal(f"{chance.randrange(-(10**38), 10**38)}e-10"),
                                      pa.decimal128(38, 10))),
        "n3": ("numeric", some(lambda: Decimal(chance.randrange(10**9)).scaleb(-9), pa.decimal128(38, 9))),
        "f4": ("real", some(lambda: chance.randrange(-(2**24), 2**24) / 2**12, pa.float32())),
        "f8": ("double precision", some(lambda: chance.uniform(-1e18, 1e18), pa.float64())),
        "b": ("boolean", some(lambda: chance.random() < 0.5, pa.bool_())),
        "d": ("date", some(lambda: moment().date(), pa.date32())),
        "t": ("time", some(lambda: moment().time(), pa.time64("us"))),
        "ts": ("timestamp", some(moment, pa.timestamp("us"))),
        "x": ("text", some(lambda: "".join(chance.choices("aé😀\t\n\\'\" ", k=chance.randrange(9))), pa.string())),
        "y": ("bytea", some(lambda: chance.randbytes(chance.randrange(9)), pa.binary())),
    }  # fmt: skip
    cloud_db.execute("CREATE TABLE t (id int PRIMARY KEY, source text)")
    for name, (ddl, _) in cases.items():
        cloud_db.execute(f"ALTER TABLE t ADD {name} {ddl}")
    table = pa.table({"id": pa.array(range(count), pa.int32())} | {name: values for name, (_, values) in cases.items()})
    manifest = cloud_db.stage(upsert("t", "id"), table)
    cursor = cloud_db.connection.execute(
        f"SELECT {', '.join(cases)} FROM {sql.relation(manifest.relation)} ORDER BY id".encode(), binary=True
    )
    expected = list(zip(*(values.to_pylist() for _, values in cases.values()), strict=True))
    assert cursor.fetchall() == expected


@pytest.mark.parametrize(
    ("ddl", "texts", "loaded"),
    [
        ("numeric", ["1.50", "1e3", "-0.000000000000000000000000000000000000000001", None],
         ["1.50", "1000", "-0.000000000000000000000000000000000000000001", None]),
        ("numeric(50,2)", ["9" * 48 + ".99", "1.5"], ["9" * 48 + ".99", "1.50"]),
        ("uuid", ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", None, "00000000000000000000000000000000"],
         ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None, "00000000-0000-0000-0000-000000000000"]),
        ("json", ['{"a":  1, "a": 2}', "null", None], ['{"a":  1, "a": 2}', "null", None]),
        ("jsonb", ['{"b": 1.10, "a": "\\u00e9"}', "[]"], ['{"a": "é", "b": 1.10}', "[]"]),
        ("text[]", ['{a,"b c",NULL}', "{}"], ['{a,"b c",NULL}', "{}"]),
        ("numeric(4,1)[]", ["{1,2.50}"], ["{1.0,2.5}"]),
        ("interval", ["1 day 02:03:04.5", "P1Y"], ["1 day 02:03:04.5", "1 year"]),
        ("timetz", ["10:00:00+05:30"], ["10:00:00+05:30"]),
        ("inet", ["10.0.0.1/8"], ["10.0.0.1/8"]),
        ("int4range", ["[1,5)"], ["[1,5)"]),
        ("money", ["12.50"], ["$12.50"]),
        ("bit(3)", ["101"], ["101"]),
        ("bytea", ["\\x00ff", "plain"], ["\\x00ff", "\\x706c61696e"]),
        ('"char"', ["x"], ["x"]),
        ("name", ["x" * 63], ["x" * 63]),
        ("char(5)", ["ab", "ab   ", ""], ["ab", "ab", ""]),
        ("timestamptz", ["2024-07-01 12:00:00+02", "2024-07-01 12:00"],
         ["2024-07-01 10:00:00+00", "2024-07-01 12:00:00+00"]),
        ("timestamptz[]", ['{"2024-07-01 12:00"}'], ['{"2024-07-01 12:00:00+00"}']),
    ],
)  # fmt: skip
def test_a_text_becomes_any_type_that_can_read_it(
    cloud_db: Cloud, ddl: str, texts: list[str | None], loaded: list[str | None]
) -> None:
    assert load(cloud_db, ddl, pa.array(texts, pa.string())) == loaded


@pytest.mark.parametrize(
    ("ddl", "good", "bad", "reason"),
    [
        ("jsonb", '{"a": 1}', '{"a": "\\u0000"}', "not a valid jsonb"),
        ("json", "1", "{", "not a valid json"),
        ("int[]", "{1}", "{x}", "not a valid integer[]"),
        ("inet", "10.0.0.1", "10.0.0.300", "not a valid inet"),
        ("interval", "1 day", "yesterday", "not a valid interval"),
        ("int4range", "[1,2)", "[2,1)", "not a valid int4range"),
        ("bytea", "\\x00", "\\x0", "not a valid bytea"),
        ("numeric(50,2)", "1.25", "1.005", "does not fit numeric(50,2) exactly"),
        ("numeric(50,2)", "1.25", "9" * 49, "does not fit numeric(50,2) exactly"),
        ("numeric(3,-2)", "500", "550", "does not fit numeric(3,-2) exactly"),
        ("varchar(3)[]", "{abc}", "{abcd}", "does not fit character varying(3)[] exactly"),
        ("interval(0)", "1 second", "1.5 seconds", "does not fit interval(0) exactly"),
        ("interval day", "1 day", "25 hours", "does not fit interval day exactly"),
        ("bit(3)", "101", "1011", "does not fit bit(3) exactly"),
        ("timetz(0)", "10:00+00", "10:00:00.5+00", "does not fit time(0) with time zone exactly"),
        ("timestamp(0)[]", "{2024-01-01}", '{"2024-01-01 00:00:00.5"}',
         "does not fit timestamp(0) without time zone[] exactly"),
    ],
)  # fmt: skip
def test_a_text_that_the_type_cannot_hold_exactly_is_a_reject_alone(
    cloud_db: Cloud, ddl: str, good: str, bad: str, reason: str
) -> None:
    assert len(load(cloud_db, ddl, pa.array([good, bad, None, good]))) == 3
    assert reasons(cloud_db) == [(2, reason)]


def test_an_enum_an_array_of_it_and_a_composite(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE SCHEMA odd; CREATE TYPE odd.mood AS ENUM ('so so', 'b''usy')")
    cloud_db.execute("CREATE TYPE odd.p AS (x int)")
    assert load(cloud_db, "odd.mood", pa.array(["so so", "b'usy", "other"])) == ["so so", "b'usy"]
    cloud_db.execute("DROP TABLE t")
    assert load(cloud_db, "odd.mood[]", pa.array(['{"so so"}', "{other}"])) == ['{"so so"}']
    cloud_db.execute("DROP TABLE t")
    assert load(cloud_db, "odd.p", pa.array(["(5)", "(x)"])) == ["(5)"]


def test_texts_for_the_clouds_cast_mean_the_desktops_time_zone_whatever_the_servers(cloud_db: Cloud) -> None:
    [(database,)] = cloud_db.execute("SELECT current_database()")
    cloud_db.execute(f"ALTER DATABASE {database} SET TimeZone = 'Asia/Tokyo'")
    cloud_db.execute(f"ALTER DATABASE {database} SET DateStyle = 'German, DMY'")
    cloud_db.connection.close()
    cloud_db.connection = cloud_db.connect()
    assert load(cloud_db, "timestamptz[]", pa.array(["{2024-01-02}"])) == ['{"02.01.2024 00:00:00 UTC"}']


def test_bytes_that_are_no_text_leave_the_other_rows_alone(cloud_db: Cloud) -> None:
    raw = pa.array([b"caf\xc3\xa9", b"caf\xe9", b"\xed\xa0\x80", b"a\0", None])
    assert load(cloud_db, "text", raw) == ["café", None]
    assert reasons(cloud_db) == [(2, "not valid UTF-8"), (3, "not valid UTF-8"), (4, "NUL character")]
    assert cloud_db.execute("SELECT row ->> 'c' FROM hybrid_sync.reject ORDER BY row_number") == [
        ("caf\\xe9",), ("\\xed\\xa0\\x80",), ("a\\x00",),
    ]  # fmt: skip


def test_a_column_of_nothing_but_bad_values_is_rejected_whole(cloud_db: Cloud) -> None:
    everything = RejectLimit(share=1)
    assert load(cloud_db, "inet", pa.array(["nope"] * 5_000), max_rejects=everything) == []
    assert len(reasons(cloud_db)) == 5_000


@pytest.mark.parametrize(
    ("ddl", "values", "kept"),
    [
        ("money", pa.array([Decimal("1.2300"), Decimal("1.2390"), Decimal("0.0050")], pa.decimal128(19, 4)), ["$1.23"]),
        ("money", pa.array(["1.23", "$1.50", "1.239", "abc"]), ["$1.23", "$1.50"]),
        ("real[]", pa.array(["{0.1,1e+10,NaN,NULL}", "{16777217}", "{0.30000000000000004}"]), ["{0.1,1e+10,NaN,NULL}"]),
        ("interval", pa.array(["00:00:00.123456", "00:00:00.1234560", "00:00:00.1234561"]), ["00:00:00.123456"] * 2),
        ("timestamptz[]", pa.array(["{2024-01-01 00:00:00.5Z}", "{2024-01-01 00:00:00.1234567Z}"]),
         ['{"2024-01-01 00:00:00.5+00"}']),
    ],
    ids=["money of numbers", "money of text", "real[]", "interval", "timestamptz[]"],
)  # fmt: skip
def test_a_value_that_the_clouds_own_cast_would_round_is_a_reject(
    cloud_db: Cloud, ddl: str, values: pa.Array, kept: list[str]
) -> None:
    assert load(cloud_db, ddl, values) == kept
    assert [number for number, _ in reasons(cloud_db)] == list(range(len(kept) + 1, len(values) + 1))
