"""Divides numbers of nodes and relationships among the kinds that a generated graph has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from aura_emulator.data_plane.neo4j.graphs import kinds, schema
from aura_emulator.data_plane.neo4j.graphs.counts import Counts, Labels
from aura_emulator.data_plane.neo4j.graphs.kinds import NodeKind, RelationshipKind


@dataclass(frozen=True)
class NodeGroup:
    """The nodes of one kind: `size` of them, numbered from `first`."""

    kind: NodeKind
    first: int
    size: int


@dataclass(frozen=True)
class RelationshipGroup:
    """The relationships of one kind, and the nodes between which they are."""

    kind: RelationshipKind
    first: int
    size: int
    sources: NodeGroup
    targets: NodeGroup


@dataclass(frozen=True)
class GraphPlan:
    """A graph that can be written: the same plan always gives the same contents.

    `indexes` are the names of those that are created as such: the database has one more per
    constraint, of the same name, and two of the kind LOOKUP.
    """

    node_groups: tuple[NodeGroup, ...]
    relationship_groups: tuple[RelationshipGroup, ...]
    indexes: tuple[str, ...] = tuple(schema.INDEXES)
    constraints: tuple[str, ...] = tuple(schema.CONSTRAINTS)

    @property
    def counts(self) -> Counts:
        """What a database holds after this plan was written into it, and nothing else."""
        by_labels: Counter[Labels] = Counter()
        for group in self.node_groups:
            by_labels[tuple(sorted(group.kind.labels))] += group.size
        by_type = {group.kind.type: group.size for group in self.relationship_groups}
        return Counts(dict(by_labels), by_type)


def plan(nodes: int, relationships: int) -> GraphPlan:
    """A graph of exactly so many nodes and relationships.

    Raises:
        ValueError: a number is negative, or there are relationships but no nodes to join.
    """
    if nodes < 0 or relationships < 0:
        raise ValueError(
            f"a graph of {nodes} nodes and {relationships} relationships: neither can be negative"
        )
    if relationships and not nodes:
        raise ValueError(
            f"{relationships} relationships need at least one node to start and end at"
        )
    node_groups = _node_groups(nodes)
    return GraphPlan(node_groups, _relationship_groups(relationships, node_groups))


def _node_groups(total: int) -> tuple[NodeGroup, ...]:
    sizes = divide(total, [kind.share for kind in kinds.NODES])
    firsts = accumulate(sizes, initial=0)
    groups = zip(kinds.NODES, firsts, sizes, strict=False)  # accumulate ends with the total
    return tuple(NodeGroup(kind, first, size) for kind, first, size in groups if size)


def _relationship_groups(
    total: int, node_groups: Sequence[NodeGroup]
) -> tuple[RelationshipGroup, ...]:
    sizes = divide(total, [kind.share for kind in kinds.RELATIONSHIPS])
    firsts = accumulate(sizes, initial=0)
    groups = zip(kinds.RELATIONSHIPS, firsts, sizes, strict=False)
    return tuple(_between(node_groups, *group) for group in groups if group[2])


def _between(
    node_groups: Sequence[NodeGroup], kind: RelationshipKind, first: int, size: int
) -> RelationshipGroup:
    """The group with its ends: nodes of the first kind where the graph has none of the kind."""
    named = {group.kind.name: group for group in node_groups}
    sources = named.get(kind.source, node_groups[0])
    targets = named.get(kind.target, node_groups[0])
    return RelationshipGroup(kind, first, size, sources, targets)


def divide(total: int, shares: Sequence[int]) -> list[int]:
    """Sizes that add up to `total`: one each as far as it goes, the rest by shares."""
    single = [int(place < total) for place in range(len(shares))]
    rest = total - sum(single)
    ends = [rest * end // sum(shares) for end in accumulate(shares, initial=0)]
    return [one + ends[place + 1] - ends[place] for place, one in enumerate(single)]
