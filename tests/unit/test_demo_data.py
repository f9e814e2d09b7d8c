"""The demo's firm is the same every time, of the documented size, and storable in the cloud row by row.

The cloud's rules are read from `demo/sql/cloud.sql` itself, so that this needs no database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest

from demo import story
from demo.firm import CLOUD_SCHEMA, DESKTOP_SCHEMA, SEED, make_firm, stream
from demo.phones import MOBILE, next_job_id, phone_rows
from demo.rows import GENERATED_KEYS, SIZES, TABLES, TableRows, desktop_name

KEYS = {
    "orgmaster": "org_id", "locmaster": "loc_id", "conmaster": "con_id", "climaster": "client_id",
    "cliunimaster": "cliu_id", "taskmaster": "task_id", "jobmaster": "job_id", "mbstaff": "staff_id",
    "jobshead": "job_id", "jobtasks": "jt_id", "taskchecklist": "tc_id", "workdiary": "wd_id", "reminder": "rem_id",
    "remdetail": "remd_id", "learequest": "lea_id",
}  # fmt: skip
CLOUD_ONLY = {"source", *GENERATED_KEYS.values()}


@dataclass(frozen=True)
class Column:
    type_name: str
    required: bool
    key: bool
    references: tuple[str, str] | None


def read_schema(text: str) -> dict[str, dict[str, Column]]:
    tables = {}
    for table, body in re.findall(r"CREATE TABLE (\w+) \(\n(.*?)\n\);", text, re.DOTALL):
        columns = {}
        for line in body.splitlines():
            name, rest = line.strip().rstrip(",").split(" ", 1)
            kind = re.match(r"\w+(\([\d, ]+\))?", rest)
            assert kind is not None
            reference = re.search(r"REFERENCES (\w+) \((\w+)\)", rest)
            key = "PRIMARY KEY" in rest
            columns[name] = Column(
                kind[0], key or "NOT NULL" in rest, key, (reference[1], reference[2]) if reference else None
            )
        tables[table] = columns
    return tables


CLOUD = read_schema(CLOUD_SCHEMA.read_text())
DESKTOP = read_schema(DESKTOP_SCHEMA.read_text())


def fits(value: object, type_name: str) -> bool:
    """Whether PostgreSQL would store the value as it is."""
    if value is None:
        return True
    limits = [int(number) for number in re.findall(r"\d+", type_name)]
    if type_name.startswith(("varchar", "char")):
        return isinstance(value, str) and len(value) <= limits[0] and "\0" not in value
    if type_name.startswith("numeric"):
        scale = limits[1] if len(limits) > 1 else 0
        number = Decimal(str(value))
        return number == round(number, scale) and abs(number) < Decimal(10) ** (limits[0] - scale)
    if type_name == "integer":
        return isinstance(value, int) and -(2**31) <= value < 2**31
    return True


def broken_by(values: list[object], column: Column) -> list[str]:
    """What is wrong with one column's values, foreign keys aside."""
    broken = []
    if column.required and None in values:
        broken.append("is NULL")
    if column.key and len(set(values)) < len(values):
        broken.append("is twice there")
    if not all(fits(value, column.type_name) for value in values):
        broken.append(f"does not fit {column.type_name}")
    return broken


def broken_rules(tables: Mapping[str, TableRows], parents: Mapping[str, TableRows]) -> list[str]:
    """Every rule of the cloud that the rows of `tables`, in a cloud that holds `parents`, break."""
    broken = []
    for table in tables.values():
        for name, column in CLOUD[table.table].items():
            if name not in table.columns:
                complaints = ["is missing"] if column.required and name not in GENERATED_KEYS.values() else []
            else:
                complaints = broken_by(table.values(name), column)
                if column.references and not set(table.values(name)) - {None} <= known(column, tables, parents):
                    complaints.append(f"names rows that {column.references[0]} does not have")
            broken += [f"{table.table}.{name} {complaint}" for complaint in complaints]
    return broken


def known(column: Column, *sides: Mapping[str, TableRows]) -> set[object]:
    """The values that a foreign key may have."""
    assert column.references is not None
    parent, key = column.references
    return {value for side in sides if parent in side for value in side[parent].values(key)}


@pytest.fixture(scope="module")
def firm() -> dict[str, TableRows]:
    return make_firm()


@pytest.fixture(scope="module")
def small_firm() -> dict[str, TableRows]:
    return make_firm(scale=0.001)


def test_the_cloud_has_the_fifteen_tables_with_the_seeds_keys() -> None:
    assert tuple(CLOUD) == TABLES
    assert {table: next(name for name, column in CLOUD[table].items() if column.key) for table in TABLES} == KEYS


def test_every_cloud_table_has_an_owner_and_stamps_with_a_zone() -> None:
    for table, columns in CLOUD.items():
        assert columns["source"].type_name == "char(1)", table
        assert columns["created_at"].type_name == columns["updated_at"].type_name == "timestamptz", table


def test_the_desktop_has_the_clouds_business_columns_and_no_rules() -> None:
    for table in TABLES:
        theirs, ours = DESKTOP[desktop_name(table)], CLOUD[table]
        assert set(ours) - set(theirs) == CLOUD_ONLY & set(ours) | ({"task_status"} if table == "jobtasks" else set())
        assert not any(column.required or column.key or column.references for column in theirs.values())
        for name, column in theirs.items():
            assert column.type_name == ("timestamp" if name.endswith("_at") else ours[name].type_name), (table, name)


def test_the_firm_has_the_documented_size(firm: dict[str, TableRows]) -> None:
    assert {name: len(table.rows) for name, table in firm.items()} == SIZES
    assert 93_000 <= sum(SIZES.values()) < 93_500


def test_the_firm_is_the_same_every_time(small_firm: dict[str, TableRows]) -> None:
    assert make_firm(scale=0.001) == small_firm
    assert make_firm(scale=0.001, seed=SEED + 1) != small_firm


def test_a_small_firm_has_hundreds_of_rows_in_every_table(small_firm: dict[str, TableRows]) -> None:
    assert tuple(small_firm) == TABLES
    assert 100 < sum(len(table.rows) for table in small_firm.values()) < 1_000
    assert all(table.rows for table in small_firm.values())


@pytest.mark.parametrize("size", ["firm", "small_firm"])
def test_every_desktop_row_can_be_stored_in_the_cloud(size: str, request: pytest.FixtureRequest) -> None:
    assert broken_rules(request.getfixturevalue(size), {}) == []


def test_every_row_has_the_desktops_columns(firm: dict[str, TableRows]) -> None:
    for table in firm.values():
        assert set(table.columns) == set(DESKTOP[desktop_name(table.table)])
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_no_two_desktop_rows_are_the_same(firm: dict[str, TableRows]) -> None:
    # A delete_insert table has no key that would tell twins apart.
    for table in firm.values():
        assert len(set(table.rows)) == len(table.rows), table.table


def test_texts_are_what_people_type(firm: dict[str, TableRows]) -> None:
    texts = "".join(
        str(value) for table in ("mbstaff", "reminder", "learequest") for row in firm[table].rows for value in row
    )
    for name, first, last in (("Tamil", 0x0B80, 0x0BFF), ("Hindi", 0x0900, 0x097F), ("emoji", 0x1F300, 0x1FAFF)):
        assert any(first <= ord(character) <= last for character in texts), name


@pytest.mark.parametrize("size", ["firm", "small_firm"])
def test_phone_rows_can_be_stored_beside_the_desktops(size: str, request: pytest.FixtureRequest) -> None:
    desktop = request.getfixturevalue(size)
    phones = phone_rows(desktop)
    assert broken_rules(phones, desktop) == []
    assert 200 < sum(len(table.rows) for table in phones.values()) < 500
    for table in phones.values():
        assert set(table.values("source")) == {MOBILE}
        key = KEYS[table.table]
        if key in table.columns:
            assert not set(table.values(key)) & set(desktop[table.table].values(key)), table.table


def test_one_new_desktop_job_has_a_phones_number(small_firm: dict[str, TableRows]) -> None:
    added = {table.table: table for table in story._new_rows(stream(SEED, "story"), small_firm)}
    phones = phone_rows(small_firm)
    assert broken_rules(added, small_firm) == []
    for table, rows in added.items():
        if (key := KEYS[table]) in rows.columns:
            both = set(rows.values(key)) & set(phones[table].values(key))
            assert both == ({next_job_id(small_firm)} if table == "jobshead" else set())
