"""A table's columns against those of its last run. A column is neither taken up nor dropped without a word.

Frozen is the default: a column that the last run took and that is gone on either side is an error; one that both
sides have by now is reported, and not taken. `evolve: true` takes new columns that may be NULL. `columns` in the
registry says itself what is taken, and nothing drifts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql
from hybrid_sync.findings import Finding, error, note, warning
from hybrid_sync.preflight.narrowing import described, narrows

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.catalog import Target
    from hybrid_sync.odbc.readings import DesktopColumn
    from hybrid_sync.preflight.facts import LastSchema
    from hybrid_sync.specs import TableSpec


def settle(
    spec: TableSpec, target: Target, pairs: Mapping[str, str], last: LastSchema | None
) -> tuple[dict[str, str], list[Finding]]:
    """The pairs that this run takes, and what is to be said of those it does not.

    :param pairs: the columns that both sides have now.
    :param last: None on the first run, or where the registry names other tables by now.
    """
    if last is None or spec.columns is not None:
        return dict(pairs), []
    new = [name for name in pairs if name not in last.carried]
    taken = [name for name in new if spec.evolve and not _demanding(target, name)]
    left = [name for name in new if name not in taken]
    findings = []
    if taken:
        findings.append(note(spec.name, f"new columns are taken: {', '.join(taken)} (evolve: true)", "Nothing to do."))
    starving = [name for name in left if _demanding(target, name) and not _filled(target, name)]
    if starving:
        findings.append(error(
            spec.name,
            f"{', '.join(starving)} is new on both sides, not taken, and NOT NULL without a default: every insert "
            f"would fail",
            f"Give it a default in the cloud. {_accept(spec)}",
        ))  # fmt: skip
    if waiting := [name for name in left if name not in starving]:
        evolve = "" if spec.evolve else "Set evolve: true to take new columns that may be NULL. "
        findings.append(warning(
            spec.name,
            f"both sides now have {', '.join(waiting)}, which the last run did not take; this run does not either",
            f"{evolve}{_accept(spec)}",
        ))  # fmt: skip
    return {name: desktop for name, desktop in pairs.items() if name not in left}, findings


def gone(
    spec: TableSpec, target: Target, desktop_columns: Sequence[DesktopColumn], last: LastSchema | None
) -> Iterator[Finding]:
    """Columns that the last run took and that are no longer there, with what may be their new names."""
    if last is None or spec.columns is not None:
        return
    there = {column.name.casefold() for column in desktop_columns}
    lost = [name for name in last.carried.values() if name.casefold() not in there]
    if lost:
        now = {column.name: described(column) for column in desktop_columns}
        yield _gone(spec, f"desktop table {spec.source_table}", lost, last.desktop, now)
    if lost := [name for name in last.carried if target.column(name) is None]:
        yield _gone(spec, target.relation, lost, last.cloud, {column.name: column.type for column in target.columns})


def appeared(
    spec: TableSpec, target: Target, desktop_columns: Sequence[DesktopColumn], last: LastSchema | None
) -> Iterator[Finding]:
    """Columns that only the desktop has, and has had only since the last run; said once."""
    if last is None or spec.columns is not None:
        return
    there = {column.name.casefold() for column in target.columns}
    known = {name.casefold() for name in last.desktop}
    new = [column for column in desktop_columns if column.name.casefold() not in known | there]
    if new:
        named = ", ".join(f"{column.name} {described(column)}" for column in new)
        what = f"desktop table {spec.source_table} has a new column that the cloud has not: {named}"
        yield note(spec.name, what, "Nothing to do, or add it to the cloud and set evolve: true to carry it.")


def retyped(
    spec: TableSpec,
    target: Target,
    desktop_columns: Sequence[DesktopColumn],
    pairs: Mapping[str, str],
    last: LastSchema | None,
) -> Iterator[Finding]:
    """Columns whose type has changed since the last run, and those whose type is narrower in the cloud.

    A narrowing that the last run had too is a note: what does not fit became a reject then.
    """
    by_name = {column.name: column for column in desktop_columns}
    fresh: list[str] = []
    standing: list[str] = []
    for name, desktop_name in pairs.items():
        desktop, cloud = by_name[desktop_name], target.column(name)
        if cloud is None:
            continue
        now = described(desktop), cloud.type
        before = (last.desktop.get(desktop_name, now[0]), last.cloud.get(name, now[1])) if last else None
        if narrows(desktop, cloud):
            same = before in (None, now)
            (standing if same and last else fresh).append(f"{name} {now[0]} into {now[1]}" + _was(before, now))
        elif before not in (None, now):
            what = f"{name} has changed its type: {now[0]} into {now[1]}{_was(before, now)}"
            yield note(spec.name, what, "Values that do not fit become rejects.")
    remedy = "Values that do not fit become rejects (max_rejects). Widen the cloud's column."
    if fresh:
        yield warning(spec.name, f"the cloud's type is narrower than the desktop's: {'; '.join(fresh)}", remedy)
    if standing:
        what = f"as in the last run, the cloud's type is narrower than the desktop's: {'; '.join(standing)}"
        yield note(spec.name, what, remedy)


def record(
    connection: Connection[Any],
    run_id: str,
    spec: TableSpec,
    target: Target,
    desktop_columns: Iterable[DesktopColumn],
    carried: Mapping[str, str],
) -> None:
    """Keep what the next run compares with."""
    connection.execute(
        sql.render("preflight/record_schema.sql"),
        {
            "table": spec.name,
            "source_table": spec.source_table,
            "target_table": spec.target_table,
            "carried": json.dumps(dict(carried)),
            "desktop_columns": json.dumps({column.name: described(column) for column in desktop_columns}),
            "cloud_columns": json.dumps({column.name: column.type for column in target.columns}),
            "run_id": run_id,
        },
    )


def _gone(
    spec: TableSpec, where: str, lost: Sequence[str], before: Mapping[str, str], now: Mapping[str, str]
) -> Finding:
    types = {name.casefold(): kind for name, kind in before.items()}
    known = {name.casefold() for name in before}
    named = ", ".join(f"{name} {types.get(name.casefold(), '')}".rstrip() for name in lost)
    wanted = {types.get(name.casefold()) for name in lost}
    new = [f"{name} {kind}" for name, kind in now.items() if name.casefold() not in known and kind in wanted]
    hint = f"; new there and perhaps the same, renamed: {', '.join(new)}" if new else ""
    return error(
        spec.name,
        f"{where} no longer has {named}, which the last run took{hint}",
        f"Put it back or name the pairs with columns in the registry. {_accept(spec)}",
    )


def _accept(spec: TableSpec) -> str:
    forget = f"DELETE FROM hybrid_sync.table_schema WHERE table_name = {sql.literal(spec.name)}"  # noqa: S608 - told
    return f"To go on with the columns that both sides have now: {forget}."


def _demanding(target: Target, name: str) -> bool:
    column = target.column(name)
    return column is not None and column.not_null


def _filled(target: Target, name: str) -> bool:
    column = target.column(name)
    return column is not None and (column.has_default or column.identity or column.generated)


def _was(before: tuple[str, str] | None, now: tuple[str, str]) -> str:
    if before is None or before == now:
        return ""
    sides = zip(("desktop", "cloud"), before, now, strict=True)
    return f" (was {', '.join(f'{old} on the {side}' for side, old, new in sides if old != new)})".replace(
        "on the cloud", "in the cloud"
    )
