"""What a run was asked to do: its params, unpacked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from hybrid_sync.errors import Unretryable

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True, slots=True)
class Choices:
    """The params of a run (`operators/params.py`), and its id.

    `tables`: names of the registry's entries; `approve_deletes`: table -> rows, a ceiling; `mode`: `full` or
    `incremental`; `replay`: the run whose extracts are merged again.
    """

    run_id: str
    tables: tuple[str, ...]
    dry_run: bool
    approve_deletes: Mapping[str, int]
    mode: str = "full"
    replay: str | None = None

    def require(self, table: str) -> None:
        """Skip the running task, visibly, when `table` was not selected. Raises AirflowSkipException."""
        from airflow.sdk.exceptions import AirflowSkipException

        if table not in self.tables:
            raise AirflowSkipException(f"{table} was not selected: this run's tables are {', '.join(self.tables)}")


def choices_of(context: Context) -> Choices:
    """Unpack the params of the run that `context` belongs to.

    Raises Unretryable for a param that does not exist: Airflow lets it pass, and `dryrun` would be a real run.
    """
    params = context["params"]
    known = [field.name for field in fields(Choices) if field.name != "run_id"]
    if strange := sorted(set(params) - set(known)):
        raise Unretryable(
            f"this run's conf has {', '.join(strange)}, and there is no such param. The params are {', '.join(known)}. "
            f"Nothing was read or changed. Trigger it again."
        )
    return Choices(
        run_id=context["run_id"],
        tables=tuple(params["tables"]),
        dry_run=bool(params["dry_run"]),
        approve_deletes=dict(params.get("approve_deletes") or {}),
        mode=params.get("mode") or "full",
        replay=params.get("replay"),
    )
