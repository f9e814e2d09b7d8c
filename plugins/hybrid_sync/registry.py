"""The registry: which tables are synced, and how. Reads `include/tables.yaml`, checks it, and says what is wrong.

Everything that is wrong in the file is found in one pass; the error is one sentence about the first of it, with the
file, the table and the valid choices, and the number of further problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hybrid_sync import registry_rules as rules
from hybrid_sync import registry_values as values
from hybrid_sync.errors import RegistryError
from hybrid_sync.registry_file import read_registry_file, registry_path
from hybrid_sync.specs import Deletes, OnConflict, OnDuplicate, Ownership, Registry, Rewrite, Strategy, TableSpec

TOP_LEVEL: dict[str, values.Reader] = {
    "ownership": values.mapping,
    "desktop_time_zone": values.time_zone,
    "defaults": values.mapping,
    "tables": values.mapping,
}
OWNERSHIP: dict[str, values.Reader] = {
    "column": values.cloud_name,
    "desktop": values.text,
    "null_is_desktop": values.flag,
}
ENTRY: dict[str, values.Reader] = {
    "strategy": values.member_of(Strategy),
    "key": values.cloud_names,
    "generated_key": values.optional(values.cloud_name),
    "source_table": values.text,
    "target_table": values.cloud_table,
    "columns": values.column_pairs,
    "after": values.cloud_names,
    "watermark": values.optional(values.text),
    "overlap": values.overlap,
    "full_every": values.optional(values.runs),
    "split": values.optional(values.split),
    "evolve": values.flag,
    "deletes": values.member_of(Deletes),
    "rewrite": values.member_of(Rewrite),
    "on_duplicate": values.member_of(OnDuplicate),
    "order_by": values.optional(values.cloud_name),
    "on_conflict": values.member_of(OnConflict),
    "detect_mobile_edits": values.flag,
    "max_rejects": values.reject_limit,
    "max_shrink": values.share,
    "mobile_owned_columns": values.cloud_names,
    "insert_only_columns": values.cloud_names,
}


def load_registry(path: Path | None = None) -> Registry:
    """Read and check the registry: `path`, else the file HYBRID_SYNC_REGISTRY names, else `include/tables.yaml`.

    Raises RegistryError with one sentence that names the file, the table and the valid choices.
    """
    file = registry_path(path)
    document = read_registry_file(file)
    problems = _Problems(file)
    top = problems.read(document, TOP_LEVEL)
    ownership = Ownership(**problems.read(top.get("ownership", {}), OWNERSHIP, section="ownership"))
    defaults = problems.read(top.get("defaults", {}), ENTRY, section="defaults")
    entries = top.get("tables", {})
    if document.get("tables", {}) == {}:
        problems.add("has no tables; it needs tables: with one entry a table")
    specs = _specs(entries, defaults, ownership, problems)
    _check_together(specs, problems)
    problems.raise_first()
    time_zone = top.get("desktop_time_zone", "UTC")
    return Registry(path=file, ownership=ownership, desktop_time_zone=time_zone, tables=tuple(specs))


class _Problems:
    """What is wrong with the file so far, in the order of finding it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: list[tuple[str, str | None]] = []

    def add(self, clause: str, *, table: str | None = None, setting: str | None = None) -> None:
        """Note a problem: `clause` follows the setting, the table's entry or the file as its subject."""
        whole = f"the entry in {self.file}" if table else str(self.file)
        subject = f"{setting} in {self.file}" if setting else whole
        self.found.append((f"{subject} {clause}", table))

    def read(
        self,
        raw: Mapping[Any, Any],
        readers: Mapping[str, values.Reader],
        *,
        table: str | None = None,
        section: str | None = None,
    ) -> dict[str, Any]:
        """The settings of one mapping that read well; the others are noted."""
        read: dict[str, Any] = {}
        for name, value in raw.items():
            if name not in readers:
                clause = f"has the unknown key {values.unknown(name, readers)}; the keys are {', '.join(readers)}"
                self.add(clause, table=table, setting=section)
                continue
            setting = f"{section}.{name}" if section else name
            try:
                read[name] = readers[name](value)
            except ValueError as error:
                self.add(str(error), table=table, setting=setting)
        return read

    def raise_first(self) -> None:
        """Raise the first problem, with the number of the others."""
        if self.found:
            sentence, table = self.found[0]
            more = len(self.found) - 1
            others = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
            raise RegistryError(sentence + others, table=table)


def _specs(
    entries: Mapping[Any, Any], defaults: Mapping[str, Any], ownership: Ownership, problems: _Problems
) -> list[TableSpec]:
    specs = []
    names = tuple(name for name in entries if isinstance(name, str))
    for name, raw in entries.items():
        if not isinstance(name, str):
            problems.add(f"must have texts as the tables' names, not {values.described(name)}", setting="tables")
        elif not isinstance(raw, dict):
            problems.add(f"must be a mapping such as {{strategy: upsert, key: [job_id]}}, not {values.described(raw)}",
                         table=name)  # fmt: skip
        elif spec := _spec(name, raw, defaults, ownership, names, problems):
            specs.append(spec)
    return specs


def _spec(
    name: str,
    raw: Mapping[Any, Any],
    defaults: Mapping[str, Any],
    ownership: Ownership,
    names: tuple[str, ...],
    problems: _Problems,
) -> TableSpec | None:
    """The entry's spec, or None when a setting of it is wrong already, so that no rule can be asked about it."""
    before = len(problems.found)
    own = problems.read(raw, ENTRY, table=name)
    for clause in (*rules.name_rules(name), *rules.order_rules(name, own.get("after", ()), names)):
        problems.add(clause, table=name)
    strategy = own.get("strategy", defaults.get("strategy"))
    if strategy is None and "strategy" not in raw:
        problems.add(f"needs strategy, one of {', '.join(Strategy)}", table=name)
    if len(problems.found) > before or strategy is None:
        return None
    fitting = {key: value for key, value in defaults.items() if rules.STRATEGY_OF.get(key, strategy) is strategy}
    spec = TableSpec(**{"name": name, "source_table": name, "target_table": name} | fitting | own)
    for clause in rules.entry_rules(spec, own, ownership):
        problems.add(clause, table=name)
    return spec


def _check_together(specs: list[TableSpec], problems: _Problems) -> None:
    """What only several entries can get wrong: one target for two of them, and circles of `after`."""
    owners: dict[str, str] = {}
    for spec in specs:
        target = spec.target_table.removeprefix("public.")
        first = owners.setdefault(target, spec.name)
        if first != spec.name:
            problems.add(f"writes to {spec.target_table}, and so does {first}; give it another target_table",
                         table=spec.name)  # fmt: skip
    if circle := rules.circle({spec.name: spec.after for spec in specs}):
        problems.add(f"is in a circle: {' after '.join(circle)}; take one of them out of after", table=circle[0])
