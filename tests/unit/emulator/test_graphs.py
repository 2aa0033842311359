"""Plans of generated graphs: nothing here needs a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aura_emulator.data_plane.neo4j import graphs
from aura_emulator.data_plane.neo4j.graphs import kinds, planning, schema, writing

SIZES = st.integers(0, 5_000_000)


@given(nodes=SIZES.filter(bool), relationships=SIZES)
def test_a_plan_has_exactly_the_numbers_that_were_asked_for(nodes, relationships):
    counts = graphs.plan(nodes, relationships).counts
    assert (counts.nodes, counts.relationships) == (nodes, relationships)
    assert sum(counts.by_labels.values()) == nodes
    assert sum(counts.by_type.values()) == relationships


@given(nodes=SIZES.filter(bool), relationships=SIZES)
def test_groups_are_numbered_without_gaps_and_none_is_empty(nodes, relationships):
    planned = graphs.plan(nodes, relationships)
    for groups in (planned.node_groups, planned.relationship_groups):
        after = 0
        for group in groups:
            assert group.first == after
            assert group.size > 0
            after += group.size


@given(nodes=SIZES.filter(bool), relationships=SIZES, batch=st.integers(0, 1000))
def test_relationships_end_at_nodes_of_the_group_they_are_planned_for(nodes, relationships, batch):
    planned = graphs.plan(nodes, relationships)
    for group in planned.relationship_groups:
        ends = writing._ends(group, batch)
        for end, among in (("source", group.sources), ("target", group.targets)):
            assert among in planned.node_groups
            start, after = ends[f"{end}_from"], ends[f"{end}_to"]
            assert among.first <= start < after <= among.first + among.size
            assert after - start == ends[f"{end}_width"] <= group.kind.batch


@given(total=SIZES, shares=st.lists(st.integers(1, 500), min_size=1, max_size=20))
def test_sizes_follow_the_shares_once_everyone_has_one(total, shares):
    sizes = planning.divide(total, shares)
    assert sum(sizes) == total
    if total >= len(shares):
        assert min(sizes) >= 1
        rest = total - len(shares)
        for size, share in zip(sizes, shares, strict=True):
            assert abs(size - 1 - rest * share / sum(shares)) <= 1


def test_nothing_planned_is_a_schema_without_data():
    planned = graphs.plan(0, 0)
    assert planned.counts == graphs.Counts({}, {})
    assert len(planned.constraints) == 3
    assert len(planned.indexes) == 16


def test_the_only_node_carries_every_type_and_every_relationship():
    planned = graphs.plan(1, 3)
    assert planned.counts.by_labels == {("Specimen",): 1}
    assert planned.counts.by_type == {"SPECIMEN": 1, "KNOWS": 1, "WORKS_AT": 1}
    assert all(group.sources.first == 0 for group in planned.relationship_groups)


def test_ends_of_a_kind_that_a_small_graph_lacks_are_specimens():
    planned = graphs.plan(2, 10)
    ends = {
        group.kind.type: (group.sources.kind.name, group.targets.kind.name)
        for group in planned.relationship_groups
    }
    assert ends["LIVES_IN"] == ("person", "specimen")
    assert ends["NEAR"] == ("specimen", "specimen")


def test_seven_nodes_are_of_seven_kinds():
    assert graphs.plan(7, 0).counts.by_labels == {
        ("Specimen",): 1,
        ("Person",): 1,
        ("Employee", "Person"): 1,
        ("Place",): 1,
        ("Company",): 1,
        ("Odd `label`", "semi;colon", "Ærø 日本 😀"): 1,
        ("Document",): 1,
    }


def test_a_node_with_two_labels_counts_for_both_and_one_without_for_none():
    counts = graphs.Counts({("A",): 1, ("A", "B"): 2, (): 4}, {})
    assert counts.nodes == 7
    assert counts.by_label == {"A": 3, "B": 2}


def test_relationships_without_nodes_are_refused():
    with pytest.raises(ValueError, match="5 relationships need at least one node"):
        graphs.plan(0, 5)


@pytest.mark.parametrize("numbers", [(-1, 0), (3, -1)])
def test_negative_numbers_are_refused(numbers):
    with pytest.raises(ValueError, match="neither can be negative"):
        graphs.plan(*numbers)


def test_the_ends_of_every_kind_of_relationship_are_kinds_of_nodes():
    """A name that is written wrong would silently become the first kind."""
    names = {kind.name for kind in kinds.NODES}
    assert len(names) == len(kinds.NODES)
    assert {end for kind in kinds.RELATIONSHIPS for end in (kind.source, kind.target)} <= names


def test_shares_are_in_a_thousand():
    assert sum(kind.share for kind in kinds.NODES) == 1000
    assert sum(kind.share for kind in kinds.RELATIONSHIPS) == 1000


def test_copies_of_a_relationship_are_in_the_same_batch():
    assert all(kind.batch % kind.copies == 0 for kind in kinds.RELATIONSHIPS)


def test_names_are_quoted_whatever_is_in_them():
    assert schema.quoted("a `b` c") == "`a ``b`` c`"
