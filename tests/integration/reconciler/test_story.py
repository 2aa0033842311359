"""What a user sees over some weeks: plan, apply, nothing twice, findings, and green again."""

from datetime import timedelta

from pulumi_neo4j_aura.execution.actions.outcome import Done
from pulumi_neo4j_aura.planning.plan import ExportSnapshot
from support.reconciling import policy, publish, reconciler


def codes(plan):
    return sorted({each.code for each in plan.findings if each.severity.value != "info"})


def test_the_first_pass_exports_and_the_second_has_nothing_to_do(world):
    """An unchanged world gives an empty plan."""
    world.instance("orders")
    wanted = policy(world)
    publish(world, wanted)
    first = reconciler(world, wanted).apply()
    assert [type(each.outcome) for each in first.ended] == [Done]
    assert len(world.vault.exports()) == 1
    after = reconciler(world, wanted).plan()
    assert (after.actions, after.refused, codes(after)) == ((), (), [])


def test_planning_changes_nothing(world):
    """Not in Aura, and in the vault only what is remembered."""
    world.instance("orders")
    wanted = policy(world)
    publish(world, wanted)
    before = len(world.mutations())
    plan = reconciler(world, wanted).plan()
    assert [type(each) for each in plan.actions] == [ExportSnapshot]
    assert len(world.mutations()) == before
    assert world.vault.exports() == ()


def test_after_ten_days_without_anybody_what_fell_short_shows_and_is_mended(world):
    """The findings name the slot; one pass makes one export for it."""
    world.instance("orders")
    wanted = policy(world)
    publish(world, wanted)
    reconciler(world, wanted).apply()
    world.pass_time(days=10)
    assert codes(reconciler(world, wanted).plan()) == ["export-overdue"]
    mended = reconciler(world, wanted).apply()
    assert [type(each.outcome) for each in mended.ended] == [Done]
    after = reconciler(world, wanted).plan()
    assert (after.actions, codes(after)) == ((), [])


def test_retention_lets_go_of_the_oldest_and_says_so(world):
    """Six weeks of weekly exports with four kept."""
    world.instance("orders")
    wanted = policy(world)
    publish(world, wanted)
    for _ in range(6):
        reconciler(world, wanted).apply()
        world.pass_time(days=7)
    reconciler(world, wanted).apply()
    assert len(world.vault.exports()) == 4
    kept = reconciler(world, wanted).plan().kept
    assert [each.reasons[0] for each in kept] == [
        "newest good copy",
        *[f"last {n} of 4" for n in (2, 3, 4)],
    ]


def test_nothing_is_asked_of_aura_while_nothing_is_due(world):
    """Within an hour of a pass not even the list."""
    world.instance("orders")
    wanted = policy(world)
    publish(world, wanted)
    reconciler(world, wanted).apply()
    reconciler(world, wanted).plan()
    world.pass_time(minutes=20)
    world.sender.sent.clear()
    reconciler(world, wanted).plan(list_age=timedelta(hours=1))
    assert world.sender.sent == []


def test_a_paused_instance_is_left_alone_until_it_is_resumed(world):
    """No snapshot is asked for that Aura would refuse; the first slot after that takes one."""
    orders = world.instance("orders")
    wanted = policy(world, exports=[], snapshots=[{"cron": "0 3 * * *"}])
    publish(world, wanted)
    reconciler(world, wanted).apply()
    world.services().client.instances.pause(orders)
    world.pass_time(hours=2)

    for _ in range(3):
        world.pass_time(days=1)
        assert reconciler(world, wanted).apply(list_age=timedelta(hours=1)).ended == ()
    world.services().client.instances.resume(orders)
    world.pass_time(days=1)
    resumed = reconciler(world, wanted).apply(list_age=timedelta(hours=1))
    assert [type(each.outcome) for each in resumed.ended] == [Done]


def test_a_pause_that_nobody_told_of_explains_what_is_late(world):
    """Aura takes no snapshot of a paused instance, and its old copy is not called too old."""
    orders = world.instance("orders")
    wanted = policy(world, exports=[], objectives={"rpo": "26h"})
    publish(world, wanted)
    reconciler(world, wanted).apply(list_age=timedelta(hours=1))
    world.services().client.instances.pause(orders)
    world.pass_time(hours=27)
    assert codes(reconciler(world, wanted).plan(list_age=timedelta(hours=1))) == ["rpo-unproven"]
