"""Guards on all prunes together: what would remain, and how many they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.observed import ObservedClone
from pulumi_neo4j_aura.domain.policy import Floor, Limits, Retention, Selector
from pulumi_neo4j_aura.planning import guards
from pulumi_neo4j_aura.planning.plan import DeleteClone
from support.retention import (
    DAY,
    HOUR,
    NOW,
    TARGET,
    a_policy,
    a_prune,
    a_state,
    a_vault,
    an_export,
    an_instance,
    every,
)

EXPORTS = every(DAY, 20)
OLDEST = EXPORTS[-1]
POLICY = a_policy(limits=Limits(max_deletes=99, max_delete_percent=100))
CLONE = ObservedClone("c1", "orders~clone", "p1", NOW - 7 * HOUR)
DELETE = DeleteClone("production", "c1", "orders~clone", "p1", TARGET, "left over")


def _check(*actions, state=None, policies=(POLICY,), exports=EXPORTS):
    return guards.check(actions, state or a_state(exports), policies, NOW)


def _codes(guarded):
    return [each.guard for each in guarded.refused]


def _only(guarded):
    (refused,) = guarded.refused
    assert not guarded.actions
    return refused.guard, refused.reason


# --- last good copy -------------------------------------------------------------------------------


def _floor(count=1, proven=0):
    return replace(POLICY, retention=Retention(keep_last=1, floor=Floor(count, proven)))


def test_the_newest_good_copy_never_goes():
    """Even where older ones would remain."""
    code, reason = _only(_check(a_prune(EXPORTS[0])))
    assert (code, reason) == ("last-good-copy", "the newest good copy would go")


def test_the_floor_is_counted_over_all_prunes_together():
    """Each alone would be fine; all of one instance's are refused, another's are not."""
    others = every(DAY, 3, name="o", instance_id="b")
    prunes = [a_prune(each) for each in [*EXPORTS[1:], others[-1]]]
    state = a_state([*EXPORTS, *others], instances=[an_instance(), an_instance("b")])
    guarded = _check(*prunes, state=state, policies=[_floor(2)])
    assert guarded.actions == (a_prune(others[-1]),)
    assert set(_codes(guarded)) == {"last-good-copy"}
    assert guarded.refused[0].reason == "1 of 20 good copies would remain; the floor is 2"
    assert not guarded.refused[0].approvable


def test_a_floor_of_nothing_is_one():
    """The last good copy stays whatever a policy says."""
    one = [EXPORTS[0]]
    assert _codes(_check(a_prune(one[0]), exports=one, policies=[_floor(0)])) == ["last-good-copy"]


def test_a_floor_that_cannot_be_reached_refuses_every_prune_of_a_good_copy():
    """Fewer than asked for: not one of them may go."""
    some = EXPORTS[:3]
    assert _codes(_check(a_prune(some[-1]), exports=some, policies=[_floor(5)])) == [
        "last-good-copy"
    ]


def test_damaged_copies_do_not_fill_the_floor():
    """What would remain is counted in good copies."""
    exports = [EXPORTS[0], OLDEST, *every(HOUR, 4, name="bad", good=False)]
    assert _codes(_check(a_prune(OLDEST), exports=exports, policies=[_floor(2)])) == [
        "last-good-copy"
    ]


def test_the_proven_floor_is_counted_apart():
    """Plenty of good copies do not stand in for a proven one."""
    proof = an_export("proof", NOW - 30 * DAY, proven_at=NOW)
    guarded = _check(a_prune(proof), exports=[*EXPORTS, proof], policies=[_floor(1, 1)])
    assert _only(guarded)[1] == "0 of 1 proven copies would remain; the floor is 1"


def test_exports_of_the_running_instance_do_not_stand_in_for_consistent_ones():
    """Where there are consistent copies, the floor is counted in those."""
    live = every(DAY, 5, name="live", consistent=False)
    clones = every(DAY, 2, NOW - 9 * DAY, "clone")
    guarded = _check(a_prune(clones[1]), exports=[*live, *clones], policies=[_floor(2)])
    assert _only(guarded)[1] == "1 of 2 consistent good copies would remain; the floor is 2"


def test_copies_of_one_moment_count_once():
    """Three exports of one snapshot are no three copies."""
    same = every(timedelta(), 3, name="same")
    guarded = _check(a_prune(OLDEST), exports=[*same, OLDEST], policies=[_floor(2)])
    assert _only(guarded)[1] == (
        "1 of 2 good copies of different moments would remain; the floor is 2"
    )


def test_the_strictest_floor_of_the_policies_that_prune_counts():
    """Two policies that prune one instance's copies leave what either of them demands."""
    some = EXPORTS[:4]
    lax = a_policy("staging", limits=POLICY.limits)
    prunes = [a_prune(some[3]), a_prune(some[2], policy="staging")]
    guarded = _check(*prunes, exports=some, policies=[_floor(3), lax])
    assert _codes(guarded) == ["last-good-copy"] * 2


# --- budget and first cycle -----------------------------------------------------------------------


def _budget(planned, *, deleted=(), count=20, **limits):
    exports = every(DAY, count)
    policy = replace(POLICY, limits=Limits(**limits))
    state = a_state(vault=a_vault(exports, deletes={"production": tuple(deleted)}))
    prunes = [a_prune(each) for each in exports[::-1][:planned]]
    return _check(*prunes, state=state, policies=[policy])


@pytest.mark.parametrize(
    ("planned", "count", "limits", "refused"),
    [
        (5, 100, {}, 0),
        (6, 100, {}, 6),
        (2, 20, {}, 0),
        (3, 20, {}, 3),
        (1, 3, {}, 0),
        (2, 3, {}, 2),
        (2, 3, {"max_delete_percent": 67}, 0),
        (2, 29, {"max_delete_percent": 10, "max_deletes": 2}, 0),
        (3, 29, {"max_delete_percent": 10, "max_deletes": 9}, 3),
        (29, 100, {"max_delete_percent": 29, "max_deletes": 99}, 0),
        (1, 3, {"max_deletes": 0}, 0),
        (2, 3, {"max_deletes": 0}, 2),
    ],
)
def test_over_the_budget_all_prunes_of_a_policy_are_refused(planned, count, limits, refused):
    """Count and percent both bound it; one is always allowed; exactly the limit is allowed."""
    guarded = _budget(planned, count=count, **limits)
    assert _codes(guarded) == ["deletion-budget"] * refused
    assert all(each.approvable for each in guarded.refused)


@pytest.mark.parametrize(
    ("hours", "refused"), [([1, 2, 3], 2), ([1, 2, 24], 0), ([-1, 1, 23], 2), ([], 0)]
)
def test_the_budget_also_holds_for_the_last_24_hours(hours, refused):
    """What is older than a day is forgotten; what is from the future is not."""
    deleted = [NOW - hour * HOUR for hour in hours]
    guarded = _budget(2, deleted=deleted, count=40, max_deletes=4)
    assert _codes(guarded) == ["deletion-budget"] * refused


def test_the_reason_of_the_budget_has_its_figures():
    """A person who is asked to approve sees what is asked."""
    (first, *_) = _budget(3, deleted=[NOW - HOUR]).refused
    assert first.reason == (
        "3 deletes now and 1 within the last 24 h; allowed are 2 of 20 exports "
        "(max_deletes 5, max_delete_percent 10)"
    )


def test_percent_is_of_good_exports_of_instances_that_the_policy_selects():
    """A flood of damaged or foreign exports does not raise the budget."""
    more = [
        *every(HOUR, 50, name="bad", good=False),
        *every(HOUR, 50, name="other", ours=False),
        *every(HOUR, 50, name="b", instance_id="b"),
    ]
    instances = [an_instance(), an_instance("b", name="billing")]
    policy = replace(POLICY, instances=Selector(names=("orders",)), limits=Limits())
    prunes = [a_prune(each) for each in EXPORTS[-3:]]
    guarded = _check(
        *prunes, state=a_state([*EXPORTS, *more], instances=instances), policies=[policy]
    )
    assert "allowed are 2 of 20 exports" in guarded.refused[0].reason


def test_one_policys_budget_does_not_stop_another():
    """The floor was counted for both together, the budget for each."""
    others = every(DAY, 30, name="o", instance_id="b")
    state = a_state([*EXPORTS, *others], instances=[an_instance(), an_instance("b")])
    greedy = [a_prune(each) for each in EXPORTS[-8:]]
    modest = a_prune(others[-1], policy="staging")
    policies = [replace(POLICY, limits=Limits()), a_policy("staging")]
    guarded = _check(*greedy, modest, state=state, policies=policies)
    assert guarded.actions == (modest,)
    assert set(_codes(guarded)) == {"deletion-budget"}


def test_nothing_is_deleted_before_the_vault_knows_the_policy():
    """A vault without it may have lost its journal. A person may say yes."""
    state = replace(a_state(vault=a_vault(EXPORTS, since={})), clones=(CLONE,))
    guarded = _check(a_prune(OLDEST), DELETE, state=state)
    assert _codes(guarded) == ["first-cycle"] * 2
    assert all(each.approvable for each in guarded.refused)


def test_a_policy_from_the_future_deletes_nothing():
    """Published after now: the clock is wrong, here or there."""
    known = {"production": NOW + HOUR}
    guarded = _check(a_prune(OLDEST), state=a_state(vault=a_vault(EXPORTS, since=known)))
    assert "is the clock right?" in _only(guarded)[1]


def test_clocks_may_differ_by_minutes():
    """A policy that another machine published a moment ago, by its clock, is known."""
    known = {"production": NOW + timedelta(minutes=5)}
    assert not _check(a_prune(OLDEST), state=a_state(vault=a_vault(EXPORTS, since=known))).refused


def test_what_may_be_approved_is_about_how_much_and_when():
    """No approval lifts a guard that says what is lost."""
    assert {"first-cycle", "deletion-budget"} == guards.APPROVABLE


def test_instances_without_exports_allow_no_more_deletes():
    """The share is one of what there is."""
    policy = replace(POLICY, limits=Limits(max_deletes=99, max_delete_percent=10))
    bare = [an_instance(f"bare{number}") for number in range(40)]
    state = a_state(EXPORTS, instances=[an_instance(), *bare])
    prunes = [a_prune(each) for each in EXPORTS[-3:]]
    found = _codes(guards.check(prunes, state, [policy], NOW))
    assert found == ["deletion-budget"] * 3
