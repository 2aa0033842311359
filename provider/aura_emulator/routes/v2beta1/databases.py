"""…/instances/{instance_id}/databases: one database each, whose backups are v1's snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from aura_emulator.control_plane import access, databases, snapshots
from aura_emulator.control_plane.errors import single_database
from aura_emulator.routes.v2beta1.wire import (
    ACCEPTED,
    INSTANCE,
    backup_body,
    database_body,
    instance_of,
    restoring_body,
)
from aura_emulator.routes.wire import aura_of, credential_of, data, read_body

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from aura_emulator.control_plane.model import Instance
    from aura_emulator.control_plane.requests import Body


def _instance(request: Request) -> Instance:
    """The instance of the path, if the database of the path is its own."""
    instance = instance_of(request)
    databases.require(instance, request.path_params["database_id"])
    return instance


async def list_databases(request: Request) -> Response:
    """The instance's only database."""
    return data([database_body(instance_of(request))])


async def create_database(request: Request) -> Response:
    """Refused whatever it asks for: no instance here is a multi-database one."""
    instance_of(request)
    access.may_change(credential_of(request))
    raise single_database()


async def get_database(request: Request) -> Response:
    """The instance's database."""
    return data(database_body(_instance(request)))


async def list_backups(request: Request) -> Response:
    """The backups of all days, but no unfinished one."""
    aura, instance = aura_of(request), _instance(request)
    return data([backup_body(aura, item) for item in snapshots.finished(aura, instance)])


async def take_backup(request: Request) -> Response:
    """Start an on-demand snapshot; the answer is its id and no more."""
    instance = _instance(request)
    access.may_change(credential_of(request))
    return data({"id": snapshots.take(aura_of(request), instance).id}, ACCEPTED)


async def get_backup(request: Request) -> Response:
    """One backup, finished or not."""
    aura, instance = aura_of(request), _instance(request)
    found = snapshots.find(aura, instance, request.path_params["backup_id"])
    return data(backup_body(aura, found))


async def restore_database(request: Request) -> Response:
    """Bring the instance back to a backup."""
    instance = _instance(request)
    access.may_change(credential_of(request))
    backup_id = _backup_id(await read_body(request))
    restoring = snapshots.restore(aura_of(request), instance, backup_id)
    return data(restoring_body(restoring), ACCEPTED)


def _backup_id(body: Body) -> str:
    """`backup_id` in the newer document, `id` in the older one and on the service."""
    field = "id" if "backup_id" not in body and "id" in body else "backup_id"
    body.require(field)
    backup_id = body.text(field)
    body.check()
    return str(backup_id)


_ALL: Final = INSTANCE + "/databases"
_ONE: Final = _ALL + "/{database_id}"

ROUTES: Final = [
    Route(_ALL, list_databases, methods=["GET"]),
    Route(_ALL, create_database, methods=["POST"]),
    Route(_ONE, get_database, methods=["GET"]),
    Route(_ONE + "/backups", list_backups, methods=["GET"]),
    Route(_ONE + "/backups", take_backup, methods=["POST"]),
    Route(_ONE + "/backups/{backup_id}", get_backup, methods=["GET"]),
    Route(_ONE + "/restore", restore_database, methods=["POST"]),
]
