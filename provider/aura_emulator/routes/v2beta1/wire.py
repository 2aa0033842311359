"""What a v2beta1 path names, and the objects of that API as the service writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aura_emulator.control_plane import access, databases, organization, snapshots
from aura_emulator.control_plane.clock import stamp
from aura_emulator.control_plane.errors import db_not_found
from aura_emulator.control_plane.model import SnapshotStatus
from aura_emulator.control_plane.sizes import written
from aura_emulator.routes.v2beta1.vocabulary import shown_analytics
from aura_emulator.routes.wire import BETA, USERNAME, aura_of, credential_of, read_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Instance, Project, Snapshot, Summary
    from aura_emulator.control_plane.requests import Body

ORGANIZATIONS: Final = BETA + "/organizations"
PROJECTS: Final = ORGANIZATIONS + "/{organization_id}/projects"
INSTANCES: Final = PROJECTS + "/{project_id}/instances"
INSTANCE: Final = INSTANCES + "/{instance_id}"
ACCEPTED: Final = 202


def organization_of(request: Request) -> None:
    """Refuse a path with another organization than the one there is."""
    organization.require(request.path_params["organization_id"])


def project_of(request: Request) -> Project:
    """The project of the path, if the credential sees it."""
    organization_of(request)
    project_id = request.path_params["project_id"]
    return access.project(aura_of(request), credential_of(request), project_id)


def instance_id_of(request: Request) -> str:
    """The instance id of the path, if that instance is, or was, in the project of the path."""
    project, instance_id = project_of(request), str(request.path_params["instance_id"])
    known = aura_of(request).store.instance(instance_id)
    if known is None or known.project_id != project.id:
        raise db_not_found(instance_id)
    return instance_id


def instance_of(request: Request) -> Instance:
    """The instance of the path, brought up to date."""
    return access.instance(aura_of(request), credential_of(request), instance_id_of(request))


async def read_declared(request: Request, *declared: str) -> Body:
    """The request's JSON object; fields that the document does not have are noted as mistakes.

    The caller checks the body, so that one answer names these mistakes and all others.
    """
    body = await read_body(request)
    if aura_of(request).switches.v2_unknown_fields == "refused":
        for field in sorted(body.keys() - set(declared)):
            body.wrong("Unknown field.", field)
    return body


def summary_body(instance: Instance | Summary) -> dict[str, Any]:
    """One line of the list (official v2beta1 document, schema InstanceSummary)."""
    return {
        "id": instance.id,
        "name": instance.name,
        "cloud_provider": instance.cloud_provider,
        "created_at": stamp(instance.created_at),
    }


def _common(instance: Instance) -> dict[str, Any]:
    return {
        "id": instance.id,
        "name": instance.name,
        "type": instance.type,
        "cloud_provider": instance.cloud_provider,
        "region": instance.region,
        "memory": written(instance.memory),
        "storage": written(instance.storage),
        "vector_optimized": bool(instance.vector_optimized),
        "multi_database": False,
        "legacy_status": instance.status,
    }


def instance_body(aura: Aura, instance: Instance) -> dict[str, Any]:
    """One instance (schema InstanceDetails): no address, no project, no time of creation."""
    analytics = shown_analytics(instance, aura.store.graph_analytics(instance.id))
    return {**_common(instance), "graph_analytics": analytics}


def created_body(aura: Aura, instance: Instance, password: str) -> dict[str, Any]:
    """The answer to a create (schema CreateInstanceResponse): the only one with a password."""
    return {
        **_common(instance),
        "project_id": instance.project_id,
        "connection_url": aura.data_plane.connection_url(instance.id),
        "username": USERNAME,
        "password": password,
        "created_at": stamp(instance.created_at),
        "default_database_id": databases.default_id(instance.id),
    }


def database_body(instance: Instance) -> dict[str, str]:
    """The instance's database (schema DatabaseSummary); it has no status."""
    return {"id": databases.default_id(instance.id), "name": databases.NAME}


def backup_body(aura: Aura, snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as a backup (schema DatabaseBackup), whose states have no `Cancelled`."""
    now = aura.now()
    status = snapshots.status(snapshot, now)
    return {
        "id": snapshot.id,
        "timestamp": stamp(snapshot.taken_at),
        "status": SnapshotStatus.FAILED if status == SnapshotStatus.CANCELLED else status,
        "exportable": snapshots.exportable(snapshot, now),
    }


def restoring_body(instance: Instance) -> dict[str, Any]:
    """The answer to a restore: not in the document, but seen on the service."""
    refused = {
        "enabled": False,
        "message": "A backup cannot be taken in the current state",
        "reason": "cannot-take-backup-in-current-state",
    }
    return {
        "aura_database_id": databases.default_id(instance.id),
        "instance_id": instance.id,
        "name": databases.NAME,
        "status": instance.status,
        "nodes": instance.graph_nodes,
        "relationships": instance.graph_relationships,
        "available_actions": {"take_backup": refused},
        "capabilities": {},
    }
