"""/emulator/…: the clock, the switches, the record, and starting over.

These paths are the emulator's own: no token, no rate limit, no record, no faults.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.routing import Route

from aura_emulator.control_plane import lifecycle
from aura_emulator.control_plane.clock import moment, stamp
from aura_emulator.control_plane.errors import invalid
from aura_emulator.control_plane.model import Credential
from aura_emulator.routes.wire import Json, aura_of, read_known
from aura_emulator.switches import SwitchError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from aura_emulator.control_plane.access import Tokens
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.faults.recording import RequestLog

_LAST_MOMENT: Final = 32_503_680_000.0
_ROLES: Final = ("project-admin", "project-member", "project-viewer")


async def get_state(request: Request) -> Json:
    """What runs here: for people, and to see that it is up."""
    aura = aura_of(request)
    return Json(
        {
            "clock": _clock(aura),
            "data_plane": aura.data_plane.name,
            "projects": len(aura.store.projects()),
            "instances": aura.store.count_instances(),
            "requests": _log(request).total,
        }
    )


def _clock(aura: Aura) -> dict[str, Any]:
    return {
        "now": stamp(aura.now()),
        "seconds": aura.now(),
        "offset_seconds": aura.clock.offset,
        "frozen": aura.clock.frozen_at is not None,
    }


async def get_clock(request: Request) -> Json:
    """The emulator's time."""
    return Json(_clock(aura_of(request)))


async def move_clock(request: Request) -> Json:
    """Move, freeze or thaw the clock. Back it goes only while there is no instance."""
    aura = aura_of(request)
    body = await read_known(request, "advance_seconds", "set", "frozen")
    advance, to, frozen = body.number("advance_seconds"), body.text("set"), body.flag("frozen")
    body.check()
    target = aura.now() + (advance or 0.0)
    if to is not None:
        try:
            target = moment(to)
        except ValueError as error:
            raise invalid(f"set is not an ISO 8601 moment: {to}", "set") from error
    if not 0 <= target < _LAST_MOMENT:
        raise invalid("The clock stays between the years 1970 and 3000", "set")
    moved = advance is not None or to is not None
    if moved and target < aura.now() and aura.store.count_instances():
        raise invalid("The clock goes back only while there is no instance", "set")
    if moved:
        aura.clock.move(target)
    if frozen is not None:
        (aura.clock.freeze if frozen else aura.clock.thaw)()
    aura.remember_clock()
    if aura.data_plane.holds_data:
        lifecycle.tick(aura)  # what became due holds the data of now, before anybody writes more
    return Json(_clock(aura))


async def get_switches(request: Request) -> Json:
    """The switches as they stand."""
    return Json(aura_of(request).switches.values())


async def change_switches(request: Request) -> Json:
    """Change switches for as long as this process runs."""
    switches = aura_of(request).switches
    body = await read_known(request, *switches.values())
    try:
        for name in body.keys():  # noqa: SIM118 - a Body is no mapping
            switches.change(name, body.get(name))
    except SwitchError as error:
        raise invalid(str(error)) from error
    return Json(switches.values())


def _log(request: Request) -> RequestLog:
    return cast("RequestLog", request.app.state.log)


async def get_requests(request: Request) -> Json:
    """The recorded requests; `?method=`, `?path=` (its beginning) and `?mutating=true` select."""
    wanted = request.query_params
    found = [
        entry
        for entry in _log(request).entries()
        if wanted.get("method", entry["method"]) == entry["method"]
        and entry["path"].startswith(wanted.get("path", ""))
        and (wanted.get("mutating") != "true" or entry["mutating"])
    ]
    mutating = sum(entry["mutating"] for entry in found)
    return Json(
        {
            "total": _log(request).total,
            "count": len(found),
            "mutating": mutating,
            "requests": found,
        }
    )


async def clear_requests(request: Request) -> Json:
    """Begin counting at zero."""
    _log(request).clear()
    return Json({"total": 0})


async def reset(request: Request) -> Json:
    """As after the first start; tokens of the default credential stay valid."""
    start_over: Callable[[], None] = request.app.state.start_over
    start_over()
    return await get_state(request)


async def expire_tokens(request: Request) -> Json:
    """Every token issued so far has expired."""
    _tokens(request).expire()
    return Json({})


def _tokens(request: Request) -> Tokens:
    return cast("Tokens", request.app.state.tokens)


async def list_credentials(request: Request) -> Json:
    """The credentials, secrets included: they open nothing but this emulator."""
    return Json([asdict(item) for item in aura_of(request).store.credentials()])


async def add_credential(request: Request) -> Json:
    """Add a credential; `projects` null sees them all."""
    body = await read_known(request, "client_id", "secret", "role", "projects")
    body.require("client_id", "secret")
    client_id, secret = body.text("client_id"), body.text("secret")
    role = body.choice("role", _ROLES) or _ROLES[0]
    projects = tuple(body.texts("projects")) if "projects" in body else None
    body.check()
    credential = Credential(str(client_id), str(secret), role, projects)
    aura_of(request).store.put_credential(credential)
    _tokens(request).reload()
    return Json(asdict(credential), 201)


async def drop_credential(request: Request) -> Json:
    """Revoke a credential and its tokens."""
    aura_of(request).store.drop_credential(request.path_params["id"])
    _tokens(request).reload()
    return Json({})


ROUTES: Final = [
    Route("/emulator", get_state, methods=["GET"]),
    Route("/emulator/clock", get_clock, methods=["GET"]),
    Route("/emulator/clock", move_clock, methods=["POST"]),
    Route("/emulator/switches", get_switches, methods=["GET"]),
    Route("/emulator/switches", change_switches, methods=["PATCH"]),
    Route("/emulator/requests", get_requests, methods=["GET"]),
    Route("/emulator/requests", clear_requests, methods=["DELETE"]),
    Route("/emulator/reset", reset, methods=["POST"]),
    Route("/emulator/tokens/expire", expire_tokens, methods=["POST"]),
    Route("/emulator/credentials", list_credentials, methods=["GET"]),
    Route("/emulator/credentials", add_credential, methods=["POST"]),
    Route("/emulator/credentials/{id}", drop_credential, methods=["DELETE"]),
]
