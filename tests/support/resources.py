"""What tests of the resources' cores need: machines, sample inputs, and a tiny engine.

`Machine` is a computer with a journal of its own; each `process()` on it begins with empty
memories, as a plugin process does. `up` and `apply` do what the engine does between a program and
the cores: check, diff, create or update, and the readiness half after the request half.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pulumi_neo4j_aura import settings
from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.transport import HttpxSender
from pulumi_neo4j_aura.aura.wire import HttpSender
from pulumi_neo4j_aura.execution.listing import Listing
from pulumi_neo4j_aura.execution.projects import Projects
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import instance_readiness, instance_request, snapshot
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs
from pulumi_neo4j_aura.resources.core.results import Checked, Found, Partial
from pulumi_neo4j_aura.vault.journal import Journal
from support.emulator import (
    CLIENT_SECRET,
    DEVELOPMENT_PROJECT_ID,
    PRODUCTION_PROJECT_ID,
    EmulatorControl,
    EmulatorProcess,
    running_emulator,
)

Properties = dict[str, Any]

#: Seconds that an operation of the emulator takes.
OPERATION = 0.1

OWNER = "0a1b2c3d"

TYPES = ["free-db", "professional-db", "business-critical"]


class HastyClock:
    """The machine's clock, but a sleep never really lasts longer than a hundredth of a second.

    The rest of a sleep is added to the monotonic time, so that patience and repeats count as they
    would, and a test of a broken service does not take the half minute that one is endured for.
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        really = min(seconds, 0.01)
        time.sleep(really)
        with self._lock:
            self._skipped += seconds - really


def environment(url: str, home: Path, **changes: str) -> dict[str, str]:
    """The variables of a quick test: names as users set them."""
    return {
        "AURA_API_URL": url,
        "AURA_CLIENT_ID": "emulator-client",
        "AURA_CLIENT_SECRET": CLIENT_SECRET,
        "AURA_POLL_SECONDS": "0.05",
        "AURA_GONE_SECONDS": "0.05",
        "AURA_LOOK_SECONDS": "0.3",
        "AURA_CALLS_PER_MINUTE": "1000000",
        "XDG_STATE_HOME": str(home),
        **changes,
    }


@dataclass
class Machine:
    """One computer: a journal, settings, and what its processes reported and warned of."""

    url: str
    home: Path
    sender: HttpxSender
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def process(self, *, sender: HttpSender | None = None, **changes: str) -> Services:
        """Services as a fresh process has them; `changes` are environment variables."""
        loaded = settings.load(environ=environment(self.url, self.home, **changes))
        clock = HastyClock()
        client = AuraClient(
            api_url=loaded.api_url,
            credentials=loaded.credentials,
            clock=clock,
            calls_per_minute=loaded.calls_per_minute,
            http=sender or self.sender,
        )
        return Services(
            client=client,
            journal=Journal(loaded.state_dir / "journal", clock),
            clock=clock,
            settings=loaded,
            listing=Listing(client.instances.list, clock),
            projects=Projects(client.projects.get),
            report=self.lines.append,
            warn=self.warnings.append,
        )

    def journal_files(self, name: str = "*.json") -> list[Path]:
        """The journal's files of this name, of all owners."""
        return sorted(self.home.glob(f"pulumi-neo4j-aura/journal/*/*/{name}"))

    def forget(self) -> None:
        """Lose the journal, as a new machine or a fresh container does."""
        for path in self.journal_files():
            path.unlink()


def quick_sender(timeout_seconds: float = 30.0) -> HttpxSender:
    """Connections that a whole test session shares."""
    return HttpxSender(clock=HastyClock(), timeout_seconds=timeout_seconds, use_environment=False)


# --- fixtures -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def one_emulator() -> Iterator[EmulatorProcess]:
    """One process for all tests of a session; `control` gives a test its own world in it."""
    with running_emulator(operation_seconds=OPERATION) as process:
        yield process


@pytest.fixture(scope="session")
def sender() -> Iterator[HttpxSender]:
    """Opened once: reading the certificates takes longer than most tests."""
    common = quick_sender()
    yield common
    common.close()


@pytest.fixture
def control(one_emulator: EmulatorProcess) -> EmulatorControl:
    """An emulator as after its first start, with projects that offer three types.

    All six make an answer of a megabyte, which every process of every test would read.
    """
    one_emulator.control.reset()
    for project in (PRODUCTION_PROJECT_ID, DEVELOPMENT_PROJECT_ID):
        one_emulator.control.change_project(project, types=TYPES)
    return one_emulator.control


@pytest.fixture
def at_once(control: EmulatorControl) -> None:
    """Operations of the emulator end as soon as they have begun."""
    control.change_switches(operation_seconds=0)


@pytest.fixture
def machine(
    one_emulator: EmulatorProcess, control: EmulatorControl, sender: HttpxSender, tmp_path: Path
) -> Machine:
    """A machine with an empty journal."""
    return Machine(one_emulator.url, tmp_path / "home", sender)


@pytest.fixture
def other_machine(
    one_emulator: EmulatorProcess, control: EmulatorControl, sender: HttpxSender, tmp_path: Path
) -> Machine:
    """A second machine, which knows nothing of the first."""
    return Machine(one_emulator.url, tmp_path / "elsewhere", sender)


@pytest.fixture
def services(machine: Machine) -> Services:
    """One process on that machine."""
    return machine.process()


# --- sample inputs --------------------------------------------------------------------------------


def instance_inputs(**changes: Any) -> Properties:
    """A small Professional instance as a program declares it; a None leaves the input out."""
    values: Properties = {
        "name": "orders",
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "type": "professional-db",
        "memory": "2GB",
        "project_id": PRODUCTION_PROJECT_ID,
        "owner": OWNER,
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def snapshot_source(instance_id: Any, snapshot_id: Any = None, **more: Any) -> Properties:
    """What `from_snapshot` makes: an explicit id, or the newest that does."""
    values: Properties = {"kind": "snapshot", "instance_id": instance_id, "explicit": True, **more}
    if snapshot_id is not None:
        return {**values, "snapshot_id": snapshot_id}
    return {"newest": {"exportable": True}, **values}


def instance_source(instance_id: str) -> Properties:
    """What `from_instance` makes."""
    return {"kind": "instance", "instance_id": instance_id, "explicit": True}


# --- a tiny engine --------------------------------------------------------------------------------


@dataclass
class State:
    """What the engine's state holds of one instance: both halves."""

    id: str
    inputs: Properties
    outputs: Properties
    ready: Properties = field(default_factory=dict)


def checked(services: Services, news: Properties, olds: Properties | None = None) -> Properties:
    """The inputs that check lets through; a failure fails the test."""
    result = instance_request.check(services, olds or {}, news)
    assert result.failures == ()
    return result.inputs


def request(services: Services, news: Properties) -> State:
    """Only the request half: the instance as Aura accepted it."""
    inputs = checked(services, news)
    made = instance_request.create(services, inputs)
    return State(made.id, inputs, made.outputs)


def readiness_inputs(state: State) -> Properties:
    """What the component hands from the request half to the readiness half."""
    keys = ("instance_id", "api_url", "operation")
    return {key: state.outputs[key] for key in keys}


def make_ready(services: Services, state: State) -> State:
    """The readiness half: create the first time, update afterwards. Raises as the adapter does."""
    values = readiness_inputs(state)
    if state.ready:
        state.ready = instance_readiness.update(services, "ready", state.ready, values)
        return state
    made = instance_readiness.create(services, values)
    if isinstance(made, Partial):
        raise made.error
    state.ready = made.outputs
    return state


def up(services: Services, news: Properties) -> State:
    """Create an instance and wait for it."""
    return make_ready(services, request(services, news))


def refresh(services: Services, state: State) -> State:
    """What `pulumi refresh` writes into the state; the instance must be there."""
    found = instance_request.read(services, state.id, state.outputs)
    assert isinstance(found, Found)
    state.inputs, state.outputs = found.inputs, found.outputs
    return state


def apply(services: Services, state: State, news: Properties) -> State:
    """`pulumi up` of an existing instance; a replacement fails the test."""
    inputs = checked(services, news, state.inputs)
    assert instance_request.diff(state.outputs, inputs).replaces == ()
    if inputs != state.inputs:
        state.outputs = instance_request.update(services, state.id, state.outputs, inputs)
        state.inputs = inputs
    return make_ready(services, state)


def completed_snapshot(services: Services, instance_id: str, owner: str = "5a5a5a5a") -> Properties:
    """The outputs of a snapshot that was taken and is Completed."""
    values = {"instance_id": instance_id, "owner": owner, "wait_timeout": "30m"}
    return snapshot.create(services, values).outputs


# --- looking at what happened ---------------------------------------------------------------------


def failures(result: Checked) -> dict[str, str]:
    """Property → reason; a property must not fail twice."""
    found = {each.property: each.reason for each in result.failures}
    assert len(found) == len(result.failures)
    return found


def calls(control: EmulatorControl, method: str, path: str) -> int:
    """How many requests had exactly this method and path."""
    return sum(each["path"] == path for each in control.requests(method, path))


def asked(control: EmulatorControl) -> list[tuple[str, str]]:
    """Method and path of every request of the API, tokens aside."""
    return [
        (each["method"], each["path"])
        for each in control.requests()
        if each["path"].startswith("/v1")
    ]


def changing(control: EmulatorControl) -> list[tuple[str, str]]:
    """Method and path of every request that changes something."""
    return [(each["method"], each["path"]) for each in control.requests(mutating=True)]


def live(control: EmulatorControl, instance_id: str) -> Mapping[str, Any]:
    """The instance as the emulator has it, without asking over the API."""
    return next(each for each in control.instances() if each["id"] == instance_id)


def is_gone(control: EmulatorControl, instance_id: str) -> bool:
    """Whether the emulator has deleted it."""
    return all(each["id"] != instance_id for each in control.instances())


def settled(control: EmulatorControl, instance_id: str, status: str = "running") -> None:
    """Wait until an operation of the emulator is over."""
    until(lambda: live(control, instance_id)["status"] == status)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that happens elsewhere; a test fails if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


# --- worlds ---------------------------------------------------------------------------------------


def existing_instance(services: Services, control: EmulatorControl, **changes: Any) -> str:
    """A running instance that Pulumi does not know, without any snapshot; its id."""
    control.change_switches(first_snapshot=False)
    control.plan_operation("create", seconds=0)
    values = instance_inputs(**{"name": "production", "owner": "", **changes})
    new = InstanceInputs.model_validate(values)
    made = services.client.instances.create(instance_request._new_instance(new))
    return made.id


def ago(**span: float) -> str:
    """A moment that lies so far back, ISO 8601."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def plant(
    control: EmulatorControl, instance_id: str, snapshot_id: str, **fields: Any
) -> dict[str, Any]:
    """A Completed, exportable on-demand snapshot of an hour ago, unless told otherwise."""
    values = {"timestamp": ago(hours=1), "status": "Completed", "exportable": True, **fields}
    return control.plant_snapshot(instance_id, snapshot_id=snapshot_id, **values)
