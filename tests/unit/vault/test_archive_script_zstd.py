"""The reader script's own zstd: what the real one makes of any bytes comes back, or an error."""

import io
import random

import pytest
from backports import zstd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.vault.archive.read_archive import Problem, unzstd

LEVELS = st.sampled_from([-7, -1, *range(1, 20)])
PARAMETERS = zstd.CompressionParameter
WORDS = (b"Person", b"name", b"KNOWS", b"\x93\x01\x91\x86", b"properties", b"2024-03-02", b"\x00")


def compressed(data, level, *, checksum=True, told=True, window=0):
    options: dict[int, int] = {
        PARAMETERS.compression_level: level,
        PARAMETERS.checksum_flag: int(checksum),
        PARAMETERS.content_size_flag: int(told),
    }
    if window:
        options[PARAMETERS.window_log] = window
    if told:
        return zstd.compress(data, options=options)
    compressor = zstd.ZstdCompressor(options=options)
    pieces = [compressor.compress(data[at : at + 50_000]) for at in range(0, len(data), 50_000)]
    return b"".join(pieces) + compressor.flush()


def unpacked(data):
    return b"".join(unzstd(io.BytesIO(data)))


def varied(seed, size):
    """Text, noise, runs and repeats, from afar as well as from near."""
    source, out = random.Random(seed), bytearray()
    while len(out) < size:
        match source.randrange(5):
            case 0:
                out += source.randbytes(source.randrange(1, 2000))
            case 1:
                out += bytes([source.randrange(256)]) * source.randrange(1, 5000)
            case 2:
                out += b"".join(source.choices(WORDS, k=source.randrange(1, 500)))
            case 3:
                out += bytes(
                    min(255, int(source.expovariate(0.08))) for _ in range(source.randrange(3000))
                )
            case _:
                at = source.randrange(len(out) + 1)
                out += out[at : at + source.randrange(1, 70_000)]
    return bytes(out[:size])


@given(st.binary(max_size=3000), LEVELS, st.booleans(), st.booleans())
@example(b"", 1, True, False)
@example(b"", 1, False, True)
@example(b"x" * 300_000, 3, True, True)
def test_any_bytes_come_back(data, level, checksum, told):
    """Raw, run-length and compressed blocks; with and without size and checksum."""
    assert unpacked(compressed(data, level, checksum=checksum, told=told)) == data


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(0, 400_000), LEVELS, st.booleans())
def test_large_and_varied_bytes_come_back(seed, size, level, told):
    """Several blocks: tables that repeat, Huffman weights of both kinds, repeat offsets."""
    data = varied(seed, size)
    assert unpacked(compressed(data, level, told=told)) == data


def structured(seed, count):
    """Records as an export has them: much that repeats at the same distances."""
    source = random.Random(seed)
    return b"".join(
        b"\x93%c\x91\x86Person\xa2\x84name\x8a%010d\x83age%c"
        % (number % 128, source.randrange(10**9), source.randrange(120))
        for number in range(count)
    )


@pytest.mark.parametrize("level", [-7, 1, 2, 3, 5, 7, 10, 13, 16, 18, 19])
def test_records_come_back_at_every_level(level):
    """Repeat offsets of each kind."""
    data = structured(level, 3000)
    assert unpacked(compressed(data, level, told=False)) == data


@pytest.mark.parametrize("level", [1, 3, 6, 12, 19])
@pytest.mark.parametrize("size", [300, 2000, 9000])
def test_small_blocks_come_back(level, size):
    """Which take over the tables of the blocks before them."""
    data = structured(size, 1500)
    compressor = zstd.ZstdCompressor(level)
    pieces = [
        compressor.compress(data[at : at + size], compressor.FLUSH_BLOCK)
        for at in range(0, len(data), size)
    ]
    assert unpacked(b"".join(pieces) + compressor.flush()) == data


def test_a_stream_longer_than_its_window_comes_back():
    """What is forgotten is never asked for."""
    data = varied(7, 600_000)
    assert unpacked(compressed(data, 3, told=False, window=10)) == data


def test_a_window_of_megabytes_is_kept():
    """A repeat from 3 MB before."""
    noise = random.Random(3).randbytes(3_000_000)
    assert unpacked(compressed(noise + noise[:100_000], 19)) == noise + noise[:100_000]


@settings(max_examples=150)
@given(st.integers(0, 2**20), st.integers(0, 7), st.integers(0, 19))
def test_a_flipped_bit_is_an_error_or_other_bytes_but_never_something_else(place, bit, seed):
    """No endless loop, no exception of Python's own beyond what `rows` translates."""
    data = varied(seed, 5_000)
    packed = bytearray(compressed(data, 3))
    packed[place % len(packed)] ^= 1 << bit
    try:
        found = unpacked(bytes(packed))
    except (Problem, IndexError):
        return
    assert len(found) < 1 << 24


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_noise_behind_a_header_ends_in_an_error(noise):
    """Whatever it says about itself."""
    try:
        found = unpacked(b"\x28\xb5\x2f\xfd" + noise)
    except (Problem, IndexError):
        return
    assert isinstance(found, bytes)


@pytest.mark.parametrize("cut", [1, 4, 5, 9, 100])
def test_a_frame_that_is_cut_off_is_said_to_be(cut):
    """Also when only the checksum is missing."""
    packed = compressed(varied(1, 10_000), 3)
    with pytest.raises(Problem, match="cut off"):
        unpacked(packed[:-cut])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "cut off"),
        (b"PK\x03\x04", "no zstd file"),
        (b"\x28\xb5\x2f\xfd\x08\x00", "later version"),
        (b"\x28\xb5\x2f\xfd\x21\x07\x00", "dictionary"),
        (b"\x28\xb5\x2f\xfd\x00\xf8", "window is larger"),
        (b"\x28\xb5\x2f\xfd\x20\x01\x07\x00\x00", "larger than allowed"),
        (compressed(b"x", 1) + b"x", "behind its end"),
        (compressed(b"x", 1) * 2, "behind its end"),
    ],
)
def test_what_is_no_single_frame_is_refused(data, said):
    """With the reason."""
    with pytest.raises(Problem, match=said):
        unpacked(data)
