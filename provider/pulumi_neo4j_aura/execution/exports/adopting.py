"""Take a file that was downloaded from the console into the vault: a file export.

No API downloads a snapshot, but the console does. What kind of file it is is read from its first
bytes, never from its name (formats: Neo4j 5 and 2026, `neo4j-admin database load --info`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pulumi_neo4j_aura.aura.client import default_user_agent
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import Permanent, Refused
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.vault import archive, encryption, layout
from pulumi_neo4j_aura.vault.manifest import FILE, InstanceFacts, Manifest, Part, SnapshotFacts
from pulumi_neo4j_aura.vault.vault import Vault

_READ = 1 << 20

#: First bytes → format and the ending of its files.
FORMATS = {
    b"DZV1": ("dump (zstd)", ".dump"),
    b"DGV1": ("dump (gzip)", ".dump"),
    b"BZV1": ("backup (zstd)", ".backup"),
    b"BTV1": ("backup (tar)", ".backup"),
    b"SMV1": ("split dump, metadata", ".dump"),
    b"SDV1": ("split dump, data", ".dump"),
    b"\x28\xb5\x2f\xfd": ("dump of Neo4j 4 (zstd)", ".dump"),
}
_TAR_AT, _TAR = 257, b"ustar"
_MAGIC = 4


@dataclass(frozen=True, slots=True)
class FileRequest:
    """One file to adopt. `taken_at`: when the data was like this; the file's own time when None."""

    path: Path
    instance_id: str
    instance_name: str = ""
    taken_at: datetime | None = None
    recipients: tuple[str, ...] = ()


def adopt_file(request: FileRequest, vault: Vault, clock: Clock, progress: Progress) -> Manifest:
    """Copy the file into the vault, hashed and encrypted, and make it an export of its own.

    The same file for the same instance is one export, however often it is adopted.

    Raises:
        Refused: it is no dump and no backup of Neo4j.
        Permanent: it cannot be read.
        AuraError: the vault did not take it.
    """
    encryption.check_recipients(request.recipients)
    vault.id()
    form, ending = recognised(request.path)
    progress.stage(f"hashing {request.path.name}")
    digest, size = _hashed(request.path, progress)
    copy_id = f"file-{digest[:12]}"
    export_id = layout.export_id(request.instance_id, copy_id)
    there = vault.find(export_id)
    if there is not None:
        return there
    moment = request.taken_at or _modified(request.path)
    folder = layout.file_folder(request.instance_id, request.instance_name, moment, copy_id)
    progress.stage(f"storing {request.path.name}")
    part = _stored(request, vault, folder, ending, digest, size, progress)
    archive.check_part(vault.store, part)
    made = Manifest(
        key=f"{folder}/{layout.MANIFEST}",
        export_id=export_id,
        instance=InstanceFacts(request.instance_id, request.instance_name),
        snapshot=SnapshotFacts(copy_id, moment.isoformat()),
        method=FILE,
        consistent=True,
        began_at=moment.isoformat(),
        completed_at=clock.now().isoformat(),
        parts=(part,),
        schema={},
        counts={},
        fingerprint={},
        recipients=request.recipients,
        not_included=(),
        tool=f"{default_user_agent()} ({form})",
    )
    return made if vault.commit(made) else vault.get(export_id)


def recognised(path: Path) -> tuple[str, str]:
    """The format of a file, and the ending that its kind has.

    Raises:
        Refused: none that Neo4j makes.
        Permanent: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_TAR_AT + len(_TAR))
    except OSError as error:
        raise Permanent(
            f"{path} cannot be read ({error.strerror}).", way_out="Check the path."
        ) from error
    if head[_TAR_AT:] == _TAR:
        return "tar", ".tar"
    found = FORMATS.get(head[:_MAGIC])
    if found is None:
        raise Refused(
            f"{path} begins with {head[:_MAGIC].hex() or 'nothing'}: that is no dump, no backup "
            "and no tar of Neo4j.",
            way_out="Download the snapshot from the Aura Console again.",
        )
    return found


def in_utc(moment: datetime) -> datetime:
    """A time as the command line gives it: UTC where it names no zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _hashed(path: Path, progress: Progress) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        for piece in _pieces(file):
            digest.update(piece)
            size += len(piece)
            progress.advance(0, len(piece))
    return digest.hexdigest(), size


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(microsecond=0)


def _stored(  # noqa: PLR0917 - one object and what is known of it
    request: FileRequest,
    vault: Vault,
    folder: str,
    ending: str,
    digest: str,
    size: int,
    progress: Progress,
) -> Part:
    name = layout.segment(request.instance_name or request.instance_id)
    suffix = ".age" if request.recipients else ""
    key = f"{folder}/{name}-{secrets.token_hex(4)}{ending}{suffix}"
    with request.path.open("rb") as file, vault.store.upload(key) as target:
        stored = archive.Hashing(target)
        pieces = _told(_pieces(file), progress)
        if request.recipients:
            encryption.encrypt(pieces, stored, request.recipients)
        else:
            for piece in pieces:
                stored.write(piece)
    return Part(key, FILE, 0, 0, size, digest, stored.size, stored.hexdigest())


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_READ):
        yield piece


def _told(pieces: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in pieces:
        progress.advance(0, len(piece))
        yield piece
