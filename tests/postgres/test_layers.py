"""The layers that keep a merge off mobile rows, one removed at a time: another catches the damage and names itself.

Predicate in each statement; row level security of the sync's role; the guard trigger; the certificate; the server's
own write counts.
"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from hybrid_sync import certificate, ledger, sql
from hybrid_sync.certificate import Writes
from hybrid_sync.connections import translated
from hybrid_sync.errors import ConnectionMisconfigured, HybridSyncError, MobileRowsTouched, RowsUnaccounted
from hybrid_sync.registry import load_registry
from tests.postgres.conftest import Cloud, delete_insert, upsert

ROOT = Path(__file__).parents[2]
TABLES = load_registry().names
JOBSHEAD = upsert("jobshead", "job_id")
JOBTASKS = delete_insert("jobtasks", "jt_id")
STAGED = {"jobshead": [{"job_id": 1, "name": "desktop"}, {"job_id": 9, "name": "desktop nine"}],
          "jobtasks": [{"name": "n1"}, {"name": "n2"}]}  # fmt: skip


@pytest.fixture
def firm(database: str) -> Cloud:
    connection = psycopg.connect(database, autocommit=True, prepare_threshold=None)
    for table in TABLES:
        key = "job_id int PRIMARY KEY" if table != "jobtasks" else "jt_id bigserial PRIMARY KEY"
        connection.execute(f"CREATE TABLE {table} ({key}, name text, source char(1) DEFAULT 'D')")
    connection.execute((ROOT / "include" / "sql" / "roles.sql").read_text())
    connection.execute("INSERT INTO jobshead VALUES (1, 'one', 'D'), (9, 'phone', 'M')")
    connection.execute("INSERT INTO jobtasks (name, source) VALUES ('d1', 'D'), ('d2', 'D'), ('phone', 'M')")
    return Cloud(database, connection)


def as_writer(firm: Cloud) -> Cloud:
    """The same cloud, as the least-privilege role."""
    connection = psycopg.connect(firm.uri, user="hybrid_sync_writer", autocommit=True, prepare_threshold=None)
    ledger.migrate(connection)
    return Cloud(firm.uri, connection)


def as_owner(firm: Cloud) -> Cloud:
    ledger.migrate(firm.connection)
    return firm


def without_predicate(statement: str) -> str:
    """The template with every ownership predicate taken out: it overwrites and deletes whatever is there."""
    predicate = r"""\((\w+)\."source" = 'D' OR \1\."source" IS NULL\)"""
    return re.sub(predicate, "TRUE", re.sub(predicate + " IS NOT TRUE", "FALSE", statement))


def sabotage(cloud: Cloud, spec_name: str) -> None:
    spec = JOBSHEAD if spec_name == "jobshead" else JOBTASKS
    manifest = cloud.stage(spec, STAGED[spec_name])
    statement = without_predicate(sql.render(spec.template, plan=cloud.plan(spec, manifest)))
    with translated(spec.name):
        cloud.merge(spec, manifest, statement=statement)


def guarded(firm: Cloud) -> None:
    firm.execute((ROOT / "include" / "sql" / "guard_trigger.sql").read_text())


@pytest.fixture(params=["jobshead", "jobtasks"])
def table(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_least_privilege_role_runs_a_whole_sync(firm: Cloud) -> None:
    writer = as_writer(firm)
    before = firm.mobile_bytes("jobshead"), firm.mobile_bytes("jobtasks")
    record = writer.sync(JOBSHEAD, STAGED["jobshead"])
    assert (record.updated, record.conflicts) == (1, 1)
    assert writer.sync(JOBTASKS, STAGED["jobtasks"]).inserted == 2
    assert (firm.mobile_bytes("jobshead"), firm.mobile_bytes("jobtasks")) == before


def test_the_role_cannot_write_a_mobile_row_by_any_statement(firm: Cloud) -> None:
    writer = as_writer(firm)
    before = firm.mobile_bytes("jobshead")
    assert writer.connection.execute("UPDATE jobshead SET name = 'x' WHERE source = 'M'").rowcount == 0
    assert writer.connection.execute("DELETE FROM jobshead WHERE source = 'M'").rowcount == 0
    for refused in (
        "INSERT INTO jobshead VALUES (77, 'x', 'M')",
        "UPDATE jobshead SET source = 'M' WHERE job_id = 1",
        "TRUNCATE jobshead",
        "INSERT INTO jobshead VALUES (9, 'x', 'D') ON CONFLICT (job_id) DO UPDATE SET name = 'x', source = 'D'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute(refused)
    assert firm.mobile_bytes("jobshead") == before


def test_without_the_predicate_row_level_security_catches_it(firm: Cloud, table: str) -> None:
    before = firm.mobile_bytes(table)
    writer = as_writer(firm)
    if table == "jobshead":
        with pytest.raises(ConnectionMisconfigured, match="row-level security policy"):
            sabotage(writer, table)
    else:
        sabotage(writer, table)  # the policy hides mobile rows from DELETE: nothing is left to refuse
    assert firm.mobile_bytes(table) == before


def test_without_predicate_and_role_the_guard_trigger_catches_it(firm: Cloud, table: str) -> None:
    owner = as_owner(firm)
    guarded(firm)
    before = firm.mobile_bytes(table)
    with pytest.raises(
        HybridSyncError, match=f"guard trigger: the merge of {table} would (update|delete) a mobile row"
    ):
        sabotage(owner, table)
    assert firm.mobile_bytes(table) == before


def test_without_predicate_role_and_trigger_the_certificate_catches_it(firm: Cloud, table: str) -> None:
    owner = as_owner(firm)
    before = firm.mobile_bytes(table)
    with pytest.raises(MobileRowsTouched, match="the merge would have changed 1 mobile rows"):
        sabotage(owner, table)
    assert firm.mobile_bytes(table) == before


def test_without_predicate_role_trigger_and_certificate_the_counts_catch_a_hidden_write(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = as_owner(firm)
    monkeypatch.setattr(certificate, "same", lambda *_: True)
    manifest = owner.stage(JOBTASKS, STAGED["jobtasks"])
    statement = sql.render(JOBTASKS.template, plan=owner.plan(JOBTASKS, manifest))
    before = firm.mobile_bytes("jobtasks")
    with pytest.raises(RowsUnaccounted, match=r"the server counted 2 inserted, 0 updated, 3 deleted .* the merge 2 "):
        owner.merge(JOBTASKS, manifest, statement=statement + "\nDELETE FROM jobtasks WHERE source = 'M';")
    assert firm.mobile_bytes("jobtasks") == before


def test_without_the_counts_a_write_to_another_mobile_table_is_caught_by_its_guard_trigger(
    firm: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = as_owner(firm)
    guarded(firm)
    monkeypatch.setattr(certificate, "read_writes", lambda _: {})
    monkeypatch.setattr(certificate, "check_writes", lambda *_: Writes())
    manifest = owner.stage(JOBTASKS, STAGED["jobtasks"])
    statement = sql.render(JOBTASKS.template, plan=owner.plan(JOBTASKS, manifest))
    before = firm.mobile_bytes("jobshead")
    words = "guard trigger: the merge of jobtasks would delete a mobile row of jobshead"
    with pytest.raises(HybridSyncError, match=words), translated("jobtasks"):
        owner.merge(JOBTASKS, manifest, statement=statement + "\nDELETE FROM jobshead WHERE source = 'M';")
    assert firm.mobile_bytes("jobshead") == before
