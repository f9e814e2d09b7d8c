"""Which rows are the same: the merge compares byte for byte, in the quick way only where a type allows it."""

from __future__ import annotations

import itertools

import pytest

from hybrid_sync import catalog, sql
from hybrid_sync.plan import plan_merge
from tests.postgres.conftest import Cloud, upsert

# Type -> values among which are some that are equal, or close to it, and yet not the same bytes.
QUICK = {
    "smallint": "0,1,-1", "integer": "0,1,-2147483648", "bigint": "0,1,-9223372036854775808", "boolean": "t,f",
    "date": "2024-02-29,infinity,-infinity,0001-01-01 BC", "time": "00:00,24:00,00:00:00.000001",
    "timestamp": "2024-01-01,2024-01-01 00:00:00.000001,infinity",
    "timestamptz": "2024-01-01 00:00+00,2024-01-01 05:30+05:30,2024-01-01 00:00:00.000001+00",
    "uuid": "00000000-0000-0000-0000-000000000000,ffffffff-ffff-ffff-ffff-ffffffffffff",
    "bytea": r"\x,\x00,\x0000", "text": "a,A,a ,,é,e\u0301", "varchar(5)": "a,A,a ,,é,e\u0301", "char(3)": "a,a  ,A,",
    "numeric(9,2)": "1,1.0,1.00,-1,0,-0.00,NaN", "numeric(4,-2)": "100,149,0", "numeric(2,4)": "0.001,0.0010,0",
}  # fmt: skip
BY_IMAGE = {
    "numeric": "1,1.0,1.00,0,0.0", "real": "0,-0,NaN,1", "double precision": "0,-0,NaN,1", "json": '{"a":1}|{"a": 1}',
    "jsonb": "1|1.0|1.00", "interval": "1 day,24 hours,1 month,30 days", "bpchar": "a,a ,a  ",
    "numeric[]": "{1}|{1.0}", "timetz": "00:00+00,01:00+01",
}  # fmt: skip


def values(text: str) -> list[str]:
    return text.split("|" if "|" in text else ",")


@pytest.mark.parametrize(("kind", "spelt"), [*QUICK.items(), *BY_IMAGE.items()])
def test_two_values_are_the_same_if_their_bytes_are(cloud_db: Cloud, kind: str, spelt: str) -> None:
    cloud_db.execute(f"CREATE TABLE things (id int PRIMARY KEY, value {kind}, source text)")
    target = catalog.read_target(cloud_db.connection, "things")
    plan = plan_merge(
        upsert("things", "id"), cloud_db.ownership, target, run_id="a_run", staging="hybrid_sync_staging.x__y",
        columns=("id", "value"), full=True, dry_run=False,
    )  # fmt: skip
    assert ("value" in plan.bytewise) == (kind in QUICK)
    template = '{% from "_macros.sql" import same_row %}{{ same_row(plan, ["value"], "one", "other") }}'
    condition = sql.environment().from_string(template).render(plan=plan)
    everything = [*values(spelt), None]
    for number, (one, other) in enumerate(itertools.product(everything, everything)):
        cloud_db.execute("INSERT INTO things VALUES (%s, %s), (%s, %s)", 2 * number, one, 2 * number + 1, other)
    found = cloud_db.execute(
        f"SELECT one.value::text, other.value::text, {condition}, ROW(one.value)::record *= ROW(other.value)::record "
        "FROM things AS one JOIN things AS other ON other.id = one.id + 1 AND mod(one.id, 2) = 0"
    )
    assert len(found) == len(everything) ** 2
    assert [row for row in found if row[2] is not row[3]] == []


def test_an_operator_of_ones_own_for_varchar_does_not_hide_a_change(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE FUNCTION folded(varchar, varchar) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
        CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = folded);
        CREATE TABLE things (id int PRIMARY KEY, value varchar(9), source text);
        """
    )
    things = upsert("things", "id")
    cloud_db.sync(things, [{"id": 1, "value": "mara"}])
    assert cloud_db.sync(things, [{"id": 1, "value": "MARA"}]).updated == 1
