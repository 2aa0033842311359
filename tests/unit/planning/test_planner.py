"""The plan: what it does, what it says, and what it never does."""

import random
from dataclasses import replace

import pytest

from pulumi_neo4j_aura.domain.observed import (
    ObservedClone,
    ObservedProject,
    ObservedState,
    Sight,
    StoredHold,
)
from pulumi_neo4j_aura.planning import checksum, instance_part, planner
from pulumi_neo4j_aura.planning.case import Case
from pulumi_neo4j_aura.planning.plan import (
    DeleteClone,
    Plan,
    PruneExport,
    RecreateInstance,
    Severity,
)
from support.planning import (
    DAY,
    DONE,
    HOUR,
    NOW,
    PROJECT,
    TARGET,
    a_policy,
    codes,
    export,
    instance,
    kinds,
    plan_of,
    quiet,
    snapshot,
    vault,
    world,
)

# --- exports --------------------------------------------------------------------------------------


def test_a_world_in_which_everything_is_done_gives_an_empty_plan():
    """No action, nothing refused, no finding, and the next time is known."""
    plan = plan_of(quiet())
    assert (plan.actions, plan.refused, plan.findings) == ((), (), ())
    assert plan.next_due == NOW + DAY  # Aura's own snapshot of an hour ago, a day and an hour on
    assert [status.newest_export_id for status in plan.statuses] == ["orders-id-2 days, 0:00:00"]


def test_what_is_due_is_done_before_anything_is_removed():
    """Snapshots, exports, clones, prunes."""
    policy = a_policy(
        snapshots=[{"cron": "0 1 * * *"}],
        retention={"keep_last": 1},
        limits={"max_deletes": 9, "max_delete_percent": 100},
    )
    clone = ObservedClone("c1", "aura-export-orders~ab12cd34", PROJECT, NOW - DAY)
    old = (export(9 * DAY), export(10 * DAY))
    plan = plan_of(world(at=vault(*old), clones=(clone,)), policy)
    assert kinds(plan) == ["TakeSnapshot", "ExportSnapshot", "DeleteClone", "PruneExport"]


@pytest.mark.parametrize("mode", ["observe", "warn"])
def test_a_policy_that_only_looks_does_nothing_and_shows_it(mode):
    """What would be done is shown as refused by its mode, which is no guard."""
    plan = plan_of(world(at=vault()), a_policy(mode=mode))
    assert plan.actions == ()
    assert [each.guard for each in plan.refused] == [planner.MODE]


# --- unknown, gone --------------------------------------------------------------------------------


def test_an_unknown_instance_is_left_alone():
    """A finding that says that it is unknown, and every copy stays."""
    lost = instance(sight=Sight.UNKNOWN, reason="no answer", snapshots_seen=False)
    plan = plan_of(world(lost, at=vault(export(DAY), export(9 * DAY))))
    assert plan.actions == ()
    assert [(each.code, each.severity) for each in plan.findings] == [
        ("instance-unknown", Severity.UNKNOWN)
    ]
    assert len(plan.kept) == 2


def test_snapshots_that_could_not_be_seen_are_a_finding_and_no_reason_to_do_anything():
    """Nor to say that the RPO is exceeded."""
    blind = instance(snapshots=(), snapshots_seen=False, reason="no answer")
    plan = plan_of(world(blind), a_policy(objectives={"rpo": "24h"}))
    assert plan.actions == ()
    assert codes(plan) == ["rpo-unproven", "snapshots-unknown", "export-overdue", "floor-short"]
    assert [each.severity for each in plan.findings[:2]] == [Severity.UNKNOWN] * 2


def test_a_vault_that_could_not_be_seen_stops_what_depends_on_it():
    """Neither exports nor prunes, and nothing is said that its copies could disprove."""
    away = vault(sight=Sight.UNKNOWN, reason="no answer")
    policy = a_policy(snapshots=[{"cron": "0 1 * * *"}], objectives={"rpo": "30m", "rto": "1h"})
    plan = plan_of(world(instance(snapshot(6 * DAY)), at=away), policy)
    assert (plan.actions, plan.refused, plan.slots) == ((), (), ())
    found = {each.code: each.severity.value for each in plan.findings}
    unknown = dict.fromkeys(("vault-unknown", "rpo-unproven", "rto-unproven"), "unknown")
    # What was seen of Aura is still judged.
    seen = {"aura-snapshot-overdue": "warning", "policy-conflict": "warning"}
    assert found == {**unknown, **seen}
    assert "vault-unknown" in plan.statuses[0].findings


def test_copies_in_a_vault_that_could_not_be_seen_are_not_called_lost():
    """A gone instance may have exports there, and nothing is created from what is not known."""
    gone = instance(sight=Sight.ABSENT, reason="gone", snapshots=())
    away = vault(sight=Sight.UNKNOWN, reason="no answer")
    plan = plan_of(world(gone, at=away), a_policy(on_loss="recreate"))
    assert plan.actions == ()
    message = next(each.message for each in plan.findings if each.code == "instance-gone")
    assert "could not be seen" in message


def test_gone_and_unknown_instances_keep_their_status():
    """What is left of them is shown: else an alarm on the age of copies would fall silent."""
    gone = instance(snapshot(HOUR), id="gone-id", name="gone", sight=Sight.ABSENT)
    lost = instance(id="lost-id", name="lost", sight=Sight.UNKNOWN, snapshots_seen=False)
    left = export(9 * DAY, "left", instance_id="gone-id", instance_name="gone")
    plan = plan_of(world(gone, lost, at=vault(left)))
    shown = {each.instance_name: each for each in plan.statuses}
    assert (shown["gone"].newest_copy_id, shown["gone"].findings) == ("left", ("instance-gone",))
    assert shown["lost"].findings == ("instance-unknown",)


def test_a_project_that_could_not_be_listed_is_a_finding():
    """And that a policy seems to be about nothing is none."""
    blind = ObservedState(
        NOW,
        projects=(ObservedProject("", sight=Sight.UNKNOWN, reason="HTTP 403"),),
        vaults=(vault(),),
    )
    assert codes(plan_of(blind)) == ["project-unknown"]
    named = replace(blind, projects=(ObservedProject("p", sight=Sight.UNKNOWN, reason="x"),))
    assert "project p" in plan_of(named).findings[0].message


def test_a_gone_instance_keeps_every_copy_and_is_told():
    """With the export from which it could come back."""
    gone = instance(sight=Sight.ABSENT, reason="gone", snapshots=())
    plan = plan_of(world(gone, at=vault(export(DAY, "newest"), export(9 * DAY, "older"))))
    assert plan.actions == ()
    assert codes(plan) == ["instance-gone"]
    assert "from export newest" in plan.findings[0].message
    assert {each.export_id for each in plan.kept} == {"newest", "older"}


def test_a_gone_instance_without_a_copy_says_so():
    """There is nothing to recreate it from, whatever the policy says."""
    gone = instance(sight=Sight.ABSENT, reason="gone")
    plan = plan_of(world(gone), a_policy(on_loss="recreate"))
    assert plan.actions == ()
    assert "no copy is left" in plan.findings[0].message


def test_it_is_created_again_only_where_the_policy_says_so_and_only_once():
    """From the newest export that can be written back; the others are named with why not."""
    gone = instance(sight=Sight.ABSENT, reason="gone", name="")
    exports = (
        export(HOUR, "file", method="file"),
        export(DAY, "newest"),
        export(9 * DAY, "damaged", good=False, problem="part missing"),
    )
    policy = a_policy(on_loss="recreate")
    (action,) = plan_of(world(gone, at=vault(*exports)), policy).actions
    assert isinstance(action, RecreateInstance)
    assert (action.export_id, action.instance_name) == ("newest", "orders")
    assert [(each.snapshot_id, each.reason) for each in action.skipped] == [
        ("damaged", "part missing"),
        ("file", "is older or cannot be written back"),
    ]
    again = vault(*exports, recreated={"orders-id": "another-id"})
    assert plan_of(world(gone, at=again), policy).actions == ()


# --- policies -------------------------------------------------------------------------------------


def test_an_instance_that_no_policy_is_about_is_told():
    """As information: excluding it on purpose is fine."""
    other = instance(id="other-id", name="other", project_id="project-2")
    plan = plan_of(world(instance(), other, at=quiet().vaults[0]))
    assert [(each.code, each.instance_name) for each in plan.findings] == [("unprotected", "other")]


def test_a_policy_about_nothing_is_told():
    """A glob that fits no name, say."""
    policy = a_policy(instances={"project": PROJECT, "names": ["nothing*"]})
    assert "no-instances" in codes(plan_of(quiet(), policy))


def test_two_policies_on_one_instance_prune_nothing_of_it():
    """Whose rules would hold is not for us to say."""
    one = a_policy(retention={"keep_last": 1}, exports=[])
    two = a_policy(name="other", retention={"keep_last": 1}, exports=[])
    seen = world(at=vault(export(DAY), export(9 * DAY)))
    plan = plan_of(seen, one, two)
    assert plan.actions == ()
    assert "overlap" in codes(plan)
    assert all("all hold for it" in each.reasons[0] for each in plan.kept)


def test_what_a_tier_cannot_meet_is_told_with_the_rule():
    """A policy may be right for one instance and wrong for another."""
    plan = plan_of(quiet(), a_policy(objectives={"rpo": "1h"}))
    conflict = next(each for each in plan.findings if each.code == "policy-conflict")
    assert conflict.message.startswith("objectives.rpo: ")


def test_restore_tests_and_ended_holds_are_told():
    """Nothing that was declared is silently left out."""
    policy = a_policy(restore_tests=[{"cron": "0 4 1 * *"}])
    hold = StoredHold("legal", "orders-id", "case 4711", NOW - DAY)
    assert codes(plan_of(quiet(holds=(hold,)), policy)) == [
        "hold-ended",
        "restore-test-unsupported",
    ]


# --- clones ---------------------------------------------------------------------------------------


def test_a_clone_that_was_left_behind_is_deleted_when_it_is_old_enough():
    """Young ones may be at work elsewhere; those of other projects are not looked at."""
    old = ObservedClone("c1", "aura-export-orders~ab12cd34", PROJECT, NOW - 7 * HOUR)
    young = replace(old, id="c2", created_at=NOW - HOUR)
    foreign = replace(old, id="c3", project_id="project-2")
    seen = replace(quiet(), clones=(old, young, foreign))
    plan = plan_of(seen)
    assert [each.instance_id for each in plan.actions if isinstance(each, DeleteClone)] == ["c1"]
    assert codes(plan) == ["clone-leftover"]


def test_a_clone_of_unknown_age_is_told_and_not_deleted():
    """The guard says why."""
    unknown = ObservedClone("c1", "aura-export-orders~ab12cd34", PROJECT, None)
    plan = plan_of(replace(quiet(), clones=(unknown,)))
    assert plan.actions == ()
    assert [each.guard for each in plan.refused] == ["clone-young"]
    assert codes(plan) == ["clone-leftover"]


def test_a_policy_that_only_looks_does_not_keep_another_from_deleting_a_clone():
    """Both are about the project; what one shows, the other does."""
    old = ObservedClone("c1", "aura-export-orders~ab12cd34", PROJECT, NOW - 7 * HOUR)
    seen = replace(quiet(), clones=(old,))
    for looking in ("a-looks", "z-looks"):
        plan = plan_of(seen, a_policy(), a_policy(name=looking, mode="observe", exports=[]))
        assert [each.policy for each in plan.actions] == ["production"]
        assert plan.refused == ()


def test_a_clone_of_just_the_age_is_left_alone():
    """As its guard would have it, so that nothing is refused that was not asked for."""
    due = ObservedClone("c1", "aura-export-orders~ab12cd34", PROJECT, NOW - 6 * HOUR)
    plan = plan_of(replace(quiet(), clones=(due,)))
    assert (plan.actions, plan.refused, plan.findings) == ((), (), ())


# --- the plan as a whole --------------------------------------------------------------------------


def test_deletes_that_a_guard_refuses_are_one_finding_for_each_guard():
    """Not one for each copy."""
    old = tuple(export(age * DAY) for age in range(2, 30))
    plan = plan_of(world(at=vault(*old, slots=DONE)), a_policy(retention={"keep_last": 1}))
    assert [each.guard for each in plan.refused] == ["deletion-budget"] * 27
    assert codes(plan) == ["deletes-refused"]


def test_the_order_of_what_was_seen_does_not_matter():
    """Shuffled in every way, the plan is the same."""
    chance = random.Random(7)
    names = [f"db-{number}" for number in range(6)]
    instances = [instance(id=name, name=name) for name in names]
    exports = [
        export(age * DAY, f"{name}-{age}", instance_id=name, key=f"exports/{name}/{age}/m")
        for name in names
        for age in range(1, 9)
    ]
    policy = a_policy(retention={"keep_last": 3}, limits={"max_delete_percent": 100})
    plans: list[Plan] = []
    for _ in range(5):
        chance.shuffle(instances)
        chance.shuffle(exports)
        plans.append(plan_of(world(*instances, at=vault(*exports)), policy))
    assert all(each == plans[0] for each in plans)
    assert {checksum.of(each) for each in plans} == {checksum.of(plans[0])}


def test_one_instance_can_be_planned_by_itself():
    """Its part is the same as in the plan of everything."""
    seen = world(at=vault(export(9 * DAY)))
    case = Case(a_policy(), seen.instances[0], seen.vaults[0], seen.vaults[0].exports, NOW)
    assert tuple(instance_part.of_instance(case).actions) == plan_of(seen).actions


def test_a_prune_needs_a_published_policy():
    """Its own safety, in the first look at a vault that may have lost its journal."""
    unpublished = vault(export(DAY), export(9 * DAY), since={}, slots=DONE)
    plan = plan_of(world(at=unpublished), a_policy(retention={"keep_last": 1}, exports=[]))
    assert not any(isinstance(each, PruneExport) for each in plan.actions)
    assert TARGET in plan.refused[0].reason


def test_a_hold_of_one_policy_binds_the_others_of_the_same_vault_and_no_other_vault():
    """Who holds a copy need not be whose retention would let it go."""
    holding = {"name": "x", "copy": "orders-old", "reason": "case 4711"}
    pruning = a_policy(retention={"keep_last": 1}, limits={"max_delete_percent": 100})
    seen = world(at=vault(export(DAY), export(9 * DAY, "orders-old")))
    other = a_policy(name="other", instances={"names": ["x-*"]}, holds=[holding])
    reasons = {each.export_id: each.reasons for each in plan_of(seen, pruning, other).kept}
    assert "case 4711" in reasons["orders-old"][0]
    elsewhere = replace(other, target="/another/vault")
    plan = plan_of(seen, pruning, elsewhere)
    assert "orders-old" not in {each.export_id for each in plan.kept}


def test_a_target_with_a_removal_that_was_cut_short_is_named():
    """So that it is ended, though nothing else is to be done."""
    assert plan_of(quiet()).cut_short == ()
    assert plan_of(quiet(under_way=frozenset({"export x"}))).cut_short == ()
    assert plan_of(quiet(under_way=frozenset({"prune s3://b/x ab-1"}))).cut_short == (TARGET,)
