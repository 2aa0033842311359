"""Rows on their way into a database: grouped by what one query can create, in bounded batches.

A query has its labels or its type in its text, because the server plans static names several times
faster than dynamic ones. So rows wait in groups of equal labels or type until a group has a batch
together. Values stay the bytes that they were in the export.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.graph.id_map import IdMap

#: In every query that changes the target, so that one that is still running can be found.
MARK = "/* pulumi-neo4j-aura import */"

_NODE = packstream.list_header(3)
_RELATIONSHIP = packstream.list_header(5)
_ONE_BYTE = 0x7F  # integers up to here are their own marker
_WIDTHS = {0xC8: 1, 0xC9: 2, 0xCA: 4, 0xCB: 8}
#: The beginning of a list of three: two ids, as long as integers can be, because making them all
#: of one length takes a tenth of the time. The properties follow.
_ENDS = struct.Struct(">BBqBq")
_THREE, _INTEGER = 0x93, 0xCB


class Kind(StrEnum):
    """What a batch creates."""

    NODES = "nodes"
    RELATIONSHIPS = "relationships"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much goes into a transaction, and how much waits for one.

    Rows and bytes are limits for small servers: one with 512 MB of heap refused 200,000 nodes in a
    transaction, and the emulator's have 256 MB. Above some thousand rows nothing gets faster.
    """

    rows: int = 5_000
    bytes: int = 2 << 20
    #: What all groups together may hold back; many labels with few nodes each are written in
    #: smaller batches when it is used up.
    waiting_bytes: int = 32 << 20


@dataclass(slots=True)  # not frozen, which takes twice as long to make
class Row:
    """One node or relationship: its old id, its group, what the query gets, its size when read."""

    id: int
    group: bytes
    content: bytes
    plain_bytes: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows for one transaction. `group` is the encoded list of labels, or the encoded type."""

    kind: Kind
    group: bytes
    rows: tuple[Row, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The old ids, in the order of the rows."""
        return tuple(row.id for row in self.rows)

    @property
    def plain_bytes(self) -> int:
        """What the rows took in the export."""
        return sum(row.plain_bytes for row in self.rows)

    def query(self) -> str:
        """Cypher that creates the rows of `$b`.

        That of nodes returns the place in `$b` beside the new id: Cypher promises no order, and a
        wrong one would connect the wrong nodes without anybody noticing.
        """
        names, _ = packstream.decode(self.group)
        if self.kind is Kind.NODES:
            labels = "".join(f":{quoted(name)}" for name in _texts(names))
            each = "UNWIND range(0, size($b) - 1) AS i"
            return f"{MARK} {each} CREATE (n{labels}) SET n = $b[i] RETURN i, id(n)"
        (name,) = _texts([names])
        ends = "MATCH (a) WHERE id(a) = r[0] MATCH (b) WHERE id(b) = r[1]"
        return f"{MARK} UNWIND $b AS r {ends} CREATE (a)-[x:{quoted(name)}]->(b) SET x = r[2]"

    def parameters(self) -> dict[str, packstream.Value]:
        """`$b`, spliced together from the rows' bytes."""
        contents = [row.content for row in self.rows]
        return {"b": packstream.Raw(packstream.list_header(len(contents)) + b"".join(contents))}

    def halves(self) -> tuple[Batch, ...]:
        """The same rows in two batches, or in one if there is only one row."""
        half = len(self.rows) // 2
        parts = (self.rows[:half], self.rows[half:])
        return tuple(Batch(self.kind, self.group, rows) for rows in parts if rows)


def quoted(name: str) -> str:
    r"""A name as Cypher wants it, whatever is in it.

    Cypher reads `\u0060` as a backtick before it looks for the end of a name, so a backslash is
    itself written that way.
    """
    return "`" + name.replace("\\", "\\u005C").replace("`", "``") + "`"


def integer(record: bytes, at: int) -> tuple[int, int]:
    """The integer of zero or more at `at` and the offset behind it; faster than decoding anything.

    Raises:
        ValueError, IndexError: there is none.
    """
    marker = record[at]
    if marker <= _ONE_BYTE:
        return marker, at + 1
    end = at + 1 + _WIDTHS.get(marker, len(record))
    if end > len(record):
        raise ValueError("no id")
    return int.from_bytes(record[at + 1 : end], "big", signed=True), end


def label_set(encoded: bytes) -> frozenset[str]:
    """The labels in an encoded list of them; their order means nothing."""
    labels, _ = packstream.decode(encoded)
    return frozenset(_texts(labels))


def node_rows(records: Iterable[bytes]) -> Iterator[Row]:
    """Nodes of an export, sliced and not decoded.

    Raises:
        Permanent: a record is no node.
    """
    group = b"?"
    for number, record in enumerate(records):
        try:
            id_, at = integer(record, _start(record, _NODE))
            if not record.startswith(group, at):  # most have the labels of the one before
                group = record[at : packstream.skip(record, at)]
        except (ValueError, IndexError) as error:
            raise _broken("node", number) from error
        yield Row(id_, group, record[at + len(group) :], len(record))


def relationship_rows(records: Iterable[bytes], ids: IdMap) -> Iterator[Row]:
    """Relationships of an export, with the new ids of their ends.

    Raises:
        Permanent: a record is no relationship, or an end of it was not imported.
    """
    group = b"?"
    for number, record in enumerate(records):
        try:
            id_, at = integer(record, _start(record, _RELATIONSHIP))
            start, at = integer(record, at)
            end, at = integer(record, at)
            if not record.startswith(group, at):
                group = record[at : packstream.skip(record, at)]
        except (ValueError, IndexError) as error:
            raise _broken("relationship", number) from error
        new_start, new_end = ids.get(start), ids.get(end)
        if new_start is None or new_end is None:
            raise _without_end(id_, start if new_start is None else end)
        ends = _ENDS.pack(_THREE, _INTEGER, new_start, _INTEGER, new_end)
        yield Row(id_, group, ends + record[at + len(group) :], len(record))


class Grouping:
    """Collects rows of one kind until a group has a batch together."""

    def __init__(self, kind: Kind, sizes: Sizes) -> None:
        self._kind = kind
        self._sizes = sizes
        self._groups: dict[bytes, _Group] = {}
        self._waiting = 0

    def batches(self, rows: Iterable[Row]) -> Iterator[Batch]:
        """Every row in exactly one batch; within a group their order is kept."""
        groups, most_rows, most_bytes = self._groups, self._sizes.rows, self._sizes.bytes
        for row in rows:
            size = len(row.content)
            group = groups.get(row.group)
            if group is None or group.size + size > most_bytes:
                if group is not None:
                    yield self._take(row.group)
                group = groups[row.group] = _Group([])
            group.rows.append(row)
            group.size += size
            self._waiting += size
            if len(group.rows) >= most_rows:
                yield self._take(row.group)
            elif self._waiting > self._sizes.waiting_bytes:
                yield self._take(max(groups, key=lambda name: groups[name].size))
        yield from [self._take(name) for name in tuple(groups)]

    def _take(self, group: bytes) -> Batch:
        taken = self._groups.pop(group)
        self._waiting -= taken.size
        return Batch(self._kind, group, tuple(taken.rows))


@dataclass(slots=True)
class _Group:
    rows: list[Row]
    size: int = 0


def _start(record: bytes, header: bytes) -> int:
    if not record.startswith(header):
        raise ValueError("no list of that length")
    return len(header)


def _without_end(relationship: int, node: int) -> Permanent:
    return Permanent(
        f"Relationship {relationship} of the export ends at node {node}, which is not imported.",
        way_out="Verify the export; import its nodes before its relationships.",
    )


def _broken(what: str, number: int) -> Permanent:
    return Permanent(
        f"Record {number} is not a {what} as an export holds it.", way_out="Verify the export."
    )


def _texts(names: object) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Permanent(
            "Labels or a type in the export are no texts.", way_out="Verify the export."
        )
    return names
