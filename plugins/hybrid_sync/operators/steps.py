"""The tasks of a table's group up to its staging, in one piece or in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hybrid_sync.operators.extract import ExtractOperator
from hybrid_sync.operators.stage import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator

    from hybrid_sync.specs import Registry

# A table whose parents were not selected (skipped) runs all the same.
FIRST = "none_failed"


def staged_whole(registry: Registry, table: str) -> tuple[BaseOperator, BaseOperator]:
    """extract -> stage, in the task group that is open. Gives the first task and the last."""
    extract = ExtractOperator(task_id="extract", registry=registry, table=table, trigger_rule=FIRST)
    stage = StageOperator(task_id="stage", registry=registry, table=table)
    extract >> stage
    return extract, stage


def staged_in_parts(registry: Registry, table: str) -> tuple[BaseOperator, BaseOperator]:
    """split -> (extract -> stage, mapped over the parts) -> gather, in the same way.

    A mapped group, not two mapped tasks: a part is staged as soon as it is extracted, while others are still read.
    """
    # Every task's process parses the DAG, and Airflow's decorators alone take 0.15 s to load.
    from airflow.sdk import task_group

    from hybrid_sync.operators.gather import GatherOperator
    from hybrid_sync.operators.parts import ExtractPartOperator, StagePartOperator
    from hybrid_sync.operators.split import SplitOperator

    split = SplitOperator(task_id="split", registry=registry, table=table, trigger_rule=FIRST)
    gather = GatherOperator(task_id="gather", registry=registry, table=table)

    @task_group(group_id="part", prefix_group_id=False, tooltip=f"the rows of {table} in one range")
    def in_part(part: Any) -> None:
        extract = ExtractPartOperator(
            task_id=f"{table}.extract", registry=registry, table=table, part=part,
            map_index_template="{{ task.part.label }}",
        )  # fmt: skip
        StagePartOperator(
            task_id=f"{table}.stage", registry=registry, table=table, extract=extract.output,
            map_index_template="part {{ task.extract.part or 1 }} of {{ task.extract.parts }}",
        )  # fmt: skip

    in_part.expand(part=split.output) >> gather
    return split, gather
