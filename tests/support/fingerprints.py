"""Small graphs as rows, in any order, with any ids, and as a wasteful sender would write them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_neo4j_aura.domain.packstream import Raw, Structure, encode
from pulumi_neo4j_aura.graph.fingerprint import ROUNDS, Fingerprint, Fingerprinter


@dataclass(frozen=True)
class Node:
    labels: tuple[str, ...] = ()
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """Between two nodes, by their place in the graph."""

    start: int
    end: int
    type: str = "KNOWS"
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    schema: tuple[str, ...] = ()

    def with_node(self, place: int, **changes: Any) -> Graph:
        nodes = list(self.nodes)
        nodes[place] = replace(nodes[place], **changes)
        return replace(self, nodes=tuple(nodes))

    def with_edge(self, place: int, **changes: Any) -> Graph:
        edges = list(self.edges)
        edges[place] = replace(edges[place], **changes)
        return replace(self, edges=tuple(edges))


@dataclass(frozen=True)
class Rows:
    """The rows of one part; can be sent to another process."""

    records: tuple[bytes, ...]

    def __call__(self) -> Iterable[bytes]:
        return iter(self.records)


def rows(graph: Graph, seed: int | None = None, *, wide: bool = False) -> tuple[Rows, Rows]:
    """Nodes and relationships; with a seed everything that must not matter is another."""
    chance = random.Random(seed)
    ids = list(range(len(graph.nodes)))
    if seed is not None:
        ids = chance.sample(range(3 * len(ids) + 10), len(ids))
    shuffled = _shuffled if seed is not None else _as_it_is
    write = wasteful if wide else encode
    nodes = [
        write([ids[place], shuffled(node.labels, chance), _map(node.properties, shuffled, chance)])
        for place, node in enumerate(graph.nodes)
    ]
    edges = [
        write(
            [
                number,
                ids[edge.start],
                ids[edge.end],
                edge.type,
                _map(edge.properties, shuffled, chance),
            ]
        )
        for number, edge in enumerate(graph.edges)
    ]
    return Rows(tuple(shuffled(nodes, chance))), Rows(tuple(shuffled(edges, chance)))


def _map(properties: dict[str, Any], shuffled: Any, chance: random.Random) -> dict[str, Any]:
    return dict(shuffled(properties.items(), chance))


def _shuffled(things: Iterable[Any], chance: random.Random) -> list[Any]:
    mixed = list(things)
    chance.shuffle(mixed)
    return mixed


def _as_it_is(things: Iterable[Any], chance: random.Random) -> list[Any]:
    return list(things)


def taken(
    graph: Graph, seed: int | None = None, *, rounds: int = ROUNDS, wide: bool = False
) -> Fingerprint:
    """The fingerprint of a graph."""
    nodes, edges = rows(graph, seed, wide=wide)
    with Fingerprinter(rounds=rounds) as one:
        one.add_nodes(nodes())
        one.add_relationships(edges())
        return one.finish(_shuffled(graph.schema, random.Random(seed)))


def wasteful(value: Any) -> bytes:
    """A value in the longest form that PackStream allows: eight bytes an integer, four a length."""
    return b"".join(_wasteful(value))


def _wasteful(value: Any) -> Iterator[bytes]:
    match value:
        case bool() | None | float() | Raw():
            yield encode(value)
        case int():
            yield b"\xcb" + value.to_bytes(8, "big", signed=True)
        case str() | bytes():
            text = value.encode() if isinstance(value, str) else value
            yield (b"\xd2" if isinstance(value, str) else b"\xce") + len(text).to_bytes(4, "big")
            yield text
        case dict():
            yield b"\xda" + len(value).to_bytes(4, "big")
            for pair in value.items():
                yield from (wasteful(each) for each in pair)
        case Structure():
            yield bytes((0xB0 + len(value.fields), value.tag))
            yield from map(wasteful, value.fields)
        case _:
            yield b"\xd6" + len(value).to_bytes(4, "big")
            yield from map(wasteful, value)
