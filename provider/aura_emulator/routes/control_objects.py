"""/emulator/projects, …/instances, …/keys and …/snapshots: the world, changed from outside."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Route

from aura_emulator.control_plane import access, keys, lifecycle, scheduling
from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.clock import DAY_SECONDS, moment
from aura_emulator.control_plane.errors import (
    invalid,
    snapshot_not_found,
    tenant_not_found,
)
from aura_emulator.control_plane.model import (
    Instance,
    Kind,
    Project,
    Snapshot,
    SnapshotStatus,
    Status,
)
from aura_emulator.control_plane.sizes import written
from aura_emulator.control_plane.tiers import TIERS
from aura_emulator.routes.keys import key_body
from aura_emulator.routes.wire import Json, aura_of, instance_body, read_known, snapshot_body

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.requests import Body

_CREATED: Final = 201
_MANY: Final = 10**9
_KINDS: Final = tuple(kind.value for kind in Kind)
_SNAPSHOT_STATES: Final = tuple(state.value for state in SnapshotStatus)
_STATES: Final = tuple(state.value for state in Status if state is not Status.GONE)
_PROJECT_FIELDS: Final = tuple(Project.__dataclass_fields__)
_INSTANCE_FIELDS: Final = (
    "name", "status", "memory", "storage", "locked_seconds", "graph_nodes", "graph_relationships",
)  # fmt: skip
_SNAPSHOT_FIELDS: Final = (
    "instance_id", "snapshot_id", "timestamp", "profile", "kind", "status", "exportable",
    "exportable_until", "restorable_until",
)  # fmt: skip


async def list_projects(request: Request) -> Json:
    """Every project with what it may."""
    return Json([asdict(project) for project in aura_of(request).store.projects()])


async def add_project(request: Request) -> Json:
    """Add a project."""
    body = await read_known(request, *_PROJECT_FIELDS)
    body.require("name")
    fresh = Project(body.text("id") or new_uuid(), "")
    return Json(asdict(_put_project(aura_of(request), fresh, body)), _CREATED)


async def change_project(request: Request) -> Json:
    """Change a project's limits and rights."""
    body = await read_known(request, *_PROJECT_FIELDS[1:])
    known = aura_of(request).store.project(request.path_params["id"])
    if known is None:
        raise tenant_not_found()
    return Json(asdict(_put_project(aura_of(request), known, body)))


def _put_project(aura: Aura, project: Project, body: Body) -> Project:
    types = body.texts("types")
    for wrong in sorted(set(types) - set(TIERS)):
        body.wrong(f"there is no type {wrong}", "types")
    found: dict[str, Any] = {
        "name": body.text("name"),
        "types": tuple(types) if "types" in body else None,
        "max_instances": body.whole("max_instances", 0, _MANY),
        "quotas": body.counts("quotas"),
        "billing": body.flag("billing"),
        "secondaries": body.flag("secondaries"),
        "cdc": body.flag("cdc"),
        "marketplace": body.flag("marketplace"),
    }
    body.check()
    changed = replace(project, **{key: value for key, value in found.items() if value is not None})
    aura.store.put_project(changed)
    return changed


async def list_instances(request: Request) -> Json:
    """Every instance as the API would show it."""
    aura = aura_of(request)
    lifecycle.settle_due(aura)
    return Json([instance_body(aura, instance) for instance in aura.store.instances()])


async def change_instance(request: Request) -> Json:
    """Set fields of an instance, past every rule; a status set this way has no end of its own."""
    aura = aura_of(request)
    instance = access.existing(aura, request.path_params["id"])
    body = await read_known(request, *_INSTANCE_FIELDS)
    found: dict[str, Any] = {
        "name": body.text("name"),
        "memory": body.size("memory"),
        "storage": body.size("storage"),
        "graph_nodes": body.whole("graph_nodes", 0, _MANY),
        "graph_relationships": body.whole("graph_relationships", 0, _MANY),
    }
    status, locked = body.choice("status", _STATES), body.number("locked_seconds")
    body.check()
    changes = {key: value for key, value in found.items() if value is not None}
    if locked is not None:
        changes["locked_until"] = aura.now() + locked
    changed = replace(scheduling.play(aura, instance, aura.now()), **changes)
    if status is not None:
        changed = _with_status(aura, changed, status)
    aura.store.put_instance(changed)
    return Json(instance_body(aura, changed))


def _with_status(aura: Aura, instance: Instance, status: str) -> Instance:
    changed = replace(
        instance, status=status, operation=None, deadline=None, next_status=None, changes=None
    )
    if status == Status.RUNNING and changed.slots_until is None:
        return scheduling.start(aura, changed, aura.now())
    if status in (Status.PAUSED, Status.SUSPENDED, Status.LOADING_FAILED):
        aura.store.orders.drop(instance.id)  # after a restart it would start a server again
        lifecycle.rest(aura, instance.id)
    return changed


async def vanish_instance(request: Request) -> Json:
    """The instance is gone at once, as if somebody had destroyed it elsewhere."""
    aura = aura_of(request)
    lifecycle.vanish(aura, access.existing(aura, request.path_params["id"]))
    return Json({})


async def change_key(request: Request) -> Json:
    """Set a key's status, any word: the document lists none, and only `ready` can be used."""
    body = await read_known(request, "status")
    body.require("status")
    status = body.text("status")
    body.check()
    aura = aura_of(request)
    changed = keys.change_status(aura, request.path_params["id"], str(status))
    return Json(key_body(aura, changed))


async def list_snapshots(request: Request) -> Json:
    """Every snapshot of `?instance_id=`, of all days."""
    aura = aura_of(request)
    instance = access.existing(aura, request.query_params.get("instance_id", ""))
    scheduling.catch_up(aura, instance)
    found = aura.store.snapshots(instance.id, float("-inf"), float("inf"))
    return Json([_shown(aura, snapshot) for snapshot in found])


def _shown(aura: Aura, snapshot: Snapshot) -> dict[str, Any]:
    return {
        **snapshot_body(aura, snapshot),
        "kind": snapshot.kind,
        "exportable_until": snapshot.exportable_until,
        "restorable_until": snapshot.restorable_until,
        "memory": written(snapshot.memory),
        "storage": written(snapshot.storage),
        "version": snapshot.version,
    }


async def plant_snapshot(request: Request) -> Json:
    """Put a snapshot there that was never taken; what is not given follows the tier."""
    aura = aura_of(request)
    body = await read_known(request, *_SNAPSHOT_FIELDS)
    body.require("instance_id")
    text = body.text("instance_id")
    body.check()
    instance = access.existing(aura, str(text))
    at = _moment(body, "timestamp", aura.now())
    kind = body.choice("kind", _KINDS) or Kind.ON_DEMAND
    body.check()
    planted = scheduling.new_snapshot(aura, instance, Kind(kind), at, 0.0)
    planted = replace(planted, id=body.text("snapshot_id") or planted.id)
    planted = _changed(aura, planted, body)
    scheduling.keep(aura, instance.id, [planted])
    return Json(_shown(aura, planted), _CREATED)


async def change_snapshot(request: Request) -> Json:
    """Set fields of a snapshot, past every rule."""
    aura = aura_of(request)
    body = await read_known(request, *_SNAPSHOT_FIELDS[2:])
    changed = _changed(aura, _snapshot(aura, request), body)
    aura.store.put_snapshots([changed])
    return Json(_shown(aura, changed))


async def drop_snapshot(request: Request) -> Json:
    """The snapshot is gone at once."""
    aura = aura_of(request)
    snapshot = _snapshot(aura, request)
    aura.store.drop_snapshot(snapshot.id)
    aura.forget(snapshot.instance_id, [snapshot.id])
    return Json({})


def _snapshot(aura: Aura, request: Request) -> Snapshot:
    found = aura.store.snapshot(request.path_params["id"])
    if found is None:
        raise snapshot_not_found(request.path_params["id"])
    return found


def _changed(aura: Aura, snapshot: Snapshot, body: Body) -> Snapshot:
    changed = replace(
        snapshot,
        taken_at=_moment(body, "timestamp", snapshot.taken_at),
        profile=body.choice("profile", ("AdHoc", "Scheduled")) or snapshot.profile,
        kind=body.choice("kind", _KINDS) or snapshot.kind,
        restorable_until=_moment(body, "restorable_until", snapshot.restorable_until),
        exportable_until=_exportable_until(snapshot, body),
    )
    status = body.choice("status", _SNAPSHOT_STATES)
    body.check()
    return changed if status is None else _in_state(aura, changed, status)


def _exportable_until(snapshot: Snapshot, body: Body) -> float | None:
    until = snapshot.exportable_until
    if body.flag("exportable") is False:
        return None
    if body.flag("exportable") is True and until is None:
        until = snapshot.restorable_until
    return until if "exportable_until" not in body else _moment(body, "exportable_until", 0.0)


def _in_state(aura: Aura, snapshot: Snapshot, status: str) -> Snapshot:
    """A planted snapshot that is not finished stays so until it is changed again."""
    far = aura.now() + 10_000 * DAY_SECONDS
    match status:
        case SnapshotStatus.PENDING:
            return replace(snapshot, begins_at=far, ends_at=None)
        case SnapshotStatus.IN_PROGRESS:
            return replace(snapshot, begins_at=snapshot.taken_at, ends_at=far)
        case _:
            ended = min(snapshot.taken_at, aura.now())
            return replace(snapshot, begins_at=ended, ends_at=ended, end_status=status)


def _moment(body: Body, field: str, default: float) -> float:
    text = body.text(field)
    try:
        return default if text is None else moment(text)
    except ValueError as error:
        raise invalid(f"{field} is not an ISO 8601 moment: {text}", field) from error


_INSTANCE: Final = "/emulator/instances/{id}"
_SNAPSHOT: Final = "/emulator/snapshots/{id}"

ROUTES: Final = [
    Route("/emulator/projects", list_projects, methods=["GET"]),
    Route("/emulator/projects", add_project, methods=["POST"]),
    Route("/emulator/projects/{id}", change_project, methods=["PATCH"]),
    Route("/emulator/instances", list_instances, methods=["GET"]),
    Route(_INSTANCE, change_instance, methods=["PATCH"]),
    Route(_INSTANCE + "/vanish", vanish_instance, methods=["POST"]),
    Route("/emulator/keys/{id}", change_key, methods=["PATCH"]),
    Route("/emulator/snapshots", list_snapshots, methods=["GET"]),
    Route("/emulator/snapshots", plant_snapshot, methods=["POST"]),
    Route(_SNAPSHOT, change_snapshot, methods=["PATCH"]),
    Route(_SNAPSHOT, drop_snapshot, methods=["DELETE"]),
]
