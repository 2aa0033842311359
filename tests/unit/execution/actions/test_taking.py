"""Taking a snapshot for a slot: once, whatever happens."""

import dataclasses

import pytest

from pulumi_neo4j_aura.execution.actions import taking
from pulumi_neo4j_aura.execution.actions.outcome import Done, Failed, Skipped, Waiting
from pulumi_neo4j_aura.planning.plan import TakeSnapshot


@pytest.fixture
def orders(simulated):
    return simulated.instance("orders")


def action(slot):
    return TakeSnapshot("production", slot.instance_id, "orders", slot, "it is due")


def taken(simulated):
    return [path for method, path in simulated.mutations() if path.endswith("/snapshots")]


def test_it_is_taken_and_waited_for(simulated, orders, slot_of):
    """Done means that the snapshot is complete."""
    outcome = taking.handle(simulated.services(), action(slot_of(orders)), 600)
    assert isinstance(outcome, Done)
    found = simulated.services().client.snapshots.get(orders, outcome.facts["snapshot_id"])
    assert found.completed


def test_the_same_slot_again_takes_no_second_one(simulated, orders, slot_of):
    """The snapshot of the first run does for the slot."""
    slot = slot_of(orders)
    taking.handle(simulated.services(), action(slot), 600)
    again = taking.handle(simulated.services(), action(slot), 600)
    assert isinstance(again, Skipped)
    assert len(taken(simulated)) == 1


def test_impatience_is_no_failure_and_the_next_pass_goes_on(simulated, orders, slot_of):
    """What is under way is taken up, not asked for again."""
    slot = slot_of(orders)
    first = taking.handle(simulated.services(), action(slot), 0)
    assert isinstance(first, Waiting)
    second = taking.handle(simulated.services(), action(slot), 600)
    assert isinstance(second, Done | Skipped)
    assert len(taken(simulated)) == 1


def test_an_instance_that_is_paused_fails_with_aura_s_reason(simulated, orders, slot_of):
    """A failure is an answer, and names what Aura said."""
    simulated.services().client.instances.pause(orders)
    simulated.pass_time(minutes=2)
    outcome = taking.handle(simulated.services(), action(slot_of(orders)), 600)
    assert isinstance(outcome, Failed)
    assert outcome.error.status is not None


def test_an_older_snapshot_does_not_do_for_the_slot(simulated, orders, slot_of):
    """What was taken before the slot was due is another slot's."""
    taking.handle(simulated.services(), action(slot_of(orders)), 600)
    simulated.pass_time(hours=6)
    later = taking.handle(simulated.services(), action(slot_of(orders)), 600)
    assert isinstance(later, Done)
    assert len(taken(simulated)) == 2


def test_two_instances_never_share_a_snapshot(simulated, orders, slot_of):
    """The action's key names the instance."""
    other = simulated.instance("other")
    for each in (orders, other):
        taking.handle(simulated.services(), action(slot_of(each)), 600)
    assert len(taken(simulated)) == 2
    one, two = action(slot_of(orders)), action(slot_of(other))
    assert one.key != two.key
    assert dataclasses.replace(one, reason="another").key == one.key
