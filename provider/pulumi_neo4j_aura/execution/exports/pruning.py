"""Prune one export, after a last look at what would be left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.execution.exports import verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.vault import removal
from pulumi_neo4j_aura.vault.effects import EffectJournal
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES
from pulumi_neo4j_aura.vault.history import DONE, PRUNE, PRUNED_OBJECTS
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest
from pulumi_neo4j_aura.vault.vault import Vault


def prune(vault: Vault, made: Manifest, reason: str, now: datetime, way_out: str) -> Manifest:
    """Remove it behind a newer copy that is as good; that copy.

    Whatever decided on this before, it is decided here again: what was listed then may be gone.

    Raises:
        Refused: no newer copy of its instance is whole.
        AuraError: the vault cannot be seen, or how far it came is in the journal.
    """
    newer = _newer(vault, made, now)
    if newer is None:
        raise Refused(
            f"Export {made.export_id} is the newest whole copy of instance {made.instance.name} "
            f"({made.instance.id}) in {vault.store.url}; it was not pruned.",
            way_out=way_out,
        )
    removal.prune(vault, made, reason, now)
    return newer


def go_on(journal: EffectJournal, now: datetime) -> None:
    """End prunes whose process died when their export had stopped existing already.

    Only who has the lease may call this. A prune that was only intended is left open: whether it is
    still wanted is decided anew.

    Raises:
        AuraError: what is open cannot be seen, or something cannot be deleted.
    """
    vault = journal.vault
    unfinished = journal.unfinished()
    there: set[str] = set()
    if any(each.kind in {PRUNE, PRUNED_OBJECTS} for each in unfinished):
        there = {row.export_id for row in vault.exports()}
    for each in unfinished:
        if each.key.rpartition(" ")[2] in there:
            continue
        if each.kind == PRUNED_OBJECTS:
            removal.go_on(vault, each.id, now)
        elif each.kind == PRUNE:
            journal.finish(each, DONE, "its process died, and the export is gone", {})


def _newer(vault: Vault, made: Manifest, now: datetime) -> Manifest | None:
    """A copy that may push this one out: younger, not of the future, as consistent, and whole."""
    rows = vault.exports(made.instance.id)
    found = [row.manifest for row in rows if row.manifest is not None]
    fitting = [each for each in found if _may_replace(each, made, now)]
    return next((each for each in _newest_first(fitting) if _whole(vault, each)), None)


def _may_replace(other: Manifest, made: Manifest, now: datetime) -> bool:
    return (
        other.instance.id == made.instance.id
        and other.method != FILE
        and made.moment < other.moment <= now
        and other.consistent >= made.consistent
    )


def _newest_first(found: Iterable[Manifest]) -> list[Manifest]:
    return sorted(found, key=lambda each: (each.moment, each.export_id), reverse=True)


def _whole(vault: Vault, manifest: Manifest) -> bool:
    looked = verifying.verify(vault.store, manifest, Depth.QUICK, NO_IDENTITIES, Silent())
    return looked.sound
