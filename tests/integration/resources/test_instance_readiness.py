"""The readiness half: waits, gives the instance its name, and sends what Aura takes only later."""

from dataclasses import replace

import pytest

from pulumi_neo4j_aura.errors import OperationFailed, Refused, TimedOut
from pulumi_neo4j_aura.execution.services import Known
from pulumi_neo4j_aura.resources.core import instance_readiness, instance_request
from pulumi_neo4j_aura.resources.core.results import Found, Partial
from support.resources import (
    OWNER,
    asked,
    changing,
    checked,
    instance_inputs,
    live,
    make_ready,
    readiness_inputs,
    request,
    settled,
    up,
)


def critical(**changes):
    return instance_inputs(type="business-critical", memory="4GB", **changes)


def test_an_instance_is_ready_when_it_runs_under_its_own_name(services, control):
    """Then, and only then, do the component's outputs resolve."""
    state = up(services, instance_inputs())

    assert live(control, state.id)["name"] == "orders"
    assert state.ready["name"] == "orders"
    assert state.ready["status"] == "running"
    assert state.ready["connection_url"] == f"neo4j+s://{state.id}.databases.neo4j.io"


def test_it_has_an_id_of_its_own(services):
    """Two resources of one instance must be told apart in the state."""
    state = request(services, instance_inputs())
    made = instance_readiness.create(services, readiness_inputs(state))
    assert made.id == f"{state.id}-ready"


def test_the_address_is_known_although_aura_hides_it_while_creating(services, control):
    """`connection_url` is null until the instance runs."""
    state = request(services, instance_inputs())
    assert live(control, state.id)["connection_url"] is None
    assert make_ready(services, state).ready["connection_url"]


def test_what_create_does_not_take_is_sent_afterwards(services, control):
    """Secondaries and change capture are fields of PATCH only; the pause comes last."""
    state = up(services, critical(secondaries_count=2, cdc_enrichment_mode="FULL", paused=True))

    now = live(control, state.id)
    assert (now["secondaries_count"], now["cdc_enrichment_mode"]) == (2, "FULL")
    assert (now["status"], now["name"]) == ("paused", "orders")
    assert state.ready["status"] == "paused"
    path = f"/v1/instances/{state.id}"
    done = [each for each in changing(control) if each[1] != "/v1/instances"]
    accepted = [
        (each["method"], each["path"])
        for each in control.requests(mutating=True)
        if each["status"] < 400 and each["path"] != "/v1/instances"
    ]
    assert set(done) == set(accepted)
    assert accepted == [("PATCH", path)] * 3 + [("POST", f"{path}/pause")]


def test_an_instance_that_is_as_declared_gets_its_name_and_nothing_else(services, control):
    """`paused=False` and switched-off extras are what a new instance has anyway."""
    state = up(services, critical(secondaries_count=0, cdc_enrichment_mode="OFF", paused=False))
    assert changing(control)[1:] == [("PATCH", f"/v1/instances/{state.id}")]


def test_the_copy_of_the_password_on_disk_is_kept_while_it_waits(machine, control):
    """A backend that writes late may not have it yet; a kill in the wait must not lose it."""
    seen = []
    services = machine.process()
    control.freeze_clock()  # so that a slow machine sees the create under way too
    state = request(services, instance_inputs())

    def watch(_line):
        seen.append(len(machine.journal_files("answer.json")))
        control.thaw_clock()

    watching = replace(services, report=watch)

    make_ready(watching, state)

    assert set(seen) == {1}
    assert machine.journal_files("answer.json") == []
    assert len(machine.journal_files("outcome.json")) == 1


def test_no_journal_file_holds_the_password_afterwards(machine):
    """Not in the answer, not in the outcome, not in a draft."""
    state = up(machine.process(), instance_inputs())
    for path in machine.home.rglob("*"):
        assert path.is_dir() or state.outputs["password"] not in path.read_text()


@pytest.mark.parametrize("ending", ["failed", "stuck"])
def test_a_wait_that_ends_badly_closes_the_journal_entry_too(machine, control, ending):
    """It is in the state, whatever becomes of it."""
    control.plan_operation("create", ending=ending)
    services = machine.process()
    state = request(services, instance_inputs(wait_timeout="1s"))

    with pytest.raises((OperationFailed, TimedOut)):
        make_ready(services, state)

    assert machine.journal_files("answer.json") == []


@pytest.fixture
def never_ready(machine, control):
    """An instance in the state that failed before it got its name; its program and itself."""
    control.plan_operation("create", ending="failed")
    services = machine.process()
    program = instance_inputs(deletion_protection=False)
    state = request(services, program)
    with pytest.raises(OperationFailed):
        make_ready(services, state)
    return {**program, "generation": "2"}, state


def test_the_replacement_of_an_instance_that_never_got_ready_is_another_one(
    machine, control, never_ready
):
    """Given the old one again, the engine would delete it as the one that was replaced.

    The engine told by its diff what the state has: that one is no orphan, whatever its name.
    """
    program, first = never_ready
    services = machine.process()
    checked(services, program, first.inputs)
    services.in_state[OWNER] = Known(first.id)

    second = up(services, program)
    instance_request.delete(services, first.id, first.outputs)

    assert [each["id"] for each in control.instances()] == [second.id]


def test_a_protected_instance_is_not_replaced_by_an_option_that_check_cannot_see(services, control):
    """With replace_on_changes the engine creates first: refused before a second one is billed."""
    program = instance_inputs(deletion_protection=True)
    first = up(services, program)
    services.in_state[OWNER] = Known(first.id, protected=True)

    with pytest.raises(Refused, match="deletion_protection is on"):
        request(services, program)
    assert [each["id"] for each in control.instances()] == [first.id]


def test_a_pending_instance_that_the_state_does_not_have_is_an_orphan(
    machine, control, never_ready
):
    """The same world without the engine's word for it."""
    program, first = never_ready
    with pytest.raises(Refused, match=first.id):
        request(machine.process(), program)
    assert len(control.instances()) == 1


def test_an_instance_that_a_replacement_took_up_is_not_deleted_as_the_old_one(machine, control):
    """A kill left the journal open, and the engine said nothing about the state."""
    program = instance_inputs(deletion_protection=False)
    first = request(machine.process(), program)
    settled(control, first.id)
    services = machine.process()
    second = request(services, {**program, "generation": "2"})
    assert second.id == first.id

    instance_request.delete(services, first.id, first.outputs)

    assert [each["id"] for each in control.instances()] == [first.id]
    assert any("is kept; run again to replace it" in warning for warning in machine.warnings)


# --- interrupted and run again --------------------------------------------------------------------


def test_a_wait_that_ran_out_is_taken_up_by_the_next_run(machine, control):
    """For the same instance: nothing is created or deleted."""
    control.plan_operation("create", seconds=1.5)
    state = request(machine.process(), instance_inputs(wait_timeout="1s"))
    with pytest.raises(TimedOut, match=state.id) as caught:
        make_ready(machine.process(), state)
    assert "run the same command again" in str(caught.value)

    control.advance_clock(seconds=2)
    make_ready(machine.process(), state)

    assert state.ready["name"] == "orders"
    assert [each["id"] for each in control.instances()] == [state.id]


def test_a_run_that_died_in_the_middle_is_finished_by_the_next(machine, control):
    """The name was set, the pause was not yet sent."""
    state = request(machine.process(), instance_inputs(paused=True))
    settled(control, state.id)
    control.change_instance(state.id, name="orders")
    control.reset_requests()

    make_ready(machine.process(), state)

    assert live(control, state.id)["status"] == "paused"
    assert changing(control) == [("POST", f"/v1/instances/{state.id}/pause")]


def test_what_exists_is_told_with_the_error(services, control):
    """A full provider can keep it in the state; the id and inputs go with the reason."""
    control.plan_operation("create", ending="failed")
    state = request(services, instance_inputs())

    made = instance_readiness.create(services, readiness_inputs(state))

    assert isinstance(made, Partial)
    assert made.id == f"{state.id}-ready"
    assert made.outputs == readiness_inputs(state)
    assert isinstance(made.error, OperationFailed)


def test_running_it_again_for_a_ready_instance_changes_nothing(machine, control):
    """Every step looks first."""
    state = up(machine.process(), instance_inputs(paused=True))
    control.reset_requests()

    instance_readiness.create(machine.process(), readiness_inputs(state))

    assert changing(control) == []


def test_an_instance_that_ends_in_a_failed_state_is_an_error(services, control):
    """Not a wait of half an hour, and not a success."""
    control.plan_operation("create", ending="failed")
    state = request(services, instance_inputs())

    with pytest.raises(OperationFailed, match="loading failed") as caught:
        make_ready(services, state)

    assert state.id in str(caught.value)


def test_an_instance_that_somebody_deletes_meanwhile_is_an_error(services, control):
    """It will not come back."""
    state = request(services, instance_inputs())
    control.set_status(state.id, "destroying")

    with pytest.raises(OperationFailed, match="being deleted"):
        make_ready(services, state)


def test_an_instance_that_aura_does_not_know_yet_is_waited_for(services, control):
    """Fresh instances may be missing from reads for some seconds."""
    state = request(services, instance_inputs())
    path = f"/v1/instances/{state.id}"
    body = {"errors": [{"message": "DB not found", "reason": "db-not-found"}]}
    control.add_fault("status", "GET", path, status=404, body=body, times=2)

    assert make_ready(services, state).ready["status"] == "running"


# --- the rest of the protocol ---------------------------------------------------------------------


def test_a_new_operation_is_waited_for(services, control):
    """An update of the request half has begun something."""
    state = up(services, instance_inputs())
    state.outputs["operation"] = {
        **state.outputs["operation"],
        "id": "another",
        "settings": {"memory": "4GB"},
    }

    make_ready(services, state)

    assert live(control, state.id)["memory"] == "4GB"


def test_the_same_operation_asks_nothing(services, control):
    """A changed time-out alone is no reason to look."""
    state = up(services, instance_inputs())
    state.outputs["operation"] = {**state.outputs["operation"], "wait_timeout": "2h"}
    before = dict(state.ready)
    control.reset_requests()

    make_ready(services, state)

    assert asked(control) == []
    assert state.ready == {**before, "operation": state.outputs["operation"]}


def test_reading_asks_nothing_and_changes_nothing(services, control):
    """Drift is shown by the request half, once."""
    state = up(services, instance_inputs())
    control.reset_requests()

    found = instance_readiness.read(services, f"{state.id}-ready", state.ready)

    assert found == Found(f"{state.id}-ready", state.ready, readiness_inputs(state))
    assert control.requests() == []


def test_deleting_deletes_nothing(services, control):
    """The request half owns the instance."""
    state = up(services, instance_inputs())
    control.reset_requests()

    instance_readiness.delete(services, f"{state.id}-ready", state.ready)

    assert control.requests() == []
    assert live(control, state.id)["status"] in {"running", "updating"}


def test_another_api_is_refused_before_anything_is_asked(machine, services, control):
    """The instance is somewhere else."""
    state = request(services, instance_inputs())
    control.reset_requests()
    elsewhere = machine.process(AURA_API_URL="https://api.neo4j.io")

    with pytest.raises(Refused, match="AURA_API_URL"):
        make_ready(elsewhere, state)

    assert control.requests() == []
    assert live(control, state.id)["name"] == f"orders~{OWNER}"
