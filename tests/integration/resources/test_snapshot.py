"""An on-demand snapshot: taken once, waited for, kept in the state for ever."""

import pytest

from pulumi_neo4j_aura.errors import AuraError, OperationFailed, Refused, TimedOut, Transient
from pulumi_neo4j_aura.resources.core import snapshot
from pulumi_neo4j_aura.resources.core.results import Found
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from support.resources import (
    asked,
    calls,
    changing,
    existing_instance,
    failures,
    live,
)


@pytest.fixture
def production(services, control):
    return existing_instance(services, control)


def declared(of, **changes):
    values = {"instance_id": of, "owner": "5a5a5a5a", "wait_timeout": "30m", **changes}
    return {key: value for key, value in values.items() if value is not None}


def taken(control, instance_id):
    """How many were asked for."""
    return calls(control, "POST", f"/v1/instances/{instance_id}/snapshots")


# --- check, diff ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"instance_id": None}, "instance_id"),
        ({"wait_timeout": "soon"}, "wait_timeout"),
        ({"trigers": {}}, "trigers"),
        ({"triggers": {"a": [1]}}, "triggers.a"),
    ],
)
def test_a_mistake_fails_in_check(services, production, changes, field):
    """By its property."""
    assert set(failures(snapshot.check(services, {}, declared(production, **changes)))) == {field}


def test_an_instance_that_does_not_exist_fails_in_check(services):
    """Before anything is taken."""
    found = failures(snapshot.check(services, {}, declared("0badcafe")))
    assert "there is no such instance" in found["instance_id"]


@pytest.mark.parametrize("changes", [{"instance_id": UNKNOWN}, {"triggers": {"a": UNKNOWN}}])
def test_unknown_values_are_no_mistake(services, production, changes):
    """The instance may be made in the same `up`."""
    result = snapshot.check(services, {}, declared(production, **changes))
    assert result.failures == ()
    assert changes.items() <= result.inputs.items()


def test_an_unchanged_snapshot_asks_nothing(services, control, production):
    """Also when its instance is long gone."""
    olds = snapshot.check(services, {}, declared(production)).inputs
    control.reset_requests()
    assert snapshot.check(services, olds, declared(production)).inputs == olds
    assert control.requests() == []


def test_the_owner_of_a_snapshot_that_exists_is_kept(services, production):
    """A renamed resource finds its unfinished one again."""
    olds = snapshot.check(services, {}, declared(production)).inputs
    again = snapshot.check(services, olds, declared(production, owner="ffffffff"))
    assert again.inputs["owner"] == "5a5a5a5a"


@pytest.mark.parametrize(
    ("olds", "news", "replaces"),
    [
        ({}, {}, ()),
        ({"triggers": {"release": "1"}}, {"triggers": {"release": "1"}}, ()),
        ({"triggers": {"release": "1"}}, {"triggers": {"release": "2"}}, ("triggers",)),
        ({}, {"triggers": {"release": "1"}}, ("triggers",)),
        ({"triggers": {"release": "1"}}, {}, ("triggers",)),
        ({}, {"triggers": {}}, ()),
        ({}, {"triggers": {"release": UNKNOWN}}, ()),
        ({}, {"instance_id": "ffffffff"}, ("instance_id",)),
        ({}, {"instance_id": UNKNOWN}, ()),
        ({}, {"wait_timeout": "2h"}, ()),
    ],
)
def test_only_changed_triggers_and_another_instance_take_another(olds, news, replaces):
    """The old one stays in Aura until it expires."""
    assert snapshot.diff(declared("0badcafe", **olds), declared("0badcafe", **news)).replaces == (
        replaces
    )


# --- create ---------------------------------------------------------------------------------------


def test_a_snapshot_is_taken_and_completed(services, control, production):
    """The outputs say when, and until when it can be used."""
    made = snapshot.create(services, declared(production, triggers={"release": "1"}))

    (seen,) = control.snapshots(production)
    assert made.id == made.outputs["snapshot_id"] == seen["snapshot_id"]
    assert made.outputs["status"] == "Completed"
    assert made.outputs["profile"] == "AdHoc"
    assert made.outputs["exportable"] is True
    assert made.outputs["available"] is True
    assert made.outputs["api_url"] == services.settings.api_url
    assert made.outputs["timestamp"] < made.outputs["exportable_until"]
    assert made.outputs["triggers"] == {"release": "1"}
    assert taken(control, production) == 1


def test_one_that_fails_is_an_error_and_the_next_run_takes_another(machine, control, production):
    """A failed snapshot must never look like a copy."""
    control.plan_operation("snapshot", ending="failed")
    with pytest.raises(OperationFailed, match="Failed") as caught:
        snapshot.create(machine.process(), declared(production))
    assert production in str(caught.value)

    made = snapshot.create(machine.process(), declared(production))

    assert made.outputs["status"] == "Completed"
    assert taken(control, production) == 2


def test_one_that_was_cancelled_is_an_error_too(services, control, production):
    """Only Completed is a copy."""
    control.plan_operation("snapshot", status="Cancelled")
    with pytest.raises(OperationFailed, match="Cancelled"):
        snapshot.create(services, declared(production))


def test_another_snapshot_under_way_is_waited_for(services, control, production):
    """Aura takes one at a time: 409 `snapshot-not-allowed`."""
    services.client.snapshots.take(production)
    control.reset_requests()

    made = snapshot.create(services, declared(production))

    assert made.outputs["status"] == "Completed"
    accepted = [each for each in control.requests("POST") if each["status"] == 202]
    assert len(accepted) == 1
    assert taken(control, production) > 1, "it had to ask more than once"


def test_another_snapshot_that_never_ends_is_not_waited_for_for_ever(services, control, production):
    """Until the patience that the program declared is over."""
    control.plant_snapshot(production, snapshot_id="scheduled", status="InProgress")
    with pytest.raises(TimedOut, match=production):
        snapshot.create(services, declared(production, wait_timeout="1s"))


def test_a_paused_instance_is_a_plain_error(services, control, production):
    """Aura takes snapshots of running instances only, and waiting does not help."""
    control.set_status(production, "paused")
    with pytest.raises(AuraError, match="paused"):
        snapshot.create(services, declared(production))
    assert taken(control, production) == 1


LOST = {
    "the connection broke": {"kind": "lost_answer"},
    "a gateway timed out": {"kind": "lost_answer", "answer": "504"},
    "the answer was cut short": {"kind": "truncated"},
    "the answer was HTML": {"kind": "html", "effect": True},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_lost_answer_takes_no_second_one(services, control, production, fault):
    """The one that was taken shows in the list and is waited for."""
    control.add_fault(method="POST", path="/v1/instances/{id}/snapshots", **fault)

    made = snapshot.create(services, declared(production))

    assert made.outputs["status"] == "Completed"
    assert len(control.snapshots(production)) == 1
    assert taken(control, production) == 1


def test_a_request_that_never_arrived_is_looked_for_by_the_next_run(machine, control, production):
    """Unknown first; then it is certain that there is none."""
    control.add_fault("drop_request", "POST", "/v1/instances/{id}/snapshots")
    with pytest.raises(Transient, match="not asked for again"):
        snapshot.create(machine.process(), declared(production))

    snapshot.create(machine.process(), declared(production))

    assert len(control.snapshots(production)) == 1


def test_an_interrupted_wait_is_taken_up(machine, control, production):
    """For the same snapshot."""
    control.plan_operation("snapshot", seconds=3600)
    with pytest.raises(TimedOut):
        snapshot.create(machine.process(), declared(production, wait_timeout="1s"))
    control.advance_clock(hours=1)

    made = snapshot.create(machine.process(), declared(production))

    assert [each["snapshot_id"] for each in control.snapshots(production)] == [made.id]
    assert taken(control, production) == 1


def test_two_resources_take_two(machine, control, production):
    """Another owner's unfinished entry is none of our business."""
    first = snapshot.create(machine.process(), declared(production))
    second = snapshot.create(machine.process(), declared(production, owner="6b6b6b6b"))
    assert first.id != second.id


def test_a_replacement_takes_another(machine, production):
    """The entry of the first was closed when it completed."""
    first = snapshot.create(machine.process(), declared(production, triggers={"a": "1"}))
    second = snapshot.create(machine.process(), declared(production, triggers={"a": "2"}))
    assert first.id != second.id


# --- read, update, delete -------------------------------------------------------------------------


@pytest.fixture
def state(services, production):
    inputs = snapshot.check(services, {}, declared(production, triggers={"a": "1"})).inputs
    return inputs, snapshot.create(services, inputs).outputs


def test_reading_an_unchanged_snapshot_shows_no_drift(services, control, state):
    """One call, the same inputs, the same outputs."""
    inputs, outputs = state
    control.reset_requests()

    found = snapshot.read(services, outputs["snapshot_id"], outputs)

    assert found == Found(outputs["snapshot_id"], outputs, inputs)
    assert len(asked(control)) == 1


def test_one_that_is_no_longer_exportable_says_so_without_drift(services, control, state):
    """Inputs are what drift is made of, and they do not change."""
    inputs, outputs = state
    control.change_snapshot(outputs["snapshot_id"], exportable=False)

    found = snapshot.read(services, outputs["snapshot_id"], outputs)

    assert found.inputs == inputs
    assert found.outputs["exportable"] is False
    assert found.outputs["available"] is True


def test_one_that_aura_expired_stays_in_the_state(services, control, state):
    """Taking a new one at each refresh would be the opposite of a record."""
    inputs, outputs = state
    control.advance_clock(days=8)

    found = snapshot.read(services, outputs["snapshot_id"], outputs)

    gone = {"available": False, "exportable": False}
    assert found == Found(outputs["snapshot_id"], {**outputs, **gone}, inputs)


def test_one_whose_instance_was_deleted_stays_too(services, control, state, production):
    """Its snapshots went with it."""
    inputs, outputs = state
    control.vanish(production)

    found = snapshot.read(services, outputs["snapshot_id"], outputs)

    assert found.outputs["available"] is False
    assert found.inputs == inputs


UNCLEAR = {
    "a 403": {"kind": "status", "status": 403, "reason": "unauthorized"},
    "a 500": {"kind": "status", "status": 500},
    "a 404 of a gateway": {"kind": "status", "status": 404},
    "HTML with 200": {"kind": "html_200"},
    "truncated JSON": {"kind": "truncated"},
}


@pytest.mark.parametrize("fault", UNCLEAR.values(), ids=UNCLEAR)
def test_an_unclear_answer_raises(services, control, state, fault):
    """Nothing is called expired because of a proxy."""
    _, outputs = state
    control.add_fault(
        method="GET", path="/v1/instances/{id}/snapshots/{snapshot}", times=0, **fault
    )
    with pytest.raises(AuraError):
        snapshot.read(services, outputs["snapshot_id"], outputs)


def test_another_api_is_refused_before_anything_is_asked(machine, control, state):
    """Its 404 would say "expired"."""
    _, outputs = state
    control.reset_requests()
    elsewhere = machine.process(AURA_API_URL="https://api.neo4j.io")
    for call in (snapshot.read, snapshot.delete):
        with pytest.raises(Refused, match="AURA_API_URL"):
            call(elsewhere, outputs["snapshot_id"], outputs)
    assert control.requests() == []


def test_an_update_asks_nothing_and_keeps_everything(services, control, state):
    """Only the time-out can change in place."""
    inputs, outputs = state
    control.reset_requests()
    after = snapshot.update(services, "id", outputs, {**inputs, "wait_timeout": "2h"})
    assert after == {**outputs, "wait_timeout": "2h"}
    assert control.requests() == []


def test_deleting_forgets_and_sends_nothing(machine, services, control, state, production):
    """Aura has no call for it; the line says that it stays."""
    _, outputs = state
    control.reset_requests()

    snapshot.delete(services, outputs["snapshot_id"], outputs)

    assert control.requests() == []
    assert len(control.snapshots(production)) == 1
    assert changing(control) == []
    assert any("Aura keeps it until it expires" in line for line in machine.lines)
    assert live(control, production)["status"] == "running"
