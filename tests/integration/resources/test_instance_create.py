"""Creating: one POST, the answer kept at once, and everything else afterwards."""

import json

import pytest

from pulumi_neo4j_aura.errors import LostAnswer, NotFound, Refused, Rejected
from pulumi_neo4j_aura.resources.core.instance_request import create
from support.emulator import DEVELOPMENT_PROJECT_ID
from support.resources import (
    OWNER,
    calls,
    changing,
    checked,
    existing_instance,
    instance_inputs,
    live,
    make_ready,
    plant,
    request,
    snapshot_source,
    up,
)

CREATE = ("POST", "/v1/instances")


def test_the_request_returns_before_the_instance_runs(services, control):
    """Its id and password must be in the state before anybody waits for ten minutes."""
    state = request(services, instance_inputs())
    assert live(control, state.id)["status"] == "creating"


def test_an_instance_is_created_under_its_pending_name(services, control):
    """From any machine it can be told whose it is, although Aura has no labels."""
    state = request(services, instance_inputs())
    assert live(control, state.id)["name"] == f"orders~{OWNER}"


def test_a_long_name_has_a_pending_name_that_aura_takes(services, control):
    """Thirty characters are the limit for both."""
    name = "Orders (northern branches) 1.2"
    assert len(name) == 30
    state = request(services, instance_inputs(name=name))
    pending = live(control, state.id)["name"]
    assert len(pending) <= 30
    assert pending.endswith(f"~{OWNER}")
    assert live(control, make_ready(services, state).id)["name"] == name


def test_the_outputs_of_a_new_instance(services, control):
    """The inputs again, what Aura said, and the place, which guards every later call."""
    state = request(services, instance_inputs())

    outputs = state.outputs
    assert state.inputs.items() <= outputs.items()
    assert outputs["instance_id"] == state.id == control.instances()[0]["id"]
    assert outputs["connection_url"] == f"neo4j+s://{state.id}.databases.neo4j.io"
    assert outputs["username"] == "neo4j"
    assert len(outputs["password"]) == 43
    assert outputs["api_url"] == services.settings.api_url
    assert outputs["adopted"] is False
    assert outputs["operation"]["settings"] == {
        "name": "orders",
        "type": "professional-db",
        "memory": "2GB",
    }


def test_outputs_are_plain_json(services):
    """A value that Pulumi cannot serialize loses the instance after it was made."""
    outputs = request(services, instance_inputs(paused=True, vector_optimized=False)).outputs
    assert json.loads(json.dumps(outputs)) == outputs


def test_a_password_of_ones_own_outranks_the_initial_one(services):
    """A clone may have kept its source's password."""
    state = request(services, instance_inputs(password_override="known-to-us"))
    assert state.outputs["password"] == "known-to-us"


def test_creating_sends_one_call_that_changes_something(services, control):
    """No pause, no rename, no patch before the instance is in the state."""
    request(services, instance_inputs(paused=True))
    assert changing(control) == [CREATE]


def test_a_create_looks_for_its_predecessor_first(services, control):
    """One list, before the POST."""
    request(services, instance_inputs())
    asked = [(each["method"], each["path"]) for each in control.requests(path="/v1/instances")]
    assert asked == [("GET", "/v1/instances"), CREATE]


def test_creates_that_start_together_share_the_look(services, control):
    """A hundred instances must not cost a hundred lists."""
    for number in range(5):
        request(services, instance_inputs(name=f"orders-{number}", owner=f"0000000{number}"))
    assert calls(control, "GET", "/v1/instances") == 1
    assert calls(control, *CREATE) == 5


def test_a_clone_is_created_from_the_snapshot_that_check_chose(services, control):
    """Not from whatever is the newest by then: the preview promised that one."""
    production = existing_instance(services, control)
    plant(control, production, "chosen")
    inputs = checked(services, instance_inputs(source=snapshot_source(production)))
    control.drop_snapshot("chosen")
    plant(control, production, "newer")

    with pytest.raises(NotFound, match="chosen"):
        create(services, inputs)


def test_a_clone_of_current_data_locks_its_source(services, control):
    """The emulator holds the source while its data is read: the id was sent."""
    production = existing_instance(services, control)
    source = {"kind": "instance", "instance_id": production, "explicit": True}

    state = request(services, instance_inputs(source=source))

    assert state.outputs["provenance"]["instance_id"] == production
    assert services.client.instances.get(production).status == "running"
    with pytest.raises(Exception, match="cloning"):
        services.client.instances.pause(production)


# --- names ----------------------------------------------------------------------------------------


def test_a_namesake_is_refused_with_its_id_and_two_ways_out(services, control):
    """Aura allows equal names; people deleting by name do not survive it."""
    there = existing_instance(services, control, name="orders")
    inputs = checked(services, instance_inputs())

    with pytest.raises(Refused) as caught:
        create(services, inputs)

    assert there in str(caught.value)
    assert "Choose another name, or set adopt_instance_id" in str(caught.value)
    assert calls(control, *CREATE) == 1, "only the one that was there"


def test_a_namesake_in_another_project_is_nobodys_business(services, control):
    """Names are compared within the project."""
    existing_instance(services, control, name="orders", project_id=DEVELOPMENT_PROJECT_ID)
    request(services, instance_inputs())


def test_a_replacement_may_share_the_name_with_what_it_replaces(machine, control):
    """Create comes before delete: both exist for a while, under one name."""
    first = up(machine.process(), instance_inputs(deletion_protection=False))
    program = instance_inputs(deletion_protection=False, generation="2")

    services = machine.process()
    checked(services, program, first.inputs)
    second = up(services, program)

    assert second.id != first.id
    assert [each["name"] for each in control.instances()] == ["orders", "orders"]


def test_a_replacement_may_not_share_it_with_a_third_one(machine, control):
    """One namesake is its own predecessor, a second is somebody else's."""
    first = up(machine.process(), instance_inputs(deletion_protection=False))
    other = existing_instance(machine.process(), control, name="orders")
    program = instance_inputs(deletion_protection=False, generation="2")
    services = machine.process()
    checked(services, program, first.inputs)

    with pytest.raises(Refused, match=other):
        create(services, checked(services, program))


def test_another_resource_is_no_predecessor(machine, control):
    """Only the resource that is replaced may have a namesake."""
    first = up(machine.process(), instance_inputs())
    services = machine.process()
    checked(services, instance_inputs(), first.inputs)

    with pytest.raises(Refused, match=first.id):
        create(services, checked(services, instance_inputs(owner="ffffffff")))


def test_two_resources_of_one_stack_may_not_declare_one_name(services, control):
    """The first is still under its pending name, so that no list shows the clash."""
    request(services, instance_inputs())
    with pytest.raises(Refused, match="Two resources of this stack") as caught:
        request(services, instance_inputs(owner="ffffffff"))
    assert "Give one of them another name" in str(caught.value)
    assert len(control.instances()) == 1


# --- refusals and broken answers ------------------------------------------------------------------


def test_a_refused_create_leaves_nothing_behind(machine, control):
    """Aura said no: the next run need not look for anything."""
    control.change_project("a0000000-0000-4000-8000-000000000001", max_instances=0)
    services = machine.process()
    inputs = checked(services, instance_inputs())

    with pytest.raises(Rejected, match="limit"):
        create(services, inputs)
    assert len(machine.journal_files("outcome.json")) == 1

    control.change_project("a0000000-0000-4000-8000-000000000001", max_instances=1)
    request(machine.process(), instance_inputs())
    assert len(control.instances()) == 1


def test_an_answer_without_a_password_is_a_lost_answer(services, control):
    """An instance that nobody can log in to must not look like a success."""
    body = {"data": {"id": "0badcafe", "name": "orders", "username": "neo4j"}}
    control.add_fault("status", *CREATE, status=202, body=body, effect=True)
    inputs = checked(services, instance_inputs())

    with pytest.raises((Refused, LostAnswer)):
        create(services, inputs)

    assert calls(control, *CREATE) == 1
    assert len(control.instances()) == 1


def test_an_unwritable_journal_forbids_the_create(machine, control):
    """An instance whose lost answer could not be found again must not be made."""
    machine.home.write_text("a file where the folder should be")
    services = machine.process()
    inputs = checked(services, instance_inputs())

    with pytest.raises(Refused, match="XDG_STATE_HOME"):
        create(services, inputs)

    assert control.instances() == []
