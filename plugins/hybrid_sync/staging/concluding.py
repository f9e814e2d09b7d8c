"""The end of a staging: its rows counted, its manifest written, or all of it refused for too many rejects."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.errors import TooManyRejects
from hybrid_sync.staging import keys

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.specs import TableSpec
    from hybrid_sync.staging.stage import Stage


@dataclass(frozen=True, slots=True)
class Origin:
    """Where staged rows come from: what the manifest keeps of their extract."""

    mode: str
    watermark_column: str | None
    watermark: str | None
    extract_uri: str


@dataclass(frozen=True, slots=True)
class Staged:
    """What was staged. All counts are rows, and rows_read = rows + duplicates + rejects.

    `rejects` counts rows, each once, whatever the number of reasons that `hybrid_sync.reject` has for it.
    """

    stage_id: str
    relation: str
    rows: int
    columns: tuple[str, ...]
    rows_read: int
    duplicates: int
    rejects: int


def conclude(
    connection: Connection[Any],
    stage: Stage,
    spec: TableSpec,
    origin: Origin,
    stage_id: str,
    rows_read: int,
    collapsed: int,
) -> tuple[Staged, TooManyRejects | None]:
    """Count, and write the manifest; with too many rejects drop the staging, and give the error to raise afterwards."""
    [counts] = stage.run(connection, "count.sql", superseded=keys.SUPERSEDED).fetchall()
    rows, rejects, superseded = counts
    duplicates = collapsed + superseded
    staged = Staged(stage_id, stage.relation, rows, stage.names, rows_read, duplicates, rejects)
    if not spec.max_rejects.allows(rejects, rows_read):
        refusal = _too_many(connection, spec, stage.run_id, staged)
        stage.run(connection, "forget.sql")
        return staged, refusal
    if origin.mode != "full" and spec.key:
        stage.run(connection, "clear_rejects_by_key.sql", key=spec.key)
    connection.execute(sql.render("stage/record.sql"), {
        "run_id": stage.run_id, "table": spec.name, "stage_id": stage_id, "relation": stage.relation, "rows": rows,
        "columns": list(stage.names), "rows_read": rows_read, "duplicates": duplicates, "rejects": rejects,
        **asdict(origin),
    })  # fmt: skip
    return staged, None


def _too_many(connection: Connection[Any], spec: TableSpec, run_id: str, staged: Staged) -> TooManyRejects:
    limit = spec.max_rejects
    allowed = f"{limit.share:.2%} of the rows" if limit.share is not None else f"{limit.count or 0:,}"
    names = {"run_id": run_id, "table": spec.name, "superseded": keys.SUPERSEDED}
    reasons = connection.execute(sql.render("stage/top_reasons.sql"), names).fetchall()
    commonest = "; ".join(f"{column}: {reason} ({count:,})" for column, reason, count in reasons)
    query = sql.render("stage/read_rejects.sql", run_id=run_id, table=spec.name)
    return TooManyRejects(
        f"{staged.rejects:,} of {staged.rows_read:,} rows cannot be stored, and max_rejects allows {allowed}. "
        f"{commonest}. Nothing was staged. Read them: {' '.join(query.split())} "
        f"Correct them on the desktop, or raise max_rejects of {spec.name} in the registry to merge the other rows.",
        table=spec.name,
    )
