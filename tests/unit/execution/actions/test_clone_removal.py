"""Deleting a clone that an export left behind."""

from datetime import timedelta

import pytest

from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.actions import clone_removal
from pulumi_neo4j_aura.execution.actions.outcome import Done, Skipped
from pulumi_neo4j_aura.planning.plan import DeleteClone
from support.emulator import PRODUCTION_PROJECT_ID

AGE = timedelta(hours=6)


@pytest.fixture
def left(simulated):
    """A clone whose export died; its id."""
    services = simulated.services()
    orders = simulated.instance("orders")
    origin = services.client.instances.get(orders)
    (snapshot,) = services.client.snapshots.list(orders)
    made = clones.make(services, origin, snapshot.id, "an-export")
    simulated.pass_time(minutes=5)
    return made.id


def handle(simulated, clone_id):
    action = DeleteClone(
        "production", clone_id, "clone", PRODUCTION_PROJECT_ID, simulated.target, "left behind"
    )
    return clone_removal.handle(simulated.services(), action, AGE, 600)


def test_an_old_one_is_deleted_and_seen_gone(simulated, left):
    """Nothing is billed any more."""
    simulated.pass_time(hours=7)
    assert isinstance(handle(simulated, left), Done)
    assert left not in simulated.instances()


def test_a_young_one_may_belong_to_an_export_elsewhere(simulated, left):
    """It stays, and the reason says how long to wait."""
    outcome = handle(simulated, left)
    assert isinstance(outcome, Skipped)
    assert "6 h" in outcome.reason
    assert left in simulated.instances()


def test_one_that_is_gone_is_fine(simulated, left):
    """Nothing is asked of Aura for it."""
    simulated.pass_time(hours=7)
    handle(simulated, left)
    before = len(simulated.mutations())
    assert isinstance(handle(simulated, left), Skipped)
    assert len(simulated.mutations()) == before


def test_an_instance_that_is_no_clone_is_never_deleted(simulated, left):
    """Whatever the plan says, the name decides."""
    (orders,) = (key for key, name in simulated.instances().items() if name == "orders")
    simulated.pass_time(hours=7)
    assert isinstance(handle(simulated, orders), Skipped)
    assert orders in simulated.instances()
