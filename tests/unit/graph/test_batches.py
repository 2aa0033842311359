import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph import batches
from pulumi_neo4j_aura.graph.batches import Batch, Grouping, Kind, Row, Sizes
from pulumi_neo4j_aura.graph.id_map import IdMap
from support.graph_target import node, relationship

ROWS = st.lists(
    st.builds(
        Row,
        id=st.integers(0, 99),
        group=st.sampled_from([b"A", b"B", b"C"]),
        content=st.binary(max_size=30),
        plain_bytes=st.integers(0, 9),
    ),
    max_size=60,
)
SIZES = st.builds(
    Sizes, rows=st.integers(1, 9), bytes=st.integers(1, 80), waiting_bytes=st.integers(0, 200)
)

#: PackStream that nobody would choose: a map with a long head, long integers, a structure that no
#: client knows, a string with broken UTF-8.
ODD = b"\xd8\x03\x81a\xcb\0\0\0\0\0\0\0\x01\x81b\xb1\x7a\x01\x81c\x82\xff\xfe"


@settings(deadline=None)
@given(ROWS, SIZES)
def test_every_row_is_in_one_batch_and_no_batch_is_too_large(rows, sizes):
    """One row alone may be larger than a batch should be; within a group the order is kept."""
    made = [*Grouping(Kind.NODES, sizes).batches(rows)]
    for batch in made:
        assert {row.group for row in batch.rows} == {batch.group}
        assert 1 <= len(batch.rows) <= sizes.rows
        held = sum(len(row.content) for row in batch.rows)
        assert held <= sizes.bytes or len(batch.rows) == 1
    for group in (b"A", b"B", b"C"):
        arrived = [row for batch in made for row in batch.rows if row.group == group]
        assert arrived == [row for row in rows if row.group == group]


@settings(deadline=None)
@given(ROWS, SIZES)
def test_what_waits_is_bounded(rows, sizes):
    taken = waiting = 0

    def counted():
        nonlocal waiting
        for row in rows:
            assert waiting - taken <= sizes.waiting_bytes
            waiting += len(row.content)
            yield row

    for batch in Grouping(Kind.NODES, sizes).batches(counted()):
        taken += sum(len(row.content) for row in batch.rows)
    assert taken == waiting


@settings(deadline=None)
@given(ROWS.filter(bool))
def test_halves_have_the_same_rows(rows):
    batch = Batch(Kind.NODES, b"A", tuple(rows))
    halves = batch.halves()
    assert tuple(row for half in halves for row in half.rows) == batch.rows
    assert len(halves) == min(2, len(rows))
    assert sum(half.plain_bytes for half in halves) == batch.plain_bytes


@pytest.mark.parametrize("id_", [0, 127, 128, 255, 256, 65_535, 1 << 31, 1 << 40, (1 << 63) - 1])
def test_ids_of_every_width_are_read(id_):
    (row,) = batches.node_rows([node(id_, ("A",), x=1)])
    assert (row.id, row.group) == (id_, packstream.encode(["A"]))


def test_values_are_passed_on_byte_by_byte():
    """Nothing is decoded: what the server sent is what the server gets."""
    ids = IdMap()
    ids.update([(1, 300), (2, 5)])
    nodes = [*batches.node_rows([b"\x93\x07\x91\x81A" + ODD, b"\x93\x08\x91\x81A\xa0"])]
    (edge,) = batches.relationship_rows([b"\x95\x07\x01\x02\x81T" + ODD], ids)
    assert Batch(Kind.NODES, nodes[0].group, tuple(nodes)).parameters() == {
        "b": b"\x92" + ODD + b"\xa0"
    }
    (sent,) = packstream.list_items(b"\x91" + edge.content, 0)
    start, end, properties = packstream.list_items(sent, 0)
    assert (packstream.decode(start)[0], packstream.decode(end)[0]) == (300, 5)
    assert properties == ODD


def test_labels_that_begin_as_those_before_are_others():
    """The labels of the last node are tried first, and a shorter list is no beginning of one."""
    nodes = [node(number, labels) for number, labels in enumerate([("A",), ("A", "B"), (), ("A",)])]
    groups = [packstream.decode(row.group)[0] for row in batches.node_rows(nodes)]
    assert groups == [["A"], ["A", "B"], [], ["A"]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Person", "`Person`"),
        ("a`b", "`a``b`"),
        (r"\u0060", r"`\u005Cu0060`"),
        ("", "``"),
    ],
)
def test_names_are_quoted(name, expected):
    """Cypher reads an escape of a backtick before it looks for the end of a name."""
    assert batches.quoted(name) == expected


@pytest.mark.parametrize("names", [1, [1], {"a": 1}])
def test_labels_that_are_no_texts_are_refused(names):
    row = Row(1, packstream.encode(names), b"", 0)
    with pytest.raises(Permanent, match="no texts"):
        Batch(Kind.NODES, row.group, (row,)).query()


@pytest.mark.parametrize(
    "record",
    [b"", b"\x93\x01\x90\xa0", b"\x95\x01\x02", b"\x95\x01\x02\x03", b"\x95\x01\xf0\x03\x81T"],
)
def test_what_is_no_relationship_is_refused_by_number(record):
    ids = IdMap()
    ids.update([(2, 2), (3, 3)])
    good = relationship(9, 2, 3, "T")
    with pytest.raises(Permanent, match="Record 1 is not a relationship"):
        [*batches.relationship_rows([good, record], ids)]
