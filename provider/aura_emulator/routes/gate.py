"""The gateway in front of the API: tokens, rate limit, content type, request ids, errors.

Aura's own is a Tyk gateway, and its errors are one object with `error`; those of the API behind it
are a list (official v1 document, schemas MiddlewareError and Error), or bare in v2beta1.
"""

from __future__ import annotations

import math
import os
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from aura_emulator.control_plane.errors import AuraError, GatewayError, Problem
from aura_emulator.routes.wire import BETA, Json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from aura_emulator.control_plane.access import Tokens
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Credential

_API: Final = ("/v1", BETA)
_TOKEN: Final = BETA + "/oauth/token"
_WINDOW_SECONDS: Final = 60.0
_UNAUTHORIZED: Final = 401


class RateLimit:
    """A sliding window of one minute per credential, in real time.

    Refused requests do not count.
    """

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = {}

    def clear(self) -> None:
        """Forget all requests."""
        self._seen.clear()

    def check(self, client_id: str, limit: int, now: float) -> None:
        """Count one request or refuse it with the seconds to wait."""
        if limit == 0:
            return
        seen = self._seen.setdefault(client_id, deque())
        while seen and seen[0] <= now - _WINDOW_SECONDS:
            seen.popleft()
        if len(seen) >= limit:
            wait = max(1, math.ceil(seen[0] + _WINDOW_SECONDS - now))
            raise GatewayError(429, "API rate limit exceeded", retry_after=wait)
        seen.append(now)


class Gate:
    """ASGI middleware in front of both APIs; of other paths only the errors are its own."""

    def __init__(self, app: ASGIApp, aura: Aura, tokens: Tokens, rate_limit: RateLimit) -> None:
        self._app = app
        self._aura = aura
        self._tokens = tokens
        self._rate_limit = rate_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        try:
            if scope["path"].startswith(_API) and scope["path"] != _TOKEN:
                headers = dict(scope["headers"])
                credential = self._holder(headers.get(b"authorization", b"").decode("latin-1"))
                send = _with_request_id(send)
                self._admit(credential, scope["method"], headers)
                scope["aura_emulator.credential"] = credential
            await self._app(scope, receive, send)
        except (AuraError, GatewayError) as error:
            await error_response(error, scope["path"])(scope, receive, send)

    def _admit(self, credential: Credential, method: str, headers: dict[bytes, bytes]) -> None:
        now = self._aura.clock.real()
        self._rate_limit.check(credential.client_id, self._aura.switches.rate_limit, now)
        if self._aura.switches.require_json_content_type and method in ("POST", "PATCH"):
            kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
            if kind != b"application/json":
                raise GatewayError(415, "Content-Type must be application/json")

    def _holder(self, header: str) -> Credential:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise GatewayError(_UNAUTHORIZED, "Authorization field missing")
        held = self._tokens.holder(token.strip())
        if held is None:
            raise GatewayError(_UNAUTHORIZED, "Key not authorized")
        credential, valid = held
        if not valid:
            raise expired_token(self._aura)
        return credential


def expired_token(aura: Aura) -> AuraError | GatewayError:
    """401 or 403, and in which shape, is not agreed upon: two switches decide."""
    status, message = aura.switches.expired_token_status, "Key not authorized: token has expired"
    if aura.switches.expired_token_body == "errors":  # noqa: S105 - a switch, not a secret
        return AuraError(status, Problem(message, "unauthorized"))
    return GatewayError(status, message)


def request_id() -> bytes:
    """The form of the document's example: `hex/decimal`."""
    number = int.from_bytes(os.urandom(8), "big")
    return f"{os.urandom(16).hex()}/{number}".encode()


def _with_request_id(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id())]
        await send(message)

    return sending


def error_response(error: AuraError | GatewayError, path: str) -> Json:
    """The response to an error, in the shape of the API that the path belongs to."""
    headers: dict[str, Any] = {}
    if isinstance(error, GatewayError) and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, AuraError) and path.startswith(BETA):
        return Json(error.bare_body(), error.status)
    return Json(error.body(), error.status, headers=headers)
