"""A server that remembers what it was sent and answers from a script."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.wire import HttpAnswer, HttpSender
from pulumi_neo4j_aura.settings import Credentials
from support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pulumi_neo4j_aura.domain.clock import Clock

CLIENT_ID = "canary-client-id"
SECRET = "canary-S3cret/+&value"
TOKEN = "canary-token-1"
PASSWORD = "canary-initial-password"
CANARIES = (SECRET, TOKEN, PASSWORD)

CREDENTIALS = Credentials(CLIENT_ID, SECRET)
URL = "https://aura.test"


@dataclass(frozen=True)
class Sent:
    """One request as it went out."""

    method: str
    url: str
    headers: dict[str, str]
    params: Mapping[str, str] | None
    content: bytes | None
    auth: tuple[str, str] | None

    @property
    def path(self) -> str:
        return self.url.removeprefix(URL)

    @property
    def body(self) -> Any:
        return json.loads(self.content or b"null")


def answer(
    status: int = 200,
    value: object = None,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """An answer with `value` as JSON, or with `body` as it is."""
    raw = json.dumps(value).encode() if body is None else body
    return HttpAnswer(status, {"x-request-id": "req/1", **(headers or {})}, raw)


def data(value: object, status: int = 200) -> HttpAnswer:
    return answer(status, {"data": value})


def error(
    status: int, reason: str = "", message: str = "Something about it", **headers: str
) -> HttpAnswer:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return answer(status, {"errors": [{"message": message, "reason": reason}]}, headers=named)


def token_answer(value: str = TOKEN, life: object = 3600) -> HttpAnswer:
    return answer(200, {"access_token": value, "expires_in": life, "token_type": "Bearer"})


def instance_json(**changes: object) -> dict[str, object]:
    """An instance as GET shows it; `changes` replace or, with `...`, remove fields."""
    fields: dict[str, object] = {
        "id": "ab12cd34",
        "name": "orders",
        "status": "running",
        "tenant_id": "project-1",
        "cloud_provider": "gcp",
        "connection_url": "neo4j+s://ab12cd34.databases.neo4j.io",
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "4GB",
        "storage": "8GB",
        "created_at": "2026-01-20T13:44:42Z",
        "vector_optimized": False,
        "graph_analytics_plugin": False,
    } | changes
    return {name: value for name, value in fields.items() if value is not ...}


class FakeHttp:
    """An `HttpSender` that answers API calls from a script and hands out tokens by itself.

    An item of a script is an answer, an exception to raise, or a function of the request. The
    last item is repeated for ever.
    """

    def __init__(
        self,
        *script: object,
        tokens: Iterable[object] = (),
        clock: FakeClock | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.script = deque(script)
        self.tokens = deque(tokens)
        self.clock = clock
        self.seconds = seconds
        self.calls: list[Sent] = []
        self.token_calls: list[Sent] = []
        self.closed = False
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
    ) -> HttpAnswer:
        sent = Sent(method, url, dict(headers), params, content, auth)
        if self.clock and self.seconds:
            self.clock.sleep(self.seconds)
        with self._lock:
            item = self._next(sent)
        if isinstance(item, Exception):
            raise item
        told = item(sent) if callable(item) else item
        assert isinstance(told, HttpAnswer)
        return told

    def _next(self, sent: Sent) -> object:
        if sent.path == "/oauth/token":
            self.token_calls.append(sent)
            return take(self.tokens) if self.tokens else token_answer()
        self.calls.append(sent)
        return take(self.script)

    def close(self) -> None:
        self.closed = True


def take(script: deque[object]) -> object:
    return script.popleft() if len(script) > 1 else script[0]


def client_for(http: HttpSender, clock: Clock | None = None, **options: Any) -> AuraClient:
    given: dict[str, Any] = {
        "api_url": URL,
        "credentials": CREDENTIALS,
        "calls_per_minute": 10_000,
        "user_agent": "test/1",
    } | options
    return AuraClient(clock=clock or FakeClock(), http=http, **given)


def chain(raised: BaseException | None) -> list[BaseException]:
    """The error and everything chained to it."""
    seen: list[BaseException] = []
    while raised is not None and raised not in seen:
        seen.append(raised)
        raised = raised.__cause__ or raised.__context__
    return seen


def everything_in(raised: BaseException) -> str:
    """All text that a log, a traceback or a curious reader could get out of an error."""
    return "\n".join(
        f"{error!s} {error!r} {error.args!r} {vars(error)!r}" for error in chain(raised)
    )
