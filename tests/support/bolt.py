"""A Bolt server that does what a test tells it, and a proxy that can cut a connection.

The server understands nothing: each connection is served by a function that reads the client's
messages and answers what it wants.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Self

from pulumi_neo4j_aura.domain.packstream import encode
from pulumi_neo4j_aura.graph.bolt import Endpoint, Login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOGIN = Login("neo4j", "canary-password")
HELLO, GOODBYE, RESET, RUN, PULL, LOGON = 0x01, 0x02, 0x0F, 0x10, 0x3F, 0x6A
SUCCESS, RECORD, IGNORED, FAILURE = 0x70, 0x71, 0x7E, 0x7F
NOOP = b"\0\0"


def chunked(message: bytes, size: int = 0xFFFF) -> bytes:
    """A message as chunks of a size, with its end."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(len(piece).to_bytes(2, "big") + piece for piece in pieces) + b"\0\0"


def summary(tag: int, **metadata: Any) -> bytes:
    """SUCCESS or FAILURE, unchunked."""
    return bytes([0xB1, tag]) + encode(metadata)


def record(*values: Any) -> bytes:
    """A RECORD, unchunked."""
    return bytes([0xB1, RECORD]) + encode(list(values))


class Talk:
    """One connection, seen from the server."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.requests: list[bytes] = []

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the client hung up")
            data += more
        return data

    def handshake(self, answer: bytes = b"\0\0\x08\x05") -> bytes:
        asked = self.exactly(20)
        self.raw(answer)
        return asked

    def next(self) -> bytes:
        """The client's next message: its marker, its tag, its fields."""
        message = b""
        while size := int.from_bytes(self.exactly(2), "big"):
            message += self.exactly(size)
        self.requests.append(message)
        return message

    def expect(self, *tags: int) -> None:
        found = [self.next()[1] for _ in tags]
        assert found == list(tags), [hex(tag) for tag in found]

    def raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send(self, *messages: bytes, size: int = 0xFFFF) -> None:
        self.raw(b"".join(chunked(message, size) for message in messages))

    def success(self, **metadata: Any) -> None:
        self.send(summary(SUCCESS, **metadata))

    def greet(self, answer: bytes = b"\0\0\x08\x05", **about: Any) -> None:
        """Everything up to a connection that can be used."""
        self.handshake(answer)
        self.expect(HELLO, LOGON)
        self.success(server="Neo4j/5.26.0", **about)
        self.success()

    def begin(self) -> None:
        """A query that the server accepts."""
        self.expect(RUN, PULL)
        self.success(fields=["a"])

    def reset(self) -> None:
        self.expect(RESET)
        self.success()


class BoltServer:
    """Listens; connection after connection is served by the next function, the last for ever."""

    def __init__(self, *scripts: Callable[[Talk], object]) -> None:
        self._scripts = list(scripts)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.talks: list[Talk] = []
        self.errors: list[BaseException] = []
        self.endpoint = Endpoint("127.0.0.1", self._listening.getsockname()[1], False, False)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone does not wake up who waits in accept.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(30)
        for talk in self.talks:
            talk.socket.close()
        assert not self.errors, self.errors

    @property
    def requests(self) -> list[list[int]]:
        """The tags of what each connection asked."""
        return [[request[1] for request in talk.requests] for talk in self.talks]

    def _serve(self) -> None:
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            talk = Talk(connected)
            self.talks.append(talk)
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            try:
                script(talk)
            except OSError:
                pass  # the client hung up
            except BaseException as error:  # noqa: BLE001 - the test shows it
                self.errors.append(error)
            # Read what is left, so that closing does not take back what was just sent.
            with contextlib.suppress(OSError):
                connected.settimeout(0.2)
                connected.shutdown(socket.SHUT_WR)
                while connected.recv(65536):
                    pass
            connected.close()


class Proxy:
    """Passes bytes between a client and a server, with TLS before it if it has a context.

    `cut_after` bytes from the server, the connection is cut, once.
    """

    def __init__(
        self, port: int, *, tls: ssl.SSLContext | None = None, cut_after: int | None = None
    ) -> None:
        self._port = port
        self._tls = tls
        self.cut_after = cut_after
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._sockets: list[socket.socket] = []
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        for opened in (self._listening, *self._sockets):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join(30)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with contextlib.suppress(OSError):
                self._pass(near)

    def _pass(self, near: socket.socket) -> None:
        self._sockets.append(near)
        if self._tls is not None:
            near = self._tls.wrap_socket(near, server_side=True)
            self._sockets.append(near)
        far = socket.create_connection(("127.0.0.1", self._port))
        self._sockets.append(far)
        for pair in ((near, far, False), (far, near, True)):
            thread = threading.Thread(target=self._copy, args=pair, daemon=True)
            self._threads.append(thread)
            thread.start()

    def _copy(self, source: socket.socket, sink: socket.socket, from_server: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError, ValueError):
            while data := source.recv(65536):
                passed += len(data)
                if from_server and self.cut_after is not None and passed > self.cut_after:
                    self.cut_after = None
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serving(*scripts: Callable[[Talk], object]) -> Iterator[BoltServer]:
    """A server for a test; what its scripts complain about fails the test."""
    with BoltServer(*scripts) as server:
        yield server
