"""Puts one emulator together: the only place where its parts meet."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from aura_emulator.control_plane import lifecycle
from aura_emulator.control_plane.access import Tokens
from aura_emulator.control_plane.aura import Aura
from aura_emulator.control_plane.errors import GatewayError
from aura_emulator.control_plane.model import Credential
from aura_emulator.control_plane.store import Store
from aura_emulator.data_plane.interface import WorkKind
from aura_emulator.data_plane.none import NoData
from aura_emulator.faults.injector import Injector
from aura_emulator.faults.recording import Recorder, RequestLog
from aura_emulator.faults.rules import Rules
from aura_emulator.routes import (
    control,
    control_data,
    control_faults,
    control_objects,
    gate,
    instances,
    keys,
    oauth,
    projects,
    snapshots,
    v2beta1,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from aura_emulator.data_plane.interface import DataPlane
    from aura_emulator.settings import Settings


class Clearable(Protocol):
    """Something that can be emptied."""

    def clear(self) -> None:
        """Empty it."""


def create_app(settings: Settings, data_plane: DataPlane | None = None) -> Starlette:
    """The emulator as an ASGI application, usable in process; it takes requests one at a time.

    Where nobody else keeps time, `lifecycle.tick` has to be called for a data plane that holds
    data; `serving` does.

    Raises:
        OtherDataPlaneError: the state folder's instances were made with another data plane.
    """
    aura = Aura(Store(settings.database), copy(settings.switches), data_plane or NoData())
    aura.require_own_state()
    aura.recall_clock()
    aura.seed(Credential(settings.client_id, settings.client_secret))
    lifecycle.take_up(aura)
    tokens, limit, rules, log = Tokens(aura), gate.RateLimit(), Rules(), RequestLog()
    app = Starlette(
        routes=_routes(),
        middleware=[
            Middleware(Recorder, aura=aura, log=log),
            Middleware(Injector, aura=aura, rules=rules),
            Middleware(gate.Gate, aura=aura, tokens=tokens, rate_limit=limit),
        ],
        exception_handlers={HTTPException: _no_route},
    )
    app.router.redirect_slashes = False
    app.state.aura, app.state.tokens, app.state.rules, app.state.log = aura, tokens, rules, log
    app.state.start_over = partial(_start_over, settings, aura, tokens, (limit, rules, log))
    return app


def _routes() -> list[Route]:
    api = [*instances.ROUTES, *snapshots.ROUTES, *projects.ROUTES, *keys.ROUTES, *oauth.ROUTES]
    return [
        *api,
        *v2beta1.ROUTES,
        *control.ROUTES,
        *control_faults.ROUTES,
        *control_objects.ROUTES,
        *control_data.ROUTES,
    ]


def _start_over(
    settings: Settings, aura: Aura, tokens: Tokens, clearable: Iterable[Clearable]
) -> None:
    """Everything as after the first start, but the default credential's tokens stay valid."""
    kept = [token for token in aura.store.tokens() if token.client_id == settings.client_id]
    for instance in aura.store.instances():
        aura.data_plane.begin(lifecycle.order(instance.id, WorkKind.DELETE))
    with aura.store.together():
        aura.store.clear()
        aura.require_own_state()
        aura.recall_clock()
        aura.seed(Credential(settings.client_id, settings.client_secret))
        for token in kept:
            aura.store.put_token(token)
    aura.switches = copy(settings.switches)
    aura.outcomes.clear()
    tokens.reload()
    for item in clearable:
        item.clear()


async def _no_route(request: Request, error: Exception) -> Response:
    """An unknown path or method, in the gateway's shape."""
    status: Any = getattr(error, "status_code", 404)
    message = str(getattr(error, "detail", "Not found"))
    response = gate.error_response(GatewayError(status, message), request.url.path)
    response.headers.update(getattr(error, "headers", None) or {})
    return response
