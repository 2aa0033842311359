"""One way to write each value, and patterns that match nothing else."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.packstream import Structure, encode, skip
from pulumi_neo4j_aura.graph.fingerprint.values import (
    BYTES,
    LISTS,
    STRUCTURES,
    TEXTS,
    canonical,
    end_of,
    pattern,
)
from support.fingerprints import wasteful

ALL = re.compile(pattern(TEXTS | STRUCTURES | LISTS | BYTES), re.DOTALL)
EDGES = sorted(
    {
        sign * (1 << power) + step
        for power in (0, 4, 7, 8, 15, 16, 23, 24, 31, 32, 47, 55, 62)
        for sign in (1, -1)
        for step in (-2, -1, 0, 1)
    }
    | {2**63 - 1, -(2**63)}
)
LONG = {
    "text of 255": "x" * 255,
    "text of 256": "x" * 256,
    "text of 70000": "x" * 70000,
    "bytes": b"x",
    "bytes of 256": b"x" * 256,
    "bytes of 70000": b"x" * 70000,
    "floats": [0.5] * 16,
    "many floats": [0.5] * 300,
    "very many floats": [0.5] * 70000,
    "integers": list(range(15)),
    "many integers": list(range(300)),
    "texts": ["x" * 300] * 20,
    "floats and one integer": [*[0.5] * 40, 1],
    "empty list": [],
    "lists of lists": [[1], [2, [3]]],
    "structure with a long text": Structure(0x69, (1, 2, "z" * 300)),
    "map": {"a": 1},
}


@pytest.mark.parametrize("number", EDGES)
def test_an_integer_has_one_form(number):
    """At each limit of each width, by pattern and by hand."""
    for width in (1, 2, 4, 8):
        if -(1 << 8 * width - 1) <= number < 1 << 8 * width - 1:
            marker = bytes((0xC8 + (1, 2, 4, 8).index(width),))
            sent = marker + number.to_bytes(width, "big", signed=True)
            assert canonical(sent) == encode(number)
            assert bool(ALL.fullmatch(sent)) == (sent == encode(number))
    assert ALL.fullmatch(encode(number))


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1))
def test_any_integer_has_one_form(number):
    """Between the limits as well."""
    assert canonical(wasteful(number)) == encode(number)
    assert ALL.fullmatch(encode(number))


@pytest.mark.parametrize("kind", LONG)
def test_long_values_have_one_form(kind):
    """What no pattern covers: whatever width the length came with."""
    value = LONG[kind]
    assert canonical(encode(value)) == encode(value)
    assert canonical(wasteful(value)) == encode(value)


@pytest.mark.parametrize("kind", LONG)
def test_the_end_of_a_long_value_is_where_skip_finds_it(kind):
    """The short cut over vectors is none elsewhere."""
    for sent in (encode(LONG[kind]), wasteful(LONG[kind])):
        data = b"\x01" + sent + b"\xc1"
        assert end_of(data, 1) == skip(data, 1) == len(sent) + 1


def test_a_vector_that_is_cut_off_is_an_error():
    """Though every ninth byte that is there looks right."""
    sent = encode([0.5] * 100)
    with pytest.raises(ValueError, match="ends behind"):
        end_of(sent[:-1], 0)


@pytest.mark.parametrize("size", range(16))
def test_a_list_of_so_many_is_found_at_once(size):
    """Short lists of what properties usually hold."""
    assert bool(ALL.fullmatch(encode([1] * size))) == (size < 6)
    assert ALL.fullmatch(encode([0.5] * size))


@pytest.mark.parametrize(
    "value",
    [
        None, True, 1.5, "", "x" * 200, b"", b"x" * 200, [1, "a", 0.5], ["a"] * 5,
        Structure(0x44, (20000,)), Structure(0x49, (1, 2, 3)), Structure(0x45, (1, 2, 3, 4)),
        Structure(0x69, (1, 2, "America/Argentina/Buenos_Aires")),
        Structure(0x58, (4326, 1.0, 2.0)), Structure(0x59, (4979, 1.0, 2.0, 3.0)),
        [Structure(0x58, (4326, 1.0, 2.0))] * 3,
    ],
)  # fmt: skip
def test_the_usual_values_are_found_at_once(value):
    """This is what makes the usual row fast."""
    assert ALL.fullmatch(encode(value))
    assert not ALL.fullmatch(encode(value) + b"\x01")
    assert not ALL.fullmatch(encode(value)[:-1])


def test_what_is_no_value_is_an_error():
    """Rather than hashed as something."""
    with pytest.raises(ValueError, match="marker"):
        canonical(b"\xc4")
