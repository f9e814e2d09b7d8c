"""The firm's master tables: organisations, places, contacts, clients, units, kinds of task and job, staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from demo import words
from demo.rows import TableRows

FIRST_DAY = datetime(2019, 4, 1, 9, 30)
TODAY = datetime(2025, 10, 30, 18, 0)  # the firm's present: fixed, so that every demonstration is the same
ORG_OF_CONTACT = {1: 1, 2: 1, 3: 1, 4: 2}
_STAMPS = ("created_at", "updated_at")
_PLACE = ("org_id", "con_id", "loc_id")


def stamps(rng: Random, made: datetime) -> tuple[datetime, datetime]:
    """A row's created_at and updated_at, without zone and with microseconds, as the desktop writes them."""
    created = made + timedelta(microseconds=rng.randrange(28_800_000_000))
    return created, created + timedelta(microseconds=rng.randrange(600_000_000_000)) * (rng.random() < 0.3)


def place(rng: Random) -> tuple[int, int | None, int]:
    """org_id, con_id and loc_id of a row; a few rows know no contact."""
    contact = rng.choice((1, 1, 1, 2, 2, 3, 4))
    return ORG_OF_CONTACT[contact], None if rng.random() < 0.03 else contact, 1


def phone(rng: Random) -> str:
    """A telephone number that no subscriber has: Indian mobile numbers never begin with 1."""
    return f"+91 1{rng.randrange(1000, 9999)} {rng.randrange(10_000, 99_999)}"


def _made(rng: Random) -> tuple[datetime, datetime]:
    return stamps(rng, FIRST_DAY + timedelta(days=rng.randrange(2_000)))


def organisations(rng: Random) -> list[TableRows]:
    """orgmaster, locmaster and conmaster."""
    orgs = ("Narayanan & Co., Chartered Accountants", "நாராயணன் அசோசியேட்ஸ் LLP")
    contacts = ("Head office", "Audit wing", "GST desk", "Associates")
    return [
        TableRows(
            "orgmaster",
            ("org_id", "orgname", *_STAMPS),
            [(number, name, *_made(rng)) for number, name in enumerate(orgs, 1)],
        ),
        TableRows("locmaster", ("org_id", "loc_id", "locname", *_STAMPS), [(1, 1, words.OFFICE, *_made(rng))]),
        TableRows(
            "conmaster",
            ("org_id", "con_id", "conname", "conmail", "conphone", *_STAMPS),
            [
                (ORG_OF_CONTACT[number], number, name, f"desk{number}@firm.example", phone(rng), *_made(rng))
                for number, name in enumerate(contacts, 1)
            ],
        ),
    ]


def clients(rng: Random, count: int) -> TableRows:
    """climaster: `count` clients."""
    table = TableRows("climaster", (*_PLACE, "client_id", "clientname", "clientmail", "clientphone", *_STAMPS))
    for number in range(1, count + 1):
        name = f"{rng.choice(words.OWNERS)} {rng.choice(words.BUSINESSES)}, {rng.choice(words.TOWNS)[0]}"
        mail = None if rng.random() < 0.1 else f"accounts{number}@client.example"
        table.rows.append((*place(rng), number, name, mail, phone(rng), *_made(rng)))
    return table


def units(rng: Random, count: int, client_count: int) -> TableRows:
    """cliunimaster: branches of the first clients."""
    address = ("cliunitadd1", "cliunitadd2", "cliunitcity", "cliunitpin", "cliunitstate", "cliunitcountry")
    table = TableRows(
        "cliunimaster",
        (*_PLACE, "client_id", "cliu_id", "cliunitname", *address, "cliunitmail", "cliunitphone", *_STAMPS),
    )
    for number in range(1, count + 1):
        town, pin = rng.choice(words.TOWNS)
        street = f"{rng.randrange(1, 240)}, {rng.choice(words.STREETS)}"
        where = (street, None, town, pin, "Tamil Nadu", "India")
        client = 1 + number % client_count
        mail = f"unit{number}@client.example"
        table.rows.append((*place(rng), client, number, f"{town} unit", *where, mail, phone(rng), *_made(rng)))
    return table


def kinds(rng: Random) -> list[TableRows]:
    """taskmaster and jobmaster: what a task and a job may be."""
    return [
        TableRows(
            "taskmaster",
            (*_PLACE, "task_id", "task_desc", "task_status", *_STAMPS),
            [(*place(rng), number, name, 1, *_made(rng)) for number, name in enumerate(words.TASKS, 1)],
        ),
        TableRows(
            "jobmaster",
            (*_PLACE, "job_id", "jobdesc", "jobstatus", *_STAMPS),
            [(*place(rng), number, name, "A", *_made(rng)) for number, name in enumerate(words.JOBS, 1)],
        ),
    ]


def staff(rng: Random) -> TableRows:
    """mbstaff: the people."""
    table = TableRows(
        "mbstaff",
        (*_PLACE, "staff_id", "app_username", "name", "email", "stafftype", "phonumber", "dob", "createdby",
         "createddate", "active_status", *_STAMPS),
    )  # fmt: skip
    for number, name in enumerate(words.STAFF, 1):
        born = date(1968, 1, 1) + timedelta(days=rng.randrange(12_000))
        joined = FIRST_DAY.date() + timedelta(days=rng.randrange(1_500))
        person = (number, f"staff{number:02}", name, f"staff{number:02}@firm.example", rng.randrange(1, 4), phone(rng))
        table.rows.append((*place(rng), *person, born, "admin", joined, int(number != 7), *_made(rng)))
    return table
