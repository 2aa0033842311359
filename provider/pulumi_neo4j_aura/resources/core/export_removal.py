"""Removing an export that a resource made: only behind a newer copy that is as good."""

from __future__ import annotations

from datetime import datetime

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.execution.exports import verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import vaults
from pulumi_neo4j_aura.resources.core.values import Properties
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES
from pulumi_neo4j_aura.vault.manifest import FILE, Manifest
from pulumi_neo4j_aura.vault.vault import Vault


def mark(target: str, export_id: str) -> str:
    """What stands for one export among those that this process took as they were."""
    return f"export {export_id} at {target}"


def prune(services: Services, export_id: str, state: Properties) -> None:
    """Prune it, unless it is the last good copy.

    Raises:
        Refused: no newer copy of its instance is whole.
        AuraError: the vault cannot be seen.
    """
    target = str(state["target"])
    if mark(target, export_id) in services.taken_up:
        services.report(f"export {export_id} is kept: another resource has taken it")
        return
    vault = vaults.existing(target)
    vaults.same_vault(vault, str(state.get("vault_id", "")))
    manifest = vault.find(export_id, str(state["instance_id"]))
    if manifest is None:
        services.report(f"export {export_id} was gone already")
        return
    now = services.clock.now()
    newer = _newer(vault, manifest, now)
    if newer is None:
        raise Refused(
            f"Export {export_id} is the newest whole copy of instance {manifest.instance.name} "
            f"({manifest.instance.id}) in {target}; it was not pruned.",
            way_out=(
                "Make a newer export first; or keep it: set retain=True, run `pulumi up`, then "
                "delete the resource."
            ),
        )
    vault.prune(manifest, "its Export resource was deleted with retain=False", now)
    services.report(f"export {export_id} was pruned; {newer.export_id} is newer")


def _newer(vault: Vault, made: Manifest, now: datetime) -> Manifest | None:
    """A copy that may push this one out: younger, not of the future, as consistent, and whole."""
    rows = (row.manifest for row in vault.exports() if row.manifest is not None)
    others = [
        each
        for each in rows
        if each.instance.id == made.instance.id
        and each.method != FILE
        and made.moment < each.moment <= now
        and each.consistent >= made.consistent
    ]
    return next((each for each in reversed(others) if _whole(vault, each)), None)


def _whole(vault: Vault, manifest: Manifest) -> bool:
    looked = verifying.verify(vault.store, manifest, Depth.QUICK, NO_IDENTITIES, Silent())
    return looked.sound
