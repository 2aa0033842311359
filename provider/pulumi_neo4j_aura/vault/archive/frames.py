"""The plain form of a part: a magic line, a header, framed records, and a closing frame.

A frame is a length (4 bytes, big-endian) and so many bytes. The closing frame has the length zero
and the number of records (8 bytes), so that a part cut between two records shows.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

MAGIC: Final = b"AURA-BACKUP-PACK/1\n"
FORMAT: Final = 1

LENGTH: Final = 4
COUNT: Final = 8
_END: Final = bytes(LENGTH)
#: Longer than any record of Neo4j; a length beyond it is damage and no reason to fill memory.
LONGEST: Final = 1 << 30

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "nodes": ("id", "labels", "properties"),
    "relationships": ("id", "start", "end", "type", "properties"),
    "schema": ("statement",),
}


class BrokenFrames(ValueError):
    """What was read is no part, or not the whole of one."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a part says about itself, so that one that was swapped with another shows."""

    export_id: str
    kind: str
    number: int
    fields: tuple[str, ...]
    format: int = FORMAT

    @classmethod
    def of(cls, export_id: str, kind: str, number: int) -> Header:
        """The header of a part of this kind."""
        return cls(export_id, kind, number, FIELDS[kind])


def opening(header: Header) -> bytes:
    """What stands before the records."""
    text = json.dumps(asdict(header), sort_keys=True, ensure_ascii=False).encode()
    return MAGIC + framed(text)


#: How a length is written.
length: Final = struct.Struct(">I").pack


def framed(record: bytes) -> bytes:
    """A record with its length."""
    return length(len(record)) + record


def closing(count: int) -> bytes:
    """What stands behind the records."""
    return _END + count.to_bytes(COUNT, "big")


def records(chunks: Iterator[bytes], expected: Header) -> Iterator[bytes]:
    """The records in a stream of plain bytes.

    Raises:
        BrokenFrames: it is cut off, has something behind its end, or is another part than expected.
    """
    stream = _Stream(chunks)
    if stream.take(len(MAGIC)) != MAGIC:
        raise BrokenFrames("it does not begin as a part does")
    _require_same(stream.frame(), expected)
    count = 0
    while (record := stream.frame()) is not None:
        count += 1
        yield record
    told = int.from_bytes(stream.take(COUNT), "big")
    if told != count:
        raise BrokenFrames(f"it says that it has {told} records and has {count}")
    if not stream.ended():
        raise BrokenFrames("there is something behind its end")


def _require_same(found: bytes | None, expected: Header) -> None:
    try:
        told: Any = json.loads(found or b"")
        header = Header(**{**told, "fields": tuple(told["fields"])})
    except (ValueError, TypeError, KeyError) as error:
        raise BrokenFrames(f"its header cannot be read ({error})") from error
    if header.format != expected.format:
        raise BrokenFrames(f"its format is {header.format}, and this version reads {FORMAT}")
    if header == replace(expected, fields=header.fields) != expected:
        raise BrokenFrames(f"its fields are {', '.join(map(str, header.fields))}")
    if header != expected:
        raise BrokenFrames(
            f"it is {header.kind} {header.number} of export {header.export_id}, not "
            f"{expected.kind} {expected.number} of {expected.export_id}"
        )


class _Stream:
    """Bytes in pieces, taken in lengths."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._at = 0

    def take(self, length: int) -> bytes:
        end = self._at + length
        if end > len(self._buffer):
            self._fill(length)
            end = length
        taken = self._buffer[self._at : end]
        self._at = end
        return taken

    def frame(self) -> bytes | None:
        """The next frame; None for the closing one."""
        size = int.from_bytes(self.take(LENGTH), "big")
        if size > LONGEST:
            raise BrokenFrames(f"it has a record of {size} bytes, more than there can be")
        return self.take(size) if size else None

    def ended(self) -> bool:
        return self._at == len(self._buffer) and not any(self._chunks)

    def _fill(self, length: int) -> None:
        pieces = [self._buffer[self._at :]]
        have = len(pieces[0])
        while have < length:
            piece = next(self._chunks, None)
            if piece is None:
                raise BrokenFrames("it is cut off")
            pieces.append(piece)
            have += len(piece)
        self._buffer, self._at = b"".join(pieces), 0
