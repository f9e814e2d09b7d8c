"""Preflight on a cloud that has one of each fault, through real ODBC, as a role that may not do everything."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.postgres import free_port
from hybrid_sync import preflight
from hybrid_sync.desktop import Desktop
from hybrid_sync.errors import SchemaMismatch
from hybrid_sync.preflight import Report
from hybrid_sync.specs import Deletes, Ownership, Registry, TableSpec
from tests.postgres.conftest import delete_insert, upsert

HERE = Path(__file__).parent
ROLE = "preflight_reader"
CONFIGURED = [
    upsert("cascading", "id", deletes=Deletes.PROPAGATE),
    upsert("protecting", "id", mobile_owned_columns=("remark",)),
    upsert("computed", "id", columns={"id": "id", "name": "name"}),
    upsert("misnamed", "id", columns={"id": "id", "label": "title"}),
    replace(upsert("misnamed", "id", columns={"id": "id", "label": "title"}), target_table="healthy"),
    delete_insert("rewritten", "nr"),
    delete_insert("unnumbered", "nr"),
    delete_insert("behind", "nr"),
    delete_insert("burning", "nr"),
    delete_insert("unguarded", "nr"),
    replace(upsert("hidden_schema", "id"), target_table="private.hidden_schema"),
]
PLAIN = [
    "healthy", "of_healthy", "keyless", "renamed_key", "ownerless", "starved", "identified", "defaulted",
    "undefaulted", "children", "parents", "ruled", "inherited", "stamped", "told", "whole", "part", "shut",
    "read_only", "veiled", "policed", "shared_range", "closing_in", "nearly_full", "narrow", "repeated",
    "no_desktop", "no_cloud",
]  # fmt: skip
SPECS = {spec.name: spec for spec in [*(upsert(name, "id") for name in PLAIN), *CONFIGURED]}


def registry_of(*specs: TableSpec) -> Registry:
    return Registry(path=Path("tables.yaml"), ownership=Ownership(), desktop_time_zone="UTC", tables=specs)


@dataclass
class Office:
    """A cloud and its desktop, and preflight over them as the role that a sync would have."""

    cloud: str
    desktop: str
    odbc: str

    def look(self, *specs: TableSpec, role: str = ROLE, **settings: Any) -> Report:
        connection = psycopg.connect(self.cloud, user=role, autocommit=True, prepare_threshold=None)
        with closing(connection), Desktop(self.odbc) as desktop:
            registry, names = registry_of(*specs), [spec.name for spec in specs]
            side = preflight.look_at(lambda doing, work: work(desktop), registry, names)
            arguments = {"run_id": "run1", "dry_run": False} | settings
            return preflight.check(connection, side, registry, names, **arguments)

    def extract(self, spec: TableSpec, *others: TableSpec) -> dict[str, str]:
        """What a table's extract asks before it reads."""
        registry = registry_of(spec, *others)
        connection = psycopg.connect(self.cloud, user=ROLE, autocommit=True, prepare_threshold=None)
        with closing(connection), Desktop(self.odbc) as desktop:
            facts = preflight.read_table(connection, registry, spec.name)
            return preflight.check_table(spec, registry, facts, desktop.columns(spec.source_table)).required()

    def on_cloud(self, statement: str) -> list[tuple[Any, ...]]:
        return execute(self.cloud, statement)

    def on_desktop(self, statement: str) -> list[tuple[Any, ...]]:
        return execute(self.desktop, statement)


def execute(uri: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(uri, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def odbc(uri: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(uri)
    return (
        f"DRIVER={{PostgreSQL Unicode}};SERVER=127.0.0.1;PORT={parts['port']};DATABASE={parts['dbname']};UID=postgres"
    )


@pytest.fixture
def make_office(new_database: Callable[[], str]) -> Callable[[str, str], Office]:
    def make(cloud_sql: str, desktop_sql: str) -> Office:
        cloud, desktop = new_database(), new_database()
        if not execute(cloud, f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):
            execute(cloud, f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")
        execute(cloud, cloud_sql)
        execute(desktop, desktop_sql)
        return Office(cloud, desktop, odbc(desktop))

    return make


@pytest.fixture
def faulty(make_office: Callable[[str, str], Office]) -> Office:
    return make_office((HERE / "faulty.sql").read_text(), (HERE / "faulty_desktop.sql").read_text())


def burnt(office: Office, table: str, rows: int, merges: int = 8) -> None:
    """A log of one merge a day."""
    office.look(SPECS["healthy"])
    office.on_cloud(
        f"INSERT INTO hybrid_sync.merge_log SELECT 'r' || day, '{table}', gen_random_uuid(), 'upsert', 'full', FALSE,"
        f" {rows}, {rows}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, now() - day * interval '1 day', now() - day * interval '1 day'"
        f" FROM generate_series(1, {merges}) AS day"
    )


def said(report: Report, table: str) -> list[str]:
    return [f"{finding.severity}: {finding.sentence}" for finding in report.findings if finding.table == table]


EXPECTED = {
    "of_healthy": ["error: of_healthy is a view in the cloud, not a table. Set target_table"],
    "no_cloud": ["error: the cloud has no table no_cloud. Create it, or set target_table in the registry."],
    "no_desktop": ["error: the desktop has no table no_desktop."],
    "keyless": ["error: public.keyless has no unique key on (id), so two runs could store a row twice. Its unique "
                "keys: none."],
    "renamed_key": ["error: key column id is missing in public.renamed_key or in desktop table renamed_key.",
                    "error: public.renamed_key needs a value in number (NOT NULL, no default)"],
    "ownerless": ["error: public.ownerless has no column source"],
    "starved": ["error: public.starved needs a value in firm (NOT NULL, no default)"],
    "computed": ["error: public.computed computes name itself (GENERATED ALWAYS AS), and takes no value for it."],
    "misnamed": ["error: public.healthy has no column label (named in the registry's columns).",
                 "error: desktop table misnamed has no column title (named in the registry's columns)."],
    "identified": ["error: public.identified numbers number itself (GENERATED ALWAYS AS IDENTITY)"],
    "defaulted": ["warning: the default of source is 'D': a phone's row"],
    "undefaulted": ["warning: source may be NULL, has no default, and NULL means desktop: a phone's row"],
    "children": ["warning: parent references parents, which may be merged later"],
    "cascading": ["error: a merge of public.cascading could reach rows that are not its own: cascaded_id_fkey of "
                  "public.cascaded is ON DELETE CASCADE"],
    "rewritten": ["error: a merge of public.rewritten could reach rows that are not its own: needing_nr_fkey of "
                  "public.needing references it, and delete_insert gives rows new keys"],
    "ruled": ["error: a merge of public.ruled could reach rows that are not its own: rule nothing_goes"],
    "inherited": ["error: a merge of public.inherited could reach rows that are not its own: table heir inherits"],
    "stamped": ["warning: trigger stamp runs before insert or update of each row and sets name"],
    "told": ["warning: trigger tell runs after insert of each row: should it write to mobile rows"],
    "whole": ["note: public.whole has 1 partition, all counted"],
    "part": ["warning: public.part is a partition of whole"],
    "shut": ["error: the role lacks SELECT, INSERT, UPDATE on public.shut. "
             "Grant it to the sync's role (include/sql/roles.sql)."],
    "read_only": ["error: the role lacks INSERT, UPDATE"],
    "unnumbered": ["error: the role lacks USAGE on sequence public.unnumbered_nr_seq, which numbers nr."],
    "hidden_schema": ["error: the role may not use schema private of the cloud."],
    "veiled": ["error: row level security may hide rows of public.veiled from the role (policy own_firm)"],
    "policed": ["error: row level security of public.policed has no policy that lets the role INSERT, UPDATE."],
    "behind": ["error: sequence public.behind_nr_seq is behind the highest nr of public.behind: an insert would fail "
               "on a number that is taken. SELECT setval('public.behind_nr_seq', (SELECT max(nr) FROM "
               "public.behind))."],
    "shared_range": ["warning: sequence public.shared_range_id_seq is behind the highest id of public.shared_range",
                     "warning: phones number id within the desktop's range"],
    "closing_in": ["warning: the desktop's id is about to reach the phones' numbers: 99 left, 10 runs or 10 days"],
    "nearly_full": ["warning: id is running out of numbers: 99% used, 9 left (numeric(3,0))"],
    "burning": ["warning: nr is running out of numbers: 99% used, 83,647 left, 84 runs or 84 days at the present speed "
                "(sequence public.burning_nr_seq)."],
    "unguarded": ["warning: generated_key nr has no unique key"],
    "narrow": ["warning: the cloud's type is narrower than the desktop's: name varchar(60) into character "
               "varying(20); amount numeric(10,3) into numeric(6,2); day timestamp into date."],
    "repeated": ["warning: desktop table repeated has 1 key (id) on 3 rows: where those differ, they are rejected.",
                 "warning: desktop table repeated has 1 row without id, to be rejected."],
    "protecting": ["warning: mobile_owned_columns names remark, which public.protecting does not have"],
    "healthy": [],
    "parents": [],
}  # fmt: skip


@pytest.fixture
def report(faulty: Office) -> Report:
    burnt(faulty, "closing_in", 10)
    burnt(faulty, "burning", 1_000)
    return faulty.look(*SPECS.values())


def test_every_fault_is_named_at_once_with_what_to_do(report: Report) -> None:
    assert {name: len(said(report, name)) for name in SPECS} == {name: len(EXPECTED[name]) for name in SPECS}
    for name, sentences in EXPECTED.items():
        for sentence, beginning in zip(said(report, name), sentences, strict=True):
            assert sentence.startswith(beginning)


def test_the_documentation_shows_what_a_user_sees(report: Report) -> None:
    text = preflight.summary(report.findings, list(SPECS)) + "\n" + preflight.as_table(report.findings, list(SPECS))
    print(text)  # pytest -s shows it
    shown = (HERE.parents[1] / "docs" / "preflight.md").read_text().splitlines()
    sizes = ("(run)", "the server's disk")  # of a database differ
    assert [line for line in text.splitlines() if line not in shown and not any(each in line for each in sizes)] == []


def test_what_stops_a_table_is_what_its_extract_says_and_the_others_go_on(faulty: Office) -> None:
    report = faulty.look(*SPECS.values())
    for name, spec in SPECS.items():
        others = [other for other in SPECS.values() if other is not spec]
        errors = [finding for finding in report.findings if finding.table == name and finding.severity == "error"]
        if not errors:
            assert set(faulty.extract(spec, *others)) <= {"id", "name", "parent", "number", "amount", "day"}
            continue
        with pytest.raises(SchemaMismatch) as refusal:
            faulty.extract(spec, *others)
        assert str(refusal.value).removeprefix(f"{name}: ") == " ".join(each.sentence for each in errors)
    assert len(report.stopped) == 21


def test_mobile_rows_are_counted_wherever_the_role_can_read(faulty: Office) -> None:
    report = faulty.look(*SPECS.values())
    assert report.mobile_rows["behind"] == 40
    assert set(SPECS) - set(report.mobile_rows) == {
        "of_healthy", "no_cloud", "ownerless", "shut", "hidden_schema",
    }  # fmt: skip
    assert faulty.on_cloud("SELECT mobile_rows FROM hybrid_sync.mobile_snapshot WHERE table_name = 'behind'") == [(40,)]


def test_the_text_names_no_rows_value(report: Report) -> None:
    text = preflight.as_table(report.findings, list(SPECS))
    assert not {"990", "2147400000", "1000"} & set(text.replace("(", " ").replace(")", " ").split())


JOBS = "CREATE TABLE jobs (id int PRIMARY KEY, name varchar(20), note text, source char(1) NOT NULL DEFAULT 'M');"
GRANTS = f"""GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}; CREATE SCHEMA hybrid_sync AUTHORIZATION {ROLE};
CREATE SCHEMA hybrid_sync_staging AUTHORIZATION {ROLE}"""
DRIFTING = upsert("jobs", "id")


@pytest.fixture
def jobs(make_office: Callable[[str, str], Office]) -> Office:
    office = make_office(JOBS + GRANTS, "CREATE TABLE jobs (id int, name varchar(20), note text, extra text)")
    assert said(office.look(DRIFTING), "jobs") == []
    return office


FORGET = "DELETE FROM hybrid_sync.table_schema WHERE table_name = 'jobs'"


def test_a_column_that_vanishes_on_the_desktop_stops_the_table_and_its_new_name_is_guessed(jobs: Office) -> None:
    jobs.on_desktop("ALTER TABLE jobs RENAME name TO title")
    for _ in range(2):  # it stays an error until someone decides
        assert said(jobs.look(DRIFTING), "jobs") == [
            "error: desktop table jobs no longer has name varchar(20), which the last run took; new there and perhaps "
            "the same, renamed: title varchar(20). Put it back or name the pairs with columns in the registry. To go "
            f"on with the columns that both sides have now: {FORGET}."
        ]
    with pytest.raises(SchemaMismatch, match=r"^jobs: desktop table jobs no longer has name"):
        jobs.extract(DRIFTING)
    mapped = replace(DRIFTING, columns={"id": "id", "name": "title", "note": "note"})
    assert jobs.extract(mapped) == {"id": "id", "name": "title", "note": "note"}
    jobs.on_cloud(FORGET)
    assert said(jobs.look(DRIFTING), "jobs") == []
    assert jobs.extract(DRIFTING) == {"id": "id", "note": "note"}


def test_a_column_that_vanishes_in_the_cloud_stops_the_table(jobs: Office) -> None:
    jobs.on_cloud("ALTER TABLE jobs DROP note")
    (sentence,) = said(jobs.look(DRIFTING), "jobs")
    assert sentence.startswith("error: public.jobs no longer has note text, which the last run took. Put it back")


def test_a_new_column_of_both_sides_is_named_and_not_taken_until_the_table_evolves(jobs: Office) -> None:
    jobs.on_cloud("ALTER TABLE jobs ADD extra text")
    for _ in range(2):
        (sentence,) = said(jobs.look(DRIFTING), "jobs")
        assert sentence.startswith(
            "warning: both sides now have extra, which the last run did not take; this run does not either. "
            "Set evolve: true to take new columns that may be NULL."
        )
    assert "extra" not in jobs.extract(DRIFTING)
    evolving = replace(DRIFTING, evolve=True)
    assert said(jobs.look(evolving, dry_run=True), "jobs") == [
        "note: new columns are taken: extra (evolve: true). Nothing to do."
    ]
    assert "extra" in jobs.extract(evolving)
    assert "extra" not in jobs.extract(DRIFTING)  # a dry run keeps nothing
    jobs.look(evolving)
    assert said(jobs.look(DRIFTING), "jobs") == []
    assert "extra" in jobs.extract(DRIFTING)


def test_a_new_column_of_the_desktop_alone_is_told_once(jobs: Office) -> None:
    jobs.on_desktop("ALTER TABLE jobs ADD mood varchar(10)")
    assert said(jobs.look(DRIFTING), "jobs") == [
        "note: desktop table jobs has a new column that the cloud has not: mood varchar(10). Nothing to do, or add it "
        "to the cloud and set evolve: true to carry it."
    ]
    assert said(jobs.look(DRIFTING), "jobs") == []


def test_a_new_column_that_needs_a_value_is_never_taken_by_itself(jobs: Office) -> None:
    jobs.on_cloud("ALTER TABLE jobs ADD extra text NOT NULL DEFAULT ''")
    (sentence,) = said(jobs.look(replace(DRIFTING, evolve=True)), "jobs")
    assert sentence.startswith("warning: both sides now have extra, which the last run did not take")
    assert "evolve" not in sentence
    jobs.on_cloud("ALTER TABLE jobs ALTER extra DROP DEFAULT")
    (sentence,) = said(jobs.look(DRIFTING), "jobs")
    assert sentence.startswith("error: extra is new on both sides, not taken, and NOT NULL without a default")


def test_types_are_compared_with_those_of_the_last_run(jobs: Office) -> None:
    jobs.on_desktop("ALTER TABLE jobs ALTER name TYPE varchar(50)")
    changed = "name varchar(50) into character varying(20) (was varchar(20) on the desktop)"
    assert said(jobs.look(DRIFTING), "jobs")[0].startswith(
        f"warning: the cloud's type is narrower than the desktop's: {changed}."
    )
    assert said(jobs.look(DRIFTING), "jobs")[0].startswith(
        "note: as in the last run, the cloud's type is narrower than the desktop's: name varchar(50) into"
    )
    jobs.on_cloud("ALTER TABLE jobs ALTER name TYPE varchar(80)")
    assert said(jobs.look(DRIFTING), "jobs") == [
        "note: name has changed its type: varchar(50) into character varying(80) (was character varying(20) in the "
        "cloud). Values that do not fit become rejects."
    ]
    assert said(jobs.look(DRIFTING), "jobs") == []


def test_a_role_that_passes_over_row_level_security_and_a_clock_in_another_zone_are_named(jobs: Office) -> None:
    execute(jobs.desktop, f"ALTER DATABASE {jobs.desktop.rsplit('/', 1)[1]} SET TimeZone = 'Asia/Kolkata'")
    whole_run = said(jobs.look(DRIFTING, role="postgres"), "")
    assert any(each.startswith("note: the role postgres passes over row level security") for each in whole_run)
    assert any(
        "the desktop's clock shows UTC+05:30, and desktop_time_zone UTC is UTC+00:00" in each for each in whole_run
    )


@pytest.fixture
def pooler(jobs: Office, tmp_path: Path) -> Iterator[int]:
    """PgBouncer in transaction mode before the cloud, on a port of its own."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
    server = psycopg.conninfo.conninfo_to_dict(jobs.cloud)
    port = free_port()
    settings = tmp_path / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\ncloud = host=127.0.0.1 port={server['port']} dbname={server['dbname']} user={ROLE}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\nignore_startup_parameters = extra_float_digits\n"
    )
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    for folder in (settings, *settings.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    process = subprocess.Popen([program, *as_nobody, str(settings)], stderr=subprocess.PIPE)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def test_a_transaction_pooler_is_noticed_whatever_its_port(jobs: Office, pooler: int) -> None:
    uri = f"postgresql://anyone@127.0.0.1:{pooler}/cloud"
    with psycopg.connect(uri, autocommit=True, prepare_threshold=None) as connection, Desktop(jobs.odbc) as desktop:
        side = preflight.look_at(lambda doing, work: work(desktop), registry_of(DRIFTING), ["jobs"])
        report = preflight.check(connection, side, registry_of(DRIFTING), ["jobs"], run_id="run2", dry_run=False)
    assert report.stopped == ()
    assert any(each.startswith("note: a connection pooler stands before the cloud") for each in said(report, ""))


def test_a_replay_needs_no_desktop(jobs: Office) -> None:
    with psycopg.connect(jobs.cloud, user=ROLE, autocommit=True) as connection:
        report = preflight.check(connection, None, registry_of(DRIFTING), ["jobs"], run_id="run2", dry_run=False)
    assert report.stopped == ()
    assert {finding.table for finding in report.findings} == {""}


def test_a_sequence_that_was_restarted_is_not_taken_for_one_that_is_behind(make_office: Any) -> None:
    spec = delete_insert("notes", "nr")
    office = make_office(
        "CREATE TABLE notes (nr bigserial PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');"
        "INSERT INTO notes VALUES (500, 'phone', 'M'); ALTER SEQUENCE notes_nr_seq RESTART WITH 501;"
        f"GRANT USAGE, SELECT ON SEQUENCE notes_nr_seq TO {ROLE};" + GRANTS,
        "CREATE TABLE notes (name varchar(20))",
    )
    assert said(office.look(spec), "notes") == []
    office.on_cloud(f"REVOKE SELECT ON SEQUENCE notes_nr_seq FROM {ROLE}")
    (sentence,) = said(office.look(spec), "notes")
    assert sentence.startswith("warning: sequence public.notes_nr_seq is behind the highest nr of public.notes, unless")


def test_the_whole_of_it_takes_few_statements(faulty: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[str] = []
    execute_really = psycopg.Connection.execute
    monkeypatch.setattr(
        psycopg.Connection, "execute",
        lambda self, query, *rest: statements.append(str(query)) or execute_really(self, query, *rest),
    )  # fmt: skip
    faulty.look(*SPECS.values())
    writes = [each for each in statements if "INSERT INTO hybrid_sync." in each]
    assert len(statements) - len(writes) < 30
