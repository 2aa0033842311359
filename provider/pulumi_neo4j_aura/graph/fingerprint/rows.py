"""The two phases in which rows are taken in: all nodes, then all relationships.

Each can be done in pieces, in any order and in several processes; what comes out are partial
results that are added. A relationship needs the colours of both its ends, so no relationship can be
taken in before the last node.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import shake_128
from typing import IO, Final

from pulumi_neo4j_aura.domain.packstream import decode, list_items, skip
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph.fingerprint.multiset import WIDTH
from pulumi_neo4j_aura.graph.fingerprint.shapes import Shapes, map_begin, read_labels, read_type
from pulumi_neo4j_aura.graph.fingerprint.slots import ABSENT, SLOT, Slots, no_room
from pulumi_neo4j_aura.graph.fingerprint.tally import Tally
from pulumi_neo4j_aura.graph.fingerprint.values import TEXT

Put = Callable[[int, bytes], None]

#: A relationship as later rounds need it: start, end, and sixteen bytes for everything else.
SPOOLED: Final = struct.Struct("<QQ16s")
LANE: Final = (1 << 64) - 1

_NODE_BYTES: Final = WIDTH + SLOT
_RELATIONSHIP: Final = struct.Struct(f"<{WIDTH}s4Q16s")
_SPOOL_ROWS: Final = 8192

_ID: Final = (
    rb"(?:[\x00-\x7f]|\xc8[\x00-\x7f]|\xc9[\x00-\x7f].|\xca[\x00-\x7f].{3}|\xcb[\x00-\x7f].{7})"
)
_MAP: Final = rb"(?:[\xa0-\xaf]|\xd8.)"
_NODE_HEAD: Final = re.compile(rb"\x93(%b)([\x90-\x9f]%b*+%b)" % (_ID, TEXT, _MAP), re.DOTALL).match
_RELATIONSHIP_HEAD: Final = re.compile(
    rb"\x95%b(%b)(%b)(%b%b)" % (_ID, _ID, _ID, TEXT, _MAP), re.DOTALL
).match


@dataclass(slots=True)
class Partial:
    """What some rows add up to."""

    rows: int = 0
    total: int = 0
    tally: Tally = field(default_factory=Tally)
    loose_ends: int = 0

    def merge(self, other: Partial) -> None:
        """Add what other rows add up to."""
        self.rows += other.rows
        self.total += other.total
        self.tally.merge(other.tally)
        self.loose_ends += other.loose_ends


# --- nodes ----------------------------------------------------------------------------------------


class Nodes:
    """Takes in nodes, and tells their colours to `put`."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._shapes = Shapes(read_labels)
        self._rows = self._total = 0

    def add(self, records: Iterable[bytes]) -> int:
        """Take in some rows; says how many.

        Raises:
            Permanent: one of them is no node, or came before.
        """
        put, content, number = self._put, self._shapes.content, int.from_bytes
        rows = total = 0
        for record in records:
            try:
                head = _NODE_HEAD(record)
                if head is not None:
                    node, owner = head.groups()
                    written = content(record, owner, head.end())
                    node_id = number(node[1:] or node)
                else:
                    node_id, written = self._unusual(record)
            except (ValueError, IndexError) as error:
                raise _unreadable("node", record, error) from error
            digest = shake_128(b"N" + written).digest(_NODE_BYTES)
            put(node_id, digest[WIDTH:])
            total += number(digest[:WIDTH], "little")
            rows += 1
        self._rows += rows
        self._total += total
        return rows

    def take(self) -> Partial:
        """What was taken in since the last time."""
        taken = Partial(self._rows, self._total, self._shapes.take())
        self._rows = self._total = 0
        return taken

    def _unusual(self, record: bytes) -> tuple[int, bytes]:
        node, labels, properties = _fields(record, 3)
        owner, at = _owner(record, labels, properties)
        return _id(node), self._shapes.content(record, owner, at)


# --- relationships --------------------------------------------------------------------------------


class Relationships:
    """Takes in relationships between nodes that have their colours."""

    def __init__(self, colours: Slots, sums: Slots | None, spool: IO[bytes] | None) -> None:
        """What is needed depends on how far the neighbourhood is looked at.

        Args:
            colours: of all nodes.
            sums: where each node's neighbourhood adds up; None if nobody asks.
            spool: where rows are kept for later rounds; None if there are none.
        """
        self._colours = colours
        self._lanes = None if sums is None else memoryview(sums.map).cast("Q")
        self._spool = spool
        self._kept: list[bytes] = []
        self._shapes = Shapes(read_type)
        self._rows = self._total = self._loose = 0

    def add(self, records: Iterable[bytes]) -> int:  # noqa: PLR0915 - a call costs a tenth of a row
        """Take in some rows; says how many.

        Raises:
            Permanent: one of them is no relationship, or there is no room for what is kept of it.
        """
        colours, content, number = self._colours.map, self._shapes.content, int.from_bytes
        unpack, sums, kept = _RELATIONSHIP.unpack, self._lanes, self._kept
        spooled = None if self._spool is None else SPOOLED.pack
        rows = total = 0
        for record in records:
            try:
                head = _RELATIONSHIP_HEAD(record)
                if head is not None:
                    one, other, owner = head.groups()
                    written = content(record, owner, head.end())
                    start, end = number(one[1:] or one), number(other[1:] or other)
                else:
                    start, end, written = self._unusual(record)
            except (ValueError, IndexError) as error:
                raise _unreadable("relationship", record, error) from error
            at, to = start * SLOT, end * SLOT
            begin, behind = colours[at : at + SLOT], colours[to : to + SLOT]
            rows += 1
            if not (begin > ABSENT and behind > ABSENT):
                total += number(self._loose_end(bytes(begin), bytes(behind), written), "little")
                continue
            sent, start_low, start_high, end_low, end_high, rest = unpack(
                shake_128(b"R" + begin + behind + written).digest(_RELATIONSHIP.size)
            )
            total += number(sent, "little")
            if sums is not None:  # both ends are told
                at, to = 2 * start, 2 * end
                sums[at] = (sums[at] + start_low) & LANE
                sums[at + 1] = (sums[at + 1] + start_high) & LANE
                sums[to] = (sums[to] + end_low) & LANE
                sums[to + 1] = (sums[to + 1] + end_high) & LANE
            if spooled is not None:
                kept.append(spooled(start, end, rest))
                if len(kept) >= _SPOOL_ROWS:
                    self._flush()
        self._rows += rows
        self._total += total
        return rows

    def _loose_end(self, begin: bytes, behind: bytes, written: bytes) -> bytes:
        """A row of a graph that changed while it was read: counted, and hashed as it is."""
        self._loose += 1
        ends = begin.ljust(SLOT, b"\0") + behind.ljust(SLOT, b"\0")
        return shake_128(b"R" + ends + written).digest(WIDTH)

    def take(self) -> Partial:
        """What was taken in since the last time; what is kept for later rounds is on disk."""
        self._flush()
        taken = Partial(self._rows, self._total, self._shapes.take(), self._loose)
        self._rows = self._total = self._loose = 0
        return taken

    def close(self) -> None:
        """Let go of the map of sums, which cannot be closed before."""
        if self._lanes is not None:
            self._lanes.release()

    def _flush(self) -> None:
        if self._spool is not None:
            try:
                self._spool.write(b"".join(self._kept))
                self._spool.flush()
            except OSError as error:
                raise no_room(str(self._spool.name), error) from error
            self._kept.clear()

    def _unusual(self, record: bytes) -> tuple[int, int, bytes]:
        _, start, end, kind, properties = _fields(record, 5)
        owner, at = _owner(record, kind, properties)
        return _id(start), _id(end), self._shapes.content(record, owner, at)


# --- rows that no pattern knows -------------------------------------------------------------------


def _fields(record: bytes, count: int) -> list[bytes]:
    fields = list_items(record, 0)
    if len(fields) != count or skip(record, 0) != len(record):
        raise ValueError(f"{len(fields)} fields instead of {count}, or more behind them")
    return fields


def _owner(record: bytes, owner: bytes, properties: bytes) -> tuple[bytes, int]:
    """Labels or type with the map's header, and where the first key is."""
    at = len(record) - len(properties)
    begin = map_begin(record, at)
    return owner + record[at:begin], begin


def _id(field_bytes: bytes) -> int:
    found, _ = decode(field_bytes)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise ValueError(f"{found!r} is no id")
    return found


def _unreadable(what: str, record: bytes, error: Exception) -> Permanent:
    return Permanent(
        f"A row that should be a {what} cannot be read ({error}): {record[:24].hex(' ')}",
        way_out="The rows were damaged, or written by a newer version of this program.",
    )
