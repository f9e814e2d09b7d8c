"""Telling the story: each tool lives through it in a cloud of its own, and the table says what became of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from peers.fates import MEANINGS, Fate, fates, read_cloud, read_conflicts
from peers.story import CLOUD, DESKTOP, FIRST, JOBS, PHONES, STEPS, Step
from peers.tools import Answer, Tool

if TYPE_CHECKING:
    from psycopg import Connection

Rows = dict[int, tuple[Any, ...]]
END = "At the end, compared with the beginning"


@dataclass(slots=True)
class Life:
    """One tool in the story.

    :param cloud: the URI of its own cloud database, empty at first.
    """

    tool: Tool
    cloud: str
    at_first: Rows = field(default_factory=dict)
    offered: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of each row in one step, by one tool."""

    step: str
    tool: str
    fates: dict[int, Fate]
    answer: Answer


def tell(
    tools: Iterable[Tool], desktop: str, new_cloud: Callable[[], str], tick: Callable[[str], None] = lambda _: None
) -> list[Turn]:
    """Let every tool live through the story.

    :param desktop: the URI of an empty database.
    :param new_cloud: gives the URI of another empty database.
    :param tick: is told each step's title.
    :returns: the turns by step, tools in their order; the last step, `END`, compares the end with the beginning.
    """
    lives = [Life(tool, new_cloud()) for tool in tools]
    _execute(desktop, DESKTOP)
    for life in lives:
        _execute(life.cloud, CLOUD)
        life.tool.prepare(life.cloud)
    turns = []
    for step in (FIRST, *STEPS):
        tick(step.title)
        _execute(desktop, step.desktop)
        for life in lives:
            turn = _take_turn(life, step, desktop)
            if step is not FIRST:
                turns.append(turn)
            elif turn.answer.refused:
                raise RuntimeError(f"{life.tool.name} failed in its first sync:\n{turn.answer.message}")
    return turns + [_sum_up(life) for life in lives]


def _take_turn(life: Life, step: Step, desktop: str) -> Turn:
    with _connect(desktop) as connection:
        there = {int(job) for (job,) in connection.execute("SELECT job_id FROM jobshead").fetchall()}
    with _connect(life.cloud) as connection:
        before = read_cloud(connection)
        answer = life.tool.sync(desktop, life.cloud)
        after = read_cloud(connection)
        recorded = read_conflicts(connection)
    offered = set() if answer.refused else there
    life.offered |= offered if step is not FIRST else set()
    if step.phones:
        _execute(life.cloud, step.phones)
        with _connect(life.cloud) as connection:
            life.at_first = read_cloud(connection)
    return Turn(step.title, life.tool.name, fates(before, after, offered, recorded), answer)


def _sum_up(life: Life) -> Turn:
    with _connect(life.cloud) as connection:
        at_last = read_cloud(connection)
        became = fates(life.at_first, at_last, life.offered, read_conflicts(connection))
    intact = sum(at_last.get(job) == life.at_first[job] for job in PHONES)
    return Turn(END, life.tool.name, became, Answer(f"{intact} of {len(PHONES)} mobile rows as the phones wrote them"))


def table(turns: Sequence[Turn]) -> str:
    """The turns as a plain table, the words' meanings, and what was said by tools that failed or refused."""
    heading = f"{'':28}" + "".join(f"{f'{job} M' if job in PHONES else job:<13}" for job in JOBS) + "what the tool said"
    lines = [heading]
    for step in dict.fromkeys(turn.step for turn in turns):
        lines += ["", step]
        for turn in turns:
            if turn.step == step:
                cells = "".join(f"{turn.fates[job]:<13}" for job in JOBS)
                lines.append(f"  {turn.tool:<26}{cells}{turn.answer.words}")
    lines += ["", "M marks the jobs that phones made.", *(f"  {word:<13}{text}" for word, text in MEANINGS.items())]
    return "\n".join(lines)


def refusals(turns: Iterable[Turn], tool: str) -> list[str]:
    """What `tool` said each time it failed or refused."""
    return [turn.answer.message for turn in turns if turn.tool == tool and turn.answer.refused]


def _execute(uri: str, statements: str) -> None:
    with _connect(uri) as connection:
        connection.execute(statements)


def _connect(uri: str) -> Connection[Any]:
    import psycopg

    return psycopg.connect(uri, autocommit=True)
