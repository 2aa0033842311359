"""A database that understands exactly what an import asks, and a fate that can end it anywhere.

Every step of an import that the outside can see goes through `Fate.step`: a request before and
after it took effect, a write to the journal before, in the middle and after. So a test can count
the steps of a whole import and then die at each of them.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import LostAnswer, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_NAMES = re.compile(r":`((?:[^`]|``)*)`")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")


class Killed(BaseException):
    """As kill -9: nothing that handles errors may see it as one."""


class Fate:
    """Counts steps, ends the process at one, lets requests fail at others."""

    def __init__(self) -> None:
        self.steps = 0
        self.dies_at: int | None = None
        self.fails: dict[int, Exception] = {}
        self.dead = False
        self._lock = threading.RLock()

    def step(self, *, may_fail: bool = True) -> None:
        with self._lock:
            self.steps += 1
            if self.dead or self.steps == self.dies_at:
                self.dead = True
                raise Killed
            if may_fail and self.steps in self.fails:
                raise self.fails.pop(self.steps)

    def revive(self) -> None:
        """The next process."""
        self.dead, self.dies_at = False, None


@dataclass
class FakeGraph:
    """What is in the database. Freed ids are given again at once, the worst that could happen."""

    fate: Fate = field(default_factory=Fate)
    store: str = "store-1"
    nodes: dict[int, tuple[tuple[str, ...], bytes]] = field(default_factory=dict)
    relationships: list[tuple[str, bytes, int, int]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    #: More rows than this in one transaction are too many for the server's memory.
    most_rows: int = 1_000_000
    #: A change whose client died before it took effect: it may still come, when it was asked for
    #: running transactions so many times.
    late_after: int | None = None
    #: Called before each request takes effect, with the query.
    meanwhile: Callable[[str], None] = lambda _: None
    _late: list[Callable[[], object]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def connect(self) -> Any:
        self.fate.step()
        return _Connection(self)

    def make(self, labels: tuple[str, ...], properties: Mapping[str, object]) -> int:
        """Somebody else's node."""
        return self._create(labels, packstream.encode(dict(properties)))

    @property
    def contents(self) -> tuple[Counter[Any], Counter[Any]]:
        """Nodes, and relationships with their end points, without ids."""
        ends = Counter(
            (type_, properties, self.nodes[start], self.nodes[end])
            for type_, properties, start, end in self.relationships
        )
        return Counter(self.nodes.values()), ends

    # --- requests -----------------------------------------------------------------------------

    def answer(self, query: str, parameters: Mapping[str, Any]) -> list[bytes]:
        """One request in a transaction of its own."""
        self.fate.step()
        with self._lock:
            self.queries.append(query)
            self.meanwhile(query)
            effect = self._effect(query, parameters)
            rows = self._in_time(effect) if query.startswith("/*") else effect()
        self.fate.step()
        return rows

    def _in_time(self, effect: Callable[[], list[bytes]]) -> list[bytes]:
        """A change; when its client dies right before it, it may yet come."""
        try:
            self.fate.step()
        except (Killed, LostAnswer):
            if self.late_after is not None:
                self._late.append(effect)
            raise
        return effect()

    def _effect(self, query: str, parameters: Mapping[str, Any]) -> Callable[[], list[bytes]]:
        for pattern, handler in _HANDLERS.items():
            if match := re.fullmatch(pattern, query, re.DOTALL):
                return lambda: handler(self, match, parameters)
        raise AssertionError(f"not a query of an import: {query}")

    def _count_nodes(self, *_: Any) -> list[bytes]:
        return [_row(len(self.nodes))]

    def _count_relationships(self, *_: Any) -> list[bytes]:
        return [_row(len(self.relationships))]

    def _info(self, *_: Any) -> list[bytes]:
        return [_row(self.store)]

    def _transactions(self, match: re.Match[str], _: Any) -> list[bytes]:
        running = [_row(match[0])]
        if self._late and self.late_after:
            self.late_after -= 1
            return [*running, _row("")]
        while self._late:
            with contextlib.suppress(Transient):
                self._late.pop()()
        return running

    def _ids(self, *_: Any) -> list[bytes]:
        return [_row(id_) for id_ in self.nodes]

    def _labels(self, _: Any, parameters: Mapping[str, Any]) -> list[bytes]:
        there = [id_ for id_ in parameters["ids"] if id_ in self.nodes]
        return [_row(id_, list(reversed(self.nodes[id_][0]))) for id_ in there]

    def _delete(self, _: Any, parameters: Mapping[str, Any]) -> list[bytes]:
        ends = {end for found in self.relationships for end in found[2:]}
        assert not ends & set(parameters["ids"]), "a node with relationships was to be deleted"
        for id_ in parameters["ids"]:
            self.nodes.pop(id_, None)
        return [_summary()]

    def _create_nodes(self, match: re.Match[str], parameters: Mapping[str, Any]) -> list[bytes]:
        maps, _ = _split(parameters["b"])
        self._bear(len(maps))
        labels = tuple(_name(found) for found in _NAMES.findall(match[1]))
        made = [_row(place, self._create(labels, row)) for place, row in enumerate(maps)]
        return list(reversed(made))  # no order is promised

    def _connect(self, match: re.Match[str], parameters: Mapping[str, Any]) -> list[bytes]:
        rows, _ = _split(parameters["b"])
        self._bear(len(rows))
        (name,) = _NAMES.findall(match[1])
        made = 0
        for row in rows:
            (start, end, properties), _ = _split(row)
            ends = [packstream.decode(each)[0] for each in (start, end)]
            if all(each in self.nodes for each in ends):
                self.relationships.append((_name(name), properties, *ends))
                made += 1
        return [_summary(**{"relationships-created": made})]

    def _create(self, labels: tuple[str, ...], properties: bytes) -> int:
        free = next(id_ for id_ in range(len(self.nodes) + 1) if id_ not in self.nodes)
        self.nodes[free] = (labels, properties)
        return free

    def _bear(self, rows: int) -> None:
        if rows > self.most_rows:
            raise Transient("too much", reason=MEMORY)


MEMORY = "Neo.TransientError.General.MemoryPoolOutOfMemoryError"
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"

_MARK = r"/\* pulumi-neo4j-aura import \*/ "
_HANDLERS: dict[str, Callable[..., list[bytes]]] = {
    r"MATCH \(n\) RETURN count\(n\)": FakeGraph._count_nodes,
    r"MATCH \(\)-\[r\]->\(\) RETURN count\(r\)": FakeGraph._count_relationships,
    r"CALL db\.info\(\) YIELD id RETURN id": FakeGraph._info,
    r"SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery": FakeGraph._transactions,
    r"MATCH \(n\) RETURN id\(n\)": FakeGraph._ids,
    r"UNWIND \$ids AS i MATCH \(n\) WHERE id\(n\) = i RETURN i, labels\(n\)": FakeGraph._labels,
    _MARK + r"UNWIND \$ids AS i MATCH \(n\) WHERE id\(n\) = i DELETE n": FakeGraph._delete,
    _MARK + r"UNWIND range\(0, size\(\$b\) - 1\) AS i CREATE \(n(.*)\) SET n = \$b\[i\]"
    r" RETURN i, id\(n\)": FakeGraph._create_nodes,
    _MARK + r"UNWIND \$b AS r MATCH \(a\) WHERE id\(a\) = r\[0\] MATCH \(b\) WHERE id\(b\) = r\[1\]"
    r" CREATE \(a\)-\[x(:.*)\]->\(b\) SET x = r\[2\]": FakeGraph._connect,
}  # fmt: skip


class _Connection:
    def __init__(self, graph: FakeGraph) -> None:
        self._graph = graph

    def stream(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        write: bool = False,
        fetch: int = 10_000,
    ) -> Iterator[bytes]:
        assert write == query.startswith("/*"), "whoever routes queries must know what they do"
        yield from self._graph.answer(query, parameters or {})

    def run(self, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
        (answer,) = self._graph.answer(query, parameters or {})
        return packstream.decode(answer)[0]

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class Disk:
    """The `os` of a process that may die while it writes, or lose its power."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        self._safe: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, handle: int, data: bytes) -> int:
        self._fate.step(may_fail=False)
        half = len(data) // 2
        written = os.write(handle, data[:half])
        self._fate.step(may_fail=False)
        written += os.write(handle, data[half:])
        self._fate.step(may_fail=False)
        return written

    def fsync(self, handle: int) -> None:
        self._fate.step(may_fail=False)
        self._safe[os.fstat(handle).st_ino] = os.fstat(handle).st_size

    def lose_power(self, path: Path) -> None:
        """What was not flushed is gone."""
        with contextlib.suppress(FileNotFoundError):
            os.truncate(path, self._safe.get(path.stat().st_ino, 0))


def node(id_: int, labels: tuple[str, ...], **properties: Any) -> bytes:
    """A node as an export holds it."""
    return packstream.encode([id_, list(labels), properties])


def relationship(id_: int, start: int, end: int, type_: str, **properties: Any) -> bytes:
    """A relationship as an export holds it."""
    return packstream.encode([id_, start, end, type_, properties])


def contents_of(
    nodes: list[bytes], relationships: list[bytes]
) -> tuple[Counter[Any], Counter[Any]]:
    """What a database holds that has each of these once."""
    by_id: dict[Any, Any] = {}
    for id_, labels, properties in (packstream.decode(record)[0] for record in nodes):
        by_id[id_] = (tuple(labels), packstream.encode(properties))
    decoded = [packstream.decode(record)[0] for record in relationships]
    ends = Counter(
        (type_, packstream.encode(properties), by_id[start], by_id[end])
        for _, start, end, type_, properties in decoded
    )
    return Counter(by_id.values()), ends


def _row(*values: Any) -> bytes:
    return packstream.encode(list(values))


def _summary(**stats: int) -> bytes:
    return packstream.encode({"stats": stats})


def _name(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("``", "`")


def _split(data: bytes) -> tuple[list[bytes], int]:
    """The undecoded items of a list; decoding and encoding again gives the same bytes here."""
    items, end = packstream.decode(data)
    return [packstream.encode(item) for item in items], end
