"""detect_mobile_edits: a digest of what was last written tells the desktop's change from the phone's."""

from __future__ import annotations

import pytest

from hybrid_sync.errors import ConflictRefused
from hybrid_sync.specs import OnConflict
from tests.postgres.conftest import Cloud, upsert

JOBS = upsert("jobs", "job_id", detect_mobile_edits=True)
DESKTOP_WINS = upsert("jobs", "job_id", detect_mobile_edits=True, on_conflict=OnConflict.DESKTOP_WINS)
FAILING = upsert("jobs", "job_id", detect_mobile_edits=True, on_conflict=OnConflict.FAIL)


def rows(**names: str) -> list[dict[str, object]]:
    return [{"job_id": int(number[1:]), "name": name} for number, name in names.items()]


@pytest.fixture
def firm(cloud_db: Cloud) -> Cloud:
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name text, source char(1) DEFAULT 'D')")
    cloud_db.sync(JOBS, rows(j1="one", j2="two", j3="three"))
    return cloud_db


def open_conflicts(firm: Cloud) -> list[tuple[object, ...]]:
    return firm.execute(
        "SELECT kind, key ->> 'job_id', desktop_row ->> 'name', mobile_row ->> 'name' FROM hybrid_sync.conflict "
        "WHERE resolved_at IS NULL ORDER BY 2"
    )


def test_a_phones_edit_of_a_desktop_row_stays_and_is_reported(firm: Cloud) -> None:
    firm.execute("UPDATE jobs SET name = 'phone' WHERE job_id = 1")
    record = firm.sync(JOBS, rows(j1="one", j2="TWO", j3="three"))
    assert firm.rows("jobs", "job_id, name") == [(1, "phone"), (2, "TWO"), (3, "three")]
    assert (record.conflicts, record.updated, record.unchanged) == (1, 1, 1)
    assert open_conflicts(firm) == [("update_origin_differs", "1", "one", "phone")]


def test_an_edit_on_both_sides_stays_the_phones_and_shows_both_versions(firm: Cloud) -> None:
    firm.execute("UPDATE jobs SET name = 'phone' WHERE job_id = 1")
    firm.sync(JOBS, rows(j1="desktop", j2="two", j3="three"))
    assert open_conflicts(firm) == [("update_origin_differs", "1", "desktop", "phone")]
    assert firm.rows("jobs", "name, 1", "job_id = 1") == [("phone", 1)]


def test_the_same_edit_on_both_sides_is_no_conflict_and_an_open_one_closes(firm: Cloud) -> None:
    firm.execute("UPDATE jobs SET name = 'phone' WHERE job_id = 1")
    firm.sync(JOBS, rows(j1="one", j2="two", j3="three"))
    record = firm.sync(JOBS, rows(j1="phone", j2="two", j3="three"))
    assert (record.conflicts, record.unchanged) == (0, 3)
    assert open_conflicts(firm) == []
    assert firm.sync(JOBS, rows(j1="next", j2="two", j3="three")).updated == 1


def test_desktop_wins_overwrites_the_edit_and_keeps_a_record_of_it(firm: Cloud) -> None:
    firm.execute("UPDATE jobs SET name = 'phone' WHERE job_id = 1")
    record = firm.sync(DESKTOP_WINS, rows(j1="desktop", j2="two", j3="three"))
    assert firm.rows("jobs", "name, 1", "job_id = 1") == [("desktop", 1)]
    assert (record.updated, record.conflicts) == (1, 0)
    assert open_conflicts(firm) == [("update_origin_differs", "1", "desktop", "phone")]


def test_desktop_wins_never_overwrites_a_row_that_mobile_owns(firm: Cloud) -> None:
    firm.execute("UPDATE jobs SET name = 'phone', source = 'M' WHERE job_id = 1")
    before = firm.mobile_bytes("jobs")
    record = firm.sync(DESKTOP_WINS, rows(j1="desktop", j2="two", j3="three"))
    assert firm.mobile_bytes("jobs") == before
    assert record.conflicts == 1


def test_on_conflict_fail_changes_nothing_and_counts_the_conflicts(firm: Cloud) -> None:
    firm.execute("UPDATE jobs SET name = 'phone' WHERE job_id = 1")
    with pytest.raises(ConflictRefused, match="1 desktop rows stand against"):
        firm.sync(FAILING, rows(j1="desktop", j2="TWO", j3="three"))
    assert firm.rows("jobs", "job_id, name") == [(1, "phone"), (2, "two"), (3, "three")]


def test_mobile_owned_columns_are_written_on_insert_and_never_overwritten(cloud_db: Cloud) -> None:
    spec = upsert("jobs", "job_id", mobile_owned_columns=("status",))
    cloud_db.execute("CREATE TABLE jobs (job_id int PRIMARY KEY, name text, status text, source char(1) DEFAULT 'D')")
    cloud_db.sync(spec, [{"job_id": 1, "name": "a", "status": "new"}])
    cloud_db.execute("UPDATE jobs SET status = 'done by phone'")
    record = cloud_db.sync(spec, [{"job_id": 1, "name": "b", "status": "new"}])
    assert cloud_db.rows("jobs", "name, status") == [("b", "done by phone")]
    assert record.updated == 1
    assert cloud_db.sync(spec, [{"job_id": 1, "name": "b", "status": "other"}]).unchanged == 1
