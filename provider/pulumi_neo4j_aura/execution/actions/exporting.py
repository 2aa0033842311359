"""Make the export of one slot exist: of a named snapshot, of one taken for it, or read live."""

from __future__ import annotations

from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.execution.actions import taking
from pulumi_neo4j_aura.execution.actions.outcome import Done, Outcome, of_error
from pulumi_neo4j_aura.execution.actions.world import World
from pulumi_neo4j_aura.execution.exports.choice import LIVE, NEWEST, Request
from pulumi_neo4j_aura.execution.exports.making import Exported
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning.plan import ExportSnapshot


def handle(world: World, services: Services, action: ExportSnapshot) -> Outcome:
    """Find that the export exists, or make it; its clone is gone afterwards."""
    try:
        snapshot_id = _snapshot(world, services, action)
        made = world.exporter(
            services,
            _request(world, action, snapshot_id),
            world.vaults[action.target],
            world.progress(f"export {action.instance_name}"),
        )
    except AuraError as error:
        return of_error(error)
    return Done(_told(made), _facts(made))


def _snapshot(world: World, services: Services, action: ExportSnapshot) -> str:
    if not action.take:
        return action.snapshot_id or NEWEST
    return taking.for_slot(services, action.key, action.slot, world.patience_seconds).id


def _request(world: World, action: ExportSnapshot, snapshot_id: str) -> Request:
    return Request(
        instance_id=action.instance_id,
        snapshot_id=NEWEST if action.method == LIVE else snapshot_id,
        method=action.method,
        recipients=action.recipients,
        clone_memory=action.clone_memory,
        # The same slot is the same export, whoever makes it and however often it is tried.
        occasion=f"{action.slot.due:%Y%m%dT%H%M%SZ}",
        passwords=world.passwords(action.instance_id),
        patience_seconds=world.patience_seconds,
    )


def _told(made: Exported) -> str:
    did = "made" if made.made else "found"
    return f"{did} export {made.manifest.export_id} of {made.manifest.moment.isoformat()}"


def _facts(made: Exported) -> dict[str, str]:
    facts = {
        "export_id": made.manifest.export_id,
        "manifest": made.manifest.key,
        "moment": made.manifest.moment.isoformat(),
        "made": str(made.made).lower(),
    }
    if made.restore_seconds is not None:
        facts["restore_seconds"] = f"{made.restore_seconds:.1f}"
    if made.gigabyte_hours is not None:
        facts["gigabyte_hours"] = f"{made.gigabyte_hours:.3f}"
    return facts
