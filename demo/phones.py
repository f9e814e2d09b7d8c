"""What staff enter on their phones: a few hundred rows that live only in the cloud, with `source` 'M'.

Phones number their rows far above the desktop's, except for one job: a phone took the number that the desktop
gives to its next job, as happens when two programs count for themselves.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from demo import jobs, office, words
from demo.firm import SEED, stream
from demo.masters import phone, place, stamps
from demo.rows import Row, TableRows, copy_rows

FIRST_KEY = {"climaster": 5_000_001, "jobshead": 900_000_001, "reminder": 50_000_001, "remdetail": 50_000_001,
             "learequest": 50_001}  # fmt: skip
MOBILE = "M"


def next_job_id(firm: dict[str, TableRows]) -> int:
    """The number of the desktop's next job, which a phone has taken."""
    return len(firm["jobshead"].rows) + 1


def _new_clients(rng: Random, count: int) -> TableRows:
    columns = ("org_id", "con_id", "loc_id", "client_id", "clientname", "clientphone", "created_at", "updated_at")
    rows: list[Row] = []
    for key in range(FIRST_KEY["climaster"], FIRST_KEY["climaster"] + count):
        name = f"{rng.choice(words.OWNERS)} {rng.choice(words.BUSINESSES)} 📱"
        rows.append((*place(rng), key, name, phone(rng), *stamps(rng, office.recent(rng))))
    return TableRows("climaster", columns, rows)


def _new_jobs(rng: Random, count: int, firm: dict[str, TableRows]) -> TableRows:
    clients = len(firm["climaster"].rows)
    keys = [*range(FIRST_KEY["jobshead"], FIRST_KEY["jobshead"] + count - 1), next_job_id(firm)]
    rows = [jobs.job(rng, key, rng.randrange(1, clients + 1), office.recent(rng)) for key in keys]
    return TableRows("jobshead", jobs.JOB_COLUMNS, rows)


def _new_tasks(rng: Random, count: int, own_jobs: TableRows) -> TableRows:
    rows: list[Row] = []
    for order in range(count):
        head = rng.choice(own_jobs.rows)
        rows.append((*jobs.task(rng, head, order + 1, office.recent(rng)), rng.randrange(3)))
    return TableRows("jobtasks", (*jobs.TASK_COLUMNS, "task_status"), rows)


def phone_rows(firm: dict[str, TableRows], seed: int = SEED) -> dict[str, TableRows]:
    """The phones' rows by table, parents before children: 308 of them, for a firm of any size."""
    rng = stream(seed, "phones")
    own_jobs = _new_jobs(rng, 10, firm)
    names = [(row[3], row[4]) for row in firm["climaster"].rows]
    reminders = [
        office.reminder(rng, FIRST_KEY["reminder"] + number, rng.choice(names), office.recent(rng))
        for number in range(30)
    ]
    answers = [
        office.answer(rng, FIRST_KEY["remdetail"] + number, rng.choice(reminders)[0], office.recent(rng))
        for number in range(20)
    ]
    leaves = [office.leave(rng, FIRST_KEY["learequest"] + number, office.recent(rng)) for number in range(15)]
    desktop_jobs = firm["jobshead"].values("job_id")
    diary = [office.diary_entry(rng, rng.choice(desktop_jobs), office.recent(rng)) for _ in range(120)]
    checks = [jobs.check(rng, rng.choice(firm["jobtasks"].rows), f"{rng.choice(words.CHECKS)} 📷") for _ in range(25)]
    tables = [
        _new_clients(rng, 8),
        own_jobs,
        _new_tasks(rng, 80, own_jobs),
        TableRows("taskchecklist", jobs.CHECK_COLUMNS, checks),
        TableRows("workdiary", office.DIARY_COLUMNS, diary),
        TableRows("reminder", office.REMINDER_COLUMNS, reminders),
        TableRows("remdetail", office.ANSWER_COLUMNS, answers),
        TableRows("learequest", office.LEAVE_COLUMNS, leaves),
    ]
    return {
        table.table: replace(table, columns=(*table.columns, "source"), rows=[(*row, MOBILE) for row in table.rows])
        for table in tables
    }


def write_phone_rows(uri: str, rows: dict[str, TableRows]) -> int:
    """Write the phones' rows into the cloud at `uri`, in one transaction. Gives their number."""
    import psycopg

    with psycopg.connect(uri) as connection:
        for table in rows.values():
            copy_rows(connection, table.table, table.columns, table.rows)
    return sum(len(table.rows) for table in rows.values())
