"""What is in an export: its rows, its schema, and the fingerprint computed anew from them."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_neo4j_aura.domain import packstream
from pulumi_neo4j_aura.errors import Damaged
from pulumi_neo4j_aura.execution.exports.archiving import NODES, RELATIONSHIPS, SCHEMA
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.graph.fingerprint import Fingerprint, Fingerprinter
from pulumi_neo4j_aura.graph.schema import Schema
from pulumi_neo4j_aura.vault import archive
from pulumi_neo4j_aura.vault.encryption import Identities
from pulumi_neo4j_aura.vault.manifest import Manifest, Part
from pulumi_neo4j_aura.vault.store import Store

KINDS = (SCHEMA, NODES, RELATIONSHIPS)


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


def fingerprint_of(
    store: Store, manifest: Manifest, identities: Identities, progress: Progress
) -> Fingerprint:
    """The fingerprint of what the archive holds, from every row of it.

    Raises:
        Damaged: an object is not what it was.
        BadCredentials: no key opens it.
    """
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


def _statements(store: Store, manifest: Manifest, identities: Identities) -> list[str]:
    """From the archive and not from the manifest, which is what is to be checked."""
    found = []
    for part in manifest.of_kind(SCHEMA):
        for record in rows_of(store, manifest, part, identities):
            (statement,), _ = packstream.decode(record)
            found.append(str(statement))
    return found
