"""Faults on real processes, servers and sockets: each leaves the target exactly as before or exactly as after.

docs/fault-matrix.md lists them.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from demo.postgres import SYSTEM_USER, PostgresServer
from hybrid_sync.errors import ConnectionMisconfigured, DesktopUnavailable
from hybrid_sync.reader import with_desktop
from tests.postgres.office import TABLES, Office, until
from tests.postgres.steps import Outcome
from tests.postgres.wire import Wire

SIGNALS = [signal.SIGKILL, signal.SIGTERM]
BEFORE_THE_TEMPLATE = {"jobs": b'INSERT INTO "public"."jobs"', "notes": b'DELETE FROM "public"."notes"'}


@pytest.fixture
def office(new_database: Callable[[], str], tmp_path: Path) -> Office:
    return Office(new_database(), new_database(), tmp_path / "office")


def port(office: Office) -> int:
    return int(psycopg.conninfo.conninfo_to_dict(office.cloud)["port"])


def kill_at(office: Office, step: str, table: str, message: bytes, number: signal.Signals) -> Outcome:
    """Kill a step when it has sent everything before the statement that holds `message`, and not that."""
    with Wire(port(office), hold_at=message) as wire:
        attempt = office.attempt(step, table, cloud=wire.port)
        assert wire.reached.wait(20), attempt.outcome().log
        outcome = attempt.kill(number)
        office.assert_at_rest()
    assert outcome.exit_code == -number
    return outcome


# -- the task's process is killed


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_extract_that_is_killed_leaves_no_extract_and_the_retry_writes_it_whole(
    office: Office, number: signal.Signals
) -> None:
    with Wire(port(office), stall_after=150_000) as wire:
        attempt = office.attempt("extract", desktop=wire.port)
        assert wire.reached.wait(20)
        assert attempt.kill(number).exit_code == -number
    assert list(office.extracts.rglob("extract.parquet")) == []
    assert len(list(office.extracts.rglob(".*.partial"))) == 1
    assert office.do("extract").result["rows"] == 3000
    office.do("stage", "merge")
    office.assert_synced()


@pytest.mark.parametrize(
    ("table", "number"),
    [("notes", signal.SIGKILL), ("notes", signal.SIGTERM), ("jobs", signal.SIGKILL)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_stage_and_a_merge_that_are_killed_at_every_point_change_nothing_and_the_retry_does_all(
    office: Office, table: str, number: signal.Signals
) -> None:
    office.do("extract", table=table)
    before, mobile = office.picture(table), office.mobile(table)

    for message in (b"CREATE UNLOGGED TABLE", b"COPY ", b"INSERT INTO hybrid_sync.staged", b"COMMIT"):
        kill_at(office, "stage", table, message, number)
        assert (office.stagings(), office.manifests()) == ([], [])
    office.do("stage", table=table)
    assert len(office.stagings()) == 1

    within = [b"LOCK TABLE", BEFORE_THE_TEMPLATE[table], b"INSERT INTO hybrid_sync.merge_log", b"COMMIT"]
    if table == "jobs":
        within += [b"CREATE UNLOGGED TABLE", b"DROP TABLE"]
    for message in within:
        kill_at(office, "merge", table, message, number)
        assert office.picture(table) == before
        assert (office.merges(), len(office.stagings())) == (0, 1)

    kill_at(office, "merge", table, b"pg_advisory_xact_lock", number)  # after COMMIT, before the staging is dropped
    after = office.picture(table)
    office.assert_synced(table)
    assert len(office.stagings()) == 1
    assert "was merged before" in office.do("merge", table=table).log
    assert (office.picture(table), office.mobile(table)) == (after, mobile)
    assert (office.merges(), office.stagings()) == (1, [])


def test_a_merge_that_is_killed_while_its_statement_runs_is_rolled_back_when_that_ends(office: Office) -> None:
    office.do("extract", "stage")
    before = office.picture()
    office.on_cloud(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$; "
        "CREATE TRIGGER waits BEFORE INSERT ON notes FOR EACH STATEMENT EXECUTE FUNCTION wait()"
    )
    with psycopg.connect(office.cloud) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(7)")
        attempt = office.attempt("merge")
        assert until(lambda: office.waiting() == 1)
        attempt.kill(signal.SIGKILL)
    office.assert_at_rest()
    assert office.picture() == before
    office.do("merge")
    office.assert_synced()


def test_a_killed_merge_gives_its_lock_back_within_seconds_though_its_statement_runs_on(office: Office) -> None:
    office.do("extract", "stage")
    office.on_cloud(
        "CREATE FUNCTION lag() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$; "
        "CREATE TRIGGER lags BEFORE INSERT ON notes FOR EACH STATEMENT EXECUTE FUNCTION lag()"
    )
    attempt = office.attempt("merge")
    sleeping = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    assert until(lambda: office.on_cloud(sleeping))
    attempt.kill(signal.SIGKILL)
    try:
        assert until(lambda: not office.on_cloud(sleeping), 8)
    finally:
        office.on_cloud(f"SELECT pg_terminate_backend(pid) FROM ({sleeping}) AS merge")


# -- the answer to COMMIT is lost


def test_a_merge_whose_answer_to_commit_is_lost_is_reported_as_done_by_the_retry(office: Office) -> None:
    office.do("extract", "stage")
    before = office.picture()
    with Wire(port(office), drop_after=b"COMMIT") as wire:
        lost = office.fails("merge", cloud=wire.port)
    assert (lost.error, lost.retryable) == ("CloudUnavailable", True)
    after = office.picture()
    assert after != before
    office.assert_synced()
    retry = office.do("merge")
    assert "was merged before" in retry.log
    assert retry.result["inserted"] == 3000
    assert (office.picture(), office.merges(), office.stagings()) == (after, 1, [])


def test_the_error_of_a_lost_answer_does_not_claim_a_rollback(office: Office) -> None:
    office.do("extract", "stage")
    with Wire(port(office), drop_after=b"COMMIT") as wire:
        lost = office.fails("merge", cloud=wire.port)
    assert "rolled back" not in lost.message
    assert "retry" in lost.message


def test_a_merge_whose_commit_never_arrives_changes_nothing_and_the_retry_merges(office: Office) -> None:
    office.do("extract", "stage")
    before = office.picture()
    with Wire(port(office), drop_before=b"COMMIT") as wire:
        assert office.fails("merge", cloud=wire.port).retryable
    office.assert_at_rest()
    assert office.picture() == before
    office.do("merge")
    office.assert_synced()


def test_a_stage_whose_answer_to_commit_is_lost_stages_afresh(office: Office) -> None:
    office.do("extract")
    with Wire(port(office), drop_after=b"COMMIT") as wire:
        assert office.fails("stage", cloud=wire.port).retryable
    [(_, first)] = office.manifests()
    office.do("stage")
    [(_, second)] = office.manifests()
    assert first != second
    office.do("merge")
    office.assert_synced()
    assert office.stagings() == []


def test_a_pooler_that_loses_its_server_in_mid_merge_is_retried(office: Office) -> None:
    office.do("extract", "stage")
    before = office.picture()
    with Wire(port(office), refuse_at=BEFORE_THE_TEMPLATE["notes"]) as wire:
        refused = office.fails("merge", cloud=wire.port)
    assert office.picture() == before
    assert (refused.error, refused.retryable) == ("CloudUnavailable", True)


# -- PostgreSQL is killed


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[PostgresServer]:
    """A server to kill. What it acknowledged is in the kernel's hands, so only a crash of the machine could lose it."""
    server = PostgresServer(settings={"fsync": "off"})
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def mortal(mortal_server: PostgresServer, tmp_path: Path) -> Office:
    name = re.sub(r"\W", "_", tmp_path.name)[-40:].lower()
    with psycopg.connect(mortal_server.uri(), autocommit=True) as connection:
        for side in ("desktop", "cloud"):
            connection.execute(f"CREATE DATABASE {side}_{name}")
    return Office(mortal_server.uri(f"desktop_{name}"), mortal_server.uri(f"cloud_{name}"), tmp_path / "office")


def restart(server: PostgresServer) -> None:
    """Start a killed server again, as soon as the kernel is done with its last process."""

    def started() -> bool:
        try:
            server.start()
        except subprocess.CalledProcessError as refused:
            why.append(refused.output)
            return False
        return True

    why: list[str] = []
    assert until(started), why


def staged_rows(office: Office) -> int:
    [(rows,)] = office.on_cloud(f"SELECT count(*) FROM {office.staging()}")
    return int(rows)


def test_a_crash_of_postgresql_between_stage_and_merge_empties_the_staging_which_is_loaded_again(
    mortal: Office, mortal_server: PostgresServer
) -> None:
    mortal.do("extract", "stage")
    before, mobile = mortal.picture(), mortal.mobile()
    mortal_server.kill()
    down = mortal.fails("merge")
    assert (down.error, down.retryable) == ("CloudUnavailable", True)
    restart(mortal_server)
    assert staged_rows(mortal) == 0
    assert mortal.picture() == before
    retry = mortal.do("merge")
    assert retry.log.count("Loading it again from its extract, once.") == 1
    assert "holds 0 rows, 3000 were staged" in retry.log
    mortal.assert_synced()
    assert mortal.mobile() == mobile
    assert mortal.stagings() == []


def test_a_crash_of_postgresql_in_mid_stage_and_in_mid_merge_changes_nothing_and_the_retries_do_all(
    mortal: Office, mortal_server: PostgresServer
) -> None:
    mortal.do("extract")
    before = mortal.picture()
    for step, message in (
        ("stage", b"INSERT INTO hybrid_sync.staged"),
        ("merge", b"INSERT INTO hybrid_sync.merge_log"),
    ):
        with Wire(port(mortal), hold_at=message) as wire:
            attempt = mortal.attempt(step, cloud=wire.port)
            assert wire.reached.wait(20)
            mortal_server.kill()
            wire.release()
            outcome = attempt.outcome()
        assert (outcome.error, outcome.retryable) == ("CloudUnavailable", True), outcome.log
        restart(mortal_server)
        assert mortal.picture() == before
        mortal.assert_at_rest()
        if step == "stage":
            assert mortal.stagings() == []
            mortal.do("stage")
    assert "Loading it again" in mortal.do("merge").log
    mortal.assert_synced()


def test_a_crash_that_takes_the_extract_along_ends_in_an_error_that_says_what_to_clear(
    mortal: Office, mortal_server: PostgresServer
) -> None:
    mortal.do("extract", "stage")
    before = mortal.picture()
    mortal_server.kill()
    restart(mortal_server)
    shutil.rmtree(mortal.extracts)
    lost = mortal.fails("merge")
    assert (lost.error, lost.retryable) == ("ExtractLost", False)
    assert "is gone. Clear the table's extract task" in lost.message
    assert mortal.picture() == before
    mortal.do("extract", "stage", "merge")
    mortal.assert_synced()


# -- the desktop dies


def broken_off(office: Office, after_bytes: int) -> Outcome:
    """An extract whose desktop dies after so many bytes. The earlier extract stays, and the retry is whole."""
    whole = Path(office.do("extract").result["uri"].removeprefix("file://"))
    content = whole.read_bytes()
    with Wire(port(office), cut_after=after_bytes) as wire:
        outcome = office.attempt("extract", desktop=wire.port).outcome()
        assert wire.reached.is_set()
    assert outcome.exit_code or outcome.error
    assert whole.read_bytes() == content
    office.do("extract", "stage", "merge")
    office.assert_synced()
    assert [file.name for file in office.extracts.rglob("*") if file.is_file()] == ["extract.parquet"]
    return outcome


@pytest.mark.parametrize("after_bytes", [3_000, 60_000, 280_000])
def test_a_desktop_that_dies_leaves_the_earlier_extract_and_is_retried(office: Office, after_bytes: int) -> None:
    outcome = broken_off(office, after_bytes)
    assert (outcome.error, outcome.retryable) == ("DesktopUnavailable", True), outcome.log
    assert "tries again" in outcome.message


def test_a_driver_that_crashes_with_its_desktop_leaves_the_earlier_extract_and_the_retry_is_whole(
    office: Office,
) -> None:
    office.fetch = 500
    broken_off(office, 150_000)  # between two fetches, where psqlODBC 13.02 crashes


def test_a_driver_that_crashes_with_its_desktop_is_explained(office: Office) -> None:
    office.fetch = 500
    with Wire(port(office), cut_after=150_000) as wire:
        crashed = office.fails("extract", desktop=wire.port)
    assert (crashed.error, crashed.retryable) == ("DesktopUnavailable", True)
    assert crashed.message.startswith(
        "notes: the desktop's ODBC driver (PostgreSQL Unicode) crashed with SIGSEGV while table notes was read."
    )
    assert "the task tries again. If it stays: " in crashed.message
    assert crashed.log.count("Reading notes in full") == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGABRT, "ODBC driver (PostgreSQL Unicode) crashed with SIGABRT while table notes was read"),
        (signal.SIGKILL, "was killed (SIGKILL) while table notes was read, probably out of memory"),
        (signal.SIGTERM, "was ended by SIGTERM while table notes was read"),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else "",
)
def test_a_reader_that_is_killed_is_explained_leaves_the_earlier_extract_and_the_retry_is_whole(
    office: Office, number: signal.Signals, said: str
) -> None:
    whole = Path(office.do("extract").result["uri"].removeprefix("file://"))
    content = whole.read_bytes()
    with Wire(port(office), stall_after=150_000) as wire:
        attempt = office.attempt("extract", desktop=wire.port)
        assert wire.reached.wait(20)
        assert until(lambda: list(office.extracts.rglob(".*.partial")))
        os.kill(attempt.reader, number)
        outcome = attempt.outcome()
    assert (outcome.error, outcome.retryable) == ("DesktopUnavailable", True), outcome.log
    assert said in outcome.message
    assert whole.read_bytes() == content
    office.do("extract", "stage", "merge")
    office.assert_synced()
    assert [file.name for file in office.extracts.rglob("*") if file.is_file()] == ["extract.parquet"]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_extract_that_is_killed_takes_its_reader_along(office: Office, number: signal.Signals) -> None:
    with Wire(port(office), stall_after=150_000) as wire:
        attempt = office.attempt("extract", desktop=wire.port)
        assert wire.reached.wait(20)
        reader = attempt.reader
        attempt.kill(number)
        assert until(lambda: ended(reader), 5)


def ended(process: int) -> bool:
    """Whether a process of another is gone, or waits for nothing but to be noticed."""
    try:
        return "(zombie)" in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return True


def test_a_driver_that_crashes_while_it_connects_is_explained_and_nothing_is_written(office: Office) -> None:
    office.on_cloud("DROP SCHEMA hybrid_sync CASCADE")
    with Wire(port(office), stall_after=0) as wire:
        attempt = office.attempt("preflight", table="", desktop=wire.port)
        assert wire.reached.wait(20)
        os.kill(attempt.reader, signal.SIGSEGV)
        outcome = attempt.outcome()
    assert (outcome.error, outcome.retryable) == ("DesktopUnavailable", True), outcome.log
    assert "crashed with SIGSEGV while its tables' columns were asked for" in outcome.message
    assert office.on_cloud("SELECT FROM pg_namespace WHERE nspname = 'hybrid_sync'") == []


def test_the_tasks_connection_to_the_cloud_outlives_a_reader_that_dies(office: Office) -> None:
    connection = f"DRIVER={{PostgreSQL Unicode}};Server=127.0.0.1;Port={port(office)};Database=none;UID=postgres;"
    with psycopg.connect(office.cloud) as cloud:
        cloud.execute("CREATE TEMPORARY TABLE mine (n int)")
        with pytest.raises(ConnectionMisconfigured, match=r'^the desktop refused .* "none" does not exist'):
            with_desktop(connection, "it was asked", lambda desktop: None)
        with pytest.raises(
            DesktopUnavailable, match=r"^jobs: .* ended its process with exit code 3 while it was asked"
        ):
            with_desktop(
                connection.replace("=none", "=postgres"), "it was asked", lambda desktop: os._exit(3), table="jobs"
            )
        cloud.execute("INSERT INTO mine VALUES (1)")
        assert cloud.execute("SELECT count(*) FROM mine").fetchone() == (1,)


def test_text_that_is_not_utf8_is_read_as_bytes_and_its_row_alone_is_rejected(
    office: Office, postgres_server: PostgresServer
) -> None:
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        server.execute("CREATE DATABASE test_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        try:
            office.desktop = postgres_server.uri("test_ascii")
            office.on_desktop(r"CREATE TABLE notes (body text); INSERT INTO notes VALUES (E'caf\xe9'), ('tea')")
            assert office.do("extract").log.count("some text is not UTF-8; reading its bytes") == 1
            assert office.fails("stage").error == "TooManyRejects"
            assert office.on_cloud("SELECT count(*) FROM hybrid_sync.reject") == [(1,)]
        finally:
            server.execute("DROP DATABASE test_ascii WITH (FORCE)")


def test_a_desktop_that_sends_fewer_rows_than_it_counted_is_retried(office: Office) -> None:
    office.on_desktop(
        """
        ALTER TABLE notes RENAME TO every_note;
        CREATE SEQUENCE calls;
        CREATE VIEW notes AS
            WITH counted AS MATERIALIZED (SELECT nextval('calls') AS call)
            SELECT body FROM every_note CROSS JOIN counted WHERE call <> 2 OR body < 'note 2';
        """
    )
    short = office.fails("extract")
    assert (short.error, short.retryable) == ("DesktopUnavailable", True)
    assert re.search(r"the desktop sent 1,\d\d\d of 3,000 rows of table notes", short.message)
    assert [file for file in office.extracts.rglob("*") if file.is_file()] == []
    assert office.do("extract").result["rows"] == 3000


# -- no room, no right to write


class Disk:
    """A file system of its own, of a few kilobytes."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hybrid-sync-disk-", dir="/var/tmp"))
        self._mount("-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs")

    def resize(self, kilobytes: int) -> None:
        self._mount("-o", f"remount,size={kilobytes}k")

    def end(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
        self.folder.rmdir()

    def _mount(self, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, str(self.folder)], capture_output=True, text=True, check=False)
        if done.returncode:
            self.folder.rmdir()
            pytest.skip(f"NOT TESTED: a full disk needs the right to mount a tmpfs ({done.stderr.strip()})")


@pytest.fixture
def disk() -> Iterator[Disk]:
    small = Disk()
    yield small
    small.end()


@pytest.fixture
def tablespace(disk: Disk, postgres_server: PostgresServer) -> Iterator[str]:
    """A tablespace on the small disk; the databases that use it go before it does."""
    folder = disk.folder / "tablespace"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(SYSTEM_USER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    with psycopg.connect(postgres_server.uri(), autocommit=True) as connection:
        connection.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        yield "small"
        connection.execute("DROP TABLESPACE small")


def test_a_full_disk_in_extract_leaves_no_file_and_the_retry_writes_it(disk: Disk, office: Office) -> None:
    office.extracts = disk.folder
    disk.resize(8)
    office.fails("extract")
    assert [file for file in disk.folder.rglob("*") if file.is_file()] == []
    disk.resize(4096)
    office.do("extract", "stage", "merge")
    office.assert_synced()


def test_a_full_disk_in_extract_is_explained(disk: Disk, office: Office) -> None:
    office.extracts = disk.folder
    disk.resize(8)
    full = office.fails("extract")
    assert full.retryable
    assert "notes" in full.message
    assert "No space left on device" in full.message
    assert str(disk.folder) in full.message


def test_a_full_disk_of_the_cloud_in_stage_changes_nothing_and_is_retried(
    disk: Disk, tablespace: str, office: Office
) -> None:
    office.do("extract")
    office.on_cloud(f"ALTER DATABASE {office.cloud.rsplit('/', 1)[1]} SET default_tablespace = {tablespace}")
    disk.resize(128)
    full = office.fails("stage")
    assert (full.error, full.retryable) == ("CloudUnavailable", True)
    assert "DiskFull (53100)" in full.message
    assert (office.stagings(), office.manifests()) == ([], [])
    disk.resize(8192)
    office.do("stage", "merge")
    office.assert_synced()


def test_a_full_disk_of_the_cloud_in_merge_changes_nothing_and_is_retried(
    disk: Disk, tablespace: str, office: Office
) -> None:
    office.do("extract", "stage")
    office.on_cloud(f"ALTER TABLE notes SET TABLESPACE {tablespace}")
    before = office.picture()
    disk.resize(300)
    full = office.fails("merge")
    assert (full.error, full.retryable) == ("CloudUnavailable", True)
    assert "DiskFull (53100)" in full.message
    assert office.picture() == before
    office.assert_at_rest()
    disk.resize(8192)
    office.do("merge")
    office.assert_synced()


def test_a_read_only_cloud_refuses_stage_and_merge_and_both_are_retried(office: Office) -> None:
    office.do("extract")
    before = office.picture()
    name = office.cloud.rsplit("/", 1)[1]
    for step in ("stage", "merge"):
        office.on_desktop(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        refused = office.fails(step)
        assert (refused.error, refused.retryable) == ("CloudUnavailable", True)
        assert "read-only transaction" in refused.message
        assert office.picture() == before
        office.on_desktop(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        office.do(step)
    office.assert_synced()


# -- attempts that overlap


def test_an_old_merge_that_wakes_after_its_retry_merged_changes_nothing(office: Office) -> None:
    office.do("extract", "stage")
    with Wire(port(office), hold_at=b"LOCK TABLE") as wire:
        old = office.attempt("merge", cloud=wire.port)
        assert wire.reached.wait(20)
        office.do("merge")
        after = office.picture()
        wire.release()
        assert "was merged before" in office.finish(old, "merge").log
    assert (office.picture(), office.merges(), office.stagings()) == (after, 1, [])


def test_an_old_merge_that_wakes_after_its_group_was_cleared_and_merged_changes_nothing(office: Office) -> None:
    office.do("extract", "stage")
    with Wire(port(office), hold_at=b"LOCK TABLE") as wire:
        old = office.attempt("merge", cloud=wire.port)
        assert wire.reached.wait(20)
        office.do("extract", "stage", "merge")
        after = office.picture()
        wire.release()
        old.outcome()
    assert (office.picture(), office.merges()) == (after, 1)


def test_an_old_runs_merge_that_wakes_after_a_newer_run_merged_does_not_bring_old_rows_back(office: Office) -> None:
    office.do("extract", "stage", run_id="old")
    with Wire(port(office), hold_at=b"LOCK TABLE") as wire:
        old = office.attempt("merge", run_id="old", cloud=wire.port)
        assert wire.reached.wait(20)
        office.on_desktop("UPDATE notes SET body = 'new ' || body")
        office.do("extract", "stage", "merge", run_id="new")
        after = office.picture()
        wire.release()
        old.outcome()
    assert office.picture() == after


def test_an_old_extract_and_an_old_stage_that_wake_late_change_nothing(office: Office) -> None:
    with (
        Wire(port(office), stall_after=150_000) as desktop,
        Wire(port(office), hold_at=b"pg_advisory_xact_lock") as cloud,
    ):
        old_extract = office.attempt("extract", desktop=desktop.port)
        assert desktop.reached.wait(20)
        office.do("extract")
        old_stage = office.attempt("stage", cloud=cloud.port)
        assert cloud.reached.wait(20)
        office.do("stage", "merge")
        after = office.picture()
        newer = next(office.extracts.rglob("extract.parquet")).read_bytes()
        desktop.release()
        old_extract.outcome()
        assert next(office.extracts.rglob("extract.parquet")).read_bytes() == newer
        cloud.release()
        office.finish(old_stage, "stage")
    assert (office.picture(), office.merges()) == (after, 1)
    assert len(office.stagings()) == 1  # until it is pruned
    assert office.do("merge").result["inserted"] == 3000
    assert office.stagings() == []


def test_two_attempts_that_stage_at_once_leave_one_whole_staging(office: Office) -> None:
    office.do("extract")
    with Wire(port(office), hold_at=b"INSERT INTO hybrid_sync.staged") as wire:
        first = office.attempt("stage", cloud=wire.port)
        assert wire.reached.wait(20)
        second = office.attempt("stage")
        assert until(lambda: office.waiting() == 1)
        wire.release()
        office.finish(first, "stage")
        latest = office.finish(second, "stage").result["stage_id"]
    assert office.manifests() == [("notes", latest)]
    assert staged_rows(office) == 3000
    office.do("merge")
    office.assert_synced()
    assert office.stagings() == []


def test_a_staging_that_a_second_attempt_replaces_in_mid_merge_is_loaded_and_merged_whole(office: Office) -> None:
    office.do("extract", "stage")
    mobile = office.mobile()
    with Wire(port(office), hold_at=b"LOCK TABLE") as wire:
        merge = office.attempt("merge", cloud=wire.port)
        assert wire.reached.wait(20)
        office.do("stage")
        wire.release()
        office.finish(merge, "merge")
    office.assert_synced()
    assert (office.merges(), office.mobile()) == (1, mobile)


@pytest.mark.parametrize("table", TABLES)
def test_a_cleared_group_stages_afresh_and_merges_afresh(office: Office, table: str) -> None:
    office.do("extract", "stage", "merge", table=table)
    mobile = office.mobile(table)
    column = "name" if table == "jobs" else "body"
    office.on_desktop(f"UPDATE {table} SET {column} = {column} || ' later'")
    office.do("extract", "stage", "merge", table=table)
    office.assert_synced(table)
    assert (office.merges(), office.stagings(), office.mobile(table)) == (2, [], mobile)


def test_someone_who_looks_at_the_staging_does_not_keep_a_merge_from_ending(office: Office) -> None:
    office.do("extract", "stage")
    with psycopg.connect(office.cloud) as looker:
        looker.execute(f"SELECT count(*) FROM {office.staging()}")
        merge = office.attempt("merge")
        try:
            assert until(lambda: not merge.running, 12)
        finally:
            looker.rollback()
            office.finish(merge, "merge")


def test_every_line_of_the_fault_matrix_names_a_test_that_is_there() -> None:
    tests = Path(__file__).parents[1]
    matrix = (tests.parent / "docs" / "fault-matrix.md").read_text()
    lines = [
        line
        for line in matrix.splitlines()
        if line.startswith("|") and not line.startswith(("|---", "| fault |", "| gap |"))
    ]
    for line in lines:
        named = re.search(r"`(\w+/\w+\.py)::(\w+)` \|$", line)
        assert named, line
        assert f"\ndef {named[2]}(" in (tests / named[1]).read_text(), named[2]
