"""What stands for a plan: the same for the same world, another for whatever would be done else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.planning import checksum
from pulumi_neo4j_aura.planning.plan import ExportSnapshot, PruneExport, RefusedAction
from support.plan_cases import CASES
from support.planning import DAY, NOW, a_policy, export, instance, plan_of, snapshot, vault, world

BUSY = CASES["busy"].plan


def test_the_checksum_stands_for_what_would_be_done_and_nothing_else():
    """Not for when it was made, nor for reasons; for every action, and for the policies."""
    seen = world(at=vault(export(9 * DAY)))
    one, later = plan_of(seen), plan_of(seen, at=NOW + timedelta(minutes=5))
    assert checksum.of(one) == checksum.of(later)
    assert checksum.of(replace(one, actions=())) != checksum.of(one)
    assert checksum.of(replace(one, policies=(("production", "x"),))) != checksum.of(one)


def test_words_for_people_do_not_change_it():
    """Reasons, names and what was passed over may be told otherwise the next time."""
    told = replace(
        BUSY,
        actions=tuple(replace(each, reason="x", instance_name="y") for each in BUSY.actions),
        findings=(),
        kept=(),
        statuses=(),
        next_due=None,
    )
    assert checksum.of(told) == checksum.of(BUSY)
    assert checksum.differences(told, BUSY) == ()


@pytest.mark.parametrize("place", range(len(BUSY.actions)))
def test_no_action_can_be_left_out_or_added(place):
    """Each of them counts."""
    fewer = replace(BUSY, actions=BUSY.actions[:place] + BUSY.actions[place + 1 :])
    assert checksum.of(fewer) != checksum.of(BUSY)
    (change,) = checksum.differences(BUSY, fewer)
    assert (change.old is None, change.new is None) == (False, True)
    (change,) = checksum.differences(fewer, BUSY)
    assert (change.old is None, change.new is None) == (True, False)


def test_what_approval_lets_through_counts_and_other_refusals_do_not():
    """A person approves of the prunes that are over the budget, by number and by name."""
    prune = next(each for each in BUSY.actions if isinstance(each, PruneExport))
    over, held = (RefusedAction(prune, "a-guard", "so", approvable=yes) for yes in (True, False))
    bare = replace(BUSY, actions=(), refused=())
    assert checksum.of(replace(bare, refused=(held,))) == checksum.of(bare)
    assert checksum.of(replace(bare, refused=(over,))) != checksum.of(bare)
    assert checksum.of(replace(bare, refused=(over,))) == checksum.of(
        replace(bare, actions=(prune,))
    )


def test_another_snapshot_is_another_plan():
    """And the difference names the export, whose slot is the same."""
    one = plan_of(world(instance(snapshot(2 * DAY, "old"))))
    two = plan_of(world(instance(snapshot(DAY, "new"))))
    (change,) = checksum.differences(one, two)
    assert change.field == "production: ExportSnapshot orders-id"
    assert isinstance(change.old, dict)
    assert isinstance(change.new, dict)
    assert (change.old["snapshot_id"], change.new["snapshot_id"]) == ("old", "new")


def test_another_policy_is_another_plan():
    """By its version, even where the actions are the same."""
    policy = replace(a_policy(), version="one")
    one = plan_of(world(), policy)
    two = plan_of(world(), replace(policy, version="two"))
    assert checksum.of(one) != checksum.of(two)
    (change,) = checksum.differences(one, two)
    assert (change.field, change.old, change.new) == ("policy production", "one", "two")


def test_two_rules_that_ask_for_the_same_are_told_apart():
    """One of them done is a difference."""
    action = next(each for each in BUSY.actions if isinstance(each, ExportSnapshot))
    twice = replace(BUSY, actions=(action, action))
    once = replace(BUSY, actions=(action,))
    (change,) = checksum.differences(twice, once)
    assert change.field == "production: ExportSnapshot orders-id (2)"
    assert change.new is None


def test_a_prune_is_named_by_its_copy():
    """An instance loses several at once."""
    one = plan_of(
        world(at=vault(export(DAY), export(9 * DAY, "a"), export(10 * DAY, "b"))),
        a_policy(retention={"keep_last": 1}, limits={"max_delete_percent": 100}),
    )
    gone = replace(one, actions=())
    names = [each.field for each in checksum.differences(one, gone)]
    assert names == ["production: PruneExport orders-id a", "production: PruneExport orders-id b"]
