"""Rounds of neighbourhood refinement: what a node is like, seen from further and further away.

A node's colour after a round is a hash of its colour before and of the multiset of what its
relationships say: their content, their direction and the colour at their other end (colour
refinement, the Weisfeiler-Leman test of dimension one). Chunks of nodes are independent of each
other, and so are pieces of the spool: each can be done in another process.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b, shake_128
from typing import IO, Final

from pulumi_neo4j_aura.graph.fingerprint.multiset import WIDTH
from pulumi_neo4j_aura.graph.fingerprint.rows import LANE, SPOOLED
from pulumi_neo4j_aura.graph.fingerprint.slots import ABSENT, CHUNK_IDS, SLOT, Slots, added

_SUM: Final = struct.Struct("=2Q")
_SEEN: Final = struct.Struct("<16s2Q")
_SAID: Final = struct.Struct("<4Q")
#: Hashes that have seen nothing. A copy costs half of what another one with the same words does.
_COLOUR: Final = blake2b(digest_size=SLOT, person=b"colour")
_EDGE: Final = blake2b(digest_size=_SAID.size, person=b"edge")
_READ_BYTES: Final = SPOOLED.size * 16384


def recolour(colours: Slots, sums: Sequence[Slots], chunks: Iterable[int]) -> None:
    """Give the nodes of some chunks their colour after one round."""
    for node, seen in _seen(colours, sums, chunks):
        digest = _COLOUR.copy()
        digest.update(seen)
        colours.map[node * SLOT : node * SLOT + SLOT] = digest.digest()


def total(colours: Slots, sums: Sequence[Slots], chunks: Iterable[int]) -> int:
    """The sum over the nodes of some chunks, as they look after the last round."""
    found = 0
    for _, seen in _seen(colours, sums, chunks):
        found += int.from_bytes(shake_128(b"V" + seen).digest(WIDTH), "little")
    return found


def _seen(
    colours: Slots, sums: Sequence[Slots], chunks: Iterable[int]
) -> Iterator[tuple[int, bytes]]:
    """Each node with its colour and what its relationships said."""
    for chunk in chunks:
        before = colours.chunk(chunk)
        said = _SUM.iter_unpack(added([each.chunk(chunk) for each in sums]))
        first = chunk * CHUNK_IDS
        for index, (low, high) in enumerate(said):
            colour = before[index * SLOT : index * SLOT + SLOT]
            if colour != ABSENT:
                yield first + index, _SEEN.pack(colour, low, high)


def connect(spool: IO[bytes], colours: Slots, sums: Slots) -> None:
    """Let every spooled relationship tell both its ends what the other looks like by now."""
    spool.seek(0)
    with memoryview(sums.map) as raw, raw.cast("Q") as lanes:
        while kept := spool.read(_READ_BYTES):
            _tell(kept, colours, lanes)


def _tell(kept: bytes, colours: Slots, lanes: memoryview) -> None:
    known, unpack, empty = colours.map, _SAID.unpack, _EDGE.copy
    for start, end, rest in SPOOLED.iter_unpack(kept):
        at, to = SLOT * start, SLOT * end
        content = rest + known[at : at + SLOT] + known[to : to + SLOT]
        digest = empty()
        digest.update(content)
        start_low, start_high, end_low, end_high = unpack(digest.digest())
        at, to = 2 * start, 2 * end
        lanes[at] = (lanes[at] + start_low) & LANE
        lanes[at + 1] = (lanes[at + 1] + start_high) & LANE
        lanes[to] = (lanes[to] + end_low) & LANE
        lanes[to + 1] = (lanes[to + 1] + end_high) & LANE
