"""Which changes mean another instance; everything else is the engine's own comparison."""

import pytest

from pulumi_neo4j_aura.resources.core import instance_readiness
from pulumi_neo4j_aura.resources.core.instance_request import INPUT_KEYS, diff
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from support.resources import (
    apply,
    asked,
    checked,
    existing_instance,
    instance_inputs,
    plant,
    refresh,
    snapshot_source,
    up,
)

pytestmark = pytest.mark.usefixtures("at_once")

FIXED = {
    "project_id": "a0000000-0000-4000-8000-000000000002",
    "cloud_provider": "aws",
    "region": "europe-west2",
    "version": "4",
    "type": "enterprise-db",
    "customer_managed_key_id": "key-2",
    "generation": "2",
}
FREE_TO_CHANGE = {
    "name": "invoices",
    "memory": "8GB",
    "storage": "32GB",
    "vector_optimized": True,
    "graph_analytics_plugin": True,
    "secondaries_count": 3,
    "cdc_enrichment_mode": "FULL",
    "paused": True,
    "source": {"kind": "instance", "instance_id": "0badcafe"},
    "provenance": {"kind": "none"},
    "adopt_instance_id": "0badcafe",
    "delete_adopted": True,
    "on_orphan": "replace",
    "deletion_protection": False,
    "password_override": "another",
    "wait_timeout": "2h",
    "owner": "ffffffff",
}


def declared(**changes):
    return instance_inputs(version="5", customer_managed_key_id="key-1", **changes)


def test_every_input_is_in_one_of_the_two_tables():
    """A new input must be thought about: a wrong answer deletes a database."""
    assert FIXED.keys() | FREE_TO_CHANGE.keys() == INPUT_KEYS


@pytest.mark.parametrize(("key", "value"), FIXED.items(), ids=FIXED)
def test_a_fixed_property_replaces(key, value):
    """Aura cannot change it on an instance."""
    assert diff(declared(), declared() | {key: value}).replaces == (key,)


@pytest.mark.parametrize(("key", "value"), FREE_TO_CHANGE.items(), ids=FREE_TO_CHANGE)
def test_everything_else_never_replaces(key, value):
    """It is changed in place, or only remembered."""
    assert diff(declared(), declared() | {key: value}).replaces == ()
    assert diff(declared() | {key: value}, declared()).replaces == ()


@pytest.mark.parametrize("key", FIXED)
def test_an_unknown_value_never_replaces(key):
    """The real run knows it; a preview that threatens to delete production is wrong."""
    assert diff(declared(), declared() | {key: UNKNOWN}).replaces == ()
    assert diff(declared() | {key: UNKNOWN}, declared()).replaces == ()


def test_the_upgrade_goes_one_way_only():
    """Business Critical cannot become Professional again on the same instance."""
    professional, critical = declared(), declared(type="business-critical")
    assert diff(professional, critical).replaces == ()
    assert diff(critical, professional).replaces == ("type",)


def test_a_generation_that_is_added_or_removed_replaces():
    """Any change of it is meant."""
    assert diff(declared(), declared(generation="1")).replaces == ("generation",)
    assert diff(declared(generation="1"), declared()).replaces == ("generation",)


def test_whole_numbers_of_the_wire_are_no_difference():
    """Pulumi sends every number as a float; 3.0 secondaries are 3."""
    olds = declared(type="business-critical", secondaries_count=3)
    assert diff(olds, olds | {"secondaries_count": 3.0}).replaces == ()


def test_the_outputs_of_the_state_against_the_inputs_of_the_program_replace_nothing(
    services, control
):
    """The engine compares old *outputs* with new inputs: ours beside them must not disturb."""
    production = existing_instance(services, control)
    plant(control, production, "snap-1")
    for program in (
        instance_inputs(),
        instance_inputs(name="clone", source=snapshot_source(production), owner="11111111"),
        instance_inputs(name="production", adopt_instance_id=production, owner="22222222"),
    ):
        state = up(services, program)
        assert diff(state.outputs, checked(services, program, state.inputs)).replaces == ()


# --- an unchanged world ---------------------------------------------------------------------------


def worlds(services, control):
    production = existing_instance(services, control)
    plant(control, production, "snap-1")
    return {
        "new": instance_inputs(),
        "new with everything": instance_inputs(
            type="business-critical",
            memory="4 gb",
            storage="8",
            vector_optimized=False,
            secondaries_count=0,
            cdc_enrichment_mode="OFF",
            paused=False,
            generation=1.0,
            wait_timeout=600,
            password_override="known",
        ),
        "clone": instance_inputs(source=snapshot_source(production)),
        "adopted": instance_inputs(name="production", adopt_instance_id=production),
    }


@pytest.mark.parametrize("kind", ["new", "new with everything", "clone", "adopted"])
def test_an_unchanged_instance_has_the_same_inputs_again(services, control, kind):
    """Check of the unchanged program gives exactly what the state has: nothing to do."""
    program = worlds(services, control)[kind]
    state = up(services, program)
    assert checked(services, program, state.inputs) == state.inputs


@pytest.mark.parametrize("kind", ["new", "new with everything", "clone", "adopted"])
def test_a_refresh_of_an_unchanged_instance_shows_no_drift(services, control, kind):
    """The engine compares the inputs that read returns with those in the state."""
    state = up(services, worlds(services, control)[kind])
    before = dict(state.inputs)
    assert refresh(services, state).inputs == before


@pytest.mark.parametrize("kind", ["new", "new with everything", "clone", "adopted"])
def test_an_unchanged_instance_is_unchanged_after_a_refresh_too(services, control, kind):
    """Refresh, then `up` of the same program: no change, no call that changes anything."""
    program = worlds(services, control)[kind]
    state = refresh(services, up(services, program))
    before = dict(state.inputs)
    control.reset_requests()

    apply(services, state, program)

    assert state.inputs == before
    assert asked(control) == []


# --- the readiness half ---------------------------------------------------------------------------


def test_another_instance_needs_another_readiness():
    """And nothing else does: a new operation is an update."""
    olds = {"instance_id": "one", "api_url": "u", "operation": {"id": "1"}}
    assert instance_readiness.diff(olds, olds | {"instance_id": "two"}).replaces == ("instance_id",)
    assert instance_readiness.diff(olds, olds | {"operation": {"id": "2"}}).replaces == ()
    assert instance_readiness.diff(olds, olds | {"instance_id": UNKNOWN}).replaces == ()
