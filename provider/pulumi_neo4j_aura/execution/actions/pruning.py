"""Prune one export, unless the world has changed since it was decided."""

from __future__ import annotations

from datetime import datetime

from pulumi_neo4j_aura.errors import AuraError, Refused
from pulumi_neo4j_aura.execution.actions.outcome import Done, Failed, Outcome, Skipped
from pulumi_neo4j_aura.execution.exports import pruning
from pulumi_neo4j_aura.planning.plan import PruneExport
from pulumi_neo4j_aura.vault import holds
from pulumi_neo4j_aura.vault.vault import Vault

_WAY_OUT = "It is decided on anew in the next pass."


def handle(vault: Vault, action: PruneExport, now: datetime) -> Outcome:
    """Look at the export, the holds and a newer copy again, and only then remove it."""
    try:
        made = vault.find(action.export_id, action.instance_id)
        if made is None:
            return Skipped(f"export {action.export_id} was gone already")
        if made.key != action.manifest_key:
            return Skipped(f"export {action.export_id} lies elsewhere now: {made.key}")
        held = _held(vault, action, now)
        if held:
            return Skipped(f"hold {held} was put on it since it was decided on")
        newer = pruning.prune(vault, made, action.reason, now, _WAY_OUT)
    except Refused as error:
        return Skipped(str(error))
    except AuraError as error:
        return Failed(error)
    facts = {"export_id": made.export_id, "newer": newer.export_id}
    return Done(f"pruned export {made.export_id}; {newer.export_id} is newer", facts)


def _held(vault: Vault, action: PruneExport, now: datetime) -> str:
    """The name of a hold in the vault that covers it now; empty: none does."""
    covers = {action.export_id, action.instance_id}
    for each in holds.current(vault):
        if each.copy in covers and (each.until is None or each.until > now):
            return each.name
    return ""
