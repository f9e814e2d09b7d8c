"""What a run can be asked for: the form in the UI, and the keys of `--conf`. Airflow checks them at trigger time."""

from __future__ import annotations

import os
from collections.abc import Sequence

from airflow.sdk import Param

from hybrid_sync.reading import FULL, INCREMENTAL

MODE = "HYBRID_SYNC_MODE"


def run_params(tables: Sequence[str]) -> dict[str, Param]:
    """The params by name; `tables` are the registry's entries. Their defaults are what a scheduled run does.

    `HYBRID_SYNC_MODE` sets the default of `mode`.
    """
    names = list(tables)
    return {
        "tables": Param(
            names,
            type="array",
            title="Tables",
            description="What to sync. The other tables show as skipped, and a table runs without its parents too.",
            examples=names,
            items={"type": "string", "enum": names},
            minItems=1,
            uniqueItems=True,
        ),
        "mode": Param(
            os.environ.get(MODE) or FULL,
            type="string",
            enum=[FULL, INCREMENTAL],
            title="Mode",
            description="incremental: a table with a watermark in the registry is read from it on, less the overlap. "
            "All others are read in full, and the log of their extract says why.",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Do all of it and roll back. The log of the merge stays and no watermark is stored.",
        ),
        "approve_deletes": Param(
            {},
            type="object",
            title="Approve deletes",
            description='Table to rows, such as {"jobtasks": 120}: up to so many desktop rows of it may go, whatever '
            "max_shrink says.",
            propertyNames={"enum": names},
            additionalProperties={"type": "integer", "minimum": 0},
        ),
        "replay": Param(
            None,
            type=["null", "string"],
            minLength=1,
            title="Replay",
            description="The id of an earlier run: merge its extracts again and do not read the desktop. The next run "
            "then reads in full, whatever its mode.",
        ),
    }
