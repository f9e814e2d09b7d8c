"""What is wrong in a registry is said in one sentence with the file, the table and the valid choices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hybrid_sync import sql
from hybrid_sync.errors import RegistryError
from hybrid_sync.registry import load_registry

Write = Callable[[str], Path]

REJECTS = "max_rejects in FILE must be a number of rows from 0 up, or a share of the rows such as 1%"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a registry file and gives its path."""

    def written(content: str) -> Path:
        path = tmp_path / "tables.yaml"
        path.write_text(content, encoding="utf-8")
        return path

    return written


@pytest.fixture
def entry(write: Write) -> Callable[[str], Path]:
    """Writes a registry whose one table, jobshead, is an upsert with these further settings."""
    return lambda settings: write(f"tables:\n  jobshead: {{strategy: upsert, key: [job_id], {settings}}}\n")


def sentence(path: Path) -> str:
    """The error about `path`, after checking that it is one line and names the file."""
    with pytest.raises(RegistryError) as caught:
        load_registry(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    assert not message.endswith(".")
    return message.replace(str(path), "FILE")


class TestFilesThatCannotBeRead:
    def test_missing(self, tmp_path: Path) -> None:
        assert sentence(tmp_path / "none.yaml") == (
            "FILE does not exist; create it, or let HYBRID_SYNC_REGISTRY name the registry file"
        )

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "FILE cannot be read (Is a directory)" in sentence(tmp_path)

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("", "FILE is empty; it needs tables: with one entry a table"),
            ("# nothing yet\n", "FILE is empty; it needs tables: with one entry a table"),
            ("[a, b]", "FILE must hold a mapping that has tables: with one entry a table"),
            ("ownership: {column: source}", "FILE has no tables; it needs tables: with one entry a table"),
            ("tables: {}", "FILE has no tables; it needs tables: with one entry a table"),
            ("tables: {a: [}", "FILE cannot be read as YAML: line 1, column 14: "),
            ("tables: \x01", "FILE cannot be read as YAML: "),
            ("tables: !!python/object:os.system {}", "FILE cannot be read as YAML: line 1, column 9: "),
            (
                "tables:\n  a: {strategy: upsert}\n  b: {}\n  a: {}\n",
                "FILE cannot be read as YAML: line 4, column 3: the key 'a' is given twice, first in line 2",
            ),
            (
                "tables:\n  a: {strategy: upsert, key: [a], 'strategy': delete_insert}\n",
                "the key 'strategy' is given twice, first in line 2",
            ),
            ("tables: {a: {}}\n---\ntables: {}\n", "FILE cannot be read as YAML: line 2, column 1: "),
            ("tables: {a: {watermark: 2026-02-30}}", "FILE cannot be read as YAML: day is out of range for month"),
            ("tables: {[a]: {}}", "FILE cannot be read as YAML: line 1, column 10: found unhashable key"),
        ],
    )
    def test_what_it_says(self, write: Write, content: str, expected: str) -> None:
        assert expected in sentence(write(content))

    def test_bytes_that_are_not_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "tables.yaml"
        path.write_bytes(b"tables: {caf\xe9: {}}")

        assert "FILE cannot be read as YAML: " in sentence(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "tabels: {}",
            "FILE has the unknown key tabels (did you mean tables?); the keys are ownership, ",
        ),
        ("tables: [jobshead]", "tables in FILE must be a mapping, not a list"),
        ("tables:", "tables in FILE must be a mapping, not nothing"),
        ("tables: {on: {}}", "tables in FILE must have texts as the tables' names, not true (YAML reads "),
        ("tables: {12: {}}", "tables in FILE must have texts as the tables' names, not the number 12"),
        ("ownership: source", "ownership in FILE must be a mapping, not 'source'"),
        ("ownership: {colum: s}", "ownership in FILE has the unknown key colum (did you mean column?); the keys are "),
        ("ownership: {desktop: 1}", "ownership.desktop in FILE must be a text, not the number 1"),
        ("ownership: {null_is_desktop: D}", "ownership.null_is_desktop in FILE must be true or false, not 'D'"),
        (
            "desktop_time_zone: IST+5",
            "desktop_time_zone in FILE must be a time zone such as UTC or Asia/Kolkata, not 'IST+5'",
        ),
        ("desktop_time_zone: Asia/Kolkatta", "(did you mean Asia/Kolkata?)"),
        ("desktop_time_zone: Asia", "desktop_time_zone in FILE must be a time zone"),
        ("desktop_time_zone: ../../etc/passwd", "desktop_time_zone in FILE must be a time zone"),
        ("desktop_time_zone: 5", "desktop_time_zone in FILE must be a text, not the number 5"),
        ("defaults: {max_shrnk: 1}", "defaults in FILE has the unknown key max_shrnk (did you mean max_shrink?)"),
        ("defaults: {max_shrink: 2}", "defaults.max_shrink in FILE must be a share from 0 to 1, not the number 2"),
        (
            "defaults: {rewrite: al}",
            "defaults.rewrite in FILE must be one of all, changed, not 'al' (did you mean all?)",
        ),
    ],
)
def test_what_is_wrong_outside_the_entries_is_said(write: Write, content: str, expected: str) -> None:
    more = "" if content.startswith("tab") else "tables: {jobshead: {strategy: upsert, key: [job_id]}}"

    assert expected in sentence(write(f"{content}\n{more}\n"))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("stratgy: upsert", "the entry in FILE has the unknown key stratgy (did you mean strategy?); the keys are "),
        ("no: 1", "the entry in FILE has the unknown key false (YAML reads off and no so; put a name in quotes)"),
        ("deletes: remove", "deletes in FILE must be one of keep, propagate, not 'remove'"),
        ("deletes: no", "deletes in FILE must be one of keep, propagate, not false (YAML reads off and no so; "),
        ("on_duplicate: last", "on_duplicate in FILE must be one of fail, keep_last, not 'last' (did you mean "),
        ("on_conflict: []", "on_conflict in FILE must be one of mobile_wins, desktop_wins, fail, not a list"),
        ("detect_mobile_edits: 1", "detect_mobile_edits in FILE must be true or false, not the number 1"),
        ("source_table: on", "source_table in FILE must be a text, not true (YAML reads on and yes so; "),
        ("source_table: ''", "source_table in FILE must be a text, not ''"),
        ("source_table: null", "source_table in FILE must be a text, not nothing"),
        ("target_table: a.b.c", "target_table in FILE must be table or schema.table, not 'a.b.c'"),
        ("target_table: public.", "target_table in FILE must be table or schema.table, not 'public.'"),
        (f"target_table: {'t' * 64}", f"target_table in FILE has the name '{'t' * 64}', and PostgreSQL's "),
        (f"target_table: {'வ' * 22}", f"target_table in FILE has the name '{'வ' * 22}', and PostgreSQL's "),
        ("watermark: 2024-01-01", "watermark in FILE must be a text, not a date"),
        (
            "overlap: 2h",
            "overlap in FILE must be a duration such as 90 seconds, 15 minutes, 2 hours or 1 day (or, where ",
        ),
        ("overlap: -5", "overlap in FILE must be a duration such as 90 seconds, 15 minutes, 2 hours or 1 day (or, "),
        ("split: job_id", "split in FILE must be a mapping such as {column: job_id, parts: 8}, not 'job_id'"),
        ("split: {column: job_id}", "split in FILE needs parts, such as {column: job_id, parts: 8}"),
        ("split: {}", "split in FILE needs column and parts, such as {column: job_id, parts: 8}"),
        (
            "split: {colum: a, parts: 8}",
            "split in FILE has the unknown key colum (did you mean column?); the keys are ",
        ),
        (
            "split: {column: a, parts: 1}",
            "split in FILE must have a whole number from 2 to 64 as parts, not the number 1",
        ),
        (
            "split: {column: a, parts: 65}",
            "split in FILE must have a whole number from 2 to 64 as parts, not the number 65",
        ),
        (
            "split: {column: a, parts: 8.0}",
            "split in FILE must have a whole number from 2 to 64 as parts, not the number 8.0",
        ),
        ("split: {column: a, parts: true}", "split in FILE must have a whole number from 2 to 64 as parts, not true"),
        (
            "split: {column: [a], parts: 8}",
            "split in FILE must have the name of a desktop column as column, not a list",
        ),
        (
            "watermark: Changed, split: {column: changed, parts: 2}",
            "the entry in FILE is split by its watermark Changed: a row that changes while the parts are read would ",
        ),
        ("overlap: true", "overlap in FILE must be a duration such as 90 seconds, 15 minutes, 2 hours or 1 day (or, "),
        ("full_every: 0", "full_every in FILE must be a whole number of runs from 1 up, not the number 0"),
        ("full_every: 1.5", "full_every in FILE must be a whole number of runs from 1 up, not the number 1.5"),
        ("columns: [job_id]", "columns in FILE must map cloud columns to desktop columns such as {job_id: JOBNO}, "),
        ("columns: {}", "columns in FILE must map cloud columns to desktop columns such as {job_id: JOBNO}, "),
        ("columns: {job_id: 7}", "columns in FILE must hold names only, not the number 7"),
        ("columns: {job_id: no}", "columns in FILE must hold names only, not false (YAML reads off and no so; "),
        ("columns: {on: A, job_id: B}", "columns in FILE must hold names only, not true (YAML reads on and yes so; "),
        ("columns: {job_id: NO1, a: no1}", "columns in FILE takes the desktop column NO1, no1 more than once"),
        ("columns: {a: A, b: B}", "the entry in FILE maps no job_id, which key or order_by names; columns has a, b"),
        (
            "columns: {job_id: A}, on_duplicate: keep_last, order_by: b",
            "the entry in FILE maps no b, which key or order_by names; columns has job_id",
        ),
        (
            "columns: {job_id: A, source: B}",
            "the entry in FILE maps the ownership column source in columns; leave it out, it is written for every row",
        ),
        ("max_shrink: 1.5", "max_shrink in FILE must be a share from 0 to 1, not the number 1.5"),
        ("max_shrink: .nan", "max_shrink in FILE must be a share from 0 to 1, not the number nan"),
        ("max_shrink: yes", "max_shrink in FILE must be a share from 0 to 1, not true"),
        ("max_shrink: 50%", "max_shrink in FILE must be a share from 0 to 1, not '50%'"),
        ("max_rejects: -1", f"{REJECTS}, not the number -1"),
        ("max_rejects: 0.5", f"{REJECTS}, not the number 0.5"),
        ("max_rejects: 101%", f"{REJECTS}, not '101%'"),
        ("max_rejects: '-1%'", f"{REJECTS}, not '-1%'"),
        ("max_rejects: on", f"{REJECTS}, not true"),
        ("on_duplicate: keep_last", "the entry in FILE needs order_by, the cloud column that tells which row is the "),
        ("order_by: b", "the entry in FILE has order_by, which needs on_duplicate: keep_last (it is fail)"),
        ("mobile_owned_columns: [a, a]", "mobile_owned_columns in FILE names a more than once"),
        ("mobile_owned_columns: [job_id]", "the entry in FILE has job_id both in key and in mobile_owned_columns; "),
        ("insert_only_columns: [job_id]", "the entry in FILE has job_id both in key and in insert_only_columns; "),
        ("mobile_owned_columns: [source]", "the entry in FILE names the ownership column source in "),
        ("generated_key: jt_id", "the entry in FILE has generated_key, which is for delete_insert; upsert has key, "),
        ("rewrite: changed", "the entry in FILE has rewrite, which is for delete_insert; upsert has key, "),
        ("after: [jobhead]", "the entry in FILE comes after jobhead, which is no table; the tables are jobshead"),
        ("after: jobshead", "after in FILE must be a list such as [job_id], not 'jobshead'"),
        ("after: [jobshead]", "the entry in FILE cannot come after itself"),
    ],
)
def test_what_is_wrong_in_an_upsert_is_said(entry: Write, settings: str, expected: str) -> None:
    assert f"jobshead: {expected}" in sentence(entry(settings))


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("a:", "a: the entry in FILE must be a mapping such as {strategy: upsert, key: [job_id]}, not nothing"),
        ("a: upsert", "a: the entry in FILE must be a mapping such as {strategy: upsert, key: [job_id]}, not 'upsert'"),
        ("a: {}", "a: the entry in FILE needs strategy, one of upsert, delete_insert"),
        ("a: {strategy: upsrt}", "a: strategy in FILE must be one of upsert, delete_insert, not 'upsrt' (did "),
        ("a: {strategy: 1}", "a: strategy in FILE must be one of upsert, delete_insert, not the number 1"),
        ("a: {strategy: upsert}", "a: the entry in FILE needs key, one or more columns of a unique key such "),
        ("a: {strategy: upsert, key: []}", "a: the entry in FILE needs key, one or more columns of a unique key such"),
        ("a: {strategy: upsert, key: id}", "a: key in FILE must be a list such as [job_id], not 'id'"),
        ("a: {strategy: upsert, key: [no]}", "a: key in FILE must hold names only, not false (YAML reads "),
        ("a: {strategy: upsert, key: [id, id]}", "a: key in FILE names id more than once"),
        ("a: {strategy: delete_insert, generated_key: source}", "names the ownership column source in generated_key"),
        ("a: {strategy: upsert, key: [source]}", "a: the entry in FILE names the ownership column source in key; "),
        (
            "a: {strategy: delete_insert, key: [id]}",
            "a: the entry in FILE has key, which is for upsert; delete_insert has generated_key, rewrite",
        ),
        ("a: {strategy: delete_insert, deletes: propagate}", "a: the entry in FILE has deletes, which is for upsert; "),
        (
            "a: {strategy: delete_insert, generated_key: jt_id, columns: {jt_id: A}}",
            "a: the entry in FILE maps the generated key jt_id in columns; leave it out, it is written for every row",
        ),
        (
            "a: {strategy: delete_insert, mobile_owned_columns: [note]}",
            "a: the entry in FILE has mobile_owned_columns, which rewrite: all would write anew; it needs ",
        ),
        ("a b: {strategy: delete_insert}", "a b: the entry in FILE needs a name of letters, digits, _ and - "),
        ("a.b: {strategy: delete_insert}", "a.b: the entry in FILE needs a name of letters, digits, _ and - "),
        ("வேலை: {strategy: delete_insert}", "வேலை: the entry in FILE needs a name of letters, digits, _ and - "),
        (f"{'a' * 49}: {{strategy: delete_insert}}", "the entry in FILE needs a name of at most 48 characters"),
        ("preflight: {strategy: delete_insert}", "preflight: the entry in FILE needs another name (with target_table)"),
        ("validate_mobile_rows: {strategy: delete_insert}", "as preflight and validate_mobile_rows are tasks"),
        (
            "a: {strategy: delete_insert}\n  b: {strategy: delete_insert, target_table: a}",
            "b: the entry in FILE writes to a, and so does a; give it another target_table",
        ),
        (
            "a: {strategy: delete_insert, target_table: public.t}\n  b: {strategy: delete_insert, target_table: t}",
            "b: the entry in FILE writes to t, and so does a; give it another target_table",
        ),
    ],
)
def test_what_is_wrong_in_a_table_is_said(write: Write, table: str, expected: str) -> None:
    assert expected in sentence(write(f"tables:\n  {table}\n"))


def test_a_circle_is_printed_in_the_direction_of_after(write: Write) -> None:
    tables = "".join(
        f"  {name}: {{strategy: delete_insert, after: [{after}]}}\n" for name, after in ("ac", "ba", "cb", "da")
    )

    assert sentence(write(f"tables:\n{tables}")) in {
        f"{circle[0]}: the entry in FILE is in a circle: {' after '.join(circle)}; take one of them out of after"
        for circle in ("acba", "cbac", "bacb")  # a after c after b after a, from wherever it is begun
    }


def test_a_strategy_without_a_template_is_refused(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "merge").mkdir()
    (tmp_path / "merge" / "upsert.sql").touch()
    monkeypatch.setattr(sql, "TEMPLATES", tmp_path)

    assert sentence(write("tables: {a: {strategy: delete_insert}}")) == (
        f"a: the entry in FILE has the strategy delete_insert, which has no template "
        f"{tmp_path}/merge/delete_insert.sql; strategies with one: upsert"
    )


def test_several_problems_are_counted_after_the_first_in_the_file(write: Write) -> None:
    content = "tables:\n  b: {strategy: upsert}\n  a: {key: 1, max_shrink: 7}\n  c: {strategy: delete_insert}\n"

    message = sentence(write(content))

    assert message.startswith("b: the entry in FILE needs key, ")
    assert message.endswith(" (and 3 more problems)")


def test_two_problems_are_counted_in_the_singular(write: Write) -> None:
    assert sentence(write("tables: {a: {strategy: upsert}, b: {strategy: upsert}}")).endswith(" (and 1 more problem)")


def test_the_error_knows_its_table(entry: Write) -> None:
    with pytest.raises(RegistryError) as caught:
        load_registry(entry("max_shrink: 2"))

    assert caught.value.table == "jobshead"
