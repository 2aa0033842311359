"""What is read is what the server holds, as the server itself says.

Twice: each record is sent back and the server compares it with what it has; and the server takes
every value apart into numbers and texts, which must be those that our decoding finds.
"""

from collections import Counter

import pytest

from aura_emulator.data_plane.neo4j import graphs
from pulumi_neo4j_aura.domain.packstream import Raw, Structure, decode, encode, list_header
from pulumi_neo4j_aura.graph import reading
from pulumi_neo4j_aura.graph.ids import IdSet
from support.batches import rows_of
from support.databases import empty

pytestmark = pytest.mark.neo4j

#: What the server knows about a value: its kind and its parts, in numbers and texts.
PARTS = """CASE
  WHEN valueType(X) STARTS WITH 'BOOLEAN' THEN ['bool', X]
  WHEN valueType(X) STARTS WITH 'INTEGER' THEN ['int', X]
  WHEN valueType(X) STARTS WITH 'FLOAT' THEN ['float', X]
  WHEN valueType(X) STARTS WITH 'STRING' THEN ['str', X]
  WHEN valueType(X) STARTS WITH 'DATE' THEN
    ['D', DAYS]
  WHEN valueType(X) STARTS WITH 'LOCAL TIME' THEN
    ['t', CLOCK * 1000000000 + X.nanosecond]
  WHEN valueType(X) STARTS WITH 'ZONED TIME' THEN
    ['T', CLOCK * 1000000000 + X.nanosecond, X.offsetSeconds]
  WHEN valueType(X) STARTS WITH 'LOCAL DATETIME' THEN
    ['d', DAYS * 86400 + CLOCK, X.nanosecond]
  WHEN valueType(X) STARTS WITH 'ZONED DATETIME' THEN
    ['I', X.epochSeconds, X.nanosecond, CASE WHEN X.timezone CONTAINS '/' THEN X.timezone
                                         ELSE X.offsetSeconds END]
  WHEN valueType(X) STARTS WITH 'DURATION' THEN
    ['E', X.months, X.days, X.seconds, X.nanosecondsOfSecond]
  WHEN valueType(X) STARTS WITH 'POINT' THEN
    ['P', X.srid, X.x, X.y] + CASE WHEN X.srid IN [4979, 9157] THEN [X.z] ELSE [] END
END""".replace("CLOCK", "((X.hour * 60 + X.minute) * 60 + X.second)").replace(
    "DAYS", "duration.inDays(date('1970-01-01'), date(X)).days"
)

#: A list's parts, one after the other; bytes as they are, which Cypher cannot look into.
ALL_PARTS = f"""CASE
  WHEN k STARTS WITH 'bytes' THEN ['bytes', ENTITY[k]]
  WHEN valueType(ENTITY[k]) STARTS WITH 'LIST' THEN
    ['list', [x IN ENTITY[k] | {PARTS.replace("X", "x")}]]
  ELSE {PARTS.replace("X", "ENTITY[k]")} END"""

DESCRIBED_NODES = (
    f"MATCH (n) RETURN id(n), labels(n), [k IN keys(n) | [k, {ALL_PARTS.replace('ENTITY', 'n')}]]"
)
DESCRIBED_RELATIONSHIPS = (
    "MATCH (a)-[r]->(b) RETURN id(r), id(a), id(b), type(r), "
    f"[k IN keys(r) | [k, {ALL_PARTS.replace('ENTITY', 'r')}]]"
)

#: What the generated graph does not have.
EDGES = {
    "ambiguous_first": "datetime('2024-10-27T02:30:00+02:00[Europe/Copenhagen]')",
    "ambiguous_second": "datetime('2024-10-27T02:30:00+01:00[Europe/Copenhagen]')",
    "before_the_epoch": "datetime('1969-12-31T23:59:59.999999999-11:00')",
    "farthest_offset": "datetime('9999-12-31T23:59:59.999999999+18:00')",
    "no_offset": "datetime('2024-02-29T00:00:00Z')",
    "odd_offset": "datetime('1900-01-01T00:00:00.000000001-00:44')",
    "old_zone": "datetime('1850-01-01T00:00:00[Europe/Amsterdam]')",
    "earliest_date": "date({year: -999999999})",
    "latest_date": "date({year: 999999999, month: 12, day: 31})",
    "earliest_local": "localdatetime({year: -999999999})",
    "latest_local": "localdatetime({year: 999999999, month: 12, day: 31, hour: 23})",
    "midnight": "localtime('00:00')",
    "last_moment": "localtime('23:59:59.999999999')",
    "time_edges": "[time('00:00:00-18:00'), time('23:59:59.999999999+18:00')]",
    "negative_duration": "duration({months: -1, days: 2, seconds: -3, nanoseconds: 4})",
    "longest_duration": "duration({months: 100000000000, days: -999999999999})",
    "no_duration": "duration({days: 0})",
    "mixed_points": "[point({x: 0.0, y: -0.0}), point({x: 1e-300, y: 1e300})]",
    "points_3d": "[point({longitude: -180, latitude: 90, height: -1}), "
    "point({longitude: 180, latitude: -90, height: 1e9})]",
    "vector": "[i IN range(1, 1536) | i / 7.0]",
    "empty": "[]",
    "empty_strings": "['', '']",
    "`back``tick` ": "1",
    "new\nline": "true",
    "日本 😀": "false",
}
ODD_NAMES = ["Odd `label`", "`", " ", "new\nline", "日本 😀", "a:b", '"', "'", "\\u0041"]


def quoted(name):
    """As Cypher wants it, which reads escapes of Unicode even in quoted names."""
    escaped = name.replace("\\u", "\\u005Cu").replace("`", "``")
    return f"`{escaped}`"


@pytest.fixture(scope="module")
def filled(one_world):
    """A graph with every type, odd names, duplicates, loops, and the edges above."""
    world = one_world
    empty(world.driver)
    graphs.write(world.driver, graphs.plan(1_000, 2_500))
    for number, (name, value) in enumerate(EDGES.items()):
        key = quoted(name)
        label = quoted(ODD_NAMES[number % len(ODD_NAMES)])
        kind = quoted(ODD_NAMES[-number % len(ODD_NAMES)])
        node = f"(a:{label} {{{key}: {value}}})"
        world.write(f"CREATE {node}-[:{kind} {{{key}: {value}}}]->(a), (a)-[:{kind}]->(a)")
    world.write(
        "CREATE (:Numbers {ints: $ints, floats: $floats, bytes: $bytes, bytes_none: $none})",
        ints=[-(2**63), 2**63 - 1, -(2**31) - 1, 2**31, -129, 128, -17, -16, 127, 0],
        floats=[float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308],
        bytes=bytes(range(256)) * 300, none=b"",
    )  # fmt: skip
    world.write(
        "CREATE (a:Twin {x: 1}), (b:Twin {x: 1}), (a)-[:T {y: 2}]->(b), (a)-[:T {y: 2}]->(b)"
    )
    return world


def records(world, read):
    return list(rows_of(read(world.connect, IdSet())))


# --- the server compares --------------------------------------------------------------------------

SAME = """all(k IN keys(p) WHERE
    valueType(p[k]) = valueType(q[k]) AND CASE
      WHEN k STARTS WITH 'bytes' THEN p[k] = q[k]
      WHEN valueType(p[k]) STARTS WITH 'POINT' THEN p[k] = q[k] AND p[k].srid = q[k].srid
      WHEN valueType(p[k]) STARTS WITH 'LIST<POINT' THEN p[k] = q[k]
      WHEN valueType(p[k]) STARTS WITH 'LIST' THEN toStringList(p[k]) = toStringList(q[k])
      ELSE toString(p[k]) = toString(q[k]) END) AND size(keys(p)) = size(keys(q))"""


@pytest.mark.parametrize(
    ("read", "match", "named", "at"),
    [
        (reading.nodes, "MATCH (e) WHERE id(e) = r[0]", "labels(e) = r[1]", 2),
        (
            reading.relationships,
            "MATCH (a)-[e]->(b) WHERE id(e) = r[0]",
            "[id(a), id(b), type(e)] = r[1..4]",
            4,
        ),
    ],
)
def test_the_server_recognizes_every_record_that_is_sent_back(filled, read, match, named, at):
    """Every value of the same type and with the same text, nothing more and nothing less."""
    found = records(filled, read)
    query = (
        f"UNWIND $rows AS r {match} WITH e, r, properties(e) AS p, r[{at}] AS q, {named} AS named "
        f"RETURN count(*), count(CASE WHEN named AND {SAME} THEN 1 END)"
    )
    rows = Raw(list_header(len(found)) + b"".join(found))
    with filled.connect() as connection:
        ((seen, same),) = [decode(row)[0] for row in connection.stream(query, {"rows": rows})]
    assert (seen, same) == (len(found), len(found))


# --- the server takes apart -----------------------------------------------------------------------


def parts(value):
    """What PARTS says, of a decoded value."""
    if isinstance(value, list):
        return ["list", [parts(inner) for inner in value]]
    if not isinstance(value, Structure):
        return [type(value).__name__, value]
    tag, fields = chr(value.tag), list(value.fields)
    if tag in "XY":
        return ["P", *fields]
    return [{"i": "I"}.get(tag, tag), *fields]


def described(properties):
    """A text for each property; that of a float tells -0.0 from 0.0 and NaN from nothing."""
    return sorted(repr([name, parts(value)]) for name, value in properties.items())


def as_server_says(pairs):
    return sorted(repr(list(pair)) for pair in pairs)


def test_every_value_of_a_node_is_the_servers(filled):
    found = {row[0]: row for row in (decode(one)[0] for one in records(filled, reading.nodes))}
    said = filled.rows(DESCRIBED_NODES)
    assert len(said) == len(found)
    for number, labels, properties in said:
        assert sorted(found[number][1]) == sorted(labels)
        assert described(found[number][2]) == as_server_says(properties)


def test_every_value_of_a_relationship_is_the_servers(filled):
    found = {
        row[0]: row for row in (decode(one)[0] for one in records(filled, reading.relationships))
    }
    said = filled.rows(DESCRIBED_RELATIONSHIPS)
    assert len(said) == len(found)
    for number, start, end, kind, properties in said:
        assert found[number][1:4] == [start, end, kind]
        assert described(found[number][4]) == as_server_says(properties)


def test_every_edge_was_there(filled):
    """Otherwise the tests above would prove less than they seem to."""
    names = Counter(name for one in records(filled, reading.nodes) for name in decode(one)[0][2])
    assert set(EDGES) <= set(names)
    labels = {label for one in records(filled, reading.nodes) for label in decode(one)[0][1]}
    assert set(ODD_NAMES) <= labels


def test_exact_duplicates_and_loops_are_all_read(filled):
    """As often as they are there."""
    found = [decode(one)[0] for one in records(filled, reading.relationships)]
    same = Counter(repr(row[1:]) for row in found)
    twins = [row for row in found if row[3] == "T"]
    assert len(twins) == 2
    assert twins[0][1:] == twins[1][1:]
    assert max(same.values()) == 2
    assert (
        sum(row[1] == row[2] for row in found)
        == filled.rows("MATCH (a)-[r]->(a) RETURN count(r)")[0][0]
    )


def test_what_is_read_is_encoded_as_our_own_encoder_would(filled):
    """So a decoded value can be encoded again without a difference."""
    for one in records(filled, reading.nodes) + records(filled, reading.relationships):
        assert encode(decode(one)[0]) == one
