"""The resource `Snapshot` as a program registers it."""

import pulumi
import pytest

from pulumi_neo4j_aura import Snapshot
from unit.resources.registrations import SNAPSHOT, run, values


def registered(**arguments):
    return run(lambda _: Snapshot("before", instance_id="0badcafe", **arguments) and None)


def test_it_registers_what_is_given():
    """And an owner, and the provider; nothing that is None."""
    inputs = registered(triggers={"release": "1"}, wait_timeout="1h").of(SNAPSHOT).inputs
    assert inputs.keys() == {"instance_id", "triggers", "wait_timeout", "owner", "__provider"}
    assert inputs["triggers"] == {"release": "1"}
    assert inputs["wait_timeout"] == "1h"


def test_without_triggers_there_is_no_such_input():
    """An empty mapping and none are the same wish."""
    assert "triggers" not in registered().of(SNAPSHOT).inputs
    assert "triggers" not in registered(triggers={}).of(SNAPSHOT).inputs


def test_the_caller_s_triggers_are_not_changed():
    """A program may use one mapping for many."""
    triggers = {"release": "1"}

    def program(_):
        for name in ("one", "two"):
            Snapshot(name, instance_id="0badcafe", triggers=triggers)

    run(program)
    assert triggers == {"release": "1"}


def test_outputs_of_the_provider_are_attributes():
    """Each that a program may use has its name."""

    def outputs():
        made = Snapshot("before", instance_id="0badcafe")
        return {"id": made.snapshot_id, "available": made.available}

    assert values(outputs) == {"id": "snap-1", "available": True}


def test_it_takes_pulumi_s_options_itself():
    """It is no component: nothing has to be forwarded."""
    options = pulumi.ResourceOptions(ignore_changes=["triggers"], protect=True)
    request = registered(opts=options).of(SNAPSHOT).request
    assert list(request.ignoreChanges) == ["triggers"]
    assert request.protect is True


def test_the_provider_string_is_no_secret():
    """A class name."""
    assert isinstance(registered().of(SNAPSHOT).raw["__provider"], str)


@pytest.mark.parametrize("name", ["instance_id", "triggers", "wait_timeout"])
def test_inputs_may_be_outputs(name):
    """Of the instance that is made in the same program."""
    given = {"instance_id": "0badcafe", "triggers": {"a": "1"}, "wait_timeout": "1h"}

    def program(_):
        Snapshot("before", **{**given, name: as_output(given[name])})

    def as_output(value):
        if isinstance(value, dict):
            return {key: pulumi.Output.from_input(part) for key, part in value.items()}
        return pulumi.Output.from_input(value)

    assert given.items() <= run(program).of(SNAPSHOT).inputs.items()
