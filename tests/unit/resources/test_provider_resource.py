"""The explicit provider: settings of its own, told to the engine under our names."""

import pulumi
import pytest
from pulumi.runtime import rpc

from pulumi_neo4j_aura import Provider
from pulumi_neo4j_aura.settings import NAMES
from unit.resources.registrations import run

TYPE = "pulumi:providers:pulumi-python"


def registered(**arguments):
    return run(lambda _: Provider("second", **arguments) and None).of(TYPE)


def test_what_is_given_goes_under_the_names_of_stack_configuration():
    """The same keys as in `pulumi config`, so that one table explains both."""
    inputs = registered(
        api_url="https://x",
        client_id="id",
        client_secret="secret",
        project_id="project",
        calls_per_minute=25,
    ).inputs
    assert inputs == {
        "neo4jaura:explicit": "true",
        "neo4jaura:apiUrl": "https://x",
        "neo4jaura:clientId": "id",
        "neo4jaura:clientSecret": "secret",
        "neo4jaura:projectId": "project",
        "neo4jaura:callsPerMinute": "25",
    }


def test_what_is_left_out_is_not_sent():
    """The environment fills it."""
    assert registered(client_id="id").inputs == {
        "neo4jaura:explicit": "true",
        "neo4jaura:clientId": "id",
    }


def test_the_secret_travels_as_a_secret():
    """It reaches the state, encrypted."""
    raw = registered(client_secret="secret").raw["neo4jaura:clientSecret"]
    assert raw[rpc._special_sig_key] == rpc._special_secret_sig


@pytest.mark.parametrize("value", [25, "an output"])
def test_a_number_may_be_an_output(value):
    """Provider configuration is text only."""
    given = pulumi.Output.from_input(25) if value == "an output" else value
    assert registered(calls_per_minute=given).inputs["neo4jaura:callsPerMinute"] == "25"


def test_its_keys_are_keys_of_the_settings():
    """A key that nobody reads would be ignored in silence."""
    known = {f"neo4jaura:{key}" for _, key in NAMES.values()} | {"neo4jaura:explicit"}
    everything = registered(
        api_url="a", client_id="b", client_secret="c", project_id="d", calls_per_minute=1
    )
    assert everything.inputs.keys() <= known
