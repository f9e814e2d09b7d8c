"""The page in a real browser, inside a real Airflow: from the Browse menu, and as a tab of a DAG and of a run.

Take the pictures of the docs anew: PICTURES=docs/images .venv/bin/pytest -n 0 tests/ui/test_page.py
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

from demo.airflow_stack import USER, AirflowStack
from demo.environment import airflow_environment
from demo.postgres import PostgresServer
from hybrid_sync import ledger
from hybrid_sync.registry import load_registry
from tests.ledger_rows import NOON, PLANTED, Ledger

pytestmark = [pytest.mark.ui]

CHROMIUM = "/usr/bin/chromium"
SECONDS = 30  # to wait for what a busy machine draws late
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
# Two DAGs that do nothing: the page is about what is in the ledger.
DAGS = """
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

for dag_id in ("hybrid_sync", "payroll"):
    with DAG(dag_id, schedule=None):
        EmptyOperator(task_id="nothing")
"""
SUNDAY = "manual__2026-11-22T18:00:00+00:00"


def fill(written: Ledger) -> None:
    """Four runs a day until Sunday evening; the last has a conflict, rejects, and a table that was not merged."""
    chance = random.Random(7)
    registry = load_registry()
    tables = [(spec.name, spec.strategy.value, chance.randint(40, 9000), chance.randint(0, 60))
              for spec in registry.tables]  # fmt: skip
    for number in range(9):
        at = NOON + timedelta(hours=6 * (number - 7))
        run_id = f"manual__{at.isoformat()}"
        for name, strategy, rows, mobile in tables:
            inserted, updated = chance.randint(0, 30), chance.randint(0, 90)
            counts = {"staged": rows, "inserted": inserted, "updated": updated, "unchanged": rows - inserted - updated}
            if strategy == "delete_insert":
                counts = {"staged": rows, "inserted": rows, "updated": 0, "unchanged": 0, "deleted": rows - 3}
            if run_id == SUNDAY:
                counts["conflicts"] = 2 if name == "jobshead" else 0
                counts["rejects"] = 3 if name == "climaster" else 0
                if name == "learequest":
                    written.snapshot(run_id, name, mobile, at)
                    continue
            written.merge(run_id, name, at, strategy=strategy, mobile_rows_before=mobile, mobile_rows_after=mobile,
                          dry_run=number == 6, **counts)  # fmt: skip
    for key in (124, 311):
        written.conflict("jobshead", {"job_id": key}, run_id=SUNDAY, detected_at=at)
    for row in (17, 202, 203):
        written.reject("climaster", row, "pan_no", "longer than varchar(10)", SUNDAY, at)
    reason = "no such row in public.orgmaster (foreign key climaster_org)"
    written.reject("climaster", 202, "org_id", reason, SUNDAY, at)


@pytest.fixture(scope="module")
def cloud(postgres_server: PostgresServer) -> Iterator[str]:
    """The URI of a database with a ledger that has seen some days."""
    uri = postgres_server.uri("page")
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        server.execute("CREATE DATABASE page TEMPLATE template0")
        with psycopg.connect(uri, autocommit=True) as connection:
            ledger.migrate(connection)
            fill(Ledger(connection))
        yield uri
        server.execute("DROP DATABASE page WITH (FORCE)")


@pytest.fixture(scope="module")
def airflow(cloud: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowStack]:
    """Airflow with the plugin and two empty DAGs; its connection `supabase` is kept where most people keep it."""
    home = tmp_path_factory.mktemp("airflow")
    dags = home / "dags"
    dags.mkdir()
    (dags / "nothing.py").write_text(DAGS)
    environment = airflow_environment(home, desktop="", cloud="", dags=dags)
    for name in ("AIRFLOW_CONN_DESKTOP", "AIRFLOW_CONN_SUPABASE"):
        del environment[name]
    with AirflowStack(home, environment) as stack:
        port = psycopg.conninfo.conninfo_to_dict(cloud)["port"]
        stack.request("POST", "connections", json={
            "connection_id": "supabase", "conn_type": "postgres", "host": "127.0.0.1", "port": int(port),
            "login": "postgres", "schema": "page", "extra": json.dumps({"prepare_threshold": None}),
        })  # fmt: skip
        assert stack.wait(stack.trigger(run_id=SUNDAY), timeout=60) == "success"
        yield stack


@pytest.fixture(scope="module")
def browser(airflow: AirflowStack) -> Iterator[Callable[[str], Page]]:
    """Gives a window of Chromium, light or dark, logged in to Airflow by its form."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="hybrid-sync-chromium-") as profiles:
        windows: dict[str, Page] = {}

        def window(scheme: str) -> Page:
            if scheme not in windows:
                context = playwright.chromium.launch_persistent_context(
                    f"{profiles}/{scheme}", executable_path=CHROMIUM, headless=True, args=FLAGS,
                    viewport={"width": 1440, "height": 900}, color_scheme=scheme,
                )  # fmt: skip
                context.set_default_timeout(SECONDS * 1000)
                windows[scheme] = context.pages[0]
                log_in(windows[scheme], airflow)
            return windows[scheme]

        yield window
        for page in windows.values():
            page.context.close()


def log_in(page: Page, airflow: AirflowStack) -> None:
    page.goto(airflow.url)
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", airflow.password)
    page.click("button[type=submit]")
    expect(page.get_by_role("button", name="Browse")).to_be_visible(timeout=SECONDS * 1000)


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[Page, str], None]:
    """Takes a picture of what the browser shows."""
    folder = Path(os.environ.get("PICTURES", tmp_path))

    def take(page: Page, name: str) -> None:
        page.wait_for_timeout(500)  # the menu and the frame fade in
        page.screenshot(path=folder / f"{name}.png")

    return take


def frame(page: Page) -> FrameLocator:
    return page.frame_locator('iframe[title="Hybrid Sync"]')


def heading(page: Page, text: str) -> None:
    expect(frame(page).get_by_role("heading", level=1)).to_have_text(text, timeout=SECONDS * 1000)


def test_the_page_opens_from_the_menu(
    airflow: AirflowStack, browser: Callable[[str], Page], picture: Callable[[Page, str], None]
) -> None:
    page = browser("light")
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))

    page.get_by_role("button", name="Browse").click()
    page.get_by_role("menuitem", name="Hybrid Sync").click()
    heading(page, "Runs")
    expect(frame(page).get_by_role("row").nth(1)).to_contain_text("12 ok 2 degraded 1 not merged")
    picture(page, "page-runs")

    frame(page).get_by_role("link", name=SUNDAY).click()
    heading(page, SUNDAY)
    frame(page).locator("tr#jobshead").get_by_role("link").click()
    heading(page, "Open conflicts")
    frame(page).locator("section#jobshead summary").click()
    expect(frame(page).locator("section#jobshead pre")).to_be_visible()
    expect(frame(page).locator("section#jobshead")).to_contain_text("job_id = 124")
    picture(page, "page-conflicts")
    page.reload()
    heading(page, "Open conflicts")
    frame(page).get_by_role("link", name="Rejects").click()
    heading(page, "Rejects")
    picture(page, "page-rejects")
    assert faults == []
    assert PLANTED not in frame(page).locator("body").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_has_a_tab_with_its_verdict(
    airflow: AirflowStack, browser: Callable[[str], Page], picture: Callable[[Page, str], None], scheme: str
) -> None:
    page = browser(scheme)
    page.goto(f"{airflow.url}/dags/hybrid_sync/runs/{quote(SUNDAY)}")
    page.get_by_role("link", name="Hybrid Sync").click()
    heading(page, SUNDAY)
    expect(frame(page).locator("tr#learequest")).to_contain_text("not merged")
    expect(frame(page).locator("tr#learequest td").last).to_be_in_viewport(ratio=1)
    picture(page, f"page-run-{scheme}")


def test_the_tab_of_a_dag_and_of_another_dag(airflow: AirflowStack, browser: Callable[[str], Page]) -> None:
    page = browser("light")
    page.goto(f"{airflow.url}/dags/hybrid_sync")
    page.get_by_role("link", name="Hybrid Sync").click()
    heading(page, "Runs")
    page.goto(f"{airflow.url}/dags/payroll")
    page.get_by_role("link", name="Hybrid Sync").click()
    heading(page, "Nothing here")

    airflow.request("PATCH", "connections/supabase?update_mask=port", json={
        "connection_id": "supabase", "conn_type": "postgres", "port": 1})  # fmt: skip
    page.goto(f"{airflow.url}/dags/hybrid_sync")
    page.get_by_role("link", name="Hybrid Sync").click()
    heading(page, "The cloud cannot be reached")


def test_strangers_see_nothing(airflow: AirflowStack) -> None:
    for path in ("", "run?run_id=x", "conflicts", "rejects", "page.css"):
        assert httpx.get(f"{airflow.url}/hybrid-sync/{path}", trust_env=False).status_code == 401
