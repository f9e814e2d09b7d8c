"""This package's side of the story, through its own plain functions: extract, stage, merge. No Airflow task runs."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from demo.environment import ODBC_DRIVER
from hybrid_sync import catalog, extracts, ledger, merging, sql, staging
from hybrid_sync.columns import pair_columns
from hybrid_sync.desktop import Desktop
from hybrid_sync.errors import GuardTripped
from hybrid_sync.plan import plan_merge
from hybrid_sync.specs import Deletes, Ownership, Strategy, TableSpec
from peers.tools import Answer

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.extracts import Extract
    from hybrid_sync.ledger import MergeRecord

OWNERSHIP = Ownership()
JOBSHEAD = TableSpec(
    name="jobshead",
    strategy=Strategy.UPSERT,
    source_table="jobshead",
    target_table="jobshead",
    key=("job_id",),
    deletes=Deletes.PROPAGATE,
)


def odbc(uri: str) -> str:
    """The ODBC connection string of a PostgreSQL URI."""
    parts = urlsplit(uri)
    return (
        f"DRIVER={{{ODBC_DRIVER}}};SERVER={parts.hostname};PORT={parts.port};DATABASE={parts.path[1:]};"
        f"UID={parts.username};UseDeclareFetch=1"
    )


class HybridSync:
    """The registry's jobshead with `deletes: propagate`, everything else as it is by default.

    :param folder: where its extracts go.
    """

    name = "this package"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs = itertools.count()

    def prepare(self, cloud: str) -> None:
        """Make the package's own schema, as preflight does."""
        with _connect(cloud) as connection:
            ledger.migrate(connection)

    def sync(self, desktop: str, cloud: str) -> Answer:
        """Extract, stage and merge jobshead, as one run of the DAG does."""
        run_id = f"run{next(self.runs)}"
        with _connect(cloud) as connection:
            extract = self._extract(desktop, connection, run_id)
            try:
                record = _stage_and_merge(connection, extract)
            except GuardTripped as refusal:
                return Answer("refused: GuardTripped", refused=True, message=str(refusal))
        counts = {"inserted": record.inserted, "updated": record.updated, "deleted": record.deleted,
                  "unchanged": record.unchanged, "in conflict": record.conflicts}  # fmt: skip
        return Answer(", ".join(f"{rows} {what}" for what, rows in counts.items() if rows))

    def _extract(self, desktop: str, connection: Connection[Any], run_id: str) -> Extract:
        target = catalog.read_target(connection, JOBSHEAD.target_table)
        with Desktop(odbc(desktop)) as source:
            there = [column.name for column in source.columns(JOBSHEAD.source_table)]
            pairs = pair_columns(JOBSHEAD, OWNERSHIP, target, there)
            return extracts.write_extract(
                source.read(JOBSHEAD.source_table, tuple(pairs.values())),
                extracts.extract_folder(f"file://{self.folder}", "story", run_id, JOBSHEAD.name),
                run_id=run_id,
                table=JOBSHEAD.name,
                columns=pairs,
                mode="full",
            )


def _stage_and_merge(connection: Connection[Any], extract: Extract) -> MergeRecord:
    target = catalog.read_target(connection, JOBSHEAD.target_table)
    staging.load(
        connection, spec=JOBSHEAD, ownership=OWNERSHIP, target=target, batches=extracts.open_extract(extract.uri),
        run_id=extract.run_id, stage_id=str(uuid4()), mode=extract.mode, watermark_column=None, watermark=None,
        extract_uri=extract.uri, desktop_time_zone="UTC",
    )  # fmt: skip
    manifest = ledger.manifest(connection, extract.run_id, JOBSHEAD.name)
    if manifest is None:
        raise RuntimeError("staging left no manifest")
    plan = plan_merge(
        JOBSHEAD, OWNERSHIP, target, run_id=extract.run_id, staging=manifest.relation, columns=manifest.columns,
        full=True, dry_run=False, rejects=manifest.rejects,
        reachable=catalog.read_reachable(connection, target, OWNERSHIP.column),
    )  # fmt: skip
    return merging.merge(connection, JOBSHEAD, plan, manifest, sql.render(JOBSHEAD.template, plan=plan))


def _connect(uri: str) -> Connection[Any]:
    import psycopg

    return psycopg.connect(uri, autocommit=True, prepare_threshold=None)
