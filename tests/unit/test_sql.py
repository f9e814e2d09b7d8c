"""How names and constants get into SQL, and what every shipped statement keeps to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from hybrid_sync import sql
from hybrid_sync.specs import Strategy

SHIPPED = sorted(sql.TEMPLATES.rglob("*.sql"))
COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}", re.DOTALL)
STAR = re.compile(r"\bSELECT\s+(?:DISTINCT\s+|ALL\s+)?(?:[\w\".{}| ]+\.)?\*", re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("jt_id", '"jt_id"'),
        ("JobsHead", '"JobsHead"'),
        ("order", '"order"'),
        ("user", '"user"'),
        ('say "hi"', '"say ""hi"""'),
        ('"', '""""'),
        ("o'clock", '"o\'clock"'),
        ("a\\b", '"a\\b"'),
        ("a.b", '"a.b"'),
        ("two words", '"two words"'),
        ("வேலை", '"வேலை"'),
        ("x; DROP TABLE y --", '"x; DROP TABLE y --"'),
    ],
)
def test_an_identifier_is_quoted_whatever_it_holds(name: str, quoted: str) -> None:
    assert sql.ident(name) == quoted


@pytest.mark.parametrize("name", ["", "\0", "jt\0id"])
def test_what_no_quoting_can_carry_is_no_identifier(name: str) -> None:
    with pytest.raises(ValueError, match="is not an identifier"):
        sql.ident(name)


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("jobtasks", '"jobtasks"'),
        ("public.jobtasks", '"public"."jobtasks"'),
        ("public.say \"hi\"", '"public"."say ""hi"""'),
        ("hybrid_sync_staging.jobshead__1a2b", '"hybrid_sync_staging"."jobshead__1a2b"'),
    ],
)  # fmt: skip
def test_a_relation_is_quoted_part_by_part(name: str, quoted: str) -> None:
    assert sql.relation(name) == quoted


@pytest.mark.parametrize("name", ["", ".", "public.", ".jobtasks", "public..jobtasks"])
def test_a_relation_has_no_empty_part(name: str) -> None:
    with pytest.raises(ValueError, match="is not an identifier"):
        sql.relation(name)


@pytest.mark.parametrize(
    ("name", "quote", "quoted"),
    [
        ("JOBS", '"', '"JOBS"'),
        ('say "hi"', '"', '"say ""hi"""'),
        ("order", "`", "`order`"),
        ("a`b", "`", "`a``b`"),
        ("JOBS", "", "JOBS"),
    ],
)
def test_a_desktop_identifier_takes_its_drivers_quote(name: str, quote: str, quoted: str) -> None:
    assert sql.desktop_ident(name, quote) == quoted
    assert sql.desktop_relation(("dba", name), quote) == f"{quote}dba{quote}.{quoted}"


@pytest.mark.parametrize(("name", "quote"), [("", '"'), ("a\0", '"'), ("two words", ""), ("a;b", "")])
def test_a_desktop_name_that_cannot_be_quoted_is_refused(name: str, quote: str) -> None:
    with pytest.raises(ValueError, match="is not an identifier that this desktop can take"):
        sql.desktop_ident(name, quote)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("D", "'D'"),
        ("", "''"),
        ("o'clock", "'o''clock'"),
        ("'; DROP TABLE x --", "'''; DROP TABLE x --'"),
        ('say "hi"', "'say \"hi\"'"),
        ("a\\b", "E'a\\\\b'"),
        ("\\'", "E'\\\\'''"),
        ("two\nlines", "'two\nlines'"),
        ("வேலை", "'வேலை'"),
        (None, "NULL"),
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (-7, "-7"),
        (0.5, "0.5"),
    ],
)
def test_a_constant_is_written_as_a_literal(value: str | float | bool | None, written: str) -> None:
    assert sql.literal(value) == written


def test_a_literal_cannot_hold_a_nul() -> None:
    with pytest.raises(ValueError, match="NUL"):
        sql.literal("a\0b")


class TestRender:
    @pytest.fixture(autouse=True)
    def _own_templates(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "probe.sql").write_text(
            "SELECT {{ column | ident }}\nFROM {{ table | relation }}\n"
            "{% if desktop %}\nWHERE source = {{ desktop | literal }}\n{% endif %}\n"
        )
        monkeypatch.setattr(sql, "TEMPLATES", tmp_path)
        monkeypatch.setattr(sql, "environment", sql.environment.__wrapped__)

    def test_names_go_through_the_filters_and_blocks_leave_no_blank_line(self) -> None:
        text = sql.render("probe.sql", column="jt_id", table="public.jobtasks", desktop="D")

        assert text == 'SELECT "jt_id"\nFROM "public"."jobtasks"\nWHERE source = \'D\'\n'

    def test_a_missing_name_is_an_error(self) -> None:
        with pytest.raises(UndefinedError, match="'table' is undefined"):
            sql.render("probe.sql", column="jt_id", desktop="D")

    def test_a_missing_template_is_an_error(self) -> None:
        with pytest.raises(TemplateNotFound, match=r"merge/none\.sql"):
            sql.render("merge/none.sql")

    def test_quotes_are_not_turned_into_html(self) -> None:
        assert "'<&>'" in sql.render("probe.sql", column="a", table="t", desktop="<&>")


@pytest.mark.parametrize("strategy", Strategy)
def test_every_strategy_has_a_template_that_parses(strategy: Strategy) -> None:
    assert strategy.template == f"merge/{strategy}.sql"
    assert sql.environment().get_template(strategy.template)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(sql.TEMPLATES)))
def test_no_shipped_statement_selects_every_column(path: Path) -> None:
    assert not STAR.search(COMMENTS.sub("", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("SELECT * FROM a", True),
        ("select distinct * from a", True),
        ("INSERT INTO a SELECT\n    staged.* FROM b", True),
        ('SELECT "staged".* FROM b', True),
        ("SELECT {{ table | relation }}.* FROM b", True),
        ("SELECT count(*) FROM a", False),
        ("SELECT a * b FROM c", False),
        ("SELECT a.b * 2 FROM a", False),
    ],
)
def test_the_check_for_every_column_knows_one(statement: str, found: bool) -> None:
    assert bool(STAR.search(statement)) is found
