"""The exact text of every statement that can touch a row, for each of the 15 shipped tables, and for what the
registry can set besides. A change of behaviour shows as a change of these files: read the diff before committing it.

Write them anew: UPDATE_GOLDEN=1 .venv/bin/pytest tests/postgres/test_golden_sql.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from demo.postgres import PostgresServer
from hybrid_sync import catalog, sql
from hybrid_sync.columns import pair_columns
from hybrid_sync.plan import MergePlan, plan_merge
from hybrid_sync.registry import load_registry
from hybrid_sync.specs import Deletes, OnConflict, Rewrite, TableSpec
from hybrid_sync.staging.stage import Stage
from tests.postgres.conftest import delete_insert, upsert

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
REGISTRY = load_registry(ROOT / "include" / "tables.yaml")
STAGING = "hybrid_sync_staging.{}__0123456789"

GATHERING = ("gather", "renumber_rejects", "forget_parts")

VARIANTS = {
    "upsert_propagate": upsert("clients", "org_id", "client_id", deletes=Deletes.PROPAGATE),
    "upsert_detect_mobile_edits": upsert(
        "clients", "org_id", "client_id", detect_mobile_edits=True, mobile_owned_columns=("email",)
    ),
    "upsert_desktop_wins": upsert(
        "clients", "org_id", "client_id", detect_mobile_edits=True, on_conflict=OnConflict.DESKTOP_WINS
    ),
    "delete_insert_changed": delete_insert("diary", "entry_id", rewrite=Rewrite.CHANGED),
    "delete_insert_second_key": delete_insert("diary", "entry_id"),
}


@pytest.fixture(scope="module")
def connection(postgres_server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """A cloud and a desktop as the demo has them, and two tables with all that the registry can set."""
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        server.execute("CREATE DATABASE golden TEMPLATE template0")
    with psycopg.connect(postgres_server.uri("golden"), autocommit=True) as connection:
        connection.execute((ROOT / "demo" / "sql" / "cloud.sql").read_text())
        connection.execute("CREATE SCHEMA desktop; SET search_path = desktop")
        connection.execute((ROOT / "demo" / "sql" / "desktop.sql").read_text())
        connection.execute("RESET search_path")
        connection.execute(
            """
            CREATE TABLE clients (org_id int, client_id int, name text, email text UNIQUE, source char(1),
                                  PRIMARY KEY (org_id, client_id));
            CREATE TABLE contracts (contract_id int, org_id int, client_id int,
                                    FOREIGN KEY (org_id, client_id) REFERENCES clients);
            CREATE TABLE diary (entry_id bigserial PRIMARY KEY, day date, slot int, body text, source char(1),
                                UNIQUE (day, slot));
            """
        )
        yield connection
    with psycopg.connect(postgres_server.uri(), autocommit=True) as server:
        server.execute("DROP DATABASE golden WITH (FORCE)")


def plan(connection: psycopg.Connection[Any], spec: TableSpec, columns: tuple[str, ...] = ()) -> MergePlan:
    target = catalog.read_target(connection, spec.target_table)
    if not columns:
        desktop = [row[0] for row in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'desktop' AND table_name = %s "
            "ORDER BY ordinal_position", [spec.source_table]
        )]  # fmt: skip
        columns = tuple(pair_columns(spec, REGISTRY.ownership, target, desktop))
    return plan_merge(
        spec, REGISTRY.ownership, target, run_id="a_run", staging=STAGING.format(spec.name), columns=columns, full=True,
        dry_run=False,
    )  # fmt: skip


def compare(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.exists(), f"{path} is missing: UPDATE_GOLDEN=1 writes it"
    assert text == path.read_text()


@pytest.mark.parametrize("name", REGISTRY.names)
def test_the_merge_of_each_shipped_table(connection: psycopg.Connection[Any], name: str) -> None:
    spec = REGISTRY.table(name)
    compare(f"{spec.strategy}_{name}", sql.render(spec.template, plan=plan(connection, spec)))


@pytest.mark.parametrize("name", VARIANTS)
def test_what_the_registry_can_set_besides(connection: psycopg.Connection[Any], name: str) -> None:
    spec = VARIANTS[name]
    columns = ("org_id", "client_id", "name", "email") if spec.name == "clients" else ("day", "slot", "body")
    made = plan(connection, spec, columns)
    compare(name, sql.render(spec.template, plan=made))
    compare(f"{name}.conflicts", sql.render("merge/conflicts.sql", plan=made))


@pytest.mark.parametrize("template", ["certificate", "missing", "remember", "begin", "mobile_versions"])
def test_the_statements_around_a_merge(connection: psycopg.Connection[Any], template: str) -> None:
    from hybrid_sync.merging import Limits

    made = plan(connection, VARIANTS["upsert_detect_mobile_edits"], ("org_id", "client_id", "name", "email"))
    text = sql.render(
        f"merge/{template}.sql", plan=made, relation_name="public.clients", has_ownership=True,
        identity=made.identity, limits=Limits(), hashed=True,
    )  # fmt: skip
    compare(f"merge_{template}", text)


def test_the_certificate_of_a_table_with_a_type_whose_equals_differ(connection: psycopg.Connection[Any]) -> None:
    made = plan(connection, VARIANTS["upsert_propagate"], ("org_id", "client_id", "name", "email"))
    names = {"relation_name": "public.clients", "has_ownership": True, "hashed": False}
    compare("merge_certificate_of_texts", sql.render("merge/certificate.sql", plan=made, **names))


@pytest.mark.parametrize("template", GATHERING)
def test_the_gathering_of_parts(connection: psycopg.Connection[Any], template: str) -> None:
    target = catalog.read_target(connection, "diary")
    columns = tuple(column for column in target.columns if column.name in ("day", "slot", "body"))
    stage = Stage("diary", "a_run", STAGING.format("diary"), target.relation, columns)
    parts = [{"first": 10**12, "last": 2 * 10**12, "shift": -(10**12)},
             {"first": 2 * 10**12, "last": 3 * 10**12, "shift": 500 - 2 * 10**12}]  # fmt: skip
    compare(f"stage_{template}", sql.render(
        f"stage/{template}.sql", stage=stage, part=STAGING.format("diary__part2"), shift=parts[1]["shift"],
        parts=parts, first=10**12, last=3 * 10**12, full=True, run_id="a_run", table="diary",
        relations=[STAGING.format("diary__part1"), STAGING.format("diary__part2")],
    ))  # fmt: skip


def test_every_statement_that_writes_to_a_target_carries_the_ownership_predicate() -> None:
    for path in GOLDEN.glob("*.sql"):
        for statement in re.split(r";\s*\n", path.read_text()):
            for deletion in re.findall(r'DELETE FROM "public".*?RETURNING', statement, re.DOTALL):
                assert '"source" = \'D\' OR target."source" IS NULL' in deletion, path.name
            for update in re.findall(r"ON CONFLICT \(\"(?!table_name).*?RETURNING", statement, re.DOTALL):
                assert 'WHERE (target."source" = \'D\' OR target."source" IS NULL)' in update, path.name


def test_no_identifier_of_the_registry_stands_unquoted_in_a_rendered_statement() -> None:
    names = {
        name
        for spec in (*REGISTRY.tables, *VARIANTS.values())
        for name in (spec.name, *spec.key, spec.generated_key or "", "jobdesc", "clientname")
        if name
    }
    for path in GOLDEN.glob("*.sql"):
        for line in path.read_text().splitlines():
            code = re.sub(r"'[^']*'", "", line.split("--")[0])
            assert not re.search(r"\b(" + "|".join(sorted(names)) + r")\b(?!\")", re.sub(r'"[^"]*"', "", code)), (
                f"{path.name}: {line.strip()}"
            )


def test_no_golden_file_is_left_over() -> None:
    expected = {f"{spec.strategy}_{spec.name}" for spec in REGISTRY.tables}
    expected |= set(VARIANTS) | {f"{name}.conflicts" for name in VARIANTS}
    expected |= {"merge_certificate_of_texts"}
    expected |= {f"merge_{name}" for name in ("certificate", "missing", "remember", "begin", "mobile_versions")}
    expected |= {f"stage_{name}" for name in GATHERING}
    assert {path.stem for path in GOLDEN.glob("*.sql")} == expected
