"""The comparison that an upsert begins with, and the certificate around what is written then."""

from __future__ import annotations

from typing import Any

import pytest

from hybrid_sync.errors import MobileRowsTouched, RowsUnaccounted, StagingLost
from hybrid_sync.outcomes import COUNTED, parts_of
from hybrid_sync.specs import Deletes, Ownership, Rewrite, TableSpec
from tests.postgres.conftest import Cloud, delete_insert, upsert

JOBS = upsert("jobs", "job_id")
LINES = delete_insert("jobs", rewrite=Rewrite.CHANGED, max_shrink=1.0)


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, title text, source char(1))")
    cloud_db.execute("INSERT INTO jobs VALUES (1, 'one', 'D'), (2, 'two', NULL), (3, 'three', 'M')")
    return cloud_db


def job(job_id: int, title: str) -> dict[str, Any]:
    return {"job_id": job_id, "title": title}


SAME = [job(1, "one"), job(2, "two"), job(3, "three")]


def test_a_row_without_owner_is_the_desktops_or_a_phones_as_the_registry_says(firm: Cloud) -> None:
    record = firm.sync(JOBS, SAME)
    assert (record.unchanged, record.conflicts) == (2, 1)
    firm.ownership = Ownership(null_is_desktop=False)
    record = firm.sync(JOBS, SAME)
    assert (record.unchanged, record.conflicts) == (1, 2)
    assert firm.rows("jobs") == [(1, "one", "D"), (2, "two", None), (3, "three", "M")]


def test_the_difference_is_of_the_merges_own_and_gone_afterwards(firm: Cloud) -> None:
    firm.sync(JOBS, [job(1, "new"), job(4, "four")])
    firm.merge(JOBS, firm.stage(JOBS, SAME), dry_run=True)
    tables = firm.execute("SELECT relname FROM pg_class WHERE relname LIKE '%difference%'")
    assert tables == []


def test_a_staging_that_a_crash_emptied_is_told_from_a_desktop_that_is_empty(firm: Cloud) -> None:
    spec = upsert("jobs", "job_id", deletes=Deletes.PROPAGATE, max_shrink=0.1)
    manifest = firm.stage(spec, SAME)
    firm.execute(f"TRUNCATE {manifest.relation}")
    with pytest.raises(StagingLost, match="holds 0 rows, 3 were staged"):
        firm.merge(spec, manifest)
    assert len(firm.rows("jobs")) == 3


def test_a_row_that_is_missing_from_the_staging_is_missed(firm: Cloud) -> None:
    manifest = firm.stage(JOBS, SAME)
    firm.execute(f"DELETE FROM {manifest.relation} WHERE job_id = 2")
    with pytest.raises(StagingLost, match="holds 2 rows, 3 were staged"):
        firm.merge(JOBS, manifest)


def test_an_event_trigger_that_logs_tables_does_not_stop_a_merge(firm: Cloud) -> None:
    firm.execute("CREATE TABLE made (at timestamptz DEFAULT now(), tag text)")
    firm.execute(
        "CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO public.made (tag) VALUES (tg_tag); END $$"
    )
    firm.execute("CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl()")
    record = firm.sync(JOBS, [job(1, "new"), job(4, "four")])
    assert (record.inserted, record.updated) == (1, 1)
    assert ("CREATE TABLE AS",) in firm.execute("SELECT tag FROM made")


@pytest.mark.parametrize("spec", [JOBS, LINES], ids=["upsert", "rewrite: changed"])
@pytest.mark.parametrize("moment", ["ddl_command_end", "sql_drop"])
@pytest.mark.parametrize(
    "write",
    [
        "DELETE FROM public.jobs WHERE title = 'one'",
        "UPDATE public.jobs SET title = 'evil' WHERE title = 'one'",
        "INSERT INTO public.jobs VALUES (9, 'nine', 'D') ON CONFLICT DO NOTHING",
        "UPDATE public.jobs SET title = 'evil' WHERE source = 'M'",
        "DELETE FROM public.other",
    ],
)
def test_an_event_trigger_that_does_more_than_log_is_rolled_back(
    firm: Cloud, spec: TableSpec, moment: str, write: str
) -> None:
    firm.execute("CREATE TABLE other AS SELECT 1 AS a, 'M' AS source")
    manifest = firm.stage(spec, [job(1, "one"), job(2, "new")])
    firm.execute(
        f"CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {write}; END $$"
    )  # fmt: skip
    firm.execute(f"CREATE EVENT TRIGGER meddles ON {moment} EXECUTE FUNCTION meddle()")
    with pytest.raises(MobileRowsTouched, match=r"event trigger|mobile rows"):
        firm.merge(spec, manifest)
    assert firm.rows("jobs") == [(1, "one", "D"), (2, "two", None), (3, "three", "M")]
    assert firm.execute("SELECT count(*) FROM other") == [(1,)]


def test_a_key_that_an_heir_of_the_target_has_again_is_named(firm: Cloud) -> None:
    firm.execute("CREATE TABLE heir () INHERITS (jobs)")
    firm.execute("INSERT INTO heir VALUES (1, 'one', 'D')")
    with pytest.raises(RowsUnaccounted, match=r"1 staged rows meet 2 rows of public\.jobs by job_id"):
        firm.sync(JOBS, [job(1, "one")])


def test_somebodys_type_of_a_known_name_is_compared_and_proved_as_what_it_is(firm: Cloud) -> None:
    firm.execute("CREATE TYPE public.text AS (a int, j json)")
    firm.execute("ALTER TABLE jobs ADD COLUMN note public.text DEFAULT ROW(1, '{}')::public.text")
    assert not firm.plan(JOBS, firm.stage(JOBS, SAME)).hashed
    record = firm.sync(JOBS, [job(1, "one"), job(4, "four")])
    assert (record.inserted, record.unchanged) == (1, 1)


def test_a_trigger_of_the_target_that_writes_elsewhere_does(firm: Cloud) -> None:
    firm.execute("CREATE TABLE heard (job_id int)")
    firm.execute(
        "CREATE FUNCTION hear() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO public.heard VALUES (NEW.job_id); RETURN NULL; END $$"
    )
    firm.execute("CREATE TRIGGER hears AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION hear()")
    with pytest.raises(MobileRowsTouched, match=r"also wrote to public\.heard"):
        firm.sync(JOBS, [job(4, "four")])


@pytest.mark.parametrize("column", ["extra int", "extra json"])  # hashed by its values, and by its text
@pytest.mark.parametrize(
    "write",
    [
        "UPDATE jobs SET title = 'other' WHERE job_id = 3",
        "UPDATE jobs SET title = title WHERE job_id = 3",
        "DELETE FROM jobs WHERE job_id = 3",
        "UPDATE jobs SET source = 'M' WHERE job_id = 1",
        "INSERT INTO jobs VALUES (5, 'five', 'M')",
        "DELETE FROM jobs WHERE job_id = 3; INSERT INTO jobs VALUES (3, 'three', 'M')",
    ],
)
def test_the_certificate_sees_whatever_happens_to_a_mobile_row(firm: Cloud, column: str, write: str) -> None:
    firm.execute(f"ALTER TABLE jobs ADD COLUMN {column}")
    manifest = firm.stage(JOBS, SAME)
    plan = firm.plan(JOBS, manifest)
    assert plan.hashed == (column == "extra int")
    before = firm.mobile_bytes("jobs")
    with pytest.raises(MobileRowsTouched, match="mobile rows"):
        firm.merge(JOBS, manifest, statement=_with(firm, manifest, write))
    assert firm.mobile_bytes("jobs") == before


def _with(firm: Cloud, manifest: Any, write: str) -> str:
    """The upsert's template as it runs, and a statement more."""
    from hybrid_sync import sql

    return f"{sql.render(JOBS.template, plan=firm.plan(JOBS, manifest))}; {write}"


def test_a_template_without_a_comparison_is_counted_from_its_first_statement() -> None:
    assert parts_of("DELETE FROM jobs") == ("", "DELETE FROM jobs")
    assert parts_of(f"SELECT 1;\n{COUNTED}.\nDELETE FROM jobs") == ("SELECT 1;\n", f"{COUNTED}.\nDELETE FROM jobs")
