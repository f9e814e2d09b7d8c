"""Whatever the desktop and the cloud hold, a merge ends as it should: found by hypothesis, on a real server.

Each example fills a table with rows of many owners, merges a random extract into it and merges the same extract again.
What should come of it is worked out here in Python, from the extract's values alone, and compared with what the server
then holds and with what the merge says it did.

`make test` runs the same `EXAMPLES` examples every time. The environment variable PROPERTY_EXAMPLES=20000 runs that
many new ones instead, divided among the tests; one that fails prints the line that repeats it.
"""

from __future__ import annotations

import json
import os
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql as psql

from demo.postgres import PostgresServer
from hybrid_sync import catalog, ledger, merging, sql, staging
from hybrid_sync.catalog import Target
from hybrid_sync.ledger import MergeRecord
from hybrid_sync.plan import plan_merge
from hybrid_sync.specs import Deletes, Ownership, RejectLimit, Rewrite, Strategy, TableSpec

EXAMPLES = 560
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Kind:
    """A column type: its values as the driver gives them, and how to read one back as `plain` writes it."""

    sql: str
    arrow: pa.DataType
    values: st.SearchStrategy[Any]
    read: str = "{}::text"
    plain: Callable[[Any], Any] = str


TEXTS = [
    "",
    " ",
    "a",
    "A",
    "a ",
    "it's",
    '"q"',
    "back\\slash",
    "%s %(x)s",
    "Zoë ß 漢 🙂",
    "\t\n\r",
    "NULL",
    "\\N",
    "$1;--",
]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
NUMBERS = [Decimal(number) for number in ("0", "1", "1.5", "-1.50", "9999999.99")]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENTS = [EPOCH, EPOCH - timedelta(microseconds=1), datetime(2025, 3, 30, 1, 30, tzinfo=UTC)]
DOCUMENTS = ["null", "{}", "{ }", '{"b": 1, "a": "\'%s"}', '{"a": 1, "a": 2}', "[1.0, 1.00]"]
OBJECTS = ["null", "{}", '{"a": 1, "b": [true]}', '{"b": [true], "a": 1}']

INT = Kind("int", pa.int64(), st.sampled_from([1, 2, 3, 4, 5, 0, -1, 2**31 - 1]))
NUMERIC = Kind("numeric(9,2)", pa.decimal128(12, 3), st.sampled_from(NUMBERS), plain=lambda number: f"{number:.2f}")
TEXT = Kind("text", pa.string(), st.sampled_from(TEXTS) | ANY_TEXT)
FIXED = Kind("char(4)", pa.string(), st.sampled_from(["a", "a ", "ab", "", "é%"]), plain=lambda text: text.rstrip(" "))
DATE = Kind("date", pa.date32(), st.sampled_from([date(1, 1, 1), date(2024, 2, 29), date(9999, 12, 31)]))
MOMENT = Kind(
    "timestamptz", pa.timestamp("us", "UTC"), st.sampled_from(MOMENTS),
    read="(extract(epoch from {}) * 1000000)::bigint::text",
    plain=lambda moment: str((moment - EPOCH) // timedelta(microseconds=1)),
)  # fmt: skip
JSON = Kind("json", pa.string(), st.sampled_from(DOCUMENTS))
JSONB = Kind(
    "jsonb", pa.string(), st.sampled_from(OBJECTS), plain=lambda text: json.dumps(json.loads(text), sort_keys=True)
)
BOOL = Kind("bool", pa.bool_(), st.booleans(), plain=lambda value: str(value).lower())
FLOAT = Kind(
    "float8", pa.float64(), st.sampled_from([0.0, -0.0, 1.5, float("inf")]),
    read="encode(float8send({}), 'hex')", plain=lambda number: struct.pack(">d", number).hex(),
)  # fmt: skip
CODE = Kind("text UNIQUE", pa.string(), st.sampled_from(["u1", "u2", "u3", "U1"]))


@dataclass(frozen=True)
class Shape:
    """A table: its key columns come first, then the others, then the ownership column of type `owner`."""

    name: str
    key: tuple[Kind, ...]
    others: tuple[Kind, ...]
    owner: str = "char(1)"
    number: str = "bigserial"  # the generated key, where there is no key

    @property
    def unique(self) -> int | None:
        """The place of the further unique column, if there is one."""
        return self.kinds.index(CODE) if CODE in self.kinds else None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return self.key + self.others

    @property
    def columns(self) -> list[str]:
        return [f"c{place}" for place in range(len(self.kinds))]

    def plain(self, row: Row) -> Row:
        return tuple(None if value is None else kind.plain(value) for kind, value in zip(self.kinds, row, strict=True))

    def create(self) -> str:
        columns = [f"{name} {kind.sql}" for name, kind in zip(self.columns, self.kinds, strict=True)]
        if self.key:
            columns.append(f"PRIMARY KEY ({', '.join(self.columns[: len(self.key)])})")
        else:
            columns.insert(0, f"number {self.number} PRIMARY KEY")
        return f"CREATE TABLE {self.name} ({', '.join(columns)}, source {self.owner} DEFAULT 'D')"


KEYED = [
    Shape("of_int", (INT,), (TEXT, NUMERIC, DATE)),
    Shape("of_pair", (INT, TEXT), (JSON, BOOL), owner="text"),
    Shape("of_char", (FIXED,), (MOMENT, FIXED, FLOAT), owner="varchar(2)"),
    Shape("of_three", (DATE, NUMERIC, BOOL), (JSONB, TEXT)),
    Shape("of_code", (INT,), (CODE, TEXT)),
]
NUMBERED = [
    Shape("lines", (), (TEXT, NUMERIC, JSON), owner="varchar(2)"),
    Shape("moments", (), (MOMENT, FIXED, BOOL, FLOAT), number="bigint GENERATED ALWAYS AS IDENTITY"),
    Shape("codes", (), (CODE, TEXT), owner="text"),
]
OWNERS = {
    "char(1)": ["D", None, "M", "X", "d", " "],
    "text": ["D", None, "M", "", " ", "D ", "d", "desktop"],
    "varchar(2)": ["D", None, "M", "", "D ", "DD"],
}


def spec_of(shape: Shape, **settings_: Any) -> TableSpec:
    keyed = bool(shape.key)
    return TableSpec(
        name=shape.name, source_table=shape.name, target_table=shape.name,
        strategy=Strategy.UPSERT if keyed else Strategy.DELETE_INSERT,
        key=tuple(shape.columns[: len(shape.key)]), generated_key=None if keyed else "number",
        max_rejects=RejectLimit(count=1000), **settings_,
    )  # fmt: skip


@dataclass
class Bench:
    """One database, one connection; the tables made once, their catalogue read once."""

    connection: psycopg.Connection[Any]
    targets: dict[str, Target]
    runs: Iterator[int]

    def fill(self, shape: Shape, rows: list[tuple[Row, str | None]]) -> None:
        """Make `rows` (values, owner) the table's only ones."""
        self.connection.execute(
            f"TRUNCATE {shape.name}, hybrid_sync.conflict, hybrid_sync.reject, hybrid_sync.merge_log"
        )
        if rows:
            names = psql.SQL(", ").join(map(psql.Identifier, [*shape.columns, "source"]))
            one = psql.SQL("({})").format(psql.SQL(", ").join([psql.Placeholder()] * (len(shape.kinds) + 1)))
            statement = psql.SQL("INSERT INTO {} ({}) VALUES {}").format(
                psql.Identifier(shape.name), names, psql.SQL(", ").join([one] * len(rows))
            )
            self.connection.execute(statement, [value for row, owner in rows for value in (*row, owner)])

    def desktop_rows(self, shape: Shape) -> Counter[Row]:
        values = ", ".join(kind.read.format(name) for name, kind in zip(shape.columns, shape.kinds, strict=True))
        return Counter(
            self.connection.execute(f"SELECT {values} FROM {shape.name} WHERE source = 'D' OR source IS NULL")
        )

    def versions(self, shape: Shape, where: str = "TRUE") -> list[Row]:
        """Every row with its place and its writer."""
        statement = f"SELECT t::text, t.ctid::text, t.xmin::text FROM {shape.name} AS t WHERE {where} ORDER BY 2"
        return self.connection.execute(statement).fetchall()

    def mobile(self, shape: Shape) -> list[Row]:
        return self.versions(shape, "(source = 'D' OR source IS NULL) IS NOT TRUE")

    def sync(self, shape: Shape, spec: TableSpec, rows: list[Row]) -> MergeRecord:
        run_id, target, ownership = f"run{next(self.runs)}", self.targets[shape.name], Ownership()
        names = list(shape.columns)
        columns = [pa.array([row[place] for row in rows], kind.arrow) for place, kind in enumerate(shape.kinds)]
        batch = pa.RecordBatch.from_arrays(columns, names=names)
        staging.load(
            self.connection, spec=spec, ownership=ownership, target=target, batches=iter([batch]), run_id=run_id,
            stage_id=str(uuid4()), mode="full", watermark_column=None, watermark=None, extract_uri="",
            desktop_time_zone="UTC",
        )  # fmt: skip
        manifest = ledger.manifest(self.connection, run_id, spec.name)
        assert manifest is not None
        plan = plan_merge(
            spec, ownership, target, run_id=run_id, staging=manifest.relation, columns=manifest.columns, full=True,
            dry_run=False, rejects=manifest.rejects,
        )  # fmt: skip
        record = merging.merge(
            self.connection, spec, plan, manifest, sql.render(spec.template, plan=plan), approved_deletes=1000
        )  # fmt: skip
        staging.drop(self.connection, spec.name, run_id, manifest.stage_id)
        return record


@pytest.fixture(scope="module")
def bench(postgres_server: PostgresServer) -> Iterator[Bench]:
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        server.execute("CREATE DATABASE properties TEMPLATE template0")
        with psycopg.connect(postgres_server.uri("properties"), autocommit=True, prepare_threshold=None) as connection:
            ledger.migrate(connection)
            shapes = (*KEYED, *NUMBERED)
            for shape in shapes:
                connection.execute(shape.create())
            targets = {shape.name: catalog.read_target(connection, shape.name) for shape in shapes}
            yield Bench(connection, targets, count(1))
        server.execute("DROP DATABASE properties WITH (FORCE)")


_CHOSEN = os.environ.get("PROPERTY_EXAMPLES")
_TESTS = len(KEYED) * len(Deletes) + len(NUMBERED) * len(Rewrite)
examples = settings(
    max_examples=-(-int(_CHOSEN or EXAMPLES) // _TESTS), deadline=None, derandomize=_CHOSEN is None, database=None,
    print_blob=True, suppress_health_check=list(HealthCheck),
)  # fmt: skip


@st.composite
def states(draw: st.DrawFn, shape: Shape) -> tuple[list[tuple[Row, str | None]], list[Row]]:
    """(the cloud's rows with their owners, the desktop's rows): many of the one occur among the other."""

    def values(kinds: tuple[Kind, ...], nullable: bool) -> st.SearchStrategy[Row]:
        return st.tuples(*((kind.values | st.none()) if nullable else kind.values for kind in kinds))

    others = values(shape.others, nullable=True)
    pool = draw(st.lists(st.tuples(values(shape.key, nullable=False), others), min_size=1, max_size=8))
    known = st.sampled_from([key + rest for key, rest in pool])
    mixed = st.tuples(st.sampled_from([key for key, _ in pool]), others).map(lambda pair: pair[0] + pair[1])
    broken = st.tuples(values(shape.key, nullable=True), others).map(lambda pair: pair[0] + pair[1])
    desktop = draw(st.lists(known | known | mixed | broken, max_size=8))
    owners = st.sampled_from(OWNERS[shape.owner])
    identity = (lambda pair: shape.plain(pair[0])[: len(shape.key)]) if shape.key else None
    cloud = draw(st.lists(st.tuples(known | mixed, owners), max_size=8, unique_by=identity))
    return cloud if shape.unique is None else without_shared_codes(shape, cloud), desktop


def without_shared_codes(shape: Shape, cloud: list[tuple[Row, str | None]]) -> list[tuple[Row, str | None]]:
    """Each code held once: by mobile rows alone, where a desktop row might hand its code to another."""
    place, held, rows = shape.unique, set(), []
    assert place is not None
    for row, owner in cloud:
        keeps = row[place] not in held and not (shape.key and is_desktop(owner, shape))
        rows.append(((*row[:place], row[place] if keeps else None, *row[place + 1 :]), owner))
        held.add(rows[-1][0][place])
    return rows


def is_desktop(owner: str | None, shape: Shape) -> bool:
    return owner is None or (owner.rstrip(" ") if shape.owner.startswith("char") else owner) == "D"


def staged_of(shape: Shape, rows: list[Row]) -> tuple[list[Row], int, int]:
    """What the staging should hold of an extract: its rows; identical rows too many; rows refused."""
    keys = len(shape.key)
    staged, duplicates = [row for row in map(shape.plain, rows) if None not in row[:keys]], 0
    for place in [
        *([slice(keys)] if keys else []),
        *([slice(shape.unique, shape.unique + 1)] if shape.unique is not None else []),
    ]:
        free = [row for row in staged if row[place] == (None,)]
        distinct = {row for row in staged if row[place] != (None,)}
        duplicates += len(staged) - len(free) - len(distinct)
        holders = Counter(row[place] for row in distinct)
        staged = free + [row for row in distinct if holders[row[place]] == 1]
    return staged, duplicates, len(rows) - duplicates - len(staged)


@pytest.mark.parametrize("deletes", list(Deletes))
@pytest.mark.parametrize("shape", KEYED, ids=lambda shape: shape.name)
def test_upsert(bench: Bench, shape: Shape, deletes: Deletes) -> None:
    spec, keys = spec_of(shape, deletes=deletes, max_shrink=1.0), len(shape.key)

    @examples
    @given(states(shape))
    def holds(state: tuple[list[tuple[Row, str | None]], list[Row]]) -> None:
        cloud, desktop = state
        bench.fill(shape, cloud)
        mobile = bench.mobile(shape)
        ours = {shape.plain(row)[:keys]: shape.plain(row) for row, owner in cloud if is_desktop(owner, shape)}
        staged, duplicates, rejects = staged_of(shape, desktop)
        stands = in_the_way(shape, cloud)
        wanted = {row[:keys]: row for row in staged if not stands(row)}
        gone = ours.keys() - {row[:keys] for row in staged} if deletes is Deletes.PROPAGATE and not rejects else set()

        record = bench.sync(shape, spec, desktop)
        expected = {key: row for key, row in ours.items() if key not in gone} | wanted
        assert bench.desktop_rows(shape) == Counter(expected.values())
        assert bench.mobile(shape) == mobile
        assert (record.duplicates, record.rejects, record.deleted) == (duplicates, rejects, len(gone))
        assert record.conflicts == len(staged) - len(wanted)
        assert record.inserted == len(wanted.keys() - ours.keys())
        assert record.unchanged == sum(ours.get(key) == row for key, row in wanted.items())
        assert_adds_up(record, len(desktop))

        before = bench.versions(shape)
        again = bench.sync(shape, spec, desktop)
        assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)
        assert bench.versions(shape) == before
        assert bench.connection.execute("SELECT count(DISTINCT key) FROM hybrid_sync.conflict").fetchone() == (
            record.conflicts,
        )

    holds()


@pytest.mark.parametrize("rewrite", list(Rewrite))
@pytest.mark.parametrize("shape", [
    *NUMBERED,
], ids=lambda shape: shape.name)  # fmt: skip
def test_delete_insert(bench: Bench, shape: Shape, rewrite: Rewrite) -> None:
    spec = spec_of(shape, rewrite=rewrite)

    @examples
    @given(states(shape))
    def holds(state: tuple[list[tuple[Row, str | None]], list[Row]]) -> None:
        cloud, desktop = state
        bench.fill(shape, cloud)
        mobile, versions = bench.mobile(shape), bench.versions(shape)
        ours = Counter(shape.plain(row) for row, owner in cloud if is_desktop(owner, shape))
        staged, duplicates, rejects = staged_of(shape, desktop)
        stands = in_the_way(shape, cloud)
        wanted = Counter(row for row in staged if not stands(row))
        kept = (ours & wanted).total() if rewrite is Rewrite.CHANGED else 0

        record = bench.sync(shape, spec, desktop)
        assert bench.desktop_rows(shape) == wanted
        assert bench.mobile(shape) == mobile
        assert (record.deleted, record.inserted) == (ours.total() - kept, wanted.total() - kept)
        assert (record.unchanged, record.conflicts) == (kept, len(staged) - wanted.total())
        assert (record.duplicates, record.rejects) == (duplicates, rejects)
        assert len(set(bench.versions(shape)) & set(versions)) == kept + len(mobile)
        assert_adds_up(record, len(desktop))

        before = bench.versions(shape)
        again = bench.sync(shape, spec, desktop)
        assert bench.desktop_rows(shape) == wanted
        assert bench.mobile(shape) == mobile
        if rewrite is Rewrite.CHANGED:
            assert (again.inserted, again.deleted) == (0, 0)
            assert bench.versions(shape) == before

    holds()


def in_the_way(shape: Shape, cloud: list[tuple[Row, str | None]]) -> Callable[[Row], bool]:
    """Whether a mobile row has the key or the code of a staged row."""
    keys, place = len(shape.key), shape.unique
    theirs = [shape.plain(row) for row, owner in cloud if not is_desktop(owner, shape)]
    held_keys = {row[:keys] for row in theirs} if keys else set()
    codes = {row[place] for row in theirs if row[place] is not None} if place is not None else set()
    return lambda row: row[:keys] in held_keys or (place is not None and row[place] in codes)


def assert_adds_up(record: MergeRecord, rows_read: int) -> None:
    assert record.staged == record.inserted + record.updated + record.unchanged + record.conflicts + record.duplicates
    assert record.staged + record.rejects == rows_read
    assert record.certified
