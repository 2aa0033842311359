"""/v1/instances…, all but snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from aura_emulator.control_plane import access, instances, lifecycle, sizing, updates
from aura_emulator.routes.wire import (
    aura_of,
    created_body,
    credential_of,
    data,
    instance_body,
    read_body,
    summary_body,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Credential, Instance

_ACCEPTED: Final = 202


async def list_instances(request: Request) -> Response:
    """Summaries, of one project or of all."""
    aura = aura_of(request)
    lifecycle.settle_due(aura)
    project_id = request.query_params.get("tenantId")
    shown = [item.id for item in access.listed(aura, credential_of(request), project_id)]
    return data([summary_body(summary) for summary in aura.store.summaries(shown)])


async def create_instance(request: Request) -> Response:
    """Start a new instance."""
    aura = aura_of(request)
    body = await read_body(request)
    instance, password = instances.create(aura, credential_of(request), body)
    return data(created_body(aura, instance, password), _ACCEPTED)


async def size_instance(request: Request) -> Response:
    """Estimate the size of an AuraDS instance."""
    return data(sizing.estimate(await read_body(request)))


async def get_instance(request: Request) -> Response:
    """One instance."""
    aura = aura_of(request)
    found = access.instance(aura, credential_of(request), request.path_params["id"])
    return data(instance_body(aura, found))


async def update_instance(request: Request) -> Response:
    """PATCH: the full instance in every answer, because published clients fail without it."""
    aura = aura_of(request)
    body = await read_body(request)
    updated, renamed = updates.update(aura, credential_of(request), request.path_params["id"], body)
    status = aura.switches.rename_status if renamed else _ACCEPTED
    return data(instance_body(aura, updated), status)


async def overwrite_instance(request: Request) -> Response:
    """Replace an instance's data."""
    aura = aura_of(request)
    body = await read_body(request)
    done = instances.overwrite(aura, credential_of(request), request.path_params["id"], body)
    return data(instance_body(aura, done), _ACCEPTED)


async def upgrade_instance(request: Request) -> Response:
    """Professional to Business Critical."""
    aura = aura_of(request)
    body = await read_body(request)
    done = instances.upgrade(aura, credential_of(request), request.path_params["id"], body)
    return data(instance_body(aura, done), aura.switches.upgrade_status)


def _action(act: Callable[[Aura, Credential, str], Instance]) -> Callable[..., object]:
    async def endpoint(request: Request) -> Response:
        aura = aura_of(request)
        done = act(aura, credential_of(request), request.path_params["id"])
        return data(instance_body(aura, done), _ACCEPTED)

    return endpoint


_ONE: Final = "/v1/instances/{id}"

ROUTES: Final = [
    Route(_ONE, get_instance, methods=["GET"]),
    Route(_ONE, update_instance, methods=["PATCH"]),
    Route(_ONE, _action(instances.delete), methods=["DELETE"]),
    Route("/v1/instances", list_instances, methods=["GET"]),
    Route("/v1/instances", create_instance, methods=["POST"]),
    Route("/v1/instances/sizing", size_instance, methods=["POST"]),
    Route(_ONE + "/pause", _action(instances.pause), methods=["POST"]),
    Route(_ONE + "/resume", _action(instances.resume), methods=["POST"]),
    Route(_ONE + "/overwrite", overwrite_instance, methods=["POST"]),
    Route(_ONE + "/upgrade", upgrade_instance, methods=["POST"]),
]
