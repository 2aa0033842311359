"""Create a lost instance again from its export: certainly gone, created once, filled and proven."""

from __future__ import annotations

from pulumi_neo4j_aura.aura.waiting import wait_for_idle
from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.domain.instance import CreatedInstance, NewInstance
from pulumi_neo4j_aura.errors import AuraError, OperationFailed
from pulumi_neo4j_aura.execution import convergence, creation, presence
from pulumi_neo4j_aura.execution.actions.outcome import Done, Outcome, Skipped, of_error
from pulumi_neo4j_aura.execution.actions.world import World
from pulumi_neo4j_aura.execution.exports import filling
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning.plan import RecreateInstance
from pulumi_neo4j_aura.vault.manifest import Manifest

#: The newest Neo4j: what a create without a wish gets (v1 document, POST /instances).
_VERSION = "5"


def handle(world: World, services: Services, action: RecreateInstance) -> Outcome:
    """Look that it is gone, create it under its old name, fill it, and give it that name."""
    try:
        seen = presence.look(services, action.project_id, action.instance_id)
        if not isinstance(seen, presence.Absent):
            return Skipped(f"instance {action.instance_id} is there after all ({seen.status})")
        manifest = world.vaults[action.target].get(action.export_id)
        created = creation.create(services, _wish(world, action, manifest))
        _fill(world, services, action, created)
        _name(world, services, created.id, manifest.instance.name)
    except AuraError as error:
        return of_error(error)
    where = services.settings.state_dir / "journal" / _owner(action)
    return Done(
        f"created {manifest.instance.name} again as {created.id} from {action.export_id}; its "
        f"password is kept on this machine below {where} until you have stored it elsewhere",
        {"recreated": action.instance_id, "instance_id": created.id},
    )


def _owner(action: RecreateInstance) -> str:
    return naming.owner("recreate", action.instance_id)


def _wish(world: World, action: RecreateInstance, manifest: Manifest) -> creation.Request:
    was = manifest.instance
    return creation.Request(
        new=NewInstance(
            project_id=action.project_id,
            name=was.name,
            cloud_provider=was.cloud_provider,
            region=was.region,
            type=was.type,
            version=_VERSION,
            memory=was.memory,
        ),
        owner=_owner(action),
        patience_seconds=world.patience_seconds,
    )


def _fill(
    world: World, services: Services, action: RecreateInstance, created: CreatedInstance
) -> None:
    wait_for_idle(services.client, created.id, services.waiter(world.patience_seconds))
    request = filling.Request(created.id, action.export_id, (created.password,))
    filled = filling.fill(
        services,
        request,
        world.vaults[action.target],
        world.identities,
        world.progress(f"fill {action.instance_name}"),
    )
    if not filled.proven:
        raise OperationFailed(
            f"Instance {created.id} was filled from {action.export_id} and does not hold the same: "
            f"{filled.remark}",
            way_out="Look at it; it keeps its pending name and is not touched again.",
        )


def _name(world: World, services: Services, instance_id: str, name: str) -> None:
    waiter = services.waiter(world.patience_seconds)
    convergence.converge(services, instance_id, {"name": name}, waiter)
