"""Write a part: frame, hash, compress, encrypt, hash again, store; streaming, in one pass."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any, Final

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.vault import encryption
from pulumi_neo4j_aura.vault.archive import compression, frames
from pulumi_neo4j_aura.vault.manifest import Part
from pulumi_neo4j_aura.vault.store import Store

#: Frames are joined to pieces of this size before they are hashed and compressed.
_PIECE: Final = 1 << 20


@dataclass(slots=True)
class _Plain:
    """What went into the part so far."""

    rows: int = 0
    size: int = 0
    digest: Any = field(default_factory=hashlib.sha256)


def write_part(
    store: Store,
    folder: str,
    kind: str,
    number: int,
    batches: Iterator[Sequence[bytes]],
    *,
    export_id: str,
    recipients: Sequence[str] = (),
    max_plain_bytes: int = 64 << 20,
) -> Part | None:
    """Write records into one object until it is full; None, and no object, when there are none.

    The object has a key of its own, so that a try that failed is never mistaken for one that did
    not. It appears whole or not at all.

    Args:
        store: where to.
        folder: the export's folder.
        kind: `nodes`, `relationships` or `schema`.
        number: the part's place among those of its kind.
        batches: of records; taken from until the part is full, each whole; the rest stays for the
            next part.
        export_id: whose part it is.
        recipients: age recipients; encrypted for all of them when there are any.
        max_plain_bytes: the size, before compression, at which a part is full.

    Raises:
        AuraError: the store did not take it. What `batches` raises passes through.
    """
    first = next(filter(None, batches), None)
    if first is None:
        return None
    header = frames.Header.of(export_id, kind, number)
    plain = _Plain()
    pieces = _pieces(header, chain((first,), batches), plain, max_plain_bytes)
    suffix = ".age" if recipients else ""
    key = f"{folder}/{kind}-{number:05d}-{secrets.token_hex(4)}.pack.zst{suffix}"
    with store.upload(key) as file:
        stored = Hashing(file)
        if recipients:
            encryption.encrypt(_compressed(pieces), stored, recipients)
        else:
            for chunk in _compressed(pieces):
                stored.write(chunk)
    return Part(
        key=key,
        kind=kind,
        number=number,
        rows=plain.rows,
        plain_bytes=plain.size,
        plain_sha256=plain.digest.hexdigest(),
        stored_bytes=stored.size,
        stored_sha256=stored.hexdigest(),
    )


class Hashing:
    """Hashes what is written on its way into a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Count, hash and pass on."""
        self.size += len(data)
        self._digest.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """As the file does."""
        self._file.flush()

    def hexdigest(self) -> str:
        """The SHA-256 of what was written so far."""
        return self._digest.hexdigest()


def _pieces(
    header: frames.Header, batches: Iterator[Sequence[bytes]], plain: _Plain, limit: int
) -> Iterator[bytes]:
    waiting = [frames.opening(header)]
    size, total, rows = len(waiting[0]), 0, 0
    for batch in batches:
        lengths = [*map(len, batch)]
        _require_frames(lengths, header.kind)
        waiting += chain.from_iterable(zip(map(frames.length, lengths), batch, strict=True))
        size += sum(lengths) + frames.LENGTH * len(lengths)
        rows += len(lengths)
        if size >= _PIECE:
            yield _hashed(b"".join(waiting), plain)
            total += size
            waiting, size = [], 0
        if total + size >= limit:
            break
    plain.rows = rows
    waiting.append(frames.closing(rows))
    yield _hashed(b"".join(waiting), plain)


def _require_frames(lengths: Sequence[int], kind: str) -> None:
    for length in (min(lengths, default=1), max(lengths, default=1)):
        if not 0 < length <= frames.LONGEST:
            raise Refused(
                f"A record of {length} bytes among the {kind} cannot be archived.",
                way_out=f"A record has 1 to {frames.LONGEST} bytes.",
            )


def _hashed(piece: bytes, plain: _Plain) -> bytes:
    plain.size += len(piece)
    plain.digest.update(piece)
    return piece


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    zstd = compression.compressor()
    for piece in pieces:
        yield zstd.compress(piece)
    yield zstd.flush()
