"""Constraints and indexes: recorded as the statements that make them, and made again.

They are made after the data. An index that is filled in one go costs a fraction of one that is
kept up to date row by row, and a constraint is then checked once over everything; a faithful copy
cannot violate what its source kept. Nothing of ours needs an index before: rows are found by id.

Not recorded are indexes that belong to a constraint, which come with it, and the two LOOKUP indexes
that every database has from the beginning. If somebody dropped those at the source, the copy has
them all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, LiteralString, Protocol, Self

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import Permanent, TimedOut
from pulumi_neo4j_aura.graph.driver import Row

Report = Callable[[str], None]


class Session(Protocol):
    """As much of `graph.driver.Session` as is needed here."""

    def rows(self, statement: LiteralString) -> list[Row]:
        """What a statement that changes nothing returns."""
        ...

    def change(self, statement: str) -> None:
        """Run a statement that makes an item."""
        ...


_CONSTRAINTS: Final = (
    "SHOW CONSTRAINTS YIELD name, type, createStatement RETURN name, type, createStatement"
)
_INDEXES: Final = (
    "SHOW INDEXES YIELD name, type, owningConstraint, createStatement "
    "WHERE owningConstraint IS NULL AND type <> 'LOOKUP' RETURN name, type, createStatement"
)
_STATES: Final = (
    "SHOW INDEXES YIELD name, state, populationPercent, failureMessage "
    "RETURN name, state, populationPercent, failureMessage"
)

_EQUIVALENT: Final = "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"
_LOOK_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True, order=True)
class SchemaItem:
    """One constraint or index: its name, what kind it is, the statement that makes it."""

    name: str
    kind: str
    statement: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Everything that is made again on import, each sorted by name."""

    constraints: tuple[SchemaItem, ...] = ()
    indexes: tuple[SchemaItem, ...] = ()

    @property
    def items(self) -> tuple[SchemaItem, ...]:
        """All of them, in the order in which they are made."""
        return self.constraints + self.indexes

    def statements(self) -> tuple[str, ...]:
        """The statements, sorted: equal for equal schemas, whatever the server's order."""
        return tuple(sorted(item.statement for item in self.items))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "constraints": [asdict(item) for item in self.constraints],
            "indexes": [asdict(item) for item in self.indexes],
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            ValueError: it is something else.
        """
        try:
            constraints = tuple(SchemaItem(**item) for item in found["constraints"])
            return cls(constraints, tuple(SchemaItem(**item) for item in found["indexes"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no schema: {error}") from error


@dataclass(frozen=True, slots=True)
class NotMade:
    """An item that the target does not have as it should, and why."""

    item: SchemaItem
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each item: made now, there already, or not made."""

    made: tuple[SchemaItem, ...]
    there: tuple[SchemaItem, ...]
    missing: tuple[NotMade, ...]

    def require_whole(self) -> None:
        """Accept nothing less than everything.

        Raises:
            Permanent: naming each item that the target does not have, with the server's reason.
        """
        if self.missing:
            named = "; ".join(
                f"{lost.item.kind} {lost.item.name!r} ({lost.reason})" for lost in self.missing
            )
            raise Permanent(
                f"The data is complete, but the target did not take {named}.",
                way_out="Existence, key and type constraints need Enterprise Edition or Aura. "
                "Every statement is in the export.",
            )


def _say_nothing(line: str) -> None:
    """Where nobody watches."""


def read(session: Session) -> Schema:
    """The schema of the database. Errors are the session's."""
    return Schema(
        constraints=_items(session.rows(_CONSTRAINTS)), indexes=_items(session.rows(_INDEXES))
    )


def create(
    session: Session,
    schema: Schema,
    *,
    clock: Clock,
    report: Report = _say_nothing,
    patience_seconds: float = _PATIENCE_SECONDS,
) -> Outcome:
    """Make what is missing and wait until every index answers.

    A second time makes nothing. What the server refuses for good does not stop the others and is
    in the outcome by name; so is what was there under its name and is not the same.

    Raises:
        Transient: the server is busy; nothing is lost, and it can be called again. `TimedOut` when
            an index is not ready after `patience_seconds`, which names it.
        Permanent: an index failed; it is named.
    """
    made: list[SchemaItem] = []
    there: list[SchemaItem] = []
    missing: list[NotMade] = []
    for number, item in enumerate(schema.items, start=1):
        report(f"{item.kind} {item.name} ({number} of {len(schema.items)})")
        try:
            session.change(item.statement)
            made.append(item)
        except Permanent as error:
            if error.reason == _EQUIVALENT:
                there.append(item)
            else:
                missing.append(NotMade(item, error.message))
    names = [item.name for item in made + there]
    wait_online(session, names, clock=clock, report=report, patience_seconds=patience_seconds)
    differing = _differing(session, there)
    kept = tuple(item for item in there if item not in {lost.item for lost in differing})
    return Outcome(tuple(made), kept, (*missing, *differing))


def wait_online(
    session: Session,
    names: Iterable[str],
    *,
    clock: Clock,
    report: Report = _say_nothing,
    patience_seconds: float = _PATIENCE_SECONDS,
) -> None:
    """Wait until the indexes with these names answer queries.

    Raises:
        TimedOut: naming those that are not ready.
        Permanent: naming those that failed, with the server's reason.
    """
    wanted, ends = set(names), clock.monotonic() + patience_seconds
    while waiting := [row for row in session.rows(_STATES) if _waits(row, wanted)]:
        _require_sound(waiting)
        behind = ", ".join(f"{row['name']} ({row['populationPercent']:.0f} %)" for row in waiting)
        if clock.monotonic() >= ends:
            raise TimedOut(
                f"Not ready after {patience_seconds:.0f} s: {behind}.",
                way_out="The server goes on filling them; run it again to wait on.",
            )
        report(f"filling {behind}")
        clock.sleep(_LOOK_SECONDS)


def _waits(row: Row, wanted: set[str]) -> bool:
    return row["name"] in wanted and row["state"] != "ONLINE"


def _require_sound(waiting: list[Row]) -> None:
    failed = [row for row in waiting if row["state"] == "FAILED"]
    if failed:
        named = "; ".join(f"{row['name']} ({row['failureMessage'].strip()})" for row in failed)
        raise Permanent(
            f"Indexes that could not be filled: {named}.", way_out="Drop them, then run it again."
        )


def _differing(session: Session, there: list[SchemaItem]) -> list[NotMade]:
    """What the server calls equivalent may have other settings, of a vector for instance."""
    if not there:
        return []
    found = {item.name: item.statement for item in read(session).items}
    return [
        NotMade(item, f"it has other settings there: {found.get(item.name, 'another name')}")
        for item in there
        if found.get(item.name) != item.statement
    ]


def _items(rows: list[Row]) -> tuple[SchemaItem, ...]:
    return tuple(
        sorted(
            SchemaItem(row["name"], row["type"], _literal(row["createStatement"])) for row in rows
        )
    )


def _literal(statement: str) -> str:
    """The statement, with names taken as they are.

    The server writes a backslash and a `u` in a name as they are, and reads them as the beginning
    of an escape, even in quotes: the statement would make an index on another name.
    """
    return statement.replace("\\u", "\\u005Cu")
