"""Worlds in which something is wrong: each arrangement gives the call that meets it."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import instance_request, snapshot
from support.emulator import (
    PRODUCTION_PROJECT_ID,
    EmulatorControl,
)
from support.resources import (
    Machine,
    State,
    checked,
    completed_snapshot,
    existing_instance,
    instance_inputs,
    instance_source,
    make_ready,
    plant,
    quick_sender,
    request,
    snapshot_source,
    up,
)

Action = Callable[[], object]

WRONG_SECRET = "not-the-right-secret"


class Recorder:
    """Passes requests on and remembers the tokens that it saw."""

    def __init__(self, inner):
        self.inner = inner
        self.tokens: set[str] = set()

    def send(self, method, url, *, headers, **options):
        self.tokens.add(headers.get("Authorization", "").removeprefix("Bearer "))
        return self.inner.send(method, url, headers=headers, **options)

    def close(self):
        """Nothing of its own is open."""


@dataclass
class World:
    """What an arrangement works with."""

    control: EmulatorControl
    machine: Machine
    recorder: Recorder

    def process(self, **changes: str) -> Services:
        return self.machine.process(sender=self.recorder, **changes)

    def created(self, **changes) -> State:
        """An instance in the state, running."""
        self.control.change_switches(operation_seconds=0)
        state = up(self.process(), instance_inputs(**changes))
        self.control.change_switches(operation_seconds=0.1)
        return state

    def creating(self, services: Services | None = None, **changes) -> Action:
        """A create whose check was passed before the world changed."""
        inputs = checked(self.process(), instance_inputs(**changes))
        return lambda: instance_request.create(services or self.process(), inputs)

    def reading(self, state: State, **changes: str) -> Action:
        return lambda: instance_request.read(self.process(**changes), state.id, state.outputs)


# --- the arrangements -----------------------------------------------------------------------------


def wrong_credentials(world: World) -> Action:
    services = world.process(AURA_CLIENT_SECRET=WRONG_SECRET)
    return lambda: instance_request.check(services, {}, instance_inputs())


def missing_credentials(world: World) -> Action:
    services = world.process(AURA_CLIENT_ID="", AURA_CLIENT_SECRET="")
    return lambda: instance_request.check(services, {}, instance_inputs())


def revoked_credentials(world: World) -> Action:
    world.control.add_credential("other", WRONG_SECRET)
    other = {"AURA_CLIENT_ID": "other", "AURA_CLIENT_SECRET": WRONG_SECRET}
    state = world.created()
    services = world.process(**other)
    instance_request.read(services, state.id, state.outputs)
    world.control.drop_credential("other")
    return lambda: instance_request.read(services, state.id, state.outputs)


def wrong_project(world: World) -> Action:
    inputs = checked(world.process(), instance_inputs())
    inputs["project_id"] = "a0000000-0000-4000-8000-00000000dead"
    return lambda: instance_request.create(world.process(), inputs)


def another_api(world: World) -> Action:
    return world.reading(world.created(), AURA_API_URL="https://api.neo4j.io")


def exhausted_quota(world: World) -> Action:
    create = world.creating()
    world.control.change_project(PRODUCTION_PROJECT_ID, max_instances=0)
    return create


def no_billing(world: World) -> Action:
    create = world.creating()
    world.control.change_project(PRODUCTION_PROJECT_ID, billing=False)
    return create


def only_a_viewer(world: World) -> Action:
    world.control.add_credential("viewer", WRONG_SECRET, role="project-viewer")
    viewer = world.process(AURA_CLIENT_ID="viewer", AURA_CLIENT_SECRET=WRONG_SECRET)
    return world.creating(viewer)


def snapshot_not_exportable(world: World) -> Action:
    source = existing_instance(world.process(), world.control)
    plant(world.control, source, "snap-1")
    create = world.creating(source=snapshot_source(source, "snap-1"))
    world.control.change_snapshot("snap-1", exportable=False)
    return create


def snapshot_of_another_instance(world: World) -> Action:
    source = existing_instance(world.process(), world.control)
    other = existing_instance(world.process(), world.control, name="other")
    plant(world.control, source, "snap-1")
    inputs = checked(world.process(), instance_inputs(source=snapshot_source(source, "snap-1")))
    inputs["provenance"]["instance_id"] = other
    return lambda: instance_request.create(world.process(), inputs)


def source_too_large(world: World) -> Action:
    source = existing_instance(world.process(), world.control)
    create = world.creating(source=instance_source(source))
    world.control.change_instance(source, memory="8GB", storage="16GB")
    return create


def name_clash(world: World) -> Action:
    create = world.creating()
    existing_instance(world.process(), world.control, name="orders")
    return create


def busy_for_too_long(world: World) -> Action:
    state = world.created()
    world.control.change_instance(state.id, locked_seconds=60)
    news = instance_inputs(memory="4GB", wait_timeout="1s")
    inputs = checked(world.process(), news, state.inputs)
    return lambda: instance_request.update(world.process(), state.id, state.outputs, inputs)


def throttled_for_ten_minutes(world: World) -> Action:
    create = world.creating()
    world.control.add_fault("status", "POST", "/v1/instances", status=429, retry_after=600, times=0)
    return create


def throttled_again_and_again(world: World) -> Action:
    state = world.created()
    world.control.add_fault("status", "GET", f"/v1/instances/{state.id}", status=429, times=0)
    return world.reading(state)


def read_meeting(**fault) -> Callable[[World], Action]:
    def arrange(world: World) -> Action:
        state = world.created()
        world.control.add_fault(method="GET", path=f"/v1/instances/{state.id}", times=0, **fault)
        return world.reading(state)

    return arrange


def create_meeting(**fault) -> Callable[[World], Action]:
    def arrange(world: World) -> Action:
        create = world.creating()
        world.control.add_fault(method="POST", path="/v1/instances", times=0, **fault)
        return create

    return arrange


def read_times_out(world: World) -> Action:
    state = world.created()
    world.control.add_fault("delay", "GET", f"/v1/instances/{state.id}", times=0, seconds=0.5)
    world.recorder.inner = quick_sender(timeout_seconds=0.05)
    return world.reading(state)


def nothing_listens(world: World) -> Action:
    state = world.created()
    state.outputs["api_url"] = "http://127.0.0.1:9"
    return world.reading(state, AURA_API_URL="http://127.0.0.1:9")


def instance_ends_failed(world: World) -> Action:
    world.control.plan_operation("create", ending="failed")
    state = request(world.process(), instance_inputs())
    return lambda: make_ready(world.process(), state)


def instance_never_ends(world: World) -> Action:
    world.control.plan_operation("create", ending="stuck")
    state = request(world.process(), instance_inputs(wait_timeout="1s"))
    return lambda: make_ready(world.process(), state)


def snapshot_fails(world: World) -> Action:
    source = existing_instance(world.process(), world.control)
    world.control.plan_operation("snapshot", ending="failed")
    return lambda: completed_snapshot(world.process(), source)


def snapshot_needs_payment(world: World) -> Action:
    source = existing_instance(world.process(), world.control)
    world.control.change_switches(payment_required=True)
    return lambda: completed_snapshot(world.process(), source)


def snapshot_read_forbidden(world: World) -> Action:
    source = existing_instance(world.process(), world.control)
    outputs = completed_snapshot(world.process(), source)
    world.control.add_fault(
        "status", "GET", path=".*/snapshots/.*", status=403, reason="unauthorized", times=0
    )
    return lambda: snapshot.read(world.process(), outputs["snapshot_id"], outputs)
