"""Encryption of what leaves for the vault, in the `age` format, for several recipients.

Everything that is encrypted here opens with the ordinary `age` program. Keys are never stored,
shown or logged; recipients are public.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol

import pyrage  # type: ignore[import-untyped] # it has no types

from pulumi_neo4j_aura.errors import BadCredentials, Permanent

_IDENTITY: Final = "AGE-SECRET-KEY-"
#: What private keys say of themselves: of age, of its plugins, of SSH.
_PRIVATE: Final = (_IDENTITY, "AGE-PLUGIN-", "PRIVATE KEY")
_WAY_OUT: Final = (
    "A recipient is the public key that `age-keygen -y` prints (age1…), or an SSH one."
)


class BrokenEncryption(ValueError):
    """The bytes are no age file, or not the whole of one, or were changed."""


class Sink(Protocol):
    """What encrypted bytes are written to."""

    def write(self, data: bytes, /) -> int:
        """Take the bytes."""

    def flush(self) -> None:
        """Nothing is kept back."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Private keys; they are in no representation. `source` says where they came from."""

    source: str = ""
    _keys: tuple[Any, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._keys)


NO_IDENTITIES: Final = Identities()


def check_recipients(recipients: Iterable[str]) -> tuple[str, ...]:
    """The recipients, once each, when all of them can be encrypted for.

    Raises:
        Permanent: one of them is none; a private key is refused without being repeated.
    """
    wanted = tuple(dict.fromkeys(each.strip() for each in recipients))
    for each in wanted:
        _recipient(each)
    return wanted


def read_identities(path: Path) -> Identities:
    """The private keys in a file as `age-keygen` writes it, or an SSH private key.

    Raises:
        Permanent: it cannot be read, or holds no key; nothing of it is repeated.
    """
    try:
        text = path.expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(
            f"The age identity file {path} cannot be read ({_reason(error)}).",
            way_out="Correct AURA_BACKUP_AGE_IDENTITY_FILE, or the file's rights.",
        ) from error
    keys = tuple(_parsed(text))
    if not keys:
        raise Permanent(
            f"The age identity file {path} holds no private key.",
            way_out="It must be as `age-keygen` writes it, or an SSH private key.",
        )
    return Identities(str(path), keys)


def encrypt(chunks: Iterator[bytes], sink: Sink, recipients: Sequence[str]) -> None:
    """Encrypt a stream for all recipients, in constant memory.

    What `chunks` raises passes through as it is.

    Raises:
        Permanent: one of the recipients is none.
    """
    keys = [_recipient(each) for each in recipients]
    files = _Reader(chunks), _Writer(sink)
    try:
        _with_errors_of(files, lambda: pyrage.encrypt_io(*files, keys))
    except (pyrage.EncryptError, OSError, ValueError) as error:
        if any(error is each.error for each in files):
            raise
        raise Permanent(f"Encrypting failed: {str(error)[:100]}") from error


def decrypt(chunks: Iterator[bytes], sink: IO[bytes], identities: Identities, called: str) -> None:
    """Decrypt a stream, in constant memory.

    Raises:
        BadCredentials: there is no key, or none that opens it.
        BrokenEncryption: it was changed or cut. What was written before that is worthless.
    """
    if not identities:
        raise BadCredentials(
            f"{called} is encrypted, and there is no key.",
            way_out="Set AURA_BACKUP_AGE_IDENTITY_FILE to the file with the age identity.",
        )
    files = _Reader(chunks), _Writer(sink)
    keys = list(identities._keys)  # noqa: SLF001 - theirs to keep, ours to use
    try:
        _with_errors_of(files, lambda: pyrage.decrypt_io(*files, keys))
    except (pyrage.DecryptError, OSError, ValueError) as error:
        if any(error is each.error for each in files):
            raise
        if "No matching keys" in str(error):
            raise BadCredentials(
                f"{called} is encrypted for other recipients than the keys of {identities.source}.",
                way_out="Use the identity of one of the export's recipients.",
            ) from error
        raise BrokenEncryption(f"it cannot be decrypted ({str(error)[:100]})") from error


class _Reader:
    """A file to read from, over pieces; remembers what the pieces raised."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self.error: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            try:
                piece = next(self._chunks, None)
            except BaseException as error:  # noqa: BLE001 - raised again by `_with_errors_of`
                self.error = error
                raise OSError("the source failed") from None
            if piece is None:
                return b""
            self._rest = piece
        end = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:end], self._rest[end:]
        return taken


class _Writer:
    """A file to write to; remembers what writing raised."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        with self._remembering():
            return self._sink.write(data)

    def flush(self) -> None:
        with self._remembering():
            self._sink.flush()

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.error = error
            raise


def _with_errors_of(files: tuple[_Reader, _Writer], work: Callable[[], None]) -> None:
    """Do the work; what the files raised comes out as it was, not as the library's."""
    try:
        work()
    except Exception:
        for each in files:
            if each.error is not None:
                raise each.error from None
        raise


def _recipient(text: str) -> Any:
    if any(mark in text.upper() for mark in _PRIVATE):
        raise Permanent(
            "A private key was given as a recipient of an export; it is not repeated here.",
            way_out=f"Consider that key known to others. {_WAY_OUT}",
        )
    kind = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        return kind.from_str(text)
    except (pyrage.RecipientError, ValueError) as error:
        raise Permanent(f"{_shown(text)} is no age recipient.", way_out=_WAY_OUT) from error


def _shown(text: str) -> str:
    """Its beginning when that looks public; else it may be a secret that was pasted here."""
    known = text.startswith(("age1", "ssh-"))
    return f"{text[:20]!r}…" if known else f"A text of {len(text)} characters"


def _parsed(text: str) -> Iterator[Any]:
    if "-----BEGIN" in text:
        try:
            yield pyrage.ssh.Identity.from_buffer(text.encode())
        except (pyrage.IdentityError, ValueError):
            return
        return
    for line in text.splitlines():
        if line.strip().startswith(_IDENTITY):
            try:
                yield pyrage.x25519.Identity.from_str(line.strip())
            except (pyrage.IdentityError, ValueError):
                continue


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or "unreadable" if isinstance(error, OSError) else "it is no text"
