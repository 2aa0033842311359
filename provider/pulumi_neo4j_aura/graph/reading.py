"""Everything in a database, undecoded, as many rows at a time as arrive together.

A read is *read-committed*, not one moment in time: what others write while it runs may be in it, or
half of it. On a database to which nobody writes (a clone) it is exact. The order is the server's.

A node is `[id, labels, properties]`, a relationship `[id, start, end, type, properties]`, as
PackStream lists. Ids are the database's own and mean something only within one export: the short
`id()`, which is deprecated and works in both of Cypher's versions, instead of `elementId()`, which
is some forty characters long in every end of every relationship.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pulumi_neo4j_aura.domain.packstream import Structure, Value, decode
from pulumi_neo4j_aura.errors import Permanent, Transient
from pulumi_neo4j_aura.graph.bolt import Connection
from pulumi_neo4j_aura.graph.ids import IdSet

Connect = Callable[[], Connection]
#: Rows that arrived together.
Batch = list[bytes]
Batches = Generator[Batch, None, None]
Sleep = Callable[[float], None]

_NODES: Final = "MATCH (n) RETURN id(n), labels(n), properties(n)"
_RELATIONSHIPS: Final = "MATCH (a)-[r]->(b) RETURN id(r), id(a), id(b), type(r), properties(r)"
_NODE_COUNT: Final = "MATCH (n) RETURN count(n)"
_RELATIONSHIP_COUNT: Final = "MATCH ()-[r]->() RETURN count(r)"

#: Seconds to wait before another attempt; an attempt that brings a new row begins anew.
_PAUSES: Final = (0.5, 2.0, 5.0, 15.0, 30.0)
#: Rows in a batch, so that parts of an archive, which end with one, can be small.
_MOST_TOGETHER: Final = 256
#: The first Neo4j that can be told which Cypher is meant.
_CHOOSES_CYPHER: Final = (5, 26)

#: For a value of a type that the client's version of Bolt has no notation for, servers send this
#: structure, and over 5.8 a map with these keys. No property is a map.
_PLACEHOLDER: Final = 0x3F
_PLACEHOLDER_KEYS: Final = {"originalType", "reason"}
_HINTS: Final = (b"\xb4\x3f", b"originalType")


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is."""

    nodes: int
    relationships: int


def totals(connection: Connection) -> Totals:
    """The server's own counts, at no cost; for progress, not for proof."""
    return Totals(_count(connection, _NODE_COUNT), _count(connection, _RELATIONSHIP_COUNT))


def nodes(connect: Connect, seen: IdSet, *, sleep: Sleep = time.sleep) -> Batches:
    """Every node whose id is not in `seen`, once; in batches, none of them empty.

    The ids of a batch are in `seen` by the time it is handed over, and no others of this read are
    but those of batches before. When the connection is lost or the
    server is busy, a new one is opened and what was handed over is passed by.

    Raises:
        Transient: it failed several times in a row without a new row.
        Permanent: the server refuses, or holds values that cannot be read without loss.
    """
    return _rows(connect, _NODES, seen, sleep)


def relationships(connect: Connect, seen: IdSet, *, sleep: Sleep = time.sleep) -> Batches:
    """Every relationship whose id is not in `seen`, once; otherwise as `nodes`.

    Ids of nodes and of relationships overlap: each has a set of its own.
    """
    return _rows(connect, _RELATIONSHIPS, seen, sleep)


def _rows(connect: Connect, query: str, seen: IdSet, sleep: Sleep) -> Batches:
    had, failed = len(seen), 0
    while True:
        try:
            with connect() as connection:
                yield from _unseen(connection, query, seen)
        except Transient as error:
            failed = failed + 1 if len(seen) == had else 1
            had = len(seen)
            if failed > len(_PAUSES):
                raise
            pause = _PAUSES[failed - 1]
            sleep(max(pause, error.retry_after or 0.0))
        else:
            return


def _unseen(connection: Connection, query: str, seen: IdSet) -> Iterator[Batch]:
    for arrived in connection.batches(_in_cypher_5(connection, query)):
        for first in range(0, len(arrived), _MOST_TOGETHER):
            batch = arrived[first : first + _MOST_TOGETHER]
            for place in reversed(seen.add_all(ids_of(batch))):
                del batch[place]
            _require_no_placeholders(batch)
            if batch:
                yield batch


def _in_cypher_5(connection: Connection, query: str) -> str:
    """A database may have another default; older servers know only this one and no prefix."""
    return f"CYPHER 5 {query}" if connection.server_version >= _CHOOSES_CYPHER else query


def ids_of(batch: Iterable[bytes]) -> list[int]:
    """The id of each row: its first field. Ids are never negative, so the usual sizes need no sign.

    One loop, because it runs for each row of a graph.
    """
    found: list[int] = []
    number = int.from_bytes
    for record in batch:
        marker = record[1]
        if marker == 0xCA:  # noqa: PLR2004 - the markers of PackStream
            found.append(number(record[2:6]))
        elif marker < 0x80:  # noqa: PLR2004
            found.append(marker)
        elif marker == 0xC9:  # noqa: PLR2004
            found.append(record[2] << 8 | record[3])
        else:
            found.append(_unusual_id(record))
    return found


def _unusual_id(record: bytes) -> int:
    found, _ = decode(record, 1)
    if not isinstance(found, int):
        raise Permanent(f"The server sent a row without an id: {record[:16]!r}.")
    return found


def _require_no_placeholders(batch: Sequence[bytes]) -> None:
    """One look at all together; at each only where something that may be one is in there."""
    whole = b"".join(batch)
    if any(hint in whole for hint in _HINTS):
        for record in batch:
            if any(hint in record for hint in _HINTS):
                _require_no_placeholder(record)


def _require_no_placeholder(record: bytes) -> None:
    found, _ = decode(record, 0)
    for value in _inside(found[-1]):
        if kind := _unreadable(value):
            raise Permanent(
                f"The database holds values of the type {kind}, which this version cannot read; "
                "nothing of them would be in the export.",
                way_out="A newer version of this program may know the type.",
            )


def _unreadable(value: Value) -> str:
    """The type that a placeholder stands for, or nothing where it is none."""
    if isinstance(value, Structure) and value.tag == _PLACEHOLDER:
        return str(value.fields[0])
    if isinstance(value, dict) and value.keys() == _PLACEHOLDER_KEYS:
        return str(value["originalType"])
    return ""


def _inside(properties: Mapping[str, Value]) -> Iterator[Value]:
    """Every value, and every item of a list; there is nothing deeper."""
    for value in properties.values():
        yield value
        if isinstance(value, list):
            yield from value


def _count(connection: Connection, query: str) -> int:
    (record,) = connection.stream(query)
    (found,), _ = decode(record, 0)
    return int(found)
