"""The kinds of nodes and relationships in a generated graph, and how many in a thousand each is.

The order matters to small graphs: they get one of each kind until there are no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aura_emulator.data_plane.neo4j.graphs import specimens

#: In one transaction. The smallest server, 256 MB, cannot hold 20,000; and 10,000 take it half as
#: long again as 2,500 at a time, because its garbage collector has more to move.
BATCH: Final = 2_500
_HEAVY_BATCH: Final = 500

_NUMBER: Final = {"number": "i"}
_EMBEDDING: Final = "[d IN range(1, 8) | sin(i * d + 1)]"


@dataclass(frozen=True)
class NodeKind:
    """Nodes with the same labels and properties.

    `properties` are Cypher expressions of `i`, the node's number in the graph. `key` is the label
    under which an index finds a node by its property `number`; without one, nodes are taken as they
    come, so they must be alike or numbered.
    """

    name: str
    labels: tuple[str, ...]
    share: int
    properties: Mapping[str, str] = field(default_factory=dict)
    key: str | None = None
    batch: int = BATCH


@dataclass(frozen=True)
class RelationshipKind:
    """Relationships of the same type between nodes of two kinds (named here).

    `properties` are Cypher expressions of `i`, the number among all relationships. `copies` is how
    often each is there; a `loop` ends where it starts.
    """

    type: str
    source: str
    target: str
    share: int
    properties: Mapping[str, str] = field(default_factory=dict)
    copies: int = 1
    loop: bool = False
    batch: int = BATCH


_PERSON: Final = {
    **_NUMBER,
    "name": "'Person ' + i",
    "age": "i % 97",
    "score": "i / 7.0",
    "active": "i % 3 = 0",
}

#: The first kind is in every graph that is not empty.
NODES: Final = (
    NodeKind(
        "specimen",
        ("Specimen",),
        7,
        {**_NUMBER, **specimens.properties()},
        key="Specimen",
        batch=_HEAVY_BATCH,
    ),
    NodeKind("person", ("Person",), 350, _PERSON, key="Person"),
    NodeKind(
        "employee",
        ("Employee", "Person"),
        120,
        {**_PERSON, "hired": "date({year: 2000 + i % 25, month: 1 + i % 12})"},
        key="Person",
    ),
    NodeKind(
        "place",
        ("Place",),
        323,
        {**_NUMBER, "position": "point({longitude: i % 199 - 99.5, latitude: i % 160 - 79.5})"},
        key="Place",
    ),
    NodeKind(
        "company",
        ("Company",),
        20,
        {**_NUMBER, "name": "'Company ' + i", "country": "['DK', 'DE', 'JP'][i % 3]"},
        key="Company",
    ),
    NodeKind(
        "odd",
        ("Odd `label`", "Ærø 日本 😀", "semi;colon"),
        40,
        {**_NUMBER, "odd `property`": "'Ærø ' + i", "日本 😀": "i % 11"},
        key="Odd `label`",
    ),
    NodeKind(
        "document",
        ("Document",),
        5,
        {**_NUMBER, "title": "'Paper ' + i", "embedding": _EMBEDDING},
        key="Document",
        batch=_HEAVY_BATCH,
    ),
    NodeKind("marker", ("Marker",), 45),
    NodeKind("unlabelled", (), 20, {**_NUMBER, "name": "'nobody'"}),
    NodeKind("bare", (), 70),
)

#: Every type between specimens first, for graphs with a single node and a single relationship.
RELATIONSHIPS: Final = (
    RelationshipKind(
        "SPECIMEN",
        "specimen",
        "specimen",
        3,
        specimens.properties(),
        batch=_HEAVY_BATCH,
    ),
    RelationshipKind("KNOWS", "person", "person", 402, {"since": "2000 + i % 25"}),
    RelationshipKind(
        "WORKS_AT", "employee", "company", 100, {"number": "i", "role": "['dev', 'ops'][i % 2]"}
    ),
    RelationshipKind("LIVES_IN", "person", "place", 385),
    RelationshipKind(
        "has `odd` 日本 😀;",
        "odd",
        "person",
        20,
        {"odd `property`": "'Ærø ' + i", "rank": "i % 100"},
    ),
    RelationshipKind("REPEATS", "person", "employee", 40, {"weight": "0.5"}, copies=2),
    RelationshipKind("IS", "person", "person", 20, loop=True),
    RelationshipKind(
        "REVIEWS",
        "employee",
        "document",
        5,
        {
            "text": "'Review ' + i",
            "written_at": "point({x: i % 1000, y: i % 7})",
            "embedding": _EMBEDDING,
        },
        batch=_HEAVY_BATCH,
    ),
    RelationshipKind("MARKS", "person", "marker", 20),
    RelationshipKind("NEAR", "unlabelled", "bare", 5),
)
