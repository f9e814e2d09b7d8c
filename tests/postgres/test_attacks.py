"""Tables that no author had in mind: what a merge must survive, and where it is known not to yet.

A test marked `known` shows a misbehaviour. Whoever mends it takes the mark away; strict xfail says when.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.postgres import SYSTEM_USER, free_port
from hybrid_sync import catalog, merging, sql
from hybrid_sync.columns import pair_columns
from hybrid_sync.errors import HybridSyncError, MobileRowsTouched, RowsUnaccounted, SchemaMismatch
from hybrid_sync.plan import plan_merge
from hybrid_sync.specs import Deletes, OnDuplicate, Ownership, RejectLimit, Rewrite, Strategy, TableSpec
from tests.postgres.conftest import Cloud, delete_insert, upsert

JOBS = upsert("jobs", "job_id")
PROPAGATING = upsert("jobs", "job_id", deletes=Deletes.PROPAGATE, max_shrink=1.0)
DETECTING = upsert("jobs", "job_id", detect_mobile_edits=True)
LENIENT = upsert("jobs", "job_id", max_rejects=RejectLimit(count=100))
NOTES = delete_insert("notes", "note_id")
CHANGED = delete_insert("notes", "note_id", rewrite=Rewrite.CHANGED)
REWRITES = pytest.mark.parametrize("notes", [NOTES, CHANGED], ids=["all", "changed"])


def known(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, reason=reason)


def trigger(table: str, when: str, body: str) -> str:
    return (
        f"CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $act$ BEGIN {body} END $act$; "
        f"CREATE TRIGGER acting {when} ON {table} FOR EACH ROW EXECUTE FUNCTION act()"
    )


def jobs(*rows: tuple[Any, ...], names: str = "job_id name") -> list[dict[str, Any]]:
    return [dict(zip(names.split(), row, strict=True)) for row in rows]


def merges_or_refuses(merge: Callable[[], object]) -> None:
    """Either is right, as long as what stands in the table afterwards is."""
    with suppress(HybridSyncError):
        merge()


# ---- desktop rows silently wrong


@REWRITES
def test_a_trigger_that_keeps_rows_from_being_deleted_does_not_double_the_desktops_rows(
    cloud_db: Cloud, notes: TableSpec
) -> None:
    cloud_db.execute("CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1) DEFAULT 'D')")
    cloud_db.execute("INSERT INTO notes (body) VALUES ('kept by the trigger'), ('b')")
    cloud_db.execute(trigger("notes", "BEFORE DELETE", "RETURN NULL;"))
    merges_or_refuses(lambda: cloud_db.sync(notes, [{"body": "c"}, {"body": "d"}]))
    assert cloud_db.execute("SELECT count(*) FROM notes") == [(2,)]


def test_a_policy_that_hides_rows_from_deletion_does_not_double_the_desktops_rows(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1) DEFAULT 'D');
        INSERT INTO notes (body, source) VALUES ('a', NULL), ('b', NULL), ('m', 'M');
        DROP ROLE IF EXISTS hybrid_policed;
        CREATE ROLE hybrid_policed LOGIN;
        GRANT ALL ON ALL TABLES IN SCHEMA public, hybrid_sync TO hybrid_policed;
        GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO hybrid_policed;
        GRANT ALL ON SCHEMA hybrid_sync, hybrid_sync_staging TO hybrid_policed;
        ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        CREATE POLICY reads ON notes FOR SELECT TO hybrid_policed USING (TRUE);
        CREATE POLICY adds ON notes FOR INSERT TO hybrid_policed WITH CHECK (source = 'D');
        CREATE POLICY deletes ON notes FOR DELETE TO hybrid_policed USING (source = 'D');
        CREATE POLICY updates ON notes FOR UPDATE TO hybrid_policed USING (source = 'D');
        """
    )
    with psycopg.connect(cloud_db.uri, user="hybrid_policed", autocommit=True, prepare_threshold=None) as connection:
        policed = Cloud(cloud_db.uri, connection)
        merges_or_refuses(lambda: policed.sync(NOTES, [{"body": "a"}, {"body": "b"}]))
    assert cloud_db.execute("SELECT count(*) FROM notes WHERE source IS DISTINCT FROM 'M'") == [(2,)]


@REWRITES
def test_an_incremental_extract_never_deletes_by_delete_insert(cloud_db: Cloud, notes: TableSpec) -> None:
    cloud_db.execute("CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1) DEFAULT 'D')")
    cloud_db.sync(notes, [{"body": str(number)} for number in range(10)])
    merges_or_refuses(lambda: cloud_db.sync(notes, [{"body": "new"}], mode="incremental"))
    assert cloud_db.execute("SELECT count(*) >= 10 FROM notes") == [(True,)]


def test_an_interval_means_the_same_whatever_the_roles_interval_style(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name interval, source char(1))")
    cloud_db.execute("SET IntervalStyle = sql_standard")
    cloud_db.sync(JOBS, jobs((1, "-1 day 02:00:00")))
    assert cloud_db.execute("SELECT extract(epoch FROM name)::int FROM jobs") == [(-22 * 3600,)]


def test_letters_arrive_whole_whatever_the_sessions_encoding(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1)); SET client_encoding = LATIN1"
    )
    cloud_db.sync(JOBS, jobs((1, "Zoë")))
    cloud_db.execute("RESET client_encoding")
    assert cloud_db.execute("SELECT name FROM jobs") == [("Zoë",)]


@known("nothing compares what the target holds with what was staged")
def test_a_trigger_that_keeps_old_values_does_not_pass_for_an_update(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1))")
    cloud_db.execute(trigger("jobs", "BEFORE UPDATE", "NEW.name := OLD.name; RETURN NEW;"))
    cloud_db.sync(JOBS, jobs((1, "one")))
    with pytest.raises(RowsUnaccounted):
        cloud_db.sync(JOBS, jobs((1, "two")))


@known("the key's own spelling is neither compared nor assigned")
def test_a_key_that_is_spelt_anew_takes_its_new_spelling(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id numeric PRIMARY KEY, name text, source char(1))")
    cloud_db.sync(JOBS, jobs(("1", "one")))
    cloud_db.sync(JOBS, jobs(("1.0", "one")))
    assert cloud_db.execute("SELECT job_id::text FROM jobs") == [("1.0",)]


# ---- phones' rows and edits


def test_a_phones_edit_is_seen_where_the_desktop_spells_the_key_anew(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id numeric(5, 1) PRIMARY KEY, at timestamptz UNIQUE, name text, source char(1))"
    )
    cloud_db.execute("CREATE EXTENSION citext; ALTER TABLE jobs ALTER job_id TYPE citext")
    cloud_db.sync(DETECTING, jobs(("ABC", "one")))
    cloud_db.execute("UPDATE jobs SET name = 'phone'")
    cloud_db.sync(DETECTING, jobs(("abc", "two")))
    assert cloud_db.execute("SELECT name FROM jobs") == [("phone",)]


def test_a_phones_edit_is_seen_where_the_key_is_a_moment_and_the_time_zone_changed(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id timestamptz PRIMARY KEY, name text, source char(1))")
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    cloud_db.sync(DETECTING, jobs((moment, "one")))
    cloud_db.execute("UPDATE jobs SET name = 'phone'; SET TimeZone = 'Europe/Berlin'")
    cloud_db.sync(DETECTING, jobs((moment, "two")))
    assert cloud_db.execute("SELECT name FROM jobs") == [("phone",)]


@known("the ownership column's own equality decides: where it folds case, 'd' is taken for the desktop's D")
def test_a_row_of_source_d_in_a_column_without_letter_case_stays_the_phones(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE EXTENSION citext; CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source citext)")
    cloud_db.execute("INSERT INTO jobs VALUES (1, 'phone', 'd')")
    merges_or_refuses(lambda: cloud_db.sync(JOBS, jobs((1, "desktop"))))
    assert cloud_db.rows("jobs") == [(1, "phone", "d")]


def test_a_trigger_that_truncates_another_table_is_rolled_back(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source char(1))")
    cloud_db.execute("CREATE TABLE photos (photo_id int, source char(1)); INSERT INTO photos VALUES (1, 'M')")
    cloud_db.execute(trigger("notes", "AFTER INSERT", "TRUNCATE photos; RETURN NULL;"))
    merges_or_refuses(lambda: cloud_db.sync(NOTES, [{"body": "a"}]))
    assert cloud_db.execute("SELECT count(*) FROM photos") == [(1,)]


def test_the_alarm_names_the_table_where_rows_without_a_key_have_many_columns(cloud_db: Cloud) -> None:
    names = [f"c{number}" for number in range(60)]
    cloud_db.execute(f"CREATE TABLE notes ({', '.join(f'{name} text' for name in names)}, source char(1))")
    cloud_db.execute("INSERT INTO notes (c1, source) VALUES ('m', 'M')")
    spec = delete_insert("notes")
    manifest = cloud_db.stage(spec, [dict.fromkeys(names, "d")])
    statement = sql.render(spec.template, plan=cloud_db.plan(spec, manifest))
    with pytest.raises(MobileRowsTouched, match=r"public\.notes"):
        cloud_db.merge(spec, manifest, statement=statement + "\nUPDATE notes SET c1 = 'x' WHERE source = 'M';")


# ---- a table that cannot be synced at all


@REWRITES
def test_a_unique_value_that_a_mobile_row_holds_is_a_conflict_of_delete_insert(
    cloud_db: Cloud, notes: TableSpec
) -> None:
    cloud_db.execute("CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text UNIQUE, source char(1))")
    cloud_db.execute("INSERT INTO notes (body, source) VALUES ('taken', 'M')")
    record = cloud_db.sync(notes, [{"body": "taken"}, {"body": "free"}])
    assert (record.inserted, record.conflicts) == (1, 1)
    assert cloud_db.execute("SELECT kind, key ->> 'body' FROM hybrid_sync.conflict") == [("insert_exists", "taken")]


UNIQUE_CODE = "CREATE TABLE jobs (job_id int PRIMARY KEY, code text UNIQUE, source char(1) DEFAULT 'D')"


@known("ON CONFLICT writes row by row, and meets a value that another staged row is about to give up")
def test_two_desktop_rows_can_swap_a_unique_value(cloud_db: Cloud) -> None:
    cloud_db.execute(UNIQUE_CODE)
    cloud_db.sync(JOBS, jobs((1, "a"), (2, "b"), names="job_id code"))
    cloud_db.sync(JOBS, jobs((1, "b"), (2, "a"), names="job_id code"))
    assert cloud_db.rows("jobs", "job_id, code") == [(1, "b"), (2, "a")]


def test_a_new_desktop_row_can_take_the_unique_value_of_a_deleted_one(cloud_db: Cloud) -> None:
    cloud_db.execute(UNIQUE_CODE)
    cloud_db.sync(PROPAGATING, jobs((1, "a"), (2, "b"), names="job_id code"))
    cloud_db.sync(PROPAGATING, jobs((1, "a"), (3, "b"), names="job_id code"))
    assert cloud_db.rows("jobs", "job_id, code") == [(1, "a"), (3, "b")]


def test_a_kept_desktop_row_that_holds_a_unique_value_does_not_stop_the_other_rows(cloud_db: Cloud) -> None:
    cloud_db.execute(UNIQUE_CODE)
    cloud_db.sync(LENIENT, jobs((1, "a"), (2, "b"), names="job_id code"))
    cloud_db.sync(LENIENT, jobs((1, "c"), (3, "b"), names="job_id code"))
    assert cloud_db.rows("jobs", "job_id, code")[0] == (1, "c")


UNSEEN = known("only unique keys of plain columns that the server checks at once are looked at before the insert")


@pytest.mark.parametrize(
    "key",
    [
        "UNIQUE NULLS NOT DISTINCT (empty)",
        pytest.param("UNIQUE (code) DEFERRABLE INITIALLY DEFERRED", marks=UNSEEN),
        pytest.param("EXCLUDE (code WITH =)", marks=UNSEEN),
        pytest.param("INDEX (lower(code))", marks=UNSEEN),
        pytest.param("INDEX (code) WHERE job_id > 0", marks=UNSEEN),
        pytest.param("UNIQUE (doubled)", marks=UNSEEN),
    ],
)
def test_a_mobile_row_in_any_unique_keys_way_does_not_stop_the_other_rows(cloud_db: Cloud, key: str) -> None:
    cloud_db.execute(
        """
        CREATE TABLE jobs (job_id int PRIMARY KEY, code text, empty text,
                           doubled text GENERATED ALWAYS AS (code || code) STORED, source char(1) DEFAULT 'D');
        INSERT INTO jobs VALUES (9, 'x', NULL, DEFAULT, 'M');
        """
    )
    index, _, definition = key.partition(" ")
    cloud_db.execute(f"CREATE UNIQUE INDEX ON jobs {definition}" if index == "INDEX" else f"ALTER TABLE jobs ADD {key}")
    names = "job_id code empty"
    record = cloud_db.sync(LENIENT, jobs((1, "x", None), (2, "y", "filled"), names=names))
    assert (record.inserted, record.conflicts + record.rejects) == (1, 1)


def test_a_foreign_key_to_a_partitioned_parent_rejects_nobody(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE TABLE firms (firm_id int PRIMARY KEY) PARTITION BY RANGE (firm_id);
        CREATE TABLE firms_low PARTITION OF firms FOR VALUES FROM (0) TO (10);
        CREATE TABLE firms_high PARTITION OF firms FOR VALUES FROM (10) TO (20);
        CREATE TABLE jobs (job_id int PRIMARY KEY, firm_id int REFERENCES firms, source char(1));
        INSERT INTO firms VALUES (1), (11);
        """
    )
    assert cloud_db.sync(JOBS, jobs((1, 1), (2, 11), names="job_id firm_id")).inserted == 2


PARTITIONED = """
    CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1) DEFAULT 'D') PARTITION BY RANGE (job_id);
    CREATE TABLE jobs_low PARTITION OF jobs FOR VALUES FROM (0) TO (10);
    CREATE TABLE jobs_high (source char(1), name text, job_id int NOT NULL);
    ALTER TABLE jobs ATTACH PARTITION jobs_high FOR VALUES FROM (10) TO (100);
    INSERT INTO jobs VALUES (5, 'phone', 'M'), (50, 'phone', 'M');
"""


def test_an_upsert_of_a_partitioned_table_counts_and_keeps_mobile_rows(cloud_db: Cloud) -> None:
    cloud_db.execute(PARTITIONED)
    before = cloud_db.mobile_bytes("jobs")
    cloud_db.sync(PROPAGATING, jobs((1, "a"), (11, "b"), (50, "c")))
    record = cloud_db.sync(PROPAGATING, jobs((1, "A"), (12, "b"), (50, "c")))
    assert (record.inserted, record.updated, record.deleted, record.conflicts) == (1, 1, 1, 1)
    assert cloud_db.mobile_bytes("jobs") == before


def test_a_key_that_is_generated_always_as_identity_can_be_the_desktops(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, source char(1))"
    )
    cloud_db.sync(JOBS, jobs((7, "a"), (8, "b")))
    assert cloud_db.sync(JOBS, jobs((7, "A"), (8, "b"))).updated == 1


def test_a_column_that_the_cloud_computes_is_refused_before_anything_is_read(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, name text GENERATED ALWAYS AS ('x') STORED, source char(1))"
    )
    spec = upsert("jobs", "job_id", columns={"job_id": "job_id", "name": "name"})
    with pytest.raises(SchemaMismatch, match="name"):
        pair_columns(spec, Ownership(), catalog.read_target(cloud_db.connection, "jobs"), ["job_id", "name"])


@known("a row's foreign key to a row that becomes a conflict is found by the server alone")
def test_a_child_of_a_row_that_becomes_a_conflict_does_not_stop_the_other_rows(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, boss int REFERENCES jobs, code text UNIQUE, source char(1));"
        "INSERT INTO jobs VALUES (9, NULL, 'taken', 'M')"
    )
    rows = jobs((1, None, "taken"), (2, 1, "child"), (3, None, "free"), names="job_id boss code")
    assert cloud_db.sync(LENIENT, rows).inserted == 1


@known("jsonb cannot hold what a json column can: \\u0000, a lone surrogate, 1e999999")
@pytest.mark.parametrize("mobile", ['{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": 1e999999}'])
def test_a_conflict_with_a_mobile_row_of_odd_json_is_stored(cloud_db: Cloud, mobile: str) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, doc json, source char(1))")
    cloud_db.execute("INSERT INTO jobs VALUES (9, %s, 'M')", mobile)
    assert cloud_db.sync(JOBS, jobs((9, "{}"), (1, "{}"), names="job_id doc")).inserted == 1


@pytest.mark.parametrize("name", ["staged", "target", "is_needed", "place", "is_conflict"])
def test_columns_may_be_called_as_the_templates_call_theirs(cloud_db: Cloud, name: str) -> None:
    if name == "is_conflict":
        cloud_db.execute(f"CREATE TABLE notes ({name} text, source char(1))")
        assert cloud_db.sync(delete_insert("notes"), [{name: "a"}]).inserted == 1
        return
    cloud_db.execute(f"CREATE TABLE jobs ({name} int PRIMARY KEY, name text, code text UNIQUE, source char(1))")
    cloud_db.execute("INSERT INTO jobs VALUES (9, 'phone', 'taken', 'M')")
    spec = upsert("jobs", name, deletes=Deletes.PROPAGATE, on_duplicate=OnDuplicate.KEEP_LAST, order_by="name")
    rows = jobs((1, "a", "a"), (1, "b", "b"), (9, "c", "c"), (2, "d", "taken"), names=f"{name} name code")
    record = cloud_db.sync(spec, rows)
    assert (record.inserted, record.conflicts, record.duplicates) == (1, 2, 1)


def test_staging_does_not_end_with_the_roles_statement_timeout(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(0.3) IS NOT NULL';
        CREATE TABLE jobs (job_id int PRIMARY KEY CHECK (slow(job_id)), name text, source char(1));
        SET statement_timeout = '200ms';
        """
    )
    assert cloud_db.sync(JOBS, jobs((1, "a"))).inserted == 1


# ---- held back or shown wrongly


@pytest.mark.parametrize(
    "setting",
    ["TimeZone = 'Asia/Kolkata'", "DateStyle = 'SQL, DMY'", "bytea_output = escape", "extra_float_digits = -5"],
)
def test_a_roles_new_settings_do_not_pass_for_phones_edits(cloud_db: Cloud, setting: str) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, at timestamptz, raw bytea, part float8, name text, source char(1))"
    )
    names, same = "job_id at raw part name", (datetime(2025, 1, 13, tzinfo=UTC), b"\x00a", 0.1234567890123456)
    cloud_db.sync(DETECTING, jobs((1, *same, "one"), names=names))
    cloud_db.execute(f"SET {setting}")
    record = cloud_db.sync(DETECTING, jobs((1, *same, "two"), names=names))
    assert (record.updated, record.conflicts) == (1, 0)


@pytest.mark.parametrize("change", ["a new column", "a new type"])
def test_a_table_that_changes_its_shape_does_not_pass_for_phones_edits(cloud_db: Cloud, change: str) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, price numeric(8, 2), extra int, source char(1))")
    cloud_db.sync(DETECTING, jobs((1, "1.00"), names="job_id price"))
    if change == "a new type":
        cloud_db.execute("ALTER TABLE jobs ALTER price TYPE numeric(8, 3)")
        record = cloud_db.sync(DETECTING, jobs((1, "2.00"), names="job_id price"))
    else:
        record = cloud_db.sync(DETECTING, jobs((1, "1.00", 5), names="job_id price extra"))
    assert (record.updated, record.conflicts) == (1, 0)


def test_a_deletion_that_is_held_back_stays_shown_while_a_run_has_rejects(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE TABLE jobs (job_id int PRIMARY KEY CHECK (job_id < 100), name text, source char(1));
        CREATE TABLE tasks (job_id int REFERENCES jobs);
        INSERT INTO jobs VALUES (1, 'a', 'D'), (2, 'b', 'D');
        INSERT INTO tasks VALUES (2);
        """
    )
    spec = upsert("jobs", "job_id", deletes=Deletes.PROPAGATE, max_rejects=RejectLimit(count=1))
    cloud_db.sync(spec, jobs((1, "a")))
    manifest = cloud_db.stage(spec, jobs((1, "a"), (100, "broken")))
    plan = plan_merge(
        spec, Ownership(), catalog.read_target(cloud_db.connection, "jobs"), run_id=cloud_db.run_id,
        staging=manifest.relation, columns=manifest.columns, full=True, dry_run=False, rejects=manifest.rejects,
    )  # fmt: skip
    merging.merge(cloud_db.connection, spec, plan, manifest, sql.render(spec.template, plan=plan))
    assert cloud_db.execute("SELECT resolved_at IS NULL FROM hybrid_sync.conflict") == [(True,)]


def test_a_unique_value_that_only_phones_write_is_no_conflict_of_an_update(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, code text UNIQUE, name text, source char(1))")
    cloud_db.execute("INSERT INTO jobs VALUES (1, 'own', 'a', 'D'), (9, 'taken', 'm', 'M')")
    spec = upsert("jobs", "job_id", mobile_owned_columns=("code",))
    assert cloud_db.sync(spec, jobs((1, "taken", "b"), names="job_id code name")).updated == 1


def test_a_dry_run_of_a_table_whose_numbers_must_be_positive_passes(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE notes (note_id bigserial PRIMARY KEY CHECK (note_id > 0), body text, source char(1))"
    )
    assert cloud_db.sync(NOTES, [{"body": "a"}], dry_run=True).inserted == 1


# ---- what holds


@REWRITES
def test_delete_insert_of_a_partitioned_table_counts_every_partition(cloud_db: Cloud, notes: TableSpec) -> None:
    cloud_db.execute(
        """
        CREATE TABLE notes (note_id bigserial, body text, day int, source char(1) DEFAULT 'D') PARTITION BY LIST (day);
        CREATE TABLE notes_1 PARTITION OF notes FOR VALUES IN (1);
        CREATE TABLE notes_2 (source char(1), day int, body text,
                              note_id bigint DEFAULT nextval('notes_note_id_seq') NOT NULL);
        ALTER TABLE notes ATTACH PARTITION notes_2 FOR VALUES IN (2);
        INSERT INTO notes (body, day, source) VALUES ('m', 1, 'M'), ('m', 2, 'M');
        """
    )
    before = cloud_db.mobile_bytes("notes")
    cloud_db.sync(notes, jobs(("a", 1), ("b", 2), ("b", 2), names="body day"))
    record = cloud_db.sync(notes, jobs(("a", 2), ("b", 1), ("b", 2), names="body day"))
    assert record.inserted + record.unchanged == 3
    assert record.deleted + record.unchanged == 3
    assert cloud_db.execute("SELECT body, day FROM notes WHERE source = 'D' ORDER BY 1, 2") == [
        ("a", 2),
        ("b", 1),
        ("b", 2),
    ]
    assert cloud_db.mobile_bytes("notes") == before


def test_a_cascade_from_one_partition_alone_is_rolled_back(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE TABLE notes (note_id int, body text, source char(1)) PARTITION BY RANGE (note_id);
        CREATE TABLE notes_low PARTITION OF notes (PRIMARY KEY (note_id)) FOR VALUES FROM (0) TO (100);
        CREATE TABLE photos (note_id int REFERENCES notes_low ON DELETE CASCADE, source char(1));
        INSERT INTO notes VALUES (1, 'a', 'D');
        INSERT INTO photos VALUES (1, 'M');
        """
    )
    with pytest.raises(MobileRowsTouched, match=r"also wrote to public\.photos"):
        cloud_db.sync(delete_insert("notes"), jobs((2, "b"), names="note_id body"))
    assert cloud_db.execute("SELECT count(*) FROM photos") == [(1,)]


HOSTILE = ['Ta"ble %s %(x)s', "Select", "ü" * 31, "a b\\c'd", "$1;--", "x" * 63, "{{ plan }}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_may_be_a_schemas_a_tables_a_keys_and_a_columns(cloud_db: Cloud, name: str) -> None:
    quoted = sql.ident(name)
    column = name[:30] + "'c"
    cloud_db.execute(
        f"CREATE SCHEMA {quoted}; CREATE TABLE {quoted}.{quoted} "
        f"({quoted} int PRIMARY KEY, {sql.ident(column)} text UNIQUE, source char(1) DEFAULT 'D'); "
        f"INSERT INTO {quoted}.{quoted} VALUES (9, 'phone', 'M')"
    )
    for settings in ({"deletes": Deletes.PROPAGATE, "max_shrink": 1.0}, {"detect_mobile_edits": True}):
        spec = TableSpec(
            name="odd", strategy=Strategy.UPSERT, source_table="odd", target_table=f"{name}.{name}", key=(name,),
            max_rejects=RejectLimit(count=1), **settings,
        )  # fmt: skip
        rows = [{name: 1, column: "a"}, {name: 9, column: "b"}, {name: 2, column: "phone"}, {name: None, column: "c"}]
        record = cloud_db.sync(spec, rows)
        assert (record.inserted + record.unchanged, record.conflicts, record.rejects) == (1, 2, 1)
        assert cloud_db.execute("SELECT count(*) FROM hybrid_sync.conflict WHERE resolved_at IS NULL") == [(2,)]


@pytest.mark.parametrize("owner", ["varchar(3)", "text", "char(3)", '"char"', "name", "owners"])
def test_only_the_desktops_own_letter_and_null_are_the_desktops_whatever_the_columns_type(
    cloud_db: Cloud, owner: str
) -> None:
    cloud_db.execute("CREATE TYPE owners AS ENUM ('D', 'M', 'd', '')")
    cloud_db.execute(f"CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source {owner} DEFAULT 'D')")
    cloud_db.execute(
        "INSERT INTO jobs VALUES (1, 'a', 'D'), (2, 'b', NULL), (3, 'c', 'd'), (4, 'e', ''), (5, 'f', 'M')"
    )
    before = cloud_db.mobile_bytes("jobs")
    record = cloud_db.sync(JOBS, jobs(*((number, "desktop") for number in range(1, 7))))
    assert (record.inserted, record.updated, record.conflicts) == (1, 2, 3)
    assert cloud_db.mobile_bytes("jobs") == before


def test_domains_hold_back_what_breaks_them_and_compare_as_the_types_behind_them(cloud_db: Cloud) -> None:
    cloud_db.execute(
        """
        CREATE DOMAIN number AS int CHECK (VALUE > 0);
        CREATE DOMAIN code AS varchar(5) NOT NULL;
        CREATE TABLE jobs (job_id number PRIMARY KEY, code code, source char(1));
        INSERT INTO jobs VALUES (9, 'm', 'M');
        """
    )
    rows = jobs((1, "a"), (-1, "b"), (2, None), (3, "longer"), (9, "x"), names="job_id code")
    assert (first := cloud_db.sync(LENIENT, rows)).rejects == 3
    assert (first.inserted, first.conflicts) == (1, 1)
    assert cloud_db.sync(LENIENT, rows).unchanged == 1


def test_a_table_of_a_thousand_columns_and_one_of_a_key_alone(cloud_db: Cloud) -> None:
    names = [f"c{number}" for number in range(1000)]
    cloud_db.execute(
        f"CREATE TABLE jobs (job_id int PRIMARY KEY, {', '.join(f'{n} text' for n in names)}, source char(1))"
    )
    rows = [dict.fromkeys(names, "x") | {"job_id": number} for number in (1, 2)]
    assert cloud_db.sync(JOBS, rows).inserted == 2
    rows[0]["c999"] = "y"
    assert cloud_db.sync(JOBS, rows).updated == 1
    cloud_db.execute(
        "CREATE TABLE keys (job_id int PRIMARY KEY, source char(1)); INSERT INTO keys VALUES (1, NULL), (9, 'M')"
    )
    for spec in (upsert("keys", "job_id"), upsert("keys", "job_id", detect_mobile_edits=True)):
        record = cloud_db.sync(spec, [{"job_id": 1}, {"job_id": 2}, {"job_id": 9}])
        assert (record.inserted + record.unchanged, record.conflicts) == (2, 1)


def test_blanks_signs_and_no_numbers_in_keys_are_told_apart_as_the_type_does(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id char(5) PRIMARY KEY, name text, source char(1))")
    cloud_db.execute("INSERT INTO jobs VALUES ('m', 'phone', 'M')")
    rows = jobs(("a", "x"), ("a  ", "x"), ("m ", "y"))
    record = cloud_db.sync(JOBS, rows)
    assert (record.inserted, record.duplicates, record.conflicts) == (1, 1, 1)
    cloud_db.execute("CREATE TABLE floats (job_id float8 PRIMARY KEY, name float8, source char(1))")
    floats = upsert("floats", "job_id", detect_mobile_edits=True)
    rows = jobs((float("nan"), -0.0), (-0.0, float("nan")), (float("inf"), None))
    assert cloud_db.sync(floats, rows).inserted == 3
    assert cloud_db.sync(floats, rows).unchanged == 3
    assert cloud_db.sync(floats, jobs((float("nan"), 0.0), (0.0, float("nan")))).updated == 1


def test_a_json_null_is_not_an_sql_null_and_the_order_of_jsonb_keys_is_no_change(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name json, doc jsonb, source char(1))")
    names = "job_id name doc"
    cloud_db.sync(JOBS, jobs((1, None, '{"a": 1, "b": 2}'), names=names))
    assert cloud_db.sync(JOBS, jobs((1, None, '{"b": 2, "a": 1}'), names=names)).unchanged == 1
    assert cloud_db.sync(JOBS, jobs((1, "null", "null"), names=names)).updated == 1
    assert cloud_db.execute("SELECT name IS NULL, doc IS NULL FROM jobs") == [(False, False)]


def test_texts_that_compare_without_letter_case_meet_the_mobile_row(cloud_db: Cloud) -> None:
    try:
        cloud_db.execute("CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server has no ICU")
    cloud_db.execute(
        "CREATE TABLE jobs (job_id text COLLATE folded PRIMARY KEY, name varchar(9) COLLATE folded UNIQUE,"
        " source char(1));"
        "INSERT INTO jobs VALUES ('m', 'taken', 'M')"
    )
    for _ in range(2):
        assert cloud_db.sync(JOBS, jobs(("M", "x"), ("a", "TAKEN"), ("b", "free"))).conflicts == 2
    assert cloud_db.sync(LENIENT, jobs(("c", "p"), ("C", "q"))).rejects == 2
    assert cloud_db.sync(JOBS, jobs(("b", "FREE"))).updated == 1  # equal to `free`, and yet another value


def test_a_mobile_row_whose_key_the_desktop_has_twice_is_one_conflict(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1)); INSERT INTO jobs VALUES (9, 'm', 'M')"
    )
    spec = upsert("jobs", "job_id", on_duplicate=OnDuplicate.KEEP_LAST, order_by="name")
    record = cloud_db.sync(spec, jobs((9, "a"), (9, "b"), (9, "b")))
    assert (record.staged, record.conflicts, record.duplicates) == (3, 1, 2)
    assert cloud_db.rows("jobs") == [(9, "m", "M")]


@pytest.mark.parametrize(
    "body",
    ["NEW.source := 'M'; RETURN NEW;", "UPDATE jobs SET name = name WHERE source = 'M'; RETURN NEW;",
     "DELETE FROM jobs WHERE source = 'M'; INSERT INTO jobs VALUES (9, 'm', 'M'); RETURN NEW;",
     "UPDATE jobs SET name = 'x' WHERE job_id = 8; RETURN NEW;"],
    ids=["makes rows mobile", "touches a mobile row", "writes it anew", "changes another desktop row"],
)  # fmt: skip
def test_a_trigger_that_reaches_further_is_rolled_back(cloud_db: Cloud, body: str) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1))")
    cloud_db.execute("INSERT INTO jobs VALUES (9, 'm', 'M'), (8, 'd', 'D')")
    guarded = f"IF pg_trigger_depth() = 1 THEN {body} END IF; RETURN NEW;"
    cloud_db.execute(trigger("jobs", "BEFORE INSERT", guarded))
    before = cloud_db.execute("SELECT t::text, ctid::text, xmin::text FROM jobs AS t ORDER BY 1")
    with pytest.raises((MobileRowsTouched, RowsUnaccounted)):
        cloud_db.sync(JOBS, jobs((1, "a")))
    assert cloud_db.execute("SELECT t::text, ctid::text, xmin::text FROM jobs AS t ORDER BY 1") == before


SETTINGS = [
    "standard_conforming_strings = off", "DateStyle = 'German, DMY'", "TimeZone = 'Asia/Kolkata'",
    "bytea_output = escape", "extra_float_digits = -15", "search_path = ''",
    "default_transaction_isolation = serializable", "quote_all_identifiers = on", "array_nulls = off",
    "transform_null_equals = on", "session_replication_role = replica", "enable_seqscan = off", "lock_timeout = '1ms'",
]  # fmt: skip


def test_a_roles_own_settings_change_nothing(cloud_db: Cloud) -> None:
    cloud_db.execute(
        "CREATE TABLE jobs (job_id int PRIMARY KEY, at timestamptz, day date, part float8, raw bytea, name text,"
        " source char(1));"
        "INSERT INTO jobs VALUES (9, now(), now(), 1, '', 'm', 'M')"
    )
    spec = TableSpec(
        name="jobs", strategy=Strategy.UPSERT, source_table="jobs", target_table="public.jobs", key=("job_id",)
    )
    values = ("2025-02-03 04:05:06", "2025-02-03", 0.1234567890123456, b"\x00\\", "it's a \\b %s é")
    rows = jobs(*((number, *values) for number in (1, 9)), names="job_id at day part raw name")
    for setting in SETTINGS:
        cloud_db.execute("DELETE FROM jobs WHERE source = 'D'")
        cloud_db.execute(f"SET {setting}")
        assert cloud_db.sync(spec, rows).inserted == 1, setting
        cloud_db.execute("RESET ALL")
        [stored] = cloud_db.execute("SELECT at, day, part, raw, name FROM jobs WHERE job_id = 1")
        assert stored == (datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC), date(2025, 2, 3), *values[2:]), setting
        assert cloud_db.sync(spec, rows).unchanged == 1, setting


def test_without_the_servers_counts_nothing_is_merged(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1)); SET track_counts = off")
    with pytest.raises(RowsUnaccounted, match="track_counts is off"):
        cloud_db.sync(JOBS, jobs((1, "a")))
    assert cloud_db.rows("jobs") == []


@pytest.fixture
def pooled(cloud_db: Cloud) -> Iterator[str]:
    """The URI of `cloud_db` through PgBouncer: three server connections, each lent for one transaction at a time."""
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
    if program is None:
        pytest.skip("PgBouncer is not installed")
    folder, port = Path(tempfile.mkdtemp(prefix="hybrid-sync-pool-", dir="/var/tmp")), free_port()
    server = psycopg.conninfo.conninfo_to_dict(cloud_db.uri)
    (folder / "pool.ini").write_text(
        f"[databases]\n* = host={server['host']} port={server['port']} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = 3\nlogfile = {folder}/log\n"
    )
    command = [program, str(folder / "pool.ini")]
    if os.geteuid() == 0:  # PgBouncer refuses root
        shutil.chown(folder, SYSTEM_USER)
        command = ["setpriv", f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--init-groups", *command]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as pool:
        try:
            uri = f"postgresql://postgres@127.0.0.1:{port}/{server['dbname']}"
            for _ in range(50):
                try:
                    psycopg.connect(uri).close()
                    break
                except psycopg.OperationalError:
                    time.sleep(0.1)
            yield uri
        finally:
            pool.terminate()
    shutil.rmtree(folder)


def test_many_merges_at_once_through_a_transaction_pooler_end_well_and_leave_nothing_in_it(
    cloud_db: Cloud, pooled: str
) -> None:
    tables = [f"jobs{number}" for number in range(6)]
    for table in tables:
        cloud_db.execute(f"CREATE TABLE {table} (job_id int PRIMARY KEY, name text, source char(1))")
        cloud_db.execute(f"INSERT INTO {table} VALUES (9, 'phone', 'M')")
    before = [cloud_db.mobile_bytes(table) for table in tables]

    def run(table: str) -> list[tuple[int, int, int]]:
        counts = []
        with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as connection:
            client = Cloud(pooled, connection)
            for word in ("one", "two"):
                record = client.sync(upsert(table, "job_id"), jobs(*((n, word) for n in range(20))), run_id=word)
                counts.append((record.inserted, record.updated, record.conflicts))
        return counts

    with ThreadPoolExecutor(len(tables)) as pool:
        assert list(pool.map(run, tables)) == [[(19, 0, 1), (0, 19, 1)]] * len(tables)
    assert [cloud_db.mobile_bytes(table) for table in tables] == before
    with psycopg.connect(pooled, autocommit=True, prepare_threshold=None) as connection:
        for name in ("hybrid_sync.merging", "lock_timeout", "statement_timeout", "DateStyle"):
            left = connection.execute("SELECT current_setting(%s, TRUE)", [name]).fetchone()
            assert left in {("",), ("0",), (None,), ("ISO, MDY",)}, name
