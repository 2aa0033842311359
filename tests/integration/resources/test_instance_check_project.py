"""What the project offers: asked once, and never a reason to fail when it cannot be told."""

import pytest

from pulumi_neo4j_aura.errors import Forbidden
from pulumi_neo4j_aura.resources.core.instance_request import check
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID
from support.resources import asked, checked, failures, instance_inputs

PROJECT_PATH = f"/v1/tenants/{PRODUCTION_PROJECT_ID}"


def test_the_project_is_asked_once_for_many_instances(services, control):
    """A hundred instances would otherwise spend a minute's calls on one answer."""
    for name in ("one", "two", "three"):
        checked(services, instance_inputs(name=name))
    assert asked(control) == [("GET", PROJECT_PATH)]


def test_each_project_is_asked_for_its_own_offer(services, control):
    """The rights of one project say nothing about another's."""
    control.change_project(DEVELOPMENT_PROJECT_ID, types=["free-db"])
    checked(services, instance_inputs())

    found = failures(check(services, {}, instance_inputs(project_id=DEVELOPMENT_PROJECT_ID)))

    assert "Development" in found["type"]
    assert "free-db" in found["type"]


def test_an_unchanged_instance_asks_nothing(services, control):
    """`up` of a thousand unchanged instances must not cost a call in check."""
    olds = checked(services, instance_inputs())
    control.reset_requests()

    checked(services, instance_inputs(), olds)
    checked(services, instance_inputs(name="invoices", wait_timeout="5m"), olds)

    assert asked(control) == []


def test_an_unchanged_instance_asks_nothing_in_a_fresh_process_either(machine, control):
    """The next `up` is another process with an empty memory."""
    olds = checked(machine.process(), instance_inputs())
    control.reset_requests()

    checked(machine.process(), instance_inputs(), olds)

    assert control.requests() == [], "not even a token"


def test_a_resize_is_compared_with_the_offer(machine, control):
    """Aura would refuse it after the update has begun."""
    olds = checked(machine.process(), instance_inputs())
    found = failures(check(machine.process(), olds, instance_inputs(memory="3GB")))
    assert "4GB" in found["memory"]


def test_a_project_that_does_not_exist_fails_at_project_id(services):
    """Almost always a wrong id or somebody else's credentials."""
    wanted = "a0000000-0000-4000-8000-00000000dead"

    found = failures(check(services, {}, instance_inputs(project_id=wanted)))

    assert set(found) == {"project_id"}
    assert wanted in found["project_id"]
    assert "Check the project id" in found["project_id"]


def test_a_project_that_the_credentials_do_not_see_fails_at_project_id(machine, control):
    """To Aura a foreign project is one that does not exist."""
    control.add_credential("dev-only", "dev-secret", projects=[DEVELOPMENT_PROJECT_ID])
    services = machine.process(AURA_CLIENT_ID="dev-only", AURA_CLIENT_SECRET="dev-secret")

    assert set(failures(check(services, {}, instance_inputs()))) == {"project_id"}


def test_a_project_that_is_forbidden_says_so(machine, control):
    """Some gateways answer 403 instead: a right is missing, which is no property's fault."""
    control.change_switches(foreign_status=403)
    control.add_credential("dev-only", "dev-secret", projects=[DEVELOPMENT_PROJECT_ID])
    services = machine.process(AURA_CLIENT_ID="dev-only", AURA_CLIENT_SECRET="dev-secret")

    with pytest.raises(Forbidden, match=PRODUCTION_PROJECT_ID):
        check(services, {}, instance_inputs())


def test_no_project_at_all_is_a_failure_with_both_ways_to_name_one(services, control):
    """Neither an input nor the environment names it."""
    found = failures(check(services, {}, instance_inputs(project_id=None)))

    assert set(found) == {"project_id"}
    assert "AURA_PROJECT_ID" in found["project_id"]
    assert asked(control) == []


def test_the_default_project_is_written_into_the_inputs(machine):
    """So that the state says where the instance is, whatever the environment says later."""
    services = machine.process(AURA_PROJECT_ID=DEVELOPMENT_PROJECT_ID)
    inputs = checked(services, instance_inputs(project_id=None))
    assert inputs["project_id"] == DEVELOPMENT_PROJECT_ID


def test_a_project_in_the_program_outranks_the_default(machine):
    """The environment only fills a gap."""
    services = machine.process(AURA_PROJECT_ID=DEVELOPMENT_PROJECT_ID)
    assert checked(services, instance_inputs())["project_id"] == PRODUCTION_PROJECT_ID


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "html_200"},
        {"kind": "truncated"},
        {"kind": "drop_request"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_an_unreachable_project_is_a_warning_and_no_failure(machine, services, control, fault):
    """Sizes can be wrong later; refusing all work because one answer is missing helps nobody."""
    control.add_fault(path=PROJECT_PATH, times=0, **fault)

    result = check(services, {}, instance_inputs(memory="3GB"))

    assert result.failures == ()
    assert len(machine.warnings) == 1
    assert "not checked" in machine.warnings[0]
    assert "\n" not in machine.warnings[0]


def test_a_project_is_asked_again_after_it_could_not_be_reached(services, control):
    """An error is not an offer, so it is not remembered."""
    fault = control.add_fault("status", path=PROJECT_PATH, times=0, status=503)
    checked(services, instance_inputs(memory="3GB"))
    control.remove_fault(fault)

    assert set(failures(check(services, {}, instance_inputs(memory="3GB")))) == {"memory"}
