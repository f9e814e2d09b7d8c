"""The DAG as Airflow runs it, over a small firm on real databases."""

from __future__ import annotations

import json
from collections.abc import Callable

from hybrid_sync.registry import load_registry
from hybrid_sync.specs import Strategy
from tests.airflow.conftest import Firm

UPSERTS = [spec.name for spec in load_registry().tables if spec.strategy is Strategy.UPSERT]
COUNTERS = "n_tup_ins, n_tup_upd, n_tup_del"


def writes(firm: Firm) -> dict[str, tuple[int, ...]]:
    """What the server has counted in each table since it was made."""
    firm.on_cloud("SELECT pg_stat_force_next_flush()")
    rows = firm.on_cloud(f"SELECT relname, {COUNTERS} FROM pg_stat_user_tables WHERE schemaname = 'public'")
    return {name: tuple(counts) for name, *counts in rows}


def mobile_rows(firm: Firm, table: str) -> list[tuple[object, ...]]:
    return firm.on_cloud(f"SELECT t::text, t.ctid::text, t.xmin::text FROM {table} t WHERE source = 'M' ORDER BY 1")


def test_fifteen_tables_go_green_a_second_run_writes_nothing_and_mobile_rows_stay(
    new_firm: Callable[..., Firm],
) -> None:
    firm = new_firm()
    first = firm.run()
    assert first.state == "success", first.log[-8000:]
    assert set(first.states.values()) == {"success"}
    assert len(first.states) == 15 * 3 + 2
    assert firm.on_cloud("SELECT count(*), count(*) FILTER (WHERE source = 'D') FROM jobshead") == [(74, 74)]

    firm.on_cloud("INSERT INTO jobtasks (org_id, loc_id, job_id, source) VALUES (1, 1, 99999, 'M')")
    firm.on_cloud("INSERT INTO jobshead (org_id, loc_id, job_id, work_desc, source) VALUES (1, 1, 500, 'phone', 'M')")
    firm.on_desktop("INSERT INTO jobshead (org_id, loc_id, job_id, work_desc) VALUES (1, 1, 500, 'desktop')")
    before = writes(firm)
    mobile = [mobile_rows(firm, table) for table in ("jobtasks", "jobshead")]
    second = firm.run()
    assert second.state == "success", second.log[-8000:]
    after = writes(firm)
    assert {table: after[table] for table in UPSERTS} == {table: before[table] for table in UPSERTS}
    assert [mobile_rows(firm, table) for table in ("jobtasks", "jobshead")] == mobile
    assert firm.on_cloud("SELECT table_name, kind, key FROM hybrid_sync.conflict") == [
        ("jobshead", "insert_exists", {"job_id": 500})
    ]
    assert "jobshead: 1 conflicts, 0 rejects" in second.log
    assert firm.on_cloud("SELECT count(*) FROM pg_tables WHERE schemaname = 'hybrid_sync_staging'") == [(0,)]

    rendered = firm.airflow("tasks", "render", "hybrid_sync", "jobshead.merge", second.run_id)
    assert 'INSERT INTO "public"."jobshead"' in rendered.stdout, rendered.stderr[-3000:]
    unstaged = firm.airflow("tasks", "render", "hybrid_sync", "jobtasks.merge", "never_ran")
    assert 'DELETE FROM "public"."jobtasks"' in unstaged.stdout, unstaged.stderr[-3000:]
    assert '"task_desc"' in unstaged.stdout


def test_unselected_tables_are_skipped_a_dry_run_changes_nothing_and_a_bad_table_name_is_refused(
    new_firm: Callable[..., Firm],
) -> None:
    firm = new_firm()
    refused = firm.airflow("dags", "trigger", "hybrid_sync", "--conf", json.dumps({"tables": ["jobshed"]}))
    assert refused.returncode != 0
    run = firm.run({"tables": ["orgmaster", "locmaster", "jobtasks"], "dry_run": True})
    assert run.state == "success", run.log[-8000:]
    assert run.states["climaster.extract"] == run.states["climaster.merge"] == "skipped"
    assert run.states["orgmaster.merge"] == "success"
    assert firm.on_cloud("SELECT count(*) FROM orgmaster") == [(0,)]
    assert firm.on_cloud("SELECT last_value, is_called FROM jobtasks_jt_id_seq") == [(1, False)]
    assert firm.on_cloud("SELECT table_name, dry_run, inserted FROM hybrid_sync.merge_log ORDER BY 1") == [
        ("jobtasks", True, 194),
        ("locmaster", True, 1),  # its organisation is only staged: counted all the same
        ("orgmaster", True, 2),
    ]
    assert "climaster was not selected" in run.log

    tested = firm.airflow("dags", "test", "hybrid_sync")
    assert tested.returncode == 0, tested.stderr[-3000:]
    assert firm.on_cloud("SELECT count(*) FROM hybrid_sync.merge_log WHERE NOT dry_run") == [(15,)]


def test_a_failed_table_fails_its_dependants_and_the_run_and_nothing_else(new_firm: Callable[..., Firm]) -> None:
    firm = new_firm()
    firm.on_desktop("UPDATE mbreminder SET rem_id = NULL WHERE rem_id = (SELECT min(rem_id) FROM mbreminder)")
    run = firm.run()
    assert run.state == "failed"
    assert run.failed() == {"reminder.stage", "validate_mobile_rows"}
    assert run.states["remdetail.extract"] == "upstream_failed"
    assert run.states["jobtasks.merge"] == run.states["learequest.merge"] == "success"
    assert "reminder: reminder.stage is failed" in run.log
    assert firm.on_cloud("SELECT count(*) FROM reminder") == [(0,)]
    assert firm.on_cloud("SELECT DISTINCT table_name, column_name FROM hybrid_sync.reject") == [("reminder", "rem_id")]


def test_mobile_rows_that_vanish_between_merges_fail_the_run_and_say_where_they_went(
    new_firm: Callable[..., Firm],
) -> None:
    firm = new_firm()
    firm.on_cloud("INSERT INTO orgmaster (org_id, orgname, source) VALUES (77, 'phone', 'M')")
    # A stand-in for another program: it deletes a mobile row when the run has merged its second table.
    firm.on_cloud(
        """
        CREATE FUNCTION rogue() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN DELETE FROM public.orgmaster WHERE org_id = 77; RETURN NULL; END $$
        """
    )
    firm.run({"tables": ["orgmaster"]})
    firm.on_cloud(
        "CREATE TRIGGER rogue AFTER INSERT ON hybrid_sync.staged FOR EACH ROW WHEN (NEW.table_name = 'conmaster') "
        "EXECUTE FUNCTION rogue()"
    )
    run = firm.run({"tables": ["orgmaster", "conmaster"]})
    assert run.state == "failed"
    assert run.failed() == {"validate_mobile_rows"}
    assert "orgmaster: 1 mobile rows fewer than at the start of the run. They went between merges" in run.log
