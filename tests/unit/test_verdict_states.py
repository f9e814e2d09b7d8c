"""The states of a table's tasks, as Airflow tells them, and what the verdict says of them."""

from __future__ import annotations

from hybrid_sync.operators.validate import STEPS, STEPS_IN_PARTS, states_of
from hybrid_sync.verdict import judge


def explanation(states: dict[str, str | None]) -> str:
    verdict = judge("jobs", "upsert", selected=True, states=states, record=None, mobile_at_start=0, mobile_now=0)
    assert verdict.bad
    return verdict.explanation or ""


def told(**states: str) -> dict[str, str | None]:
    """Airflow's answer: `jobs.<step>`, of a mapped task `jobs.<step>_<number>`."""
    return {f"jobs.{step}": state for step, state in states.items()}


def test_a_table_in_one_piece_has_three_steps() -> None:
    found = told(extract="success", stage="failed", merge="upstream_failed")
    assert states_of("jobs", STEPS, found) == {"extract": "success", "stage": "failed", "merge": "upstream_failed"}
    assert explanation(states_of("jobs", STEPS, found)) == (
        "jobs: jobs.stage is failed. Read its log, mend the cause, clear its group from extract on."
    )


def test_each_part_of_a_split_table_is_a_step_of_its_own() -> None:
    found = told(split="success", gather="upstream_failed", merge="upstream_failed") | told(
        **{f"{step}_{number}": "success" for step in ("extract", "stage") for number in range(12)}
    )
    found |= told(extract_10="failed", stage_10="upstream_failed")
    states = states_of("jobs", STEPS_IN_PARTS, found)
    assert list(states)[:4] == ["split", "extract[0]", "extract[1]", "extract[2]"]
    assert len(states) == 3 + 24
    assert explanation(states) == (
        "jobs: jobs.extract[10] is failed. Read its log, mend the cause, clear its group from split on."
    )


def test_a_part_of_an_earlier_cut_that_was_removed_does_not_count() -> None:
    found = told(split="success", extract_0="success", extract_1="removed", stage_0="success", stage_1="removed")
    states = states_of("jobs", STEPS_IN_PARTS, found | told(gather="success", merge="success"))
    assert set(states.values()) == {"success"}


def test_parts_that_were_never_made_are_one_step() -> None:
    found = dict.fromkeys((f"jobs.{step}" for step in STEPS_IN_PARTS), "upstream_failed")
    states = states_of("jobs", STEPS_IN_PARTS, {**found})
    assert list(states) == list(STEPS_IN_PARTS)
    assert explanation(states) == "jobs: did not run, because preflight or a table in its `after` failed."


def test_a_task_that_airflow_does_not_tell_of_is_no_success() -> None:
    assert "jobs.extract is None" in explanation(states_of("jobs", STEPS_IN_PARTS, told(split="success")))
