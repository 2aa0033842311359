"""Exports to put into a vault: manifests of parts whose bytes need not exist."""

import hashlib
from datetime import UTC, datetime

from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.manifest import InstanceFacts, Manifest, Part, SnapshotFacts
from pulumi_neo4j_aura.vault.vault import Vault

MOMENT = datetime(2026, 3, 29, 1, 30, 7, tzinfo=UTC)
COPY = "0d6ea1b8-6d5e-4d7a-9c2f-5a3f1f0e9b11"


def made_export(
    instance_id="ab12cd34", name="orders", copy_id=COPY, moment=MOMENT, marks=("aa", "bb")
) -> Manifest:
    """An export of two parts, whose names end with the marks of the try that made them."""
    folder = layout.export_folder(instance_id, name, moment, copy_id)
    return Manifest(
        key=f"{folder}/{layout.MANIFEST}",
        export_id=layout.export_id(instance_id, copy_id),
        instance=InstanceFacts(instance_id, name, "project-1", "enterprise-db", "8GB"),
        snapshot=SnapshotFacts(copy_id, moment.isoformat(), "AdHoc"),
        method="clone",
        consistent=True,
        began_at="2026-03-29T02:00:00+00:00",
        completed_at="2026-03-29T02:10:00+00:00",
        parts=tuple(_part(folder, number, mark) for number, mark in enumerate(marks)),
        schema={"constraints": [], "indexes": []},
        counts={"nodes": 20, "relationships": 0, "labels": {"Größe": 20}},
        fingerprint={"nodes": "n", "relationships": "r"},
        recipients=("age1recipient",),
        tool="pulumi-neo4j-aura 0.0.0",
    )


def _part(folder: str, number: int, mark: str) -> Part:
    stored = 100 * (number + 1)
    key = f"{folder}/nodes-{number:05d}-{mark}.pack.zst.age"
    digest = hashlib.sha256(key.encode()).hexdigest()
    return Part(key, "nodes", number, 10, 1000, digest, stored, digest[::-1])


def plant_export(vault: Vault, made: Manifest) -> Manifest:
    """Put an export into a vault: objects of the right sizes, then its manifest."""
    for part in made.parts:
        vault.store.put(part.key, bytes(part.stored_bytes))
    assert vault.commit(made)
    return made
