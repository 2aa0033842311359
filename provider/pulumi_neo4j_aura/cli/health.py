"""The daemon's HTTP side: `/health` for probes and `/metrics` for Prometheus. Nothing else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pulumi_neo4j_aura.errors import Permanent

Answer = tuple[int, str, bytes]


def address(text: str) -> tuple[str, int]:
    """`127.0.0.1:9464` as host and port.

    Raises:
        Permanent: it is none.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise Permanent(
            f"--listen: {text!r} is no address.", way_out="Write for example 127.0.0.1:9464."
        )
    return host.strip("[]"), int(port)


def health(beat: dict[str, Any], *, late: bool) -> Answer:
    """200 while passes are made in time, 503 when the last one failed or the next is overdue."""
    healthy = not late and not beat.get("error")
    body = json.dumps({"healthy": healthy, "late": late, **beat}, default=str).encode()
    return (200 if healthy else 503), "application/json", body


@contextmanager
def serving(where: tuple[str, int], pages: dict[str, Callable[[], Answer]]) -> Iterator[int]:
    """Serve the pages until the block ends; the port.

    Raises:
        Permanent: the address cannot be had.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            status, kind, body = page() if page else (404, "text/plain", b"not found\n")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_line: object) -> None:
            """Probes come every few seconds; they are not news."""

    try:
        server = ThreadingHTTPServer(where, Handler)
    except OSError as error:
        raise Permanent(
            f"--listen: {where[0]}:{where[1]} cannot be used ({error.strerror}).",
            way_out="Choose another port.",
        ) from error
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
