"""Whether an export is what its manifest says: existence, digests, or every row.

What is damaged is named and does not end the search. What could not be looked at is *unknown*,
which is neither sound nor damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pulumi_neo4j_aura.errors import AuraError, Damaged, NotFound
from pulumi_neo4j_aura.execution.exports.contents import fingerprint_of, recorded_fingerprint
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.vault import archive
from pulumi_neo4j_aura.vault.encryption import Identities
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest, Part
from pulumi_neo4j_aura.vault.store import Store


class Depth(StrEnum):
    """How closely to look; each includes the ones before it."""

    #: Every object is there and has its size.
    QUICK = "quick"
    #: Every stored byte has its digest: needs no key.
    FULL = "full"
    #: Every row decodes, and the fingerprint is computed anew: needs the key.
    DEEP = "deep"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as the manifest says, or (`unknown`) could not be looked at."""

    key: str
    reason: str
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at one export found."""

    export_id: str
    depth: Depth
    objects: int
    stored_bytes: int
    problems: tuple[Problem, ...] = ()

    @property
    def damaged(self) -> bool:
        """Whether something is certainly wrong."""
        return any(not each.unknown for each in self.problems)

    @property
    def sound(self) -> bool:
        """Whether everything was looked at and is right."""
        return not self.problems


def verify(
    store: Store,
    manifest: Manifest,
    depth: Depth,
    identities: Identities,
    progress: Progress,
    *,
    processes: int = 1,
) -> Verdict:
    """Look at every object of an export; what is wrong is in the verdict, not raised.

    Args:
        store: where it lies.
        manifest: which export.
        depth: how closely to look.
        identities: what opens it; only a deep look needs them.
        progress: told of each object.
        processes: how many may read rows at once in a deep look.
    """
    progress.stage(f"{depth} look at {manifest.export_id}")
    problems: list[Problem] = []
    for part in manifest.parts:
        problems += _look(store, part, depth)
        progress.advance(0 if depth is Depth.QUICK else part.rows, part.stored_bytes)
    if depth is Depth.DEEP and not problems and manifest.method != FILE:
        problems += _deeply(store, manifest, identities, progress, processes)
    return Verdict(
        manifest.export_id, depth, len(manifest.parts), manifest.stored_bytes, tuple(problems)
    )


def _look(store: Store, part: Part, depth: Depth) -> list[Problem]:
    try:
        if depth is Depth.QUICK:
            return _sized(store, part)
        archive.check_part(store, part)
    except Damaged as error:
        return [Problem(part.key, error.message)]
    except AuraError as error:
        return [Problem(part.key, str(error), unknown=True)]
    return []


def _sized(store: Store, part: Part) -> list[Problem]:
    try:
        size = store.size(part.key)
    except NotFound:
        return [Problem(part.key, "it is missing")]
    if size != part.stored_bytes:
        return [Problem(part.key, f"it has {size} bytes instead of {part.stored_bytes}")]
    return []


def _deeply(
    store: Store, manifest: Manifest, identities: Identities, progress: Progress, processes: int
) -> list[Problem]:
    try:
        found = fingerprint_of(store, manifest, identities, progress, processes)
        recorded = recorded_fingerprint(manifest)
    except Damaged as error:
        return [Problem(manifest.key, error.message)]
    except AuraError as error:
        return [Problem(manifest.key, str(error), unknown=True)]
    if not recorded.comparable(found):
        reason = "its fingerprint was made in another way than this version makes one"
        return [Problem(manifest.key, reason, unknown=True)]
    return [Problem(manifest.key, each) for each in recorded.differences(found)]
