"""Deleting: guarded, once, and finished only when the instance is certainly gone."""

import pytest

from pulumi_neo4j_aura.errors import AuraError, Forbidden, Refused, TimedOut, Transient
from pulumi_neo4j_aura.resources.core.instance_request import delete
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID
from support.resources import (
    apply,
    asked,
    calls,
    changing,
    existing_instance,
    instance_inputs,
    is_gone,
    live,
    request,
    until,
    up,
)

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def state(services, at_once):
    return up(services, instance_inputs(deletion_protection=False))


def test_an_instance_is_gone_when_delete_returns(services, control, state):
    """A second one of this name may be made right after."""
    control.change_switches(operation_seconds=0.1)
    delete(services, state.id, state.outputs)

    assert is_gone(control, state.id)
    assert calls(control, "DELETE", f"/v1/instances/{state.id}") == 1


def test_a_protected_instance_is_not_deleted(services, control):
    """Protection is on unless the program says otherwise, and nothing is asked of Aura."""
    state = up(services, instance_inputs())
    control.reset_requests()

    with pytest.raises(Refused, match="protected against deletion") as caught:
        delete(services, state.id, state.outputs)

    assert state.id in str(caught.value)
    assert "deletion_protection=False, run `pulumi up`, then delete it" in str(caught.value)
    assert control.requests() == []


def test_protection_that_is_missing_from_the_state_is_on(services, control, state):
    """A damaged state deletes nothing."""
    outputs = {key: value for key, value in state.outputs.items() if key != "deletion_protection"}
    with pytest.raises(Refused):
        delete(services, state.id, outputs)
    assert not is_gone(control, state.id)


def test_protection_that_was_switched_off_no_longer_protects(services, control):
    """The `up` of its own in between."""
    state = up(services, instance_inputs())
    apply(services, state, instance_inputs(deletion_protection=False))
    delete(services, state.id, state.outputs)
    assert is_gone(control, state.id)


def test_what_was_taken_up_in_this_run_is_not_deleted_as_its_own_predecessor(
    machine, services, control, state
):
    """An engine that named no id (`--replace`) may be given the instance that it replaces."""
    services.taken_up.add(state.id)
    delete(services, state.id, state.outputs)

    assert not is_gone(control, state.id)
    assert "was taken up from an interrupted run" in machine.warnings[-1]


# --- adopted --------------------------------------------------------------------------------------


@pytest.fixture
def production(services, control, at_once):
    return existing_instance(services, control)


def adopted(services, production, **changes):
    program = instance_inputs(
        name="production", adopt_instance_id=production, deletion_protection=False, **changes
    )
    return up(services, program)


def test_an_adopted_instance_is_kept_with_a_warning(machine, services, control, production):
    """`pulumi destroy` of an environment must not take production along."""
    state = adopted(services, production)
    control.reset_requests()

    delete(services, state.id, state.outputs)

    assert not is_gone(control, production)
    assert control.requests() == []
    (warning,) = machine.warnings
    assert production in warning
    assert "delete_adopted=True" in warning


def test_an_adopted_instance_is_deleted_when_the_program_says_so(
    machine, services, control, production
):
    """Said in the program, and protection off as well."""
    state = adopted(services, production, delete_adopted=True)
    delete(services, state.id, state.outputs)
    assert is_gone(control, production)
    assert machine.warnings == []


def test_an_adopted_instance_is_protected_like_any_other(services, control, production):
    """Two keys, both are needed."""
    program = instance_inputs(name="production", adopt_instance_id=production, delete_adopted=True)
    state = up(services, program)
    with pytest.raises(Refused, match="protected"):
        delete(services, state.id, state.outputs)
    assert not is_gone(control, production)


def test_it_stays_adopted_after_the_id_left_the_program(machine, services, control, production):
    """What the program says now does not change whose instance it is."""
    state = adopted(services, production)
    apply(services, state, instance_inputs(name="production", deletion_protection=False))

    delete(services, state.id, state.outputs)

    assert not is_gone(control, production)


# --- what is found --------------------------------------------------------------------------------


def test_an_instance_that_is_gone_already_is_fine(services, control, state):
    """Somebody was faster. Nothing is sent."""
    control.vanish(state.id)
    control.reset_requests()
    delete(services, state.id, state.outputs)
    assert changing(control) == []


def test_an_instance_on_its_way_out_is_waited_for(services, control, state):
    """A second DELETE would be an error to Aura."""
    control.change_switches(operation_seconds=0.2)
    services.client.instances.delete(state.id)
    control.reset_requests()

    delete(services, state.id, state.outputs)

    assert changing(control) == []
    assert is_gone(control, state.id)


def test_a_busy_instance_is_waited_for(services, control, state):
    """409 is no refusal."""
    control.change_instance(state.id, locked_seconds=0.2)
    delete(services, state.id, state.outputs)
    assert is_gone(control, state.id)


def test_a_lost_answer_is_settled_by_looking(services, control, state):
    """The DELETE had worked; asking again for what is gone is harmless."""
    control.add_fault("lost_answer", "DELETE")
    delete(services, state.id, state.outputs)
    assert is_gone(control, state.id)


@pytest.mark.parametrize("status", [404, 410])
def test_both_answers_of_aura_for_a_second_delete_are_fine(services, control, state, status):
    """404 by the document, 410 as Neo4j's own client saw it."""
    control.change_switches(deleted_status=status)
    control.add_fault("duplicate", "DELETE")
    delete(services, state.id, state.outputs)
    assert is_gone(control, state.id)


UNCLEAR = {
    "a 500": {"kind": "status", "status": 500},
    "a 403": {"kind": "status", "status": 403, "reason": "unauthorized"},
    "a 404 of a gateway": {"kind": "status", "status": 404},
    "HTML with 200": {"kind": "html_200"},
    "truncated JSON": {"kind": "truncated"},
}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_what_cannot_be_seen_is_neither_deleted_nor_called_gone(services, control, state, fault):
    """The resource must stay in the state, so delete must not return."""
    control.add_fault("empty_list", "GET", "/v1/instances", times=0)
    control.add_fault(method="GET", path=f"/v1/instances/{state.id}", times=0, **fault)
    with pytest.raises(AuraError):
        delete(services, state.id, state.outputs)
    assert calls(control, "DELETE", f"/v1/instances/{state.id}") == 0


def test_a_refused_delete_is_an_error(machine, control, state):
    """A viewer may not delete."""
    control.add_credential("viewer", "viewer-secret", role="project-viewer")
    viewer = machine.process(AURA_CLIENT_ID="viewer", AURA_CLIENT_SECRET="viewer-secret")
    with pytest.raises(Forbidden, match=state.id):
        delete(viewer, state.id, state.outputs)
    assert not is_gone(control, state.id)


def test_a_deletion_that_does_not_end_times_out_and_is_taken_up(services, control, state):
    """It asks for nothing twice."""
    control.plan_operation("delete", ending="stuck")
    state.outputs["wait_timeout"] = "1s"
    with pytest.raises(TimedOut, match="destroying"):
        delete(services, state.id, state.outputs)

    control.vanish(state.id)
    delete(services, state.id, state.outputs)

    assert calls(control, "DELETE", f"/v1/instances/{state.id}") == 1


def test_a_list_that_still_shows_it_delays_the_end(services, control, state):
    """Gone is what both witnesses say."""
    control.advance_clock(seconds=100)
    control.add_fault("stale_list", "GET", "/v1/instances", seconds=60, times=2)
    delete(services, state.id, state.outputs)
    assert calls(control, "GET", "/v1/instances") >= 4


@pytest.mark.parametrize(
    "place",
    [{"AURA_API_URL": "https://api.neo4j.io"}, {"AURA_PROJECT_ID": DEVELOPMENT_PROJECT_ID}],
)
def test_another_place_is_refused_before_anything_is_asked(machine, control, place):
    """The emulator knows no instance of the real Aura: "gone" would forget a billed one."""
    home = machine.process(AURA_PROJECT_ID=PRODUCTION_PROJECT_ID)
    state = up(home, instance_inputs(deletion_protection=False))
    control.reset_requests()

    with pytest.raises(Refused, match="Nothing was read, changed or deleted"):
        delete(machine.process(**place), state.id, state.outputs)

    assert control.requests() == []
    assert not is_gone(control, state.id)


def test_another_projects_instance_is_refused(services, control, state):
    """The state and Aura disagree about where it is."""
    state.outputs["project_id"] = DEVELOPMENT_PROJECT_ID
    with pytest.raises(Refused, match=PRODUCTION_PROJECT_ID):
        delete(services, state.id, state.outputs)
    assert not is_gone(control, state.id)


def test_a_half_made_instance_can_be_deleted(machine, control):
    """Readiness never ran: the journal's copy of the password goes with the instance."""
    services = machine.process()
    state = request(services, instance_inputs(deletion_protection=False))
    until(lambda: live(control, state.id)["status"] == "running")

    delete(services, state.id, state.outputs)

    assert is_gone(control, state.id)
    assert machine.journal_files("answer.json") == []


def test_deleting_without_being_able_to_list_waits_and_then_says_so(services, control, state):
    """The project cannot be listed any more: that it is gone cannot be told."""
    state.outputs["wait_timeout"] = "1s"
    control.add_fault("status", "GET", "/v1/instances", status=503, times=0)

    with pytest.raises(Transient, match="not known to be gone"):
        delete(services, state.id, state.outputs)

    assert ("DELETE", f"/v1/instances/{state.id}") in asked(control)
