"""The only door to object storage: a directory, S3 and compatible, Azure, GCS, or memory.

Every store gives the same promises: `create` never overwrites, an upload appears whole or not at
all, absent is told apart from unknown. Nothing relies on object metadata, because a directory has
none, and nothing on compare-and-swap, because a directory has that neither.

Credentials come from the environment variables of each cloud (docs/reference/vault.md); they never
appear in a URL, a message or a representation.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, MemoryStore, from_url

from pulumi_neo4j_aura.errors import AuraError, NotFound, Permanent
from pulumi_neo4j_aura.vault import directory, storage_errors

#: What an upload holds in memory before it goes to a temporary file.
_SPOOLED: Final = 16 << 20
#: Bytes of one part of a multipart upload, and how many travel together: 32 MB in memory at most.
_CHUNK: Final = 8 << 20
_TOGETHER: Final = 4
_READ: Final = 4 << 20

_CLOUDS: Final = frozenset({"s3", "s3a", "az", "azure", "abfs", "abfss", "gs"})
_RETRIES: Final[Any] = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}

_WAY_OUT: Final = "Write a folder, s3://bucket/prefix, az://container/prefix or gs://bucket/prefix."


class Entry(NamedTuple):
    """One object as a listing shows it: of tens of thousands, hence a tuple."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Store:
    """Objects below one URL; keys are relative, with `/` between their segments. Thread-safe."""

    #: As the user wrote it; holds no secret.
    url: str
    _backend: Any = field(repr=False)
    _root: Path | None = None

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless there is one; whether this call made it. Durable on return.

        Of several callers exactly one is told True.

        Raises:
            AuraError: it is unknown whether it was written, or it cannot be.
        """
        checked = checked_key(key)
        try:
            with self._writing(checked):
                obstore.put(self._backend, checked, data, mode="create", use_multipart=False)
        except storage_errors.AlreadyThere:
            return False
        return True

    def put(self, key: str, data: bytes) -> None:
        """Write an object, over another one if need be. For what can be made again only."""
        checked = checked_key(key)
        with self._writing(checked):
            obstore.put(self._backend, checked, data, use_multipart=False)

    def get(self, key: str) -> bytes:
        """A whole, small object.

        Raises:
            NotFound: the store says that there is none.
        """
        with self._door(checked := checked_key(key)):
            return bytes(obstore.get(self._backend, checked).bytes())

    def size(self, key: str) -> int:
        """An object's bytes.

        Raises:
            NotFound: the store says that there is none.
        """
        checked = checked_key(key)
        try:
            with self._door(checked):
                return int(obstore.head(self._backend, checked)["size"])
        except NotFound:
            self._confirm_absent(checked)
            raise

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """Every object below a folder (a prefix of whole segments), in no order.

        Raises:
            AuraError: the listing broke off; what came before it is not the whole.
        """
        folder = checked_key(prefix.rstrip("/")) if prefix else None
        with self._door(prefix):
            for rows in obstore.list(self._backend, folder, chunk_size=1000):
                if self._root is not None:
                    for row in rows:
                        directory.guard(self._root, row["path"])
                yield from [Entry(row["path"], row["size"], row["last_modified"]) for row in rows]

    def folders(self, prefix: str) -> tuple[str, ...]:
        """The names of the folders right below a folder, sorted."""
        with self._door(prefix):
            found = obstore.list_with_delimiter(self._backend, checked_key(prefix.rstrip("/")))
        return tuple(
            sorted(each.rstrip("/").rpartition("/")[2] for each in found["common_prefixes"])
        )

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is fine."""
        checked = checked_key(key)
        try:
            with self._door(checked):
                obstore.delete(self._backend, checked)
        except NotFound:
            with suppress(NotFound):
                self._confirm_absent(checked)

    @contextmanager
    def upload(self, key: str) -> Iterator[IO[bytes]]:
        """A file to write into; the object appears when the block ends well, and only then.

        What is written waits here, beyond 16 MB in a temporary file, so that a broken block has
        sent nothing and leaves nothing behind. Constant memory.

        Raises:
            AuraError: it could not be stored. The store may hold parts of it until its lifecycle
                rule removes them; no object.
        """
        checked = checked_key(key)
        with (
            storage_errors.full_disk(tempfile.gettempdir()),
            tempfile.SpooledTemporaryFile(_SPOOLED) as waiting,
        ):
            yield waiting
            waiting.seek(0)
            with self._writing(checked):
                obstore.put(
                    self._backend,
                    checked,
                    waiting,
                    chunk_size=_CHUNK,
                    max_concurrency=_TOGETHER,
                )

    def chunks(self, key: str) -> Iterator[bytes]:
        """An object's bytes in order, in pieces of about a megabyte.

        Raises:
            NotFound: the store says that there is none.
        """
        checked = checked_key(key)
        with self._door(checked):
            if self._root is not None:
                yield from directory.pieces(self._root / checked)
            else:
                yield from self._ranges(checked)

    def _ranges(self, key: str) -> Iterator[bytes]:
        """A request for each piece: one for all would end when its reader takes its time."""
        at, size = 0, self.size(key)
        while at < size:
            end = min(at + _READ, size)
            yield bytes(obstore.get_range(self._backend, key, start=at, end=end))
            at = end

    @contextmanager
    def _door(self, key: str) -> Iterator[None]:
        """Everything that the library raises becomes one of our errors, with URL and key."""
        try:
            if self._root is not None:
                directory.guard(self._root, key)
            yield
        except (AuraError, GeneratorExit):
            raise
        except Exception as error:
            raise storage_errors.translated(error, self.url, key) from error

    @contextmanager
    def _writing(self, key: str) -> Iterator[None]:
        """As `_door`; in a directory the folders are there before, and all is on the disk after."""
        with self._door(key):
            if self._root is not None:
                directory.prepare(self._root, key)
            yield
            if self._root is not None:
                directory.settle(self._root, key)

    def _confirm_absent(self, key: str) -> None:
        """Absent is what a GET says: other answers have no body that names a missing bucket.

        Raises:
            NotFound: the store says that there is no such object.
        """
        with self._door(key):
            obstore.get(self._backend, key)


def is_key(key: str) -> bool:
    """Whether it stays below the store's root and is a file's name everywhere.

    Not, when it is absolute, climbs, has empty segments, blanks at an end of one, or characters
    that no file's name should have.
    """
    bad = any(each in {"", ".", ".."} or each != each.strip() for each in key.split("/"))
    return not bad and "\\" not in key and key.isprintable()


def checked_key(key: str) -> str:
    """The key itself.

    Raises:
        Permanent: it is none.
    """
    if is_key(key):
        return key
    raise Permanent(
        f"{key!r} is no key of an object: it could lead out of the vault.",
        way_out="Leave out empty segments, dots, backslashes and control characters.",
    )


def open_store(url: str, *, options: Mapping[str, str] | None = None) -> Store:
    """The store behind a URL. Nothing is asked of it yet; a directory is created.

    Args:
        url: a folder, `file:///folder`, `memory://`, `s3://bucket/prefix`, `az://container/prefix`
            or `gs://bucket/prefix`.
        options: the library's own settings, such as `endpoint`; the environment's variables
            (`AWS_…`, `AZURE_…`, `GOOGLE_…`) hold for what is not given.

    Raises:
        Permanent: the URL or an option makes no sense.
    """
    check_url(url)
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return Store(url, MemoryStore())
    if scheme in _CLOUDS:
        return Store(url, _cloud(url, dict(options or {})))
    return _directory(url, _path(url))


def check_url(url: str) -> None:
    """See that there can be a store behind a URL; nothing is asked of it and nothing made.

    Raises:
        Permanent: the URL makes no sense, or holds credentials (they are not repeated).
    """
    if not url.strip():
        raise Permanent("A target's URL is empty.", way_out=_WAY_OUT)
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise Permanent(
            "A target's URL must not hold credentials: it is stored and shown.",
            way_out="Leave them out of the URL and set the cloud's environment variables.",
        )
    if parts.scheme not in {"", "file", "memory", *_CLOUDS}:
        raise Permanent(
            f"There is no storage of the kind {parts.scheme}:// here.", way_out=_WAY_OUT
        )


def folder_of(url: str) -> Path | None:
    """The folder behind a URL, made or not; None where it is no folder."""
    if urlsplit(url).scheme not in {"", "file"}:
        return None
    return _path(url).expanduser().absolute()


def _path(url: str) -> Path:
    parts = urlsplit(url)
    return Path(unquote(parts.path) if parts.scheme else url)


def _directory(url: str, path: Path) -> Store:
    root = path.expanduser().absolute()
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        backend = LocalStore(root)
    except Exception as error:
        raise storage_errors.unusable(error, url) from error
    return Store(url, backend, root)


def _cloud(url: str, options: dict[str, str]) -> Any:
    endpoint = next((options[key] for key in options if "endpoint" in key), _endpoint_variable())
    client: Any = {"timeout": "120s", "connect_timeout": "10s"}
    if endpoint.startswith("http://"):
        client["allow_http"] = True
    try:
        return from_url(url, config=options, client_options=client, retry_config=_RETRIES)  # type: ignore[call-overload] # one signature for all clouds
    except Exception as error:
        raise storage_errors.unusable(error, url) from error


def _endpoint_variable() -> str:
    """A server of the user's own may be without TLS, on this machine; no cloud is."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")
