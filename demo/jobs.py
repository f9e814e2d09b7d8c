"""The bulk of the firm's rows: jobs, their tasks and their checklists."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import cast

from demo import words
from demo.masters import FIRST_DAY, TODAY, place, stamps
from demo.rows import Row, TableRows

_DAYS = (TODAY - FIRST_DAY).days
_PLACES = ("Office", "Client's place", "Online", None)
_HOURS = tuple(Decimal(quarters) / 4 for quarters in range(1, 33))

JOB_COLUMNS = (
    "org_id", "con_id", "loc_id", "job_id", "year_id", "client_id", "jobdate", "targetdate", "job_nature", "work_desc",
    "worklocation", "act_man_min", "job_status", "job_uid", "sporg_id", "created_at", "updated_at",
)  # fmt: skip
TASK_COLUMNS = (
    "org_id", "con_id", "loc_id", "job_id", "year_id", "client_id", "task_id", "taskorder", "task_desc",
    "jobdet_man_hrs", "actual_man_hrs", "checklistlinked", "created_at", "updated_at",
)  # fmt: skip
CHECK_COLUMNS = (
    "org_id", "loc_id", "task_id", "checklistdesc", "applicable", "completedby", "completeddate", "comments",
    "checkliststatus", "job_id", "created_at", "updated_at",
)  # fmt: skip


def financial_year(day: datetime) -> int:
    """The desktop's year_id of a day: 20252026 from April 2025 to March 2026."""
    first = day.year - (day.month < 4)
    return first * 10_000 + first + 1


def job(rng: Random, job_id: int, client_id: int, opened: datetime) -> Row:
    """One row of jobshead, in the order of JOB_COLUMNS."""
    target = opened + timedelta(days=rng.randrange(3, 60))
    status = "C" if target < TODAY and rng.random() < 0.9 else rng.choice("OOWH")
    return (
        *place(rng), job_id, financial_year(opened), client_id, opened.date(),
        None if rng.random() < 0.05 else target.date(), rng.choice("RRRA"),
        f"{rng.choice(words.JOBS)} FY {opened.year}-{(opened.year + 1) % 100:02}", rng.choice(_PLACES),
        rng.randrange(4, 200) * 15, status, f"J{opened:%y%m}-{job_id:06}", 1, *stamps(rng, opened),
    )  # fmt: skip


def task(rng: Random, job_row: Row, order: int, opened: datetime) -> Row:
    """One row of jobtasks for a row of jobshead, in the order of TASK_COLUMNS."""
    kind = rng.randrange(len(words.TASKS))
    worked = None if rng.random() < 0.2 else time(rng.randrange(9), rng.randrange(60), rng.randrange(60))
    return (
        *job_row[:6], kind + 1, order, words.TASKS[kind], rng.choice(_HOURS), worked, rng.choice("NNNY"),
        *stamps(rng, opened),
    )  # fmt: skip


def jobs(rng: Random, count: int, client_count: int) -> TableRows:
    """jobshead: `count` jobs numbered from 1, in the order in which they were opened."""
    table = TableRows("jobshead", JOB_COLUMNS)
    for number in range(1, count + 1):
        opened = FIRST_DAY + timedelta(days=number * _DAYS // count)
        table.rows.append(job(rng, number, rng.randrange(1, client_count + 1), opened))
    return table


def tasks(rng: Random, count: int, heads: TableRows) -> TableRows:
    """jobtasks: `count` tasks spread over the jobs, at least the whole share of each."""
    share, rest = divmod(count, len(heads.rows))
    counts = [share] * len(heads.rows)
    for chosen in rng.choices(range(len(heads.rows)), k=rest):
        counts[chosen] += 1
    day = JOB_COLUMNS.index("created_at")
    table = TableRows("jobtasks", TASK_COLUMNS)
    for head, tasks_of_job in zip(heads.rows, counts, strict=True):
        opened = cast(datetime, head[day])
        table.rows.extend(task(rng, head, order, opened) for order in range(1, tasks_of_job + 1))
    return table


def check(rng: Random, task_row: Row, description: str) -> Row:
    """One row of taskchecklist for a row of jobtasks, in the order of CHECK_COLUMNS."""
    made = cast(datetime, task_row[TASK_COLUMNS.index("created_at")])
    done = rng.random() < 0.7
    return (
        task_row[0], task_row[2], task_row[6], description, rng.choice(("Yes", "Yes", "No", "N/A")),
        f"staff{rng.randrange(1, 17):02}" if done else None, (made + timedelta(days=5)).date() if done else None,
        rng.choice((*words.NOTES, None)), int(done), task_row[3], *stamps(rng, made),
    )  # fmt: skip


def checklists(rng: Random, count: int, all_tasks: TableRows) -> TableRows:
    """taskchecklist: `count` checks of tasks chosen at random, each check once for a task."""
    table = TableRows("taskchecklist", CHECK_COLUMNS)
    for number, chosen in enumerate(rng.choices(all_tasks.rows, k=count)):
        table.rows.append(check(rng, chosen, words.CHECKS[number % len(words.CHECKS)]))
    return table
