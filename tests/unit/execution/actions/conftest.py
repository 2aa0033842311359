"""A world in this process, and slots in it."""

import pytest

from pulumi_neo4j_aura.domain.slot import Slot
from pulumi_neo4j_aura.execution.actions.world import World
from support.simulated import Simulated, tiny_export


@pytest.fixture
def simulated(tmp_path):
    made = Simulated(tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(simulated):
    """What handlers work with; the services may be asked for anew, as a fresh process does."""
    return World(
        services={simulated.target: simulated.services()},
        vaults={simulated.target: simulated.vault},
        exporter=tiny_export,
    )


@pytest.fixture
def slot_of(simulated):
    """A slot that is due now."""

    def make(instance_id, rule="exports 0 2 * * SUN UTC"):
        now = simulated.clock.now()
        return Slot("production", rule, instance_id, now, now)

    return make
