"""Creates whose end this machine does not know: never a second billed instance."""

import pytest

from pulumi_neo4j_aura.errors import Refused, Transient
from pulumi_neo4j_aura.resources.core.instance_request import create
from support.resources import (
    OWNER,
    calls,
    checked,
    existing_instance,
    instance_inputs,
    is_gone,
    live,
    make_ready,
    request,
    up,
)

CREATE = ("POST", "/v1/instances")

LOST = {
    "the connection broke": {"kind": "lost_answer"},
    "a gateway timed out": {"kind": "lost_answer", "answer": "504"},
    "the answer was cut short": {"kind": "truncated"},
    "the answer was HTML": {"kind": "html", "effect": True},
    "the answer was HTML with 200": {"kind": "html_200", "effect": True},
    "the answer was a 500": {"kind": "status", "status": 500, "effect": True},
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST)
def test_a_create_without_an_answer_is_never_sent_again(services, control, fault):
    """The instance exists; it is found by its pending name and named, not taken over."""
    control.add_fault(method="POST", path="/v1/instances", **fault)
    inputs = checked(services, instance_inputs())

    with pytest.raises(Refused) as caught:
        create(services, inputs)

    assert calls(control, *CREATE) == 1
    (left,) = control.instances()
    assert left["id"] in str(caught.value)
    assert f"orders~{OWNER}" in str(caught.value)


def test_a_create_that_never_reached_aura_is_not_sent_again_either(services, control):
    """Nobody can tell it from a lost answer. It says what it looked for, and for how long."""
    control.add_fault("drop_request", *CREATE)
    inputs = checked(services, instance_inputs())

    with pytest.raises(Transient, match="did not answer the create") as caught:
        create(services, inputs)

    assert f"orders~{OWNER}" in str(caught.value)
    assert "Run again: the next run looks for it first" in str(caught.value)
    assert calls(control, *CREATE) == 1


def test_after_a_create_that_never_reached_aura_the_next_run_creates(machine, control):
    """It looks first, finds nothing, and goes on."""
    control.add_fault("drop_request", *CREATE)
    services = machine.process()
    inputs = checked(services, instance_inputs())
    with pytest.raises(Transient):
        create(services, inputs)

    up(machine.process(), instance_inputs())

    assert len(control.instances()) == 1


def test_an_instance_that_shows_late_is_found_within_the_time_for_looking(machine, control):
    """Aura's list lags behind: looking once would call it not created."""
    control.add_fault("lost_answer", *CREATE)
    control.add_fault("empty_list", "GET", "/v1/instances", times=3)
    services = machine.process()
    inputs = checked(services, instance_inputs())

    with pytest.raises(Refused, match=f"orders~{OWNER}"):
        create(services, inputs)


@pytest.fixture
def lost(machine, control):
    """An instance that a create with a lost answer made; its id."""
    control.add_fault("lost_answer", *CREATE)
    services = machine.process()
    inputs = checked(services, instance_inputs())
    with pytest.raises(Refused):
        create(services, inputs)
    control.reset_requests()
    (left,) = control.instances()
    return left["id"]


def test_the_next_run_refuses_again_and_creates_nothing(machine, control, lost):
    """However often it runs."""
    for _ in range(2):
        services = machine.process()
        with pytest.raises(Refused, match=lost):
            create(services, checked(services, instance_inputs()))
    assert calls(control, *CREATE) == 0
    assert not is_gone(control, lost)


def test_a_fresh_machine_refuses_with_id_age_and_both_ways_out(other_machine, control, lost):
    """The journal died with the container: the pending name is all there is."""
    services = other_machine.process()

    with pytest.raises(Refused) as caught:
        create(services, checked(services, instance_inputs()))

    text = str(caught.value)
    assert f"{lost} (orders~{OWNER}, 0 s old)" in text or f"{lost} (orders~{OWNER}, 1 s" in text
    assert 'on_orphan="replace"' in text
    assert "adopt_instance_id" in text
    assert "password_override" in text
    assert "running on another machine" in text
    assert calls(control, *CREATE) == 0


def test_an_orphan_is_replaced_when_the_program_says_so(other_machine, control, lost):
    """Deleted, seen gone, created again: exactly one instance is left, with a known password."""
    state = up(other_machine.process(), instance_inputs(on_orphan="replace"))

    assert is_gone(control, lost)
    assert [each["id"] for each in control.instances()] == [state.id]
    assert state.outputs["password"]
    assert live(control, state.id)["name"] == "orders"


def test_an_orphan_is_deleted_only_when_two_lists_agree(other_machine, control, lost):
    """One list can be a glitch, and deleting cannot be taken back."""
    control.add_fault("empty_list", "GET", "/v1/instances", after=1)
    services = other_machine.process()
    inputs = checked(services, instance_inputs(on_orphan="replace"))

    with pytest.raises(Transient, match="listed once and not again"):
        create(services, inputs)

    assert not is_gone(control, lost)
    assert control.requests("DELETE") == []


def test_replacing_orphans_leaves_other_owners_alone(other_machine, control, lost):
    """Only the own mark counts, whatever the name in front of it."""
    others = existing_instance(other_machine.process(), control, name="orders~ffffffff")

    state = up(other_machine.process(), instance_inputs(on_orphan="replace"))

    assert {each["id"] for each in control.instances()} == {others, state.id}


def test_an_orphan_can_be_adopted(other_machine, control, lost):
    """The other way out: keep it, with a password of one's own, under its declared name."""
    adopted = instance_inputs(adopt_instance_id=lost, password_override="set by hand")

    state = up(other_machine.process(), adopted)

    assert state.id == lost
    assert state.outputs["password"] == "set by hand"
    assert live(control, lost)["name"] == "orders"


def test_an_orphan_of_a_renamed_program_is_found_too(other_machine, control, lost):
    """The slug is for people; the owner mark decides."""
    services = other_machine.process()
    with pytest.raises(Refused, match=lost):
        create(services, checked(services, instance_inputs(name="invoices")))


# --- the process died between Aura's answer and the state -----------------------------------------


def test_the_same_machine_takes_up_the_answer_it_has(machine, control):
    """Same id, same password: nothing is lost but time."""
    first = request(machine.process(), instance_inputs())

    again = request(machine.process(), instance_inputs())

    assert again.id == first.id
    assert again.outputs["password"] == first.outputs["password"]
    assert calls(control, *CREATE) == 1
    assert any("taking up instance" in line for line in machine.lines)


def test_an_answer_of_an_instance_that_is_gone_is_not_taken_up(machine, control):
    """Somebody cleaned up in between: a new one is created."""
    first = request(machine.process(), instance_inputs())
    control.vanish(first.id)

    again = up(machine.process(AURA_LOOK_SECONDS="0"), instance_inputs())

    assert again.id != first.id
    assert [each["id"] for each in control.instances()] == [again.id]


def test_an_answer_of_a_moment_ago_is_not_taken_for_gone(machine, control):
    """Aura may not know a new instance for some seconds, to whoever starts again at once."""
    first = request(machine.process(), instance_inputs())
    control.add_fault("not_found_after_create", path="/v1/instances/{id}", seconds=60)
    control.add_fault("stale_list", path="/v1/instances", seconds=60)

    again = request(machine.process(AURA_LOOK_SECONDS="60"), instance_inputs())

    assert again.id == first.id
    assert calls(control, *CREATE) == 1


def test_an_answer_of_another_declaration_is_refused_with_what_was_edited(machine, control):
    """The instance that exists is in another region: neither is it that one, nor is it nothing."""
    first = request(machine.process(), instance_inputs())
    services = machine.process()

    with pytest.raises(Refused, match="region was 'europe-west1', is 'europe-west2'") as caught:
        create(services, checked(services, instance_inputs(region="europe-west2")))

    assert first.id in str(caught.value)
    assert "Take the edit back" in str(caught.value)
    assert calls(control, *CREATE) == 1


def test_an_answer_is_not_thrown_away_while_aura_cannot_be_asked(machine, control):
    """Unknown is not gone: the password on disk is the only one there is."""
    first = request(machine.process(), instance_inputs())
    services = machine.process()
    inputs = checked(services, instance_inputs())
    control.add_fault("status", path=f"/v1/instances/{first.id}", times=0, status=503)

    with pytest.raises(Transient):
        create(services, inputs)

    assert len(machine.journal_files("answer.json")) == 1
    assert calls(control, *CREATE) == 1


def test_an_answer_for_another_api_is_not_taken_up(machine, other_machine, control):
    """A journal that met the emulator must not hand its instances to the real Aura."""
    first = request(machine.process(), instance_inputs())
    entry = machine.journal_files("intent.json")[0]
    entry.write_text(entry.read_text().replace(machine.url, "https://api.neo4j.io"))
    control.vanish(first.id)

    assert request(machine.process(), instance_inputs()).id != first.id


def test_the_answer_on_disk_is_readable_by_its_user_only(machine):
    """It holds a password."""
    request(machine.process(), instance_inputs())
    (answer,) = machine.journal_files("answer.json")
    assert answer.stat().st_mode & 0o077 == 0
    assert answer.parent.stat().st_mode & 0o077 == 0


def test_another_machine_does_not_see_the_answer_and_refuses(machine, other_machine, control):
    """The first machine's `up` may still be at work on it."""
    first = request(machine.process(), instance_inputs())
    services = other_machine.process()

    with pytest.raises(Refused, match=first.id):
        create(services, checked(services, instance_inputs()))

    assert make_ready(machine.process(), first).ready["name"] == "orders"
