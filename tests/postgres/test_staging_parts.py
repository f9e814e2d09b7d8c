"""A staging in parts: each part alone, all of them as one, and what is refused rather than merged without a part."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest

from hybrid_sync import catalog, ledger, sql, staging
from hybrid_sync.errors import TooManyRejects
from hybrid_sync.retention import prune_stagings
from hybrid_sync.specs import RejectLimit, TableSpec
from hybrid_sync.staging import Origin, PartsLost, Staged
from tests.postgres.conftest import Cloud, upsert

SOME = RejectLimit(count=100)
JOBS = upsert("jobs", "job_id", max_rejects=SOME)
NAMES = ("job_id", "parent_id", "name", "hours")
REJECTS = "SELECT row_number, column_name, reason FROM hybrid_sync.reject ORDER BY row_number, column_name, reason"
RUN = "run1"


@dataclass
class Parts:
    """A cloud with the table `jobs`, and parts of it that are staged and gathered."""

    cloud: Cloud
    split_id: str = "cut 1"

    def load(self, part: int, rows: list[dict[str, Any]] | pa.Table, spec: TableSpec = JOBS, **settings: Any) -> Any:
        target = catalog.read_target(self.cloud.connection, "jobs")
        if isinstance(rows, list):
            rows = pa.table({name: pa.array([row.get(name) for row in rows], TYPES[name]) for name in NAMES})
        batches = rows.to_batches() or [pa.RecordBatch.from_pylist([], schema=rows.schema)]
        return staging.load_part(
            settings.get("connection", self.cloud.connection), spec=spec, ownership=self.cloud.ownership,
            target=target, batches=iter(batches), run_id=settings.get("run_id", RUN), split_id=self.split_id,
            part=part, desktop_time_zone="UTC",
        )  # fmt: skip

    def gather(self, parts: int, spec: TableSpec = JOBS) -> Staged:
        target = catalog.read_target(self.cloud.connection, "jobs")
        return staging.gather(
            self.cloud.connection, spec=spec, ownership=self.cloud.ownership, target=target, columns=NAMES,
            run_id=RUN, split_id=self.split_id, parts=parts, stage_id=str(uuid4()), desktop_time_zone="UTC",
            origin=Origin("full", "changed", "2026-01-01", "file:///nowhere/index.json"),
        )  # fmt: skip

    def staged(self, columns: str = "_hybrid_sync_row, job_id") -> list[tuple[Any, ...]]:
        return self.cloud.execute(
            f"SELECT {columns} FROM {sql.relation(staging.relation_name('jobs', RUN))} ORDER BY 1, 2"
        )

    def tables(self) -> list[str]:
        return [name for (name,) in self.cloud.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'hybrid_sync_staging' ORDER BY 1"
        )]  # fmt: skip


TYPES = {"job_id": pa.int64(), "parent_id": pa.int64(), "name": pa.string(), "hours": pa.string()}


@pytest.fixture
def parts(cloud_db: Cloud) -> Parts:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, parent_id int REFERENCES jobs, name varchar(5) UNIQUE, "
        "hours numeric(6,2) CHECK (hours < 1000), source char(1) DEFAULT 'D')"
    )
    return Parts(cloud_db)


def job(number: int | None, **values: Any) -> dict[str, Any]:
    return {"job_id": number, **values}


def test_gathered_parts_are_what_the_whole_would_be(parts: Parts) -> None:
    rows = [job(1, name="one"), job(2, name="toolong"), job(3, hours="1.50"), job(None), job(5), job(6, hours="5000")]
    for number in (2, 1, 3):  # in whatever order they end
        parts.load(number, rows[2 * number - 2 : 2 * number])
    gathered = parts.gather(3)
    seen = parts.staged("_hybrid_sync_row, job_id, name, hours"), parts.cloud.execute(REJECTS)
    whole = parts.cloud.stage(JOBS, rows, columns=list(NAMES), run_id=RUN)
    assert seen == (parts.staged("_hybrid_sync_row, job_id, name, hours"), parts.cloud.execute(REJECTS))
    assert [row[0] for row in seen[1]] == [2, 4, 6]
    assert (gathered.rows, gathered.rows_read, gathered.rejects) == (3, 6, 3)
    assert (gathered.rows, gathered.rows_read, gathered.duplicates, gathered.rejects, gathered.columns) == (
        whole.row_count, whole.rows_read, whole.duplicates, whole.rejects, whole.columns,
    )  # fmt: skip


def test_the_manifest_tells_the_whole_and_no_part_is_left(parts: Parts) -> None:
    parts.load(1, [job(1)])
    parts.load(2, [job(2)])
    gathered = parts.gather(2)
    manifest = ledger.manifest(parts.cloud.connection, RUN, "jobs")
    assert manifest is not None
    assert (manifest.stage_id, manifest.relation, manifest.row_count) == (gathered.stage_id, gathered.relation, 2)
    assert (manifest.extract_uri, manifest.watermark) == ("file:///nowhere/index.json", "2026-01-01")
    assert parts.tables() == [manifest.relation.removeprefix("hybrid_sync_staging.")]
    assert parts.cloud.execute("SELECT * FROM hybrid_sync.staged_part") == []
    parts.cloud.run_id = RUN
    assert parts.cloud.merge(JOBS, manifest).inserted == 2


def test_a_missing_part_is_never_gathered_without(parts: Parts) -> None:
    parts.load(1, [job(1)])
    parts.load(3, [job(3)])
    before = parts.tables()
    with pytest.raises(PartsLost, match="jobs: of its 3 parts, 2 is not staged as loaded") as caught:
        parts.gather(3)
    assert caught.value.parts == (2,)
    assert ledger.manifest(parts.cloud.connection, RUN, "jobs") is None
    assert parts.tables() == before
    parts.load(2, [job(2)])
    assert parts.gather(3).rows == 3


@pytest.mark.parametrize("damage", ["TRUNCATE {}", "DROP TABLE {}", "DELETE FROM {} WHERE job_id = 2"])
def test_a_part_that_a_crash_emptied_is_never_gathered(parts: Parts, damage: str) -> None:
    parts.load(1, [job(1)])
    lost = parts.load(2, [job(2), job(3)])
    parts.cloud.execute(damage.format(sql.relation(lost.relation)))
    with pytest.raises(PartsLost, match="an UNLOGGED table is emptied by a crash") as caught:
        parts.gather(2)
    assert caught.value.parts == (2,)
    assert ledger.manifest(parts.cloud.connection, RUN, "jobs") is None
    assert parts.cloud.execute("SELECT part FROM hybrid_sync.staged_part ORDER BY 1") == [(1,), (2,)]


def test_parts_of_another_cut_do_not_count(parts: Parts) -> None:
    parts.load(1, [job(1)])
    parts.load(2, [job(2)])
    parts.split_id = "cut 2"
    parts.load(1, [job(1)])
    with pytest.raises(PartsLost) as caught:
        parts.gather(2)
    assert caught.value.parts == (2,)


def test_what_an_earlier_cut_into_more_parts_left_goes_with_its_rejects(parts: Parts) -> None:
    for number in (1, 2, 3):
        parts.load(number, [job(number), job(None)])
    parts.split_id = "cut 2"
    for number in (1, 2):
        parts.load(number, [job(number), job(None)])
    assert parts.gather(2).rejects == 2
    assert [row[0] for row in parts.cloud.execute(REJECTS)] == [2, 4]
    assert len(parts.tables()) == 1


def test_a_part_that_is_loaded_again_replaces_nothing_but_itself(parts: Parts) -> None:
    parts.load(1, [job(1), job(None)])
    parts.load(2, [job(2), job(None)])
    parts.load(2, [job(2), job(3)])
    assert parts.gather(2).rejects == 1
    assert parts.staged() == [(1, 1), (3, 2), (4, 3)]
    assert [row[0] for row in parts.cloud.execute(REJECTS)] == [2]


def test_a_part_that_is_loaded_after_gathering_is_gathered_with_the_others_loaded_again(parts: Parts) -> None:
    for _ in range(2):
        parts.load(1, [job(1), job(7), job(None)])
        parts.load(2, [job(2), job(7, name="other")])
        assert parts.gather(2).rejects == 3
        assert [row[0] for row in parts.cloud.execute(REJECTS)] == [2, 3, 5]


def test_different_rows_of_one_key_in_two_parts_are_rejects_and_identical_ones_collapse(parts: Parts) -> None:
    parts.load(1, [job(1), job(2, hours="1.00"), job(3, name="name")])
    parts.load(2, [job(1), job(2, hours="2.00"), job(4, name="name")])
    gathered = parts.gather(2)
    assert (gathered.rows, gathered.duplicates, gathered.rejects) == (1, 1, 4)
    assert parts.cloud.execute(REJECTS) == [
        (2, "job_id", "duplicate key"), (3, "name", "duplicate value of unique key jobs_name_key"),
        (5, "job_id", "duplicate key"), (6, "name", "duplicate value of unique key jobs_name_key"),
    ]  # fmt: skip


def test_a_parent_in_another_part_is_a_parent_and_an_orphan_takes_its_children_along(parts: Parts) -> None:
    parts.load(1, [job(1, parent_id=4), job(2, parent_id=5)])
    parts.load(2, [job(4), job(5, parent_id=99)])
    gathered = parts.gather(2)
    assert [row[1] for row in parts.staged()] == [1, 4]
    assert gathered.rejects == 2
    assert [row[0] for row in parts.cloud.execute(REJECTS)] == [2, 4]


def test_the_limit_of_rejects_is_the_wholes_and_never_a_parts(parts: Parts) -> None:
    half = upsert("jobs", "job_id", max_rejects=RejectLimit(share=0.5))
    parts.load(1, [job(None), job(None)], half)  # all of it: the other part has enough good rows
    parts.load(2, [job(1), job(2)], half)
    assert parts.gather(2, half).rejects == 2
    strict = upsert("jobs", "job_id", max_rejects=RejectLimit(count=1))
    parts.load(1, [job(1), job(None)], strict)
    parts.load(2, [job(2), job(None)], strict)
    with pytest.raises(TooManyRejects, match="jobs: 2 of 4 rows cannot be stored, and max_rejects allows 1"):
        parts.gather(2, strict)
    assert ledger.manifest(parts.cloud.connection, RUN, "jobs") is None
    assert parts.tables() == []
    assert [row[0] for row in parts.cloud.execute(REJECTS)] == [2, 4]


def test_a_column_that_came_as_another_type_in_one_part_is_one_column_in_the_whole(parts: Parts) -> None:
    decimals = pa.table({
        "job_id": pa.array([1], pa.int32()), "parent_id": pa.array([None], pa.int64()),
        "name": pa.array(["one"]), "hours": pa.array([1], pa.decimal128(6, 2)),
    })  # fmt: skip
    texts = pa.table({
        "job_id": pa.array(["2", "odd"]), "parent_id": pa.array([None, None], pa.string()),
        "name": pa.array([b"two", b"\xff"], pa.binary()), "hours": pa.array(["2.50", "odd"]),
    })  # fmt: skip
    parts.load(1, decimals)
    parts.load(2, texts)
    assert parts.gather(2).rejects == 1
    assert parts.staged("job_id, name, hours::text") == [(1, "one", "1.00"), (2, "two", "2.50")]
    assert {row[0] for row in parts.cloud.execute(REJECTS)} == {3}


def test_an_empty_part_is_a_part(parts: Parts) -> None:
    parts.load(1, [])
    parts.load(2, [job(2)])
    assert parts.gather(2).rows == 1
    assert parts.staged() == [(1, 2)]


def test_rejects_of_earlier_runs_go_with_a_full_gathering_and_not_with_a_part(parts: Parts) -> None:
    parts.cloud.stage(JOBS, [job(None)], columns=list(NAMES), run_id="earlier")
    parts.load(1, [job(1)])
    assert len(parts.cloud.execute(REJECTS)) == 1
    parts.gather(1)
    assert parts.cloud.execute(REJECTS) == []


def test_gathering_waits_for_a_late_attempt_that_still_stages_a_part(parts: Parts) -> None:
    parts.load(1, [job(1)])
    parts.load(2, [job(2)])
    with parts.cloud.connect() as late, late.transaction():
        parts.load(2, [job(2), job(3)], connection=late)
        gathered: list[Staged] = []
        gathering = threading.Thread(target=lambda: gathered.append(parts.gather(2)))
        gathering.start()
        gathering.join(0.5)
        assert gathering.is_alive()
    gathering.join(20)
    assert [each.rows for each in gathered] == [3]


def test_parts_that_nobody_gathered_go_with_their_run(parts: Parts) -> None:
    for run in range(4):
        parts.load(1, [job(1)], run_id=f"run{run}")
    assert len(prune_stagings(parts.cloud.connection, run_id="run3", keep_runs=2)) == 2
    assert parts.cloud.execute("SELECT run_id FROM hybrid_sync.staged_part ORDER BY 1") == [("run2",), ("run3",)]
    assert len(parts.tables()) == 2
    parts.cloud.execute("TRUNCATE hybrid_sync.staged_part")
    assert len(prune_stagings(parts.cloud.connection, run_id="run3", keep_runs=2)) == 2
    assert parts.tables() == []
