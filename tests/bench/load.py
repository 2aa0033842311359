"""Load on one request: keep-alive connections that cost little themselves, and requests a second.

On each of several connections the next request is sent before any answer is read, so that the
server always has one to work on; on one connection each request waits for the answer before it.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from support.emulator import PRODUCTION_PROJECT_ID

#: What the instances of these measurements are.
INSTANCE: Mapping[str, str] = {
    "tenant_id": PRODUCTION_PROJECT_ID,
    "name": "orders",
    "cloud_provider": "gcp",
    "region": "europe-west1",
    "type": "professional-db",
    "memory": "2GB",
    "version": "5",
}


@dataclass(frozen=True)
class Subject:
    """A server and the one request that it is asked again and again."""

    url: str
    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: object = None


def rate(subject: Subject, requests: int, connections: int = 1, warming: int = 10) -> float:
    """Requests a second: sent on every connection, then read from every connection, and again.

    Those that warm the server up come first and are not counted.
    """
    request = _request(subject)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(_Line(subject.url)) for _ in range(connections)]
        _turns(lines, request, warming)
        began = time.perf_counter()
        _turns(lines, request, requests // connections)
        took = time.perf_counter() - began
    return requests // connections * connections / took


def _turns(lines: Sequence[_Line], request: bytes, turns: int) -> None:
    for _ in range(turns):
        for line in lines:
            line.send(request)
        for line in lines:
            line.receive()


def _request(subject: Subject) -> bytes:
    body = b"" if subject.body is None else json.dumps(subject.body).encode()
    headers = {"Host": urlsplit(subject.url).netloc, **subject.headers}
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"{subject.method} {subject.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Line:
    """One keep-alive connection; reads just enough of HTTP to cost little itself."""

    _LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, request: bytes) -> None:
        """Send one whole request."""
        self._socket.sendall(request)

    def receive(self) -> None:
        """Read one whole answer, which must be a success."""
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += self._more()
        head, _, body = seen.partition(b"\r\n\r\n")
        length = self._LENGTH.search(head + b"\r\n")
        if not head.startswith(b"HTTP/1.1 20") or length is None:
            raise RuntimeError(f"unexpected answer: {seen!r}")
        while len(body) < int(length[1]):
            body += self._more()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data
