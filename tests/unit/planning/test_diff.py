from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.planning.diff import FieldChange, changes

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
WORLDS = st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=4)


@given(WORLDS)
def test_an_unchanged_world_has_no_changes(world):
    """Whatever the values are."""
    assert changes(world, world) == ()


@given(WORLDS, WORLDS)
def test_only_fields_known_on_both_sides_change_and_each_says_from_what_to_what(actual, wanted):
    """Missing in `actual` is unknown, missing in `wanted` is not managed; the rest is exact."""
    found = {change.field: change for change in changes(actual, wanted)}

    assert set(found) == {key for key in actual.keys() & wanted if actual[key] != wanted[key]}
    for key, change in found.items():
        assert (change.old, change.new) == (actual[key], wanted[key])


@given(WORLDS, st.text(max_size=5))
def test_a_changed_field_is_found(world, text):
    """A value that is really another one is never overlooked."""
    other = {**world, "name": text}
    assert changes({**world, "name": text + "x"}, other) == (FieldChange("name", text + "x", text),)


def test_changes_are_in_the_order_of_their_names():
    """A fixed order, so that a plan reads the same each time."""
    found = changes({"b": 1, "c": 1, "a": 1}, {"c": 2, "a": 2, "b": 2})
    assert [change.field for change in found] == ["a", "b", "c"]


def test_a_number_is_the_same_number_as_a_float():
    """Pulumi's wire knows only floats: two secondaries come back as 2.0."""
    assert changes({"secondaries_count": 2}, {"secondaries_count": 2.0}) == ()
    assert changes({"secondaries_count": 2}, {"secondaries_count": 3.0}) == (
        FieldChange("secondaries_count", 2, 3.0),
    )


def test_a_nested_change_is_a_change_of_its_field():
    """Named once, with whole values; the order of keys does not count."""
    old = {"source": {"kind": "snapshot", "ids": [1, 2]}}
    new = {"source": {"ids": [2, 3], "kind": "instance"}}

    assert changes(old, {"source": {"ids": [1, 2], "kind": "snapshot"}}) == ()
    assert changes(old, new) == (FieldChange("source", old["source"], new["source"]),)
