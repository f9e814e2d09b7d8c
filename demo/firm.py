"""The accounting firm on the desktop: every row of it, the same for the same seed, and its way into a database.

Every row can be stored in the cloud with all its keys, NOT NULLs and foreign keys: what cannot be stored belongs
to tests that plant it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

from demo import jobs, masters, office
from demo.rows import TableRows, copy_rows, desktop_name, sizes

SEED = 20251030
DESKTOP_SCHEMA = Path(__file__).parent / "sql" / "desktop.sql"
CLOUD_SCHEMA = Path(__file__).parent / "sql" / "cloud.sql"


def stream(seed: int, name: str) -> Random:
    """A source of chance of its own for each purpose, so that a change to one table leaves the others alone."""
    return Random(f"{seed}:{name}")


def make_firm(scale: float = 1.0, seed: int = SEED) -> dict[str, TableRows]:
    """The desktop's rows by table, in the seed's order: about 93,000, or hundreds with a `scale` near 0."""
    chance = partial(stream, seed)
    rows = sizes(scale)
    clients = masters.clients(chance("climaster"), rows["climaster"])
    heads = jobs.jobs(chance("jobshead"), rows["jobshead"], rows["climaster"])
    tasks = jobs.tasks(chance("jobtasks"), rows["jobtasks"], heads)
    tables = [
        *masters.organisations(chance("organisations")),
        clients,
        masters.units(chance("cliunimaster"), rows["cliunimaster"], rows["climaster"]),
        *masters.kinds(chance("kinds")),
        masters.staff(chance("mbstaff")),
        heads,
        tasks,
        jobs.checklists(chance("taskchecklist"), rows["taskchecklist"], tasks),
        office.diary(chance("workdiary"), rows["workdiary"], rows["jobshead"]),
        office.reminders(chance("reminder"), rows["reminder"], clients),
        office.answers(chance("remdetail"), rows["remdetail"], rows["reminder"]),
        office.leaves(chance("learequest"), rows["learequest"]),
    ]
    return {table.table: table for table in tables}


def fill_desktop(uri: str, firm: dict[str, TableRows]) -> int:
    """Make the desktop's tables in the empty database at `uri` and load the firm. Gives the number of rows."""
    import psycopg

    with psycopg.connect(uri) as connection:
        connection.execute(DESKTOP_SCHEMA.read_bytes())
        for table in firm.values():
            copy_rows(connection, desktop_name(table.table), table.columns, table.rows)
    return sum(len(table.rows) for table in firm.values())


def make_cloud(uri: str) -> None:
    """Make the cloud's tables, empty, in the empty database at `uri`."""
    import psycopg

    with psycopg.connect(uri) as connection:
        connection.execute(CLOUD_SCHEMA.read_bytes())
