"""Staging on a real server: every kind of reject in one pass, the manifest, and what a failure leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest

from hybrid_sync import catalog, ledger, sql, staging
from hybrid_sync.errors import CloudUnavailable, SchemaMismatch, TooManyRejects
from hybrid_sync.specs import RejectLimit, TableSpec
from tests.postgres.conftest import Cloud, delete_insert, upsert

SOME = RejectLimit(count=100)
JOBS = upsert("jobs", "job_id", max_rejects=SOME)
REJECTS = "SELECT row_number, column_name, reason FROM hybrid_sync.reject ORDER BY row_number, column_name, reason"


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute(
        """
        CREATE TABLE offices (office_id numeric(3) PRIMARY KEY);
        INSERT INTO offices VALUES (1), (2);
        CREATE TYPE mood AS ENUM ('calm', 'busy');
        CREATE DOMAIN share AS int CHECK (value BETWEEN 0 AND 100);
        CREATE TABLE jobs (
            job_id int PRIMARY KEY, office_id numeric(3) NOT NULL REFERENCES offices, parent_id int REFERENCES jobs,
            name varchar(5), code text UNIQUE, hours numeric(6,2) CHECK (hours < 1000), due date, mood mood,
            done share, extra jsonb, at timestamptz DEFAULT now(), cloud_only text CHECK (cloud_only <> ''),
            source char(1) DEFAULT 'D',
            CONSTRAINT quotient CHECK (100 / (job_id - 50) IS NOT NULL),
            CONSTRAINT owned CHECK (source <> 'D' OR job_id <> 60)
        );
        INSERT INTO jobs (job_id, office_id, source) VALUES (900, 1, 'D');
        """
    )
    return cloud_db


def job(number: int | None, **values: Any) -> dict[str, Any]:
    row = dict.fromkeys(("parent_id", "name", "code", "hours", "due", "mood", "done", "extra"))
    return {"job_id": number, "office_id": "1", **row, **values}


def staged_rows(cloud: Cloud, manifest: ledger.Manifest, columns: str) -> list[tuple[Any, ...]]:
    return cloud.execute(f"SELECT {columns} FROM {sql.relation(manifest.relation)} ORDER BY 1, 2")


def test_every_kind_of_reject_is_found_in_one_pass(firm: Cloud) -> None:
    rows = [
        job(1, hours="1.25", due="2024-02-29", mood="busy", done=100, extra='{"a": 1}', name="ok"),
        job(2, name="toolong", hours="1.005"),
        job(3, due="2024-02-30"),
        job(4, name="a\0"),
        job(5, mood="Busy"),
        job(6, extra="{bad"),
        job(7, done=101),
        job(8, hours="1000.00"),
        job(9, office_id="7", done=-1),
        job(10, office_id=None),
        job(None),
        job(11, parent_id=900),
        job(12, parent_id=11),
        job(13, parent_id=14),  # whose own parent is missing
        job(14, parent_id=99),
        job(20, name="same"),
        job(20, name="same"),
        job(21, name="one"),
        job(21, name="two"),
        job(22, code="taken"),
        job(23, code="taken"),
        job(50),
        job(60),
        job(2**40),
    ]
    manifest = firm.stage(JOBS, rows)
    assert firm.execute(REJECTS) == [
        (2, "hours", "more decimals than numeric(6,2) holds"),
        (2, "name", "longer than 5 characters"),
        (3, "due", "no such day"),
        (4, "name", "NUL character"),
        (5, "mood", "not one of the 2 labels"),
        (6, "extra", "not a valid jsonb"),
        (7, "done", "breaks domain share"),
        (8, "hours", "breaks check constraint jobs_hours_check"),
        (9, "done", "breaks domain share"),
        (9, "office_id", "no such row in public.offices (foreign key jobs_office_id_fkey)"),
        (10, "office_id", "NULL in a column that needs a value"),
        (11, "job_id", "NULL in a column that needs a value"),
        (14, "parent_id", "no such row in public.jobs (foreign key jobs_parent_id_fkey)"),
        (15, "parent_id", "no such row in public.jobs (foreign key jobs_parent_id_fkey)"),
        (18, "job_id", "duplicate key"),
        (19, "job_id", "duplicate key"),
        (20, "code", "duplicate value of unique key jobs_code_key"),
        (21, "code", "duplicate value of unique key jobs_code_key"),
        (22, "job_id", "breaks check constraint quotient"),
        (23, "job_id, source", "breaks check constraint owned"),
        (24, "job_id", "out of range for integer"),
    ]
    assert staged_rows(firm, manifest, "_hybrid_sync_row, job_id, name, hours::text, due::text, extra::text") == [
        (1, 1, "ok", "1.25", "2024-02-29", '{"a": 1}'),
        (12, 11, None, None, None, None),
        (13, 12, None, None, None, None),
        (16, 20, "same", None, None, None),
    ]
    assert (manifest.row_count, manifest.rows_read, manifest.duplicates, manifest.rejects) == (4, 24, 1, 19)


def test_a_reject_keeps_its_whole_row_whoever_found_it(firm: Cloud) -> None:
    firm.stage(JOBS, [job(1, name="a\0b"), job(2, office_id="7", extra='{"k": [1]}')])
    [first, second] = [row for (row,) in firm.execute("SELECT row FROM hybrid_sync.reject ORDER BY row_number")]
    assert first == job("1", name="a\\x00b")
    assert second == job("2", office_id="7", extra='{"k": [1]}')


class TestTooMany:
    SECRET = "s3cret-marker"

    @pytest.fixture
    def refusal(self, firm: Cloud) -> TooManyRejects:
        firm.stage(JOBS, [job(1)], run_id="it's run 1")
        strict = upsert("jobs", "job_id", max_rejects=RejectLimit(share=0.5))
        with pytest.raises(TooManyRejects) as caught:
            firm.stage(strict, [job(1), job(2, name=self.SECRET), job(3, mood=self.SECRET)], run_id="it's run 1")
        return caught.value

    def test_the_error_says_how_many_why_and_what_to_do_but_no_value(self, refusal: TooManyRejects) -> None:
        message = str(refusal)
        assert message.startswith("jobs: 2 of 3 rows cannot be stored, and max_rejects allows 50.00% of the rows.")
        assert "mood: not one of the 2 labels (1); name: longer than 5 characters (1)" in message
        assert "raise max_rejects of jobs in the registry" in message
        assert self.SECRET not in message

    def test_its_query_reads_the_rejects(self, firm: Cloud, refusal: TooManyRejects) -> None:
        query = str(refusal).partition("Read them: ")[2].partition(";")[0]
        assert [row[0] for row in firm.execute(query)] == [2, 3]

    def test_nothing_stays_staged(self, firm: Cloud, refusal: TooManyRejects) -> None:
        assert ledger.manifest(firm.connection, "it's run 1", "jobs") is None
        assert firm.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'hybrid_sync_staging'") == [(0,)]

    def test_as_many_as_the_limit_are_borne(self, firm: Cloud) -> None:
        borne = upsert("jobs", "job_id", max_rejects=RejectLimit(share=0.5))
        assert firm.stage(borne, [job(1), job(2, name="toolong")]).rejects == 1
        with pytest.raises(TooManyRejects, match="max_rejects allows 0"):
            firm.stage(upsert("jobs", "job_id"), [job(1), job(2, name="toolong")])


class TestOlderRejects:
    @pytest.fixture(autouse=True)
    def earlier(self, firm: Cloud) -> None:
        firm.stage(JOBS, [job(1, name="toolong"), job(2, mood="?"), job(3, office_id="7")], run_id="earlier")

    @staticmethod
    def open_rejects(firm: Cloud) -> list[tuple[Any, ...]]:
        return firm.execute("SELECT run_id, row ->> 'job_id' FROM hybrid_sync.reject ORDER BY 1, 2")

    def test_a_full_extract_clears_them(self, firm: Cloud) -> None:
        firm.stage(JOBS, [job(1), job(2, mood="!")], run_id="later")
        assert self.open_rejects(firm) == [("later", "2")]

    def test_a_part_clears_those_whose_key_it_read_again(self, firm: Cloud) -> None:
        firm.stage(JOBS, [job(1), job(2, mood="!")], run_id="later", mode="incremental")
        assert self.open_rejects(firm) == [("earlier", "3"), ("later", "2")]

    def test_a_retry_does_not_add_to_its_own(self, firm: Cloud) -> None:
        for _ in range(2):
            firm.stage(JOBS, [job(9, mood="!")], run_id="later", mode="incremental")
        assert self.open_rejects(firm) == [("earlier", "1"), ("earlier", "2"), ("earlier", "3"), ("later", "9")]

    def test_those_of_other_tables_stay(self, firm: Cloud) -> None:
        firm.stage(upsert("offices", "office_id", max_rejects=SOME), [{"office_id": "x"}], run_id="later")
        assert len(self.open_rejects(firm)) == 4


class TestTheStagingTable:
    def test_it_has_the_targets_types_and_collations_and_nothing_else_of_it(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE DOMAIN code AS varchar(9) COLLATE "C" CHECK (value <> '');
            CREATE TABLE things (id bigint PRIMARY KEY, a varchar(5) COLLATE "POSIX" NOT NULL DEFAULT 'x', b code,
                                 c timestamptz(3), d numeric(8,2), e int[], f char(2), source text);
            """
        )
        row = {"id": 1, "a": "a", "b": "b", "c": "2024-01-01", "d": "1", "e": "{1}", "f": "f"}
        manifest = cloud_db.stage(upsert("things", "id"), [row])
        assert cloud_db.execute(
            """
            SELECT attname, format_type(atttypid, atttypmod), collname, attnotnull, atthasdef
            FROM pg_attribute LEFT JOIN pg_collation ON pg_collation.oid = attcollation
            WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum
            """,
            sql.relation(manifest.relation),
        ) == [
            ("_hybrid_sync_row", "bigint", None, False, False),
            ("id", "bigint", None, False, False),
            ("a", "character varying(5)", "POSIX", False, False),
            ("b", "character varying(9)", "C", False, False),
            ("c", "timestamp(3) with time zone", None, False, False),
            ("d", "numeric(8,2)", None, False, False),
            ("e", "integer[]", None, False, False),
            ("f", "character(2)", "default", False, False),
        ]
        assert cloud_db.execute("SELECT relpersistence::text FROM pg_class WHERE oid = %s::regclass",
                                sql.relation(manifest.relation)) == [("u",)]  # fmt: skip

    def test_it_has_a_unique_index_on_the_key_for_the_merges_join(self, firm: Cloud) -> None:
        # also where repeated rows had to be taken out of it first
        for rows in ([job(1), job(2)], [job(1), job(1), job(2)]):
            manifest = firm.stage(JOBS, rows)
            assert self.indexes(firm, manifest.relation) == ["(job_id)"]

    def test_a_key_too_long_for_an_index_is_staged_without_one(self, cloud_db: Cloud) -> None:
        cloud_db.execute("CREATE TABLE pages (address text, body int, source text, UNIQUE (address) )")
        long = "".join(
            chr(0x4E00 + number * 7919 % 20000) for number in range(5000)
        )  # does not compress to 2,700 bytes
        manifest = cloud_db.stage(
            upsert("pages", "address"), [{"address": long, "body": 1}, {"address": "b", "body": 1}]
        )
        assert (manifest.row_count, self.indexes(cloud_db, manifest.relation)) == (2, [])

    def test_a_unique_index_that_is_named_key_is_not_taken_for_the_registrys_key(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            "CREATE TABLE pages (id serial, address int, source text);"
            "ALTER TABLE pages ADD CONSTRAINT key UNIQUE NULLS NOT DISTINCT (address)"
        )
        rows = [{"address": None}, {"address": None}, {"address": 1}]
        manifest = cloud_db.stage(delete_insert("pages", "id", max_rejects=SOME), rows)
        assert (manifest.row_count, self.indexes(cloud_db, manifest.relation)) == (2, [])

    @staticmethod
    def indexes(cloud: Cloud, relation: str) -> list[str]:
        schema, name = relation.split(".", 1)
        found = cloud.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = %s", schema, name)
        return [definition.partition("USING btree ")[2] for (definition,) in found]

    def test_it_has_statistics_for_the_merge(self, firm: Cloud) -> None:
        manifest = firm.stage(JOBS, [job(number) for number in range(1, 50)])
        name = manifest.relation.partition(".")[2]
        assert firm.execute("SELECT reltuples FROM pg_class WHERE relname = %s", name) == [(49,)]
        assert firm.execute("SELECT count(*) > 5 FROM pg_stats WHERE tablename = %s", name) == [(True,)]

    def test_a_name_fits_postgresqls_63_bytes_and_is_one_of_the_run_and_table(self) -> None:
        names = [staging.relation_name(table, run) for table in ("jobs", "வேலை" * 20, "வேலை" * 20 + "2", "s.jobs")
                 for run in ("run 1", "run 2")]  # fmt: skip
        assert len(set(names)) == 8
        for name in names:
            assert len(name.partition(".")[2].encode()) <= 63
            assert name.count(".") == 1

    def test_any_name_of_table_column_and_run_will_do(self, cloud_db: Cloud) -> None:
        cloud_db.execute(
            """
            CREATE TABLE "Say ""hi"" 100%s" ("a "" key" int PRIMARY KEY, "100%" int CHECK ("100%" < 5), reason text,
                "select" text UNIQUE, place jsonb, source text);
            """
        )
        spec = upsert('Say "hi" 100%s', 'a " key', max_rejects=SOME)
        rows = [
            {'a " key': key, "100%": key, "reason": "r", "select": f"s{key}", "place": "{}"} for key in (1, 1, 2, 9)
        ]
        manifest = cloud_db.stage(spec, rows, run_id="manual__'; DROP SCHEMA hybrid_sync; -- $$ %s \\")
        assert (manifest.row_count, manifest.duplicates, manifest.rejects) == (2, 1, 1)
        bad = [*rows, {'a " key': 4, "100%": 1, "reason": "r", "select": "s", "place": "bad"}]
        assert cloud_db.stage(spec, bad, run_id="$hybrid_sync$ '").rejects == 2


def load(cloud: Cloud, spec: TableSpec, batches: Iterator[pa.RecordBatch], **settings: Any) -> staging.Staged:
    names = {"run_id": "run", "stage_id": str(uuid4()), "mode": "full"} | settings
    connection = names.pop("connection", cloud.connection)
    return staging.load(
        connection, spec=spec, ownership=cloud.ownership, target=catalog.read_target(connection, spec.target_table),
        batches=batches, watermark_column="changed", watermark="2024-01-01", extract_uri="file:///x",
        desktop_time_zone="Asia/Kolkata", **names,
    )  # fmt: skip


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows))


class TestOneTransaction:
    def test_the_manifest_says_what_is_in_the_relation(self, firm: Cloud) -> None:
        staged = load(firm, JOBS, iter([batch(job(1, name="a")), batch(job(2, name="b"), job(3, name="toolong"))]))
        assert (staged.rows, staged.rows_read, staged.rejects, staged.duplicates) == (2, 3, 1, 0)
        assert ledger.manifest(firm.connection, "run", "jobs") == ledger.Manifest(
            stage_id=staged.stage_id, relation=staged.relation, row_count=2, columns=tuple(job(1)), rows_read=3,
            duplicates=0, rejects=1, mode="full", watermark_column="changed", watermark="2024-01-01",
            extract_uri="file:///x",
        )  # fmt: skip

    def test_an_extract_that_breaks_off_changes_nothing(self, firm: Cloud) -> None:
        before = load(firm, JOBS, iter([batch(job(1)), batch(job(2, mood="?"))]))
        state = firm.execute("SELECT manifest::text FROM hybrid_sync.staged AS manifest"), firm.execute(REJECTS)

        def breaks_off() -> Iterator[pa.RecordBatch]:
            yield batch(job(5, mood="!"))
            raise ConnectionResetError("the desktop is gone")

        with pytest.raises(ConnectionResetError):
            load(firm, JOBS, breaks_off())
        assert (
            firm.execute("SELECT manifest::text FROM hybrid_sync.staged AS manifest"),
            firm.execute(REJECTS),
        ) == state
        assert firm.execute(f"SELECT job_id FROM {sql.relation(before.relation)}") == [(1,)]

    def test_a_retry_replaces_what_its_first_attempt_staged(self, firm: Cloud) -> None:
        first, second = (load(firm, JOBS, iter([batch(job(number))])) for number in (1, 2))
        assert first.relation == second.relation
        assert firm.execute(f"SELECT job_id FROM {sql.relation(second.relation)}") == [(2,)]
        assert firm.execute("SELECT stage_id::text, row_count FROM hybrid_sync.staged") == [(second.stage_id, 1)]

    def test_nothing_stays_in_the_session(self, firm: Cloud) -> None:
        settings = "SELECT name, setting FROM pg_settings ORDER BY name"
        before = firm.execute(settings)
        load(firm, JOBS, iter([batch(job(1))]))
        assert firm.execute(settings) == before
        assert firm.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
        assert firm.execute("SELECT count(*) FROM pg_prepared_statements") == [(0,)]
        assert firm.execute("SELECT count(*) FROM pg_class WHERE relpersistence = 't'") == [(0,)]

    def test_an_empty_extract_is_staged_as_empty(self, firm: Cloud) -> None:
        staged = load(firm, JOBS, iter([batch(job(1)).slice(0, 0)]))
        assert (staged.rows, staged.columns) == (0, tuple(job(1)))
        assert firm.execute(f"SELECT count(*) FROM {sql.relation(staged.relation)}") == [(0,)]

    def test_a_column_that_the_target_lost_since_is_named(self, firm: Cloud) -> None:
        with pytest.raises(SchemaMismatch, match=r"jobs: the extract has a column colour, which public\.jobs"):
            load(firm, JOBS, iter([batch(job(1, colour="red"))]))

    def test_a_connection_that_breaks_is_a_cloud_that_is_not_there(self, firm: Cloud) -> None:
        doomed = firm.connect()
        [(pid,)] = doomed.execute("SELECT pg_backend_pid()").fetchall()

        def kills_it() -> Iterator[pa.RecordBatch]:
            yield batch(job(1))
            firm.execute("SELECT pg_terminate_backend(%s)", pid)
            for number in range(2, 20_000):
                yield batch(job(number))

        with pytest.raises(CloudUnavailable, match="jobs"):
            load(firm, JOBS, kills_it(), connection=doomed)
        assert firm.execute("SELECT count(*) FROM hybrid_sync.staged") == [(0,)]

    def test_a_second_stager_of_the_same_relation_waits_for_the_first(self, firm: Cloud) -> None:
        at_work, go_on = threading.Event(), threading.Event()
        ended: list[str] = []

        def slow() -> Iterator[pa.RecordBatch]:
            yield batch(job(1))
            at_work.set()
            assert go_on.wait(30)
            yield batch(job(2))

        def stage(name: str, batches: Iterator[pa.RecordBatch]) -> None:
            with firm.connect() as connection:
                load(firm, JOBS, batches, connection=connection)
            ended.append(name)

        first = threading.Thread(target=stage, args=("first", slow()))
        second = threading.Thread(target=stage, args=("second", iter([batch(job(3))])))
        first.start()
        assert at_work.wait(30)
        second.start()
        while firm.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") != [(1,)]:
            assert second.is_alive()
        go_on.set()
        first.join()
        second.join()
        assert ended == ["first", "second"]
        relation = sql.relation(staging.relation_name("jobs", "run"))
        assert firm.execute(f"SELECT job_id FROM {relation}") == [(3,)]
        assert firm.execute("SELECT row_count FROM hybrid_sync.staged") == [(1,)]


class TestDrop:
    def test_a_merged_staging_goes(self, firm: Cloud) -> None:
        staged = load(firm, JOBS, iter([batch(job(1))]))
        staging.drop(firm.connection, "jobs", "run", staged.stage_id)
        assert firm.execute("SELECT to_regclass(%s)", sql.relation(staged.relation)) == [(None,)]

    def test_one_that_was_staged_anew_since_stays(self, firm: Cloud) -> None:
        old, new = (load(firm, JOBS, iter([batch(job(number))])) for number in (1, 2))
        staging.drop(firm.connection, "jobs", "run", old.stage_id)
        assert firm.execute(f"SELECT job_id FROM {sql.relation(new.relation)}") == [(2,)]


def test_the_same_row_twice_is_legal_where_the_cloud_makes_the_key(cloud_db: Cloud) -> None:
    cloud_db.execute("CREATE TABLE notes (note_id bigserial PRIMARY KEY, body text, source text)")
    manifest = cloud_db.stage(delete_insert("notes", "note_id"), [{"body": "x"}, {"body": "x"}, {"body": None}])
    assert (manifest.row_count, manifest.duplicates, manifest.rejects) == (3, 0, 0)


def test_the_servers_own_words_never_carry_a_value(firm: Cloud) -> None:
    firm.execute(
        """
        CREATE FUNCTION strict_name(text) RETURNS boolean LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'bad name %', $1; END $$;
        ALTER TABLE jobs ADD CHECK (name IS NULL OR strict_name(name));
        """
    )
    firm.stage(JOBS, [job(1, name="s3c"), job(2)])
    assert firm.execute(REJECTS) == [(1, "name", "breaks check constraint jobs_name_check")]


def test_a_check_whose_function_may_not_be_called_is_not_the_rows_fault(firm: Cloud) -> None:
    firm.execute(
        """
        CREATE FUNCTION private(text) RETURNS boolean LANGUAGE sql AS 'SELECT TRUE';
        REVOKE EXECUTE ON FUNCTION private FROM PUBLIC;
        ALTER TABLE jobs ADD CHECK (private(name));
        CREATE ROLE stager LOGIN;
        GRANT ALL ON ALL TABLES IN SCHEMA public, hybrid_sync TO stager;
        GRANT ALL ON SCHEMA hybrid_sync, hybrid_sync_staging TO stager;
        """
    )
    try:
        with (
            psycopg.connect(firm.uri, user="stager", autocommit=True) as connection,
            pytest.raises(Exception, match="permission denied for function private"),
        ):
            load(firm, JOBS, iter([batch(job(1, name="x"))]), connection=connection)
        assert firm.execute(REJECTS) == []
    finally:
        firm.execute("DROP OWNED BY stager; DROP ROLE stager")
