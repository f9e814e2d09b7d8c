"""The seed document's two example flows and three test recipes, with its names and numbers."""

from __future__ import annotations

import pytest

from tests.postgres.conftest import Cloud, delete_insert, upsert

JOBSHEAD = upsert("jobshead", "job_id")
JOBTASKS = delete_insert("jobtasks", "jt_id")
CLIMASTER = upsert("climaster", "client_id")


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute(
        """
        CREATE TABLE jobshead (job_id int PRIMARY KEY, client_id int, job_name text, source char(1) DEFAULT 'D');
        CREATE TABLE jobtasks (jt_id bigserial PRIMARY KEY, job_id int, task_id int, task_name text,
                               source char(1) DEFAULT 'D');
        CREATE TABLE climaster (client_id int PRIMARY KEY, client_name text, source char(1) DEFAULT 'D');
        INSERT INTO jobshead VALUES (123, 5, 'Project A', 'D'), (124, 6, 'Mobile Job', 'M');
        INSERT INTO jobtasks VALUES (1001, 123, 456, 'Task 1', 'D'), (1002, 124, 457, 'Mobile Task', 'M');
        SELECT setval('jobtasks_jt_id_seq', 1002);
        """
    )
    return cloud_db


def test_desktop_key_flow_updates_job_123_and_preserves_mobile_job_124(firm: Cloud) -> None:
    before = firm.mobile_bytes("jobshead")
    record = firm.sync(JOBSHEAD, [{"job_id": 123, "client_id": 5, "job_name": "Project A Updated"}])
    assert firm.rows("jobshead") == [(123, 5, "Project A Updated", "D"), (124, 6, "Mobile Job", "M")]
    assert firm.mobile_bytes("jobshead") == before
    assert (record.inserted, record.updated, record.unchanged, record.conflicts) == (0, 1, 0, 0)


def test_mobile_only_key_flow_replaces_task_1001_and_preserves_mobile_task_1002(firm: Cloud) -> None:
    before = firm.mobile_bytes("jobtasks")
    record = firm.sync(JOBTASKS, [{"job_id": 123, "task_id": 456, "task_name": "Task 1 Updated"}])
    assert firm.rows("jobtasks") == [
        (1002, 124, 457, "Mobile Task", "M"),
        (1003, 123, 456, "Task 1 Updated", "D"),
    ]
    assert firm.mobile_bytes("jobtasks") == before
    assert (record.deleted, record.inserted) == (1, 1)


def test_recipe_1_a_mobile_client_survives_an_upsert(firm: Cloud) -> None:
    firm.execute("INSERT INTO climaster VALUES (99999, 'Test Mobile Client', 'M')")
    firm.sync(CLIMASTER, [{"client_id": 1, "client_name": "Desktop Client"}])
    assert firm.rows("climaster") == [(1, "Desktop Client", "D"), (99999, "Test Mobile Client", "M")]


def test_recipe_2_a_mobile_task_survives_delete_insert_and_desktop_tasks_get_fresh_keys(firm: Cloud) -> None:
    firm.execute("INSERT INTO jobtasks (jt_id, job_id, task_id, source) VALUES (DEFAULT, 99999, 888, 'M')")
    firm.sync(JOBTASKS, [{"job_id": 123, "task_id": 456, "task_name": "Task 1"}])
    assert firm.rows("jobtasks", "job_id, task_id", "source = 'M'") == [(124, 457), (99999, 888)]
    [(key,)] = firm.execute("SELECT jt_id FROM jobtasks WHERE source = 'D'")
    assert key > 1003


def test_recipe_3_desktop_keys_are_identical_before_and_after(firm: Cloud) -> None:
    jobs = [{"job_id": number, "client_id": 1, "job_name": f"Job {number}"} for number in range(200, 205)]
    firm.sync(JOBSHEAD, jobs)
    before = firm.rows("jobshead", "job_id, source")
    firm.sync(JOBSHEAD, [job | {"job_name": job["job_name"] + " again"} for job in jobs])
    assert firm.rows("jobshead", "job_id, source") == before
