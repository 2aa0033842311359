"""What one of several processes does with a part, and the files by which they work together.

Each function here may run in any process. A file has one writer at a time: this one's own sums and
spool, or chunks of the colours that no other piece has.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_neo4j_aura.graph.fingerprint import refinement
from pulumi_neo4j_aura.graph.fingerprint.rows import Nodes, Partial, Relationships
from pulumi_neo4j_aura.graph.fingerprint.slots import Slots

#: Gives the rows of one part.
Source = Callable[[], Iterable[bytes]]

_COLOURED: Final = struct.Struct("<Q16s")
_BUFFER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Desk:
    """The folder with everything, and how many rounds are wanted."""

    folder: Path
    rounds: int

    @property
    def colours(self) -> Path:
        """The colour of every node."""
        return self.folder / "colours"

    def sums(self, number: int) -> list[Path]:
        """What was added up in one round, by each process."""
        return sorted(self.folder.glob(f"sums-{number}-*"))

    def spools(self) -> list[Path]:
        """The relationships that later rounds need, of each process."""
        return sorted(self.folder.glob("spool-*"))


# --- nodes ----------------------------------------------------------------------------------------


def read_nodes(place: Desk, number: int, source: Source) -> tuple[Partial, Path]:
    """Take in a part of the nodes; their colours are in the file."""
    path = place.folder / f"nodes-{number}"
    with path.open("wb", buffering=_BUFFER) as file:

        def put(node: int, colour: bytes) -> None:
            file.write(_COLOURED.pack(node, colour))

        nodes = Nodes(put)
        nodes.add(source())
    return nodes.take(), path


def coloured(path: Path) -> Iterator[tuple[int, bytes]]:
    """The nodes in such a file, with their colours."""
    with path.open("rb") as file:
        while read := file.read(_COLOURED.size * 8192):
            yield from _COLOURED.iter_unpack(read)


# --- relationships --------------------------------------------------------------------------------

#: What this process has open, by folder: parts come one by one, and add up in the same files.
_OPEN: Final[dict[Path, Relationships]] = {}


def read_relationships(place: Desk, chunks: Sequence[int], source: Source) -> Partial:
    """Take in a part of the relationships; `chunks` are those that have colours."""
    relationships = _OPEN.get(place.folder)
    if relationships is None:
        relationships = _OPEN[place.folder] = _opened(place, chunks)
    relationships.add(source())
    return relationships.take()


def _opened(place: Desk, chunks: Sequence[int]) -> Relationships:
    sums = spool = None
    if place.rounds > 0:
        sums = Slots.at(place.folder / f"sums-0-{os.getpid()}")
        sums.reserve(chunks)
    if place.rounds > 1:
        spool = (place.folder / f"spool-{os.getpid()}").open("wb")
    return Relationships(Slots.at(place.colours, chunks), sums, spool)


# --- rounds ---------------------------------------------------------------------------------------


def recolour(place: Desk, number: int, chunks: Sequence[int]) -> None:
    """The colours of some chunks after a round."""
    with _all_sums(place, number) as (colours, sums):
        refinement.recolour(colours, sums, chunks)


def total(place: Desk, number: int, chunks: Sequence[int]) -> int:
    """The sum over the nodes of some chunks after the last round."""
    with _all_sums(place, number) as (colours, sums):
        return refinement.total(colours, sums, chunks)


def connect(place: Desk, number: int, spool: Path, chunks: Sequence[int]) -> None:
    """Let the relationships of one spool add up for another round."""
    with (
        contextlib.closing(Slots.at(place.colours, chunks)) as colours,
        contextlib.closing(Slots.at(place.folder / f"sums-{number}-{spool.name}")) as sums,
        spool.open("rb") as kept,
    ):
        sums.reserve(chunks)
        refinement.connect(kept, colours, sums)


@contextlib.contextmanager
def _all_sums(place: Desk, number: int) -> Iterator[tuple[Slots, list[Slots]]]:
    with contextlib.ExitStack() as opened:
        colours = opened.enter_context(contextlib.closing(Slots.at(place.colours)))
        yield (
            colours,
            [
                opened.enter_context(contextlib.closing(Slots.at(path)))
                for path in place.sums(number)
            ],
        )
