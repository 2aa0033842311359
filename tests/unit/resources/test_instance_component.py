"""The component `Instance`: two children, in this order, and outputs that wait for both."""

from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc

from pulumi_neo4j_aura import Instance, from_snapshot
from unit.resources.registrations import COMPONENT, MINIMAL, READINESS, REQUEST, run, values

EVERYTHING: dict[str, Any] = {
    **MINIMAL,
    "project_id": "project",
    "version": "4",
    "storage": "4GB",
    "vector_optimized": False,
    "graph_analytics_plugin": True,
    "secondaries_count": 0,
    "cdc_enrichment_mode": "OFF",
    "customer_managed_key_id": "key",
    "paused": False,
    "adopt_instance_id": "0badcafe",
    "delete_adopted": True,
    "on_orphan": "replace",
    "generation": "2",
    "deletion_protection": False,
    "wait_timeout": "1h",
}


@pytest.fixture(scope="module")
def registered():
    return run(lambda _: Instance("main", **MINIMAL) and None)


def test_it_registers_itself_and_two_children(registered):
    """The types are in every state: they never change."""
    assert [(each.type, each.name) for each in registered.all] == [
        (COMPONENT, "main"),
        (REQUEST, "main-request"),
        (READINESS, "main-ready"),
    ]


def test_both_children_have_the_component_as_their_parent(registered):
    """So that aliases, transformations and protection of the component reach them."""
    for kind in (REQUEST, READINESS):
        assert registered.of(kind).parent.endswith(f"{COMPONENT}::main")


def test_the_children_are_custom_resources_and_the_component_is_none(registered):
    """Only custom resources have a provider that is called."""
    assert [each.request.custom for each in registered.all] == [False, True, True]


def test_what_is_not_given_is_not_an_input(registered):
    """An input that is None would be managed by accident, or shown as a change."""
    inputs = registered.of(REQUEST).inputs
    assert inputs.keys() == {
        *MINIMAL,
        "version",
        "delete_adopted",
        "on_orphan",
        "deletion_protection",
        "wait_timeout",
        "owner",
        "__provider",
    }
    assert inputs["deletion_protection"] is True
    assert inputs["on_orphan"] == "refuse"
    assert inputs["version"] == "5"


def test_everything_that_is_given_is_an_input():
    """False, zero and OFF are values: they mean "manage it"."""
    inputs = run(lambda _: Instance("main", **EVERYTHING) and None).of(REQUEST).inputs
    assert EVERYTHING.items() <= inputs.items()


def test_readiness_gets_what_the_request_answered(registered):
    """The instance, the place and the operation; it waits for them by that."""
    inputs = registered.of(READINESS).inputs
    del inputs["__provider"]
    assert inputs == {
        "instance_id": "0badcafe",
        "api_url": "https://api.neo4j.io",
        "operation": {"id": "1"},
    }


def test_readiness_goes_with_the_request(registered):
    """It owns nothing, so that deleting it is no call of its own."""
    assert registered.of(READINESS).request.deletedWith.endswith(f"{REQUEST}::main-request")


def test_the_provider_strings_are_no_secrets(registered):
    """A class name; encrypted it would only make the state unreadable."""
    for kind in (REQUEST, READINESS):
        assert isinstance(registered.of(kind).raw["__provider"], str)


# --- secrets --------------------------------------------------------------------------------------


def test_the_password_is_a_secret_in_the_state(registered):
    """An output of the provider is plain text unless it is named."""
    assert {"password", "password_override"} <= set(
        registered.of(REQUEST).request.additionalSecretOutputs
    )


def test_a_password_of_ones_own_travels_as_a_secret():
    """Also when the program has it as plain text."""
    program = run(lambda _: Instance("main", **MINIMAL, password_override="known") and None)
    raw = program.of(REQUEST).raw["password_override"]
    assert raw[rpc._special_sig_key] == rpc._special_secret_sig
    assert raw["value"] == "known"


def test_the_output_password_is_a_secret():
    """Exported from the stack it shows as [secret]."""
    secrets = {}

    def program(_):
        made = Instance("main", **MINIMAL, password_override="known")
        fields = {"password": made.password, "username": made.username}

        async def look():
            for name, output in fields.items():
                secrets[name] = await output.is_secret()

        return pulumi.Output.from_input(look())

    run(program)
    assert secrets == {"password": True, "username": False}


# --- outputs --------------------------------------------------------------------------------------

OUTPUTS = ("instance_id", "connection_url", "username", "password", "status", "provenance")


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_output_waits_for_readiness(name):
    """Who connects as soon as the address is known meets an instance that does not run yet."""
    seen = []

    def program(registered):
        made = Instance("main", **MINIMAL)
        return getattr(made, name).apply(lambda _: seen.append(registered.answers.ready))

    run(program)
    assert seen == [True]


def test_the_outputs_are_those_of_the_children():
    """Address and status as readiness saw them last."""

    def outputs():
        made = Instance("main", **MINIMAL)
        return {name: getattr(made, name) for name in OUTPUTS}

    assert values(outputs) == {
        "instance_id": "0badcafe",
        "connection_url": "neo4j+s://ready",
        "username": "neo4j",
        "password": "initial",
        "status": "running",
        "provenance": {"kind": "none"},
    }


# --- props ----------------------------------------------------------------------------------------


def test_two_instances_can_share_the_program_s_values():
    """Pulumi writes into the dict of inputs that it is given: each resource has its own."""
    source = from_snapshot("0badcafe")

    def program(_):
        Instance("one", **MINIMAL, source=source)
        Instance("two", **MINIMAL, source=source)

    registered = run(program)

    one, two = (registered.named(f"{name}-request").inputs for name in ("one", "two"))
    assert one["source"] == two["source"]
    assert one["owner"] != two["owner"]
    assert "__provider" not in MINIMAL


def test_inputs_may_be_outputs():
    """Of other resources, or of the configuration."""
    given = {**MINIMAL, "memory": pulumi.Output.from_input("4GB"), "paused": None}
    registered = run(lambda _: Instance("main", **given) and None)
    assert registered.of(REQUEST).inputs["memory"] == "4GB"
