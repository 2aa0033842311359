"""Removing an export that a resource made: only behind a newer copy that is as good."""

from __future__ import annotations

from pulumi_neo4j_aura.execution.exports import pruning
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import vaults
from pulumi_neo4j_aura.resources.core.values import Properties


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
    newer = pruning.prune(
        vault,
        manifest,
        "its Export resource was deleted with retain=False",
        services.clock.now(),
        "Make a newer export first; or keep it: set retain=True, run `pulumi up`, then delete the "
        "resource.",
    )
    services.report(f"export {export_id} was pruned; {newer.export_id} is newer")
