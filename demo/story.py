"""What happens at the desktop between sync one and sync two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from demo import jobs, masters, office, words
from demo.firm import SEED, stream
from demo.masters import TODAY
from demo.phones import next_job_id
from demo.rows import Row, TableRows, copy_rows, desktop_name

if TYPE_CHECKING:
    from random import Random

    import psycopg

_LATER = TODAY + timedelta(hours=3)

_UPDATES = {
    "mbstaff": "UPDATE mbstaff SET active_status = 0, updated_at = %(now)s WHERE staff_id = ANY(%(keys)s)",
    "climaster": "UPDATE climaster SET clientphone = '+91 10000 00000', updated_at = %(now)s"
    " WHERE client_id = ANY(%(keys)s)",
    "jobshead": "UPDATE jobshead SET act_man_min = act_man_min + 30, work_desc = left('Revised: ' || work_desc, 100),"
    " updated_at = %(now)s WHERE job_id = ANY(%(keys)s)",
    "jobtasks": "UPDATE jobtasks SET actual_man_hrs = '07:45:00', updated_at = %(now)s WHERE job_id = ANY(%(keys)s)",
}
_DELETES = {
    "jobshead": "DELETE FROM jobshead WHERE job_id = ANY(%(keys)s)",
    "jobtasks": "DELETE FROM jobtasks WHERE job_id = ANY(%(keys)s)",
    "mbreminder": "DELETE FROM mbreminder WHERE rem_id = ANY(%(keys)s)",
}


@dataclass(frozen=True, slots=True)
class Edits:
    """What the desktop changed: rows by the cloud's table name, and the job number that a phone has too."""

    updated: Mapping[str, int]
    added: Mapping[str, int]
    deleted: Mapping[str, int]
    colliding_job: int


def edit_desktop(uri: str, firm: dict[str, TableRows], seed: int = SEED) -> Edits:
    """Update, add and delete rows of the desktop at `uri`, which holds `firm`, in one transaction.

    One of the added jobs has the number of a job that a phone made.
    """
    import psycopg

    rng = stream(seed, "story")
    count = len(firm["jobshead"].rows)
    busy = list(range(count - min(40, count // 4), count + 1))
    dropped = list(range(count // 2, count // 2 + 5))
    reminders = len(firm["reminder"].rows)
    new = _new_rows(rng, firm)
    with psycopg.connect(uri) as desktop:
        updated = {
            "mbstaff": _run(desktop, _UPDATES["mbstaff"], [9, 12]),
            "climaster": _run(desktop, _UPDATES["climaster"], [2, 3, 5]),
            "jobshead": _run(desktop, _UPDATES["jobshead"], busy),
            "jobtasks": _run(desktop, _UPDATES["jobtasks"], busy[:20]),
        }
        deleted = {
            "jobshead": _run(desktop, _DELETES["jobshead"], dropped),
            "jobtasks": _run(desktop, _DELETES["jobtasks"], dropped),
            # Reminders of the second half have no answers.
            "reminder": _run(desktop, _DELETES["mbreminder"], [reminders - 1, reminders]),
        }
        for table in new:
            copy_rows(desktop, desktop_name(table.table), table.columns, table.rows)
    return Edits(updated, {table.table: len(table.rows) for table in new}, deleted, next_job_id(firm))


def _run(desktop: psycopg.Connection[Row], statement: str, keys: list[int]) -> int:
    return desktop.execute(statement.encode(), {"now": _LATER, "keys": keys}).rowcount


def _new_rows(rng: Random, firm: dict[str, TableRows]) -> list[TableRows]:
    clients = len(firm["climaster"].rows)
    first = next_job_id(firm)
    heads = [jobs.job(rng, first + number, rng.randrange(1, clients + 1), TODAY) for number in range(12)]
    # The colliding job gets no tasks: they would hang on to the phone's job of the same number.
    tasks = [jobs.task(rng, head, order, TODAY) for head in heads[1:] for order in (1, 2, 3)]
    customers = [
        (*masters.place(rng), clients + number, name, None, masters.phone(rng), *masters.stamps(rng, TODAY))
        for number, name in enumerate(("புதிய வாடிக்கையாளர் Traders", "New Client 🎉 LLP"), 1)
    ]
    reminders = len(firm["reminder"].rows)
    return [
        TableRows("climaster", firm["climaster"].columns, list(customers)),
        TableRows("jobshead", jobs.JOB_COLUMNS, heads),
        TableRows("jobtasks", jobs.TASK_COLUMNS, tasks),
        TableRows("taskchecklist", jobs.CHECK_COLUMNS, [jobs.check(rng, tasks[0], text) for text in words.CHECKS[:5]]),
        TableRows(
            "reminder",
            office.REMINDER_COLUMNS,
            [office.reminder(rng, reminders + number, (1, None), TODAY) for number in range(1, 5)],
        ),
    ]
