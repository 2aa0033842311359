"""Bolt messages over one socket, undecoded.

A message travels as chunks: two bytes of length, that many bytes, and a length of zero behind the
last. A length of zero between messages only says that the server is alive. Nearly every record is a
message of one chunk that lies whole in the buffer; `batches` takes those out with a handful of
operations each, and everything else goes the slow way.

What goes wrong here is an `OSError`; `graph.bolt` knows what it means.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

RECORD: Final = 0x71

_RECEIVED: Final = 256 * 1024
#: Sent at a time, so that a time-out means "nothing moved" and not "the message is large".
_SENT: Final = 1024 * 1024
_CHUNK: Final = 0xFFFF
_END: Final = b"\x00\x00"


class Wire:
    """One socket after the handshake. Nothing of it is safe for two threads at once."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._data = b""
        self._at = 0
        self._held: bytes | None = None

    def patience(self, seconds: float) -> None:
        """How long the other side may be silent."""
        self._socket.settimeout(seconds)

    def send(self, *messages: bytes) -> None:
        """Send messages, all of them in one go where they are small."""
        chunked = memoryview(b"".join(part for message in messages for part in _chunks(message)))
        for begin in range(0, len(chunked), _SENT):
            self._socket.sendall(chunked[begin : begin + _SENT])

    def message(self) -> bytes:
        """The next message, whole: a marker of its size, its tag, its fields."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        return self._whole()

    def batches(self) -> Iterator[list[bytes]]:
        """What is inside each record that comes next, as many at a time as are there already.

        `message` has what follows them. Left early, the rest is still to be read.
        """
        while True:
            message = self._whole()
            if message[1] != RECORD:
                self._held = message
                return
            yield [message[2:], *self._records()]

    def _records(self) -> list[bytes]:
        """Those that lie whole in the buffer, one behind the other, each in one chunk."""
        data, at = self._data, self._at
        end = len(data)
        found: list[bytes] = []
        add = found.append
        while at + 4 <= end:
            size = data[at] << 8 | data[at + 1]
            stop = at + 2 + size
            if (
                size < 2  # noqa: PLR2004 - the marker of a structure, and its tag
                or stop + 2 > end
                or data[stop]
                or data[stop + 1]
                or data[at + 3] != RECORD
            ):
                break
            add(data[at + 4 : stop])
            at = stop + 2
        self._at = at
        return found

    def close(self) -> None:
        """Let the socket go; never fails."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def _whole(self) -> bytes:
        parts: list[bytes] = []
        while True:
            high, low = self._take(2)
            size = high << 8 | low
            if size:
                parts.append(self._take(size))
            elif parts:
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def _take(self, size: int) -> bytes:
        """This many bytes, which are at most one chunk, so that joining them stays cheap."""
        while len(self._data) - self._at < size:
            more = self._socket.recv(_RECEIVED)
            if not more:
                raise ConnectionResetError("the server closed the connection")
            self._data = self._data[self._at :] + more
            self._at = 0
        begin, self._at = self._at, self._at + size
        return self._data[begin : self._at]


def _chunks(message: bytes) -> Iterator[bytes]:
    for begin in range(0, len(message), _CHUNK):
        chunk = message[begin : begin + _CHUNK]
        yield len(chunk).to_bytes(2, "big")
        yield chunk
    yield _END
