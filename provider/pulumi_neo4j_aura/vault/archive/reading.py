"""Read a part back: every byte and every digest is checked, and damage is named."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import IO, Final

from pulumi_neo4j_aura.errors import BadCredentials, Damaged, NotFound
from pulumi_neo4j_aura.vault import encryption
from pulumi_neo4j_aura.vault.archive import compression, frames
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, Identities
from pulumi_neo4j_aura.vault.manifest import Part
from pulumi_neo4j_aura.vault.store import Store

_WAY_OUT: Final = "Use another export, or another copy of this vault; nothing was changed."
_READ: Final = 1 << 20
ENCRYPTED: Final = ".age"


def check_part(store: Store, part: Part) -> None:
    """Read an object and compare its size and digest; no key is needed.

    Raises:
        Damaged: it is missing, or not what the manifest says.
        AuraError: it could not be looked at.
    """
    _drain(_stored(store, part))


def read_part(
    store: Store, part: Part, *, export_id: str, identities: Identities = NO_IDENTITIES
) -> Iterator[bytes]:
    """The records of a part, in order. Whoever stops early has checked nothing.

    Raises:
        Damaged: the object is missing, changed, cut, or another part than the manifest says; raised
            at the latest behind its last record.
        BadCredentials: none of the identities opens it.
        AuraError: it could not be read now.
    """
    expected = frames.Header.of(export_id, part.kind, part.number)
    plain = _Checked(part)
    try:
        with closing(_opened(store, part, identities)) as chunks:
            rows = 0
            for record in frames.records(plain.through(_decompressed(chunks)), expected):
                rows += 1
                yield record
    except (frames.BrokenFrames, compression.ZstdError) as error:
        raise damaged(part, str(error)) from error
    plain.require(rows)


def damaged(part: Part, why: str) -> Damaged:
    """The error that names an object and what is wrong with it."""
    return Damaged(f"{part.key} is damaged: {why}.", way_out=_WAY_OUT)


def _opened(store: Store, part: Part, identities: Identities) -> Generator[bytes]:
    """Compressed bytes: the stored ones, decrypted if need be."""
    stored = _stored(store, part)
    if not part.key.endswith(ENCRYPTED):
        yield from stored
        return
    # In memory, and never on a disk: what was encrypted stays so. A part's size is bounded.
    with io.BytesIO() as file:
        try:
            encryption.decrypt(stored, file, identities, part.key)
        except encryption.BrokenEncryption as error:
            _drain(stored)
            raise damaged(part, str(error)) from error
        except BadCredentials:
            if identities:
                _drain(stored)
            raise
        file.seek(0)
        yield from _chunks(file)


def _drain(stored: Iterator[bytes]) -> None:
    """Read to the end: a digest that differs says more than what decryption stumbled over."""
    for _ in stored:
        pass


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_READ):
        yield chunk


def _stored(store: Store, part: Part) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    try:
        for chunk in store.chunks(part.key):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
    except NotFound as error:
        raise damaged(part, "it is missing") from error
    if size != part.stored_bytes:
        raise damaged(part, f"it has {size} bytes instead of {part.stored_bytes}")
    if digest.hexdigest() != part.stored_sha256:
        raise damaged(part, "its SHA-256 is another one")


def _decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    zstd = compression.decompressor()
    for chunk in chunks:
        if zstd.eof:
            raise frames.BrokenFrames("there is something behind its end")
        # In pieces: a megabyte of an object may be gigabytes of a part.
        yield zstd.decompress(chunk, _READ)
        while not zstd.needs_input and not zstd.eof:
            yield zstd.decompress(b"", _READ)
    if not zstd.eof:
        raise frames.BrokenFrames("it is cut off")
    if zstd.unused_data:
        raise frames.BrokenFrames("there is something behind its end")


class _Checked:
    """Counts and hashes the plain bytes that pass."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._digest = hashlib.sha256()
        self._size = 0

    def through(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._digest.update(chunk)
            self._size += len(chunk)
            if self._size > self._part.plain_bytes:
                raise damaged(self._part, f"more than {self._part.plain_bytes} bytes are in it")
            yield chunk

    def require(self, rows: int) -> None:
        part = self._part
        if rows != part.rows:
            raise damaged(part, f"it has {rows} records instead of {part.rows}")
        if self._size != part.plain_bytes or self._digest.hexdigest() != part.plain_sha256:
            raise damaged(part, "the SHA-256 of what is in it is another one")
