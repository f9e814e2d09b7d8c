"""What becomes of every type on its way from desktop to cloud, by driver: the expectations of `test_round_trip.py`,
and the tables of `docs/types.md`.

    python -m tests.postgres.type_matrix        writes the page's tables anew
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
BEGIN, END = "<!-- written by tests/postgres/type_matrix.py: begin -->", "<!-- end -->"

ZONE = "Asia/Kolkata"  # desktop_time_zone of every case that does not say another


class Driver(StrEnum):
    PSQLODBC = "psqlODBC"
    SQLITE = "SQLite"
    MARIADB = "MariaDB"


class Outcome(StrEnum):
    EXACT = "exact"
    CONVERTED = "converted"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One desktop column with `values`, literals of the desktop's SQL, that all fare alike; and a NULL.

    `how`: the reason that the reject has, word for word, or how the values are converted. `becomes`: what the cloud
    shows of converted values. `beside`: literals of ordinary values, exact although they share the column. `which`: the
    values in words, where the types do not say it all. `as_text`: the log says that the column is read as text.
    `fault`: what is wrong at present; the test is expected to fail.
    """

    driver: Driver = Driver.PSQLODBC
    family: str = ""
    desktop: str
    cloud: str
    values: tuple[str, ...]
    outcome: Outcome = Outcome.EXACT
    how: str = ""
    becomes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    which: str = ""
    zone: str = ZONE
    encoding: str = "UTF8"
    as_text: bool = False
    long: bool = False
    fault: str = ""

    @property
    def title(self) -> str:
        return f"{self.driver} {self.desktop or 'no type'} -> {self.cloud} {self.outcome} {self.which}"


def exact(desktop: str, cloud: str, *values: str, **more: Any) -> Case:
    return Case(desktop=desktop, cloud=cloud, values=values, **more)


def converted(desktop: str, cloud: str, how: str, values: dict[str, str], **more: Any) -> Case:
    """`values`: literal -> what the cloud shows."""
    return Case(
        desktop=desktop, cloud=cloud, values=tuple(values), becomes=tuple(values.values()), outcome=Outcome.CONVERTED,
        how=how, **more,
    )  # fmt: skip


def rejected(desktop: str, cloud: str, how: str, *values: str, **more: Any) -> Case:
    return Case(desktop=desktop, cloud=cloud, values=values, outcome=Outcome.REJECTED, how=how, **more)


ALL_FRACTION = "0." + "1234567890" * 3 + "12345678"  # 38 digits
TEXTS = (
    "'தமிழ்நாடு'", "'हिन्दी'", "'😀👨\u200d👩\u200d👧'", "'“q” \u2013 \u2018s\u2019'", "'café \u00a0 e\u0301'", "''",
    "' a '",
)  # fmt: skip
UUID = "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'"
TIMES = ("'00:00:00'", "'00:00:00.000001'", "'23:59:59.999999'")
STAMPS = (
    "'2024-02-29 12:34:56.789012'", "'1900-01-01 00:00:00'", "'0001-01-01 00:00:00.000001'",
    "'9999-12-31 23:59:59.999999'",
)  # fmt: skip
DATES = ("'0001-01-01'", "'2024-02-29'", "'9999-12-31'")
DOUBLES = ("0.1e0 + 0.2e0", "1.7976931348623157e308", "-2.2250738585072014e-308", "9007199254740993e0", "0")
NOT_MOMENT = "not a date or timestamp in ISO 8601"
NO_UTF8 = "not valid UTF-8"
ZONED = "means `desktop_time_zone`, whatever the zone of worker and servers"
CLOCK = "the clock reading of `desktop_time_zone`"
ODD_DATE = "infinity, BC, beyond year 9999"

# family -> driver -> cases. Desktop columns are nullable, and every one holds a NULL too.
MATRIX: dict[str, dict[Driver, list[Case]]] = {
    "Whole numbers": {
        Driver.PSQLODBC: [
            exact("smallint", "smallint", "-32768", "32767", "0"),
            exact("integer", "integer", "-2147483648", "2147483647"),
            exact("bigint", "bigint", "-9223372036854775808", "9223372036854775807", "9007199254740993"),
            rejected("bigint", "integer", "out of range for integer", "2147483648", "-2147483649",
                     beside=("2147483647",), which="beyond 32 bits"),
        ],
        Driver.SQLITE: [
            exact("INTEGER", "bigint", "-9223372036854775808", "9223372036854775807", "5000000000"),
            exact("TINYINT", "smallint", "200", "-200"),
            rejected("INTEGER", "integer", "out of range for integer", "2147483648", beside=("-2147483648",),
                     which="beyond 32 bits"),
            rejected("INTEGER", "bigint", "not a whole number", "'abc'", "1.5", beside=("9223372036854775807",),
                     which="text, fractions", as_text=True),
        ],
        Driver.MARIADB: [
            exact("TINYINT", "smallint", "-128", "127"),
            exact("SMALLINT UNSIGNED", "integer", "65535"),
            exact("INT", "integer", "-2147483648", "2147483647"),
            exact("INT UNSIGNED", "bigint", "4294967295"),
            exact("BIGINT", "bigint", "-9223372036854775808", "9223372036854775807"),
            exact("BIGINT UNSIGNED", "numeric(20,0)", "18446744073709551615", "0"),
            exact("YEAR", "smallint", "2024"),
            rejected("INT UNSIGNED", "integer", "out of range for integer", "4294967295", beside=("2147483647",),
                     which="beyond 31 bits"),
            rejected("BIGINT UNSIGNED", "bigint", "out of range for bigint", "9223372036854775808",
                     beside=("9223372036854775807",), which="beyond 63 bits"),
        ],
    },
    "Decimals and currency": {
        Driver.PSQLODBC: [
            exact("numeric(8,2)", "numeric(8,2)", "-123456.78", "0.10", "999999.99"),
            exact("numeric(38,10)", "numeric(38,10)", "1234567890123456789012345678.0123456789",
                  "-9999999999999999999999999999.9999999999"),
            exact("numeric(38,38)", "numeric(38,38)", ALL_FRACTION, "-" + ALL_FRACTION),
            exact("numeric(4,4)", "numeric(4,4)", "-0.1234", "0.0001"),
            exact("numeric(12,8)", "text", "0.00000012", "-0.00000001"),
            exact("numeric(38,0)", "numeric", "-" + "9" * 38),
            exact("numeric(50,20)", "numeric(50,20)", "123456789012345678901234567890.12345678901234567890"),
            exact("numeric", "numeric", "0." + "0" * 48 + "1", "10::numeric ^ 200", "1.50"),
            exact("numeric(3,-2)", "numeric(3,-2)", "12300"),
            exact("money", "numeric(19,2)", "'-92233720368547758.08'", "'12.34'"),
            exact("money", "money", "'-92233720368547758.08'", "'12.34'"),
            rejected("numeric(8,3)", "numeric(6,2)", "more decimals than numeric(6,2) holds", "1.005",
                     beside=("1.250",), which="finer"),
            rejected("numeric(8,2)", "numeric(6,2)", "too large for numeric(6,2)", "10000.00", beside=("9999.99",),
                     which="larger"),
            rejected("numeric(38,18)", "numeric(20,0)", "more decimals than numeric(20,0) holds",
                     "0.000000000000000001", beside=("36893488147264035001",), which="finer, of 38 digits"),
            rejected("numeric(8,2)", "numeric(8,2)", "not a number", "'NaN'", beside=("-123456.78",), which="NaN",
                     as_text=True),
            rejected("numeric", "numeric", "not a number", "'NaN'", "'Infinity'", beside=("1.50",),
                     which="NaN, infinity"),
        ],
        Driver.SQLITE: [
            exact("DECIMAL(15,2)", "numeric(15,2)", "1234567890123.45", "-0.1", "'12345678.91'", "7",
                  which="to 15 digits"),
            exact("CURRENCY", "numeric(12,2)", "12.3", "'99.99'", which="to 15 digits"),
            exact("NUMERIC", "numeric", "4611686018427387904", "1e22", which="whole to 64 bits"),
            converted("DECIMAL(38,10)", "numeric(38,10)",
                      "SQLite kept a double: its shortest decimal (the log names the column)",
                      {"12345678901234567.89": "12345678901234568.0000000000"}, which="beyond 15 digits"),
            rejected("DECIMAL(8,3)", "numeric(6,2)", "more decimals than numeric(6,2) holds", "1.005", beside=("1.25",),
                     which="finer"),
            rejected("DECIMAL(8,2)", "numeric(8,2)", "not a number", "'N/A'", "''", beside=("12.5", "3"), which="text"),
        ],
        Driver.MARIADB: [
            exact("DECIMAL(8,2)", "numeric(8,2)", "-123456.78", "0.10"),
            exact("DECIMAL(38,10)", "numeric(38,10)", "1234567890123456789012345678.0123456789",
                  "-9999999999999999999999999999.9999999999"),
            exact("DECIMAL(38,38)", "numeric(38,38)", ALL_FRACTION, "-" + ALL_FRACTION),
            exact("DECIMAL(2,2)", "numeric(2,2)", "-0.25", "0.99"),
            exact("DECIMAL(12,8)", "text", "0.00000012", "0"),
            exact("DECIMAL(65,30)", "numeric(65,30)",
                  "-12345678901234567890123456789012345.123456789012345678901234567890"),
            exact("DECIMAL(19,4)", "numeric", "922337203685477.5807"),
            rejected("DECIMAL(8,3)", "numeric(6,2)", "more decimals than numeric(6,2) holds", "1.005",
                     beside=("1.250",), which="finer"),
        ],
    },
    "Floats": {
        Driver.PSQLODBC: [
            exact("double precision", "double precision", *DOUBLES, "5e-324", "'NaN'", "'-Infinity'", "'-0'"),
            exact("real", "real", "0.1", "16777215", "3.4028235e38", "'NaN'"),
            converted("real", "double precision", "the same number, with a double's digits",
                      {"0.1": "0.10000000149011612", "0.5": "0.5"}),
            rejected("double precision", "real", "not exact in real", "0.1", beside=("0.5",), which="of more bits"),
            rejected("double precision", "numeric(6,2)", "more decimals than numeric(6,2) holds", "0.1::float8 + 0.2",
                     beside=("0.1", "12.25"), which="finer"),
        ],
        Driver.SQLITE: [
            exact("DOUBLE", "double precision", "0.1 + 0.2", "1.7976931348623157e308", "-2.2250738585072014e-308",
                  "9007199254740993.0", "3", "5e-324"),
            exact("DOUBLE", "double precision", "9e999", "-9e999", beside=("0.1",), which="infinity"),
            rejected("REAL", "real", "not exact in real", "0.1", beside=("0.5",), which="of more than 24 bits"),
            rejected("REAL", "double precision", "not a number", "'abc'", beside=("0.5",), which="text", as_text=True),
            rejected("REAL", "numeric(8,2)", "not a number", "'abc'", beside=("1.1", "0.1", "3"), which="text",
                     as_text=True),
        ],
        Driver.MARIADB: [
            exact("DOUBLE", "double precision", *DOUBLES),
            exact("FLOAT", "real", "0.1", "16777215", "3.40282e38"),
            converted("FLOAT", "double precision", "the same number, with a double's digits",
                      {"0.1": "0.10000000149011612", "0.5": "0.5"}),
        ],
    },
    "Text": {
        Driver.PSQLODBC: [
            exact("char(5)", "char(5)", "'ab'", "'எ'", "''"),
            exact("char(5)", "text", "'ab'", which="with its padding"),
            converted("char(5)", "varchar(3)", "padding beyond the length is dropped", {"'ab'": "ab "}),
            exact("varchar(60)", "varchar(60)", *TEXTS),
            exact("varchar", "text", *TEXTS, "repeat('😀', 999)"),
            exact("text", "text", *TEXTS, "E'cr\\r\\nlf\\n\\ttab \\\\ '' \" ; ? \\x01'", "'NULL'"),
            exact("text", "text", "repeat('எ', 700000)", "''", which="2.1 MB", long=True),
            rejected("text", "varchar(5)", "longer than 5 characters", "'abcdef'", "'எஎஎஎஎஎ'",
                     beside=("'எஎஎஎஎ'", "'😀😀😀😀😀'"), which="longer"),
        ],
        Driver.SQLITE: [
            exact("CHAR(5)", "char(5)", "'ab   '", "'ab'"),
            exact("CHAR(5)", "text", "'ab   '", which="with its padding"),
            exact("VARCHAR(60)", "varchar(60)", *TEXTS),
            exact("VARCHAR(2)", "text", "'longer than it says'", which="longer than declared"),
            exact("TEXT", "text", *TEXTS, "'cr' || char(13) || char(10) || 'tab' || char(9) || '\\ '' \" ; ?'"),
            exact("TEXT", "text", "replace(hex(zeroblob(700000)), '00', 'எ')", "''", which="2.1 MB", long=True),
            exact("", "text", *TEXTS, which="no declared type"),
            rejected("TEXT", "varchar(5)", "longer than 5 characters", "'எஎஎஎஎஎ'", beside=("'எஎஎஎஎ'",),
                     which="longer"),
        ],
        Driver.MARIADB: [
            exact("CHAR(5)", "char(5)", "'ab'", "'எ'", which="the server strips the padding"),
            exact("VARCHAR(60)", "varchar(60)", *TEXTS, "'ab   '"),
            exact("VARCHAR(60) CHARACTER SET latin1", "varchar(60)", "'café “q” €'"),
            exact("TEXT", "text", *TEXTS, "'cr\\r\\nlf\\n\\ttab \\\\ '' \" ; ?'"),
            exact("LONGTEXT", "text", "REPEAT('எ', 700000)", "''", which="2.1 MB", long=True),
            rejected("TEXT", "varchar(5)", "longer than 5 characters", "'எஎஎஎஎஎ'", beside=("'எஎஎஎஎ'",),
                     which="longer"),
        ],
    },
    "Text that is not UTF-8, or has a NUL": {
        Driver.PSQLODBC: [
            rejected("text", "text", NO_UTF8, r"E'caf\xe9'", r"E'\x93q\x94'", r"E'\xed\xa0\x80'",
                     beside=("'எ'", "'plain'"), which="in a database of SQL_ASCII", encoding="SQL_ASCII"),
            exact("text", "text", "'café “q” €'", which="in a database of WIN1252", encoding="WIN1252"),
            rejected("text", "text", NO_UTF8, r"convert_from('\x81', 'WIN1252')", r"convert_from('\xc381', 'WIN1252')",
                     beside=("'café “q” €'",), which="in a database of WIN1252, with 81, 8D, 8F, 90 or 9D",
                     encoding="WIN1252"),
        ],
        Driver.SQLITE: [
            rejected("TEXT", "text", NO_UTF8, "CAST(x'636166e9' AS TEXT)", "CAST(x'937194' AS TEXT)",
                     "CAST(x'eda080' AS TEXT)", "x'fffe'", beside=("'எ'",),
                     which="CP1252, lone surrogates, bytes", as_text=True),
            rejected("TEXT", "text", "NUL character", "'a' || char(0) || 'b'", beside=("'எ'",), which="with a NUL",
                     as_text=True),
            rejected("STRING", "text", "NUL character", "'a' || char(0) || 'b'", beside=("'எ'",), which="with a NUL",
                     as_text=True),
            converted("TEXT", "text", "bytes that are UTF-8 are that text", {"x'e0ae8e'": "எ"}, beside=("'எ'",),
                      which="kept as a blob", as_text=True),
        ],
        Driver.MARIADB: [
            rejected("VARCHAR(9)", "text", "NUL character", "'a\\0b'", beside=("'எ'",), which="with a NUL"),
            rejected("VARBINARY(9)", "text", NO_UTF8, "x'636166e9'", "x'937194'", beside=("'எ'",), which="CP1252"),
        ],
    },
    "Bytes": {
        Driver.PSQLODBC: [
            exact("bytea", "bytea", r"'\x00ff41'", "''"),
            exact("bytea", "bytea", "decode(repeat('00ff', 900000), 'hex')", which="1.8 MB", long=True),
        ],
        Driver.SQLITE: [
            exact("BLOB", "bytea", "x'00ff41'", "x''"),
            exact("BLOB", "bytea", "CAST(replace(hex(zeroblob(900000)), '00', 'எ') AS BLOB)", which="2.7 MB",
                  long=True),
            exact("", "bytea", "x'00ff41'", "x'610062'", which="no declared type", as_text=True),
        ],
        Driver.MARIADB: [
            exact("BINARY(4)", "bytea", "x'00ff'", which="with its padding"),
            exact("VARBINARY(9)", "bytea", "x'00ff41'", "''"),
            exact("LONGBLOB", "bytea", "REPEAT(x'00ff', 900000)", which="1.8 MB", long=True),
        ],
    },
    "Truth and bits": {
        Driver.PSQLODBC: [
            exact("boolean", "boolean", "true", "false"),
            converted("boolean", "integer", "1 and 0", {"true": "1", "false": "0"}),
            exact("bit(8)", "bit(8)", "B'01100101'"),
            exact("bit varying(8)", "bit varying(8)", "B'101'"),
        ],
        Driver.SQLITE: [
            exact("BOOLEAN", "boolean", "1", "0"),
            exact("BIT", "boolean", "1", "0"),
            rejected("BOOLEAN", "boolean", "not a boolean", "2", "'maybe'", beside=("1", "0"), which="2, other text",
                     as_text=True),
        ],
        Driver.MARIADB: [
            exact("BOOLEAN", "boolean", "TRUE", "FALSE"),
            exact("BIT(1)", "boolean", "b'1'", "b'0'"),
            exact("BIT(64)", "numeric(20,0)", "x'ffffffffffffffff'", which="the number that the bits make"),
            rejected("BOOLEAN", "boolean", "not a boolean", "2", beside=("1",), which="2"),
            rejected("BIT(8)", "bit varying(8)", "a decimal instead of bit varying(8)", "101", which="a number"),
        ],
    },
    "Dates and times": {
        Driver.PSQLODBC: [
            exact("date", "date", *DATES),
            exact("time", "time", *TIMES),
            exact("timestamp", "timestamp", *STAMPS),
            exact("timestamp(0)", "timestamp(0)", "'2024-02-29 12:34:56'"),
            exact("timetz", "timetz", "'12:00:00.5+05:30'"),
            exact("interval", "interval", "'1 day 02:03:04.5'", "'-1 day 02:03:04'", "'1 year'"),
            exact("interval", "interval", "'-1 day -02:03:04'",
                  which="negative, the desktop's IntervalStyle sql_standard"),
            rejected("date", "date", NOT_MOMENT, "'infinity'", "'0044-03-15 BC'", "'12000-01-01'", beside=DATES,
                     which=ODD_DATE, as_text=True),
            rejected("timestamp", "timestamp", NOT_MOMENT, "'-infinity'", "'0044-03-15 12:00 BC'",
                     "'12000-01-01 00:00:00.5'", beside=STAMPS, which=ODD_DATE, as_text=True),
            rejected("time", "time", "not a time without time zone", "'24:00'", beside=TIMES, which="24:00",
                     as_text=True),
            rejected("timestamp", "timestamp(0)", "fractions of a second finer than timestamp(0) without time zone",
                     "'2024-02-29 12:34:56.5'", beside=("'2024-02-29 12:34:56'",), which="finer"),
            rejected("timestamp", "date", "a time of day in a date", "'2024-02-29 00:00:01'", which="not midnight"),
        ],
        Driver.SQLITE: [
            exact("DATE", "date", *DATES),
            exact("TIME", "time", *TIMES),
            exact("TIMESTAMP", "timestamp", *STAMPS, "'2024-02-29T12:34:56'"),
            exact("DATETIME", "bigint", "1709210096", which="seconds since 1970"),
            rejected("DATE", "date", NOT_MOMENT, "'0000-00-00'", "'29/02/2024'", "20240229", beside=DATES,
                     which="not ISO 8601"),
            rejected("DATE", "date", "no such day", "'2024-02-30'", beside=DATES, which="30 February"),
            rejected("TIMESTAMP", "timestamp", NOT_MOMENT, "1709210096", "2460370.5", beside=STAMPS,
                     which="numbers, whose meaning nobody told"),
        ],
        Driver.MARIADB: [
            exact("DATE", "date", *DATES),
            exact("TIME(6)", "time", *TIMES),
            exact("DATETIME(6)", "timestamp", *STAMPS),
            exact("DATETIME", "timestamp(0)", "'2024-02-29 12:34:56'"),
            exact("TIME(6)", "interval", "'838:59:59'", "'-12:34:56.789012'", beside=TIMES, which="beyond a day",
                  as_text=True),
            rejected("TIME(6)", "time", "not a time without time zone", "'838:59:59'", "'-12:34:56.789012'",
                     "'24:00:00'", beside=TIMES, which="beyond a day", as_text=True),
            rejected("DATE", "date", NOT_MOMENT, "'0000-00-00'", "'2024-00-10'", "'2024-02-00'", beside=DATES,
                     which="zero year, month or day", as_text=True),
            rejected("DATETIME(6)", "timestamp", NOT_MOMENT, "'0000-00-00 00:00:00'", "'2024-00-10 10:00:00.000001'",
                     beside=STAMPS, which="zero year, month or day", as_text=True),
        ],
    },
    "Moments with a zone": {
        Driver.PSQLODBC: [
            exact("timestamptz", "timestamptz", "'2024-03-31 02:30:00.5+05:30'", "'1900-01-01 00:00:00.000001+00'"),
            exact("timestamp", "timestamptz", "'2024-03-31 02:30:00.000001'", which=ZONED),
            converted("timestamptz", "timestamp", CLOCK, {"'2024-03-30 21:00:00.5+00'": "2024-03-31 02:30:00.5"}),
            exact("timestamp", "timestamptz", "'2040-07-15 12:00:00'", "'9999-07-15 12:00:00'", "'2038-01-15 12:00:00'",
                  zone="America/New_York", which="beyond 2037"),
            rejected("timestamp", "timestamptz", "a time that the clock of Europe/Berlin skips",
                     "'2040-03-25 02:30:00'", zone="Europe/Berlin", which="in a gap of the clock beyond 2037"),
            exact("timestamp", "timestamptz", "'2024-03-31 01:59:59'", "'2024-03-31 03:00:00'", zone="Europe/Berlin",
                  which="beside a gap of the clock"),
            rejected("timestamp", "timestamptz", "a time that the clock of Europe/Berlin skips",
                     "'2024-03-31 02:30:00'", zone="Europe/Berlin", which="in a gap of the clock"),
            rejected("timestamptz", "timestamptz", NOT_MOMENT, "'infinity'", "'0044-03-15 12:00+00 BC'",
                     beside=("'2024-03-31 02:30:00.5+05:30'",), which=ODD_DATE, as_text=True),
        ],
        Driver.SQLITE: [
            exact("DATETIME", "timestamptz", "'2024-02-29T12:34:56.5+05:30'", "'2024-02-29 12:34:56Z'",
                  which="with a zone in the text"),
            exact("DATETIME", "timestamptz", "'2024-02-29 12:34:56.789012'", which=ZONED),
            rejected("DATETIME", "timestamptz", "a time that the clock of Europe/Berlin skips",
                     "'2024-03-31 02:30:00'", zone="Europe/Berlin", which="in a gap of the clock"),
        ],
        Driver.MARIADB: [
            exact("TIMESTAMP(6) NULL", "timestamptz", "'2024-02-29 12:34:56.789012'", "'1970-01-02 00:00:00'"),
            exact("DATETIME(6)", "timestamptz", "'2024-02-29 12:34:56.789012'", which=ZONED),
            converted("TIMESTAMP(6) NULL", "timestamp", CLOCK,
                      {"'2024-02-29 12:34:56.5'": "2024-02-29 18:04:56.5"}),
            rejected("TIMESTAMP NULL", "timestamptz", NOT_MOMENT, "'0000-00-00 00:00:00'",
                     beside=("'2024-02-29 12:34:56'",), which="zero date", as_text=True),
        ],
    },
    "Identifiers, labels and the rest": {
        Driver.PSQLODBC: [
            exact("uuid", "uuid", UUID),
            converted("uuid", "text", "lower case, as PostgreSQL writes it", {UUID: UUID.strip("'").lower()}),
            exact("mood", "mood", "'so so'", "'எ'", which="enum"),
            rejected("text", "mood", "not one of the 3 labels", "'unheard of'", "'SAD'", beside=("'so so'",),
                     which="enum"),
            exact("json", "json", """'{"a":  1, "a": [2, "எ"]}'"""),
            exact("jsonb", "jsonb", """'{"b": 1.10, "a": [1, "எ"]}'"""),
            exact("integer[]", "integer[]", "'{1,NULL,3}'", "'{}'"),
            exact("text[]", "text[]", "ARRAY['a,b', 'எ', '']"),
            exact("inet", "inet", "'10.0.0.1/8'", "'::1'"),
            exact("amount", "numeric(8,2)", "1.50", which="domain over numeric(8,2)"),
        ],
        Driver.SQLITE: [
            exact("UUID", "uuid", f"lower({UUID})"),
            exact("TEXT", "mood", "'so so'", "'எ'", which="enum"),
            rejected("TEXT", "uuid", "not a uuid", "'a0eebc99'", "''", which="not a uuid"),
            rejected("TEXT", "mood", "not one of the 3 labels", "'unheard of'", beside=("'so so'",), which="enum"),
            exact("JSON", "jsonb", """'{"b": 1.10, "a": [1, "எ"]}'"""),
        ],
        Driver.MARIADB: [
            exact("UUID", "uuid", UUID),
            rejected("BINARY(16)", "uuid", "not valid UTF-8", "x'a0eebc999c0b4ef8bb6d6bb9bd380a11'",
                     which="whose order of bytes nobody told"),
            exact("ENUM('sad','so so','எ')", "mood", "'so so'", "'எ'"),
            rejected("ENUM('sad','so so')", "mood", "not one of the 3 labels", "''", beside=("'so so'",),
                     which="no valid label"),
            exact("SET('a','எ')", "text", "'a,எ'", "''"),
            exact("JSON", "json", """'{"a":  1, "b": [2, "எ"]}'"""),
            exact("INET6", "inet", "'::1'"),
        ],
    },
}  # fmt: skip

# In a row beside one whose text is not UTF-8: text columns of the whole table are then read undecoded. All other types
# are exact there as well, in one test.
BESIDE_BAD_TEXT = (
    Case(driver=Driver.PSQLODBC, desktop="money", cloud="numeric(19,2)", values=("'12.34'",)),
    Case(driver=Driver.PSQLODBC, desktop="uuid", cloud="uuid", values=(UUID,)),
    Case(driver=Driver.PSQLODBC, desktop="char(5)", cloud="text", values=("'ab'",)),
    Case(driver=Driver.SQLITE, desktop="CHAR(36)", cloud="uuid", values=(UUID,)),
    Case(driver=Driver.SQLITE, desktop="", cloud="text", values=("'தமிழ்நாடு'",)),
    Case(driver=Driver.SQLITE, desktop="JSON", cloud="jsonb", values=("""'{"a": "எ"}'""",)),
)  # fmt: skip

CASES = tuple(
    replace(case, driver=driver, family=family)
    for family, drivers in MATRIX.items()
    for driver, cases in drivers.items()
    for case in cases
)


def tables() -> str:
    """The page's tables: families by driver, every case of each driver, and what a text that is not UTF-8 does."""
    beside = [f"| {case.driver} | {_types(case)} | {_fate(case)} |" for case in BESIDE_BAD_TEXT]
    heading = ["", "### Beside a text that is not UTF-8", "", "| driver | desktop | cloud | |", "|---|---|---|---|"]
    return "\n".join([*_overview(), *(line for driver in Driver for line in _details(driver)), *heading, *beside])


def _overview() -> Iterator[str]:
    yield f"| | {' | '.join(Driver)} |"
    yield "|---" * (len(Driver) + 1) + "|"
    for family, drivers in MATRIX.items():
        cells = (_outcomes(cases) for cases in (drivers.get(driver, []) for driver in Driver))
        yield f"| {family} | {' | '.join(cells)} |"


def _outcomes(cases: list[Case]) -> str:
    seen = [outcome for outcome in Outcome if any(case.outcome is outcome for case in cases)]
    return ", ".join(seen) + ("; not yet all" if any(case.fault for case in cases) else "")


def _details(driver: Driver) -> Iterator[str]:
    yield from ("", f"### {driver}", "", "| desktop | cloud | values | |", "|---|---|---|---|")
    for case in CASES:
        if case.driver is driver:
            yield f"| {_types(case)} | {case.which} | {_fate(case)} |"


def _types(case: Case) -> str:
    return f"`{case.desktop}` | `{case.cloud}`" if case.desktop else f"no type | `{case.cloud}`"


def _fate(case: Case) -> str:
    how = f'"{case.how}"' if case.outcome is Outcome.REJECTED else case.how
    return f"{case.outcome}{': ' if how else ''}{how}{f'. **Not yet:** {case.fault}' if case.fault else ''}"


def parts() -> tuple[str, str, str]:
    """The page: what stands before its tables, the tables, and what stands after them."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    written, _, after = rest.partition(END)
    return before, written.strip("\n"), after


if __name__ == "__main__":
    before, _, after = parts()
    PAGE.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{after}")
