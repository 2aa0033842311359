"""Updating: only what changed is sent, one operation after the other, on the same instance."""

import pytest

from pulumi_neo4j_aura.errors import Refused, Rejected, Transient
from pulumi_neo4j_aura.resources.core.instance_request import update
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID
from support.resources import (
    apply,
    asked,
    changing,
    checked,
    instance_inputs,
    live,
    make_ready,
    refresh,
    request,
    up,
)

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def state(services, at_once):
    return up(services, instance_inputs())


def sent(control):
    """What was accepted that changes something: method and last part of the path."""
    return [
        (each["method"], each["path"].rpartition("/")[2])
        for each in control.requests(mutating=True)
        if each["status"] < 400
    ]


def test_a_rename_is_one_patch(services, control, state):
    """And is done when it is answered."""
    control.reset_requests()
    apply(services, state, instance_inputs(name="invoices"))

    assert live(control, state.id)["name"] == "invoices"
    assert state.ready["name"] == "invoices"
    assert changing(control) == [("PATCH", f"/v1/instances/{state.id}")]


def test_a_resize_is_waited_for(services, control, state):
    """Whoever depends on the instance wants the new size."""
    control.change_switches(operation_seconds=0.1)
    apply(services, state, instance_inputs(memory="4GB"))
    assert live(control, state.id)["memory"] == "4GB"
    assert live(control, state.id)["status"] == "running"


def test_several_changes_go_in_order(services, control, state):
    """Sizes before the name, the pause last: a refused size must not hide behind a rename."""
    control.reset_requests()
    apply(services, state, instance_inputs(name="invoices", memory="4GB", paused=True))

    now = live(control, state.id)
    assert (now["name"], now["memory"], now["status"]) == ("invoices", "4GB", "paused")
    assert sent(control) == [("PATCH", state.id), ("PATCH", state.id), ("POST", "pause")]


def test_a_paused_instance_is_resumed_before_it_is_changed(services, control, state):
    """Aura changes the size of a running instance only."""
    apply(services, state, instance_inputs(paused=True))
    control.reset_requests()

    apply(services, state, instance_inputs(paused=False, memory="4GB"))

    assert sent(control) == [("POST", "resume"), ("PATCH", state.id)]
    assert live(control, state.id)["status"] == "running"


def test_everything_that_can_change_in_place_does(services, control):
    """One instance of the tier that has it all."""
    declared = {"type": "business-critical", "memory": "4GB"}
    state = up(services, instance_inputs(**declared))
    wanted = {
        "storage": "16GB",
        "vector_optimized": True,
        "secondaries_count": 2,
        "cdc_enrichment_mode": "DIFF",
    }

    apply(services, state, instance_inputs(**declared, **wanted))

    now = live(control, state.id)
    assert {key: now[key] for key in wanted} == wanted


def test_the_upgrade_happens_in_place(services, control, state):
    """Same id, same password; nothing is created or deleted."""
    before = dict(state.outputs)
    control.reset_requests()

    apply(services, state, instance_inputs(type="business-critical"))

    assert live(control, state.id)["type"] == "business-critical"
    assert sent(control) == [("POST", "upgrade")]
    assert state.outputs["instance_id"] == before["instance_id"]
    assert state.outputs["password"] == before["password"]


def test_an_upgrade_with_new_sizes_and_what_only_the_new_type_has(services, control, state):
    """Each in an order that Aura takes."""
    program = instance_inputs(
        type="business-critical", memory="4GB", storage="8GB", secondaries_count=1
    )
    apply(services, state, program)
    now = live(control, state.id)
    assert (now["type"], now["memory"], now["secondaries_count"]) == ("business-critical", "4GB", 1)


# --- only what changed ----------------------------------------------------------------------------


def test_what_the_program_left_alone_is_not_reverted(services, control, state):
    """`ignore_changes` on memory: the program's value is the state's, the live one stays."""
    control.change_instance(state.id, memory="8GB")
    control.reset_requests()

    apply(services, state, instance_inputs(name="invoices"))

    assert live(control, state.id)["memory"] == "8GB"
    assert live(control, state.id)["name"] == "invoices"
    assert changing(control) == [("PATCH", f"/v1/instances/{state.id}")]


def test_an_ignored_drift_that_a_refresh_wrote_down_is_not_reverted_either(
    services, control, state
):
    """The engine then passes the refreshed value as the program's."""
    control.change_instance(state.id, memory="8GB")
    refresh(services, state)

    apply(services, state, instance_inputs(name="invoices", memory="8GB"))

    assert live(control, state.id)["memory"] == "8GB"


def test_a_drift_that_is_not_ignored_is_repaired(services, control, state):
    """Refresh shows it, `up` brings back what is declared."""
    control.change_instance(state.id, memory="8GB", name="renamed by hand")
    refresh(services, state)

    apply(services, state, instance_inputs())

    now = live(control, state.id)
    assert (now["memory"], now["name"]) == ("2GB", "orders")


def test_a_setting_that_is_no_longer_managed_is_left_as_it_is(services, control):
    """Taking `paused` out of the program does not resume anything."""
    state = up(services, instance_inputs(paused=True))
    control.reset_requests()

    apply(services, state, instance_inputs())

    assert live(control, state.id)["status"] == "paused"
    assert changing(control) == []


QUIET = {
    "deletion_protection": {"deletion_protection": False},
    "wait_timeout": {"wait_timeout": "2h"},
    "on_orphan": {"on_orphan": "replace"},
    "delete_adopted": {"delete_adopted": True},
    "password_override": {"password_override": "another"},
}


@pytest.mark.parametrize("changes", QUIET.values(), ids=QUIET)
def test_what_only_pulumi_knows_sends_nothing(services, control, state, changes):
    """Not even a look: the instance is not concerned."""
    ready = dict(state.ready)
    control.reset_requests()

    apply(services, state, instance_inputs(**changes))

    assert asked(control) == []
    assert changes.items() <= state.outputs.items()
    assert state.outputs["operation"]["id"] == ready["operation"]["id"]


def test_outputs_stay_complete(services, state):
    """The engine keeps nothing that an update does not return."""
    before = dict(state.outputs)
    apply(services, state, instance_inputs(memory="4GB"))
    assert state.outputs.keys() == before.keys()
    changed = {key for key, value in before.items() if state.outputs[key] != value}
    assert changed == {"memory", "operation"}


def test_a_password_of_ones_own_becomes_the_password(services, state):
    """And without one, the initial password stays for good."""
    initial = state.outputs["password"]
    apply(services, state, instance_inputs(name="invoices"))
    assert state.outputs["password"] == initial
    apply(services, state, instance_inputs(name="invoices", password_override="set by hand"))
    assert state.outputs["password"] == "set by hand"


def test_a_change_makes_readiness_look_again(services, state):
    """A new operation: the outputs of the component are of the changed instance."""
    before = state.ready["operation"]["id"]
    apply(services, state, instance_inputs(name="invoices"))
    assert state.ready["operation"]["id"] != before
    assert state.ready["operation"]["settings"] == {"name": "invoices"}


def test_a_creation_that_was_never_finished_is_finished_by_an_update(machine, control):
    """Its readiness died; then the program was edited."""
    state = request(machine.process(), instance_inputs(paused=True))

    apply(machine.process(), state, instance_inputs(paused=True, memory="4GB"))

    now = live(control, state.id)
    assert (now["name"], now["memory"], now["status"]) == ("orders", "4GB", "paused")


# --- refusals -------------------------------------------------------------------------------------


def test_a_refused_resize_is_an_error_and_changes_nothing(services, control, state):
    """The project no longer offers it, or the data would not fit."""
    reason = {"errors": [{"message": "too small", "reason": "invalid-memory-size"}]}
    control.add_fault("status", "PATCH", status=400, body=reason)
    program = instance_inputs(memory="4GB", name="invoices")
    inputs = checked(services, program, state.inputs)
    before = dict(state.outputs)

    with pytest.raises(Rejected, match="too small"):
        update(services, state.id, state.outputs, inputs)

    assert state.outputs == before
    now = live(control, state.id)
    assert (now["name"], now["memory"]) == ("orders", "2GB")

    control.clear_faults()
    apply(services, state, program)
    assert live(control, state.id)["name"] == "invoices"


def test_an_instance_that_is_gone_cannot_be_updated(services, control, state):
    """A refresh puts it right; creating it in an update would leave the old id in the state."""
    control.vanish(state.id)
    inputs = checked(services, instance_inputs(name="invoices"), state.inputs)

    with pytest.raises(Refused, match="pulumi refresh") as caught:
        update(services, state.id, state.outputs, inputs)

    assert state.id in str(caught.value)


def test_an_instance_that_cannot_be_seen_is_not_changed(services, control, state):
    """Nobody knows what it has."""
    inputs = checked(services, instance_inputs(name="invoices"), state.inputs)
    control.add_fault("status", "GET", f"/v1/instances/{state.id}", status=500, times=0)
    control.reset_requests()

    with pytest.raises(Transient):
        update(services, state.id, state.outputs, inputs)

    assert changing(control) == []


def test_a_busy_instance_is_waited_for(services, control, state):
    """Somebody's restore goes first."""
    control.change_instance(state.id, locked_seconds=0.2)
    apply(services, state, instance_inputs(memory="4GB"))
    assert live(control, state.id)["memory"] == "4GB"


def test_a_lost_answer_of_a_change_is_no_success(services, control, state):
    """The next run looks at what the instance has and sends what is missing."""
    control.add_fault("lost_answer", "PATCH")
    inputs = checked(services, instance_inputs(memory="4GB"), state.inputs)

    with pytest.raises(Transient):
        update(services, state.id, state.outputs, inputs)
    control.reset_requests()
    apply(services, state, instance_inputs(memory="4GB"))

    assert live(control, state.id)["memory"] == "4GB"
    assert changing(control) == [], "it had taken effect"


@pytest.mark.parametrize(
    "place",
    [{"AURA_API_URL": "https://api.neo4j.io"}, {"AURA_PROJECT_ID": DEVELOPMENT_PROJECT_ID}],
)
def test_another_place_is_refused_before_anything_is_asked(machine, control, place):
    """An id of one place means another instance, or none, in another."""
    home = machine.process(AURA_PROJECT_ID=PRODUCTION_PROJECT_ID)
    state = make_ready(home, request(home, instance_inputs()))
    inputs = checked(home, instance_inputs(name="invoices"), state.inputs)
    control.reset_requests()

    with pytest.raises(Refused, match="Nothing was read, changed or deleted"):
        update(machine.process(**place), state.id, state.outputs, inputs)

    assert control.requests() == []
