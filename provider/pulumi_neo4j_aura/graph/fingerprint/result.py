"""A fingerprint: what a graph comes down to, and what two of them say about two graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Self, TypeVar

from pulumi_neo4j_aura.errors import Permanent, Refused
from pulumi_neo4j_aura.graph.fingerprint import wording
from pulumi_neo4j_aura.graph.fingerprint.multiset import published
from pulumi_neo4j_aura.graph.fingerprint.names import combination
from pulumi_neo4j_aura.graph.fingerprint.rows import Partial
from pulumi_neo4j_aura.graph.fingerprint.tally import Owner

#: The construction. A change of anything that is hashed needs another number.
VERSION: Final = 1
#: Rounds of neighbourhood refinement, unless told otherwise; docs/reference/fingerprint.md has what
#: each of them costs and sees.
ROUNDS: Final = 2

Counts = Mapping[str, int]
_Counted = TypeVar("_Counted")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a graph comes down to. Two are equal if and only if nothing was seen to differ.

    Attributes:
        version: which construction this is.
        rounds: how far each node's neighbourhood was looked at.
        nodes: how many there are.
        relationships: how many there are.
        loose_ends: relationships of which an end was not among the nodes: the graph changed while
            it was read.
        labels: nodes for each label.
        types: relationships for each type.
        combinations: nodes for each combination of labels, `:A:B`.
        node_properties: for each combination of labels, nodes for each property key.
        relationship_properties: for each type, relationships for each property key.
        schema: the statements that make constraints and indexes, sorted.
        node_digest: labels and properties of all nodes.
        relationship_digest: type, properties and both ends' contents of all relationships.
        neighbourhood_digest: which nodes they are that the relationships connect.
    """

    version: int
    rounds: int
    nodes: int
    relationships: int
    loose_ends: int
    labels: Counts
    types: Counts
    combinations: Counts
    node_properties: Mapping[str, Counts]
    relationship_properties: Mapping[str, Counts]
    schema: tuple[str, ...]
    node_digest: str
    relationship_digest: str
    neighbourhood_digest: str

    def __hash__(self) -> int:
        """Equal ones have the same."""
        return hash((self.node_digest, self.relationship_digest, self.neighbourhood_digest))

    @property
    def content(self) -> Self:
        """The same without the schema, for targets that cannot have all of it."""
        return replace(self, schema=())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "schema": list(self.schema)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """What `to_dict` gave.

        Raises:
            Permanent: it is something else. One of another construction is read if it has the same
                fields, and is comparable to no other.
        """
        try:
            made = cls(**{**found, "schema": tuple(found["schema"])})
        except (TypeError, KeyError) as error:
            raise _unknown() from error
        if any(not isinstance(getattr(made, name), kind) for name, kind in _PLAIN_TYPES.items()):
            raise _unknown()
        return made

    def comparable(self, other: Fingerprint) -> bool:
        """Whether the two were made in the same way. If not, they say nothing about each other."""
        return (self.version, self.rounds) == (other.version, other.rounds)

    def differences(self, other: Fingerprint) -> tuple[str, ...]:
        """What differs, in words; `self` is what was expected, `other` what was found.

        Raises:
            Refused: they were made in different ways: neither equal nor different.
        """
        self.require_comparable(other)
        return tuple(_differences(self, other))

    def require_comparable(self, other: Fingerprint) -> None:
        """Go on only if the two were made in the same way.

        Raises:
            Refused: they were not.
        """
        if not self.comparable(other):
            raise Refused(
                f"The fingerprints are not comparable: one is of version {self.version} with "
                f"{self.rounds} rounds, the other of version {other.version} with {other.rounds}.",
                way_out="Compute one of them anew, in the way of the other.",
            )


#: What JSON must have brought; an edited manifest is no difference between graphs.
_PLAIN_TYPES: Final = {
    each.name: {"int": int, "str": str}.get(
        str(each.type), tuple if each.name == "schema" else Mapping
    )
    for each in fields(Fingerprint)
}


def _unknown() -> Permanent:
    return Permanent(
        "This is no fingerprint, or one of a version that is not known here.",
        way_out="A newer version of this program may know it; or compute it anew.",
    )


def fingerprint(
    rounds: int, nodes: Partial, relationships: Partial, near: int, schema: Iterable[str]
) -> Fingerprint:
    """All partial results put together.

    Args:
        rounds: how many there were.
        nodes: all nodes.
        relationships: all relationships.
        near: the sum over all nodes after the last round; 0 without rounds.
        schema: the statements, in any order.
    """
    tally, types = nodes.tally, relationships.tally
    return Fingerprint(
        version=VERSION,
        rounds=rounds,
        nodes=nodes.rows,
        relationships=relationships.rows,
        loose_ends=relationships.loose_ends,
        labels=tally.by_name(),
        types=types.by_name(),
        combinations=_named(tally.rows, combination, int),
        node_properties=_named(tally.keys, combination, _sorted),
        relationship_properties=_named(types.keys, "".join, _sorted),
        schema=tuple(sorted({statement.strip() for statement in schema})),
        node_digest=published(nodes.total, nodes.rows, b"nodes"),
        relationship_digest=published(relationships.total, relationships.rows, b"relationships"),
        neighbourhood_digest=published(near, rounds, b"neighbourhood"),
    )


def _named(
    found: Mapping[Owner, _Counted], name: Callable[[Owner], str], value: Callable[[_Counted], Any]
) -> dict[str, Any]:
    return dict(sorted((name(owner), value(counted)) for owner, counted in found.items()))


def _sorted(counts: Counts) -> Counts:
    return dict(sorted(counts.items()))


# --- in words -------------------------------------------------------------------------------------


def _differences(expected: Fingerprint, found: Fingerprint) -> Iterator[str]:
    nodes = tuple(_of_nodes(expected, found))
    relationships = tuple(_of_relationships(expected, found))
    yield from nodes
    yield from relationships
    yield from wording.schema(expected.schema, found.schema)
    if expected.node_digest != found.node_digest and not nodes:
        yield "nodes: the same counts, different content"
    if expected.relationship_digest != found.relationship_digest and not relationships:
        yield "relationships: the same counts, different content or different ends"
    if _only_connected_differently(expected, found):
        yield "the same nodes and relationships, connected differently"


def _of_nodes(expected: Fingerprint, found: Fingerprint) -> Iterator[str]:
    """The counts that tell most: combinations only where labels agree, then property keys."""
    yield from wording.count("nodes", expected.nodes, found.nodes)
    labels = tuple(wording.counts(wording.label, expected.labels, found.labels))
    yield from labels
    if labels:
        return
    combined = wording.counts(wording.combination, expected.combinations, found.combinations)
    several = tuple(combined)
    yield from several
    if not several:
        yield from wording.properties("nodes", expected.node_properties, found.node_properties)


def _of_relationships(expected: Fingerprint, found: Fingerprint) -> Iterator[str]:
    yield from wording.count("relationships", expected.relationships, found.relationships)
    yield from wording.count(
        "relationships with a missing end", expected.loose_ends, found.loose_ends
    )
    types = tuple(wording.counts(wording.kind, expected.types, found.types))
    yield from types
    if not types:
        yield from wording.properties(
            "relationships",
            expected.relationship_properties,
            found.relationship_properties,
        )


def _only_connected_differently(expected: Fingerprint, found: Fingerprint) -> bool:
    return (
        expected.node_digest == found.node_digest
        and expected.relationship_digest == found.relationship_digest
        and expected.neighbourhood_digest != found.neighbourhood_digest
    )
