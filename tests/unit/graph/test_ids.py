"""Sets of ids, compared with Python's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.graph.ids import IdSet

#: Near each other, at the borders of pieces, and anywhere.
NUMBERS = st.one_of(
    st.integers(0, 70_000), st.sampled_from([65_535, 65_536, 2**63 - 1]), st.integers(0, 2**63 - 1)
)
SETS = st.sets(NUMBERS, max_size=40)


def made_of(numbers):
    made = IdSet()
    for number in numbers:
        made.add(number)
    return made


@given(SETS, SETS)
def test_it_holds_what_was_put_in_and_nothing_else(numbers, others):
    """Membership and size are those of a set of Python's."""
    made = made_of(numbers)
    assert len(made) == len(numbers)
    assert {number for number in numbers | others if number in made} == numbers


@given(SETS, SETS)
def test_adding_says_whether_it_was_new(numbers, others):
    """True once for each id, and the size counts it once."""
    made = made_of(numbers)
    assert {number for number in others if made.add(number)} == others - numbers
    assert len(made) == len(numbers | others)


@given(SETS, st.lists(NUMBERS, max_size=40))
def test_adding_many_is_adding_each(numbers, others):
    """It says which places held an id that was known, also from earlier in the same list."""
    made, other = made_of(numbers), made_of(numbers)
    assert made.add_all(others) == [
        place for place, number in enumerate(others) if not other.add(number)
    ]
    assert (made.to_bytes(), len(made)) == (other.to_bytes(), len(other))


def test_many_of_which_one_is_no_id_are_refused():
    with pytest.raises(ValueError, match="-1 is no id"):
        IdSet().add_all([-1])


@given(SETS, SETS)
def test_merging_is_a_union_and_leaves_the_other_alone(numbers, others):
    made, other = made_of(numbers), made_of(others)
    made.merge(other)
    other.add(12_345)
    assert made.to_bytes() == made_of(numbers | others).to_bytes()
    assert len(made) == len(numbers | others)


@given(SETS)
def test_what_was_written_is_read_again(numbers):
    """And it can be added to afterwards."""
    written = made_of(numbers).to_bytes()
    found = IdSet.from_bytes(written)
    assert found.to_bytes() == written
    assert len(found) == len(numbers)
    assert all(number in found for number in numbers)
    assert found.add(54_321) is (54_321 not in numbers)


@given(SETS)
def test_equal_sets_are_the_same_bytes_in_whatever_order_they_grew(numbers):
    ordered = sorted(numbers)
    assert made_of(ordered).to_bytes() == made_of(reversed(ordered)).to_bytes()


@given(SETS.filter(bool), st.data())
def test_a_cut_set_is_refused(numbers, data):
    """Unless the cut is where one piece ends, which another length check of its holder must see."""
    written = made_of(numbers).to_bytes()
    cut = written[: data.draw(st.integers(1, len(written) - 1))]
    try:
        found = IdSet.from_bytes(cut)
    except ValueError:
        return
    assert found.to_bytes() == cut


@pytest.mark.parametrize(
    "data",
    [
        bytes(8) + b"\x00\x00",
        bytes(8) + b"\xff\xff" + b"\x01" * 65_535,
        (bytes(8) + b"\x00\x01\x01") * 2,
    ],
)
def test_nonsense_is_refused(data):
    """A piece without bits, one that is too large, one that is there twice."""
    with pytest.raises(ValueError, match="no set of ids"):
        IdSet.from_bytes(data)


@pytest.mark.parametrize("number", [-1, -(2**63), 2**63])
def test_what_is_no_id_is_refused(number):
    with pytest.raises(ValueError, match="is no id"):
        IdSet().add(number)


@given(SETS, SETS)
def test_without_is_a_difference_and_leaves_both_alone(numbers, others):
    """Also where neither holds anything near the other's."""
    ids, other = made_of(numbers), made_of(others)
    left = ids.without(other)

    assert len(left) == len(numbers - others)
    assert all((each in left) == (each not in others) for each in numbers)
    assert left.to_bytes() == made_of(numbers - others).to_bytes()
    assert (ids.to_bytes(), other.to_bytes()) == (
        made_of(numbers).to_bytes(),
        made_of(others).to_bytes(),
    )


@given(SETS, SETS)
def test_a_copy_grows_by_itself(numbers, others):
    """Neither knows of the other."""
    ids = made_of(numbers)
    made = ids.copy()
    for each in others:
        made.add(each)

    assert ids.to_bytes() == made_of(numbers).to_bytes()
    assert made.to_bytes() == made_of(numbers | others).to_bytes()
    assert len(made) == len(numbers | others)


def test_a_million_neighbours_take_a_bit_each():
    """What an export keeps in memory, and writes down with each part."""
    written = made_of(range(1_000_000)).to_bytes()
    assert len(written) < 130_000
    assert repr(IdSet.from_bytes(written)) == "<IdSet of 1000000>"
