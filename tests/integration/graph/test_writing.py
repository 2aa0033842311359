"""Imports into a real Neo4j: what the raw reader read from another one is there, once."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import LostAnswer, Permanent, Refused
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.ids import IdSet
from pulumi_neo4j_aura.graph.write_journal import FILE
from pulumi_neo4j_aura.graph.writing import Sizes, Writer
from support import importing
from support.batches import rows_of
from support.databases import Databases, empty, running_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    import neo4j

    from pulumi_neo4j_aura.graph.bolt import Connection

pytestmark = pytest.mark.neo4j

PROGRAM = Path(importing.__file__)
GRAPH = {"nodes": 1000, "relationships": 2500}

#: What the generated graph has not: names that need quoting, and nodes that are the same.
AWKWARD = [
    r"CREATE (:`Odd ``label\u005Cu0060`:`日本\u005C` {`a ``key``\u005Cu0060`: 1})",
    "CREATE (:Twin {a: 1}), (:Twin {a: 1}), (), ()",
    "MATCH (a:Twin), (b:Twin) CREATE (a)-[:`IS ``the same``` {b: 2}]->(b)",
    "MATCH (a:Twin), (b:Twin) CREATE (a)-[:`IS ``the same``` {b: 2}]->(b)",
]

Contents = tuple[Counter[Any], Counter[Any]]
Records = tuple[list[bytes], list[bytes]]


def records_of(connect) -> Records:
    return [*rows_of(reading.nodes(connect, IdSet()))], [
        *rows_of(reading.relationships(connect, IdSet()))
    ]


def contents(records: Records) -> Contents:
    """Nodes, and relationships with their ends, by value; values are compared as bytes."""
    nodes: dict[Any, Any] = {}
    for id_, labels, properties in map(decoded, records[0]):
        nodes[id_] = (frozenset(labels), canonical(properties))
    ends = Counter(
        (type_, canonical(properties), nodes[start], nodes[end])
        for _, start, end, type_, properties in map(decoded, records[1])
    )
    return Counter(nodes.values()), ends


def decoded(record: bytes) -> Any:
    return packstream.decode(record)[0]


def canonical(properties: dict[str, Any]) -> frozenset[tuple[str, bytes]]:
    return frozenset((key, packstream.encode(value)) for key, value in properties.items())


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    with running_databases() as shared:
        yield shared


@pytest.fixture(scope="module")
def exported(databases) -> Records:
    """The generated graph of all types and what it lacks, as the raw reader reads it."""
    source = databases.create("source")
    assert databases.put(source, graph=GRAPH).status_code == 200
    with databases.driver(source) as driver:
        for statement in AWKWARD:
            driver.execute_query(statement)
    found = records_of(connector(databases, source))
    databases.control.vanish(source)
    return found


@pytest.fixture(scope="module")
def instance(databases) -> str:
    return str(databases.create("target"))


@pytest.fixture
def driver(databases, instance) -> Iterator[neo4j.Driver]:
    with databases.driver(instance) as driver:
        empty(driver)
        yield driver


@pytest.fixture
def connect(databases, instance, driver):
    """Opens connections to a database without data."""
    return connector(databases, instance)


def connector(databases, instance):
    url = databases.shown(instance)["connection_url"]
    return importing.connector(url, databases.passwords[instance])


def test_everything_that_was_read_is_there_once(connect, exported, tmp_path):
    """All types of values, exact duplicates, loops, odd names, nodes without anything."""
    with Writer(connect, tmp_path, export_id="one") as writer:
        importing.run(writer, *exported)
    assert len(exported[0]) > GRAPH["nodes"]
    assert contents(records_of(connect)) == contents(exported)


def test_a_second_import_finds_everything_done(connect, exported, tmp_path):
    for _ in range(2):
        with Writer(connect, tmp_path, export_id="one") as writer:
            importing.run(writer, *exported)
    assert contents(records_of(connect)) == contents(exported)


def test_nothing_of_ours_is_in_the_graph(connect, driver, exported, tmp_path):
    """No label, type or property key that the export does not have."""
    with Writer(connect, tmp_path, export_id="one") as writer:
        importing.run(writer, *exported)
    found = driver.execute_query("MATCH (n) UNWIND labels(n) AS l RETURN DISTINCT l").records
    labels = {label for record in map(decoded, exported[0]) for label in record[1]}
    assert {record["l"] for record in found} == labels


def test_a_target_with_data_is_refused(connect, driver, tmp_path):
    driver.execute_query("CREATE ()")
    with Writer(connect, tmp_path, export_id="one") as writer, pytest.raises(Refused):
        writer.check_target(reading.Totals(1, 0))


def test_batches_that_are_too_large_for_the_server_get_smaller(connect, driver, tmp_path):
    """The servers have 256 MB of memory; so many fat nodes at once do not fit."""
    text = "x" * 1000
    nodes = [packstream.encode([id_, ["Fat"], {"text": text}]) for id_ in range(60_000)]
    sizes = Sizes(rows=100_000, bytes=1 << 30, waiting_bytes=1 << 30)
    slept: list[float] = []
    with Writer(connect, tmp_path, export_id="fat", sizes=sizes, sleep=slept.append) as writer:
        writer.check_target(reading.Totals(len(nodes), 0))
        writer.write_nodes(0, nodes)
    assert slept, "the server bore it: the test has to send more"
    found = driver.execute_query("MATCH (n:Fat) RETURN count(n)").records
    assert found[0][0] == len(nodes)


def test_a_constraint_that_is_violated_stops_the_import(connect, driver, tmp_path):
    """And the next run, without the constraint, goes on."""
    driver.execute_query("CREATE CONSTRAINT one FOR (t:Twin) REQUIRE t.a IS UNIQUE")
    nodes = [packstream.encode([id_, ["Twin"], {"a": 1}]) for id_ in range(2)]
    totals = reading.Totals(2, 0)
    with Writer(connect, tmp_path, export_id="twins") as writer:
        writer.check_target(totals)
        with pytest.raises(Permanent):
            writer.write_nodes(0, nodes)
    driver.execute_query("DROP CONSTRAINT one")
    with Writer(connect, tmp_path, export_id="twins") as writer:
        writer.check_target(totals)
        writer.write_nodes(0, nodes)
    assert contents(records_of(connect)) == contents((nodes, []))


# --- answers that are lost ------------------------------------------------------------------------


class Forgetful:
    """A connection that loses the answers to some changes after they took effect."""

    def __init__(self, opened: Connection, numbers: Iterator[int], lost: set[int]) -> None:
        self._opened = opened
        self._numbers = numbers
        self._lost = lost

    def stream(self, query: str, *parameters: Any, **options: Any) -> Iterator[bytes]:
        rows = self._opened.stream(query, *parameters, **options)
        if options.get("write") and next(self._numbers) in self._lost:
            for _ in rows:
                pass
            raise LostAnswer("lost")
        yield from rows

    def run(self, *query: Any) -> Any:
        answer = self._opened.run(*query)
        if next(self._numbers) in self._lost:
            raise LostAnswer("lost")
        return answer

    def close(self) -> None:
        self._opened.close()


def test_batches_whose_answers_were_lost_are_found_and_none_comes_twice(
    connect, exported, tmp_path
):
    """Of nodes (the first, two at once, a late one), of relationships, and of the deletion."""
    numbers, lost = itertools.count(), {0, 5, 6, 7, 20, 30, 31, 50}

    def forgetful() -> Any:
        return Forgetful(connect(), numbers, lost)

    with Writer(forgetful, tmp_path, export_id="one", sizes=Sizes(rows=100)) as writer:
        importing.run(writer, *exported)
    assert contents(records_of(connect)) == contents(exported)
    journal = (tmp_path / FILE).read_bytes()
    assert journal.count(b'"event": "strays"') > 1


# --- killed ---------------------------------------------------------------------------------------


class Imports:
    """Processes that import the same export with the same journal."""

    def __init__(self, databases: Databases, instance: str, folder: Path) -> None:
        url = databases.shown(instance)["connection_url"]
        self._command = [sys.executable, str(PROGRAM), url, str(folder), str(folder / "state")]
        self._password = databases.passwords[instance]

    def start(self, rows: int) -> subprocess.Popen[str]:
        environment = {**os.environ, "IMPORT_PASSWORD": self._password}
        return subprocess.Popen(
            [*self._command, str(rows)], stdout=subprocess.PIPE, text=True, env=environment
        )

    def kill_after(self, lines: int, rows: int, milliseconds: float = 0) -> bool:
        """Whether it was killed before it was done."""
        process = self.start(rows)
        assert process.stdout is not None
        with process.stdout as output:
            seen = len([*itertools.islice(output, lines)])
            time.sleep(milliseconds / 1000)
            process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL and seen == lines

    def finish(self) -> None:
        process = self.start(rows=100)
        process.communicate(timeout=240)
        assert process.returncode == 0


@pytest.fixture
def imports(databases, instance, exported, tmp_path) -> Imports:
    for kind, records in zip(("nodes", "relationships"), exported, strict=True):
        importing.save(tmp_path, kind, records)
    return Imports(databases, instance, tmp_path)


@pytest.mark.parametrize(
    ("lines", "milliseconds"), [(0, 0), (1, 0), (2, 5), (9, 10), (14, 20), (23, 3), (40, 7)]
)
def test_killed_at_any_moment_and_run_again_everything_is_there_once(
    connect, imports, exported, lines, milliseconds
):
    assert imports.kill_after(lines, rows=100, milliseconds=milliseconds)
    imports.finish()
    assert contents(records_of(connect)) == contents(exported)


def test_killed_again_and_again_it_arrives_all_the_same(connect, imports, exported):
    """Batches of another size each time: a run needs nothing but the journal of the one before."""
    killed = sum(imports.kill_after(7, rows) for rows in (150, 60, 90, 120, 30, 75))
    imports.finish()
    assert killed > 3
    assert contents(records_of(connect)) == contents(exported)
