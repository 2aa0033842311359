"""What must not change a fingerprint, and what must."""

import json
import math
import struct
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.packstream import Structure
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint, shapes
from support.fingerprints import Edge, Graph, Node, rows, taken

GOLDEN = Path(__file__).parents[2] / "golden" / "fingerprint.json"

#: A busy machine is no failure.
patient = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

#: Around the lengths at which a longer header is needed.
LENGTHS = st.sampled_from([15, 16, 255, 256, 300])
TEXTS = st.text(max_size=5) | LENGTHS.map(lambda length: "x" * length)
BINARY = st.binary(max_size=5) | LENGTHS.map(bytes)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
STRUCTURES = st.one_of(
    st.builds(lambda days: Structure(0x44, (days,)), st.integers(-(10**6), 10**6)),
    st.builds(lambda a, b, c: Structure(0x49, (a, b, c)), INTEGERS, INTEGERS, INTEGERS),
    st.builds(lambda a, b, z: Structure(0x69, (a, b, z)), INTEGERS, INTEGERS, TEXTS),
    st.builds(lambda *f: Structure(0x45, f), INTEGERS, INTEGERS, INTEGERS, INTEGERS),
    st.builds(lambda s, x, y: Structure(0x58, (s, x, y)), INTEGERS, st.floats(), st.floats()),
    st.builds(lambda s, x: Structure(0x59, (s, x, x, x)), INTEGERS, st.floats()),
    st.builds(lambda kind, data: Structure(0x56, (kind, data)), BINARY, BINARY),
)
SCALARS = st.one_of(st.booleans(), INTEGERS, st.floats(), TEXTS, BINARY, STRUCTURES)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=10), st.lists(st.floats(), max_size=20))
NAMES = st.sampled_from(["a", "b", "A", "Odd `name`", "æ", "a long name of many letters"])
PROPERTIES = st.dictionaries(NAMES, VALUES, max_size=4)
NODES = st.builds(Node, st.lists(NAMES, max_size=3, unique=True).map(tuple), PROPERTIES)


@st.composite
def graphs(draw, nodes=NODES, least=0):
    """Up to six nodes and up to eight relationships, duplicates and self-loops among them."""
    made = tuple(draw(st.lists(nodes, min_size=least, max_size=6)))
    place = st.integers(0, len(made) - 1)
    edges = st.lists(st.builds(Edge, place, place, NAMES, PROPERTIES), min_size=least, max_size=8)
    return Graph(made, tuple(draw(edges)) if made else ())


def distinct(graph):
    """The same graph with a number on every node, so that no two changes can be the same."""
    for place, node in enumerate(graph.nodes):
        graph = graph.with_node(place, properties={**node.properties, "number": place})
    return graph


# --- what must not matter -------------------------------------------------------------------------


@patient
@given(graphs(), st.integers(0, 2**32), st.integers(0, 3))
def test_ids_and_every_order_do_not_matter(graph, seed, rounds):
    """Rows, labels and properties in another order, nodes under other ids: the same graph."""
    assert taken(graph, rounds=rounds) == taken(graph, seed, rounds=rounds)


@patient
@given(graphs())
def test_the_width_that_a_sender_chose_does_not_matter(graph):
    """Integers and lengths may take more bytes than they need."""
    assert taken(graph) == taken(graph, wide=True)


@settings(patient, max_examples=20)
@given(graphs(), st.integers(0, 2**32))
def test_a_row_of_a_known_shape_counts_as_one_that_is_new(graph, seed):
    """Patterns for shapes that come again change the speed and nothing else."""
    again = Graph(graph.nodes * 4, graph.edges * 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapes, "_WORTH_A_PATTERN", 2)
        quick = taken(again, seed)
    assert quick == taken(again)


def test_the_order_and_spacing_of_schema_statements_do_not_matter():
    """The server lists them as it likes."""
    one = replace(Graph(), schema=("CREATE INDEX a", "CREATE INDEX b"))
    other = replace(Graph(), schema=("CREATE INDEX b ", "CREATE INDEX a"))
    assert taken(one) == taken(other)


# --- what must show -------------------------------------------------------------------------------


def nan(payload):
    return struct.unpack(">d", struct.pack(">Q", 0x7FF8000000000000 | payload))[0]


PAIRS = {
    "value": ("x", "y"),
    "integer and float": (1, 1.0),
    "integer and text": (1, "1"),
    "float and text": (1.0, "1.0"),
    "truth and integer": (True, 1),
    "truth and text": (True, "true"),
    "zero's sign": (0.0, -0.0),
    "nan and nothing": (math.nan, 0.0),
    "nan and infinity": (math.nan, math.inf),
    "nan's sign": (math.nan, -math.nan),
    "nan's payload": (nan(0), nan(1)),
    "last bit of a float": (0.1, math.nextafter(0.1, 1)),
    "sign": (1, -1),
    "far integers": (2**63 - 1, -(2**63)),
    "text and bytes": ("ab", b"ab"),
    "empty text and empty list": ("", []),
    "space at the end": ("x", "x "),
    "composed letter": ("\N{LATIN SMALL LETTER E WITH ACUTE}", "e\N{COMBINING ACUTE ACCENT}"),
    "order in a list": ([1, 2], [2, 1]),
    "duplicate in a list": ([1], [1, 1]),
    "type in a list": ([1, 2], [1, 2.0]),
    "list of one": ("x", ["x"]),
    "one float of many": ([0.5] * 999 + [0.25], [0.5] * 1000),
    "zone": (
        Structure(0x69, (1, 2, "Europe/Copenhagen")),
        Structure(0x69, (1, 2, "Europe/Oslo")),
    ),
    "offset": (Structure(0x49, (1, 2, 3600)), Structure(0x49, (1, 2, 7200))),
    "offset and zone": (Structure(0x49, (1, 2, 0)), Structure(0x69, (1, 2, "Z"))),
    "nanosecond": (Structure(0x49, (1, 2, 3600)), Structure(0x49, (1, 3, 3600))),
    "date and local time": (Structure(0x44, (1,)), Structure(0x74, (1,))),
    "months and days": (Structure(0x45, (1, 0, 0, 0)), Structure(0x45, (0, 30, 0, 0))),
    "coordinate system": (Structure(0x58, (4326, 1.0, 2.0)), Structure(0x58, (7203, 1.0, 2.0))),
    "coordinate": (Structure(0x58, (7203, 1.0, 2.0)), Structure(0x58, (7203, 2.0, 1.0))),
}


def a_pair(one, two):
    return Graph((Node(("A",), one), Node(("B",), {"b": 1})), (Edge(0, 1, "R", two),))


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("where", ["node", "relationship"])
@pytest.mark.parametrize("patience", [1, 10**9], ids=["by pattern", "the long way"])
def test_another_value_shows(kind, where, patience, monkeypatch):
    """However little two values differ, at a node or at a relationship."""
    monkeypatch.setattr(shapes, "_WORTH_A_PATTERN", patience)

    def with_value(value):
        repeated = {"v": value, "k": 1}
        graph = a_pair(repeated, {}) if where == "node" else a_pair({}, repeated)
        return Graph(graph.nodes * 3, graph.edges * 3)

    one, other = (taken(with_value(value)) for value in PAIRS[kind])
    digest = f"{where}_digest"
    assert getattr(one, digest) != getattr(other, digest)
    assert one == taken(with_value(PAIRS[kind][0]))


NODE_CHANGES = {
    "property added": lambda n: replace(n, properties={**n.properties, "new": 1}),
    "property gone": lambda n: replace(
        n, properties={k: v for k, v in n.properties.items() if k != "number"}
    ),
    "property renamed": lambda n: replace(
        n, properties={{"number": "n"}.get(k, k): v for k, v in n.properties.items()}
    ),
    "integer became float": lambda n: replace(
        n, properties={**n.properties, "number": float(n.properties["number"])}
    ),
    "integer became text": lambda n: replace(
        n, properties={**n.properties, "number": str(n.properties["number"])}
    ),
    "label added": lambda n: replace(n, labels=(*n.labels, "New")),
    "label gone": lambda n: replace(n, labels=n.labels[1:] if n.labels else ("New",)),
}
EDGE_CHANGES = {
    "property added": lambda e: replace(e, properties={**e.properties, "new": None}),
    "other type": lambda e: replace(e, type=e.type + "!"),
    "direction flipped": lambda e: (
        replace(e, start=e.end, end=e.start) if e.start != e.end else replace(e, type="x")
    ),
}


@patient
@given(graphs(least=1), st.data(), st.integers(0, 3))
def test_any_change_of_a_node_shows(graph, data, rounds):
    """One node, one change, whatever else is there."""
    graph = distinct(graph)
    place = data.draw(st.integers(0, len(graph.nodes) - 1))
    change = NODE_CHANGES[data.draw(st.sampled_from(sorted(NODE_CHANGES)))]
    nodes = list(graph.nodes)
    nodes[place] = change(nodes[place])
    other = taken(replace(graph, nodes=tuple(nodes)), 1, rounds=rounds)
    assert taken(graph, rounds=rounds).node_digest != other.node_digest


@patient
@given(graphs(least=1), st.data(), st.integers(0, 3))
def test_any_change_of_a_relationship_shows(graph, data, rounds):
    """One relationship, one change, and nodes that can be told apart."""
    graph = distinct(graph)
    place = data.draw(st.integers(0, len(graph.edges) - 1))
    change = EDGE_CHANGES[data.draw(st.sampled_from(sorted(EDGE_CHANGES)))]
    edges = list(graph.edges)
    edges[place] = change(edges[place])
    one, other = (
        taken(each, rounds=rounds) for each in (graph, replace(graph, edges=tuple(edges)))
    )
    assert one.node_digest == other.node_digest
    assert one.relationship_digest != other.relationship_digest


@patient
@given(graphs(least=1), st.data(), st.integers(0, 3))
def test_another_end_shows(graph, data, rounds):
    """The relationship is there, and leads to another node."""
    graph = distinct(Graph((*graph.nodes, Node()), graph.edges))
    place = data.draw(st.integers(0, len(graph.edges) - 1))
    moved = graph.with_edge(place, end=(graph.edges[place].end + 1) % len(graph.nodes))
    one, other = taken(graph, rounds=rounds), taken(moved, rounds=rounds)
    assert one.relationship_digest != other.relationship_digest
    assert replace(one, relationship_digest="", neighbourhood_digest="") == replace(
        other, relationship_digest="", neighbourhood_digest=""
    )


@patient
@given(graphs(least=1), st.data())
def test_a_duplicate_more_or_less_shows(graph, data):
    """Exact duplicates are counted, of relationships and of nodes: a multiset, not a set."""
    edge = data.draw(st.sampled_from(graph.edges))
    more = replace(graph, edges=(*graph.edges, edge))
    most = replace(graph, edges=(*graph.edges, edge, edge))
    node = data.draw(st.sampled_from(graph.nodes))
    nodes = replace(graph, nodes=(*graph.nodes, node))
    found = [taken(each) for each in (graph, more, most, nodes)]
    assert len(set(found)) == 4
    assert len({each.relationship_digest for each in found[:3]}) == 3
    assert found[3].node_digest != found[0].node_digest


def test_which_of_two_is_there_twice_shows():
    """As many rows of the same kinds: two of one and one of the other, or the other way round."""
    one, other = Node(("A",), {"n": 1}), Node(("A",), {"n": 2})
    assert (
        taken(Graph((one, one, other))).node_digest != taken(Graph((one, other, other))).node_digest
    )
    ends = (one, other)
    edge, back = Edge(0, 1, "R"), Edge(1, 0, "R")
    assert (
        taken(Graph(ends, (edge, edge, back))).relationship_digest
        != taken(Graph(ends, (edge, back, back))).relationship_digest
    )


@patient
@given(graphs(least=2), st.data())
def test_nodes_that_exchange_their_places_show(graph, data):
    """Every node and value is still there; what differs is to whom the relationships lead."""
    graph = distinct(graph)
    edge = data.draw(st.sampled_from(graph.edges))
    other = (edge.start + 1) % len(graph.nodes)
    nodes = list(graph.nodes)
    nodes[edge.start], nodes[other] = nodes[other], nodes[edge.start]
    # One relationship that is like no other, so that the exchange cannot be another look at the
    # same graph.
    marked = replace(graph, edges=(*graph.edges, Edge(edge.start, edge.start, "MARK")))
    one, two = taken(marked), taken(replace(marked, nodes=tuple(nodes)), 1)
    assert one.node_digest == two.node_digest
    assert one.relationship_digest != two.relationship_digest


def test_ends_exchanged_between_relationships_show():
    """A to X and B to Y, or A to Y and B to X."""
    nodes = tuple(Node((name,)) for name in "ABXY")
    one = Graph(nodes, (Edge(0, 2), Edge(1, 3)))
    other = Graph(nodes, (Edge(0, 3), Edge(1, 2)))
    for rounds in range(3):
        found = taken(one, rounds=rounds), taken(other, rounds=rounds)
        assert found[0].relationship_digest != found[1].relationship_digest


def test_another_schema_shows():
    """And nothing else does then."""
    one, other = taken(Graph()), taken(Graph(schema=("CREATE INDEX a",)))
    assert one != other
    assert one.content == other.content


# --- what cannot be seen --------------------------------------------------------------------------


def ring(first, size):
    return tuple(Edge(first + place, first + (place + 1) % size) for place in range(size))


@pytest.mark.parametrize("rounds", range(5))
def test_blind_spot_two_rings_of_three_look_like_one_of_six(rounds):
    """These two differ and no number of rounds can see it: every node looks like every other."""
    nodes = (Node(("A",)),) * 6
    assert taken(Graph(nodes, ring(0, 3) + ring(3, 3)), rounds=rounds) == taken(
        Graph(nodes, ring(0, 6)), rounds=rounds
    )


def ladders(length, *, crossed):
    """Two chains of nodes that are alike, from P to X and from Q to Y; crossed in the middle."""
    inner = tuple(Node(("I",)) for _ in range(2 * length))
    nodes = (Node(("P",)), Node(("Q",)), Node(("X",)), Node(("Y",)), *inner)
    one = [0, *range(4, 4 + length), 2]
    two = [1, *range(4 + length, 4 + 2 * length), 3]
    if crossed:
        middle = len(one) // 2
        one, two = one[:middle] + two[middle:], two[:middle] + one[middle:]
    pairs = [*pairwise(one), *pairwise(two)]
    return Graph(nodes, tuple(Edge(start, end) for start, end in pairs))


@pytest.mark.parametrize(
    ("length", "rounds_that_see_it"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)]
)
def test_blind_spot_nodes_of_equal_content_swapped_relationships_further_away_than_rounds_look(
    length, rounds_that_see_it
):
    """Rounds narrow the spot: each sees one step further from every node."""
    for rounds in range(6):
        one = taken(ladders(length, crossed=False), rounds=rounds)
        other = taken(ladders(length, crossed=True), 1, rounds=rounds)
        assert (one != other) == (rounds >= rounds_that_see_it), rounds
        assert one.relationship_digest == other.relationship_digest


# --- for ever -------------------------------------------------------------------------------------


def everything():
    """A graph with everything that is hashed in some way of its own."""
    values = {name.replace(" ", "_"): pair[0] for name, pair in PAIRS.items()}
    nodes = (
        Node(("Person", "Employee"), values),
        Node(("Person", "Employee"), values),
        Node((), {}),
        Node(("Odd `label`", "Ærø"), {"odd `key`": "long " * 100, "bytes": bytes(300)}),
    )
    edges = (
        Edge(0, 1, "KNOWS", values),
        Edge(0, 1, "KNOWS", {"since": 1}),
        Edge(0, 1, "KNOWS", {"since": 1}),
        Edge(1, 2, "LIVES `IN`"),
        Edge(3, 3, "SELF"),
    )
    return Graph(nodes, edges, ("CREATE INDEX b FOR (n:A) ON (n.b)", "CREATE INDEX a"))


def test_the_fingerprint_of_a_fixed_graph_is_what_it_was():
    """Manifests hold fingerprints for years. A change of construction needs another version."""
    found = taken(everything()).to_dict()
    assert found == json.loads(GOLDEN.read_text())


@patient
@given(graphs(), st.integers(0, 3))
def test_it_goes_through_json_and_back(graph, rounds):
    """What a manifest keeps is the whole fingerprint."""
    found = taken(graph, rounds=rounds)
    assert Fingerprint.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_rows_that_were_shuffled_really_are():
    """Else the tests above prove nothing."""
    assert rows(everything()) != rows(everything(), 1)
