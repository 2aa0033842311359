"""What an import costs, beside the bare writes that it consists of and beside Neo4j's driver.

The same graph into the same emptied database, in turns. The driver writes the values that it read
before the clock ran, in its own types, as somebody would who copies a graph with it. The bare
writes send the raw reader's bytes, in batches that were prepared before the clock ran: no journal,
no counting, nobody who could go on after a crash. Ours begins with the records of an export and
ends with everything on the disk.

Nodes have up to eleven properties, of which five are temporal.
"""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import neo4j
from neo4j.spatial import CartesianPoint, WGS84Point
from neo4j.time import Duration

from bench.databases import Plain
from bench.figures import Figure
from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.batches import Row, integer, node_rows, quoted, relationship_rows
from pulumi_neo4j_aura.graph.bolt import Connection
from pulumi_neo4j_aura.graph.id_map import IdMap
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.graph.writing import Writer
from support.batches import rows_of
from support.databases import empty
from support.importing import connector

NAME = "imports"

PERSONS, COMPANIES, PLACES = 20_000, 8_000, 8_000
RELATIONSHIPS = {"KNOWS": 60_000, "WORKS_AT": 40_000, "LIVES IN": 20_000}
BATCH = 5_000
ROUNDS = 3
#: Of the bare writes, for nodes; relationships always go over one.
CONNECTIONS = (1, 2)
_ENDS = "MATCH (a) WHERE id(a) = r[0] MATCH (b) WHERE id(b) = r[1]"
#: 80 % of the bare writes' rows a second; 2.5 times the driver's.
ALLOWED_TO_BARE = 1.25
ALLOWED_TO_DRIVER = 0.40

Connect = Callable[[], Connection]
Seconds = tuple[float, float]  # of nodes, of relationships


def measure() -> Iterator[Figure]:
    """The figures of this module."""
    with tempfile.TemporaryDirectory(prefix="import-") as folder, Warm(Path(folder)) as server:
        server.start()
        login = server.login
        with neo4j.GraphDatabase.driver(
            login.url, auth=(login.user, login.password), notifications_min_severity="OFF"
        ) as driver:
            yield from _figures(driver, connector(login.url, login.password))


class Warm(Plain):
    """As Aura's servers run: with all of Java's compilers, and more memory than a test needs.

    The emulator's start quickly instead; on those the server is what everybody waits for.
    """

    def _java(self, *arguments: str) -> list[str]:
        slow = {"-Xmx256m": "-Xmx1g", "-XX:TieredStopAtLevel=1": "-XX:TieredStopAtLevel=4"}
        return [slow.get(word, word) for word in super()._java(*arguments)]


def _figures(driver: neo4j.Driver, connect: Connect) -> Iterator[Figure]:
    _fill(driver)
    known = _read_by_driver(driver)
    nodes = [*rows_of(reading.nodes(connect, IdSet()))]
    edges = [*rows_of(reading.relationships(connect, IdSet()))]
    ways: dict[str, Callable[[], Seconds]] = {
        "driver": lambda: _by_driver(driver, known),
        **{f"bare, {n}": partial(_bare, connect, nodes, edges, n) for n in CONNECTIONS},
        "ours": lambda: _ours(connect, nodes, edges),
    }
    seconds: dict[str, list[Seconds]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, write in ways.items():
            empty(driver)
            seconds[way].append(write())
    yield from _table(seconds, len(nodes), len(edges))


def _table(seconds: dict[str, list[Seconds]], nodes: int, edges: int) -> Iterator[Figure]:
    middle = {name: _median(found) for name, found in seconds.items()}
    for what, (for_nodes, for_edges) in middle.items():
        yield Figure(NAME, f"nodes, {what}", nodes / for_nodes, " rows/s")
        yield Figure(NAME, f"relationships, {what}", edges / for_edges, " rows/s")
    ours = middle.pop("ours")
    for what, found in middle.items():
        limits = {"bare, 1": ALLOWED_TO_BARE, "driver": ALLOWED_TO_DRIVER}
        for kind, mine, other in (
            ("nodes", ours[0], found[0]),
            ("relationships", ours[1], found[1]),
            ("whole graph", sum(ours), sum(found)),
        ):
            limit = limits.get(what) if kind == "whole graph" or what != "driver" else None
            yield Figure(NAME, f"time for {kind}, to {what}", mine / other, "x", limit)


def _median(found: Sequence[Seconds]) -> Seconds:
    nodes, edges = zip(*found, strict=True)
    return statistics.median(nodes), statistics.median(edges)


# --- ours -----------------------------------------------------------------------------------------


def _ours(connect: Connect, nodes: Sequence[bytes], edges: Sequence[bytes]) -> Seconds:
    with (
        tempfile.TemporaryDirectory(prefix="import-") as folder,
        Writer(connect, Path(folder), export_id="bench") as writer,
    ):
        writer.check_target(reading.Totals(len(nodes), len(edges)))
        return (
            _seconds(lambda: writer.write_nodes(0, nodes)),
            _seconds(lambda: writer.write_relationships(0, edges)),
        )


# --- nothing but the writes -----------------------------------------------------------------------


def _bare(connect: Connect, nodes: Sequence[bytes], edges: Sequence[bytes], lanes: int) -> Seconds:
    """Nodes over one connection or two, relationships over one."""
    ids = IdMap()
    connections = [connect() for _ in range(lanes)]
    for_nodes = _batched(node_rows(nodes))

    def write(lane: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for rows in for_nodes[lane::lanes]:
            labels = packstream.decode(rows[0].group)[0]
            query = f"UNWIND $b AS r CREATE (n{_labels(labels)}) SET n = r RETURN id(n)"
            answers = connections[lane].stream(query, _parameters(rows), write=True)
            found += zip((row.id for row in rows), (integer(a, 1)[0] for a in answers), strict=True)
        return found

    began = time.perf_counter()
    with ThreadPoolExecutor(lanes) as threads:
        made = [*threads.map(write, range(lanes))]
    seconds = time.perf_counter() - began
    for pairs in made:
        ids.update(pairs)
    for_edges = _batched(relationship_rows(edges, ids))
    began = time.perf_counter()
    for rows in for_edges:
        type_ = quoted(packstream.decode(rows[0].group)[0])
        query = f"UNWIND $b AS r {_ENDS} CREATE (a)-[x:{type_}]->(b) SET x = r[2]"
        connections[0].run(query, _parameters(rows))
    for_relationships = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return seconds, for_relationships


def _batched(rows: Iterable[Row]) -> list[list[Row]]:
    groups: dict[bytes, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    return [
        found[start : start + BATCH]
        for found in groups.values()
        for start in range(0, len(found), BATCH)
    ]


def _parameters(rows: Sequence[Row]) -> dict[str, Any]:
    content = b"".join(row.content for row in rows)
    return {"b": packstream.Raw(packstream.list_header(len(rows)) + content)}


def _labels(labels: Iterable[str]) -> str:
    return "".join(f":{quoted(label)}" for label in labels)


# --- the driver -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A graph as the driver reads it: by labels or type, ids and properties."""

    nodes: dict[str, list[tuple[int, dict[str, Any]]]]
    edges: dict[str, list[tuple[int, int, dict[str, Any]]]]


def _read_by_driver(driver: neo4j.Driver) -> Known:
    known = Known(defaultdict(list), defaultdict(list))
    with driver.session() as session:
        for id_, labels, found in session.run("MATCH (n) RETURN id(n), labels(n), properties(n)"):
            known.nodes[_labels(labels)].append((id_, found))
        query = "MATCH (a)-[r]->(b) RETURN id(a), id(b), type(r), properties(r)"
        for start, end, type_, found in session.run(query):
            known.edges[quoted(type_)].append((start, end, found))
    return known


def _by_driver(driver: neo4j.Driver, known: Known) -> Seconds:
    ids: dict[int, int] = {}
    with driver.session() as session:
        began = time.perf_counter()
        for labels, nodes in known.nodes.items():
            query = f"UNWIND $b AS r CREATE (n{labels}) SET n = r RETURN id(n)"
            for some in _chunks(nodes):
                answer = _write(session, query, [properties for _, properties in some])
                new = (record[0] for record in answer)
                ids.update(zip((id_ for id_, _ in some), new, strict=True))
        for_nodes = time.perf_counter() - began
        began = time.perf_counter()
        for type_, edges in known.edges.items():
            query = f"UNWIND $b AS r {_ENDS} CREATE (a)-[x:{type_}]->(b) SET x = r[2]"
            for some in _chunks(edges):
                _write(session, query, [[ids[a], ids[b], found] for a, b, found in some])
        return for_nodes, time.perf_counter() - began


# --- the graph ------------------------------------------------------------------------------------


def _fill(driver: neo4j.Driver) -> None:
    groups = {
        ":Person": (_person, PERSONS), ":Company:`Listed company`": (_company, COMPANIES),
        ":Place": (_place, PLACES),
    }  # fmt: skip
    with driver.session() as session:
        ids: list[list[int]] = []
        for labels, (make, count) in groups.items():
            query = f"UNWIND $b AS r CREATE (n{labels}) SET n = r RETURN id(n)"
            answers = [_write(session, query, some) for some in _chunks([*map(make, range(count))])]
            ids.append([record[0] for answer in answers for record in answer])
        for name in RELATIONSHIPS:
            query = f"UNWIND $b AS r {_ENDS} CREATE (a)-[x:`{name}`]->(b) SET x = r[2]"
            for some in _chunks(_edges(name, *ids)):
                _write(session, query, some)


def _write(session: neo4j.Session, query: str, rows: Sequence[Any]) -> list[neo4j.Record]:
    return [*session.run(query, b=rows)]


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _person(number: int) -> dict[str, Any]:
    moment = dt.datetime(2020, 1, 1, 12) + dt.timedelta(seconds=37 * number)  # noqa: DTZ001 - local
    zone = dt.timezone(dt.timedelta(hours=number % 12))
    return {
        "number": number, "name": f"Name {number} Ærø 日本", "age": number % 90,
        "score": number / 7, "active": bool(number % 2), "tags": ["a", "b", str(number % 7)],
        "born": moment.date(), "seen": moment.replace(tzinfo=zone), "moved": moment,
        "rises": moment.time(), "stays": Duration(months=number % 14, seconds=number),
    }  # fmt: skip


def _company(number: int) -> dict[str, Any]:
    return {
        "name": f"Company {number}", "odd name": "x`y'z\"\n", "large": 2**62 + number,
        "embedding": [number / (place + 1) for place in range(8)], "logo": bytes(range(32)),
        "numbers": [1, 2, number], "days": [dt.date(2020, 1, 1), dt.date(2021, 2, 3)],
    }  # fmt: skip


def _place(number: int) -> dict[str, Any]:
    return {
        "at": WGS84Point((number % 180, number % 90)), "map": CartesianPoint((1.0, number)),
        "corners": [CartesianPoint((1.0, 2.0)), CartesianPoint((3.0, 4.0))],
    }  # fmt: skip


def _edges(
    name: str, persons: Sequence[int], companies: Sequence[int], places: Sequence[int]
) -> list[list[Any]]:
    others = {"KNOWS": persons, "WORKS_AT": companies, "LIVES IN": places}[name]
    return [
        [
            persons[number * 7919 % len(persons)], others[number * 104_729 % len(others)],
            {} if name == "LIVES IN" else {"number": number, "since": dt.date(2010, 1, 1)},
        ]
        for number in range(RELATIONSHIPS[name])
    ]  # fmt: skip


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
