"""Generated graphs in a real Neo4j: what was planned is what is there."""

import hashlib
from collections import Counter

import pytest

from aura_emulator.data_plane.neo4j import graphs
from aura_emulator.data_plane.neo4j.graphs import specimens
from support.databases import empty, rows

pytestmark = pytest.mark.neo4j

#: What the server calls the type of each property of a specimen; a list's name ends in _list.
TYPES = {
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "float": "FLOAT",
    "string": "STRING",
    "date": "DATE",
    "local_time": "LOCAL TIME",
    "zoned_time": "ZONED TIME",
    "local_datetime": "LOCAL DATETIME",
    "offset_datetime": "ZONED DATETIME",
    "zone_datetime": "ZONED DATETIME",
    "duration": "DURATION",
    "cartesian": "POINT",
    "cartesian_3d": "POINT",
    "wgs_84": "POINT",
    "wgs_84_3d": "POINT",
}
LISTS = {f"{name}_list": f"LIST<{value} NOT NULL>" for name, value in TYPES.items()}
#: Cypher has no type for bytes; the driver does.
ALL_TYPES = {**TYPES, **LISTS, "empty_list": "LIST<NOTHING>"}


def described(properties):
    """Cypher: type and value of everything, as text. The driver never sees a zoned time."""
    one = f"{properties}[k]"
    texts = f"CASE WHEN valueType({one}) STARTS WITH 'LIST' THEN toStringList({one})"
    texts += f" WHEN k = 'bytes' THEN {one} ELSE toString({one}) END"
    return f"[k IN keys({properties}) | [k, valueType({one}), {texts}]]"


def digest(database):
    """One number for all contents; the order in which the server returns them is no part of it."""
    node = f"{{labels: labels(NODE), properties: {described('NODE')}}}"
    start, end = node.replace("NODE", "a"), node.replace("NODE", "b")
    queries = [
        f"MATCH (a) RETURN {start}",
        f"MATCH (a)-[r]->(b) RETURN type(r), {described('r')}, {start}, {end}",
    ]
    found = [line for query in queries for line in map(canonical, rows(database, query))]
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


def canonical(value):
    if isinstance(value, dict):
        return canonical(sorted((name, canonical(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return f"[{', '.join(sorted(map(canonical, value)))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(canonical, value))})"
    return repr(value)


@pytest.mark.parametrize("numbers", [(0, 0), (1, 0), (1, 20), (2, 3), (7, 9), (1000, 2500)])
def test_the_counts_are_those_of_the_plan(database, numbers):
    planned = graphs.plan(*numbers)
    graphs.write(database, planned)
    found = graphs.count(database)
    assert found == planned.counts
    assert (found.nodes, found.relationships) == numbers


def test_the_servers_own_counts_are_those_of_the_plan(database):
    """Asked in another way than `count` does."""
    planned = graphs.plan(1000, 2500)
    graphs.write(database, planned)
    labels = rows(database, "MATCH (n) UNWIND labels(n) AS l RETURN l, count(*)")
    assert dict(labels) == planned.counts.by_label
    assert rows(database, "MATCH () RETURN count(*)") == [(1000,)]
    assert rows(database, "MATCH ()-[r]->() RETURN count(r)") == [(2500,)]


@pytest.mark.parametrize("pattern", ["(x:Specimen)", "()-[x:SPECIMEN]->()"])
def test_every_type_of_property_is_there_as_the_server_sees_it(database, pattern):
    graphs.write(database, graphs.plan(1, 1))
    query = f"MATCH {pattern} UNWIND keys(x) AS k WITH x, k WHERE NOT k IN ['number', 'bytes']"
    found = dict(rows(database, f"{query} RETURN k, valueType(x[k])"))
    assert found == {name: f"{value} NOT NULL" for name, value in ALL_TYPES.items()}
    kept = rows(database, f"MATCH {pattern} RETURN x.bytes")
    assert kept == [(specimens.PARAMETERS["bytes"][0],)]


def test_points_and_zoned_times_are_of_every_kind(database):
    graphs.write(database, graphs.plan(1, 0))
    points = "UNWIND [x.cartesian, x.cartesian_3d, x.wgs_84, x.wgs_84_3d] AS p RETURN p.crs"
    crs = [name for (name,) in rows(database, f"MATCH (x:Specimen) {points}")]
    assert crs == ["cartesian", "cartesian-3d", "wgs-84", "wgs-84-3d"]
    zones = "RETURN x.offset_datetime.timezone, x.zone_datetime.timezone, x.zoned_time.timezone"
    found = rows(database, f"MATCH (x:Specimen) {zones}")
    assert found == [("+05:45", "Europe/Copenhagen", "-03:30")]


@pytest.mark.parametrize("pattern", ["(x:Specimen)", "()-[x:SPECIMEN]->()"])
@pytest.mark.parametrize("values", ["integers", "floats", "strings", "bytes"])
def test_every_extreme_value_is_there(database, pattern, values):
    graphs.write(database, graphs.plan(1000, 2500))
    name = values.removesuffix("s") if values != "bytes" else values
    found = {repr(value) for (value,) in rows(database, f"MATCH {pattern} RETURN x.{name}")}
    assert found == {repr(value) for value in specimens.PARAMETERS[values]}


def test_there_are_negative_durations(database):
    graphs.write(database, graphs.plan(1000, 0))
    query = "MATCH (x:Specimen) WHERE x.duration.months < 0 AND x.duration.days < 0 RETURN count(x)"
    assert rows(database, query)[0][0] > 0


def test_every_kind_of_index_is_online(database):
    planned = graphs.plan(1000, 2500)
    graphs.write(database, planned)
    query = "SHOW INDEXES YIELD name, type, entityType, state, owningConstraint, populationPercent"
    found = database.execute_query(query).records
    own = [index["name"] for index in found if not index["owningConstraint"]]
    lookups = [index["name"] for index in found if index["type"] == "LOOKUP"]
    assert sorted(own) == sorted([*planned.indexes, *lookups])
    assert {(index["state"], index["populationPercent"]) for index in found} == {("ONLINE", 100.0)}
    kinds = ("RANGE", "TEXT", "POINT", "FULLTEXT", "VECTOR", "LOOKUP")
    assert {(index["type"], index["entityType"]) for index in found} == {
        (kind, entity) for kind in kinds for entity in ("NODE", "RELATIONSHIP")
    }


def test_there_are_composite_indexes_and_one_over_several_labels(database):
    graphs.write(database, graphs.plan(0, 0))
    query = (
        "SHOW INDEXES YIELD type, entityType, labelsOrTypes, properties, owningConstraint"
        " WHERE owningConstraint IS NULL RETURN type, entityType, labelsOrTypes, properties"
    )
    shapes = {
        (kind, entity, len(labels or []) > 1, len(properties or []) > 1)
        for kind, entity, labels, properties in rows(database, query)
    }
    assert ("RANGE", "NODE", False, True) in shapes
    assert ("RANGE", "RELATIONSHIP", False, True) in shapes
    assert ("FULLTEXT", "NODE", True, True) in shapes
    assert ("FULLTEXT", "RELATIONSHIP", True, True) in shapes


def test_every_kind_of_constraint_is_there_and_holds(database):
    planned = graphs.plan(7, 9)
    graphs.write(database, planned)
    query = "SHOW CONSTRAINTS YIELD name, type, ownedIndex WHERE ownedIndex IS NOT NULL"
    found = dict(rows(database, f"{query} RETURN name, type"))
    assert sorted(found) == sorted(planned.constraints)
    assert set(found.values()) == {"UNIQUENESS", "RELATIONSHIP_UNIQUENESS"}


def test_indexed_properties_are_in_the_indexes(database):
    """An index that nothing is in would not be missed when it is lost."""
    graphs.write(database, graphs.plan(1000, 2500))
    on_nodes = "CALL db.index.fulltext.queryNodes('names', 'paper OR company') YIELD node"
    on_relationships = (
        "CALL db.index.fulltext.queryRelationships('remarks', 'review') YIELD relationship"
    )
    nearest = "CALL db.index.vector.queryNodes('document_embedding', 3, n.embedding) YIELD node"
    for query in (on_nodes, on_relationships, f"MATCH (n:Document) {nearest}"):
        assert rows(database, f"{query} RETURN count(*)")[0][0] > 0


def test_there_are_loops_duplicates_and_ends_of_every_kind(database):
    graphs.write(database, graphs.plan(1000, 2500))
    loops = rows(database, "MATCH (a)-[r:IS]->(b) RETURN a = b, count(*)")
    assert [is_loop for is_loop, _ in loops] == [True]
    copies = rows(database, "MATCH (a)-[r:REPEATS]->(b) WITH a, b, count(*) AS c RETURN c")
    assert Counter(copies)[(2,)] > len(copies) * 0.9
    assert rows(database, "MATCH (n:Marker)--() RETURN count(*) > 0") == [(True,)]
    bare = "size(labels(n)) = 0 AND size(keys(n)) = 0"
    assert rows(database, f"MATCH (n)--() WHERE {bare} RETURN count(*) > 0") == [(True,)]
    empty_ones = rows(database, "MATCH ()-[r:LIVES_IN]->() RETURN DISTINCT keys(r)")
    assert empty_ones == [([],)]


def test_a_second_writing_gives_the_same_contents(database):
    planned = graphs.plan(1000, 2500)
    graphs.write(database, planned)
    first = digest(database)
    empty(database)
    assert digest(database) != first
    graphs.write(database, planned)
    assert digest(database) == first


def test_contents_that_differ_in_one_value_are_told_apart(database):
    """Otherwise the test above would prove nothing."""
    graphs.write(database, graphs.plan(30, 90))
    seen = {digest(database)}
    changes = [
        "MATCH (n:Specimen) WITH n LIMIT 1 SET n.date = n.date + duration({days: 1})",
        "MATCH (n:Specimen) WITH n LIMIT 1 SET n.integer = toFloat(n.integer)",
        "MATCH (n:Place) WITH n LIMIT 1 SET n:Other",
        "MATCH (a:Person)-[r:KNOWS]->(b) WITH a, r, b LIMIT 1 DELETE r CREATE (b)-[:KNOWS]->(a)",
    ]
    for change in changes:
        database.execute_query(change)
        seen.add(digest(database))
    assert len(seen) == 1 + len(changes)
