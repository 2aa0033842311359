"""PackStream: what Neo4j sends comes back byte for byte, and nothing is read beyond its end."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.packstream import (
    Raw,
    Structure,
    decode,
    encode,
    list_header,
    list_items,
    map_header,
    map_items,
    skip,
)

LIMIT = 1 << 63

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LIMIT, LIMIT - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.builds(
            lambda tag, fields: Structure(tag, tuple(fields)),
            st.integers(0, 255),
            st.lists(inner, max_size=15),
        )
    ),
    max_leaves=30,
)

SIXTEEN = dict.fromkeys("abcdefghijklmnop", 0)

#: From the specification's own examples, and each width once.
EXAMPLES: list[tuple[Any, str]] = [
    (None, "c0"),
    (True, "c3"),
    (False, "c2"),
    (0, "00"),
    (127, "7f"),
    (-16, "f0"),
    (-17, "c8ef"),
    (-128, "c880"),
    (128, "c90080"),
    (-32768, "c98000"),
    (32768, "ca00008000"),
    (2147483648, "cb0000000080000000"),
    (LIMIT - 1, "cb7fffffffffffffff"),
    (-LIMIT, "cb8000000000000000"),
    (1.5, "c13ff8000000000000"),
    (-0.0, "c18000000000000000"),
    (math.inf, "c17ff0000000000000"),
    ("", "80"),
    ("Größe", "874772c3b6c39f65"),
    ("x" * 16, "d010" + "78" * 16),
    ("x" * 256, "d10100" + "78" * 256),
    ("x" * 65536, "d200010000" + "78" * 65536),
    (b"", "cc00"),
    (b"\x01\x02", "cc020102"),
    (b"x" * 256, "cd0100" + "78" * 256),
    (b"x" * 65536, "ce00010000" + "78" * 65536),
    ([], "90"),
    ([1, "a", None], "9301816 1c0".replace(" ", "")),
    ([0] * 16, "d410" + "00" * 16),
    ([0] * 256, "d50100" + "00" * 256),
    ([0] * 65536, "d600010000" + "00" * 65536),
    ({}, "a0"),
    ({"a": 1}, "a1816101"),
    (SIXTEEN, "d810" + "".join(f"81{key.encode().hex()}00" for key in SIXTEEN)),
    (Structure(0x44, (1,)), "b14401"),
    (Structure(0x58, (7203, 1.0, 2.0)), "b358c91c23c13ff0000000000000c14000000000000000"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "written"), EXAMPLES, ids=[e[1][:24] for e in EXAMPLES])
def test_a_value_has_one_spelling_and_comes_back(value, written):
    """The shortest one, as the server's own encoder chooses."""
    data = bytes.fromhex(written)
    assert encode(value) == data
    assert decode(data) == (value, len(data))
    assert skip(data, 0) == len(data)


@given(VALUES)
def test_every_value_comes_back_of_the_same_type(value):
    """1, 1.0 and True are equal in Python and different in a graph."""
    data = encode(value)
    found, end = decode(b"\x00" + data + b"\x00", 1)
    assert (repr(found), end) == (repr(value), len(data) + 1)
    assert skip(b"\x00" + data + b"\x00", 1) == end


def test_nan_keeps_its_bits():
    """A payload is the user's; equality would not show it."""
    data = bytes.fromhex("c17ff8000000000123")
    assert encode(decode(data)[0]) == data


def test_tuples_bytearrays_and_what_is_encoded_already():
    """Raw bytes are spliced in as they are."""
    assert encode((1, bytearray(b"x"), Raw(b"\xa0"))) == b"\x93\x01\xcc\x01x\xa0"


@pytest.mark.parametrize("value", [LIMIT, -LIMIT - 1, Structure(1, (0,) * 16)])
def test_what_does_not_fit_is_refused(value):
    """Nothing is cut to size."""
    with pytest.raises(ValueError, match=r"64 bits|at most 15"):
        encode(value)


def test_a_size_beyond_32_bits_is_refused():
    """Before anybody waits for four gigabytes."""
    with pytest.raises(ValueError, match="more than PackStream"):
        list_header(1 << 32)
    assert map_header(15) == b"\xaf"


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": {1, 2}}])
def test_what_packstream_does_not_have_is_refused(value):
    """A set, or a key that is no text."""
    with pytest.raises(TypeError):
        encode(value)


@given(VALUES, st.data())
def test_bytes_that_end_early_are_an_error_and_never_a_value(value, data):
    """Whatever is cut off, at whatever place."""
    whole = encode(value)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    for read in (lambda: decode(cut), lambda: skip(cut, 0)):
        with pytest.raises(ValueError):  # noqa: PT011 - which one depends on the place
            read()


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_value_error(data):
    """Never another error, never an offset behind the end."""
    for read in (lambda: decode(data)[1], lambda: skip(data, 0)):
        try:
            end = read()
        except ValueError:
            continue
        assert 0 < end <= len(data)


@pytest.mark.parametrize("marker", [0xC4, 0xC7, 0xCF, 0xD3, 0xD7, 0xDB, 0xDF, 0xEF])
def test_an_unknown_marker_is_named(marker):
    """A later version of the protocol must fail loudly."""
    data = bytes((marker,)) + bytes(20)
    for read in (decode, skip):
        with pytest.raises(ValueError, match=f"{marker:#04x}"):
            read(data, 0)


def test_a_map_with_a_key_that_is_no_text_is_refused():
    """Neo4j has none."""
    with pytest.raises(ValueError, match="no text"):
        decode(b"\xa1\x01\x01")


def test_a_map_with_a_key_that_is_there_twice_is_refused():
    """One of the values would be lost without a word."""
    with pytest.raises(ValueError, match="'a' twice"):
        decode(b"\xa2\x81a\x01\x81a\x02")


def test_offsets_and_sizes_below_zero_are_refused():
    """Python would count from the end."""
    for read in (decode, skip):
        with pytest.raises(ValueError, match="no offset -1"):
            read(b"\x01", -1)
    for header in (list_header, map_header):
        with pytest.raises(ValueError, match="no size -1"):
            header(-1)


def test_values_that_are_nested_without_end_are_an_error():
    """And not the end of the interpreter."""
    with pytest.raises(ValueError, match="nested too deep"):
        decode(b"\x91" * 100_000)


@given(st.lists(VALUES, max_size=40))
def test_the_items_of_a_list_are_its_slices(values):
    """Undecoded, in order."""
    items = list_items(b"\x00" + encode(values), 1)
    assert items == [encode(each) for each in values]


@given(st.dictionaries(st.text(), VALUES, max_size=40))
def test_the_items_of_a_map_are_its_slices(values):
    """Keys and values undecoded, in the map's order."""
    assert map_items(encode(values), 0) == [(encode(k), encode(v)) for k, v in values.items()]


@pytest.mark.parametrize("items", [list_items, map_items])
@pytest.mark.parametrize("data", [b"", b"\x01", b"\x92\x01", b"\xd4", b"\xd8", b"\xa2\x81a"])
def test_items_of_something_else_or_of_a_part_are_an_error(items, data):
    """With the marker that was found instead."""
    with pytest.raises(ValueError, match=r"ends behind|there is no"):
        items(data, 0)


def test_a_structure_or_a_length_that_is_cut_off():
    """Between the marker and what it announces."""
    for data in (b"\xb1", b"\xd0", b"\xd0\x05abc", b"\xcc\x02a", b"\xd4"):
        with pytest.raises(ValueError, match="ends behind"):
            decode(data)
        with pytest.raises(ValueError, match="ends behind"):
            skip(data, 0)
