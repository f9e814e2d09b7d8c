"""The story: what the desktop does, what the phones do, and where jobshead stands at the start. All of it is here.

Job 124 is the point: a phone makes it, and the desktop, which knows nothing of that, gives the same number to a job
of its own. Job 121 is a desktop row that nobody changes, job 126 a mobile row that nobody else knows.
"""

from __future__ import annotations

from dataclasses import dataclass

JOBS = (121, 122, 123, 124, 125, 126)
PHONES = (124, 126)
"""The jobs that phones make. All others are the desktop's."""

CLOUD = """
    CREATE TABLE jobshead (
        job_id numeric(10) PRIMARY KEY,
        client_id numeric(7),
        work_desc varchar(100),
        source char(1) DEFAULT 'D'
    )
"""

DESKTOP = """
    CREATE TABLE jobshead (
        job_id numeric(10) PRIMARY KEY,
        client_id numeric(7),
        work_desc varchar(100)
    )
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of the story.

    :param title: a heading.
    :param desktop: what the desktop does before the sync, as SQL.
    :param phones: what phones do after the sync, as SQL.
    """

    title: str
    desktop: str
    phones: str = ""


FIRST = Step(
    "The first sync, into an empty cloud; then phones add 124 and 126",
    desktop="INSERT INTO jobshead VALUES (121, 5, 'Audit'), (122, 5, 'Payroll'), (123, 6, 'Tax return')",
    phones="""
        INSERT INTO jobshead (job_id, client_id, work_desc, source)
        VALUES (124, 7, 'Site visit', 'M'), (126, 7, 'Call back', 'M')
    """,
)
"""Not part of the table: each tool makes its own first load, so that it has the bookkeeping that it needs."""

STEPS = (
    Step(
        "1. The desktop updates 123, deletes 122, adds 125, and adds 124, which a mobile row already has",
        desktop="""
            UPDATE jobshead SET work_desc = 'Tax return, amended' WHERE job_id = 123;
            DELETE FROM jobshead WHERE job_id = 122;
            INSERT INTO jobshead VALUES (124, 9, 'Company formation'), (125, 8, 'Bookkeeping')
        """,
    ),
    Step("2. An empty extract: the desktop's table has no rows", desktop="DELETE FROM jobshead"),
    Step(
        "3. A one-row extract: of the desktop's table only 123 is left",
        desktop="INSERT INTO jobshead VALUES (123, 6, 'Tax return, amended')",
    ),
)
