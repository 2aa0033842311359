"""What is in an export: its rows, its schema, and the fingerprint computed anew from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import Damaged
from pulumi_neo4j_aura.execution.exports.archiving import NODES, RELATIONSHIPS, SCHEMA
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint, Fingerprinter
from pulumi_neo4j_aura.graph.fingerprint.parts import of_parts
from pulumi_neo4j_aura.graph.schema import Schema
from pulumi_neo4j_aura.vault import archive
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, Identities, read_identities
from pulumi_neo4j_aura.vault.manifest import Manifest, Part
from pulumi_neo4j_aura.vault.store import Store, open_store

KINDS = (SCHEMA, NODES, RELATIONSHIPS)

#: From so many rows on a second process gains more than its start costs (about a second).
WORTH_PROCESSES: Final = 100_000


def rows_of(
    store: Store, manifest: Manifest, part: Part, identities: Identities
) -> Iterator[bytes]:
    """The records of one part, checked."""
    return archive.read_part(store, part, export_id=manifest.export_id, identities=identities)


def schema_of(manifest: Manifest) -> Schema:
    """The schema that the export recorded.

    Raises:
        Damaged: the manifest's schema is none.
    """
    try:
        return Schema.from_dict(manifest.schema)
    except ValueError as error:
        raise Damaged(f"{manifest.key} is damaged: its schema cannot be read ({error}).") from error


def recorded_fingerprint(manifest: Manifest) -> Fingerprint:
    """The fingerprint that was taken when the export was made.

    Raises:
        Damaged: the manifest's fingerprint is none.
    """
    try:
        return Fingerprint.from_dict(dict(manifest.fingerprint))
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(
            f"{manifest.key} is damaged: its fingerprint cannot be read ({error})."
        ) from error


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of one part, for a process that has nothing but this: it opens store and key itself.

    The key's file is named, so that no key goes through a pipe.
    """

    url: str
    export_id: str
    part: Part
    identity_file: str

    def __call__(self) -> Iterator[bytes]:
        keys = read_identities(Path(self.identity_file)) if self.identity_file else NO_IDENTITIES
        store = open_store(self.url)
        return archive.read_part(store, self.part, export_id=self.export_id, identities=keys)


def fingerprint_of(
    store: Store,
    manifest: Manifest,
    identities: Identities,
    progress: Progress,
    processes: int = 1,
) -> Fingerprint:
    """The fingerprint of what the archive holds, from every row of it.

    Args:
        store: where it lies; other processes open it again by its URL and the environment.
        manifest: which export.
        identities: what opens it; other processes read their file again.
        progress: told of each part.
        processes: how many may read, where there are enough rows for more than one.

    Raises:
        Damaged: an object is not what it was.
        BadCredentials: no key opens it.
    """
    rows = sum(part.rows for part in manifest.parts)
    if processes > 1 and rows >= WORTH_PROCESSES and not store.url.startswith("memory:"):
        return _beside_each_other(store, manifest, identities, progress, processes)
    with Fingerprinter() as prints:
        progress.stage("nodes", manifest.counts.get("nodes"))
        for part in manifest.of_kind(NODES):
            prints.add_nodes(rows_of(store, manifest, part, identities))
            progress.advance(part.rows, part.plain_bytes)
        progress.stage("relationships", manifest.counts.get("relationships"))
        for part in manifest.of_kind(RELATIONSHIPS):
            prints.add_relationships(rows_of(store, manifest, part, identities))
            progress.advance(part.rows, part.plain_bytes)
        return prints.finish(_statements(store, manifest, identities))


def _beside_each_other(
    store: Store,
    manifest: Manifest,
    identities: Identities,
    progress: Progress,
    processes: int,
) -> Fingerprint:
    progress.stage("rows", sum(part.rows for part in manifest.parts))
    nodes, relationships = (
        [_Rows(store.url, manifest.export_id, part, identities.source) for part in parts]
        for parts in (manifest.of_kind(NODES), manifest.of_kind(RELATIONSHIPS))
    )
    plain = sum(part.plain_bytes for part in manifest.parts)
    each = plain / max(sum(part.rows for part in manifest.parts), 1)
    return of_parts(
        nodes,
        relationships,
        _statements(store, manifest, identities),
        processes=processes,
        report=lambda _kind, rows: progress.advance(rows, int(rows * each)),
    )


def _statements(store: Store, manifest: Manifest, identities: Identities) -> list[str]:
    """From the archive and not from the manifest, which is what is to be checked."""
    found = []
    for part in manifest.of_kind(SCHEMA):
        for record in rows_of(store, manifest, part, identities):
            (statement,), _ = packstream.decode(record)
            found.append(str(statement))
    return found
