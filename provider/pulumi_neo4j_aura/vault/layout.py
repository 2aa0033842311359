"""Where things lie in a vault, so that a person can find a file without the tool.

    vault.json                                                          whose vault, and its format
    exports/<instance id>-<name>/<UTC time>-<snapshot id>/manifest.json
                                                         /nodes-00000-<random>.pack.zst[.age]
    files/<instance id>-<name>/<UTC time>-<id>/manifest.json            adopted files
    catalog/…                                        caches, made anew at any time
    policies/<name>/<number>.json                    published policies, newest last
    holds/<name>/<number>.json                       what must not be pruned
    journal/<action>-<try>/intent.json, outcome.json what was done, and what not
    intents/<owner>/<entry>/…                        creates and deletes that were asked of Aura
    lease/<number>.json                              who works here

Names come from people and from Aura; here they become segments that stay below the vault.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

VAULT: Final = "vault.json"
EXPORTS: Final = "exports"
FILES: Final = "files"
CATALOG: Final = "catalog/exports.json"
#: What earlier looks at Aura saw: a cache.
OBSERVED: Final = "catalog/observed.json"
MANIFEST: Final = "manifest.json"
JOURNAL: Final = "journal"
LEASE: Final = "lease"
POLICIES: Final = "policies"
HOLDS: Final = "holds"
INTENTS: Final = "intents"
#: What the journal comes to: a cache.
PAST: Final = "catalog/journal.json"

#: Bytes of a segment made from a name: a path of all of them stays below every store's limit.
_LONGEST: Final = 60
#: Hexadecimal digits of a mark. Not 12: the last group of an ordinary UUID must not look like one.
_MARK: Final = 10
_MARKED: Final = re.compile(rf"(^|[-_])[0-9a-f]{{{_MARK}}}$")

_SAFE: Final = frozenset("-_.")

#: Segments of a manifest's key.
_DEPTH: Final = 4


@lru_cache(maxsize=4096)
def segment(name: str) -> str:
    """A name as part of a file's name: its letters and digits, the rest as `-`.

    Names that lose something get a mark computed from the whole, and so do names that look as if
    they had one: two names never meet.
    """
    cut = _readable(name)
    if cut == name and cut and not _MARKED.search(cut):
        return cut
    mark = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_MARK]
    return f"{cut}-{mark}" if cut else mark


def _readable(name: str) -> str:
    normal = unicodedata.normalize("NFC", name)
    kept = "".join(each if each.isalnum() or each in _SAFE else "-" for each in normal)
    return kept.strip("-.").encode()[:_LONGEST].decode(errors="ignore").strip("-.")


def identifier(instance_id: str) -> str:
    """An instance's id as folders begin with it.

    Aura's are letters and digits. Another one has no `-` here, which ends it in a folder's name.
    """
    made = segment(instance_id)
    return made if "-" not in made else segment(f"{instance_id}/").replace("-", "_")


def export_folder(instance_id: str, instance_name: str, moment: datetime, copy_id: str) -> str:
    """The folder of one export, without a slash at its end.

    Args:
        instance_id: Aura's id.
        instance_name: the instance's name, for people.
        moment: when the data was as it is exported.
        copy_id: the snapshot's id, or what stands for a live read.
    """
    return f"{EXPORTS}/{_instance(instance_id, instance_name)}/{_copy(moment, copy_id)}"


def file_folder(instance_id: str, instance_name: str, moment: datetime, copy_id: str) -> str:
    """The folder of one adopted file."""
    return f"{FILES}/{_instance(instance_id, instance_name)}/{_copy(moment, copy_id)}"


def of_instance(folder_name: str, instance_id: str) -> bool:
    """Whether a folder right below `exports/` or `files/` belongs to this instance."""
    return folder_name.startswith(f"{identifier(instance_id)}-")


def of_copy(folder_name: str, copy_id: str) -> bool:
    """Whether a folder below an instance's folder is of this copy, whatever its time."""
    return folder_name.partition("-")[2] == segment(copy_id)


def export_id(instance_id: str, copy_id: str) -> str:
    """What stands for one copy of one instance; the same for every try to export it."""
    return f"{identifier(instance_id)}-{segment(copy_id)}"


def id_at(key: str) -> str:
    """The id of the export whose manifest lies at a key; empty where no manifest belongs."""
    segments = key.split("/")
    if len(segments) != _DEPTH or segments[0] not in {EXPORTS, FILES} or segments[-1] != MANIFEST:
        return ""
    return f"{segments[1].partition('-')[0]}-{segments[2].partition('-')[2]}"


def _instance(instance_id: str, instance_name: str) -> str:
    return f"{identifier(instance_id)}-{segment(instance_name)}"


def _copy(moment: datetime, copy_id: str) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{segment(copy_id)}"
