"""What the record of requests holds, and since when."""

import asyncio
from types import SimpleNamespace
from typing import Any

from aura_emulator.faults.recording import Recorder, RequestLog

SCOPE = {"type": "http", "method": "GET", "path": "/v1/tenants", "query_string": b""}
AURA: Any = SimpleNamespace(now=lambda: 5.0)


def ask(log: RequestLog, meanwhile=lambda: None) -> None:
    """One request; `meanwhile` happens while it is under way."""

    async def app(scope, receive, send):
        meanwhile()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive():
        return {}

    async def send(message):
        pass

    asyncio.run(Recorder(app, AURA, log)(SCOPE, receive, send))


def test_a_request_is_recorded_when_it_ends():
    """With the status that its caller saw, at the emulator's time."""
    log = RequestLog()
    ask(log)
    assert [(each["path"], each["status"], each["at"]) for each in log.entries()] == [
        ("/v1/tenants", 200, 5.0)
    ]


def test_what_was_under_way_when_the_count_began_again_is_no_part_of_it():
    """A delayed answer to somebody who gave up must not show up among the requests of the next."""
    log = RequestLog()
    ask(log, meanwhile=log.clear)
    assert (log.entries(), log.total) == ([], 0)
    ask(log)
    assert log.total == 1
