"""Old stagings and extracts go; those of the newest runs and of the running one stay."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hybrid_sync import extracts, retention, sql
from hybrid_sync.extracts import extract_folder
from tests.postgres.conftest import Cloud, upsert

JOBS, TASKS = upsert("jobs", "job_id"), upsert("tasks", "task_id")


@pytest.fixture
def cloud(cloud_db: Cloud) -> Cloud:
    for spec in (JOBS, TASKS):
        cloud_db.execute(f"CREATE TABLE {spec.name} ({spec.key[0]} int PRIMARY KEY, source char(1))")
    for number in range(4):
        for spec in (JOBS, TASKS):
            cloud_db.stage(spec, [{spec.key[0]: 1}], run_id=f"run{number}")
    return cloud_db


def stagings(cloud: Cloud) -> int:
    [(count,)] = cloud.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'hybrid_sync_staging'")
    return int(count)


def staged_runs(cloud: Cloud) -> list[str]:
    return [run for (run,) in cloud.execute("SELECT DISTINCT run_id FROM hybrid_sync.staged ORDER BY 1")]


def test_all_but_the_newest_runs_stagings_go_with_their_manifests(cloud: Cloud) -> None:
    removed = retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=2)
    assert len(removed) == 4
    assert (staged_runs(cloud), stagings(cloud)) == (["run2", "run3"], 4)
    assert retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=2) == []


def test_the_running_runs_own_staging_stays_however_old(cloud: Cloud) -> None:
    retention.prune_stagings(cloud.connection, run_id="run0", keep_runs=1)
    assert staged_runs(cloud) == ["run0", "run3"]


def test_an_old_run_that_staged_anew_counts_as_new(cloud: Cloud) -> None:
    cloud.stage(JOBS, [{"job_id": 2}], run_id="run0")
    retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=1)
    assert staged_runs(cloud) == ["run0"]


def test_the_manifest_of_a_staging_that_its_merge_dropped_goes_too(cloud: Cloud) -> None:
    for relation in cloud.execute("SELECT relation FROM hybrid_sync.staged WHERE run_id = 'run0'"):
        cloud.execute(f"DROP TABLE {sql.relation(relation[0])}")
    retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=3)
    assert (staged_runs(cloud), stagings(cloud)) == (["run1", "run2", "run3"], 6)


def test_a_staging_that_no_manifest_names_goes_and_a_table_of_another_kind_stays(cloud: Cloud) -> None:
    cloud.execute("CREATE TABLE hybrid_sync_staging.mine (a int)")
    cloud.execute("CREATE TABLE hybrid_sync_staging.jobs__0123456789ab (a int)")
    removed = retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=7)
    assert removed == ["hybrid_sync_staging.jobs__0123456789ab"]
    assert stagings(cloud) == 9


def test_a_staging_that_someone_looks_at_stays_until_the_next_run(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(retention, "LOCK_TIMEOUT", "200ms")
    [(relation,)] = cloud.execute(
        "SELECT relation FROM hybrid_sync.staged WHERE run_id = 'run0' AND table_name = 'jobs'"
    )
    with psycopg.connect(cloud.uri) as looker:
        looker.execute(f"SELECT count(*) FROM {sql.relation(relation)}")
        removed = retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=3)
        assert relation not in removed
        assert len(removed) == 1
    assert f"The old staging {relation} stays: LockNotAvailable" in caplog.text
    assert retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=3) == [relation]


def test_a_staging_that_another_role_made_is_left_and_does_not_stop_the_run(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    role = "hybrid_retention_weak"
    cloud.execute(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    cloud.execute(f"GRANT USAGE ON SCHEMA hybrid_sync, hybrid_sync_staging TO {role}")
    cloud.execute(f"GRANT ALL ON hybrid_sync.staged, hybrid_sync.staged_part TO {role}")
    with psycopg.connect(cloud.uri, user=role, autocommit=True) as weak:
        assert retention.prune_stagings(weak, run_id="run9", keep_runs=3) == []
    assert "stays: InsufficientPrivilege" in caplog.text
    assert len(staged_runs(cloud)) == 4


def test_prune_removes_extracts_too_and_does_not_stop_a_run_over_a_file_that_stays(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYBRID_SYNC_EXTRACTS", f"file://{tmp_path}")
    for number in range(9):
        folder = Path(extract_folder(str(tmp_path), "hybrid_sync", f"run{number}", "jobs"))
        folder.mkdir(parents=True)
        (folder / "extract.parquet").write_bytes(b"")
    retention.prune(cloud.connection, dag_id="hybrid_sync", run_id="run9")
    assert sorted(path.name for path in (tmp_path / "hybrid_sync").iterdir()) == [f"run{n}" for n in range(2, 9)]

    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(extracts, "prune_extracts", read_only)
    retention.prune(cloud.connection, dag_id="hybrid_sync", run_id="run9", keep_runs=1)
    assert staged_runs(cloud) == ["run3"]


def test_a_retention_of_no_run_is_refused(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        retention.prune_stagings(cloud.connection, run_id="run9", keep_runs=0)
