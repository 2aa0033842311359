"""The content of a row in one canonical form, fast for rows that look like earlier ones.

Rows of one label or type have the same keys, often in the same order: a *shape*. A shape that comes
again gets a regular expression of its own, which finds all values of a row, and sees that each is
in its shortest form, in one step. Every other row goes the long way, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pulumi_neo4j_aura.domain.packstream import decode, list_header, list_items, map_header, skip
from pulumi_neo4j_aura.graph.fingerprint.tally import Owner, Tally
from pulumi_neo4j_aura.graph.fingerprint.values import KINDS, canonical, end_of, pattern

#: Rows of a shape that go the long way before its pattern is made, which takes milliseconds.
_WORTH_A_PATTERN: Final = 1000
#: Shapes that are remembered; a graph with more forgets them all now and then, and is slower.
_MOST: Final = 4096
#: Patterns of one owner and number of keys that are tried one after the other.
_MOST_TRIED: Final = 8

_TINY_MAP: Final = 0xA0
#: Markers of longer maps, and how many bytes tell the size.
_MAPS: Final = {0xD8: 1, 0xD9: 2, 0xDA: 4}

Match = Callable[[bytes, int], "re.Match[bytes] | None"]


class Shape:
    """Rows with the same owner and the same keys in the same order."""

    __slots__ = (
        "groups", "in_order", "keys", "kinds", "made_for", "match", "names", "order", "owner",
        "prefix", "rows", "slow",
    )  # fmt: skip

    def __init__(self, owner: Owner, prefix: bytes, keys: Sequence[bytes]) -> None:
        written = [canonical(key) for key in keys]
        self.names = _names(written)
        self.owner = owner
        self.prefix = prefix + map_header(len(keys))
        self.keys = written
        self.order = sorted(range(len(keys)), key=written.__getitem__)
        #: The same, as its pattern numbers them.
        self.groups = [index + 1 for index in self.order]
        #: Its rows have their keys in the canonical order already.
        self.in_order = self.order == sorted(self.order)
        self.kinds = [0] * len(keys)
        self.made_for: list[int] | None = None
        self.rows = self.slow = 0
        self.match: Match | None = None

    def written(self, values: Sequence[bytes]) -> bytes:
        """The canonical form of a row, value by value."""
        for index, value in enumerate(values):
            self.kinds[index] |= KINDS[value[0]]
        self.rows += 1
        self.slow += 1
        pairs = [key + canonical(value) for key, value in zip(self.keys, values, strict=True)]
        return self.prefix + b"".join([pairs[index] for index in self.order])

    def wants_pattern(self) -> bool:
        """Whether so many rows went the long way that a pattern, or a wider one, is worth it."""
        return self.slow >= _WORTH_A_PATTERN and self.made_for != self.kinds

    def make_pattern(self) -> None:
        """A pattern for rows with values of the kinds that were seen."""
        parts = [
            rb"(%b%b)" % (re.escape(key), pattern(kinds))
            for key, kinds in zip(self.keys, self.kinds, strict=True)
        ]
        self.made_for, self.slow = list(self.kinds), 0
        self.match = re.compile(b"".join(parts), re.DOTALL).fullmatch


class Shapes:
    """The shapes of nodes, or of relationships, and what was counted of each."""

    def __init__(self, read_owner: Callable[[bytes], tuple[Owner, bytes]]) -> None:
        """`read_owner` makes of labels or type as they were sent the names and canonical bytes."""
        self._read_owner = read_owner
        self._known: dict[tuple[bytes, tuple[bytes, ...]], Shape] = {}
        self._tried: dict[bytes, list[Shape]] = {}
        self._tally = Tally()

    def content(self, record: bytes, owner: bytes, at: int) -> bytes:
        """The canonical form of a row's owner and properties.

        Args:
            record: the row.
            owner: its labels or type and the header of its map, as they were sent.
            at: where its first key is.

        Raises:
            ValueError: the row cannot be read.
        """
        for shape in self._tried.get(owner, ()):
            found = shape.match(record, at)  # type: ignore[misc] # tried ones have a pattern
            if found is not None:
                shape.rows += 1
                if shape.in_order:
                    return shape.prefix + found[0]
                return shape.prefix + b"".join(found.group(*shape.groups))
        return self._long_way(record, owner, at)

    def take(self) -> Tally:
        """What was counted since the last time."""
        self._count()
        taken, self._tally = self._tally, Tally()
        return taken

    def _long_way(self, record: bytes, owner: bytes, at: int) -> bytes:
        keys, values = _split(record, at)
        shape = self._known.get((owner, keys))
        if shape is None:
            shape = self._new(owner, keys)
        written = shape.written(values)
        if shape.wants_pattern():
            self._try(owner, shape)
        return written

    def _new(self, owner: bytes, keys: tuple[bytes, ...]) -> Shape:
        if len(self._known) >= _MOST:
            self._count()
            self._known.clear()
            self._tried.clear()
        header = skip(owner, 0)
        if map_size(owner, header) != len(keys):
            raise ValueError("a row has more or fewer properties than it says")
        names, prefix = self._read_owner(owner[:header])
        shape = Shape(names, prefix, keys)
        self._known[owner, keys] = shape
        return shape

    def _try(self, owner: bytes, shape: Shape) -> None:
        tried = self._tried.setdefault(owner, [])
        if shape in tried or len(tried) < _MOST_TRIED:
            shape.make_pattern()
            if shape not in tried:
                tried.append(shape)

    def _count(self) -> None:
        for shape in self._known.values():
            if shape.rows:
                self._tally.add(shape.owner, shape.names, shape.rows)
                shape.rows = 0


def _split(record: bytes, at: int) -> tuple[tuple[bytes, ...], list[bytes]]:
    """Keys and values up to the end of the row, undecoded."""
    keys, values = [], []
    end = len(record)
    while at < end:
        middle = skip(record, at)
        behind = end_of(record, middle)
        keys.append(record[at:middle])
        values.append(record[middle:behind])
        at = behind
    return tuple(keys), values


def map_size(data: bytes, at: int) -> int:
    """How many properties the header of a map announces."""
    marker = data[at]
    if _TINY_MAP <= marker < _TINY_MAP + 16:
        return marker - _TINY_MAP
    return int.from_bytes(data[at + 1 : map_begin(data, at)])


def map_begin(data: bytes, at: int) -> int:
    """Where the first key of a map is.

    Raises:
        ValueError: there is no map.
    """
    marker = data[at]
    if _TINY_MAP <= marker < _TINY_MAP + 16:
        return at + 1
    if marker in _MAPS:
        return at + 1 + _MAPS[marker]
    raise ValueError(f"there is no map at offset {at}, but the marker {marker:#04x}")


def read_labels(sent: bytes) -> tuple[Owner, bytes]:
    """The labels of a node: names, and the canonical bytes."""
    items = sorted(canonical(item) for item in list_items(sent, 0))
    return _names(items), list_header(len(items)) + b"".join(items)


def read_type(sent: bytes) -> tuple[Owner, bytes]:
    """The type of a relationship: its name, and the canonical bytes."""
    item = canonical(sent)
    return _names([item]), item


def _names(items: Sequence[bytes]) -> Owner:
    """Labels, a type or property keys: texts, and none of them twice."""
    names = tuple(decode(item)[0] for item in items)
    if not all(isinstance(name, str) for name in names):
        raise ValueError(f"there is a name that is no text: {names}")
    if len(set(names)) < len(names):
        raise ValueError(f"there is a name twice: {names}")
    return names
