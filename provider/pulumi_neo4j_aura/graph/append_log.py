"""A file that only grows, of checksummed entries, each on the disk when `append` returns.

What a kill or a power cut leaves of the last entry is ignored; anything else that is not as it was
written is damage, and nobody guesses what it may have said. One process has it at a time.

An entry: its length, the checksum of its body and the checksum of these two (unsigned 32-bit
big-endian integers), then the body. The checksum of the head tells a torn end, which is no longer
there, from a length that was damaged, behind which entries would be lost in silence.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pulumi_neo4j_aura.errors import Refused

_HEAD = struct.Struct(">III")
_SUMMED = struct.Struct(">II")


class AppendLog:
    """Entries of bytes in a file. Read them all once, then append."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it and its folder where they are missing, for this user only.

        Raises:
            Refused: another process has it, or it cannot be written.
        """
        self.path = path
        self._broken: OSError | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._lock()
            self._keep_name()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file. Closing twice is closing once."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def entries(self) -> Iterator[bytes]:
        """Every entry, oldest first; the file is ready for `append` when there are no more.

        Raises:
            Refused: an entry that is not the last one is damaged.
        """
        with os.fdopen(os.dup(self._handle), "rb") as file:
            file.seek(0)
            end = 0
            while (body := self._next(file)) is not None:
                end += _HEAD.size + len(body)
                yield body
        # The torn end must go: an entry behind it would never be found.
        os.ftruncate(self._handle, end)
        os.lseek(self._handle, end, os.SEEK_SET)

    def append(self, body: bytes) -> None:
        """Write an entry behind the others; it is on the disk when this returns.

        Raises:
            Refused: it cannot be written. Then nothing more can be, because an entry behind a torn
                one would be lost.
        """
        if self._broken is not None:
            raise self._unwritable(self._broken)
        sums = _SUMMED.pack(len(body), zlib.crc32(body))
        try:
            self._write(sums + zlib.crc32(sums).to_bytes(4, "big") + body)
            os.fsync(self._handle)
        except OSError as error:
            self._broken = error
            raise self._unwritable(error) from error

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._handle, left) :]

    def _next(self, file: BinaryIO) -> bytes | None:
        """The entry at which the file stands, or None where there is none or a torn one."""
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size or not any(head):
            # After a power cut, blocks that were never written read as zeros.
            if any(file.read(1 << 20)):
                raise self._damaged()
            return None
        length, body_sum, head_sum = _HEAD.unpack(head)
        if zlib.crc32(head[: _SUMMED.size]) != head_sum:
            raise self._damaged()
        body = file.read(length)
        if len(body) == length and zlib.crc32(body) == body_sum:
            return body
        if file.read(1):
            raise self._damaged()
        return None

    def _lock(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                f"Another process is importing with the journal {self.path}.",
                way_out="Wait until it has ended.",
            ) from error

    def _keep_name(self) -> None:
        """Make sure that a power cut does not lose the file's name."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _unwritable(self, error: OSError) -> Refused:
        return Refused(
            f"The journal {self.path} cannot be written ({error.strerror}); no row is written "
            "without it, because rows could come twice after a crash.",
            way_out="Make room there or make it writable, then run the import again: it goes on "
            "where it stopped.",
        )

    def _damaged(self) -> Refused:
        return Refused(
            f"The journal {self.path} is damaged; what was written already cannot be told from it.",
            way_out="Empty the target, remove the folder of the journal and import anew.",
        )
