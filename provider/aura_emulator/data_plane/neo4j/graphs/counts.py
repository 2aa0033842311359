"""How much of what is in a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from neo4j import Driver

#: Labels of a node in alphabetical order: the server's order is not a promise.
Labels = tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """Numbers of nodes and relationships; what there is none of is not listed.

    Equal counts are no proof of equal contents.
    """

    by_labels: Mapping[Labels, int]
    by_type: Mapping[str, int]

    @property
    def nodes(self) -> int:
        """All nodes."""
        return sum(self.by_labels.values())

    @property
    def relationships(self) -> int:
        """All relationships."""
        return sum(self.by_type.values())

    @property
    def by_label(self) -> dict[str, int]:
        """Nodes per label; one with two labels is counted twice, one without is not."""
        counted: Counter[str] = Counter()
        for labels, number in self.by_labels.items():
            counted.update(dict.fromkeys(labels, number))
        return dict(counted)


def count(driver: Driver) -> Counts:
    """What the database holds: every record is looked at, the server's own statistics are not."""
    nodes = driver.execute_query("MATCH (n) RETURN labels(n) AS labels, count(*) AS number")
    types = driver.execute_query("MATCH ()-[r]->() RETURN type(r) AS type, count(*) AS number")
    by_labels: Counter[Labels] = Counter()
    for found in nodes.records:
        by_labels[tuple(sorted(found["labels"]))] += found["number"]
    return Counts(dict(by_labels), {found["type"]: found["number"] for found in types.records})
