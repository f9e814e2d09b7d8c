"""What a run was asked to do: its params, unpacked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True, slots=True)
class Choices:
    """The params of a run. `tables`: names of the registry's entries; `approve_deletes`: table -> rows, a ceiling."""

    run_id: str
    tables: tuple[str, ...]
    dry_run: bool
    approve_deletes: Mapping[str, int]

    def require(self, table: str) -> None:
        """Skip the running task, visibly, when `table` was not selected. Raises AirflowSkipException."""
        from airflow.sdk.exceptions import AirflowSkipException

        if table not in self.tables:
            raise AirflowSkipException(f"{table} was not selected: this run's tables are {', '.join(self.tables)}")


def choices_of(context: Context) -> Choices:
    """Unpack the params of the run that `context` belongs to."""
    params = context["params"]
    return Choices(
        run_id=context["run_id"],
        tables=tuple(params["tables"]),
        dry_run=bool(params["dry_run"]),
        approve_deletes=dict(params.get("approve_deletes") or {}),
    )
