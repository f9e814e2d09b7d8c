"""Preflight's text as a user sees it, and the findings that a test cannot stage on a server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from hybrid_sync.catalog import TargetColumn
from hybrid_sync.findings import Finding, error, note, warning
from hybrid_sync.odbc.readings import DesktopColumn
from hybrid_sync.preflight import as_table, count_lines, free_bytes, summary
from hybrid_sync.preflight.narrowing import described, narrows
from hybrid_sync.preflight.server import Server, room_findings, server_findings

TABLES = ("orgmaster", "jobshead", "jobtasks", "workdiary", "reminder")
FOUND = [
    note("", "the clocks agree", "Nothing to do."),
    *(warning(name, "the default of source is 'D'", "SET DEFAULT 'M'.") for name in TABLES),
    *(note(name, "a note of most", "Nothing.") for name in TABLES if name != "jobshead"),
    error("jobtasks", "one thing that takes more than sixty characters to say is wrong", "Mend it."),
    error(
        "jobshead", "another", "Mend " + "a_very_long_name_that_is_never_broken_so_that_it_can_be_copied_from_the_log."
    ),
]


def test_the_worst_comes_first_and_what_tables_share_is_one_line() -> None:
    table = as_table(FOUND, TABLES)
    long = "a_very_long_name_that_is_never_broken_so_that_it_can_be_copied_from_the_log."
    assert table == dedent(f"""\
        table               severity  what                                                       remedy
        ------------------  --------  ---------------------------------------------------------  {"-" * len(long)}
        jobshead            error     another                                                    Mend
                                                                                                 {long}
        jobtasks            error     one thing that takes more than sixty characters to say is  Mend it.
                                      wrong
        all 5               warning   the default of source is 'D'                               SET DEFAULT 'M'.
        (run)               note      the clocks agree                                           Nothing to do.
        all 5 but jobshead  note      a note of most                                             Nothing.""")


def test_the_summary_counts_lines_and_names_the_tables_that_stop() -> None:
    assert summary(FOUND, TABLES) == "5 tables (2 will not run: jobshead, jobtasks); 2 errors, 1 warning, 2 notes"
    assert summary([], ("jobs",)) == "1 table (all can run); 0 errors, 0 warnings, 0 notes"
    assert count_lines(FOUND, TABLES) == {"error": 2, "warning": 1, "note": 2}


def test_a_table_without_findings_is_its_head() -> None:
    assert as_table([], TABLES).splitlines()[0] == "table  severity  what  remedy"


def server(**settings: Any) -> Server:
    usual: dict[str, Any] = {
        "version": 170_004, "version_text": "17.4", "role": "sync", "passes_row_security": False, "encoding": "UTF8",
        "database_bytes": 2**30, "skew": 0.2, "port": 5432, "pooled": False, "changing": False,
    }  # fmt: skip
    return Server(**usual | settings)


def sentences(findings: Iterator[Finding]) -> list[str]:
    return [f"{finding.severity}: {finding.what}" for finding in findings]


def test_a_healthy_server_needs_no_word() -> None:
    assert sentences(server_findings(server())) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"version": 190_000, "version_text": "19.0"}, "note: the cloud is PostgreSQL 19.0, newer than those"),
        ({"port": 6543}, "note: a connection pooler stands before the cloud (port 6543)"),
        ({"pooled": True}, "note: a connection pooler stands before the cloud (another process than"),
        ({"changing": True}, "note: a connection pooler stands before the cloud (each transaction by another process)"),
        ({"passes_row_security": True}, "note: the role sync passes over row level security"),
        ({"encoding": "LATIN1"}, "warning: the cloud's encoding is LATIN1"),
        ({"skew": 61.0}, "warning: the cloud's clock is 61 s ahead of this worker's"),
        ({"skew": -7200.0}, "warning: the cloud's clock is 7,200 s behind this worker's"),
    ],
)
def test_what_is_odd_about_a_server_is_said_once(settings: dict[str, Any], said: str) -> None:
    (sentence,) = sentences(server_findings(server(**settings)))
    assert sentence.startswith(said)


def test_room_is_told_as_far_as_it_can_be_known(tmp_path: Path) -> None:
    (known,) = sentences(room_findings(server(), [], None))
    assert known.startswith(
        "note: the cloud's database has 1 GB, these tables 0 bytes; how much the server's disk has left"
    )
    assert (
        sentences(room_findings(server(), [], 10**6))[1]
        == "warning: the disk for extracts has 977 kB left on this worker"
    )
    assert len(sentences(room_findings(server(), [], 2**40))) == 1
    assert free_bytes("s3://bucket/extracts") is None
    assert (free_bytes(f"file://{tmp_path}/not/made/yet") or 0) > 0


def desktop(type_name: str, sql_type: int, size: int | None = None, digits: int | None = None) -> DesktopColumn:
    return DesktopColumn("c", type_name, sql_type, size, digits, True)


def cloud(
    base: str, *, length: int | None = None, precision: int | None = None, scale: int | None = None
) -> TargetColumn:
    return TargetColumn("c", base, base, "b", length, precision, scale, False, False, False, False, ())


VARCHAR, TEXT, NUMERIC, INTEGER, BIGINT, DOUBLE, STAMP = 12, -1, 2, 4, -5, 8, 93


@pytest.mark.parametrize(
    ("there", "here", "narrower"),
    [
        (desktop("varchar", VARCHAR, 60), cloud("varchar", length=20), True),
        (desktop("varchar", VARCHAR, 60), cloud("varchar", length=60), False),
        (desktop("varchar", VARCHAR, 60), cloud("text"), False),
        (desktop("varchar", VARCHAR, 255), cloud("varchar", length=20), False),  # a driver's word for "no length"
        (desktop("text", TEXT, 8190), cloud("varchar", length=100), True),
        (desktop("numeric", NUMERIC, 10, 3), cloud("numeric", precision=6, scale=2), True),
        (desktop("numeric", NUMERIC, 8, 2), cloud("numeric", precision=8, scale=2), False),
        (desktop("numeric", NUMERIC, 8, 2), cloud("numeric", precision=10, scale=1), True),
        (desktop("numeric", NUMERIC, 28, 6), cloud("numeric", precision=6, scale=2), False),
        (desktop("numeric", NUMERIC, 8, 2), cloud("numeric"), False),
        (desktop("numeric", NUMERIC, 10, 0), cloud("int4"), True),
        (desktop("numeric", NUMERIC, 9, 0), cloud("int4"), False),
        (desktop("int4", INTEGER), cloud("int4"), False),
        (desktop("int4", INTEGER), cloud("int8"), False),
        (desktop("int4", INTEGER), cloud("numeric", precision=3, scale=0), True),
        (desktop("int8", BIGINT), cloud("int4"), True),
        (desktop("int8", BIGINT), cloud("numeric"), False),
        (desktop("float8", DOUBLE), cloud("float8"), False),
        (desktop("float8", DOUBLE), cloud("float4"), True),
        (desktop("float8", DOUBLE), cloud("numeric", precision=10, scale=2), True),
        (desktop("timestamp", STAMP, 26, 6), cloud("date"), True),
        (desktop("timestamp", STAMP, 26, 6), cloud("timestamptz", scale=6), False),
        (desktop("timestamp", STAMP, 26, 6), cloud("timestamp", scale=0), True),
    ],
)
def test_a_type_is_narrower_only_where_the_declared_types_say_so(
    there: DesktopColumn, here: TargetColumn, narrower: bool
) -> None:
    assert narrows(there, here) is narrower


def test_desktop_types_are_written_as_one_declares_them() -> None:
    assert described(desktop("varchar", VARCHAR, 60)) == "varchar(60)"
    assert described(desktop("varchar", VARCHAR, 255)) == "varchar"
    assert described(desktop("numeric", NUMERIC, 8, 2)) == "numeric(8,2)"
    assert described(desktop("numeric", NUMERIC, 8, 0)) == "numeric(8)"
    assert described(desktop("timestamp", STAMP, 26, 6)) == "timestamp"
    assert described(desktop("NUMERIC(8,2)", NUMERIC, 8, 2)) == "NUMERIC(8,2)"
