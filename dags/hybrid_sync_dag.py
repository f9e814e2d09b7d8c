"""The one DAG: a task group a table, extract -> stage -> merge, then the proof that mobile rows are unchanged.

A table with `split` in the registry is extracted and staged in parts, side by side, that are gathered before the
merge.
"""

from __future__ import annotations

import os
from datetime import timedelta

from airflow.sdk import DAG, ExceptionRetryPolicy, RetryAction, RetryRule, TaskGroup

from hybrid_sync.errors import Retryable, Unretryable
from hybrid_sync.operators.merge import MergeOperator
from hybrid_sync.operators.params import run_params
from hybrid_sync.operators.preflight import PreflightOperator
from hybrid_sync.operators.steps import staged_in_parts, staged_whole
from hybrid_sync.operators.validate import ValidateOperator
from hybrid_sync.registry import load_registry
from hybrid_sync.sql import TEMPLATES

registry = load_registry()

with DAG(
    dag_id="hybrid_sync",
    description="Desktop rows to the cloud; a mobile row is never changed, deleted or hidden.",
    doc_md=__doc__,
    schedule=os.environ.get("HYBRID_SYNC_SCHEDULE") or None,  # a cron expression, or @daily
    max_active_runs=1,
    template_searchpath=[str(TEMPLATES)],
    tags=["hybrid-sync"],
    params=run_params(registry.names),
    default_args={
        "execution_timeout": timedelta(hours=3),  # longer than the statement_timeout of a merge
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=10),
        "retry_policy": ExceptionRetryPolicy(
            rules=[
                RetryRule(exception=Unretryable, action=RetryAction.FAIL, reason="a person has to change something"),
                RetryRule(exception=Retryable, action=RetryAction.RETRY, reason="may succeed with nothing changed"),
            ]
        ),
    },
) as dag:
    preflight = PreflightOperator(task_id="preflight", registry=registry, execution_timeout=timedelta(minutes=30))
    validate = ValidateOperator(
        task_id="validate_mobile_rows", registry=registry, trigger_rule="all_done", retries=0,
        execution_timeout=timedelta(minutes=30),
    )  # fmt: skip
    merges = {}
    for spec in registry.tables:
        with TaskGroup(
            group_id=spec.name, tooltip=f"{spec.source_table} to {spec.target_table}, {spec.strategy.value}"
        ):
            first, staged = (staged_in_parts if spec.split else staged_whole)(registry, spec.name)
            merge = MergeOperator(task_id="merge", registry=registry, table=spec.name, pool="hybrid_sync_cloud")
            preflight >> first
            staged >> merge >> validate
        merges[spec.name] = (first, merge)
    for spec in registry.tables:
        for parent in spec.after:
            merges[parent][1] >> merges[spec.name][0]
