"""GET /v1/tenants…: projects, which v1 calls tenants."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from aura_emulator.control_plane import access, projects
from aura_emulator.routes.wire import Json, aura_of, credential_of, data, rendered

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def list_projects(request: Request) -> Response:
    """The projects that the credential sees."""
    seen = access.listed(aura_of(request), credential_of(request), None)
    return data([{"id": project.id, "name": project.name} for project in seen])


async def get_project(request: Request) -> Response:
    """One project with every configuration it can create."""
    project = access.project(aura_of(request), credential_of(request), request.path_params["id"])
    return Json(_project(project.id, project.name, projects.tiers(project)))


@lru_cache(maxsize=32)
def _project(id_: str, name: str, types: tuple[str, ...]) -> bytes:
    """Some thousand configurations: rendering them takes ten times as long as all the rest."""
    offered = projects.configurations(types)
    return rendered({"data": {"id": id_, "name": name, "instance_configurations": offered}})


async def get_metrics(request: Request) -> Response:
    """The project's metrics endpoint."""
    aura = aura_of(request)
    project = access.project(aura, credential_of(request), request.path_params["id"])
    return data({"endpoint": projects.metrics_endpoint(aura, project)})


ROUTES: Final = [
    Route("/v1/tenants", list_projects, methods=["GET"]),
    Route("/v1/tenants/{id}", get_project, methods=["GET"]),
    Route("/v1/tenants/{id}/metrics-integration", get_metrics, methods=["GET"]),
]
