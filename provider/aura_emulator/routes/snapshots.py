"""/v1/instances/{instanceId}/snapshots and what is below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from aura_emulator.control_plane import access, snapshots
from aura_emulator.routes.wire import (
    aura_of,
    credential_of,
    data,
    instance_body,
    snapshot_body,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_ACCEPTED: Final = 202


async def list_snapshots(request: Request) -> Response:
    """The snapshots of one day."""
    aura = aura_of(request)
    instance = access.instance(aura, credential_of(request), request.path_params["id"])
    found = snapshots.of_day(aura, instance, request.query_params.get("date"))
    return data([snapshot_body(aura, snapshot) for snapshot in found])


async def take_snapshot(request: Request) -> Response:
    """Start an on-demand snapshot; the answer is its id and no more."""
    aura, credential = aura_of(request), credential_of(request)
    access.may_change(credential)
    instance = access.instance(aura, credential, request.path_params["id"])
    return data({"snapshot_id": snapshots.take(aura, instance).id}, _ACCEPTED)


async def get_snapshot(request: Request) -> Response:
    """One snapshot."""
    aura = aura_of(request)
    instance = access.instance(aura, credential_of(request), request.path_params["id"])
    found = snapshots.find(aura, instance, request.path_params["snapshot_id"])
    return data(snapshot_body(aura, found))


async def restore_snapshot(request: Request) -> Response:
    """Bring the instance back to a snapshot."""
    aura, credential = aura_of(request), credential_of(request)
    access.may_change(credential)
    instance = access.instance(aura, credential, request.path_params["id"])
    restoring = snapshots.restore(aura, instance, request.path_params["snapshot_id"])
    return data(instance_body(aura, restoring), _ACCEPTED)


_ALL: Final = "/v1/instances/{id}/snapshots"
_ONE: Final = _ALL + "/{snapshot_id}"

ROUTES: Final = [
    Route(_ALL, list_snapshots, methods=["GET"]),
    Route(_ALL, take_snapshot, methods=["POST"]),
    Route(_ONE, get_snapshot, methods=["GET"]),
    Route(_ONE + "/restore", restore_snapshot, methods=["POST"]),
]
