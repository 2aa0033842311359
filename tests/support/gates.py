"""Something before an object store that lets requests through until it refuses as a cloud would."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: What S3 answers (API reference, error responses).
EXPIRED = (403, "ExpiredToken", "The provided token has expired.")
NO_BUCKET = (404, "NoSuchBucket", "The specified bucket does not exist")

_HOP = {"connection", "transfer-encoding", "keep-alive"}


class Gate:
    """Passes requests on to a port. The signature covers the host, so that is passed on as well."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.refusal: tuple[int, str, str] | None = None
        self._left: int | None = None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"gate": self})
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def refuse_after(self, writes: int, refusal: tuple[int, str, str]) -> None:
        """Let so many writes through, then refuse everything."""
        with self._lock:
            self._left, self.refusal = writes, refusal

    def let_through(self) -> None:
        with self._lock:
            self._left = self.refusal = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def verdict(self, method: str) -> tuple[int, str, str] | None:
        """What to refuse a request with; None: it goes through."""
        with self._lock:
            if self._left is None:
                return None
            if self._left > 0:
                self._left -= method in {"PUT", "POST"}
                return None
            return self.refusal


class _Handler(BaseHTTPRequestHandler):
    """One connection to a gate."""

    gate: Gate
    protocol_version = "HTTP/1.1"

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        refusal = self.gate.verdict(self.command)
        if refusal is None:
            self._pass_on(body)
        else:
            self._refuse(*refusal)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any  # noqa: N815 - the library's names

    def _pass_on(self, body: bytes) -> None:
        server = HTTPConnection("127.0.0.1", self.gate.target, timeout=60)
        with contextlib.closing(server):
            server.putrequest(self.command, self.path, True, True)
            for name, value in self.headers.items():
                server.putheader(name, value)
            server.endheaders(body)
            answer = server.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())

    def _refuse(self, status: int, code: str, message: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        self._answer(status, [("Content-Type", "application/xml")], text.encode())

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        known = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in _HOP:
                self.send_header(name, value)
        if "content-length" not in known:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Not on the terminal."""


@contextlib.contextmanager
def gate_before(port: int) -> Iterator[Gate]:
    """A gate for the length of a block."""
    gate = Gate(port)
    try:
        yield gate
    finally:
        gate.close()
