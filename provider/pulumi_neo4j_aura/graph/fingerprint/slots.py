"""Sixteen bytes for each node, in a file: its colour, or the sum of what its neighbours say.

A slot lies at sixteen times the node's id, so that finding it costs nothing and needs no index. The
file has holes where no ids are: what is taken is 64 KiB for each 4096 ids of which one exists. A
file has one writer at a time for each of these chunks; any process may map it.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self

from pulumi_neo4j_aura.errors import Permanent

SLOT: Final = 16
#: No node has this colour.
ABSENT: Final = bytes(SLOT)

_CHUNK_BITS: Final = 12
CHUNK_IDS: Final = 1 << _CHUNK_BITS
CHUNK: Final = SLOT << _CHUNK_BITS
_ZEROS: Final = bytes(CHUNK)
#: Ids are given out in order, so that no database comes near; a file cannot be larger everywhere.
_MOST_IDS: Final = 1 << 40


class Slots:
    """A mapped file of slots."""

    def __init__(self, descriptor: int, chunks: Iterable[int] = (), *, name: str = "") -> None:
        """Map a file that is open for reading and writing, and own it from now on.

        Args:
            descriptor: the open file.
            chunks: the chunks that are there already.
            name: what to call it in an error.
        """
        self._descriptor = descriptor
        self._name = name
        self.chunks = set(chunks)
        self.size = os.fstat(descriptor).st_size
        self.map = _mapped(descriptor, self.size)

    @classmethod
    def at(cls, path: Path, chunks: Iterable[int] = ()) -> Self:
        """The file with this name, made if it does not exist."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        return cls(descriptor, chunks, name=str(path))

    @classmethod
    def unnamed(cls, folder: Path | None) -> Self:
        """A file without a name: it is gone when the process is, however that ends."""
        descriptor, name = tempfile.mkstemp(prefix="aura-fingerprint-", dir=folder)
        Path(name).unlink()
        return cls(descriptor, name=name)

    def close(self) -> None:
        """Unmap and close it; twice is no error."""
        if self._descriptor >= 0:
            if isinstance(self.map, mmap.mmap):
                self.map.close()
            os.close(self._descriptor)
            self._descriptor = -1

    def put(self, node: int, colour: bytes) -> None:
        """Give a node its colour.

        Raises:
            Permanent: it has one, or there is no room.
        """
        chunk = node >> _CHUNK_BITS
        if chunk not in self.chunks:
            self.reserve((chunk,))
        at = node * SLOT
        if self.map[at : at + SLOT] != ABSENT:
            raise Permanent(
                f"The node with the id {node} came twice, so the rows are not those of one graph.",
                way_out="Read them again.",
            )
        self.map[at : at + SLOT] = colour

    def reserve(self, chunks: Iterable[int]) -> None:
        """Make room for chunks, all zeros.

        Written and not left as a hole: a full disk is an error here, and would kill the process
        when a hole in mapped memory is filled.

        Raises:
            Permanent: there is no room.
        """
        for chunk in chunks:
            if chunk >= _MOST_IDS >> _CHUNK_BITS:
                raise Permanent(f"A node has an id beyond {_MOST_IDS}: this is no database's id.")
            try:
                os.pwrite(self._descriptor, _ZEROS, chunk * CHUNK)
                self._grow((chunk + 1) * CHUNK)
            except OSError as error:
                raise no_room(self._name, error) from error
            self.chunks.add(chunk)

    def clear(self) -> None:
        """Set every slot to zero."""
        for chunk in self.chunks:
            self.map[chunk * CHUNK : (chunk + 1) * CHUNK] = _ZEROS

    def _grow(self, least: int) -> None:
        if least > self.size:
            if isinstance(self.map, mmap.mmap):
                self.map.close()
            self.size = max(least, self.size + self.size // 2 // CHUNK * CHUNK)
            os.ftruncate(self._descriptor, self.size)
            self.map = _mapped(self._descriptor, self.size)

    def chunk(self, number: int) -> bytes:
        """The slots of one chunk."""
        return bytes(self.map[number * CHUNK : (number + 1) * CHUNK])


def _mapped(descriptor: int, size: int) -> mmap.mmap | bytearray:
    """An empty file cannot be mapped."""
    return mmap.mmap(descriptor, size) if size else bytearray()


def no_room(name: str, error: OSError) -> Permanent:
    """What to say when a temporary file cannot be written."""
    return Permanent(
        f"A temporary file for the fingerprint cannot be written ({error.strerror}) {name}".strip(),
        way_out="Set TMPDIR to a folder with room: 32 bytes a node and 32 a relationship.",
    )


# --- sums -----------------------------------------------------------------------------------------

_LANE: Final = b"\xff" * 8
_EVEN: Final = int.from_bytes((_LANE + bytes(8)) * CHUNK_IDS)
_ODD: Final = int.from_bytes((bytes(8) + _LANE) * CHUNK_IDS)


def added(chunks: Sequence[bytes]) -> bytes:
    """Chunks of sums, added lane by lane (64 bits) as if by one process.

    Two big additions for each chunk: every other lane is empty and takes the carry.
    """
    if len(chunks) == 1:
        return chunks[0]
    even = odd = 0
    for chunk in chunks:
        number = int.from_bytes(chunk, sys.byteorder)
        even = (even + (number & _EVEN)) & _EVEN
        odd = (odd + (number & _ODD)) & _ODD
    return (even | odd).to_bytes(CHUNK, sys.byteorder)
