"""This package's side of the story that `make peers` tells: what becomes of each row, and what is said of it.

The other tools need an environment of their own and are left out here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from peers.fates import Fate
from peers.ours import HybridSync
from peers.story import STEPS
from peers.telling import END, Turn, table, tell

CHANGES, EMPTY, ONE_ROW = (step.title for step in STEPS)


class Told:
    """The story, told once, and the cloud that it left behind."""

    def __init__(self, new_database: Callable[[], str], folder: Path) -> None:
        self.clouds: list[str] = []
        self.turns = tell([HybridSync(folder)], new_database(), lambda: self._new_cloud(new_database))
        [self.cloud] = self.clouds

    def _new_cloud(self, new_database: Callable[[], str]) -> str:
        self.clouds.append(new_database())
        return self.clouds[-1]

    def turn(self, step: str) -> Turn:
        [turn] = [turn for turn in self.turns if turn.step == step]
        return turn

    def fates(self, step: str) -> dict[int, str]:
        return {job: str(fate) for job, fate in self.turn(step).fates.items() if fate is not Fate.ABSENT}


@pytest.fixture
def told(new_database: Callable[[], str], tmp_path: Path) -> Told:
    return Told(new_database, tmp_path)


def test_every_row_of_the_story_is_kept_or_accounted_for(told: Told) -> None:
    kept = dict.fromkeys((121, 123, 124, 125, 126), "kept")
    assert told.fates(CHANGES) == {
        121: "kept", 122: "deleted", 123: "updated", 124: "conflict", 125: "inserted", 126: "kept",
    }  # fmt: skip
    assert told.turn(CHANGES).answer.words == "1 inserted, 1 updated, 1 deleted, 1 unchanged, 1 in conflict"
    assert told.fates(EMPTY) == kept
    assert told.fates(ONE_ROW) == kept
    assert told.fates(END) == told.fates(CHANGES)

    with psycopg.connect(told.cloud) as connection:
        rows = connection.execute("SELECT job_id, client_id, work_desc, source FROM jobshead ORDER BY job_id")
        assert rows.fetchall() == [
            (121, 5, "Audit", "D"),
            (123, 6, "Tax return, amended", "D"),
            (124, 7, "Site visit", "M"),
            (125, 8, "Bookkeeping", "D"),
            (126, 7, "Call back", "M"),
        ]
        # Both were written by one statement of the phones, and by nothing since.
        [(writers,)] = connection.execute("SELECT count(DISTINCT xmin::text) FROM jobshead WHERE source = 'M'")
        assert writers == 1
        [(kind, desktop, mobile)] = connection.execute(
            "SELECT kind, desktop_row ->> 'work_desc', mobile_row ->> 'work_desc' FROM hybrid_sync.conflict"
        )
        assert (kind, desktop, mobile) == ("insert_exists", "Company formation", "Site visit")


def test_an_empty_extract_and_a_one_row_extract_are_refused_with_the_numbers_and_the_way_out(told: Told) -> None:
    for step, said, rows in (
        (EMPTY, "the cloud has 3 desktop rows", 3),
        (ONE_ROW, "2 of the cloud's 3 desktop rows", 2),
    ):
        answer = told.turn(step).answer
        assert answer.refused
        assert answer.words == "refused: GuardTripped"
        assert said in answer.message
        assert "Nothing was changed" in answer.message
        conf = json.loads(answer.message.split("--conf ")[1].strip("'"))
        assert conf == {"tables": ["jobshead"], "approve_deletes": {"jobshead": rows}}


def test_the_table_has_a_line_for_each_step_and_tells_what_was_said(told: Told) -> None:
    lines = [line for line in table(told.turns).splitlines() if line.startswith("  this package")]
    assert [line.split(maxsplit=8)[-1] for line in lines] == [
        "1 inserted, 1 updated, 1 deleted, 1 unchanged, 1 in conflict",
        "refused: GuardTripped",
        "refused: GuardTripped",
        "2 of 2 mobile rows as the phones wrote them",
    ]
