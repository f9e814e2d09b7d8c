"""What the cloud says of the targets that are checked, read in one set of statements however many tables there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hybrid_sync import catalog, sql
from hybrid_sync.catalog import Target
from hybrid_sync.errors import SchemaMismatch

if TYPE_CHECKING:
    from psycopg import Connection

    from hybrid_sync.specs import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What the role may do with a target, and what the target is. `bytes` with indexes and partitions."""

    schema_usable: bool
    granted: frozenset[str]
    insertable: frozenset[str]
    updatable: frozenset[str]
    ownership_default: str | None  # as SQL
    always_identity: tuple[str, ...]
    partitions: int
    partition_of: str | None
    bytes: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What row level security lets the role do by one command: anything at all, and on every row."""

    command: str
    allowed: bool
    every_row: bool
    policies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger that fires for the merge: `moment` is before or after, `events` such as `insert or update`.

    `source` is its function's, None where that is not PL/pgSQL.
    """

    name: str
    moment: str
    for_each_row: bool
    events: str
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """A sequence that numbers a column. `next` is None where the role cannot know it; `highest`: the column's."""

    column: str
    relation: str
    sequence: str
    usable: bool
    readable: bool
    last: int | None
    start: int
    increment: int
    maximum: int
    cycles: bool
    next: int | None = None
    highest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSchema:
    """The columns of a table in the last run: those it took (cloud -> desktop), and each side's with their types."""

    source_table: str
    target_table: str
    carried: Mapping[str, str]
    desktop: Mapping[str, str]
    cloud: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """What the cloud says of one table."""

    target: Target
    relation: Relation
    policies: tuple[Policy, ...] = ()  # none where row level security does not bind the role
    triggers: tuple[Trigger, ...] = ()
    numberings: tuple[Numbering, ...] = ()
    last: LastSchema | None = None

    @property
    def readable(self) -> bool:
        """Whether the role may read the target's rows."""
        return self.relation.schema_usable and "SELECT" in self.relation.granted


Facts = Mapping[str, TableFacts | SchemaMismatch]


def read_facts(connection: Connection[Any], registry: Registry, names: Sequence[str]) -> Facts:
    """Read the facts of the entries `names`. An error stands for an entry whose target is missing or no table."""
    specs = {name: registry.table(name) for name in names}
    targets = catalog.read_targets(connection, [spec.target_table for spec in specs.values()])
    found = {name: targets[spec.target_table] for name, spec in specs.items()}
    oids = [target.oid for target in found.values() if isinstance(target, Target)]
    if not oids:
        return {name: problem for name, problem in found.items() if isinstance(problem, SchemaMismatch)}
    relations = {
        oid: Relation(
            schema_usable=row[0], granted=frozenset(row[1]), insertable=frozenset(row[2]),
            updatable=frozenset(row[3]), ownership_default=row[4], always_identity=tuple(row[5]),
            partitions=row[6], partition_of=row[7], bytes=row[8],
        )
        for oid, *row in _rows(connection, "relations", oids=oids, ownership=registry.ownership.column)
    }  # fmt: skip
    policies, triggers = defaultdict(list), defaultdict(list)
    for oid, command, allowed, every_row, own in _rows(connection, "policies", oids=oids):
        policies[oid].append(Policy(command, allowed, every_row, tuple(own)))
    for oid, *row in _rows(connection, "triggers", oids=oids):
        triggers[oid].append(Trigger(*row))
    open_targets = {
        target.oid: target
        for target in found.values()
        if isinstance(target, Target) and relations[target.oid].schema_usable
        and "SELECT" in relations[target.oid].granted
    }  # fmt: skip
    numberings = _numberings(connection, open_targets)
    last = {
        name: LastSchema(source_table=source, target_table=target, carried=carried, desktop=desktop, cloud=cloud)
        for name, source, target, carried, desktop, cloud in _rows(connection, "last_schemas", tables=list(names))
    }
    return {
        name: target
        if isinstance(target, SchemaMismatch)
        else TableFacts(
            target=target,
            relation=relations[target.oid],
            policies=tuple(policies[target.oid]),
            triggers=tuple(triggers[target.oid]),
            numberings=tuple(numberings[target.oid]),
            last=last.get(name),
        )
        for name, target in found.items()
    }


def read_table(connection: Connection[Any], registry: Registry, name: str) -> TableFacts:
    """Read the facts of one entry. Raises SchemaMismatch when its target is missing or no table."""
    found = read_facts(connection, registry, [name])[name]
    if isinstance(found, SchemaMismatch):
        raise found
    return found


def _numberings(connection: Connection[Any], targets: Mapping[int, Target]) -> defaultdict[int, list[Numbering]]:
    """The sequences of each target, with the next number of each and the highest one in its column."""
    found: list[tuple[int, Numbering]] = []
    for oid, column, sequence, usable, readable, last, start, increment, maximum, cycles in _rows(
        connection, "sequences", oids=list(targets)
    ):
        found.append((oid, Numbering(
            column=column, relation=targets[oid].relation, sequence=sequence, usable=usable, readable=readable,
            last=last, start=start, increment=increment, maximum=maximum, cycles=cycles,
        )))  # fmt: skip
    by_target: defaultdict[int, list[Numbering]] = defaultdict(list)
    if not found:
        return by_target
    template = sql.render("preflight/numbers.sql", numbered=[numbering for _, numbering in found])
    for place, highest, following in connection.execute(template).fetchall():
        oid, each = found[place]
        by_target[oid].append(_numbered(each, highest, following))
    return by_target


def _numbered(each: Numbering, highest: Any, following: Any) -> Numbering:
    if following is None and each.last is not None:
        following = each.last + each.increment
    return replace(each, highest=None if highest is None else int(highest), next=following)


def _rows(connection: Connection[Any], template: str, **parameters: object) -> list[tuple[Any, ...]]:
    return connection.execute(sql.render(f"preflight/{template}.sql"), parameters).fetchall()
