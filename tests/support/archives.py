"""Whole exports in a store, small enough to look at."""

from dataclasses import replace

from pulumi_neo4j_aura.vault import archive, manifest
from pulumi_neo4j_aura.vault.manifest import InstanceFacts, Manifest, Part, SnapshotFacts
from support.batches import one_by_one

EXPORT = "ab12cd34-snap1"
FOLDER = "exports/ab12cd34-shop/20240302T105456Z-snap1"


def parts_of(store, kind, records, *, export_id=EXPORT, folder=FOLDER, limit=64 << 20, to=()):
    """All records, in as many parts as they need."""
    left = one_by_one(records)
    made: list[Part] = []
    while True:
        part = archive.write_part(
            store,
            folder,
            kind,
            len(made),
            left,
            export_id=export_id,
            recipients=to,
            max_plain_bytes=limit,
        )
        if part is None:
            return tuple(made)
        made.append(part)


def committed(store, parts, *, recipients=(), **changes):
    """The manifest over these parts, written."""
    made = Manifest(
        key=f"{FOLDER}/manifest.json",
        export_id=EXPORT,
        instance=InstanceFacts("ab12cd34", "shop"),
        snapshot=SnapshotFacts("snap1", "2024-03-02T10:54:56+00:00"),
        method="clone",
        consistent=True,
        began_at="2024-03-02T11:00:00+00:00",
        completed_at="2024-03-02T11:05:00+00:00",
        parts=tuple(parts),
        schema={},
        counts={},
        fingerprint={},
        recipients=tuple(recipients),
    )
    made = replace(made, **changes)
    store.put(made.key, manifest.to_json(made))
    return made
