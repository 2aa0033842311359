"""Where the plugin's settings come from: explicit provider, environment, stack configuration."""

import pytest

from pulumi_neo4j_aura.resources.providers import InstanceRequestProvider
from support.emulator import CLIENT_ID, CLIENT_SECRET
from support.resources import instance_inputs
from support.wire import CallFailed, running_plugin, secret

QUICK = ("AURA_POLL_SECONDS", "AURA_GONE_SECONDS", "AURA_LOOK_SECONDS", "XDG_STATE_HOME")


@pytest.fixture
def bare(variables):
    """An environment without any credential or address."""
    return {key: variables[key] for key in QUICK}


@pytest.fixture
def configured(control, variables):
    """Stack configuration that works, as the engine passes it."""
    return {
        "neo4jaura:apiUrl": variables["AURA_API_URL"],
        "neo4jaura:clientId": CLIENT_ID,
        "neo4jaura:clientSecret": secret(CLIENT_SECRET),
        "neo4jaura:callsPerMinute": "100000",
        "other:clientId": "of somebody else",
    }


def check_in(variables, config):
    """Whether the plugin reaches the emulator with these settings."""
    with running_plugin(variables, config=config) as plugin:
        checked = plugin.resource(InstanceRequestProvider).check(instance_inputs())
    assert checked.failures == {}


def error_in(variables, config):
    with pytest.raises(CallFailed) as caught:
        check_in(variables, config)
    return str(caught.value)


def test_stack_configuration_alone_works(bare, configured):
    """`pulumi config set neo4jaura:clientSecret --secret`: decrypted by the engine."""
    check_in(bare, configured)


def test_the_environment_alone_works(control, variables):
    """The recommended way: nothing reaches the state."""
    check_in(variables, {})


def test_the_environment_wins_over_stack_configuration(control, variables, configured):
    """A rotated secret in the environment works although the state has the old one."""
    old = {**configured, "neo4jaura:clientSecret": secret("rotated away")}
    check_in(variables, old)


def test_a_wrong_environment_is_not_rescued_by_the_configuration(variables, configured):
    """It wins, also when it is wrong; silently using another identity would be worse."""
    wrong = {**variables, "AURA_CLIENT_SECRET": "wrong"}
    assert "BadCredentials" in error_in(wrong, configured)


def test_an_explicit_provider_wins_over_the_environment(variables, configured):
    """A second organisation in one stack: the environment belongs to the first."""
    first = {**variables, "AURA_CLIENT_ID": "first", "AURA_CLIENT_SECRET": "of the first"}
    check_in(first, {**configured, "neo4jaura:explicit": "true"})


def test_what_an_explicit_provider_leaves_out_comes_from_the_environment(variables, configured):
    """A second credential at the same address need not repeat the address."""
    explicit = {**configured, "neo4jaura:explicit": "true"}
    del explicit["neo4jaura:apiUrl"]
    check_in(variables, explicit)


def test_no_settings_at_all_name_the_variables(bare):
    """And nothing is sent anywhere."""
    text = error_in(bare, {})
    assert "AURA_CLIENT_ID and AURA_CLIENT_SECRET" in text


def test_keys_of_another_namespace_are_not_ours(bare, configured):
    """The engine passes the configuration of every package."""
    others = {key.replace("neo4jaura:", "other:"): value for key, value in configured.items()}
    assert "AURA_CLIENT_ID" in error_in(bare, others)
