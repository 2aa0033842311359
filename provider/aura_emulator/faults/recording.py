"""The record of every request to the emulated API, so that tests can count them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from aura_emulator.control_plane.aura import Aura

CONTROL: Final = "/emulator"
FAULT: Final = "aura_emulator.fault"
_KEPT: Final = 200_000
_READS: Final = ("GET", "HEAD", "OPTIONS")
# Asked with POST, but nothing changes: a token and an estimate.
_HARMLESS: Final = ("/oauth/token", "/v2beta1/oauth/token", "/v1/instances/sizing")


def is_control(path: str) -> bool:
    """Whether a path belongs to the emulator itself: never recorded, limited or harmed."""
    return path == CONTROL or path.startswith(CONTROL + "/")


@dataclass(frozen=True)
class Entry:
    """One request. `status` None means the caller got no answer."""

    number: int
    method: str
    path: str
    query: str
    status: int | None
    mutating: bool
    fault: str | None
    at: float  # the emulator's clock
    milliseconds: float


class RequestLog:
    """The newest requests, and how many there were in all.

    `count` goes up whenever the log begins again: a request that was under way then is no part of
    the new count.
    """

    def __init__(self) -> None:
        self.total = 0
        self.count = 0
        self._entries: deque[Entry] = deque(maxlen=_KEPT)

    def add(
        self, scope: Scope, status: int | None, at: float, milliseconds: float, count: int
    ) -> None:
        """Record one request that began under this count."""
        if count != self.count:
            return
        self.total += 1
        method, path = scope["method"], scope["path"]
        entry = Entry(
            number=self.total,
            method=method,
            path=path,
            query=scope["query_string"].decode("latin-1"),
            status=status,
            mutating=method not in _READS and path not in _HARMLESS,
            fault=scope.get(FAULT),
            at=at,
            milliseconds=round(milliseconds, 3),
        )
        self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """The kept requests, oldest first."""
        return [asdict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Begin again at zero."""
        self.total = 0
        self.count += 1
        self._entries.clear()


class Recorder:
    """ASGI middleware that fills the log."""

    def __init__(self, app: ASGIApp, aura: Aura, log: RequestLog) -> None:
        self._app = app
        self._aura = aura
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and record how it ended."""
        if is_control(scope["path"]):
            await self._app(scope, receive, send)
            return
        at, begun, status = self._aura.now(), time.perf_counter(), None
        count = self._log.count

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            milliseconds = (time.perf_counter() - begun) * 1000
            self._log.add(scope, status, at, milliseconds, count)
