"""What must hold inside one entry of the registry, and among all of them, once each setting reads well.

Every rule yields clauses such as "needs order_by when on_duplicate is keep_last"; `registry.py` adds table and file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from hybrid_sync import sql
from hybrid_sync.specs import OnDuplicate, Ownership, Rewrite, Strategy, TableSpec

# Settings that mean something to one strategy only. An entry of the other strategy may not have them, and is not given
# them by `defaults`.
STRATEGY_OF = {
    "key": Strategy.UPSERT,
    "deletes": Strategy.UPSERT,
    "on_duplicate": Strategy.UPSERT,
    "order_by": Strategy.UPSERT,
    "detect_mobile_edits": Strategy.UPSERT,
    "generated_key": Strategy.DELETE_INSERT,
    "rewrite": Strategy.DELETE_INSERT,
}
TASKS = ("preflight", "validate_mobile_rows")  # the DAG's own, beside a task group a table
NAME = re.compile(r"[A-Za-z0-9_-]+")
ENTRY_NAME_BYTES = 48  # of PostgreSQL's 63: the name of a staging table is the entry's and a suffix


def name_rules(name: str) -> Iterator[str]:
    """What an entry may be called, so that task ids, paths and staging tables can carry its name."""
    if not NAME.fullmatch(name):
        yield "needs a name of letters, digits, _ and - (target_table and source_table may have others)"
    elif len(name) > ENTRY_NAME_BYTES:
        yield f"needs a name of at most {ENTRY_NAME_BYTES} characters (target_table may be longer)"
    if name in TASKS:
        yield f"needs another name (with target_table), as {' and '.join(TASKS)} are tasks of the DAG"


def order_rules(name: str, after: tuple[str, ...], names: tuple[str, ...]) -> Iterator[str]:
    """Whether every table that the entry follows is there."""
    for parent in after:
        if parent == name:
            yield "cannot come after itself"
        elif parent not in names:
            yield f"comes after {parent}, which is no table; the tables are {', '.join(names)}"


def entry_rules(spec: TableSpec, own: Mapping[str, object], ownership: Ownership) -> Iterator[str]:
    """What must hold among the settings of one entry. `own` holds those of the entry itself, without defaults."""
    yield from _strategy_rules(spec, own)
    yield from _duplicate_rules(spec, own)
    yield from _part_rules(spec, ownership)
    yield from _mapping_rules(spec, ownership)
    if spec.split and spec.watermark and spec.split.column.casefold() == spec.watermark.casefold():
        yield (
            f"is split by its watermark {spec.watermark}: a row that changes while the parts are read would move into "
            f"another part; split by a column that never changes, best the key"
        )


def _strategy_rules(spec: TableSpec, own: Mapping[str, object]) -> Iterator[str]:
    ready = [strategy for strategy in Strategy if (sql.TEMPLATES / strategy.template).is_file()]
    if spec.strategy not in ready:
        yield (
            f"has the strategy {spec.strategy}, which has no template {sql.TEMPLATES / spec.strategy.template}; "
            f"strategies with one: {', '.join(ready) or 'none'}"
        )
    for setting in own:
        meant_for = STRATEGY_OF.get(setting, spec.strategy)
        if meant_for is not spec.strategy:
            fitting = ", ".join(name for name, strategy in STRATEGY_OF.items() if strategy is spec.strategy)
            yield f"has {setting}, which is for {meant_for}; {spec.strategy} has {fitting}"
    if spec.strategy is Strategy.UPSERT and not spec.key:
        yield "needs key, one or more columns of a unique key such as [job_id], as its strategy is upsert"
    if spec.strategy is Strategy.DELETE_INSERT and spec.mobile_owned_columns and spec.rewrite is Rewrite.ALL:
        yield "has mobile_owned_columns, which rewrite: all would write anew; it needs rewrite: changed"


def _duplicate_rules(spec: TableSpec, own: Mapping[str, object]) -> Iterator[str]:
    if spec.strategy is not Strategy.UPSERT:
        return
    if spec.on_duplicate is OnDuplicate.KEEP_LAST and spec.order_by is None:
        yield "needs order_by, the cloud column that tells which row is the last, as on_duplicate is keep_last"
    if spec.on_duplicate is not OnDuplicate.KEEP_LAST and own.get("order_by"):
        yield f"has order_by, which needs on_duplicate: keep_last (it is {spec.on_duplicate})"


def _part_rules(spec: TableSpec, ownership: Ownership) -> Iterator[str]:
    parts = {
        "key": spec.key,
        "generated_key": (spec.generated_key,),
        "order_by": (spec.order_by,),
        "mobile_owned_columns": spec.mobile_owned_columns,
    }
    for setting, names in parts.items():
        if ownership.column in names:
            yield f"names the ownership column {ownership.column} in {setting}; the package alone writes it"
    for setting in ("mobile_owned_columns", "insert_only_columns"):
        if both := [name for name in getattr(spec, setting) if name in spec.key]:
            yield f"has {', '.join(both)} both in key and in {setting}; a key is always the desktop's"


def _mapping_rules(spec: TableSpec, ownership: Ownership) -> Iterator[str]:
    if spec.columns is None:
        return
    for name, what in ((ownership.column, "ownership column"), (spec.generated_key, "generated key")):
        if name in spec.columns:
            yield f"maps the {what} {name} in columns; leave it out, it is written for every row"
    read = (*spec.key, spec.order_by) if spec.order_by and spec.on_duplicate is OnDuplicate.KEEP_LAST else spec.key
    if missing := [name for name in read if name not in spec.columns]:
        yield f"maps no {', '.join(missing)}, which key or order_by names; columns has {', '.join(spec.columns)}"


def circle(after: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A circle of tables, each after the next one, its first table again at the end; () when there is none."""
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()
