"""The merge transaction on a real server: what it writes, what it refuses, what it proves."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from hybrid_sync import merging, sql
from hybrid_sync.errors import GuardTripped, MobileRowsTouched, RowsUnaccounted, StagingLost
from hybrid_sync.outcomes import Outcomes
from tests.postgres.conftest import Cloud, delete_insert, upsert

JOBS = upsert("jobs", "job_id")
NOTES = delete_insert("notes", "note_id")


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute(
        """
        CREATE TABLE jobs (job_id int PRIMARY KEY, name text, phone_note text, code text UNIQUE,
                           source char(1) DEFAULT 'D');
        CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1) DEFAULT 'D');
        INSERT INTO jobs VALUES (1, 'one', 'kept', 'a', 'D'), (2, 'two', NULL, 'b', NULL), (9, 'phone', 'x', 'z', 'M');
        INSERT INTO notes (body, source) VALUES ('d1', 'D'), ('d2', NULL), ('m1', 'M');
        """
    )
    return cloud_db


def job(number: int, name: str, code: str | None = None) -> dict[str, object]:
    return {"job_id": number, "name": name, "code": code}


def test_columns_that_only_the_cloud_has_keep_their_values(firm: Cloud) -> None:
    firm.sync(JOBS, [job(1, "ONE", "a"), job(2, "two", "b")])
    assert firm.rows("jobs", "job_id, name, phone_note", "job_id = 1") == [(1, "ONE", "kept")]


def test_every_row_written_becomes_the_desktops_and_unchanged_rows_are_left_alone(firm: Cloud) -> None:
    [(place,)] = firm.execute("SELECT ctid::text FROM jobs WHERE job_id = 1")
    record = firm.sync(JOBS, [job(1, "one", "a"), job(2, "TWO", "b"), job(3, "three", "c")])
    assert firm.rows("jobs", "job_id, source") == [(1, "D"), (2, "D"), (3, "D"), (9, "M")]
    assert firm.execute("SELECT ctid::text FROM jobs WHERE job_id = 1") == [(place,)]
    assert (record.staged, record.inserted, record.updated, record.unchanged) == (3, 1, 1, 1)


def test_a_desktop_row_hidden_by_a_mobile_row_is_counted_and_stored_once(firm: Cloud) -> None:
    before = firm.mobile_bytes("jobs")
    rows = [job(1, "one", "a"), job(2, "two", "b"), job(9, "desktop nine", "n")]
    record = firm.sync(JOBS, rows)
    firm.sync(JOBS, rows)
    assert firm.mobile_bytes("jobs") == before
    assert (record.conflicts, record.staged) == (1, 3)
    [(kind, key, desktop, mobile, resolved)] = firm.execute(
        "SELECT kind, key, desktop_row ->> 'name', mobile_row ->> 'name', resolved_at FROM hybrid_sync.conflict"
    )
    assert (kind, key, desktop, mobile, resolved) == ("insert_exists", {"job_id": 9}, "desktop nine", "phone", None)


def test_a_conflict_closes_when_the_desktop_row_or_the_mobile_row_is_gone(firm: Cloud) -> None:
    firm.sync(JOBS, [job(1, "one", "a"), job(9, "nine", "n")])
    firm.sync(JOBS, [job(1, "one", "a")])
    assert firm.execute("SELECT resolved_at IS NOT NULL FROM hybrid_sync.conflict") == [(True,)]


def test_a_second_unique_key_held_by_a_mobile_row_is_a_conflict_not_an_abort(firm: Cloud) -> None:
    firm.execute("INSERT INTO jobs VALUES (10, 'phone too', NULL, 'y', 'M')")
    before = firm.mobile_bytes("jobs")
    record = firm.sync(JOBS, [job(1, "ONE", "z"), job(2, "two", "b"), job(3, "three", "y")])
    assert (record.conflicts, record.inserted, record.updated, record.unchanged) == (2, 0, 0, 1)
    assert firm.execute("SELECT kind, count(*) FROM hybrid_sync.conflict GROUP BY 1 ORDER BY 1") == [
        ("insert_exists", 1),
        ("update_exists", 1),
    ]
    assert firm.mobile_bytes("jobs") == before


def test_delete_insert_replaces_desktop_rows_and_keeps_mobile_rows_byte_for_byte(firm: Cloud) -> None:
    before = firm.mobile_bytes("notes")
    record = firm.sync(NOTES, [{"body": "n1"}, {"body": "n1"}, {"body": None}])
    assert (record.deleted, record.inserted) == (2, 3)
    assert firm.rows("notes", "note_id, body, source") == [
        (3, "m1", "M"),
        (4, "n1", "D"),
        (5, "n1", "D"),
        (6, None, "D"),
    ]
    assert firm.mobile_bytes("notes") == before


def test_readers_never_see_a_delete_insert_half_done(firm: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    run = merging.run_template
    with firm.connect() as reader:

        def look() -> None:
            seen.append(firm_count(reader))

        def watched(connection: psycopg.Connection[Any], statement: str) -> Outcomes:
            # Each statement by itself, and a look from outside after each: the merge has not committed yet.
            parts = [part for part in statement.split(";\n") if part.strip()]
            assert len(parts) == 2
            outcomes = []
            for part in parts:
                outcomes.append(run(connection, part))
                look()
            return Outcomes(deleted=outcomes[0].deleted, inserted=outcomes[1].inserted)

        monkeypatch.setattr(merging, "run_template", watched)
        record = firm.sync(NOTES, [{"body": f"n{n}"} for n in range(5)])
        look()
    assert (record.deleted, record.inserted) == (2, 5)
    assert seen == [3, 3, 6]


def firm_count(reader: psycopg.Connection[Any]) -> int:
    row = reader.execute("SELECT count(*) FROM notes").fetchone()
    assert row is not None
    return int(row[0])


def test_a_dry_run_changes_nothing_and_burns_no_sequence_value(firm: Cloud) -> None:
    before = firm.rows("notes")
    [state] = firm.execute("SELECT last_value, is_called FROM notes_note_id_seq")
    record = firm.sync(NOTES, [{"body": "n1"}, {"body": "n2"}], dry_run=True)
    assert (record.dry_run, record.deleted, record.inserted) == (True, 2, 2)
    assert firm.rows("notes") == before
    assert firm.execute("SELECT last_value, is_called FROM notes_note_id_seq") == [state]
    assert firm.execute("SELECT dry_run FROM hybrid_sync.merge_log") == [(True,)]


def test_a_dry_run_of_an_upsert_stores_no_conflict(firm: Cloud) -> None:
    record = firm.sync(JOBS, [job(1, "x", "a"), job(9, "nine", "n")], dry_run=True)
    assert (record.updated, record.conflicts) == (1, 1)
    assert firm.execute("SELECT count(*) FROM hybrid_sync.conflict") == [(0,)]
    assert record.samples == {"updated": [{"job_id": 1}], "conflict": [{"job_id": 9}]}
    assert firm.execute("SELECT samples -> 'updated' -> 0 ->> 'job_id' FROM hybrid_sync.merge_log") == [("1",)]


def test_a_stage_that_was_merged_is_reported_and_not_merged_again(firm: Cloud) -> None:
    manifest = firm.stage(NOTES, [{"body": "n1"}, {"body": "n2"}])
    first = firm.merge(NOTES, manifest)
    rows = firm.rows("notes")
    assert firm.merge(NOTES, manifest).counts() == first.counts()
    assert firm.rows("notes") == rows


def test_a_staging_that_a_crash_emptied_is_refused_and_nothing_is_deleted(firm: Cloud) -> None:
    manifest = firm.stage(NOTES, [{"body": "n1"}, {"body": "n2"}])
    firm.execute(f"TRUNCATE {sql.relation(manifest.relation)}")
    before = firm.rows("notes")
    with pytest.raises(StagingLost, match=r"notes: staging .* holds 0 rows, 2 were staged.*Clear the table"):
        firm.merge(NOTES, manifest)
    assert firm.rows("notes") == before


def test_an_old_attempt_that_wakes_after_a_new_staging_changes_nothing(firm: Cloud) -> None:
    old = firm.stage(NOTES, [{"body": "old"}, {"body": "old"}], run_id="r")
    new = firm.stage(NOTES, [{"body": "new"}, {"body": "new"}], run_id="r")
    firm.merge(NOTES, new)
    with pytest.raises(StagingLost, match="another attempt staged"):
        firm.merge(NOTES, old)
    assert {body for (body,) in firm.execute("SELECT body FROM notes WHERE source = 'D'")} == {"new"}


def test_a_template_that_touches_one_mobile_row_is_rolled_back_naming_table_and_row(firm: Cloud) -> None:
    manifest = firm.stage(JOBS, [job(1, "ONE", "a"), job(2, "two", "b")])
    statement = sql.render(JOBS.template, plan=firm.plan(JOBS, manifest))
    before, mobile = firm.rows("jobs"), firm.mobile_bytes("jobs")
    with pytest.raises(MobileRowsTouched, match=r'jobs: .*1 mobile rows: public.jobs \{"job_id": 9\}.*rolled back'):
        firm.merge(JOBS, manifest, statement=statement + "\nUPDATE jobs SET name = name WHERE job_id = 9;")
    assert (firm.rows("jobs"), firm.mobile_bytes("jobs")) == (before, mobile)
    assert firm.execute("SELECT count(*) FROM hybrid_sync.merge_log") == [(0,)]


def test_a_template_that_deletes_a_mobile_row_is_rolled_back(firm: Cloud) -> None:
    manifest = firm.stage(NOTES, [{"body": "n"}, {"body": "m"}])
    statement = sql.render(NOTES.template, plan=firm.plan(NOTES, manifest)).replace(
        '(target."source" = \'D\' OR target."source" IS NULL)', "TRUE"
    )
    with pytest.raises(MobileRowsTouched, match=r'public.notes \{"note_id": 3\}'):
        firm.merge(NOTES, manifest, statement=statement)
    assert len(firm.rows("notes")) == 3


def test_a_cascade_to_another_table_is_rolled_back_and_named(firm: Cloud) -> None:
    firm.execute(
        """
        CREATE TABLE photos (photo_id int, note_id bigint REFERENCES notes ON DELETE CASCADE, source char(1));
        INSERT INTO photos VALUES (1, 1, 'M');
        """
    )
    with pytest.raises(MobileRowsTouched, match=r"public\.photos"):
        firm.sync(NOTES, [{"body": "n"}, {"body": "m"}])
    assert firm.execute("SELECT count(*) FROM photos") == [(1,)]
    assert len(firm.rows("notes")) == 3


def test_a_trigger_that_writes_elsewhere_is_rolled_back_and_named(firm: Cloud) -> None:
    firm.execute(
        """
        CREATE TABLE audit (what text);
        CREATE FUNCTION note_audit() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO audit VALUES (NEW.body); RETURN NULL; END $$;
        CREATE TRIGGER audited AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION note_audit();
        """
    )
    with pytest.raises(MobileRowsTouched, match=r"also wrote to public\.audit: 2 inserted"):
        firm.sync(NOTES, [{"body": "n"}, {"body": "m"}])
    assert firm.execute("SELECT count(*) FROM audit") == [(0,)]


def test_a_trigger_that_swallows_rows_is_rolled_back(firm: Cloud) -> None:
    firm.execute(
        """
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER swallowing BEFORE INSERT ON jobs FOR EACH ROW WHEN (NEW.job_id = 3) EXECUTE FUNCTION swallow();
        """
    )
    with pytest.raises(RowsUnaccounted, match="2 rows were staged, 1 are accounted for"):
        firm.sync(JOBS, [job(1, "ONE", "a"), job(3, "three", "c")])
    assert firm.rows("jobs", "job_id, name", "job_id = 1") == [(1, "one")]


@pytest.mark.parametrize("spec", [JOBS, NOTES], ids=["upsert", "delete_insert"])
def test_an_empty_extract_is_refused_with_the_command_that_approves_it(firm: Cloud, spec: object) -> None:
    columns = ["job_id", "name"] if spec is JOBS else ["body"]
    with pytest.raises(GuardTripped, match=r"is empty, the cloud has 2 desktop rows.*airflow dags trigger hybrid_sync"):
        firm.sync(spec, [], columns=columns)  # type: ignore[arg-type]
    assert len(firm.rows("notes")) == 3
    assert len(firm.rows("jobs")) == 3


def test_an_extract_that_shrank_beyond_max_shrink_is_refused_and_an_approval_is_a_ceiling(firm: Cloud) -> None:
    firm.sync(NOTES, [{"body": f"n{n}"} for n in range(10)])
    few = [{"body": "n1"}, {"body": "n2"}]
    with pytest.raises(GuardTripped, match=r"8 of the cloud's 10 desktop rows would go .*max_shrink 0.5 allows 5"):
        firm.sync(NOTES, few)
    with pytest.raises(GuardTripped, match=r"7 were approved"):
        firm.sync(NOTES, few, approved_deletes=7)
    assert firm.sync(NOTES, few, approved_deletes=8).inserted == 2


def test_the_watermark_is_stored_with_the_merge(firm: Cloud) -> None:
    manifest = firm.stage(
        JOBS,
        [job(1, "one", "a")],
        mode="incremental",
        watermark_column="changed",
        watermark="2025-11-05 10:00:00.123456",
    )
    firm.merge(JOBS, manifest)
    assert firm.execute("SELECT table_name, column_name, value FROM hybrid_sync.watermark") == [
        ("jobs", "changed", "2025-11-05 10:00:00.123456")
    ]


def test_the_ledger_keeps_one_row_a_merge_whose_counts_add_up(firm: Cloud) -> None:
    record = firm.sync(JOBS, [job(1, "ONE", "a"), job(2, "two", "b"), job(3, "c", "c"), job(9, "nine", "n")])
    assert record.staged == record.inserted + record.updated + record.unchanged + record.conflicts + record.duplicates
    assert record.certified
    assert record.mobile_rows_before == record.mobile_rows_after == 1


def test_a_role_without_privilege_gets_an_error_from_the_server(firm: Cloud) -> None:
    firm.execute("DROP ROLE IF EXISTS hybrid_weak; CREATE ROLE hybrid_weak LOGIN")
    manifest = firm.stage(JOBS, [job(1, "one", "a")])
    plan = firm.plan(JOBS, manifest)
    assert plan.target == "public.jobs"
    with (
        psycopg.connect(firm.uri, user="hybrid_weak", autocommit=True) as weak,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        firm.merge(JOBS, manifest, connection=weak)
