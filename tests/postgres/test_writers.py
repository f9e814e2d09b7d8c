"""A merge beside other writers: two merges at once, phones all through it, rows that change owner meanwhile.

The interleavings are made exact by stopping the merge at a named place (`Gate`), as PostgreSQL's isolation tests do.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from hybrid_sync import merging, sql
from hybrid_sync.errors import GuardTripped, MergeContention
from hybrid_sync.ledger import Manifest, MergeRecord
from hybrid_sync.merging import Limits
from hybrid_sync.specs import TableSpec
from tests.postgres.conftest import Cloud, delete_insert, upsert

JOBS = upsert("jobs", "job_id")
NOTES = delete_insert("notes", "note_id")


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute(
        """
        CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1) DEFAULT 'D');
        CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1) DEFAULT 'D');
        INSERT INTO jobs SELECT n, 'job ' || n, 'M' FROM generate_series(1000, 1010) AS n;
        INSERT INTO notes (body, source) SELECT 'note ' || n, 'M' FROM generate_series(1, 10) AS n;
        """
    )
    return cloud_db


class Gate:
    """Runs `action` between the merge's snapshot and its template, on the first attempt alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, action: Any) -> None:
        self.passed = 0
        run = merging.run_template

        def gated(connection: psycopg.Connection[Any], statement: str) -> Any:
            self.passed += 1
            if self.passed == 1:
                action()
            return run(connection, statement)

        monkeypatch.setattr(merging, "run_template", gated)


@contextmanager
def merging_elsewhere(firm: Cloud, spec: TableSpec, manifest: Manifest, **settings: Any) -> Any:
    """A merge on a connection and a thread of its own: yields its future."""
    with firm.connect() as connection, ThreadPoolExecutor(1) as pool:
        future: Future[MergeRecord] = pool.submit(firm.merge, spec, manifest, connection=connection, **settings)
        yield future


def notes(count: int) -> list[dict[str, object]]:
    return [{"body": f"body {n}"} for n in range(count)]


@pytest.mark.parametrize("full", [False, True], ids=["empty table", "full table"])
@pytest.mark.parametrize("spec", [JOBS, NOTES], ids=["upsert", "delete_insert"])
def test_two_merges_at_once_end_as_one_after_the_other(firm: Cloud, spec: TableSpec, full: bool) -> None:
    rows = notes(50) if spec is NOTES else [{"job_id": n, "name": f"job {n}"} for n in range(50)]
    if full:
        firm.sync(spec, rows)
    table = spec.name
    first, second = firm.stage(spec, rows, run_id="one"), firm.stage(spec, rows, run_id="two")
    plans = {}
    for run_id, manifest in (("one", first), ("two", second)):
        firm.run_id = run_id
        plans[run_id] = firm.plan(spec, manifest)
    start = threading.Barrier(2)

    def merge(run_id: str, manifest: Manifest) -> MergeRecord | None:
        with firm.connect() as connection:
            statement = sql.render(spec.template, plan=plans[run_id])
            start.wait()
            try:
                return merging.merge(connection, spec, plans[run_id], manifest, statement)
            except GuardTripped:  # the run that read the desktop first came second: its rows are the older ones
                return None

    with ThreadPoolExecutor(2) as pool:
        records = [f.result() for f in [pool.submit(merge, "one", first), pool.submit(merge, "two", second)]]
    assert firm.execute(f"SELECT count(*) FROM {table} WHERE source = 'D'") == [(50,)]
    assert records[1] is not None
    assert all(record.certified for record in records if record is not None)


def test_a_second_merge_waits_for_the_first_and_sees_what_it_committed(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = firm.stage(NOTES, notes(3), run_id="one"), firm.stage(NOTES, notes(3), run_id="two")
    reached, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        reached.set()
        assert go_on.wait(10)

    Gate(monkeypatch, hold)
    firm.run_id = "one"
    with merging_elsewhere(firm, NOTES, first) as one:
        assert reached.wait(10)
        firm.run_id = "two"
        with merging_elsewhere(firm, NOTES, second) as two:
            time.sleep(0.3)
            assert not two.done()
            go_on.set()
            assert one.result(10).inserted == 3
            record = two.result(10)
    assert (record.deleted, record.inserted) == (3, 3)


def test_a_phone_that_takes_our_key_after_our_snapshot_becomes_a_conflict(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = firm.stage(JOBS, [{"job_id": 1, "name": "desktop"}, {"job_id": 2, "name": "two"}])
    gate = Gate(monkeypatch, lambda: firm.connect().execute("INSERT INTO jobs VALUES (1, 'phone', 'M')"))
    record = firm.merge(JOBS, manifest, pause=lambda _: None)
    assert gate.passed == 2
    assert (record.inserted, record.conflicts) == (1, 1)
    assert firm.rows("jobs", "name, source", "job_id = 1") == [("phone", "M")]


def test_a_row_that_turns_from_desktop_to_mobile_while_we_work_is_left_to_mobile(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.execute("INSERT INTO jobs VALUES (1, 'one', 'D')")
    manifest = firm.stage(JOBS, [{"job_id": 1, "name": "changed"}])
    gate = Gate(monkeypatch, lambda: firm.connect().execute("UPDATE jobs SET source = 'M' WHERE job_id = 1"))
    record = firm.merge(JOBS, manifest, pause=lambda _: None)
    assert gate.passed == 2
    assert record.conflicts == 1
    assert firm.rows("jobs", "name, source", "job_id = 1") == [("one", "M")]


def test_a_desktop_row_that_a_phone_takes_over_survives_delete_insert(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm.sync(NOTES, notes(2))
    manifest = firm.stage(NOTES, notes(2))
    Gate(monkeypatch, lambda: firm.connect().execute("UPDATE notes SET source = 'M' WHERE body = 'body 0'"))
    record = firm.merge(NOTES, manifest, pause=lambda _: None)
    assert (record.deleted, record.inserted) == (1, 2)
    assert firm.execute("SELECT count(*) FROM notes WHERE body = 'body 0'") == [(2,)]


def test_a_long_phone_transaction_on_a_row_we_need_ends_in_a_retryable_error_and_changes_nothing(firm: Cloud) -> None:
    firm.execute("INSERT INTO jobs VALUES (1, 'one', 'D')")
    manifest = firm.stage(JOBS, [{"job_id": 1, "name": "changed"}])
    with firm.connect() as phone:
        phone.execute("BEGIN")
        phone.execute("SELECT 1 FROM jobs WHERE job_id = 1 FOR UPDATE")
        with pytest.raises(MergeContention, match=r"no lock on public\.jobs within 300ms"):
            firm.merge(JOBS, manifest, limits=Limits(lock_timeout="300ms"))
        phone.execute("ROLLBACK")
    assert firm.merge(JOBS, manifest).updated == 1


def test_locks_taken_in_opposite_order_end_for_both_without_loss(firm: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.execute("INSERT INTO jobs VALUES (1, 'one', 'D'), (2, 'two', 'D')")
    manifest = firm.stage(JOBS, [{"job_id": 1, "name": "ONE"}, {"job_id": 2, "name": "TWO"}])
    with firm.connect() as phone, ThreadPoolExecutor(1) as pool:
        phone.execute("BEGIN")
        phone.execute("UPDATE jobs SET name = 'phone 2' WHERE job_id = 2")

        def cross() -> None:
            # The merge will hold row 1 and wait for row 2; the phone then asks for row 1.
            time.sleep(0.5)
            try:
                phone.execute("UPDATE jobs SET name = 'phone 1' WHERE job_id = 1")
                phone.execute("COMMIT")
            except psycopg.errors.DeadlockDetected:
                phone.execute("ROLLBACK")

        crossing = pool.submit(cross)
        record = firm.merge(JOBS, manifest, pause=lambda _: None)
        crossing.result(20)
    assert record.updated + record.unchanged == 2
    assert firm.rows("jobs", "name, source", "job_id < 10") == [("ONE", "D"), ("TWO", "D")]


def test_attempts_are_bounded_and_each_is_logged(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = firm.stage(JOBS, [{"job_id": 1, "name": "x"}])

    def lose(*_: object) -> None:
        raise psycopg.errors.SerializationFailure

    monkeypatch.setattr(merging, "run_template", lose)
    pauses: list[float] = []
    with pytest.raises(MergeContention, match="6 attempts each lost a race"):
        firm.merge(JOBS, manifest, pause=pauses.append)
    assert len(pauses) == 6
    assert len(set(pauses)) == 6
    assert "attempt 3 of 6" in caplog.text


def test_a_phone_that_writes_all_through_a_run_never_waits_100_ms_for_a_lock_and_raises_no_alarm(firm: Cloud) -> None:
    firm.sync(NOTES, notes(3000))
    firm.sync(JOBS, [{"job_id": n, "name": "x"} for n in range(900)])
    stop, written = threading.Event(), []

    def phone() -> None:
        with firm.connect() as connection:
            # The server itself refuses a statement that waits longer for a lock; a busy machine is not a lock.
            connection.execute("SET lock_timeout = '100ms'")
            number = 0
            while not stop.is_set():
                number += 1
                for statement in (
                    f"INSERT INTO notes (body, source) VALUES ('phone {number}', 'M')",
                    "UPDATE notes SET body = body || '.' WHERE source = 'M' AND note_id % 7 = 0",
                    f"DELETE FROM notes WHERE source = 'M' AND body = 'phone {number - 1}'",
                    f"INSERT INTO jobs VALUES ({5000 + number}, 'phone', 'M')",
                    f"UPDATE jobs SET name = 'phone again' WHERE job_id = {5000 + number}",
                ):
                    connection.execute(statement)
                    written.append(statement)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(phone)
        try:
            for round_ in range(4):
                firm.sync(NOTES, notes(3000 + round_))
                firm.sync(JOBS, [{"job_id": n, "name": f"x{round_}"} for n in range(900)])
        finally:
            stop.set()
            running.result(20)
    assert len(written) > 100
