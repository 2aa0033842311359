"""/emulator/instances/{id}/database, …/data and /emulator/snapshots/{id}/dump: what is inside.

Writing takes seconds to minutes, so it happens in a thread and the answer comes when it is done;
only a dump replaces the whole database, which makes the instance `loading` like Aura's own upload.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from aura_emulator.control_plane import access, lifecycle
from aura_emulator.control_plane.errors import AuraError, Problem, snapshot_not_found
from aura_emulator.control_plane.loading import load_dump
from aura_emulator.control_plane.model import Status
from aura_emulator.control_plane.tiers import TIERS
from aura_emulator.data_plane.interface import NoDatabaseError
from aura_emulator.routes.wire import Json, aura_of, instance_body, read_known

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Instance
    from aura_emulator.control_plane.requests import Body
    from aura_emulator.data_plane.interface import Login

_ACCEPTED: Final = 202
_MOST: Final = 10**9
_WAYS: Final = ("cypher", "graph", "dump")


async def get_database(request: Request) -> Json:
    """How an instance's database is, and how to log in."""
    aura = aura_of(request)
    instance_id = access.existing(aura, request.path_params["id"]).id
    try:
        condition, login = (
            aura.data_plane.condition(instance_id),
            aura.data_plane.login(instance_id),
        )
    except NoDatabaseError as error:
        raise _no_database(error) from error
    return Json({**asdict(condition), **asdict(login)})


async def put_data(request: Request) -> Json:
    """Put data into an instance: Cypher, a generated graph, or a dump; exactly one of them."""
    aura = aura_of(request)
    instance = _running(aura, request.path_params["id"])
    body = await read_known(request, *_WAYS)
    if len(body.keys()) != 1:
        body.wrong(f"exactly one of {', '.join(_WAYS)} is needed", _WAYS[0])
    body.check()
    if "dump" in body:
        return Json(instance_body(aura, load_dump(aura, instance, body)), _ACCEPTED)
    try:
        login = aura.data_plane.login(instance.id)
    except NoDatabaseError as error:
        raise _no_database(error) from error
    return Json(await _write(body, login, instance))


def _running(aura: Aura, instance_id: str) -> Instance:
    found = access.existing(aura, instance_id)
    lifecycle.require(aura, found, "load data into", Status.RUNNING)
    return found


async def _write(body: Body, login: Login, instance: Instance) -> dict[str, int]:
    """What the database holds afterwards."""
    from aura_emulator.data_plane.neo4j import seeding  # noqa: PLC0415 - a heavy driver

    try:
        if "cypher" in body:
            statements = _statements(body)
            return asdict(await run_in_threadpool(seeding.run_cypher, login, statements))
        plan = seeding.plan(*_size(body, instance))
        return asdict(await run_in_threadpool(seeding.write_graph, login, plan))
    except seeding.SeedingError as error:
        raise AuraError(400, Problem(str(error), "data-refused")) from error


def _statements(body: Body) -> str:
    text = body.text("cypher")
    body.check()
    return str(text)


def _size(body: Body, instance: Instance) -> tuple[int, int]:
    wanted: Any = body.counts("graph")
    body.check()
    unknown = set(wanted) - {"nodes", "relationships"}
    size = wanted.get("nodes", 0), wanted.get("relationships", 0)
    tier = TIERS[instance.type]
    if unknown or not all(0 <= number <= _MOST for number in size):
        body.wrong("graph takes nodes and relationships, both not negative", "graph")
    for what, number, most in zip(
        ("nodes", "relationships"), size, (tier.max_nodes, tier.max_relationships), strict=True
    ):
        if most is not None and number > most:
            body.wrong(f"{number} {what} are more than the {most} of {tier.type}", "graph")
    body.check()
    return size


async def dump_snapshot(request: Request) -> Json:
    """Write a snapshot as a Neo4j dump; takes some seconds."""
    aura = aura_of(request)
    snapshot = aura.store.snapshot(request.path_params["id"])
    if snapshot is None:
        raise snapshot_not_found(request.path_params["id"])
    body = await read_known(request, "to")
    body.require("to")
    to = Path(body.text("to") or "")
    if not to.is_absolute() or not to.parent.is_dir():
        body.wrong("to must be an absolute path in a folder that exists", "to")
    body.check()
    try:
        await run_in_threadpool(aura.data_plane.dump, snapshot.id, to)
    except (NoDatabaseError, OSError) as error:
        raise _no_database(error) from error
    return Json({"path": str(to)})


def _no_database(error: Exception) -> AuraError:
    return AuraError(409, Problem(str(error), "no-database"))


_INSTANCE: Final = "/emulator/instances/{id}"

ROUTES: Final = [
    Route(_INSTANCE + "/database", get_database, methods=["GET"]),
    Route(_INSTANCE + "/data", put_data, methods=["POST"]),
    Route("/emulator/snapshots/{id}/dump", dump_snapshot, methods=["POST"]),
]
