"""Fingerprints of real databases: the same graph, put together in another order somewhere else."""

from collections import defaultdict

import pytest

from aura_emulator.data_plane.neo4j import graphs
from pulumi_neo4j_aura.bootstrap import SystemClock
from pulumi_neo4j_aura.domain.packstream import Raw, decode, list_items
from pulumi_neo4j_aura.graph import driver, reading, schema
from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint, Login
from pulumi_neo4j_aura.graph.fingerprint import Fingerprinter
from pulumi_neo4j_aura.graph.ids import IdSet
from support.batches import rows_of
from support.databases import running_databases

pytestmark = pytest.mark.neo4j


class Server:
    """One database, through our own client."""

    def __init__(self, databases, instance):
        self.endpoint = Endpoint.parse(str(databases.shown(instance)["connection_url"]))
        self.login = Login("neo4j", databases.passwords[instance])

    def connect(self):
        return Connection.open(self.endpoint, self.login)

    def nodes(self):
        return list(rows_of(reading.nodes(self.connect, IdSet())))

    def relationships(self):
        return list(rows_of(reading.relationships(self.connect, IdSet())))

    def run(self, query, **parameters):
        with self.connect() as connection:
            return list(connection.stream(query, parameters, write=True))

    def schema(self):
        with driver.session(self.endpoint, self.login) as session:
            return schema.read(session)

    def fingerprint(self):
        with Fingerprinter() as one:
            one.add_nodes(rows_of(reading.nodes(self.connect, IdSet())))
            one.add_relationships(rows_of(reading.relationships(self.connect, IdSet())))
            return one.finish(self.schema().statements())


def quoted(name):
    return f"`{name.replace('`', '``')}`"


def copied_backwards(source, target):
    """Everything that one server holds into another: last rows first, and labels the other way."""
    ids: dict[int, int] = {}
    for labels, rows in grouped(source.nodes(), 1).items():
        names = "".join(f":{quoted(label)}" for label in reversed(labels))
        query = f"UNWIND $rows AS r CREATE (n{names}) SET n = r[2] RETURN r[0], id(n)"
        for first in range(0, len(rows), 500):
            made = target.run(query, rows=[Raw(row) for row in rows[first : first + 500]])
            ids.update(decode(each)[0] for each in made)
    for kind, rows in grouped(source.relationships(), 3).items():
        query = (
            "UNWIND $rows AS r MATCH (a), (b) WHERE id(a) = r[0] AND id(b) = r[1] "
            f"CREATE (a)-[x:{quoted(kind)}]->(b) SET x = r[2]"
        )
        sent = []
        for row in rows:
            _, start, end, _, properties = list_items(row, 0)
            sent.append([ids[decode(start)[0]], ids[decode(end)[0]], Raw(properties)])
        for first in range(0, len(sent), 500):
            target.run(query, rows=sent[first : first + 500])
    with driver.session(target.endpoint, target.login) as session:
        schema.create(session, source.schema(), clock=SystemClock()).require_whole()


def grouped(records, field):
    groups = defaultdict(list)
    for record in reversed(records):
        name, _ = decode(list_items(record, 0)[field])
        groups[tuple(name) if isinstance(name, list) else name].append(record)
    return dict(reversed(groups.items()))


@pytest.fixture(scope="module")
def servers():
    """A graph with every type of value, and a copy that was made backwards."""
    with running_databases() as databases:
        first, second = databases.create("first"), databases.create("second")
        with databases.driver(first) as opened:
            graphs.write(opened, graphs.plan(1_000, 2_500))
        source, target = Server(databases, first), Server(databases, second)
        source.run(
            "CREATE (a:B:A {x: 1, y: 2}), (b:A:B {y: 2, x: 1}), "
            "(a)-[:T {x: 1, y: 2}]->(b), (a)-[:T {y: 2, x: 1}]->(b), (a)-[:SELF]->(a)"
        )
        copied_backwards(source, target)
        yield source, target


def test_a_graph_made_in_another_order_elsewhere_has_the_same_fingerprint(servers):
    """Read from two live servers; ids and the order of rows are not the same there."""
    source, target = servers
    found = source.fingerprint()
    assert found.differences(target.fingerprint()) == ()
    assert found == target.fingerprint()
    assert (found.nodes, found.relationships, found.loose_ends) == (1_002, 2_503, 0)
    assert len(found.schema) > 8
    assert source.nodes() != target.nodes()


@pytest.mark.parametrize(
    ("change", "back", "seen"),
    [
        (
            "MATCH (n:Specimen) WITH n, n.float AS was LIMIT 1 SET n.float = was + 1, n.was = was",
            "MATCH (n:Specimen) WHERE n.was IS NOT NULL SET n.float = n.was REMOVE n.was",
            "with the property was: 0 expected, 1 found",
        ),
        (
            "MATCH (a)-[r:SELF]->(a) DELETE r",
            "MATCH (a:A)-[:T]->() WITH DISTINCT a CREATE (a)-[:SELF]->(a)",
            "relationships of the type SELF: 1 expected, 0 found",
        ),
        (
            "MATCH (a:A)-[r:T]->(b) DELETE r CREATE (b)-[:T {x: 1, y: 2}]->(a)",
            "MATCH (b:A)-[r:T]->(a) DELETE r CREATE (a)-[:T {x: 1, y: 2}]->(b)",
            "the same nodes and relationships, connected differently",
        ),
        (
            "MATCH (a:A)-[r:T]->() SET r.x = 1.0",
            "MATCH (a:A)-[r:T]->() SET r.x = 1",
            "relationships: the same counts, different content or different ends",
        ),
    ],
)
def test_a_change_on_one_server_shows_until_it_is_taken_back(servers, change, back, seen):
    """What the other server holds has the other fingerprint for just as long."""
    source, target = servers
    target.run(change)
    differences = source.fingerprint().differences(target.fingerprint())
    target.run(back)
    assert any(text.endswith(seen) for text in differences), differences
    assert source.fingerprint() == target.fingerprint()
