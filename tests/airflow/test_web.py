"""The page over a real ledger, with Airflow's own authentication in front of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient

from hybrid_sync import ledger
from tests.ledger_rows import NOON, PLANTED, Ledger

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert('x')</script>\"&'"


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    """The app as the plugin hands it to Airflow, and Airflow's simple auth manager over a metadata database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "s" * 64)
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "vera:viewer")
        from airflow.api_fastapi.app import init_auth_manager
        from airflow.plugins_manager import get_fastapi_plugins
        from airflow.utils.db import initdb

        initdb()
        init_auth_manager()
        [plugged] = [entry for entry in get_fastapi_plugins()[0] if entry["url_prefix"] == "/hybrid-sync"]
        yield plugged["app"]


@pytest.fixture
def anonymous(app: Any) -> TestClient:
    return TestClient(app)


@pytest.fixture
def viewer(app: Any) -> TestClient:
    """Someone with Airflow's weakest role, logged in."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="vera", role="viewer"))
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def connected(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Airflow's connection `supabase` leads to an empty database."""
    monkeypatch.setenv("AIRFLOW_CONN_SUPABASE", database)
    return database


@pytest.fixture
def written(connected: str) -> Iterator[Ledger]:
    """The ledger of a cloud, made and empty."""
    with psycopg.connect(connected, autocommit=True) as connection:
        ledger.migrate(connection)
        yield Ledger(connection)


def text_of(html: str) -> str:
    """What a reader sees: no tags, single blanks."""
    import html as markup

    return " ".join(markup.unescape(re.sub(r"<[^>]+>", " ", html)).split())


def routes(app: Any) -> list[str]:
    return [route.path for route in app.routes]


def test_every_route_wants_a_login(app: Any, anonymous: TestClient) -> None:
    paths = routes(app)
    assert sorted(paths) == ["/", "/conflicts", "/page.css", "/rejects", "/run"]
    for path in paths:
        for query in ("", "?run_id=monday", "?before=nonsense"):
            answer = anonymous.get(path + query)
            assert answer.status_code == 401, path
            assert "Log in to Airflow" in answer.text
    forged = TestClient(app, cookies={"_token": "eyJhbGciOiJub25lIn0.e30."})
    assert {forged.get(path).status_code for path in paths} == {403}


def test_nothing_describes_the_app_to_strangers(anonymous: TestClient, viewer: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert anonymous.get(path).status_code == 404
        assert viewer.get(path).status_code == 404


def test_whoever_may_not_read_the_dag_is_told_so(
    viewer: TestClient, written: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.app import get_auth_manager

    asked = []

    def refuse(**question: Any) -> bool:
        asked.append((question["method"], question["details"].id))
        return False

    monkeypatch.setattr(get_auth_manager(), "is_authorized_dag", refuse)
    answer = viewer.get("/", params={"dag_id": "another"})
    assert answer.status_code == 403
    assert "needs the right to read the DAG hybrid_sync" in text_of(answer.text)
    assert asked == [("GET", "hybrid_sync")]


def test_no_answer_may_run_a_script_or_be_kept(viewer: TestClient, anonymous: TestClient, written: Ledger) -> None:
    for answer in (viewer.get("/"), viewer.get("/page.css"), anonymous.get("/"), viewer.get("/nothing")):
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
    assert viewer.get("/page.css").headers["content-type"].startswith("text/css")


def test_before_the_first_run_the_page_says_so(viewer: TestClient, connected: str) -> None:
    for path in ("/", "/run?run_id=monday", "/conflicts", "/rejects"):
        answer = viewer.get(path)
        assert answer.status_code == 200
        assert "trigger the DAG hybrid_sync" in text_of(answer.text)


def test_with_an_empty_ledger_every_page_says_that_there_is_nothing(viewer: TestClient, written: Ledger) -> None:
    assert "No run so far" in viewer.get("/").text
    assert "The ledger has nothing of this run" in viewer.get("/run?run_id=monday").text
    assert "None: no mobile row stands in the way" in viewer.get("/conflicts").text
    assert "None." in text_of(viewer.get("/rejects").text)
    assert "None that is still stored" in text_of(viewer.get("/rejects?run_id=monday").text)


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("postgresql://sync:hunter2@127.0.0.1:1/cloud", "The cloud cannot be reached"),
        ('{"conn_type": "postgres", "host": "127.0.0.1", "password": "hunter2", "extra": {"bogus": "hunter2"}}',
         "The cloud cannot be read"),
        ("", "The cloud cannot be read"),
    ],
)  # fmt: skip
def test_without_the_cloud_the_page_says_so_and_gives_nothing_away(
    viewer: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, connection: str, said: str
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SUPABASE", raising=False)
    if connection:
        monkeypatch.setenv("AIRFLOW_CONN_SUPABASE", connection)
    for path in ("/", "/run?run_id=monday", "/conflicts", "/rejects"):
        answer = viewer.get(path)
        assert answer.status_code == 503
        assert said in answer.text
        for secret in ("hunter2", "sync:", "127.0.0.1", "Traceback"):
            assert secret not in answer.text
    assert "hunter2" not in caplog.text


def test_a_role_without_grants_is_told_where_to_look(
    viewer: TestClient, written: Ledger, connected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"reader_{uuid4().hex}"
    written.connection.execute(f"CREATE ROLE {role} LOGIN")
    try:
        monkeypatch.setenv("AIRFLOW_CONN_SUPABASE", connected.replace("postgres@", f"{role}@"))
        answer = viewer.get("/")
        assert answer.status_code == 503
        assert "may not read the schema hybrid_sync" in text_of(answer.text)
        assert role not in answer.text
    finally:
        written.connection.execute(f"DROP ROLE {role}")


def test_a_ledger_from_before_an_upgrade_waits_for_the_next_run(viewer: TestClient, written: Ledger) -> None:
    written.connection.execute("ALTER TABLE hybrid_sync.merge_log DROP COLUMN samples")
    answer = viewer.get("/")
    assert answer.status_code == 503
    assert "the next run brings it up to date" in text_of(answer.text)
    ledger.migrate(written.connection)
    assert viewer.get("/").status_code == 200


def test_a_wrong_registry_is_explained(viewer: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "tables.yaml"
    wrong.write_text("tables: {orgmaster: {strategy: sideways, key: [org_id]}}")
    monkeypatch.setenv("HYBRID_SYNC_REGISTRY", str(wrong))
    answer = viewer.get("/")
    assert answer.status_code == 503
    assert "upsert" in answer.text
    assert str(wrong) in answer.text


def test_the_tab_of_another_dag_says_whose_it_is(viewer: TestClient, written: Ledger) -> None:
    for path in ("/", "/run?run_id=monday&"):
        answer = viewer.get(path + ("?" if path == "/" else "") + "dag_id=payroll")
        assert answer.status_code == 200
        assert "This tab is about hybrid_sync. payroll has no part in it." in text_of(answer.text)
    assert "No run so far" in viewer.get("/?dag_id=hybrid_sync").text


def test_a_strange_address_is_answered_politely(viewer: TestClient, written: Ledger) -> None:
    assert viewer.get("/?before=yesterday").status_code == 422
    assert "<h1>Not found</h1>" in viewer.get("/run").text
    assert viewer.get("/run", params={"run_id": "a\0b"}).status_code == 200
    assert viewer.get("/rejects", params={"run_id": "a\0b"}).status_code == 200


def test_runs_are_listed_newest_first_with_what_became_of_them(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "orgmaster")
    written.merge("monday", "locmaster", conflicts=2)
    written.snapshot("monday", "jobshead")
    written.merge("tuesday", "orgmaster", at=NOON + timedelta(days=1), dry_run=True)
    written.conflict("locmaster", {"loc_id": 1})
    written.reject("jobshead", 3, "work_desc", "too long")
    written.reject("jobshead", 3, "job_id", "NULL in a key")

    shown = text_of(viewer.get("/").text)
    assert shown.index("tuesday") < shown.index("monday")
    assert "tuesday dry run 2026-11-23 12:00:00 UTC 1 dry run 14 no record 7 identical" in shown
    assert "monday 2026-11-22 12:00:00 UTC 1 ok 1 degraded 1 not merged 12 no record 14 identical" in shown
    assert "1 open conflict ; 1 rejected row ." in shown


def test_older_runs_are_a_page_away(viewer: TestClient, written: Ledger) -> None:
    for number in range(60):
        written.snapshot(f"run-{number:02}", "orgmaster", at=NOON + timedelta(hours=number, microseconds=number))
    address, seen = "/", []
    while address:
        shown = viewer.get(address).text
        seen.append(re.findall(r">(run-\d\d)<", shown))
        older = re.search(r'href="(\?before=[^"]+)"', shown)
        address = older.group(1) if older else ""
    assert [len(page) for page in seen] == [25, 25, 10]
    assert [run for page in seen for run in page] == [f"run-{number:02}" for number in reversed(range(60))]
    assert "No older runs" in viewer.get("/?before=2000-01-01T00:00:00Z").text


def test_a_run_shows_the_verdict_table(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "orgmaster")
    written.merge("monday", "jobtasks", strategy="delete_insert", inserted=10, deleted=9, rejects=2)
    written.snapshot("monday", "jobshead", 5)
    html = viewer.get("/run?run_id=monday&dag_id=hybrid_sync").text
    shown = text_of(html)

    assert (
        "table strategy staged inserted updated unchanged deleted conflicts rejects mobile before/after verdict"
        in shown
    )
    assert "orgmaster upsert 10 4 3 2 0 0 0 7/7 ok locmaster upsert no record" in shown
    assert "jobtasks delete_insert 10 10 3 2 9 0 2 7/7 degraded" in shown
    assert "jobshead upsert - - - - - - - 5/? not merged" in shown
    assert "jobtasks: 0 conflicts, 2 rejects." in shown
    assert "jobshead: no merge of this run is recorded." in shown
    assert "Mobile rows: 14 identical" in shown
    assert 'id="jobtasks"' in html
    assert 'href="rejects?run_id=monday#jobtasks"' in html


def test_a_dry_run_shows_the_keys_of_what_it_would_write(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "orgmaster", dry_run=True, samples=json.dumps({"inserted": [{"org_id": 124}]}))
    shown = text_of(viewer.get("/run?run_id=monday").text)
    assert "dry run: rolled back, nothing changed" in shown
    assert "orgmaster: for example inserted: 124." in shown


def test_a_table_that_was_staged_again_is_not_proved_by_its_earlier_merge(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "orgmaster")
    written.staged("monday", "orgmaster", str(uuid4()))
    shown = text_of(viewer.get("/run?run_id=monday").text)
    assert "orgmaster upsert - - - - - - - 7/? not merged" in shown
    assert "no merge of this run is recorded since it was staged again" in shown


def test_a_failed_proof_stands_out(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "orgmaster", mobile_digest_after=98)
    written.merge("monday", "locmaster", mobile_rows_before=6, mobile_rows_after=6)
    written.connection.execute("UPDATE hybrid_sync.mobile_snapshot SET mobile_rows = 9 WHERE table_name = 'locmaster'")
    html = viewer.get("/run?run_id=monday").text
    assert '<span class="tag bad">not identical: orgmaster</span>' in html
    assert '<span class="tag bad">no proof</span>' in html
    assert '<span class="tag bad">mobile fewer</span>' in html
    assert "3 mobile rows fewer than at the start of the run" in html
    assert "not identical: orgmaster" in viewer.get("/").text


def test_a_table_that_left_the_registry_keeps_its_line(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "retired")
    assert "retired upsert 10 4 3 2 0 0 0 7/7 ok" in text_of(viewer.get("/run?run_id=monday").text)


def test_conflicts_show_keys_and_how_to_see_the_rest(viewer: TestClient, written: Ledger) -> None:
    written.conflict("jobshead", {"job_id": 124})
    written.conflict("jobshead", {"job_id": 125}, resolved_at=NOON)
    written.conflict("climaster", {"client_id": 12345678901234567890, "unique": "email"}, kind="update_exists")
    for number in range(60):
        written.conflict("orgmaster", {"org_id": number}, detected_at=NOON + timedelta(hours=number))
    html = viewer.get("/conflicts").text
    shown = text_of(html)

    assert "jobshead insert_exists 1 Since 2026-11-22 12:00:00 UTC." in shown
    assert "job_id = 124 monday 2026-11-22 12:00:00 UTC" in shown
    assert "125" not in shown
    assert "client_id = 12345678901234567890, unique (email)" in shown
    assert "orgmaster insert_exists 60" in shown
    assert "And 10 more." in shown
    assert 'id="orgmaster"' in html
    query = "WHERE table_name = 'jobshead' AND kind = 'insert_exists' AND resolved_at IS NULL"
    assert query in shown


def test_the_shown_sql_runs_and_finds_the_rows(viewer: TestClient, written: Ledger) -> None:
    written.conflict("jobs'head", {"job_id": 124})
    written.reject("jobs'head", 17, "work_desc", "too long", run_id="it's monday")
    for path in ("/conflicts", "/rejects"):
        [query] = re.findall(r"<pre>(.*?)</pre>", viewer.get(path).text, re.DOTALL)
        found = written.connection.execute(text_of(query)).fetchall()
        assert len(found) == 1
        assert PLANTED in str(found)


def test_rejects_are_counted_by_table_column_and_reason(viewer: TestClient, written: Ledger) -> None:
    for number in range(30):
        written.reject("jobshead", number + 1, "work_desc", "longer than 10 characters")
    written.reject("jobshead", 4, None, "breaks the check positive")
    written.reject("jobshead", 8, "job_id", "NULL in a key", run_id="sunday")
    html = viewer.get("/rejects").text
    shown = text_of(html)
    numbers = ", ".join(str(number) for number in range(1, 21))
    assert f"work_desc longer than 10 characters 30 {numbers} .." in shown
    assert "- breaks the check positive 1 4" in shown
    assert "job_id NULL in a key 1 8" in shown
    assert html.count('id="jobshead"') == 1
    of_sunday = text_of(viewer.get("/rejects?run_id=sunday").text)
    assert "NULL in a key" in of_sunday
    assert "work_desc" not in of_sunday


def test_hostile_names_are_only_text(viewer: TestClient, written: Ledger) -> None:
    written.merge(HOSTILE, HOSTILE, strategy=HOSTILE)
    written.conflict(HOSTILE, {HOSTILE: 1, "unique": HOSTILE}, kind=HOSTILE, run_id=HOSTILE)
    written.conflict("orgmaster", {"org_id": HOSTILE})
    written.reject(HOSTILE, 1, HOSTILE, HOSTILE, run_id=HOSTILE)
    pages = [
        viewer.get("/"), viewer.get("/run", params={"run_id": HOSTILE}),
        viewer.get("/conflicts"), viewer.get("/rejects"),
        viewer.get("/rejects", params={"run_id": HOSTILE}), viewer.get("/", params={"dag_id": HOSTILE}),
    ]  # fmt: skip
    for answer in pages:
        assert answer.status_code == 200
        assert HOSTILE in text_of(answer.text)
        for piece in ("<script", "alert('x')", "\"&'"):
            assert piece not in answer.text
        for address in re.findall(r'(?:href|id)="([^"]*)"', answer.text):
            assert "<" not in address
    address = re.search(r'href="(run\?run_id=[^"]+)"', pages[0].text)
    assert address
    assert "4 3 2 0 0 0 7/7 ok" in text_of(viewer.get(f"/{address.group(1)}").text)


def test_no_page_shows_a_row_s_values(viewer: TestClient, written: Ledger) -> None:
    written.merge("monday", "orgmaster", conflicts=3, rejects=2)
    written.conflict("orgmaster", {"org_id": 1, "unique": "email"})
    # A table without a key of its own is told apart by another unique key's values: telephone numbers, perhaps.
    written.conflict("jobtasks", {"phone": f"{PLANTED}-PHONE", "unique": "phone"})
    written.conflict("retired", {"email": f"{PLANTED}-EMAIL"})
    written.reject("orgmaster", 1, "org_name", "longer than 10 characters")
    for path in ("/", "/run?run_id=monday", "/conflicts", "/rejects", "/rejects?run_id=monday", "/page.css"):
        assert PLANTED not in viewer.get(path).text
    shown = text_of(viewer.get("/conflicts").text)
    assert "unique (phone) monday" in shown
    assert "unique (email) monday" in shown


def test_reading_cannot_write(connected: str) -> None:
    from hybrid_sync.errors import HybridSyncError
    from hybrid_sync.web.reads import opened_ledger

    def write() -> None:
        with opened_ledger() as connection:
            assert connection is None
        with opened_ledger(), psycopg.connect(connected) as other:
            other.execute("CREATE SCHEMA hybrid_sync; CREATE TABLE hybrid_sync.merge_log ()")
        with opened_ledger() as connection:
            assert connection is not None
            connection.execute("DELETE FROM hybrid_sync.merge_log")

    with pytest.raises(HybridSyncError, match="ReadOnlySqlTransaction"):
        write()


def test_the_plugin_costs_nothing_where_the_page_is_not_served(app: Any) -> None:
    from airflow.plugins_manager import get_import_errors

    assert get_import_errors() == {}
    script = (
        "import sys, hybrid_sync_plugin as p; plugin = p.HybridSyncPlugin(); views = plugin.external_views\n"
        "print([name for name in ('fastapi', 'psycopg', 'hybrid_sync') if name in sys.modules])\n"
        "print(*(view['href'] for view in views), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "plugins", capture_output=True, text=True, check=True
    )
    imported, *addresses = done.stdout.splitlines()
    assert imported == "[]"
    assert addresses == [
        "hybrid-sync/",
        "hybrid-sync/?dag_id={DAG_ID}",
        "hybrid-sync/run?dag_id={DAG_ID}&run_id={RUN_ID}",
    ]


def test_the_page_needs_no_other_part_of_the_package() -> None:
    """A sync's modules bring Arrow and ODBC, which the API server has no use for."""
    script = "import sys, hybrid_sync.web.app as a; a.make_app(); print(*sorted(sys.modules), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "plugins", capture_output=True, text=True, check=True
    )
    modules = set(done.stdout.split())
    assert "fastapi" in modules
    assert not modules & {"pyarrow", "pyodbc", "arrow_odbc", "pgpq", "hybrid_sync.merging", "hybrid_sync.staging"}
