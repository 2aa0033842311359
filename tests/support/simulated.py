"""A whole world in one process: the emulator's control plane, a vault in memory, one moved clock.

world = Simulated(tmp_path)
orders = world.instance("orders", "business-critical")
world.pass_time(days=1)
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aura_emulator.control_plane import lifecycle
from aura_emulator.server import create_app
from aura_emulator.settings import Settings as EmulatorSettings
from aura_emulator.switches import Switches
from pulumi_neo4j_aura.aura.client import AuraClient, default_user_agent
from pulumi_neo4j_aura.aura.wire import HttpAnswer, NoAnswer
from pulumi_neo4j_aura.domain.instance import NewInstance
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.exports import choice
from pulumi_neo4j_aura.execution.exports.choice import CLONE, Request
from pulumi_neo4j_aura.execution.exports.making import Exported
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.progress import Progress
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.settings import Credentials, Polling, Settings
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.journal import Journal
from pulumi_neo4j_aura.vault.manifest import InstanceFacts, Manifest, SnapshotFacts
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.emulator import CLIENT_ID, CLIENT_SECRET, PRODUCTION_PROJECT_ID

URL = "http://127.0.0.1:1"  # nobody is asked there: the sender below goes straight to the emulator
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TOOL = default_user_agent()
#: One operation of the emulator; the clock moves by at least this in every wait.
OPERATION_SECONDS = 10.0


class StraightSender:
    """An `HttpSender` that calls the emulator's application without a socket.

    Without a socket nothing in the application waits but the fault `delay`, which is not for here:
    it would wait for real. So a request is one step of its coroutine, and needs no event loop.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.sent: list[tuple[str, str]] = []

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
        path = url.removeprefix(URL)
        with self._lock:
            self.sent.append((method, path))
            return _at_once(self._call(_scope(method, path, headers, params, auth), content or b""))

    async def _call(self, scope: dict[str, Any], body: bytes) -> HttpAnswer:
        answer: dict[str, Any] = {"status": 0, "headers": {}, "body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                answer["headers"] = {k.decode().lower(): v.decode() for k, v in message["headers"]}
            else:
                answer["body"] += message.get("body", b"")

        try:
            await self._app(scope, receive, send)
        except RuntimeError:
            raise  # what wants an event loop; no fault raises this
        except Exception as error:  # noqa: BLE001 - a fault that cuts the connection ends the application
            raise NoAnswer(type(error).__name__) from None
        if not answer["status"]:
            raise NoAnswer("no answer")
        return HttpAnswer(answer["status"], answer["headers"], answer["body"])

    def close(self) -> None:
        """Nothing is held."""


def _at_once(call: Coroutine[Any, Any, HttpAnswer]) -> HttpAnswer:
    """What a coroutine returns that waits for nothing."""
    try:
        call.send(None)
    except StopIteration as ended:
        answer: HttpAnswer = ended.value
        return answer
    finally:
        call.close()
    raise RuntimeError("the application waited for something")


def _scope(
    method: str,
    path: str,
    headers: Mapping[str, str],
    params: Mapping[str, str] | None,
    auth: tuple[str, str] | None,
) -> dict[str, Any]:
    lines = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    lines.append((b"host", b"127.0.0.1"))
    if auth is not None:
        token = base64.b64encode(":".join(auth).encode())
        lines.append((b"authorization", b"Basic " + token))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(params or {}).encode(),
        "root_path": "",
        "headers": lines,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
    }


class SharedClock:
    """The tool's clock and the emulator's, moved together; sleeping moves both at once."""

    def __init__(self, aura: Any, start: datetime = START) -> None:
        self._aura = aura
        self._lock = threading.Lock()
        self.skew = timedelta()
        #: Called whenever time has passed.
        self.passed: list[Callable[[], None]] = []
        aura.clock.frozen_at = start.timestamp()
        aura.clock.move(start.timestamp())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._aura.now(), UTC) + self.skew

    def monotonic(self) -> float:
        return float(self._aura.now())

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._aura.clock.move(self._aura.now() + max(seconds, 0.001))
        for call in tuple(self.passed):
            call()


@dataclass
class Simulated:
    """The world. Nothing in it waits for real."""

    home: Path
    target: str = "memory:///vault"
    rate_limit: int = 0
    switches: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        values = {
            "operation_seconds": OPERATION_SECONDS,
            "rate_limit": self.rate_limit,
            **self.switches,
        }
        self.app = create_app(EmulatorSettings(switches=Switches(**values)))
        self.aura = self.app.state.aura
        self.clock = SharedClock(self.aura)
        self.sender = StraightSender(self.app)
        self.vault = Vault(open_store(self.target))
        self.vault.claim(self.clock.now())

    def close(self) -> None:
        self.sender.close()
        self.aura.store.close()

    # time

    def pass_time(self, **span: float) -> None:
        """Let time pass for everybody."""
        self.clock.sleep(timedelta(**span).total_seconds())

    # processes

    def settings(self) -> Settings:
        return Settings(
            api_url=URL,
            credentials=Credentials(CLIENT_ID, CLIENT_SECRET),
            project_id=PRODUCTION_PROJECT_ID,
            calls_per_minute=100_000,
            polling=Polling(5.0, 0.1),
            state_dir=self.home,
        )

    def services(self, sender: Any = None) -> Services:
        """What a fresh process of this machine has."""
        loaded = self.settings()
        client = AuraClient(
            api_url=URL,
            credentials=loaded.credentials,
            clock=self.clock,
            calls_per_minute=loaded.calls_per_minute,
            http=sender or self.sender,
            user_agent=TOOL,
        )
        return Services(
            client=client,
            journal=Journal(loaded.state_dir / "journal", self.clock),
            clock=self.clock,
            settings=loaded,
            listing=Listing(client.instances.list, self.clock, keep_seconds=0),
            projects=Projects(client.projects.get),
            report=self.lines.append,
            warn=self.lines.append,
        )

    # the world

    def instance(self, name: str, kind: str = "professional-db", memory: str = "8GB") -> str:
        """A running instance with its first snapshot; its id."""
        made = self.services().client.instances.create(
            NewInstance(
                project_id=PRODUCTION_PROJECT_ID,
                name=name,
                cloud_provider="gcp",
                region="europe-west1",
                type=kind,
                version="5",
                memory=memory,
            )
        )
        self.pass_time(seconds=3 * OPERATION_SECONDS)
        return made.id

    def instances(self) -> dict[str, str]:
        """Names of what exists, by id."""
        return {each.id: each.name for each in self.aura.store.instances()}

    def vanish(self, instance_id: str) -> None:
        """The instance is gone at once, as if somebody had destroyed it elsewhere."""
        found = next(each for each in self.aura.store.instances() if each.id == instance_id)
        lifecycle.vanish(self.aura, found)

    def mutations(self) -> list[tuple[str, str]]:
        """Every changing request of the API so far."""
        return [(m, p) for m, p in self.sender.sent if m != "GET" and "/oauth" not in p]


def tiny_export(services: Services, request: Request, vault: Vault, progress: Progress) -> Exported:
    """An export of no data: clone, manifest, and the clone gone, as the real one does it."""
    made = choice.choose(services, request)
    there = vault.find(made.export_id, made.origin.id)
    if there is None:
        began = services.clock.now()
        if made.method == CLONE and made.snapshot is not None:
            clones.make(services, made.origin, made.snapshot.id, made.export_id)
        there = _manifest(made, began, services.clock.now())
        if not vault.commit(there):
            there = vault.read(there.key)
    left = clones.known(services, made.export_id)
    if left is not None:
        clones.remove(services, made.origin.project_id, left, made.export_id)
    return Exported(there, True, made, 1.0, None, 60.0)


def _manifest(made: choice.Choice, began: datetime, ended: datetime) -> Manifest:
    origin, snapshot = made.origin, made.snapshot
    moment = (snapshot.timestamp if snapshot else None) or began
    folder = layout.export_folder(origin.id, origin.name, moment, made.copy_id)
    return Manifest(
        key=f"{folder}/{layout.MANIFEST}",
        export_id=made.export_id,
        instance=InstanceFacts(
            origin.id,
            origin.name,
            origin.project_id,
            origin.type,
            origin.memory or "",
            origin.cloud_provider,
            origin.region,
        ),
        snapshot=SnapshotFacts(snapshot.id, moment.isoformat(), snapshot.profile)
        if snapshot
        else None,
        method=made.method,
        consistent=made.method == CLONE,
        began_at=began.isoformat(),
        completed_at=ended.isoformat(),
        parts=(),
        schema={},
        counts={"nodes": 0, "relationships": 0},
        fingerprint={},
        tool=TOOL,
    )
