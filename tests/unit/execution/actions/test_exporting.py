"""Making the export of a slot exist."""

import pytest

from pulumi_neo4j_aura.execution.actions import exporting
from pulumi_neo4j_aura.execution.actions.outcome import Done, Failed
from pulumi_neo4j_aura.planning.plan import ExportSnapshot


@pytest.fixture
def orders(simulated):
    return simulated.instance("orders")


def action(simulated, slot, **more):
    return ExportSnapshot(
        policy="production",
        instance_id=slot.instance_id,
        instance_name="orders",
        project_id="p",
        target=simulated.target,
        slot=slot,
        reason="it is due",
        **more,
    )


def handle(world, simulated, wanted):
    return exporting.handle(world, world.services[simulated.target], wanted)


def newest(simulated, instance_id):
    listed = simulated.services().client.snapshots.list(instance_id)
    return max(listed, key=lambda each: each.timestamp)


def test_the_named_snapshot_is_exported_and_its_clone_is_gone(world, simulated, orders, slot_of):
    """Done means that the manifest lies in the vault and nothing is billed any more."""
    wanted = newest(simulated, orders)
    outcome = handle(world, simulated, action(simulated, slot_of(orders), snapshot_id=wanted.id))
    assert isinstance(outcome, Done)
    (row,) = simulated.vault.exports()
    assert row.manifest.snapshot.id == wanted.id
    assert outcome.facts["export_id"] == row.manifest.export_id
    assert simulated.instances() == {orders: "orders"}


def test_one_taken_for_it_is_taken_once(world, simulated, orders, slot_of):
    """Twice the same slot: one snapshot, one export."""
    slot = slot_of(orders)
    for _ in range(2):
        outcome = handle(world, simulated, action(simulated, slot, take=True))
        assert isinstance(outcome, Done)
    assert len(simulated.vault.exports()) == 1
    assert sum(path.endswith("/snapshots") for _, path in simulated.mutations()) == 1


def test_how_long_a_restore_takes_is_kept(world, simulated, orders, slot_of):
    """Each export by clone measures what the objective asks about."""
    outcome = handle(world, simulated, action(simulated, slot_of(orders)))
    assert float(outcome.facts["restore_seconds"]) > 0


def test_a_snapshot_that_is_gone_fails_and_names_it(world, simulated, orders, slot_of):
    """Aura let go of it since it was chosen."""
    outcome = handle(world, simulated, action(simulated, slot_of(orders), snapshot_id="no-such"))
    assert isinstance(outcome, Failed)
    assert "no-such" in str(outcome.error)
    assert simulated.vault.exports() == ()
