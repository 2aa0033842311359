"""The manifest: what one export is, and the sizes and digests of every object that it consists of.

An export exists when its manifest exists. It names its own key, so that one that was moved or
replaced by another export's shows. Written once, read strictly: what is damaged, of a later format
or leads out of its folder is an error that names the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeVar

from pulumi_neo4j_aura.domain.plain import plain
from pulumi_neo4j_aura.errors import Damaged, Permanent
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.store import is_key

FORMAT: Final = "aura-backup/export/1"
_FAMILY: Final = FORMAT.rpartition("/")[0]

CLONE, LIVE, FILE = "clone", "live", "file"

#: What Bolt cannot read, so that no export of ours has it.
NOT_INCLUDED: Final = ("users and their passwords", "roles and privileges", "settings", "aliases")

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """One object.

    Digests are SHA-256 in hexadecimal, of the bytes before compression (plain) and of the bytes as
    they lie in the vault (stored).
    """

    key: str
    kind: str
    number: int
    rows: int
    plain_bytes: int
    plain_sha256: str
    stored_bytes: int
    stored_sha256: str


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """The instance as it was when it was exported."""

    id: str
    name: str
    project_id: str = ""
    type: str = ""
    memory: str = ""
    cloud_provider: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class SnapshotFacts:
    """The snapshot that was exported; `timestamp` as ISO 8601."""

    id: str
    timestamp: str
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One export. `consistent`: it is one moment in time, because nobody wrote meanwhile."""

    key: str
    export_id: str
    instance: InstanceFacts
    snapshot: SnapshotFacts | None
    method: str
    consistent: bool
    began_at: str
    completed_at: str
    parts: tuple[Part, ...]
    schema: Mapping[str, Any]
    counts: Mapping[str, Any]
    fingerprint: Mapping[str, Any]
    recipients: tuple[str, ...] = ()
    not_included: tuple[str, ...] = NOT_INCLUDED
    tool: str = ""
    format: str = FORMAT

    @property
    def folder(self) -> str:
        """Where its objects lie, without a slash at its end."""
        return self.key.rpartition("/")[0]

    @property
    def moment(self) -> datetime:
        """The time whose data it holds: the snapshot's, or when reading began."""
        return datetime.fromisoformat(self.snapshot.timestamp if self.snapshot else self.began_at)

    @property
    def stored_bytes(self) -> int:
        """What it takes in the vault, without the manifest."""
        return sum(part.stored_bytes for part in self.parts)

    @property
    def encrypted(self) -> bool:
        """Whether reading it needs a key."""
        return bool(self.recipients)

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """Its parts of one kind, in order."""
        return tuple(sorted((p for p in self.parts if p.kind == kind), key=lambda p: p.number))


def to_json(manifest: Manifest) -> bytes:
    """The manifest as it lies in the vault: the same bytes for the same manifest."""
    return (
        json.dumps(manifest, default=plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    ).encode(errors="surrogatepass")


def from_json(data: bytes, key: str) -> Manifest:
    """The manifest that lies at `key`.

    Raises:
        Damaged: it cannot be read, or is not the one that belongs there.
        Permanent: it is of a later format.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged(key, str(error)) from error
    return from_content(content, key)


def from_content(content: Any, key: str) -> Manifest:
    """The manifest that lies at `key`, from what its JSON says.

    Raises:
        Damaged: it makes no sense, or is not the one that belongs there.
        Permanent: it is of a later format.
    """
    try:
        _require_format(content.get("format"), key)
        found = _built(content)
        _require_own(found, key)
    except KeyError as error:
        raise _damaged(key, f"it has no {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(key, str(error)) from error
    return found


def _built(content: Mapping[str, Any]) -> Manifest:
    snapshot = content["snapshot"]
    nested: dict[str, Any] = {
        "instance": _record(InstanceFacts, content["instance"]),
        "snapshot": None if snapshot is None else _record(SnapshotFacts, snapshot),
        "parts": tuple(_record(Part, each) for each in content["parts"]),
        "recipients": _texts(content, "recipients"),
        "not_included": _texts(content, "not_included"),
    }
    return _record(Manifest, {**content, **nested})


Record = TypeVar("Record")
_PLAIN: Final[Mapping[str, type]] = {
    "str": str,
    "int": int,
    "bool": bool,
    "Mapping[str, Any]": dict,
}


def _record(kind: type[Record], content: Mapping[str, Any]) -> Record:
    """What we know of a record; later versions may add fields."""
    if not isinstance(content, dict):
        raise TypeError(f"{content!r} stands where there should be {kind.__name__}")
    values = {}
    for item in fields(kind):  # type: ignore[arg-type] # dataclasses, all of them
        if item.name in content:
            values[item.name] = _plain(item.name, _PLAIN.get(str(item.type)), content[item.name])
        elif item.default is MISSING:
            raise KeyError(item.name)
    return kind(**values)


def _plain(name: str, expected: type | None, value: object) -> object:
    if expected is not None and type(value) is not expected:
        raise TypeError(f"its {name} is {value!r}")
    return value


def _texts(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if not all(isinstance(each, str) for each in content[name]):
        raise TypeError(f"its {name} are no texts")
    return tuple(content[name])


def _require_format(found: object, key: str) -> None:
    if found == FORMAT:
        return
    if str(found).rpartition("/")[0] != _FAMILY:
        raise ValueError(f"its format is {found!r}")
    raise Permanent(
        f"Manifest {key} has the format {found}, and this version reads {FORMAT}.",
        way_out="Use a newer version of this tool.",
    )


def _require_own(found: Manifest, key: str) -> None:
    """Whether it belongs where it lies, and its parts to it."""
    if found.key != key:
        raise ValueError(f"it was written for {found.key}")
    if found.export_id != layout.id_at(key):
        raise ValueError(f"it was written for the export {found.export_id}")
    for each in (found.began_at, found.completed_at, found.moment.isoformat()):
        if datetime.fromisoformat(each).tzinfo is None:
            raise ValueError(f"the time {each} has no zone")
    keys = [found.key, *(part.key for part in found.parts)]
    if len(set(keys)) != len(keys):
        raise ValueError("it names an object twice")
    for part in found.parts:
        _require_part(part, found.folder)


def _require_part(part: Part, folder: str) -> None:
    if part.key.rpartition("/")[0] != folder or not is_key(part.key):
        raise ValueError(f"it names {part.key!r}, which is not in its folder")
    if not (_DIGEST.fullmatch(part.stored_sha256) and _DIGEST.fullmatch(part.plain_sha256)):
        raise ValueError(f"the digests of {part.key} are none")
    if min(part.number, part.rows, part.plain_bytes, part.stored_bytes) < 0:
        raise ValueError(f"a number of {part.key} is negative")


def _damaged(key: str, why: str) -> Damaged:
    return Damaged(
        f"Manifest {key} is damaged: {why}.",
        way_out="Restore it from another copy of the vault, or export again; nothing was deleted.",
    )
