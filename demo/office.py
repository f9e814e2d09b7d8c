"""The firm's day: diary, reminders with their answers, leave."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

from demo import words
from demo.masters import TODAY, stamps
from demo.rows import Row, TableRows

DIARY_COLUMNS = (
    "org_id", "loc_id", "staff_id", "job_id", "task_id", "date", "timefrom", "timeto", "minutes", "tasknotes",
    "attachment", "doc_ref", "created_at", "updated_at",
)  # fmt: skip
REMINDER_COLUMNS = (
    "rem_id", "org_id", "loc_id", "staff_id", "remdate", "client_id", "client_name", "remtype", "remnotes",
    "remduedate", "remstatus", "remtime", "remtitle", "color", "created_at", "updated_at",
)  # fmt: skip
ANSWER_COLUMNS = ("remd_id", "rem_id", "staff_id", "remresponse", "remresstatus", "created_at", "updated_at")
LEAVE_COLUMNS = (
    "org_id", "loc_id", "lea_id", "staff_id", "requestdate", "fromdate", "todate", "fhvalue", "shvalue", "leavetype",
    "leaveremarks", "approval_status", "approvedby", "approveddate", "created_at", "updated_at",
)  # fmt: skip


def _somebody(rng: Random) -> int:
    return rng.randrange(1, len(words.STAFF) + 1)


def recent(rng: Random) -> datetime:
    """A morning of the last three months."""
    return TODAY.replace(hour=9, minute=0) - timedelta(days=rng.randrange(90))


def diary_entry(rng: Random, job_id: object, when: datetime) -> Row:
    """One row of workdiary, in the order of DIARY_COLUMNS."""
    start = rng.randrange(9, 16)
    minutes = rng.randrange(1, 20) * 15
    end = time(start + minutes // 60, minutes % 60)
    attached = rng.random() < 0.2
    return (
        1, 1, _somebody(rng), job_id, rng.randrange(1, len(words.TASKS) + 1), when.date(), time(start), end, minutes,
        rng.choice(words.NOTES), "Y" if attached else "N",
        f"diary/{rng.getrandbits(64):016x}.jpg" if attached else None, *stamps(rng, when),
    )  # fmt: skip


def reminder(rng: Random, rem_id: int, client: tuple[object, object], when: datetime) -> Row:
    """One row of reminder about `client` (client_id, clientname), in the order of REMINDER_COLUMNS."""
    kind, title = rng.choice(words.REMINDERS)
    return (
        rem_id, 1, 1, _somebody(rng), when.date(), *client, kind, rng.choice(words.NOTES) or None,
        (when + timedelta(days=rng.randrange(1, 30))).date(), rng.randrange(3), time(rng.randrange(9, 19), 30), title,
        rng.choice((-16776961, -65536, 16711680, 0)), *stamps(rng, when),
    )  # fmt: skip


def answer(rng: Random, remd_id: int, rem_id: object, when: datetime) -> Row:
    """One row of remdetail, in the order of ANSWER_COLUMNS."""
    return (remd_id, rem_id, _somebody(rng), rng.choice(words.NOTES), rng.choice("PDR"), *stamps(rng, when))


def leave(rng: Random, lea_id: int, when: datetime) -> Row:
    """One row of learequest, in the order of LEAVE_COLUMNS."""
    start = (when + timedelta(days=rng.randrange(2, 20))).date()
    approved = rng.random() < 0.5
    return (
        1, 1, lea_id, _somebody(rng), when.date(), start, start + timedelta(days=rng.randrange(4)),
        rng.choice(("Y", "N")), rng.choice(("Y", "N", None)), rng.choice(("CL", "SL", "EL")),
        rng.choice(words.LEAVE_REASONS), "A" if approved else "P", words.STAFF[0] if approved else None,
        when.date() if approved else None, *stamps(rng, when),
    )  # fmt: skip


def diary(rng: Random, count: int, job_count: int) -> TableRows:
    """workdiary: almost empty on the desktop, since staff keep it on their phones."""
    rows = [diary_entry(rng, rng.randrange(1, job_count + 1), recent(rng)) for _ in range(count)]
    return TableRows("workdiary", DIARY_COLUMNS, rows)


def reminders(rng: Random, count: int, clients: TableRows) -> TableRows:
    """reminder: `count` reminders numbered from 1."""
    known = list(zip(clients.values("client_id"), clients.values("clientname"), strict=True))
    rows = [reminder(rng, number, rng.choice(known), recent(rng)) for number in range(1, count + 1)]
    return TableRows("reminder", REMINDER_COLUMNS, rows)


def answers(rng: Random, count: int, reminder_count: int) -> TableRows:
    """remdetail: answers to the first half of the reminders, so that the later ones can be deleted."""
    half = reminder_count // 2
    rows = [answer(rng, number, rng.randrange(1, half + 1), recent(rng)) for number in range(1, count + 1)]
    return TableRows("remdetail", ANSWER_COLUMNS, rows)


def leaves(rng: Random, count: int) -> TableRows:
    """learequest: requests typed in at the office."""
    return TableRows("learequest", LEAVE_COLUMNS, [leave(rng, number, recent(rng)) for number in range(1, count + 1)])
