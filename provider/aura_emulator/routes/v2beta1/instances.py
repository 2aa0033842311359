"""/v2beta1/organizations/{organization_id}/projects/{project_id}/instances…."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from aura_emulator.control_plane import access, instances, lifecycle, updates
from aura_emulator.control_plane.errors import GatewayError
from aura_emulator.routes.v2beta1 import vocabulary
from aura_emulator.routes.v2beta1.wire import (
    ACCEPTED,
    INSTANCE,
    INSTANCES,
    created_body,
    instance_body,
    instance_id_of,
    instance_of,
    project_of,
    read_declared,
    summary_body,
)
from aura_emulator.routes.wire import aura_of, credential_of, data

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Instance

_SEEN_STATUS: Final = 500


async def list_instances(request: Request) -> Response:
    """Summaries of the project's instances, whichever API made them."""
    aura, project = aura_of(request), project_of(request)
    lifecycle.settle_due(aura)
    return data([summary_body(summary) for summary in aura.store.summaries([project.id])])


async def create_instance(request: Request) -> Response:
    """Start a new instance of the newest version."""
    aura, credential, project = aura_of(request), credential_of(request), project_of(request)
    access.may_change(credential)
    body = await read_declared(request, *vocabulary.CREATE_FIELDS)
    wanted, analytics = vocabulary.create_request(body, project.id)
    with aura.store.together():
        instance, password = instances.create(aura, credential, wanted)
        aura.store.put_graph_analytics(instance.id, analytics or "")
    return data(created_body(aura, instance, password), ACCEPTED)


async def get_instance(request: Request) -> Response:
    """One instance."""
    aura, instance = aura_of(request), instance_of(request)
    _require_shown(aura, instance)
    return data(instance_body(aura, instance))


def _require_shown(aura: Aura, instance: Instance) -> None:
    """Seen on the service: a 500 with a template leak for what v1 made, here and nowhere else."""
    made_by_v1 = aura.store.graph_analytics(instance.id) is None
    if made_by_v1 and aura.switches.v2_get_of_v1_instance == _SEEN_STATUS:
        leak = "invalid status code 404 [GET /aura-instances/{{.Instance_id}}]"
        raise GatewayError(_SEEN_STATUS, leak)


async def update_instance(request: Request) -> Response:
    """Resize; the network settings can be set to what they are."""
    aura, credential, instance = aura_of(request), credential_of(request), instance_of(request)
    access.may_change(credential)
    body = await read_declared(request, *vocabulary.UPDATE_FIELDS)
    wanted = vocabulary.update_request(body)
    if wanted is None:
        lifecycle.require_idle(aura, instance)
    else:
        instance, _ = updates.update(aura, credential, instance.id, wanted)
    return data(instance_body(aura, instance), ACCEPTED)


async def delete_instance(request: Request) -> Response:
    """Start the deletion."""
    aura = aura_of(request)
    gone = instances.delete(aura, credential_of(request), instance_id_of(request))
    return data(instance_body(aura, gone), ACCEPTED)


ROUTES: Final = [
    Route(INSTANCES, list_instances, methods=["GET"]),
    Route(INSTANCES, create_instance, methods=["POST"]),
    Route(INSTANCE, get_instance, methods=["GET"]),
    Route(INSTANCE, update_instance, methods=["PATCH"]),
    Route(INSTANCE, delete_instance, methods=["DELETE"]),
]
