"""ASGI middleware that lets injected faults happen."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, Response

from aura_emulator.control_plane.errors import AuraError, GatewayError, Problem, db_not_found
from aura_emulator.faults.recording import FAULT, is_control
from aura_emulator.routes.gate import error_response, expired_token, request_id
from aura_emulator.routes.v2beta1.wire import summary_body as beta_summary_body
from aura_emulator.routes.wire import BETA, Json, summary_body

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.faults.rules import Fault, Rules

ABORT: Final = "aura_emulator.abort"
_BETA_PROJECT: Final = re.compile(BETA + r"/organizations/[^/]+/projects/([^/]+)")
_INSTANCE_PATH: Final = re.compile(rf"(?:/v1|{_BETA_PROJECT.pattern})/instances/(?P<id>[^/]+)")
_HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
_HTML_200: Final = "<html><head><title>Neo4j Aura</title></head><body>Welcome</body></html>"


class ConnectionLost(ConnectionError):
    """Raised in process, where there is no connection that could be closed."""


@dataclass(frozen=True)
class Exchange:
    """One request with its body read, so that it can be passed on never, once or twice."""

    app: ASGIApp
    scope: Scope
    body: bytes
    send: Send

    async def run(self) -> Response:
        """Let the request happen; its answer, not yet sent."""
        messages: list[Message] = []

        async def sending(message: Message) -> None:
            messages.append(message)

        await self.app(dict(self.scope), self._replay(), sending)
        start, rest = messages[0], messages[1:]
        content = b"".join(message.get("body", b"") for message in rest)
        response = Response(content, start["status"])
        response.raw_headers = list(start["headers"])
        return response

    def _replay(self) -> Receive:
        pending = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def receive() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        return receive


class Injector:
    """Applies at most one fault to each request of the emulated API."""

    def __init__(self, app: ASGIApp, aura: Aura, rules: Rules) -> None:
        self._app = app
        self._aura = aura
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or let it meet its fault."""
        rule = None
        if self._rules.rules and not is_control(scope["path"]):
            rule = self._rules.next(scope["method"], scope["path"])
        if rule is None:
            await self._app(scope, receive, send)
            return
        exchange = Exchange(self._app, scope, await _read(receive), send)
        answer = await _KINDS[rule.fault.kind](self._aura, rule.fault, exchange)
        if answer is _UNHARMED:
            answer = await exchange.run()
        else:
            rule.applied += 1
            scope[FAULT] = rule.fault.kind
        if answer is None:
            await _close(scope, receive)
        else:
            await answer(scope, receive, send)


_UNHARMED: Final = Response()
Answer = Response | None  # None closes the connection without one


async def _read(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _close(scope: Scope, receive: Receive) -> None:
    abort = scope.get(ABORT)
    if abort is None:
        raise ConnectionLost("The emulator closed the connection without an answer")
    abort()
    with contextlib.suppress(TimeoutError):
        # Until the server has noticed: it would try to answer 500 otherwise.
        async with asyncio.timeout(1):
            while (await receive())["type"] != "http.disconnect":
                pass


async def _lost_answer(_aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    await exchange.run()
    if fault.answer == "504":
        return error_response(GatewayError(504, "Gateway timeout"), exchange.scope["path"])
    return None


async def _drop_request(_aura: Aura, _fault: Fault, _exchange: Exchange) -> Answer:
    return None


async def _delay(_aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    if fault.effect:
        answer = await exchange.run()
        await asyncio.sleep(fault.seconds)
        return answer
    await asyncio.sleep(fault.seconds)
    return await exchange.run()


async def _status(_aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    if fault.effect:
        await exchange.run()
    headers = {"X-Request-Id": request_id().decode()}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    if isinstance(fault.body, str):
        return Response(fault.body, fault.status, headers, media_type="text/plain")
    if fault.body is not None:
        return Json(fault.body, fault.status, headers=headers)
    answer = error_response(_fault_error(fault), exchange.scope["path"])
    answer.headers.update(headers)
    return answer


def _fault_error(fault: Fault) -> AuraError | GatewayError:
    if fault.reason is not None:
        return AuraError(fault.status, Problem(fault.message, fault.reason))
    return GatewayError(fault.status, fault.message)


async def _html(_aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    if fault.effect:
        await exchange.run()
    return HTMLResponse(_HTML, 502)


async def _html_200(_aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    if fault.effect:
        await exchange.run()
    return HTMLResponse(_HTML_200)


async def _truncated(_aura: Aura, _fault: Fault, exchange: Exchange) -> Answer:
    whole = await exchange.run()
    content = bytes(whole.body)
    return Response(content[: len(content) // 2], whole.status_code, media_type="application/json")


async def _duplicate(_aura: Aura, _fault: Fault, exchange: Exchange) -> Answer:
    await exchange.run()
    return await exchange.run()


async def _not_found_after_create(aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    path = str(exchange.scope["path"])
    match = _INSTANCE_PATH.match(path)
    instance_id = match["id"] if match else ""
    instance = aura.store.instance(instance_id)
    if instance is None or aura.now() - instance.created_at >= fault.seconds:
        return _UNHARMED
    return error_response(db_not_found(instance_id), path)


async def _stale_list(aura: Aura, fault: Fault, exchange: Exchange) -> Answer:
    """A list as it was some seconds ago: without the young, with the lately deleted."""
    then = aura.now() - fault.seconds
    beta = _BETA_PROJECT.match(exchange.scope["path"])
    asked = [beta[1]] if beta else _asked_in_query(exchange)
    line = beta_summary_body if beta else summary_body
    young = {item.id for item in aura.store.instances() if item.created_at > then}
    gone = [
        line(item)
        for item in aura.store.deleted_since(then)
        if item.created_at <= then and (asked is None or item.project_id in asked)
    ]
    return await _edited(
        exchange, lambda rows: [r for r in rows if r.get("id") not in young] + gone
    )


def _asked_in_query(exchange: Exchange) -> list[str] | None:
    return parse_qs(exchange.scope["query_string"].decode()).get("tenantId")


async def _empty_list(_aura: Aura, _fault: Fault, exchange: Exchange) -> Answer:
    return await _edited(exchange, lambda _rows: [])


async def _edited(
    exchange: Exchange, edit: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> Answer:
    answer = await exchange.run()
    if answer.status_code != 200:  # noqa: PLR2004 - only a successful list is edited
        return answer
    rows = json.loads(bytes(answer.body))["data"]
    if not isinstance(rows, list):
        return _UNHARMED
    return Json({"data": edit(rows)}, headers={"X-Request-Id": request_id().decode()})


async def _expired_token(aura: Aura, _fault: Fault, exchange: Exchange) -> Answer:
    return error_response(expired_token(aura), exchange.scope["path"])


_KINDS: Final[dict[str, Callable[[Aura, Fault, Exchange], Awaitable[Answer]]]] = {
    "lost_answer": _lost_answer,
    "drop_request": _drop_request,
    "delay": _delay,
    "status": _status,
    "html": _html,
    "html_200": _html_200,
    "truncated": _truncated,
    "duplicate": _duplicate,
    "not_found_after_create": _not_found_after_create,
    "stale_list": _stale_list,
    "expired_token": _expired_token,
    "empty_list": _empty_list,
}
