"""What triggers of a target do to the rows that a merge writes, as far as their source tells."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from hybrid_sync.findings import Finding, note, warning
from hybrid_sync.specs import Rewrite, Strategy, TableSpec

if TYPE_CHECKING:
    from hybrid_sync.preflight.facts import TableFacts

# PL/pgSQL: an assignment to a column of the new row, and statements that may write elsewhere.
_SETS = re.compile(r"(?:^|;|\b(?:begin|then|else|loop)\b)\s*new\.\"?(\w+)\"?\s*:?=", re.IGNORECASE)
_WRITES = re.compile(r"\b(insert\s+into|update\s+\w|delete\s+from|truncate|perform|execute|call)\b", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def trigger_findings(spec: TableSpec, facts: TableFacts, columns: Container[str]) -> Iterator[Finding]:
    """Triggers that would make every run write the same rows again, or that may write elsewhere.

    :param columns: the columns that the desktop supplies.
    """
    for trigger in facts.triggers:
        if spec.strategy is Strategy.DELETE_INSERT and trigger.events == "update":
            continue  # it never updates
        each = "row" if trigger.for_each_row else "statement"
        what = f"trigger {trigger.name} runs {trigger.moment} {trigger.events} of each {each}"
        source = _COMMENT.sub(" ", trigger.source or "")
        if trigger.moment == "after" or _WRITES.search(source):
            yield warning(
                spec.name,
                f"{what}: should it write to mobile rows or other tables, the merge is rolled back",
                "Let it pass over rows of the sync (by current_user), or drop it.",
            )
        elif not source:
            yield note(
                spec.name,
                f"{what}, in a language that is not looked into",
                "A column that it sets belongs into insert_only_columns: else every run writes the row again.",
            )
        elif rewritten := [name for name in dict.fromkeys(_SETS.findall(source)) if _compared(spec, name, columns)]:
            yield warning(
                spec.name,
                f"{what} and sets {', '.join(rewritten)}: the row always differs from the desktop's, so every run "
                f"writes it again",
                f"Add {', '.join(rewritten)} to insert_only_columns in the registry.",
            )


def _compared(spec: TableSpec, name: str, columns: Container[str]) -> bool:
    """Whether a merge compares the column with the desktop's, so that a difference is written."""
    if spec.strategy is Strategy.DELETE_INSERT and spec.rewrite is Rewrite.ALL:
        return False
    kept = (*spec.key, *spec.mobile_owned_columns, *spec.insert_only_columns)
    return name in columns and name not in kept
