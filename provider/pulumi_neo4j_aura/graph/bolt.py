"""A client of Neo4j's Bolt protocol that moves rows in bulk and does not look into them.

Written from the public specification, because Neo4j's own driver makes Python objects of every
value, which takes most of the time of an export and loses on the way what Python cannot hold
(docs/decisions/0008-bulk-bolt.md). Everything that is not bulk goes through the driver.

One connection is one server, the one that answers at the URL. There is no routing table: Aura gives
an instance one address, and whoever answers there holds the data. Where the URL says `neo4j`, HELLO
carries the address, as the driver's does, which allows a member of a cluster that cannot write to
hand the query on to the one that can.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterator, Mapping
from types import TracebackType
from typing import Final, Self

from pulumi_neo4j_aura.domain.packstream import Value, decode
from pulumi_neo4j_aura.errors import AuraError, Permanent, Transient
from pulumi_neo4j_aura.graph import failures, handshake, messages
from pulumi_neo4j_aura.graph.endpoint import Endpoint, Login
from pulumi_neo4j_aura.graph.wire import RECORD, Wire

__all__ = ["Connection", "Endpoint", "Login"]

_USER_AGENT: Final = "pulumi-neo4j-aura/0"
_TIMEOUT_SECONDS: Final = 60.0
#: Rows that the server may be ahead. Large enough to hide the way there and back.
_FETCH: Final = 10_000
_NOTHING: Final[Mapping[str, Value]] = {}
_AGENT: Final = re.compile(r"Neo4j/(\d+)\.(\d+)")

Summary = dict[str, Value]


class Connection:
    """One connection to one server, for one thread at a time, as a context manager.

    After a refusal by the server it can be used again; after a lost connection it cannot.
    """

    def __init__(self, endpoint: Endpoint, wire: Wire, version: handshake.Version) -> None:
        self._endpoint = endpoint
        self._wire = wire
        self._version = version
        self._agent = ""
        self._awaited = 0  # answers to what was sent
        self._changing = False
        self._closed = False

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        login: Login,
        *,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        user_agent: str = _USER_AGENT,
        offered: bytes = handshake.OFFERED,
    ) -> Self:
        """Connect and log in.

        `timeout_seconds` limits each wait for the server, unless the server says at login that it
        may be silent for longer; it does not limit a query that goes on sending.

        Raises:
            BadCredentials: wrong user or password.
            Transient: not reachable now, or lost.
            Permanent: no Neo4j 5 or newer, or it wants another kind of encryption.
        """
        opened, version = handshake.connect(endpoint, timeout_seconds, offered)
        connection = cls(endpoint, Wire(opened), version)
        connection._log_in(login, user_agent, timeout_seconds)
        return connection

    @property
    def version(self) -> handshake.Version:
        """The version of Bolt that is spoken."""
        return self._version

    @property
    def server_version(self) -> tuple[int, int]:
        """Of Neo4j, as (5, 26) or (2026, 9); (0, 0) where the server does not say."""
        found = _AGENT.match(self._agent)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def batches(
        self,
        query: str,
        parameters: Mapping[str, Value] = _NOTHING,
        *,
        write: bool = False,
        fetch: int = _FETCH,
    ) -> Generator[list[bytes], None, None]:
        """The rows of a query, each as the PackStream list that the server sent, undecoded.

        As many at a time as have arrived, and never none. The server is never more than `fetch`
        rows ahead of who consumes them. An iterator that is closed before its end stops the query,
        and the connection can be used again.

        Raises:
            Transient: the server is busy or the connection was lost (`LostAnswer` where `write`):
                what was delivered is good, the rest is unknown.
            Permanent: the server refuses the query.
        """
        requests = messages.run(query, parameters, write=write), messages.pull(fetch)
        self._begin(changing=write)
        with self._translated():
            try:
                self._request(*requests)
                self._success()
                yield from self._wire.batches()
                while self._success().get("has_more"):
                    self._request(messages.pull(fetch))
                    yield from self._wire.batches()
            except GeneratorExit:
                with contextlib.suppress(AuraError):
                    self._reset()
                raise

    def stream(
        self,
        query: str,
        parameters: Mapping[str, Value] = _NOTHING,
        *,
        write: bool = False,
        fetch: int = _FETCH,
    ) -> Generator[bytes, None, None]:
        """As `batches`, row by row."""
        batches = self.batches(query, parameters, write=write, fetch=fetch)
        with contextlib.closing(batches):
            for batch in batches:
                yield from batch

    def run(self, query: str, parameters: Mapping[str, Value] = _NOTHING) -> Summary:
        """Run a query that changes something, in a transaction of its own; rows are passed over.

        Returns what the server says at the end: `stats` and more.

        Raises:
            LostAnswer: whether it took effect is unknown.
            Transient: nothing was changed; it may work later.
            Permanent: the server refuses it.
        """
        requests = messages.run(query, parameters, write=True), messages.pull()
        self._begin(changing=True)
        with self._translated():
            self._request(*requests)
            self._success()
            for _ in self._wire.batches():
                pass
            return self._success()

    def close(self) -> None:
        """Say goodbye and let the socket go; never fails, and a second time does nothing."""
        if not self._closed:
            with contextlib.suppress(OSError):
                self._wire.send(messages.GOODBYE)
            self._abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Never the login."""
        major, minor = self._version
        state = ", closed" if self._closed else ""
        return f"<Connection to {self._endpoint.address}, Bolt {major}.{minor}{state}>"

    def _log_in(self, login: Login, user_agent: str, timeout_seconds: float) -> None:
        introduction = messages.introduction(self._endpoint, login, self._version, user_agent)
        try:
            with self._translated():
                self._request(*introduction)
                about = self._answer()
                while self._awaited:
                    self._answer()
        except AuraError:
            self._abandon()  # as the server does
            raise
        self._agent = str(about.get("server"))
        self._wire.patience(max(timeout_seconds, _silence(about)))

    def _begin(self, *, changing: bool) -> None:
        if self._closed:
            raise failures.lost(
                self._endpoint.address, ConnectionError("closed before"), changing=False
            )
        if self._awaited:
            raise RuntimeError("the rows of the query before this one are still being read")
        self._changing = changing

    def _request(self, *requests: bytes) -> None:
        """Each request has one answer, behind its records if it has any."""
        self._awaited += len(requests)
        self._wire.send(*requests)

    def _answer(self) -> Summary:
        """What a SUCCESS says; anything else is an error."""
        message = self._wire.message()
        tag = message[1]
        self._awaited -= 1
        if tag == messages.FAILURE:
            raise failures.refused(self._endpoint.address, _map(message))
        _expect(tag, messages.SUCCESS)
        return _map(message)

    def _success(self) -> Summary:
        """As `_answer`, and a refusal leaves a connection that can be used again."""
        try:
            return self._answer()
        except (Transient, Permanent):
            with contextlib.suppress(AuraError):
                self._reset()
            raise

    def _reset(self) -> None:
        """Stop whatever is under way and read all that was sent because of it."""
        if self._closed:
            return
        with self._translated():
            self._request(messages.RESET)
            tag = RECORD
            while self._awaited:
                tag = self._wire.message()[1]
                self._awaited -= tag != RECORD
            _expect(tag, messages.SUCCESS)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what an error means; a connection in an unknown state is never used again."""
        try:
            yield
        except (AuraError, GeneratorExit):
            raise
        except OSError as error:
            self._abandon()
            address = self._endpoint.address
            raise failures.lost(address, error, changing=self._changing) from error
        except (ValueError, IndexError) as error:
            self._abandon()
            raise failures.garbled(self._endpoint.address, error) from error
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        self._closed = True
        self._wire.close()


def _expect(tag: int, expected: int) -> None:
    if tag != expected:
        raise ValueError(f"the answer {tag:#04x} instead of {expected:#04x}")


def _map(message: bytes) -> Summary:
    found, _ = decode(message, 2)
    if not isinstance(found, dict):
        raise ValueError("an answer that is no map")  # noqa: TRY004 - the server's mistake
    return found


def _silence(about: Mapping[str, Value]) -> float:
    """For how long the server may say nothing, as it says itself; 0: it does not say."""
    hints = about.get("hints")
    seconds = hints.get("connection.recv_timeout_seconds") if isinstance(hints, dict) else None
    return float(seconds) if isinstance(seconds, int) else 0.0
