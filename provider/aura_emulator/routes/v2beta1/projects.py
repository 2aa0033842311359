"""GET /v2beta1/organizations… down to the list of projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from aura_emulator.control_plane import access
from aura_emulator.control_plane.errors import invalid
from aura_emulator.control_plane.organization import ORGANIZATION_ID, ORGANIZATION_NAME
from aura_emulator.routes.v2beta1.wire import ORGANIZATIONS, PROJECTS, organization_of
from aura_emulator.routes.wire import aura_of, credential_of, data

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_ORGANIZATION: Final = {"id": ORGANIZATION_ID, "name": ORGANIZATION_NAME}
_ACTIVE: Final = "active"
_STATES: Final = ("deletion_request", "deleted", _ACTIVE)


async def list_organizations(_request: Request) -> Response:
    """The one organization."""
    return data([_ORGANIZATION])


async def get_organization(request: Request) -> Response:
    """The one organization, by its id."""
    organization_of(request)
    return data(_ORGANIZATION)


async def list_projects(request: Request) -> Response:
    """The projects that the credential sees; all are active, because none can be deleted."""
    organization_of(request)
    status = request.query_params.get("status", _ACTIVE)
    if status not in _STATES:
        raise invalid(f"status must be one of {', '.join(_STATES)}")
    seen = access.listed(aura_of(request), credential_of(request), None)
    shown = seen if status == _ACTIVE else []
    return data([{"id": project.id, "name": project.name} for project in shown])


ROUTES: Final = [
    Route(ORGANIZATIONS, list_organizations, methods=["GET"]),
    Route(ORGANIZATIONS + "/{organization_id}", get_organization, methods=["GET"]),
    Route(PROJECTS, list_projects, methods=["GET"]),
]
