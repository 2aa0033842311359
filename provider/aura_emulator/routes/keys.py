"""/v1/customer-managed-keys…."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Route

from aura_emulator.control_plane import keys
from aura_emulator.control_plane.clock import stamp
from aura_emulator.routes.wire import aura_of, credential_of, data, read_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Key

_ACCEPTED: Final = 202
_NO_CONTENT: Final = 204


def key_body(aura: Aura, key: Key) -> dict[str, Any]:
    """One key; `type` is in the document's examples, not in its schema."""
    return {
        "id": key.id,
        "name": key.name,
        "created": stamp(key.created_at),
        "cloud_provider": key.cloud_provider,
        "key_id": key.key_id,
        "region": key.region,
        "type": key.instance_type,
        "tenant_id": key.project_id,
        "status": keys.status(key, aura.now()),
        "instance_type": key.instance_type,
    }


async def list_keys(request: Request) -> Response:
    """Summaries, of one project or of all."""
    project_id = request.query_params.get("tenantId")
    found = keys.listed(aura_of(request), credential_of(request), project_id)
    return data([{"id": k.id, "name": k.name, "tenant_id": k.project_id} for k in found])


async def create_key(request: Request) -> Response:
    """Make Aura know a key."""
    aura = aura_of(request)
    key = keys.create(aura, credential_of(request), await read_body(request))
    return data(key_body(aura, key), _ACCEPTED)


async def get_key(request: Request) -> Response:
    """One key."""
    aura = aura_of(request)
    key = keys.find(aura, credential_of(request), request.path_params["id"])
    return data(key_body(aura, key))


async def delete_key(request: Request) -> Response:
    """Gone at once, with an empty answer."""
    keys.delete(aura_of(request), credential_of(request), request.path_params["id"])
    return Response(status_code=_NO_CONTENT)


ROUTES: Final = [
    Route("/v1/customer-managed-keys", list_keys, methods=["GET"]),
    Route("/v1/customer-managed-keys", create_key, methods=["POST"]),
    Route("/v1/customer-managed-keys/{id}", get_key, methods=["GET"]),
    Route("/v1/customer-managed-keys/{id}", delete_key, methods=["DELETE"]),
]
