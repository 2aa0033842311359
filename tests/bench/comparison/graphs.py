"""The graphs that all tools are given: ordinary names, because some tools fail on others.

What each tool makes of odd names and of all types is another question: see `lossless`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.comparison.server import WithApoc

_BATCH = 10_000
_PERSON = """
UNWIND range($first, $last) AS i CREATE (:Person {number: i, name: 'Person ' + i, age: i % 97,
  score: i / 7.0, active: i % 3 = 0, born: date({year: 1930 + i % 80, ordinalDay: 1 + i % 365}),
  seen: datetime({epochSeconds: 1600000000 + i * 37}), tags: ['a', 'b', toString(i % 7)]})
"""
_PLACE = """
UNWIND range($first, $last) AS i CREATE (:Place {number: i, name: 'Place ' + i,
  at: point({longitude: i % 199 - 99.5, latitude: i % 160 - 79.5}), country: ['DK', 'DE'][i % 2]})
"""
_FAT = """
UNWIND range($first, $last) AS i CREATE (:Document {number: i, title: 'Paper ' + i,
  text: reduce(s = '', k IN range(1, 111) | s + toString(i * k * 7919 % 1000003)
    + ' and then some, ' + toString(k) + ' '), embedding: [d IN range(1, 256) | sin(i * d + 1)]})
"""
_INDEXES = (
    "CREATE CONSTRAINT person_number FOR (n:Person) REQUIRE n.number IS UNIQUE",
    "CREATE INDEX place_number FOR (n:Place) ON (n.number)",
    "CREATE INDEX document_number FOR (n:Document) ON (n.number)",
)


@dataclass(frozen=True)
class Graph:
    """How many of what; `fat` nodes have a text of 4 kB and 256 floating-point numbers."""

    name: str
    persons: int = 0
    places: int = 0
    fat: int = 0
    relationships: int = 0

    @property
    def nodes(self) -> int:
        return self.persons + self.places + self.fat

    @property
    def rows(self) -> int:
        return self.nodes + self.relationships

    def fill(self, server: WithApoc) -> None:
        """Write it into an empty store."""
        for statement in _INDEXES:
            server.ask(statement)
        for query, count in ((_PERSON, self.persons), (_PLACE, self.places), (_FAT, self.fat)):
            _batches(server, query, count, 1_000 if query is _FAT else _BATCH)
        if self.fat:
            _batches(server, _edges("Document", self.fat, "Document", self.fat, "CITES"),
                     self.relationships, _BATCH)  # fmt: skip
        else:
            half = self.relationships // 2
            knows = _edges("Person", self.persons, "Person", self.persons, "KNOWS")
            lives = _edges("Person", self.persons, "Place", self.places, "LIVES_IN")
            _batches(server, knows, half, _BATCH)
            _batches(server, lives, self.relationships - half, _BATCH)
        server.ask("CALL db.awaitIndexes(300)")


def _batches(server: WithApoc, query: str, count: int, size: int) -> None:
    for first in range(0, count, size):
        server.ask(query, first=first, last=min(first + size, count) - 1)


def _edges(source: str, sources: int, target: str, targets: int, type_: str) -> str:
    properties = "" if type_ == "LIVES_IN" else "{since: 2000 + i % 25, weight: i / 3.0}"
    return f"""
    UNWIND range($first, $last) AS i
    MATCH (a:{source} {{number: (i * 7919) % {sources}}})
    MATCH (b:{target} {{number: (i * 104729 + i / 11) % {targets}}})
    CREATE (a)-[:{type_} {properties}]->(b)
    """


SMALL = Graph("small", persons=70_000, places=30_000, relationships=300_000)
LARGE = Graph("1 M", persons=175_000, places=75_000, relationships=750_000)
FAT = Graph("fat", fat=20_000, relationships=20_000)
TINY = Graph("tiny", persons=1_400, places=600, relationships=6_000)
