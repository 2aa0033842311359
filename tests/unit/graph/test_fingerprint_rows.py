"""Rows that are odd, wrong or too many, and the files in which colours are kept."""

import resource
from contextlib import contextmanager

import pytest

from pulumi_neo4j_aura.domain.packstream import Raw, encode
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph.fingerprint import Fingerprinter, shapes, slots
from pulumi_neo4j_aura.graph.fingerprint.slots import CHUNK, CHUNK_IDS, Slots, added
from support.fingerprints import Edge, Graph, Node, taken, wasteful

A_NODE = encode([0, ["A"], {"k": 1}])


def finished(nodes=(), relationships=(), **options):
    with Fingerprinter(**options) as one:
        one.add_nodes(nodes)
        one.add_relationships(relationships)
        return one.finish(())


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"\x93",
        encode(1),
        encode([0, ["A"]]),
        encode([0, ["A"], {}, 1]),
        encode([-1, ["A"], {}]),
        encode([True, ["A"], {}]),
        encode(["0", ["A"], {}]),
        encode([0, "A", {}]),
        encode([0, ["A"], []]),
        encode([0, [1], {}]),
        encode([0, ["A", "A"], {}]),
        A_NODE + b"\x01",
        A_NODE + encode("l") + b"\x01",
        A_NODE[:-1],
        encode([0, ["A"], Raw(b"\xa1\x01\x01")]),
        encode([0, ["A"], Raw(b"\xa2" + encode("k") + b"\x01" + encode("k") + b"\x02")]),
        encode([0, ["A"], {"k": Raw(b"\xc4")}]),
        wasteful([0, ["A"], {"k": 1}]) + b"\x01",
    ],
)
def test_what_is_no_node_is_refused(record):
    """And shown, so that somebody can look at it."""
    with Fingerprinter() as one, pytest.raises(Permanent, match="should be a node"):
        one.add_nodes([record])


@pytest.mark.parametrize(
    "record",
    [
        b"",
        A_NODE,
        encode([0, 0, 0, "T"]),
        encode([0, 0, -1, "T", {}]),
        encode([0, 0, 0, 1, {}]),
        encode([0, 0, 0, "T", {}])[:-1],
        encode([0, 0, 0, "T", {}]) + b"\x01",
    ],
)
def test_what_is_no_relationship_is_refused(record):
    """And shown, so that somebody can look at it."""
    with Fingerprinter() as one, pytest.raises(Permanent, match="should be a relationship"):
        one.add_relationships([record])


@pytest.mark.parametrize("number", [0, 5000])
def test_a_node_that_came_twice_is_no_graph(number):
    """A reader that lost its place would else double a node in silence."""
    with Fingerprinter() as one, pytest.raises(Permanent, match=f"id {number} came twice"):
        one.add_nodes([encode([number, [], {}]), encode([number, ["B"], {}])])


def test_an_id_beyond_all_databases_is_refused():
    """Rather than a file of that size."""
    with Fingerprinter() as one, pytest.raises(Permanent, match="no database's id"):
        one.add_nodes([encode([2**62, [], {}])])


def test_nodes_come_before_relationships():
    """A relationship needs the colours of both its ends."""
    with Fingerprinter() as one:
        one.add_relationships(())
        with pytest.raises(ValueError, match="nodes come before"):
            one.add_nodes([A_NODE])


def test_fewer_rounds_than_none_make_no_sense():
    """A mistake of the caller."""
    with pytest.raises(ValueError, match="-1 rounds"):
        Fingerprinter(rounds=-1)


@pytest.mark.parametrize("missing", [1, 10**6])
@pytest.mark.parametrize("rounds", range(3))
def test_a_relationship_without_an_end_is_counted(missing, rounds):
    """A live export may hold one that was written after its end was looked for."""
    whole = [encode([0, 0, 0, "T", {}])]
    loose = [*whole, encode([1, 0, missing, "T", {}]), encode([2, missing, 0, "T", {}])]
    found = finished([A_NODE], loose, rounds=rounds)
    assert (found.relationships, found.loose_ends) == (3, 2)
    assert "relationships with a missing end: 0 expected, 2 found" in finished(
        [A_NODE], whole, rounds=rounds
    ).differences(found)


@pytest.mark.parametrize("first", [0, 100, 2**15, 2**20, 2**33])
def test_ids_may_be_far_from_each_other(first):
    """Deleted nodes leave holes; the file has holes there too."""
    ids = [first, first + 1, first + 3 * CHUNK_IDS + 7]
    nodes = [encode([number, ["A"], {"n": place}]) for place, number in enumerate(ids)]
    edges = [encode([0, ids[0], ids[2], "T", {}]), encode([1, ids[2], ids[1], "T", {}])]
    expected = Graph(
        tuple(Node(("A",), {"n": place}) for place in range(3)),
        (Edge(0, 2, "T"), Edge(2, 1, "T")),
    )
    assert finished(reversed(nodes), edges) == taken(expected)


def test_shapes_beyond_what_is_remembered_count_all_the_same(monkeypatch):
    """Many combinations of properties cost time and no memory."""
    graph = Graph(tuple(Node(("A",), {f"k{place % 7}": 1}) for place in range(50)))
    expected = taken(graph)
    monkeypatch.setattr(shapes, "_MOST", 2)
    monkeypatch.setattr(shapes, "_WORTH_A_PATTERN", 3)
    assert taken(graph) == expected


def test_more_shapes_than_are_tried_count_all_the_same(monkeypatch):
    """One label whose nodes never have the same properties."""
    monkeypatch.setattr(shapes, "_WORTH_A_PATTERN", 2)
    graph = Graph(tuple(Node(("A",), {f"k{place % 20}": 1}) for place in range(200)))
    found = taken(graph)
    assert found.node_properties[":A"]["k19"] == 10
    assert len(found.node_properties[":A"]) == 20


def test_more_properties_than_a_tiny_map_holds():
    """Their number takes another form."""
    nodes = (Node(("A",), {f"k{key}": key for key in range(300)}), Node(("A",) * 0, {}))
    assert taken(Graph(nodes)) == taken(Graph(nodes), 5) == taken(Graph(nodes), wide=True)


# --- files ----------------------------------------------------------------------------------------


def test_temporary_files_have_no_names(tmp_path):
    """So that nothing is left even after a kill -9."""
    with Fingerprinter(folder=tmp_path) as one:
        one.add_nodes([A_NODE])
        one.add_relationships([encode([0, 0, 0, "T", {}])])
        assert list(tmp_path.iterdir()) == []


def test_closing_twice_is_no_error():
    """`finish` closes, and so does the end of the block."""
    with Fingerprinter() as one:
        one.finish(())
        one.close()


@contextmanager
def files_no_larger_than(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_room_for_colours_is_an_error_and_no_crash(tmp_path):
    """A hole in mapped memory that cannot be filled would kill the process."""
    nodes = [encode([number * CHUNK_IDS, [], {}]) for number in range(4)]
    with (
        Fingerprinter(folder=tmp_path) as one,
        files_no_larger_than(2 * CHUNK),
        pytest.raises(Permanent, match="cannot be written") as caught,
    ):
        one.add_nodes(nodes)
    assert "TMPDIR" in caught.value.way_out


def test_no_room_for_relationships_is_an_error(tmp_path):
    """They are kept on disk for later rounds."""
    with Fingerprinter(folder=tmp_path) as one:
        one.add_nodes([A_NODE])
        with files_no_larger_than(CHUNK), pytest.raises(Permanent, match="cannot be written"):
            one.add_relationships(encode([n, 0, 0, "T", {}]) for n in range(10_000))
        one.close()


def test_sums_of_several_processes_add_lane_by_lane():
    """Each half of a slot for itself: what flows over one half is not carried into the next."""
    full = (b"\xff" * 8 + b"\x01" + bytes(7)) * CHUNK_IDS
    one = b"\x01" + bytes(7)
    assert added([full, one * 2 * CHUNK_IDS]) == (bytes(8) + b"\x02" + bytes(7)) * CHUNK_IDS
    assert added([full]) == full
    assert added([one * 2 * CHUNK_IDS] * 3) == (b"\x03" + bytes(7)) * 2 * CHUNK_IDS


def test_colours_are_there_for_other_processes(tmp_path):
    """Another map of the same file shows them at once."""
    one = Slots.at(tmp_path / "colours")
    one.put(5000, b"c" * 16)
    other = Slots.at(tmp_path / "colours", one.chunks)
    assert other.map[5000 * 16 : 5001 * 16] == b"c" * 16
    assert other.map[:16] == slots.ABSENT
    one.close()
    other.close()
