"""POST /oauth/token: client credentials for a token (Aura documentation, API authentication)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.routing import Route

from aura_emulator.control_plane.errors import GatewayError
from aura_emulator.routes.wire import Json, aura_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.access import Tokens
    from aura_emulator.control_plane.model import Credential

_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_GRANT: Final = "client_credentials"


async def issue(request: Request) -> Json:
    """A token for Basic credentials.

    400 is a request that cannot be read, 401 wrong credentials, 403 a wrong body, 404 no body. Both
    the documented form body and a JSON body are taken: a published client sends only the latter.
    """
    tokens: Tokens = request.app.state.tokens
    credential = _credential(tokens, request.headers.get("authorization", ""))
    grant = _grant_type(request.headers.get("content-type", ""), await request.body())
    if grant != _GRANT:
        raise GatewayError(403, "unsupported_grant_type", detail=f"grant_type must be {_GRANT}")
    token = tokens.issue(credential)
    seconds = max(1, int(aura_of(request).switches.token_seconds))  # clients refuse 0
    # One published client compares "Bearer" exactly; the others take either spelling.
    return Json({"access_token": token.token, "expires_in": seconds, "token_type": "Bearer"})


def _credential(tokens: Tokens, header: str) -> Credential:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise GatewayError(401, "access_denied", detail="Basic authentication is required")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise GatewayError(400, "invalid_request", detail="Malformed Basic credentials") from error
    found = tokens.credential(client_id, secret)
    if found is None:
        raise GatewayError(401, "access_denied", detail="Invalid client credentials")
    return found


def _grant_type(content_type: str, body: bytes) -> object:
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        raise GatewayError(404, "invalid_request", detail="The request body is missing")
    if kind not in (_FORM, _JSON):
        raise GatewayError(400, "invalid_request", detail=f"Content-Type must be {_FORM}")
    try:
        if kind == _JSON:
            parsed = json.loads(body)
            return parsed.get("grant_type") if isinstance(parsed, dict) else None
        return parse_qs(body.decode()).get("grant_type", [None])[0]
    except ValueError as error:
        raise GatewayError(400, "invalid_request", detail="The body cannot be read") from error


ROUTES: Final = [
    Route(path, issue, methods=["POST"]) for path in ("/oauth/token", "/v2beta1/oauth/token")
]
