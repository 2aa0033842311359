"""Removing exports from a vault: an intent first, then the manifest, then the data, then the end.

What is left when this is cut short is an orphan and no export; the intent names it. Whether an
export may be removed is decided elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pulumi_neo4j_aura.domain.observed import MissingExport
from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.vault import history, layout, manifest, records
from pulumi_neo4j_aura.vault.manifest import Manifest
from pulumi_neo4j_aura.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class _Removal:
    """One export that goes. `mark` tells one removal from another of the same export."""

    export_id: str
    instance_id: str
    objects: Sequence[str]
    mark: bytes
    reason: str

    @property
    def folder(self) -> str:
        """Its place in the journal."""
        mark = hashlib.sha256(self.mark).hexdigest()[:10]
        return f"{layout.JOURNAL}/prune-{self.export_id}-{mark}"


def prune(vault: Vault, made: Manifest, reason: str, now: datetime) -> None:
    """Remove one export.

    Raises:
        AuraError: how far it came is in the journal; running it again goes on.
    """
    objects = (made.key, *(part.key for part in made.parts))
    # The same for every try, so that a second one goes on in the journal of the first.
    mark = manifest.to_json(made)
    _remove(vault, _Removal(made.export_id, made.instance.id, objects, mark, reason), now)


def forget(vault: Vault, missing: MissingExport, reason: str, now: datetime) -> None:
    """Write down that an export that somebody else removed is missed no more.

    Raises:
        Refused: it is there.
        AuraError: that it is not there could not be seen, or it could not be written.
    """
    if missing.export_id in {row.export_id for row in vault.exports()}:
        raise Refused(
            f"Export {missing.export_id} is at {vault.store.url}; it is not lost.",
            way_out="`aura-backup prune` shows which exports may go.",
        )
    mark = now.isoformat().encode()  # it may be made, and be lost, once more
    _remove(vault, _Removal(missing.export_id, missing.instance_id, (), mark, reason), now)


def go_on(vault: Vault, folder: str, now: datetime) -> None:
    """End a removal that was cut short: its export does not exist any more, its data may.

    Args:
        vault: where.
        folder: in the journal, with the removal's intent.
        now: the time.

    Raises:
        AuraError: the intent makes no sense, or something cannot be deleted.
    """
    intent = records.load(vault.store, f"{folder}/intent.json")
    try:
        objects = [records.text(each) for each in intent["objects"]]
        reason = records.text(intent["facts"]["reason"])
    except (KeyError, TypeError, ValueError) as error:
        raise records.damaged(vault.store, folder, str(error)) from error
    named = vault.named(vault.manifests())
    for key in objects:
        # Whatever a record says: only data of exports, and none that another one has.
        if key.startswith((f"{layout.EXPORTS}/", f"{layout.FILES}/")) and key not in named:
            vault.store.delete(key)
    _end(vault, folder, reason, now)


def _remove(vault: Vault, removal: _Removal, now: datetime) -> None:
    intent = {
        "key": f"prune {vault.store.url} {removal.export_id}",
        "kind": history.PRUNED_OBJECTS,
        "policy": "",
        "instance_id": removal.instance_id,
        "rule": "",
        "due": "",
        "objects": removal.objects,
        "facts": {"reason": removal.reason},
        "began_at": now.isoformat(),
    }
    vault.store.create(f"{removal.folder}/intent.json", records.dump(intent))
    for key in removal.objects:
        vault.store.delete(key)
    _end(vault, removal.folder, removal.reason, now)


def _end(vault: Vault, folder: str, reason: str, now: datetime) -> None:
    ended = {"state": history.DONE, "reason": reason, "at": now.isoformat(), "facts": {}}
    vault.store.create(f"{folder}/outcome.json", records.dump(ended))
