"""What an instance's rules ask for now: snapshots to take, exports to make, slots that are done."""

from dataclasses import replace
from datetime import timedelta

from pulumi_neo4j_aura.domain.observed import Past
from pulumi_neo4j_aura.domain.slot import Ended
from pulumi_neo4j_aura.planning.plan import ExportSnapshot, TakeSnapshot
from support.planning import (
    DAY,
    DONE,
    HOUR,
    NOW,
    SUNDAY,
    a_policy,
    codes,
    export,
    instance,
    kinds,
    plan_of,
    snapshot,
    vault,
    world,
)

# --- exports --------------------------------------------------------------------------------------


def test_a_slot_that_is_due_exports_the_newest_snapshot_with_reasons_for_the_skipped():
    """What is newer and cannot be exported is named."""
    snapshots = (
        snapshot(HOUR, "loose", exportable=False),
        snapshot(2 * HOUR, "chosen"),
        snapshot(3 * HOUR, "older"),
    )
    plan = plan_of(world(instance(*snapshots, memory="8GB"), at=vault()))
    (action,) = plan.actions
    assert isinstance(action, ExportSnapshot)
    assert (action.snapshot_id, action.gigabytes) == ("chosen", 8)
    assert [(each.snapshot_id, each.reason) for each in action.skipped] == [
        ("loose", "is not exportable")
    ]
    assert "export-overdue" in codes(plan)


def test_an_export_that_was_made_since_does_for_the_slot():
    """Whoever made it: the slot is settled as adopted."""
    plan = plan_of(world(at=vault(export(DAY))))
    assert plan.actions == ()
    assert [(each.ended.value, each.slot.rule) for each in plan.slots] == [
        ("adopted", "exports 0 2 * * SUN UTC")
    ]


def test_a_snapshot_that_is_exported_already_is_not_exported_twice():
    """The slot is settled by the export that is there."""
    there = export(10 * DAY, snapshot_id="s", completed_at=NOW - 9 * DAY)
    plan = plan_of(world(instance(snapshot(10 * DAY, "s")), at=vault(there)))
    assert plan.actions == ()
    assert "is of the newest snapshot" in plan.slots[0].reason


def test_without_an_exportable_snapshot_it_says_so_and_waits():
    """Unless one is to be taken for it."""
    blind = instance(snapshot(exportable=None))
    plan = plan_of(world(blind))
    assert plan.actions == ()
    assert "nothing-to-export" in codes(plan)
    fresh = plan_of(world(blind), a_policy(exports=[{"cron": "0 2 * * SUN", "take": "new"}]))
    assert [each.take for each in fresh.actions if isinstance(each, ExportSnapshot)] == [True]


def test_a_free_instance_is_read_live():
    """Aura does not clone it, so no clone is billed and no snapshot needed."""
    free = instance(type="free-db", snapshots=())
    (action,) = plan_of(world(free)).actions
    assert isinstance(action, ExportSnapshot)
    assert (action.method, action.gigabytes, action.clone_memory) == ("live", None, None)


def test_a_rule_that_fails_again_and_again_is_told_with_the_reason():
    """Also while it waits for its next try."""
    failing = {SUNDAY: Past(NOW - timedelta(days=9, hours=10), NOW - HOUR / 60, 3, "no answer")}
    plan = plan_of(world(at=vault(slots=failing)))
    assert plan.actions == ()
    overdue = next(each for each in plan.findings if each.code == "export-overdue")
    assert "3 times in a row: no answer" in overdue.message


def test_a_slot_that_was_missed_is_told_until_the_next_is_done():
    """When it is recorded, and afterwards by what the journal says."""
    strict = a_policy(exports=[{"cron": "0 2 * * SUN", "within": "1h"}])
    plan = plan_of(world(), strict)
    assert plan.actions == ()
    assert "was missed" in plan.findings[0].message
    later = vault(export(9 * DAY), slots={SUNDAY: replace(DONE[SUNDAY], missed=True)})
    assert "none was made since" in plan_of(world(at=later), strict).findings[0].message


def test_an_export_of_older_data_does_for_no_slot():
    """Somebody exported an old snapshot by hand: the newest data is still of before the slot."""
    before = export(3 * DAY, "before", completed_at=NOW - 3 * DAY)
    by_hand = export(9 * DAY, "by-hand", completed_at=NOW - HOUR)
    plan = plan_of(world(at=vault(before, by_hand)))
    assert [type(each) for each in plan.actions] == [ExportSnapshot]
    assert plan.slots == ()


def test_of_two_exports_of_the_same_data_the_later_one_does_for_the_slot():
    """The same snapshot again, after the slot."""
    twice = (
        export(3 * DAY, "a", completed_at=NOW - HOUR),
        export(3 * DAY, "b", completed_at=NOW - 3 * DAY),
    )
    assert [each.ended.value for each in plan_of(world(at=vault(*twice))).slots] == ["adopted"]


def test_an_export_that_says_it_was_completed_in_the_future_does_for_no_slot():
    """Else a wrong clock would stop the exports until then."""
    ahead = export(3 * DAY, "ahead", completed_at=NOW + 900 * DAY)
    assert [type(each) for each in plan_of(world(at=vault(ahead))).actions] == [ExportSnapshot]
    untold = export(3 * DAY, "untold", completed_at=None)
    assert [type(each) for each in plan_of(world(at=vault(untold))).actions] == [ExportSnapshot]


def test_no_export_is_made_of_older_data_than_there_is():
    """It would be a step back: the slot waits for a newer snapshot, and that is told."""
    newer = export(4 * DAY, "newer", completed_at=NOW - 4 * DAY)
    plan = plan_of(world(instance(snapshot(5 * DAY, "old")), at=vault(newer)))
    assert (plan.actions, plan.slots) == ((), ())
    finding = next(each for each in plan.findings if each.code == "nothing-to-export")
    assert "old is older than the data of export newer" in finding.message


def test_a_paid_instance_can_be_read_live_too():
    """Where the rule says so, without a clone."""
    policy = a_policy(exports=[{"cron": "0 2 * * SUN", "method": "live"}])
    (action,) = plan_of(world(), policy).actions
    assert isinstance(action, ExportSnapshot)
    assert (action.method, action.snapshot_id, action.gigabytes) == ("live", "", None)


def test_a_smaller_clone_is_counted_at_its_own_size():
    """`clone_memory`, else the instance's."""
    policy = a_policy(exports=[{"cron": "0 2 * * SUN", "clone_memory": "2GB"}])
    (action,) = plan_of(world(instance(memory="8GB")), policy).actions
    assert isinstance(action, ExportSnapshot)
    assert (action.clone_memory, action.gigabytes) == ("2GB", 2)


# --- snapshots on demand --------------------------------------------------------------------------

TAKING = {"exports": [], "snapshots": [{"cron": "0 1 * * *"}]}


def test_a_snapshot_is_taken_when_due():
    """Aura's own snapshots do for no slot of ours: they may be differentials."""
    plan = plan_of(world(instance(snapshot(HOUR))), a_policy(**TAKING))
    (action,) = plan.actions
    assert isinstance(action, TakeSnapshot)
    assert (action.slot.due, action.reason) == (
        NOW - 11 * HOUR,
        "snapshots were due at 2026-03-10 01:00Z, 11 h ago",
    )
    assert "snapshot-overdue" in codes(plan)


def test_an_on_demand_snapshot_that_is_there_does_for_the_slot():
    """Whoever took it; a failed one and one of before the slot do not."""
    policy = a_policy(**TAKING)
    taken = snapshot(10 * HOUR, profile="AdHoc")
    plan = plan_of(world(instance(taken)), policy)
    assert (plan.actions, plan.slots[-1].ended.value) == ((), "adopted")
    for useless in (
        replace(taken, status="Failed"),
        snapshot(12 * HOUR, profile="AdHoc"),
        snapshot(-DAY, profile="AdHoc"),
    ):
        assert len(plan_of(world(instance(useless)), policy).actions) == 1


def test_no_snapshot_is_taken_while_it_is_unknown_whether_one_is_there():
    """That it is late is told all the same."""
    blind = instance(snapshots=(), snapshots_seen=False, reason="no answer")
    plan = plan_of(world(blind), a_policy(**TAKING))
    assert plan.actions == ()
    assert codes(plan) == ["snapshots-unknown", "snapshot-overdue"]


def test_a_slot_of_just_now_is_not_overdue():
    """An hour is given to whoever runs it."""
    policy = a_policy(exports=[], snapshots=[{"cron": "30 11 * * *"}])
    plan = plan_of(world(), policy)
    assert len(plan.actions) == 1
    assert codes(plan) == []
    assert plan.next_due == NOW + DAY - HOUR / 2
    assert plan.statuses[0].next_rule == "snapshots 30 11 * * * UTC"


def test_an_hour_later_it_is_overdue():
    """Not at the hour itself."""
    for minute, late in (("0", False), ("59", True)):
        policy = a_policy(exports=[], snapshots=[{"cron": f"{minute} {10 if late else 11} * * *"}])
        assert ("snapshot-overdue" in codes(plan_of(world(), policy))) is late


def test_a_snapshot_of_the_very_moment_of_the_newest_export_is_no_step_back():
    """Its data is not older."""
    there = export(5 * DAY, completed_at=NOW - 4 * DAY)
    plan = plan_of(world(instance(snapshot(5 * DAY, "same")), at=vault(there)))
    assert [type(each) for each in plan.actions] == [ExportSnapshot]


def test_three_of_many_useless_snapshots_are_named():
    """The plan's JSON is not lost in them either."""
    many = [snapshot(HOUR * age, f"s{age}", exportable=False) for age in range(1, 9)]
    plan = plan_of(world(instance(*many)))
    message = next(each.message for each in plan.findings if each.code == "nothing-to-export")
    assert "s3 is not exportable)" in message
    assert "s4" not in message


# --- paused ---------------------------------------------------------------------------------------


def settled(plan):
    return [(each.ended, each.reason) for each in plan.slots]


def test_no_snapshot_is_taken_of_a_paused_instance():
    """Its slot ends, and the next one comes after it is resumed."""
    policy = a_policy(exports=[], snapshots=[{"cron": "0 3 * * *"}])
    paused = instance(status="paused")
    assert kinds(plan_of(world(instance()), policy)) == ["TakeSnapshot"]
    plan = plan_of(world(paused), policy)
    assert kinds(plan) == []
    assert "snapshot-overdue" not in codes(plan)
    assert settled(plan)[-1] == (Ended.SKIPPED, "it is paused: nothing is written to it")


def test_a_paused_instance_is_exported_from_the_snapshots_that_it_has():
    """None is taken for it, and it cannot be read live."""
    paused = instance(status="Paused")
    plan = plan_of(world(paused), a_policy(exports=[{"cron": "0 2 * * SUN", "take": "new"}]))
    (action,) = plan.actions
    assert isinstance(action, ExportSnapshot)
    assert (action.take, action.snapshot_id) == (False, "s-1:00:00")
    plan = plan_of(world(paused), a_policy(exports=[{"cron": "0 2 * * SUN", "method": "live"}]))
    assert kinds(plan) == []
    assert settled(plan)[-1] == (Ended.SKIPPED, "it is paused: nothing is written to it")
