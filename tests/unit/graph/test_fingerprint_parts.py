"""Several processes come to what one comes to, and leave nothing behind."""

import pytest

from pulumi_neo4j_aura.domain.packstream import encode
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph.fingerprint import of_parts
from support.fingerprints import Edge, Graph, Node, Rows, rows, taken

GRAPH = Graph(
    tuple(Node(("A",) if n % 3 else ("B", "A"), {"n": n % 7, "t": "x" * n}) for n in range(60)),
    tuple(Edge(n % 60, n * n % 60, "AB"[n % 2], {"w": n % 5}) for n in range(200)),
    ("CREATE INDEX a", "CREATE INDEX b"),
)


def dealt(part, count):
    """The rows of one part, dealt out to several."""
    return [Rows(part.records[first::count]) for first in range(count)]


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_several_processes_come_to_the_same(tmp_path, rounds):
    """Whatever part comes to which of them, and in which order they are done."""
    nodes, edges = rows(GRAPH, 7)
    found = of_parts(
        dealt(nodes, 5), dealt(edges, 4), GRAPH.schema, processes=2, rounds=rounds, folder=tmp_path
    )
    assert found == taken(GRAPH, rounds=rounds)
    assert list(tmp_path.iterdir()) == []


def test_one_process_needs_no_other():
    """Parts one after the other, here."""
    nodes, edges = rows(GRAPH, 8)
    seen = []
    found = of_parts(
        dealt(nodes, 3), dealt(edges, 2), GRAPH.schema, report=lambda *done: seen.append(done)
    )
    assert found == taken(GRAPH)
    assert seen == [*[("nodes", 20)] * 3, *[("relationships", 100)] * 2]


def test_every_part_is_reported():
    """For a progress bar; in the order in which they are done."""
    nodes, edges = rows(GRAPH)
    seen = []
    of_parts(
        dealt(nodes, 3), dealt(edges, 2), (), processes=2, report=lambda *done: seen.append(done)
    )
    assert seen == [*[("nodes", 20)] * 3, *[("relationships", 100)] * 2]


def test_an_empty_graph_needs_nobody(tmp_path):
    """No parts, no rows."""
    for nodes, edges in (([], []), ([Rows(())], [Rows(())])):
        found = of_parts(nodes, edges, (), processes=2, folder=tmp_path)
        assert found == taken(Graph())


def test_a_row_that_cannot_be_read_is_the_same_error_and_nothing_is_left(tmp_path):
    """It happened in another process, and is told here in the same words."""
    broken = Rows((encode([0, ["A"]]),))
    with pytest.raises(Permanent, match="should be a node") as caught:
        of_parts([Rows(()), broken], [], (), processes=2, folder=tmp_path)
    assert caught.value.way_out
    assert list(tmp_path.iterdir()) == []


def test_a_node_that_came_in_two_parts_is_refused(tmp_path):
    """Each process saw it once."""
    part = Rows((encode([5, ["A"], {}]),))
    with pytest.raises(Permanent, match="id 5 came twice"):
        of_parts([part, part], [], (), processes=2, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
