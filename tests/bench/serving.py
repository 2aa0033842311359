"""How quick the emulator is, beside the same server with an application that does nothing.

Requests a second on GET of one instance, from one process over keep-alive connections on the
loopback: one connection (each request waits for the answer before it) and several (the server
always has one to work on). Emulator and bare application take turns, and the median of the rounds
counts. Starting is from the start of the process to the line that says ready.
"""

from __future__ import annotations

import contextlib
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from bench.figures import Figure
from support.emulator import PRODUCTION_PROJECT_ID, EmulatorProcess, running_emulator

NAME = "emulator"

REQUESTS = 4000
ROUNDS = 5
STARTS = 5
CONNECTIONS = (1, 8)

_BARE = Path(__file__).with_name("bare_app.py")


@dataclass(frozen=True)
class Subject:
    """A server and the one request that it is asked again and again."""

    url: str
    path: str
    headers: Mapping[str, str]


def measure() -> Iterator[Figure]:
    """Throughput for each number of connections, then starting."""
    with running_emulator(operation_seconds=0) as emulator, _bare() as url:
        subject = _instance(emulator)
        bare = Subject(url, subject.path, subject.headers)
        for connections in CONNECTIONS:
            yield from _throughput(subject, bare, connections)
    yield from _starting()


def _throughput(subject: Subject, bare: Subject, connections: int) -> Iterator[Figure]:
    rounds = [(_rate(subject, connections), _rate(bare, connections)) for _ in range(ROUNDS)]
    emulated, plain = (statistics.median(column) for column in zip(*rounds, strict=True))
    what = f"GET instance, {connections} connection{'s' if connections > 1 else ''}"
    yield Figure(NAME, f"requests a second, {what}", emulated, note=f"bare app: {plain:.0f}")
    yield Figure(NAME, f"bare app's rate to emulator's, {what}", plain / emulated, "x")


def _starting() -> Iterator[Figure]:
    emulated = statistics.median(_emulator_start() for _ in range(STARTS))
    plain = statistics.median(_bare_start() for _ in range(STARTS))
    note = f"{emulated:.2f} s to {plain:.2f} s, medians of {STARTS}"
    yield Figure(NAME, "start until ready, emulator to bare app", emulated / plain, "x", note=note)


def _emulator_start() -> float:
    with running_emulator() as emulator:
        return emulator.start_seconds


def _bare_start() -> float:
    began = time.perf_counter()
    with _bare():
        return time.perf_counter() - began


def _instance(emulator: EmulatorProcess) -> Subject:
    """One running instance, and a request for it."""
    body = {
        "tenant_id": PRODUCTION_PROJECT_ID,
        "name": "orders",
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "2GB",
        "version": "5",
    }
    with emulator.api() as api:
        made = api.post("/instances", json=body).raise_for_status().json()["data"]["id"]
    return Subject(emulator.url, f"/v1/instances/{made}", emulator.authorization())


@contextlib.contextmanager
def _bare() -> Iterator[str]:
    """The bare application in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, str(_BARE)], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the bare application did not start; its error is above")
            yield url
        finally:
            process.terminate()


# --- the load -------------------------------------------------------------------------------------


def _rate(subject: Subject, connections: int) -> float:
    """Requests a second: sent on every connection, then read from every connection, and again."""
    request = _request(subject)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(_Line(subject.url)) for _ in range(connections)]
        _turns(lines, request, 10)
        began = time.perf_counter()
        _turns(lines, request, REQUESTS // connections)
        took = time.perf_counter() - began
    return REQUESTS // connections * connections / took


def _turns(lines: Sequence[_Line], request: bytes, turns: int) -> None:
    for _ in range(turns):
        for line in lines:
            line.send(request)
        for line in lines:
            line.receive()


def _request(subject: Subject) -> bytes:
    headers = {"Host": urlsplit(subject.url).netloc, **subject.headers}
    lines = [f"GET {subject.path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


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
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise RuntimeError(f"unexpected answer: {seen!r}")
        while len(body) < int(length[1]):
            body += self._more()

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data
