"""Take over an instance that exists: by id, without changing what cannot be changed."""

from __future__ import annotations

from pulumi_neo4j_aura.domain.declared import IMMUTABLE
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.domain.tier import upgrade_in_place
from pulumi_neo4j_aura.errors import NotFound, Refused
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs
from pulumi_neo4j_aura.resources.core.results import Failure


def failures(services: Services, inputs: InstanceInputs) -> tuple[Failure, ...]:
    """Why the instance cannot be adopted as declared, for the preview."""
    instance_id = inputs.adopt_instance_id or ""
    try:
        live = services.client.instances.get(instance_id)
    except NotFound as error:
        return (Failure("adopt_instance_id", f"there is no such instance: {error}"),)
    return tuple(
        Failure(
            key,
            f"instance {live.id} has {has!r} and this cannot be changed on an instance; declare "
            f"{has!r}, or do not adopt it",
        )
        for key, has in _differing(inputs, live)
    )


def adopt(services: Services, inputs: InstanceInputs) -> Instance:
    """The live instance, after one more look that nothing fixed differs.

    Raises:
        Refused: it differs in something that cannot be changed.
    """
    live = services.client.instances.get(inputs.adopt_instance_id or "")
    differing = _differing(inputs, live)
    if differing:
        named = ", ".join(f"{key} is {has!r}" for key, has in differing)
        raise Refused(
            f"Instance {live.id} cannot be adopted as declared: {named}.",
            way_out="Declare what it has.",
        )
    return live


def _differing(inputs: InstanceInputs, live: Instance) -> list[tuple[str, str]]:
    """Fixed properties that differ; what Aura does not tell (version) is not compared."""
    found: list[tuple[str, str]] = []
    for key in IMMUTABLE:
        has, wanted = getattr(live, key, None), getattr(inputs, key)
        if not has or wanted is None or has == wanted:
            continue
        if key == "type" and upgrade_in_place(str(has), str(wanted)):
            continue
        found.append((key, str(has)))
    return found
