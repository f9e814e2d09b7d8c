"""Rules of one row that only the cloud can try: texts it has to cast, CHECK constraints, domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hybrid_sync import sql

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.catalog import Target, TargetColumn
    from hybrid_sync.specs import Ownership
    from hybrid_sync.staging.stage import Stage

# Classes of errors that a row's values can cause: data, integrity, access or type, limits, RAISE in a function.
_OF_A_ROW = ("22", "23", "42", "54", "P0")
# Types whose modifier cuts or rounds in a cast from text, without a word.
_CUT_BY_CAST = {
    "numeric", "interval", "bit", "varbit", "timetz", "_varchar", "_bpchar", "_numeric", "_interval", "_bit", "_varbit",
    "_time", "_timetz", "_timestamp", "_timestamptz",
}  # fmt: skip
# Types that round without a modifier, and when they do.
_ROUNDED_BY_CAST = {
    # an amount with its currency is left to the cloud: how many decimals it may have is its locale's
    "money": r"CASE WHEN VALUE ~ '^\s*[-+]?[0-9]*\.?[0-9]+\s*$' THEN VALUE::money::numeric <> VALUE::numeric END",
    "_float4": "VALUE::real[]::text::double precision[] IS DISTINCT FROM VALUE::double precision[]",
    **dict.fromkeys(
        ("interval", "timetz", "_interval", "_time", "_timetz", "_timestamp", "_timestamptz"),
        r"VALUE ~ '\.[0-9]{6}[0-9]*[1-9]'",  # they hold microseconds
    ),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`broken` is an SQL expression over `staged`: true, or an error, for a row that breaks the rule."""

    column: str
    reason: str
    broken: str


@dataclass(frozen=True, slots=True)
class Owned:
    """The ownership column, as a rule sees it where the desktop does not supply it: what the merge will write."""

    column: str
    value: str
    type: str


def owned_by_desktop(target: Target, ownership: Ownership, names: tuple[str, ...]) -> Owned | None:
    """The ownership column's value for staged rows; None when the staging carries the column itself."""
    column = target.column(ownership.column)
    if column is None or column.name in names:
        return None
    return Owned(column.name, ownership.desktop, column.type)


def cast_texts(connection: Connection[Any], stage: Stage, text_columns: tuple[str, ...]) -> None:
    """Turn columns that arrived as text into the target's types; rows whose text is none become rejects."""
    import psycopg

    columns = [column for column in stage.columns if column.name in text_columns]
    if not columns:
        return
    rounded = [_rounded(column) for column in columns if column.base in _ROUNDED_BY_CAST]
    try:
        with connection.transaction():
            inexact = [_castable(column) for column in columns if _is_cut_by_cast(column)] + rounded
            if _apply(connection, stage, inexact, None):
                stage.run(connection, "delete_rejected.sql")
            stage.run(connection, "cast.sql", columns=columns)
    except psycopg.Error as error:
        _raise_unless_of_a_row(error)
        for rule in [*map(_castable, columns), *rounded]:
            stage.run(connection, "probe.sql", rule=rule, owned=None)
        stage.run(connection, "delete_rejected.sql")
        stage.run(connection, "cast.sql", columns=columns)


def apply_constraints(connection: Connection[Any], stage: Stage, target: Target, owned: Owned | None) -> int:
    """Make rejects of the rows that break the target's CHECK constraints or a domain's. Returns how many entries.

    A constraint that needs a column which the desktop does not supply is left to the merge.
    """
    import psycopg

    known = {*stage.names, *([owned.column] if owned else [])}
    rules = [
        Rule(", ".join(columns), f"breaks check constraint {name}", f"(NOT ({expression}))")
        for name, expression, columns, whole_row in _catalogue(connection, "checks.sql", target)
        if not whole_row and known.issuperset(columns)
    ]
    if any(column.is_domain for column in stage.columns):
        rules += [
            Rule(name, f"breaks domain {domain}", _unreadable(name, domain))
            for name, domain in _catalogue(connection, "domains.sql", target)
            if name in stage.names
        ]
    try:
        with connection.transaction():
            return _apply(connection, stage, rules, owned)
    except psycopg.Error as error:
        _raise_unless_of_a_row(error)
        for rule in rules:
            stage.run(connection, "probe.sql", rule=rule, owned=owned)
        return 1


def _apply(connection: Connection[Any], stage: Stage, rules: list[Rule], owned: Owned | None) -> int:
    if not rules:
        return 0
    return stage.run(connection, "violations.sql", rules=rules, owned=owned).rowcount


def _castable(column: TargetColumn) -> Rule:
    name = f"staged.{sql.ident(column.name)}"
    if _is_cut_by_cast(column):
        # A cast to interval(0) or varchar(3)[] cuts without a word: what it gives must be what the bare type gives.
        bare = f"{name}::pg_catalog.{sql.ident(column.base)}"
        broken = f"({name}::{column.type} IS DISTINCT FROM {bare})"
        return Rule(column.name, f"does not fit {column.type} exactly", broken)
    return Rule(column.name, f"not a valid {column.type}", _unreadable(column.name, column.type))


def _rounded(column: TargetColumn) -> Rule:
    broken = _ROUNDED_BY_CAST[column.base].replace("VALUE", f"staged.{sql.ident(column.name)}")
    return Rule(column.name, f"does not fit {column.type} exactly", f"({broken})")


def _unreadable(column: str, type_name: str) -> str:
    # Written so that the planner cannot leave the cast out.
    name = f"staged.{sql.ident(column)}"
    return f"(({name}::{type_name})::text IS NULL AND {name} IS NOT NULL)"


def _is_cut_by_cast(column: TargetColumn) -> bool:
    return column.base in _CUT_BY_CAST and column.type != column.base


def _raise_unless_of_a_row(error: Any) -> None:
    if not (error.sqlstate or "").startswith(_OF_A_ROW) or error.sqlstate == "42501":
        raise error


def _catalogue(connection: Connection[Any], template: str, target: Target) -> list[tuple[Any, ...]]:
    return connection.execute(sql.render(f"stage/{template}"), {"oid": target.oid}).fetchall()
