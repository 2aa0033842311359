"""A real export in a folder, without a database: three people, who they know, and an index."""

from datetime import UTC, datetime
from typing import Any

from pulumi_neo4j_aura.domain.packstream import Structure, encode
from pulumi_neo4j_aura.graph.fingerprint import Fingerprinter
from pulumi_neo4j_aura.vault import archive, layout
from pulumi_neo4j_aura.vault.manifest import InstanceFacts, Manifest, Part, SnapshotFacts
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.batches import one_by_one

MOMENT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SNAPSHOT = "0d6ea1b8-6d5e-4d7a-9c2f-5a3f1f0e9b11"
EXPORT = f"ab12cd34-{SNAPSHOT}"

NODES: list[Any] = [
    [0, ["Person"], {"name": "Ærø", "born": Structure(0x44, (7671,)), "big": 2**62}],
    [1, ["Person", "Employee"], {"name": "Bo", "score": 0.5}],
    [2, [], {}],
]
RELATIONSHIPS: list[Any] = [[0, 0, 1, "KNOWS", {"since": 2020}], [1, 1, 1, "IS", {}]]
STATEMENT = "CREATE RANGE INDEX `person_name` FOR (n:`Person`) ON (n.`name`)"
SCHEMA = {
    "constraints": [],
    "indexes": [{"name": "person_name", "kind": "RANGE", "statement": STATEMENT}],
}


def vault_in(folder: Any) -> Vault:
    """A vault with the files for strangers in it."""
    made = Vault(open_store(str(folder)))
    made.claim(MOMENT, archive.companions())
    return made


def put_export(vault: Vault, recipients: tuple[str, ...] = ()) -> Manifest:
    """Write every object, take the fingerprint, commit."""
    folder = layout.export_folder("ab12cd34", "orders", MOMENT, SNAPSHOT)
    rows = {"schema": [[STATEMENT]], "nodes": NODES, "relationships": RELATIONSHIPS}
    with Fingerprinter() as prints:
        prints.add_nodes(map(encode, NODES))
        prints.add_relationships(map(encode, RELATIONSHIPS))
        fingerprint = prints.finish([STATEMENT])
    made = Manifest(
        key=f"{folder}/{layout.MANIFEST}",
        export_id=EXPORT,
        instance=InstanceFacts("ab12cd34", "orders", "project-1", "professional-db", "4GB"),
        snapshot=SnapshotFacts(SNAPSHOT, MOMENT.isoformat(), "AdHoc"),
        method="clone",
        consistent=True,
        began_at=MOMENT.isoformat(),
        completed_at=MOMENT.isoformat(),
        parts=tuple(_part(vault, folder, kind, rows[kind], recipients) for kind in rows),
        schema=SCHEMA,
        counts={"nodes": len(NODES), "relationships": len(RELATIONSHIPS)},
        fingerprint=fingerprint.to_dict(),
        recipients=recipients,
        tool="pulumi-neo4j-aura 0",
    )
    assert vault.commit(made)
    return made


def _part(
    vault: Vault, folder: str, kind: str, rows: list[Any], recipients: tuple[str, ...]
) -> Part:
    part = archive.write_part(
        vault.store,
        folder,
        kind,
        0,
        one_by_one(map(encode, rows)),
        export_id=EXPORT,
        recipients=recipients,
    )
    assert part is not None
    return part
