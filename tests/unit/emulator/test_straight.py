"""Calling the emulator's application without a socket and without an event loop."""

import pytest

from aura_emulator.faults.rules import Fault
from support.simulated import Simulated


def test_a_request_that_would_wait_is_a_mistake_of_the_test(tmp_path):
    """A fault that takes real time is for the emulator behind a socket; it is no lost answer."""
    world = Simulated(tmp_path)
    world.app.state.rules.add(Fault("delay", seconds=1))
    with pytest.raises(RuntimeError, match="event loop"):
        world.services().client.instances.list()
    world.close()
