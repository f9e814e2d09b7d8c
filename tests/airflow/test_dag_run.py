"""The DAG as Airflow runs it, over a small firm on real databases."""

from __future__ import annotations

from collections.abc import Callable

from tests.airflow.conftest import Firm


def test_all_fifteen_tables_go_green_and_a_second_run_writes_nothing(new_firm: Callable[..., Firm]) -> None:
    firm = new_firm()
    first = firm.run()
    assert first.state == "success", first.log[-8000:]
    assert set(first.states.values()) == {"success"}
    print(first.log[-6000:])
