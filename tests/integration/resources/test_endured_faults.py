"""Faults that pass: a wait of ten minutes meets one sooner or later, and goes on."""

import pytest

from integration.resources.fault_worlds import Recorder, World
from support.resources import instance_inputs, live, make_ready, request


@pytest.fixture
def world(control, machine, sender):
    return World(control, machine, Recorder(sender))


@pytest.mark.parametrize(("status", "shape"), [(401, "gateway"), (401, "errors"), (403, "gateway")])
def test_a_token_that_expires_in_mid_wait_is_renewed(world, status, shape):
    """A wait of an hour outlives every token, whichever way Aura says so."""
    world.control.change_switches(expired_token_status=status, expired_token_body=shape)
    services = world.process()
    state = request(services, instance_inputs())
    world.control.expire_tokens()
    world.control.reset_requests()

    make_ready(services, state)

    assert live(world.control, state.id)["name"] == "orders"
    assert len(world.control.requests("POST", "/oauth/token")) == 1


ENDURED = {
    "a 500": {"kind": "status", "status": 500, "times": 2},
    "HTML": {"kind": "html", "times": 2},
    "HTML with 200": {"kind": "html_200", "times": 2},
    "truncated JSON": {"kind": "truncated", "times": 2},
    "a broken connection": {"kind": "drop_request", "times": 2},
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": 1, "times": 2},
    "429 without it": {"kind": "status", "status": 429, "times": 2},
}


@pytest.mark.parametrize("fault", ENDURED.values(), ids=ENDURED)
def test_a_passing_fault_in_mid_wait_is_endured(world, fault):
    """Ten minutes of waiting meet one of these sooner or later."""
    services = world.process()
    state = request(services, instance_inputs())
    world.control.add_fault(method="GET", path=f"/v1/instances/{state.id}", **fault)

    make_ready(services, state)

    assert live(world.control, state.id)["name"] == "orders"


def test_a_long_outage_in_mid_wait_is_endured_until_patience_ends(world):
    """Longer than one call is tried for: the wait has more patience than a call."""
    services = world.process()
    state = request(services, instance_inputs())
    world.control.add_fault("status", "GET", f"/v1/instances/{state.id}", status=503, times=12)

    make_ready(services, state)

    assert live(world.control, state.id)["name"] == "orders"


def test_a_throttled_create_is_sent_again(world):
    """429 says that it was not done: this one is safe to repeat."""
    create = world.creating()
    world.control.add_fault("status", "POST", "/v1/instances", status=429, retry_after=1, times=2)

    create()

    assert len(world.control.instances()) == 1
