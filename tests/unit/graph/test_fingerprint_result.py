"""What two fingerprints say about two graphs, in words."""

from dataclasses import replace

import pytest

from pulumi_neo4j_aura.errors import Permanent, Refused
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint
from support.fingerprints import Edge, Graph, Node, taken

GRAPH = Graph(
    (
        Node(("Person",), {"name": "a"}),
        Node(("Person",), {"name": "b"}),
        Node(("Odd label", "A")),
        Node(),
    ),
    (Edge(0, 1, "KNOWS", {"since": 1}), Edge(0, 1, "KNOWS", {"since": 1}), Edge(1, 2, "LIVES IN")),
    ("CREATE INDEX one", "CREATE INDEX two"),
)


def test_what_is_counted():
    """Labels, combinations, types, and how many of each have which property."""
    found = taken(GRAPH)
    assert found.labels == {"A": 1, "Odd label": 1, "Person": 2}
    assert found.combinations == {"": 1, ":A:`Odd label`": 1, ":Person": 2}
    assert found.types == {"KNOWS": 2, "LIVES IN": 1}
    assert found.node_properties == {"": {}, ":A:`Odd label`": {}, ":Person": {"name": 2}}
    assert found.relationship_properties == {"KNOWS": {"since": 2}, "LIVES IN": {}}
    assert found.schema == ("CREATE INDEX one", "CREATE INDEX two")


def test_combinations_cannot_be_confused():
    """A label may have a colon and a backtick in its name."""
    names = [("A", "B"), ("A:B",), ("A`:`B",), ("`A", "B`")]
    found = taken(Graph(tuple(Node(labels) for labels in names)))
    assert len(found.combinations) == 4


def changed(**changes):
    return taken(GRAPH).differences(taken(replace(GRAPH, **changes)))


def test_equal_graphs_have_no_differences():
    """Not even of another order."""
    assert taken(GRAPH).differences(taken(GRAPH, 3)) == ()


def test_labels_and_types_that_differ_are_named_with_both_counts():
    """Expected is the first, found the second."""
    assert changed(nodes=(*GRAPH.nodes, Node(("Person",)), Node(("New one",)))) == (
        "nodes: 4 expected, 6 found",
        "nodes with the label `New one`: 0 expected, 1 found",
        "nodes with the label Person: 2 expected, 3 found",
    )
    assert changed(edges=GRAPH.edges[1:]) == (
        "relationships: 3 expected, 2 found",
        "relationships of the type KNOWS: 2 expected, 1 found",
    )


def test_combinations_are_named_where_labels_agree():
    """The same labels, on other nodes."""
    nodes = (*GRAPH.nodes[:2], Node(("Odd label",)), Node(("A",)))
    assert changed(nodes=nodes)[:3] == (
        "nodes without a label: 1 expected, 0 found",
        "nodes that are just :A: 0 expected, 1 found",
        "nodes that are just :A:`Odd label`: 1 expected, 0 found",
    )


def test_properties_are_named_where_labels_agree():
    """One name was lost, on a node and on a relationship; one came on a node without a label."""
    nodes = (GRAPH.nodes[0], Node(("Person",)), GRAPH.nodes[2], Node((), {"my key": 1}))
    edges = (Edge(0, 1, "KNOWS"), *GRAPH.edges[1:])
    assert changed(nodes=nodes, edges=edges) == (
        "nodes without a label with the property `my key`: 0 expected, 1 found",
        "nodes :Person with the property name: 2 expected, 1 found",
        "relationships KNOWS with the property since: 2 expected, 1 found",
    )


def test_statements_that_differ_are_named():
    """Missing ones and new ones."""
    assert changed(schema=("CREATE INDEX two", "CREATE INDEX three")) == (
        "schema: missing: CREATE INDEX one",
        "schema: not expected: CREATE INDEX three",
    )


def test_content_that_differs_is_told_from_connections_that_do():
    """As much as digests can tell."""
    other = GRAPH.with_edge(0, properties={"since": 2})
    assert changed(edges=other.edges) == (
        "relationships: the same counts, different content or different ends",
    )
    nodes = tuple(Node(("A",)) for _ in range(4))
    one = Graph(nodes, (Edge(0, 1), Edge(2, 3)))
    two = Graph(nodes, (Edge(0, 1), Edge(1, 2)))
    assert taken(one).differences(taken(two)) == (
        "the same nodes and relationships, connected differently",
    )


def test_a_value_of_a_node_shows_in_its_relationships_too():
    """Their ends are part of what they are."""
    nodes = (Node(("Person",), {"name": "c"}), *GRAPH.nodes[1:])
    assert changed(nodes=nodes) == (
        "nodes: the same counts, different content",
        "relationships: the same counts, different content or different ends",
    )


@pytest.mark.parametrize("change", [{"rounds": 3}, {"version": 2}])
def test_what_was_made_in_another_way_is_neither_equal_nor_different(change):
    """It says nothing about the graph."""
    one = taken(GRAPH)
    other = replace(one, **change)
    assert not one.comparable(other)
    assert one.comparable(taken(Graph()))
    with pytest.raises(Refused, match="not comparable"):
        one.differences(other)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        [],
        {**taken(Graph()).to_dict(), "more": 1},
        {key: value for key, value in taken(Graph()).to_dict().items() if key != "rounds"},
        {**taken(Graph()).to_dict(), "schema": None},
        {**taken(Graph()).to_dict(), "nodes": "1"},
        {**taken(Graph()).to_dict(), "labels": []},
        {**taken(Graph()).to_dict(), "node_digest": 1},
    ],
)
def test_what_is_no_fingerprint_is_refused(broken):
    """An edited manifest is an error, and no difference between graphs."""
    with pytest.raises(Permanent, match="no fingerprint"):
        Fingerprint.from_dict(broken)


def test_equal_fingerprints_have_one_hash():
    """They can be members of a set."""
    assert len({taken(GRAPH), taken(GRAPH, 1), taken(Graph())}) == 2
