"""What it costs to read a graph: our Bolt client, the driver's ways, and throwing bytes away.

The same rows each time, in the same process, in turns; medians. "Drain" asks for the rows and
throws the bytes away: what the server can give. The driver's connection with its hydration bypassed
reaches into its internals, which only a measurement may do. Seconds of our own processor tell what
a client leaves for compressing and hashing on the same machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import neo4j
from neo4j._sync.io._bolt._common import Inbox

from bench.figures import Figure
from pulumi_neo4j_aura.graph import messages, reading
from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint, Login
from pulumi_neo4j_aura.graph.ids import IdSet
from support.batches import rows_of
from support.databases import running_databases

NAME = "reading"

NODES, RELATIONSHIPS = 100_000, 300_000
ROUNDS = 3
#: An export may take this much longer than the drain; reading must leave something of it.
ALLOWED: Final = 1 / 0.7
_FETCH: Final = 10_000
_RECORD: Final = 0x71
_QUERIES: Final = {"nodes": reading._NODES, "relationships": reading._RELATIONSHIPS}


def measure() -> Iterator[Figure]:
    """Rows a second of each way, and what they take compared with ours."""
    with running_databases(operation_seconds=0) as databases:
        instance = databases.create()
        graph = {"nodes": NODES, "relationships": RELATIONSHIPS}
        answer = databases.put(instance, graph=graph)
        assert answer.status_code == 200, answer.text
        url = str(databases.shown(instance)["connection_url"])
        yield from compared(url, Login("neo4j", databases.passwords[instance]))


def compared(url: str, login: Login) -> Iterator[Figure]:
    """Every way to read nodes, then relationships."""
    for what, query in _QUERIES.items():
        ways = _ways(url, login, what, query)
        rounds = [{name: _timed(way) for name, way in ways.items()} for _ in range(ROUNDS)]
        for name in ways:
            yield from _figures(f"{what}, {name}", [found[name] for found in rounds])
        yield from _ratios(what, {name: _median(rounds, name) for name in ways})


Timed = tuple[int, float, float]


def _timed(way: Callable[[], Iterable[object]]) -> Timed:
    """Rows, seconds, and seconds of this process's own processor."""
    wall, own = time.perf_counter(), time.process_time()
    rows = sum(1 for _ in way())
    return rows, time.perf_counter() - wall, time.process_time() - own


def _median(rounds: list[dict[str, Timed]], name: str) -> float:
    return statistics.median(found[name][1] for found in rounds)


def _figures(what: str, seen: list[Timed]) -> Iterator[Figure]:
    rows = seen[0][0]
    wall = statistics.median(seconds for _, seconds, _ in seen)
    own = statistics.median(seconds for _, _, seconds in seen)
    note = f"{own / wall:.0%} of a core, so {rows / own / 1000:.0f} k rows a second of it"
    yield Figure(NAME, f"{what}: k rows a second", rows / wall / 1000, note=note)


def _ratios(what: str, seconds: dict[str, float]) -> Iterator[Figure]:
    ours = seconds["ours"]
    yield Figure(NAME, f"{what}: ours, to drain", ours / seconds["drain"], "x", ALLOWED)
    for name in ("driver, bypassed", "driver"):
        yield Figure(NAME, f"{what}: {name}, to ours", seconds[name] / ours, "x")


def _ways(
    url: str, login: Login, what: str, query: str
) -> dict[str, Callable[[], Iterable[object]]]:
    endpoint = Endpoint.parse(url)

    def connect() -> Connection:
        return Connection.open(endpoint, login)

    read = reading.nodes if what == "nodes" else reading.relationships
    rows = NODES if what == "nodes" else RELATIONSHIPS
    return {
        "drain": lambda: _drained(connect, query, rows),
        "ours": lambda: _streamed(connect, query),
        "ours, with ids kept": lambda: rows_of(read(connect, IdSet())),
        "driver, bypassed": lambda: _bypassed(url, login, query),
        "driver": lambda: _driven(url, login, query),
    }


def _streamed(connect: Callable[[], Connection], query: str) -> Iterator[bytes]:
    with connect() as connection:
        yield from connection.stream(query)


def _drained(connect: Callable[[], Connection], query: str, rows: int) -> Iterator[None]:
    """Bytes thrown away until the last summary; it is known how many portions there are."""
    with connect() as connection:
        received = connection._wire._socket.recv
        connection._wire.send(messages.run(query, {}, write=False), messages.pull(_FETCH))
        tail = b""
        while b"t_last" not in tail:
            tail = tail[-200:] + received(256 * 1024)
            if b"has_more\xc3" in tail:
                tail = b""
                connection._wire.send(messages.pull(_FETCH))
    yield from [None] * rows


# --- the driver -----------------------------------------------------------------------------------


def _driver(url: str, login: Login) -> neo4j.Driver:
    return neo4j.GraphDatabase.driver(
        url, auth=(login.username, login.password), notifications_min_severity="OFF"
    )


def _driven(url: str, login: Login, query: str) -> Iterator[object]:
    """As people do it: records of Python objects, one portion at a time in memory.

    Only types that do not crash the driver: zoned times are left out, which favours it.
    """
    plain = query.replace(
        "properties(n)", "CASE WHEN n:Specimen THEN {} ELSE properties(n) END"
    ).replace("properties(r)", "CASE WHEN r:SPECIMEN THEN {} ELSE properties(r) END")
    with _driver(url, login) as driver, driver.session(fetch_size=_FETCH) as session:
        yield from session.run(plain)


def _bypassed(url: str, login: Login, query: str) -> Iterator[object]:
    """The driver's own connection, whose records stay bytes."""
    with _driver(url, login) as driver, driver.session(fetch_size=_FETCH) as session:
        session.run("RETURN 1").consume()
        inside: Any = session
        inside._connect("READ")
        connection = inside._connection
        connection.inbox.__class__ = _Undecoded
        yield from _pulled(connection, query)
        connection.inbox.__class__ = Inbox


def _pulled(connection: Any, query: str) -> Iterator[object]:
    found: list[object] = []
    more = [True]

    def ended(metadata: dict[str, Any]) -> None:
        more[0] = bool(metadata.get("has_more"))

    connection.run(query, mode="r")
    while more[0]:
        connection.pull(n=_FETCH, on_records=found.extend, on_success=ended)
        connection.send_all()
        while connection.responses:
            connection.fetch_message()
            yield from found
            found.clear()


class _Undecoded(Inbox):
    """Records are passed on as they are; everything else as before."""

    def pop(self, hydration_hooks: Any) -> Any:
        inside: Any = self
        inside._buffer_one_chunk()
        buffer = inside._buffer
        if buffer.data[1] != _RECORD:
            size, tag = self._unpacker.unpack_structure_header()
            fields = [self._unpacker.unpack(hydration_hooks) for _ in range(size)]
        else:
            tag, fields = b"\x71", [[bytes(buffer.data[2 : buffer.used])]]
        self._unpacker.reset()
        return tag, fields
