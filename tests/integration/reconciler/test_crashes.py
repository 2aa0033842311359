"""A reconciler that dies at any boundary: the next one converges, nothing twice, nothing left.

The boundaries are not listed here: each run counts what leaves the process, and there is a death
before and behind every one of them.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import StoredHold
from pulumi_neo4j_aura.vault import holds
from pulumi_neo4j_aura.vault.vault import Vault
from support.crashing import Boundary, Died, DyingSender, DyingStore
from support.reconciling import policy, publish, reconciler
from support.simulated import Simulated, tiny_export

RULES = {
    "snapshots": [{"cron": "0 1 * * *"}],
    "exports": [{"cron": "0 2 * * *"}],
    "retention": {"keep_last": 2},
    "limits": {"max_deletes": 50, "max_delete_percent": 100},
}


def prepared(home) -> tuple[Simulated, Any]:
    """Everything is due at once: a snapshot, an export, and then a prune."""
    world = Simulated(home)
    world.instance("orders")
    wanted = policy(world, **RULES)
    publish(world, wanted)
    for _ in range(3):
        world.pass_time(days=1)
        reconciler(world, wanted).apply()
    world.pass_time(days=1)
    return world, wanted


def dying(world, wanted, boundary):
    """One pass of a process that dies at the boundary."""
    sender = DyingSender(world.sender, boundary)
    store: Any = DyingStore(world.vault.store, boundary)
    one = reconciler(
        world, wanted, holder="mortal", vault=Vault(store), sender=sender, exporter=tiny_export
    )
    return one.apply()


def converged(world, wanted):
    """A fresh process makes passes until nothing is left to do; at most a few."""
    world.pass_time(hours=7)  # leases end, and clones that were left become old
    for _ in range(3):
        reconciler(world, wanted, holder="next").apply()
        world.pass_time(minutes=5)
    return reconciler(world, wanted, holder="next").plan()


def sound(world, wanted, plan):
    """What must hold at the end, whatever happened."""
    assert plan.actions == ()
    assert [each for each in plan.findings if each.severity.value != "info"] == []
    assert set(world.instances().values()) == {"orders"}, "a clone is left and billed"
    rows = world.vault.exports()
    ids = [row.manifest.export_id for row in rows]
    assert len(set(ids)) == len(ids) == 2, "retention keeps two"
    moments = [row.manifest.moment for row in rows]
    assert max(moments) > world.clock.now() - timedelta(days=2)


def total(home):
    """How many boundaries the whole pass has."""
    world, wanted = prepared(home)
    boundary = Boundary()
    dying(world, wanted, boundary)
    world.close()
    return boundary.count


@pytest.mark.parametrize("remainder", [0, 1])
@pytest.mark.parametrize("behind", [False, True])
def test_a_death_at_every_boundary_loses_and_doubles_nothing(tmp_path_factory, behind, remainder):
    """Before and behind each call of the API and each change of the vault."""
    count = total(tmp_path_factory.mktemp("whole"))
    assert count > 40
    for at in range(1 + remainder, count + 1, 2):
        world, wanted = prepared(tmp_path_factory.mktemp("world"))
        with pytest.raises(Died):
            dying(world, wanted, Boundary(at=at, behind=behind))
        try:
            sound(world, wanted, converged(world, wanted))
        except AssertionError as error:
            raise AssertionError(f"boundary {at} of {count}, behind={behind}") from error
        finally:
            world.close()


def test_a_hold_that_is_put_down_between_plan_and_prune_holds(world):
    """The last look before a prune sees it."""
    world.instance("orders")
    wanted = policy(world, **RULES)
    publish(world, wanted)
    for _ in range(3):
        world.pass_time(days=1)
        reconciler(world, wanted).apply()
    oldest = world.vault.exports()[0].manifest.export_id
    world.pass_time(days=1)
    one = reconciler(world, wanted)
    hold = StoredHold("legal", oldest, "case 4711")

    def exporting(*arguments):
        holds.add(world.vault, hold, world.clock.now())
        return tiny_export(*arguments)

    one.world = replace(one.world, exporter=exporting)
    one.apply()
    assert oldest in {row.manifest.export_id for row in world.vault.exports()}
