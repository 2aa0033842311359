"""Reading: drift of what is managed, nothing else, and "gone" only when that is certain."""

import pytest

from pulumi_neo4j_aura.domain.instance import InstanceChanges
from pulumi_neo4j_aura.errors import AuraError, Refused, Transient
from pulumi_neo4j_aura.resources.core.instance_request import read
from pulumi_neo4j_aura.resources.core.results import Found, Gone
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID
from support.resources import (
    Machine,
    asked,
    calls,
    instance_inputs,
    quick_sender,
    refresh,
    request,
    up,
)


def drift(services, state):
    """What a refresh would show: the inputs that differ, with their live values."""
    found = read(services, state.id, state.outputs)
    assert isinstance(found, Found)
    assert found.inputs.keys() == state.inputs.keys()
    return {key: value for key, value in found.inputs.items() if state.inputs[key] != value}


pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def state(services, control, at_once):
    return up(services, instance_inputs(storage="4GB", paused=False, vector_optimized=False))


def test_an_unchanged_instance_shows_no_drift_and_costs_one_call(services, control, state):
    """A refresh of a hundred instances is a hundred calls."""
    control.reset_requests()
    assert drift(services, state) == {}
    assert asked(control) == [("GET", f"/v1/instances/{state.id}")]


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ({"name": "renamed by hand"}, {"name": "renamed by hand"}),
        ({"memory": "8GB"}, {"memory": "8GB"}),
        ({"storage": "8GB"}, {"storage": "8GB"}),
        ({"status": "paused"}, {"paused": True}),
    ],
)
def test_what_somebody_changed_is_shown_by_its_property(services, control, state, outside, shown):
    """Only that property, with its live value."""
    control.change_instance(state.id, **outside)
    assert drift(services, state) == shown


def test_an_upgrade_by_hand_shows_the_type(services, control):
    """And what Business Critical has beyond Professional stays unmanaged."""
    state = up(services, instance_inputs())
    services.client.instances.upgrade(state.id)

    assert drift(services, state) == {"type": "business-critical"}


@pytest.mark.parametrize(
    ("changes", "sent", "shown"),
    [
        ({"vector_optimized": False}, {"vector_optimized": True}, {"vector_optimized": True}),
        (
            {"graph_analytics_plugin": False},
            {"graph_analytics_plugin": True},
            {"graph_analytics_plugin": True},
        ),
        (
            {"type": "business-critical", "secondaries_count": 0},
            {"secondaries_count": 2},
            {"secondaries_count": 2},
        ),
        (
            {"type": "business-critical", "cdc_enrichment_mode": "OFF"},
            {"cdc_enrichment_mode": "DIFF"},
            {"cdc_enrichment_mode": "DIFF"},
        ),
    ],
)
def test_switches_that_were_flipped_outside_are_shown(services, control, changes, sent, shown):
    """Managed ones only; see the next test."""
    state = up(services, instance_inputs(memory="4GB", **changes))
    with_api(services, state.id, sent)

    assert drift(services, state) == shown


def with_api(services, instance_id, body):
    """Change an instance as the console does."""
    services.client.instances.update(instance_id, InstanceChanges(**body))


def test_what_is_not_declared_is_never_shown(services, control):
    """A setting that the program leaves out is Aura's business."""
    state = up(services, instance_inputs(type="business-critical"))
    with_api(services, state.id, {"storage": "8GB"})
    with_api(services, state.id, {"secondaries_count": 3})
    with_api(services, state.id, {"cdc_enrichment_mode": "FULL"})
    control.set_status(state.id, "paused")

    assert drift(services, state) == {}


@pytest.mark.parametrize(
    "status",
    ["pausing", "resuming", "updating", "resizing", "restoring", "overwriting", "loading failed"],
)
def test_a_status_in_between_is_no_drift(services, control, state, status):
    """A refresh during somebody's restore must not report a pause."""
    control.set_status(state.id, status)
    assert drift(services, state) == {}


def test_a_pending_name_is_no_rename(services):
    """Its creation was not finished; the readiness half will."""
    state = request(services, instance_inputs())
    assert drift(services, state) == {}


def test_somebody_elses_pending_name_is_a_rename(services, control, state):
    """Only the own mark is ours."""
    control.change_instance(state.id, name="orders~ffffffff")
    assert drift(services, state) == {"name": "orders~ffffffff"}


def test_outputs_are_kept_and_follow_the_live_values(services, control, state):
    """The password is nowhere else: a refresh that lost it would lose it for good."""
    control.change_instance(state.id, memory="8GB")
    before = dict(state.outputs)

    refresh(services, state)

    assert state.outputs == {**before, "memory": "8GB"}
    assert state.outputs["password"]


def test_an_address_that_aura_hides_for_now_is_kept(services, control, state):
    """`connection_url` is null while resuming."""
    control.set_status(state.id, "resuming")
    before = state.outputs["connection_url"]
    assert refresh(services, state).outputs["connection_url"] == before


# --- gone, or not to be told ----------------------------------------------------------------------


def test_an_instance_that_was_destroyed_outside_is_gone(services, control, state):
    """Two 404s of Aura's own, two lists without it, the project in sight."""
    control.vanish(state.id)
    control.reset_requests()
    state.outputs["operation"]["began_at"] = "2026-01-01T00:00:00+00:00"

    assert read(services, state.id, state.outputs) == Gone(
        state.id, (f"instance {state.id} no longer exists",)
    )

    project = f"/v1/tenants/{state.outputs['project_id']}"
    look = [("GET", f"/v1/instances/{state.id}"), ("GET", "/v1/instances"), ("GET", project)]
    assert asked(control) == look * 2


def test_an_instance_that_was_created_just_now_is_not_called_gone(machine, control, state):
    """Aura may not show it for some seconds; forgetting it would bill for nothing, for ever."""
    patient = machine.process(AURA_LOOK_SECONDS="3600")  # however slow this machine is
    control.vanish(state.id)
    with pytest.raises(Transient, match="may not know it yet"):
        read(patient, state.id, state.outputs)


def test_one_reading_is_not_enough(services, control, state):
    """A 404 and a list without it, once, then it is there again."""
    body = {"errors": [{"message": "DB not found", "reason": "db-not-found"}]}
    control.add_fault("status", "GET", f"/v1/instances/{state.id}", status=404, body=body)
    control.add_fault("empty_list", "GET", "/v1/instances")

    assert drift(services, state) == {}


def test_a_404_that_the_list_contradicts_is_unknown(services, control, state):
    """Aura's parts disagree: nothing may be forgotten."""
    body = {"errors": [{"message": "DB not found", "reason": "db-not-found"}]}
    control.add_fault("status", "GET", f"/v1/instances/{state.id}", status=404, body=body, times=0)
    control.reset_requests()

    with pytest.raises(Transient, match="the project's list still has it") as caught:
        read(services, state.id, state.outputs)

    assert "not treated as gone" in str(caught.value)


def test_a_stale_list_after_a_deletion_is_unknown(services, control, state):
    """The list still shows what is deleted: the next refresh will tell."""
    control.advance_clock(seconds=100)
    control.vanish(state.id)
    control.add_fault("stale_list", "GET", "/v1/instances", seconds=60)

    with pytest.raises(Transient, match=state.id):
        read(services, state.id, state.outputs)


#: What the get answers, and what the list does: none of them may read as gone.
UNCLEAR = {
    "a 403": [{"kind": "status", "status": 403, "reason": "unauthorized"}],
    "a 500": [{"kind": "status", "status": 500}],
    "a 503": [{"kind": "status", "status": 503}],
    "a 404 of a gateway": [{"kind": "status", "status": 404}],
    "a 404 without a body": [{"kind": "status", "status": 404, "body": ""}],
    "a 404 of another API": [{"kind": "status", "status": 404, "reason": "route-not-found"}],
    "HTML with 502": [{"kind": "html"}],
    "HTML with 200": [{"kind": "html_200"}],
    "truncated JSON": [{"kind": "truncated"}],
    "an empty object": [{"kind": "status", "status": 200, "body": {}}],
    "an instance without a status": [{"kind": "status", "status": 200, "body": {"data": {}}}],
    "no answer": [{"kind": "drop_request"}],
    "a redirect": [{"kind": "status", "status": 308}],
    "a token that is never accepted": [{"kind": "expired_token"}],
}


@pytest.mark.parametrize("faults", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_answer_raises_and_is_never_gone(services, control, state, faults):
    """Pulumi forgets what is gone: a billed instance must not be forgotten by a proxy's page.

    Not even when the list is empty at the same time.
    """
    control.add_fault("empty_list", "GET", "/v1/instances", times=0)
    for fault in faults:
        control.add_fault(method="GET", path=f"/v1/instances/{state.id}", times=0, **fault)
    with pytest.raises(AuraError):
        read(services, state.id, state.outputs)


LISTS = {
    "a 403": {"kind": "status", "status": 403, "reason": "unauthorized"},
    "a 500": {"kind": "status", "status": 500},
    "HTML with 200": {"kind": "html_200"},
    "truncated JSON": {"kind": "truncated"},
    "null": {"kind": "status", "status": 200, "body": {"data": None}},
    "no answer": {"kind": "drop_request"},
}


@pytest.mark.parametrize("fault", LISTS.values(), ids=LISTS)
def test_a_404_without_a_good_list_beside_it_is_unknown(services, control, state, fault):
    """The second witness is missing."""
    control.vanish(state.id)
    control.add_fault(method="GET", path="/v1/instances", times=0, **fault)
    with pytest.raises(Transient, match="not treated as gone"):
        read(services, state.id, state.outputs)


def test_an_empty_list_is_no_proof_while_the_instance_answers(services, control, state):
    """The list is not even asked."""
    control.add_fault("empty_list", "GET", "/v1/instances", times=0)
    assert drift(services, state) == {}


def test_an_answer_that_takes_too_long_is_unknown(machine, control, state):
    """The time-out of a call is ours, not Aura's opinion."""
    control.add_fault("delay", "GET", f"/v1/instances/{state.id}", times=0, seconds=1)
    impatient = quick_sender(timeout_seconds=0.1)
    try:
        with pytest.raises(Transient):
            read(machine.process(sender=impatient), state.id, state.outputs)
    finally:
        impatient.close()


def test_credentials_that_do_not_see_the_project_prove_nothing(machine, control, state):
    """To them every instance is a 404 and the list is empty: nothing is gone for that."""
    control.add_credential("dev-only", "dev-secret", projects=[DEVELOPMENT_PROJECT_ID])
    control.change_switches(foreign_status=403)
    blind = machine.process(AURA_CLIENT_ID="dev-only", AURA_CLIENT_SECRET="dev-secret")
    with pytest.raises(AuraError):
        read(blind, state.id, state.outputs)


# --- another place --------------------------------------------------------------------------------

PLACES = {
    "another API": {"AURA_API_URL": "https://api.neo4j.io"},
    "another port": {"AURA_API_URL": "http://127.0.0.1:9"},
    "another project": {"AURA_PROJECT_ID": DEVELOPMENT_PROJECT_ID},
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_another_place_is_refused_before_anything_is_asked(machine: Machine, control, place):
    """Its 404 would be true, about another instance of this id."""
    home = machine.process(AURA_PROJECT_ID=PRODUCTION_PROJECT_ID)
    state = request(home, instance_inputs())
    control.reset_requests()

    with pytest.raises(Refused, match="Nothing was read, changed or deleted") as caught:
        read(machine.process(**place), state.id, state.outputs)

    assert "AURA_" in caught.value.way_out
    assert control.requests() == []


def test_an_instance_that_moved_to_another_project_is_refused(services, state):
    """The state says one project, Aura another: somebody mixed something up."""
    state.outputs["project_id"] = DEVELOPMENT_PROJECT_ID
    with pytest.raises(Refused, match=PRODUCTION_PROJECT_ID):
        read(services, state.id, state.outputs)


def test_a_project_named_in_the_program_may_differ_from_the_default(machine, control):
    """The default only fills gaps; what was made elsewhere on purpose stays readable."""
    state = request(machine.process(), instance_inputs())
    read(machine.process(AURA_PROJECT_ID=DEVELOPMENT_PROJECT_ID), state.id, state.outputs)
    assert calls(control, "GET", f"/v1/instances/{state.id}") == 1
