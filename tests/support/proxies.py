"""A network between a client and a server on loopback, which can be cut."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Proxy:
    """Passes bytes on, until it is told otherwise; then it breaks off what is under way."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._left: float = float("inf")
        self._lock = threading.Lock()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """Break off everything, and what comes."""
        self.cut_after(0)
        self._close_all()

    def cut_after(self, count: int) -> None:
        """Pass so many bytes on to the server, then break off everything."""
        with self._lock:
            self._left = count

    def restore(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._left = float("inf")

    def close(self) -> None:
        """End."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._close_all()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open |= {client, server}
            for source, sink, counted in ((client, server, True), (server, client, False)):
                arguments = (source, sink, counted)
                threading.Thread(target=self._pump, args=arguments, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if counted and not self._may_pass(len(data)):
                    self._close_all()
                    return
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def _may_pass(self, count: int) -> bool:
        with self._lock:
            self._left -= count
            return self._left >= 0

    def _close_all(self) -> None:
        with self._lock:
            closing, self._open = self._open, set()
        for each in closing:
            # A plain close would not wake up a thread that waits for it.
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextlib.contextmanager
def running_proxy(target: int) -> Iterator[Proxy]:
    """A proxy before a port, for the time of the block."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
