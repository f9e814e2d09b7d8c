"""The notifier that the environment names: how it is read, what it is told, and that it can do no harm."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hybrid_sync.errors import Unretryable
from hybrid_sync.notifying import Event, Notice, configured, event_of, tell

NOTICE = Notice(Event.DEGRADED, "run 1", "jobs: 0 conflicts, 2 rejects.", {"jobs": "degraded"})


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a notifier of the test's own was told."""
    told: list[Any] = []
    module = ModuleType("board_of_notices")

    class Board:
        def __init__(self, **arguments: Any) -> None:
            self.arguments = arguments

        def __call__(self, context: dict[str, Any]) -> None:
            told.append((self.arguments, context))

    module.Board = Board  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "board_of_notices", module)
    monkeypatch.setenv("HYBRID_SYNC_NOTIFIER", "board_of_notices.Board")
    monkeypatch.setenv("HYBRID_SYNC_NOTIFIER_KWARGS", json.dumps({"token": "secret"}))
    return told


def test_without_a_setting_nobody_is_told() -> None:
    assert configured({}) is None
    tell(NOTICE, {})


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"HYBRID_SYNC_NOTIFIER": "Board"},
            "must be the dotted path of a notifier such as package.module.Class, not 'Board'",
        ),
        ({"HYBRID_SYNC_NOTIFIER": "a..B"}, "must be the dotted path"),
        ({"HYBRID_SYNC_NOTIFIER": "a.B", "HYBRID_SYNC_NOTIFIER_KWARGS": "{"}, "must be a JSON object of arguments"),
        ({"HYBRID_SYNC_NOTIFIER": "a.B", "HYBRID_SYNC_NOTIFIER_KWARGS": "[1]"}, "must be a JSON object of arguments"),
        (
            {"HYBRID_SYNC_NOTIFIER": "a.B", "HYBRID_SYNC_NOTIFY_ON": "failed, broken"},
            "HYBRID_SYNC_NOTIFY_ON must name some of failed, degraded, conflict, with commas between, not 'broken'",
        ),
    ],
)
def test_what_is_wrong_with_the_setting_is_said_with_what_is_valid(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(Unretryable) as error:
        configured(environment)
    assert sentence in str(error.value)


def test_the_worst_is_told() -> None:
    assert event_of(failed=True, rejects=1, conflicts=1) is Event.FAILED
    assert event_of(failed=False, rejects=1, conflicts=1) is Event.DEGRADED
    assert event_of(failed=False, rejects=0, conflicts=1) is Event.CONFLICT
    assert event_of(failed=False, rejects=0, conflicts=0) is None


def test_a_notifier_gets_its_arguments_and_the_notice_in_the_context(board: list[Any]) -> None:
    tell(NOTICE, {"run_id": "run 1"})
    assert board == [
        (
            {"token": "secret"},
            {
                "run_id": "run 1",
                "hybrid_sync": {
                    "event": "degraded", "run_id": "run 1", "summary": "jobs: 0 conflicts, 2 rejects.",
                    "tables": {"jobs": "degraded"},
                },
            },
        )
    ]  # fmt: skip


def test_an_event_that_nobody_asked_for_is_not_told(board: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYBRID_SYNC_NOTIFY_ON", "failed,conflict")
    tell(NOTICE, {})
    assert board == []


@pytest.mark.parametrize("path", ["no_such_module.Board", "board_of_notices.Missing", "json.loads"])
def test_a_notifier_that_fails_is_logged_without_its_secrets(
    board: list[Any], path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HYBRID_SYNC_NOTIFIER", path)
    tell(NOTICE, {})
    assert f"{path} could not tell that the run is degraded" in caplog.text
    assert "secret" not in caplog.text


def test_the_module_s_own_example_is_valid(tmp_path: Path) -> None:
    from hybrid_sync import notifying

    lines = [line.strip() for line in (notifying.__doc__ or "").splitlines() if line.startswith("    ")]
    hook = configured(dict(line.split("=", 1) for line in lines))
    assert hook is not None
    assert hook.events == set(Event)
