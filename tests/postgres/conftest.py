"""A cloud with the package's schema, and one call that stages rows and merges them, as the operators do."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest

from hybrid_sync import catalog, ledger, merging, sql, staging
from hybrid_sync.ledger import MergeRecord
from hybrid_sync.plan import MergePlan, plan_merge
from hybrid_sync.specs import Ownership, Strategy, TableSpec
from hybrid_sync.telling import read_telling

OWNERSHIP = Ownership()


def upsert(name: str, *key: str, **settings: Any) -> TableSpec:
    return TableSpec(name=name, strategy=Strategy.UPSERT, source_table=name, target_table=name, key=key, **settings)


def delete_insert(name: str, generated_key: str | None = None, **settings: Any) -> TableSpec:
    return TableSpec(
        name=name, strategy=Strategy.DELETE_INSERT, source_table=name, target_table=name,
        generated_key=generated_key, **settings,
    )  # fmt: skip


@dataclass
class Cloud:
    """A database of its own, and the two steps that write to it."""

    uri: str
    connection: psycopg.Connection[Any]
    runs: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    ownership: Ownership = OWNERSHIP

    def execute(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def rows(self, table: str, columns: str = "*", where: str = "TRUE") -> list[tuple[Any, ...]]:
        return self.execute(f"SELECT {columns} FROM {table} WHERE {where} ORDER BY 1, 2")

    def mobile_bytes(self, table: str) -> list[tuple[Any, ...]]:
        """Mobile rows with place and writer: what has to be the same after any merge."""
        return self.execute(
            f"SELECT t::text, t.ctid::text, t.xmin::text FROM {table} t "
            f"WHERE (source = 'D' OR source IS NULL) IS NOT TRUE ORDER BY 1, 2"
        )

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.uri, autocommit=True, prepare_threshold=None)

    def stage(
        self,
        spec: TableSpec,
        rows: list[dict[str, Any]] | pa.Table,
        *,
        columns: list[str] | None = None,
        run_id: str | None = None,
        mode: str = "full",
        **settings: Any,
    ) -> ledger.Manifest:
        """Stage `rows` (cloud column names) and return the manifest."""
        run_id = run_id or f"run{next(self.runs)}"
        target = catalog.read_target(self.connection, spec.target_table)
        table = rows if isinstance(rows, pa.Table) else self._arrow(rows, columns, target)
        batches = table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
        staging.load(
            self.connection, spec=spec, ownership=self.ownership, target=target, batches=iter(batches),
            run_id=run_id, stage_id=str(uuid4()), mode=mode, watermark_column=settings.get("watermark_column"),
            watermark=settings.get("watermark"), extract_uri="file:///nowhere", desktop_time_zone="UTC",
        )  # fmt: skip
        manifest = ledger.manifest(self.connection, run_id, spec.name)
        assert manifest is not None
        self.run_id = run_id
        return manifest

    def plan(self, spec: TableSpec, manifest: ledger.Manifest, *, dry_run: bool = False) -> MergePlan:
        target = catalog.read_target(self.connection, spec.target_table)
        plan = plan_merge(
            spec, self.ownership, target, run_id=self.run_id, staging=manifest.relation, columns=manifest.columns,
            full=manifest.mode == "full", dry_run=dry_run,
            reachable=catalog.read_reachable(self.connection, target, self.ownership.column),
        )  # fmt: skip
        return replace(plan, telling=read_telling(self.connection, plan.staging, plan.compared))

    def merge(
        self, spec: TableSpec, manifest: ledger.Manifest, *, dry_run: bool = False, **settings: Any
    ) -> MergeRecord:  # fmt: skip
        plan = self.plan(spec, manifest, dry_run=dry_run)
        statement = settings.pop("statement", None) or sql.render(spec.template, plan=plan)
        return merging.merge(settings.pop("connection", self.connection), spec, plan, manifest, statement, **settings)

    def sync(self, spec: TableSpec, rows: list[dict[str, Any]], **settings: Any) -> MergeRecord:
        """Stage and merge, as one run does."""
        staged = {name: settings.pop(name) for name in ("columns", "run_id", "mode") if name in settings}
        return self.merge(spec, self.stage(spec, rows, **staged), **settings)

    @staticmethod
    def _arrow(rows: list[dict[str, Any]], columns: list[str] | None, target: catalog.Target) -> pa.Table:
        names = columns or (list(rows[0]) if rows else [c.name for c in target.columns if c.name != "source"])
        return pa.table({name: [row.get(name) for row in rows] for name in names})


@pytest.fixture
def cloud_db(database: str) -> Iterator[Cloud]:
    """A fresh database with the package's schema in it."""
    with psycopg.connect(database, autocommit=True, prepare_threshold=None) as connection:
        ledger.migrate(connection)
        yield Cloud(database, connection)
