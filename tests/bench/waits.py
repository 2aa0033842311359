"""Requests of one instance from a snapshot, from create to ready, and how late ready is noticed.

The real core (`instance_request`, then `instance_readiness`) with the real client speaks to the
emulator. Time is injected: the emulator's clock stands still, and each sleep of the core moves it
by as much, so that an operation of ten minutes takes a moment and lateness is exact. Requests take
no time on that clock. Every count begins with a client of its own, as every process does, and so
has a token of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from bench.figures import Figure
from bench.traffic import Traffic, since_reset
from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import instance_readiness, instance_request
from pulumi_neo4j_aura.resources.core.values import Properties
from pulumi_neo4j_aura.settings import Credentials, Settings
from pulumi_neo4j_aura.vault.journal import Journal
from support.emulator import (
    PRODUCTION_PROJECT_ID,
    EmulatorControl,
    EmulatorProcess,
    running_emulator,
)

NAME = "waits"

#: Most requests from create to ready, by the operation's seconds.
REQUEST_LIMITS = {30: 15, 600: 45}

#: Seconds shown one by one: on a look, just after one, and just before and after ten minutes.
DURATIONS = (30, 31, 95, 599, 600, 601)

#: Seconds of the sweep that looks for the worst lateness: no step of it is a gap between looks.
SWEEP = range(1, 900, 31)

ORDERS = {
    "cloud_provider": "gcp",
    "region": "europe-west1",
    "type": "professional-db",
    "memory": "2GB",
    "version": "5",
}


class SharedClock:
    """The core's clock and the emulator's frozen one, moved together by sleeping."""

    def __init__(self, control: EmulatorControl) -> None:
        self._control = control
        self._start = control.now()
        self._passed = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._start + self._passed, UTC)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        self._control.advance_clock(seconds)
        self._passed += seconds


@dataclass(frozen=True)
class Origin:
    """Where the instances come from."""

    instance_id: str
    snapshot_id: str


@dataclass(frozen=True)
class Wait:
    """One create that was followed to its end."""

    seconds: float
    checked: Traffic
    created: Traffic
    late: float

    @property
    def allowed(self) -> float:
        """Seconds that ready may be noticed late."""
        return max(3.0, 0.1 * self.seconds)


def measure() -> Iterator[Figure]:
    """Requests and lateness for each duration, the sweep's worst, and what `check` asks."""
    with running_emulator(operation_seconds=30) as emulator:
        emulator.control.freeze_clock()
        origin = _origin(emulator)
        waits = [_wait(emulator, origin, seconds) for seconds in DURATIONS]
        swept = [_wait(emulator, origin, seconds) for seconds in SWEEP]
        newest = _check(emulator, _values(origin, "newest", snapshot=False))
    yield from map(_requests, waits)
    yield from map(_lateness, waits)
    yield _worst(swept)
    yield _checks("explicit snapshot", waits[0].checked)
    yield _checks("newest snapshot", newest)


def _requests(wait: Wait) -> Figure:
    return Figure(
        NAME,
        f"requests, create to ready, {wait.seconds:g} s",
        wait.created.calls,
        limit=REQUEST_LIMITS.get(int(wait.seconds)),
        tokens=wait.created.tokens,
        note=str(wait.created),
    )


def _lateness(wait: Wait) -> Figure:
    return Figure(NAME, f"late by, {wait.seconds:g} s", wait.late, " s", limit=wait.allowed)


def _worst(waits: list[Wait]) -> Figure:
    worst = max(waits, key=lambda wait: wait.late / wait.allowed)
    return Figure(
        NAME,
        f"late by, to what is allowed, worst of {len(waits)}",
        worst.late / worst.allowed,
        "x",
        limit=1.0,
        note=f"{worst.late:.1f} s at {worst.seconds:g} s, of {SWEEP[0]} to {SWEEP[-1]} s",
    )


def _checks(what: str, traffic: Traffic) -> Figure:
    return Figure(
        NAME, f"requests of check, {what}", traffic.calls, tokens=traffic.tokens, note=str(traffic)
    )


def _origin(emulator: EmulatorProcess) -> Origin:
    """A running instance with the snapshot that Aura takes of every new one."""
    body = {**ORDERS, "name": "orders", "tenant_id": PRODUCTION_PROJECT_ID}
    with emulator.api() as api:
        made = api.post("/instances", json=body).raise_for_status().json()["data"]["id"]
    # Twice: the snapshot begins when the instance first runs.
    for _ in range(2):
        emulator.control.advance_clock(minutes=5)
        emulator.control.instances()
    (snapshot,) = emulator.control.snapshots(made)
    return Origin(made, str(snapshot["snapshot_id"]))


def _values(origin: Origin, name: str, *, snapshot: bool = True) -> Properties:
    """What the component hands to its request half."""
    source = {"kind": "snapshot", "instance_id": origin.instance_id, "explicit": True}
    chosen = {"snapshot_id": origin.snapshot_id} if snapshot else {"newest": {"exportable": True}}
    owner = naming.owner("organization", "bench", "bench", "", "Instance", name)
    return {**ORDERS, "name": name, "source": {**source, **chosen}, "owner": owner}


def _check(emulator: EmulatorProcess, values: Properties) -> Traffic:
    """What a process asks that only checks, as a preview does."""
    with _core(emulator) as core:
        emulator.control.reset_requests()
        core.check(values)
        return since_reset(emulator.control)


def _wait(emulator: EmulatorProcess, origin: Origin, seconds: float) -> Wait:
    control = emulator.control
    control.change_switches(operation_seconds=seconds)
    values = _values(origin, f"orders-{seconds:g}")
    checked = _check(emulator, values)
    with _core(emulator) as core:
        inputs = core.check(values)
    with _core(emulator) as core:
        control.reset_requests()
        took = core.create_and_wait(inputs)
    wait = Wait(seconds, checked, since_reset(control), took - seconds)
    control.vanish(core.made)
    return wait


class Core:
    """The core's functions with services of their own, as a plugin process has them."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.made = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._services.client.close()

    def check(self, values: Properties) -> Properties:
        """Inputs as the engine would get them back."""
        checked = instance_request.check(self._services, {}, values)
        if checked.failures:
            raise RuntimeError(f"the benchmark's inputs are wrong: {checked.failures}")
        return checked.inputs

    def create_and_wait(self, inputs: Properties) -> float:
        """Both halves; the seconds from the create to ready on the shared clock."""
        began = self._services.clock.monotonic()
        made = instance_request.create(self._services, inputs)
        self.made = made.id
        wanted = {key: made.outputs[key] for key in ("instance_id", "api_url", "operation")}
        ready = instance_readiness.create(self._services, wanted)
        if ready.outputs["status"] != "running":
            raise RuntimeError(f"not ready: {ready.outputs}")
        return self._services.clock.monotonic() - began


def _core(emulator: EmulatorProcess) -> Core:
    """Assembled as `bootstrap` does it, but for the clock."""
    clock = SharedClock(emulator.control)
    settings = Settings(
        api_url=emulator.url,
        credentials=Credentials(emulator.client_id, emulator.client_secret),
        project_id=PRODUCTION_PROJECT_ID,
    )
    client = AuraClient(api_url=settings.api_url, credentials=settings.credentials, clock=clock)
    journal = Path(tempfile.mkdtemp(dir=emulator.state, prefix="journal-"))
    return Core(
        Services(
            client=client,
            journal=Journal(journal, clock),
            clock=clock,
            settings=settings,
            listing=Listing(client.instances.list, clock),
            projects=Projects(client.projects.get),
            report=lambda _line: None,
            warn=lambda _line: None,
        )
    )
