"""What guards refuse, with which code, and what a person may lift."""

from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_neo4j_aura.domain.observed import (
    ObservedClone,
    ObservedProject,
    ObservedVault,
    Sight,
    StoredHold,
)
from pulumi_neo4j_aura.domain.policy import Hold, Limits, Selector
from pulumi_neo4j_aura.domain.slot import Slot
from pulumi_neo4j_aura.planning import guard_single, guard_totals, guards
from pulumi_neo4j_aura.planning.guard_world import selects
from pulumi_neo4j_aura.planning.plan import (
    DeleteClone,
    ExportSnapshot,
    RecreateInstance,
    TakeSnapshot,
)
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
WIDE = Limits(max_deletes=99, max_delete_percent=100)
POLICY = a_policy(limits=WIDE)
SLOT = Slot("production", "exports", "abc1", NOW, NOW)
EXPORT = ExportSnapshot("production", "abc1", "orders", "p1", TARGET, SLOT, "due", "s1")
CLONE = ObservedClone("c1", "orders~clone", "p1", NOW - 7 * HOUR)
DELETE = DeleteClone("production", "c1", "orders~clone", "p1", TARGET, "left over")
RECREATE = RecreateInstance("production", "abc1", "orders", "p1", TARGET, "e00", "it is gone")


def _check(*actions, state=None, policies=(POLICY,), exports=EXPORTS):
    return guards.check(actions, state or a_state(exports), policies, NOW)


def _codes(guarded):
    return [each.guard for each in guarded.refused]


def _only(guarded):
    (refused,) = guarded.refused
    assert not guarded.actions
    return refused.guard, refused.reason


def test_a_prune_that_nothing_speaks_against_may_run():
    """Guards do not stand in the way of everyday work."""
    guarded = _check(a_prune(OLDEST))
    assert guarded.actions == (a_prune(OLDEST),)
    assert guarded.refused == ()


def test_actions_keep_their_order_on_either_side():
    """Let through and refused ones are in the plan's order."""
    take = TakeSnapshot("production", "abc1", "orders", SLOT, "due")
    foreign = a_prune(an_export("other", NOW - 9 * DAY))
    guarded = _check(take, foreign, a_prune(OLDEST), DELETE, EXPORT)
    assert guarded.actions == (take, a_prune(OLDEST), EXPORT)
    assert [each.action for each in guarded.refused] == [foreign, DELETE]


# --- unknown --------------------------------------------------------------------------------------

UNKNOWN_STATES = {
    "a project": replace(
        a_state(EXPORTS), projects=(ObservedProject("p1", sight=Sight.UNKNOWN, reason="503"),)
    ),
    "another vault": replace(
        a_state(EXPORTS),
        vaults=(a_vault(EXPORTS), ObservedVault("s3://other", Sight.UNKNOWN, "503")),
    ),
    "another instance": a_state(
        EXPORTS, instances=[an_instance(), an_instance("x", sight=Sight.UNKNOWN, reason="503")]
    ),
    "snapshots of another": a_state(
        EXPORTS, instances=[an_instance(), an_instance("x", snapshots_seen=False, reason="503")]
    ),
}


@pytest.mark.parametrize("what", UNKNOWN_STATES)
def test_anything_unknown_freezes_every_delete(what):
    """Prunes and clones alike, wherever the unknown thing is; what protects goes on."""
    state = replace(UNKNOWN_STATES[what], clones=(CLONE,))
    guarded = _check(a_prune(OLDEST), DELETE, EXPORT, state=state)
    assert _codes(guarded) == ["unknown-freezes-deletes"] * 2
    assert guarded.actions == (EXPORT,)
    assert "503" in guarded.refused[0].reason
    assert not guarded.refused[0].approvable


def test_the_reason_counts_what_else_is_unknown():
    """One is named, the others are counted."""
    lost = [an_instance(name, sight=Sight.UNKNOWN, reason="503") for name in ("a", "b", "c")]
    _, reason = _only(_check(a_prune(OLDEST), state=a_state(EXPORTS, instances=lost)))
    assert reason == "instance orders (a) could not be seen (503); and 2 more"


def test_a_vault_that_was_not_looked_at_is_unknown():
    """Also when the policy names it."""
    policy = replace(POLICY, target="s3://other")
    code, reason = _only(_check(a_prune(OLDEST, target="s3://other"), policies=[policy]))
    assert (code, reason) == ("unknown-freezes-deletes", "vault s3://other was not looked at")


def test_nothing_is_pruned_in_a_vault_that_is_absent():
    """A bucket that is gone has no exports to remove."""
    state = a_state(vault=replace(a_vault(EXPORTS), sight=Sight.ABSENT, reason="no bucket"))
    assert _only(_check(a_prune(OLDEST), state=state)) == (
        "unknown-freezes-deletes",
        f"vault {TARGET} is absent (no bucket)",
    )


def test_an_instance_that_was_not_looked_at_is_unknown():
    """Not seen is not gone."""
    state = a_state(EXPORTS, instances=[])
    assert _codes(_check(a_prune(OLDEST), state=state)) == ["unknown-freezes-deletes"]


def test_the_copies_of_a_gone_instance_stay():
    """They are all that is left of it."""
    state = a_state(EXPORTS, instances=[an_instance(sight=Sight.ABSENT)])
    assert _codes(_check(a_prune(OLDEST), state=state)) == ["instance-gone"]


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_looks_at_one_instance_the_worse_counts(backwards):
    """Seen with one credential and gone with another: nothing goes."""
    looks = [an_instance(), an_instance(sight=Sight.ABSENT)]
    state = a_state(EXPORTS, instances=looks[::-1] if backwards else looks)
    assert _codes(_check(a_prune(OLDEST), state=state)) == ["instance-gone"]


# --- policy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy",
    [
        replace(POLICY, name="other"),
        replace(POLICY, target="s3://other"),
        replace(POLICY, instances=Selector(names=("billing*",))),
    ],
)
def test_only_a_policy_that_covers_the_copy_may_prune_it(policy):
    """An unknown policy, another target, and an instance it does not select are refused."""
    assert _codes(_check(a_prune(OLDEST), policies=[policy])) == ["not-selected"]


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (Selector(), False),
        (Selector(ids=("abc1",)), True),
        (Selector(ids=("other",)), False),
        (Selector(ids=("other",), project="p1"), False),
        (Selector(ids=("abc1",), project="p2"), True),
        (Selector(names=("ord*",)), True),
        (Selector(names=("ord*",), project="p2"), False),
        (Selector(names=("ORD*",)), False),
        (Selector(project="p1"), True),
        (Selector(project="p2"), False),
        (Selector(project="p1", exclude=("abc1",)), False),
        (Selector(ids=("abc1",), exclude=("o*s",)), False),
    ],
)
def test_a_selector_selects_by_id_name_and_project(selector, selected):
    """Any of the ids, or a name that fits a glob in its project; never an excluded one."""
    assert selects(selector, an_instance()) is selected


# --- ownership, holds, good copies ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("exports", "action"),
    [
        ([*EXPORTS, an_export("x", NOW - 30 * DAY, ours=False)], an_export("x", NOW - 30 * DAY)),
        (EXPORTS, an_export("never-seen", NOW - 30 * DAY)),
        (EXPORTS, replace(OLDEST, key="exports/elsewhere/manifest.json")),
        ([*EXPORTS, an_export("x", NOW - 30 * DAY, instance_id="b")], an_export("x", NOW)),
    ],
)
def test_what_is_not_certainly_ours_is_not_pruned(exports, action):
    """Foreign, never seen, at another place, or of another instance than the action says."""
    assert _codes(_check(a_prune(action), exports=exports)) == ["not-ours"]


@pytest.mark.parametrize(
    "export",
    [
        an_export("odd", NOW - 30 * DAY, good=False),
        an_export("odd", NOW + DAY),
        an_export("odd", None),
    ],
)
def test_what_is_no_good_copy_is_not_pruned(export):
    """Damaged, future-dated and timeless ones are for a person."""
    assert _codes(_check(a_prune(export), exports=[*EXPORTS, export])) == ["not-a-good-copy"]


def test_an_id_that_occurs_twice_is_not_pruned():
    """Whichever is meant, the other one might go along."""
    twin = replace(OLDEST, key="exports/copied/manifest.json", instance_id="b")
    code, reason = _only(_check(a_prune(OLDEST), exports=[*EXPORTS, twin]))
    assert (code, reason) == ("not-a-good-copy", "2 exports have the id e19")


@pytest.mark.parametrize("held", [OLDEST.export_id, OLDEST.instance_id])
def test_a_held_copy_is_refused_whoever_holds_it(held):
    """By the vault, by the policy or by another policy of the same vault."""
    hold = Hold("legal", held, "case 42")
    stored = a_state(vault=a_vault(EXPORTS, holds=(StoredHold("legal", held, "case 42"),)))
    other = a_policy("staging", holds=(hold,))
    elsewhere = replace(other, target="s3://other")
    prune = a_prune(OLDEST)
    assert _codes(_check(prune, state=stored)) == ["held"]
    assert _codes(_check(prune, policies=[replace(POLICY, holds=(hold,))])) == ["held"]
    assert _only(_check(prune, policies=[POLICY, other]))[1] == "hold legal: case 42 (without end)"
    assert _codes(_check(prune, policies=[POLICY, elsewhere])) == []


@pytest.mark.parametrize(("until", "codes"), [("2026-02-01", []), ("2126-02-01", ["held"])])
def test_a_hold_holds_until_its_end(until, codes):
    """The time is the plan's, and not the machine's."""
    hold = Hold("legal", OLDEST.export_id, "case 42", until)
    assert _codes(_check(a_prune(OLDEST), policies=[replace(POLICY, holds=(hold,))])) == codes


def test_another_unknown_thing_is_counted_from_the_second_on():
    """One alone has nothing behind it."""
    for names, told in ((["a"], ""), (["a", "b"], "; and 1 more")):
        lost = [an_instance(name, sight=Sight.UNKNOWN, reason="503") for name in names]
        _, reason = _only(_check(a_prune(OLDEST), state=a_state(EXPORTS, instances=lost)))
        assert reason == f"instance orders (a) could not be seen (503){told}"


# --- clones ---------------------------------------------------------------------------------------


def test_a_project_without_clones_has_room_for_one():
    """Where one is all that may be."""
    policy = replace(POLICY, limits=replace(WIDE, max_clones=1))
    assert _codes(_check(EXPORT, policies=[policy])) == []


def _with_clone(clone=CLONE, **other):
    return replace(a_state(EXPORTS, **other), clones=(clone,))


def test_an_old_clone_of_ours_may_go():
    """It was made for an export, is known to the journal and older than max_clone_age."""
    assert _check(DELETE, state=_with_clone()).actions == (DELETE,)


@pytest.mark.parametrize("created", [None, NOW - 6 * HOUR, NOW - HOUR, NOW + HOUR])
def test_a_clone_that_may_be_at_work_stays(created):
    """Young, exactly at the limit, from the future, or of unknown age."""
    state = _with_clone(replace(CLONE, created_at=created))
    assert _codes(_check(DELETE, state=state)) == ["clone-young"]


@pytest.mark.parametrize(
    "clone",
    [
        replace(CLONE, ours=False),
        replace(CLONE, id="another"),
        replace(CLONE, project_id="p2"),
    ],
)
def test_a_clone_that_no_journal_knows_stays(clone):
    """Not ours, not seen, or seen elsewhere."""
    assert _codes(_check(DELETE, state=_with_clone(clone))) == ["not-ours"]


@pytest.mark.parametrize("projects", [(), (ObservedProject("p1", sight=Sight.ABSENT),)])
def test_a_clone_in_a_project_that_was_not_seen_stays(projects):
    """Its project must have been listed whole."""
    state = _with_clone(projects=projects)
    assert _codes(_check(DELETE, state=state)) == ["unknown-freezes-deletes"]


def test_a_clone_of_an_unknown_policy_stays():
    """Its age limit is not known."""
    assert _codes(_check(DELETE, state=_with_clone(), policies=[])) == ["not-selected"]


def test_no_further_clone_is_made_while_as_many_live_as_may():
    """Others' count too, they are billed alike; live exports and exports under way make none."""
    clones = (CLONE, replace(CLONE, id="c2", ours=False))
    state = replace(a_state(EXPORTS), clones=clones)
    assert _codes(_check(EXPORT, state=state)) == ["clone-limit"]
    assert _codes(_check(EXPORT, state=replace(state, clones=clones[:1]))) == []
    assert _codes(_check(replace(EXPORT, method="live"), state=state)) == []
    assert _codes(_check(replace(EXPORT, project_id="p2"), state=state)) == []
    assert _codes(_check(EXPORT, state=state, policies=[])) == []
    under_way = a_vault(EXPORTS, under_way=frozenset({EXPORT.key}))
    assert _codes(_check(EXPORT, state=replace(state, vaults=(under_way,)))) == []
    assert _codes(_check(EXPORT, state=replace(state, vaults=()))) == ["clone-limit"]


# --- instances ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sight", "codes"),
    [(Sight.ABSENT, []), (Sight.PRESENT, ["not-gone"]), (Sight.UNKNOWN, ["not-gone"])],
)
def test_only_an_instance_that_is_certainly_gone_is_created_again(sight, codes):
    """Never a second billed instance for one that may still live."""
    state = a_state(EXPORTS, instances=[an_instance(sight=sight)])
    assert _codes(_check(RECREATE, state=state)) == codes


def test_an_instance_that_was_not_looked_at_is_not_created_again():
    """Not seen is not gone."""
    assert _codes(_check(RECREATE, state=a_state(EXPORTS, instances=[]))) == ["not-gone"]


# --- documentation --------------------------------------------------------------------------------


def test_the_reference_has_every_code_and_says_which_can_be_approved():
    """A code that a person meets is explained, and so is what an approval may lift."""
    page = (Path(__file__).parents[3] / "docs" / "reference" / "retention.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    codes = {
        value
        for module in (guard_single, guard_totals)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    }
    assert len(codes) == 12
    for code in codes:
        (row,) = [line for line in rows if line.startswith(f"| `{code}` |")]
        assert row.endswith(f"| {'yes' if code in guards.APPROVABLE else 'no'} |")
