"""`deletes: propagate` and `rewrite: changed`: what leaves, what stays, and which keys live on."""

from __future__ import annotations

import pytest

from hybrid_sync import catalog
from hybrid_sync.errors import GuardTripped, SchemaMismatch
from hybrid_sync.findings import refuse
from hybrid_sync.hazards import hazards
from hybrid_sync.specs import Deletes, Rewrite
from tests.postgres.conftest import Cloud, delete_insert, upsert

JOBS = upsert("jobs", "job_id", deletes=Deletes.PROPAGATE)
NOTES = delete_insert("notes", "note_id", rewrite=Rewrite.CHANGED)


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute(
        """
        CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1) DEFAULT 'D');
        CREATE TABLE tasks (task_id int PRIMARY KEY, job_id int REFERENCES jobs, source char(1));
        CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, amount numeric, doc json, tags text[],
                            source char(1) DEFAULT 'D');
        """
    )
    cloud_db.sync(JOBS, jobs(1, 2, 3, 4))
    cloud_db.execute("INSERT INTO jobs VALUES (90, 'phone', 'M')")
    return cloud_db


def jobs(*numbers: int) -> list[dict[str, object]]:
    return [{"job_id": number, "name": f"job {number}"} for number in numbers]


def test_desktop_rows_that_are_gone_from_a_full_extract_go_and_mobile_rows_stay(firm: Cloud) -> None:
    before = firm.mobile_bytes("jobs")
    record = firm.sync(JOBS, jobs(1, 2, 3))
    assert (record.deleted, record.unchanged) == (1, 3)
    assert firm.rows("jobs", "job_id, source") == [(1, "D"), (2, "D"), (3, "D"), (90, "M")]
    assert firm.mobile_bytes("jobs") == before


def test_keep_is_the_default_and_deletes_nothing(firm: Cloud) -> None:
    firm.sync(upsert("jobs", "job_id"), jobs(1))
    assert len(firm.rows("jobs")) == 5


def test_an_incremental_extract_never_deletes(firm: Cloud) -> None:
    record = firm.sync(JOBS, jobs(1), mode="incremental")
    assert record.deleted == 0
    assert len(firm.rows("jobs")) == 5


def test_a_parent_that_a_child_still_needs_stays_and_is_stored_as_a_conflict(firm: Cloud) -> None:
    firm.execute("INSERT INTO tasks VALUES (1, 4, 'M')")
    record = firm.sync(JOBS, jobs(1, 2))
    assert (record.deleted, record.unchanged) == (1, 2)
    assert firm.rows("jobs", "job_id, source") == [(1, "D"), (2, "D"), (4, "D"), (90, "M")]
    assert firm.execute("SELECT kind, key FROM hybrid_sync.conflict") == [("delete_restricted", {"job_id": 4})]
    firm.execute("DELETE FROM tasks")
    assert firm.sync(JOBS, jobs(1, 2)).deleted == 1
    assert firm.execute("SELECT resolved_at IS NOT NULL FROM hybrid_sync.conflict") == [(True,)]


def test_more_deletions_than_allowed_are_refused_and_nothing_goes(firm: Cloud) -> None:
    with pytest.raises(GuardTripped, match=r"3 of the cloud's 4 desktop rows would go"):
        firm.sync(JOBS, jobs(1))
    assert len(firm.rows("jobs")) == 5
    assert firm.sync(JOBS, jobs(1), approved_deletes=3).deleted == 3


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT"])
def test_a_foreign_key_that_would_carry_a_deletion_on_is_refused_from_the_catalogue(firm: Cloud, action: str) -> None:
    firm.execute(f"CREATE TABLE photos (photo_id int, job_id int REFERENCES jobs ON DELETE {action}, source char(1))")
    target = catalog.read_target(firm.connection, "jobs")
    with pytest.raises(SchemaMismatch, match=rf"photos_job_id_fkey of public.photos is ON DELETE {action}"):
        refuse(JOBS.name, hazards(JOBS, target, ["job_id", "name"]))
    assert not hazards(upsert("jobs", "job_id"), target, ["job_id", "name"])


def test_rules_and_heirs_are_refused_from_the_catalogue(firm: Cloud) -> None:
    firm.execute("CREATE RULE also AS ON INSERT TO jobs DO ALSO NOTHING; CREATE TABLE heir () INHERITS (notes)")
    with pytest.raises(SchemaMismatch, match="rule also rewrites"):
        refuse(JOBS.name, hazards(JOBS, catalog.read_target(firm.connection, "jobs"), []))
    with pytest.raises(SchemaMismatch, match="heir inherits"):
        refuse(NOTES.name, hazards(NOTES, catalog.read_target(firm.connection, "notes"), []))


def note(body: str, amount: str = "1", doc: str = "{}") -> dict[str, object]:
    return {"body": body, "amount": amount, "doc": doc, "tags": "{a,b}"}


def keys(firm: Cloud) -> dict[tuple[object, ...], list[int]]:
    found: dict[tuple[object, ...], list[int]] = {}
    for key, *content in firm.execute(
        "SELECT note_id, body, amount::text, doc::text FROM notes WHERE source = 'D' ORDER BY 1"
    ):
        found.setdefault(tuple(content), []).append(key)
    return found


def test_rewrite_changed_keeps_the_generated_keys_of_unchanged_rows_and_burns_none(firm: Cloud) -> None:
    firm.sync(NOTES, [note("a"), note("b"), note("b"), note("c")])
    firm.execute("INSERT INTO notes (body, source) VALUES ('m', 'M')")
    before, mobile = keys(firm), firm.mobile_bytes("notes")
    [(last,)] = firm.execute("SELECT last_value FROM notes_note_id_seq")
    record = firm.sync(NOTES, [note("b"), note("a"), note("b"), note("c")])
    assert (record.deleted, record.inserted, record.unchanged) == (0, 0, 4)
    assert keys(firm) == before
    assert firm.execute("SELECT last_value FROM notes_note_id_seq") == [(last,)]
    assert firm.mobile_bytes("notes") == mobile


def test_rewrite_changed_counts_copies(firm: Cloud) -> None:
    firm.sync(NOTES, [note("b"), note("b"), note("a")])
    record = firm.sync(NOTES, [note("b"), note("b"), note("b")], approved_deletes=1)
    assert (record.deleted, record.inserted, record.unchanged) == (1, 1, 2)
    assert [len(found) for found in keys(firm).values()] == [3]


def test_rewrite_changed_tells_numbers_and_json_apart_by_their_spelling(firm: Cloud) -> None:
    firm.sync(NOTES, [note("a", "1.0", '{"k": 1}'), note("b", "2", "{}")])
    record = firm.sync(NOTES, [note("a", "1.00", '{"k": 1}'), note("b", "2", "{ }")])
    assert (record.deleted, record.inserted) == (2, 2)
    assert set(keys(firm)) == {("a", "1.00", '{"k": 1}'), ("b", "2", "{ }")}
