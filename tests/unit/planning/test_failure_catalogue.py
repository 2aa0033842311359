"""How other backup tools lost data; each once more here, with nothing lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.domain.policy import Floor, Hold, Limits, Retention, Selector
from pulumi_neo4j_aura.planning import guards, holds, periods, retention
from pulumi_neo4j_aura.planning.plan import Action, DeleteClone
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
    pruned,
    reasons,
)

GFS = Retention(keep_last=4, daily=7, weekly=8, monthly=12, floor=Floor(2, 1))


def _decide(rules, exports, now=NOW, held=()):
    return retention.decide("production", rules, exports, held, now)


def test_velero_5381_everything_expired_while_the_system_was_off():
    """A year later the first run decides as it would have on the last day: age stands still."""
    exports = every(DAY, 40, NOW - 365 * DAY)
    rules = Retention(keep_within=30 * DAY)
    then = _decide(rules, exports, now=NOW - 365 * DAY)
    assert _decide(rules, exports) == then
    assert len(then.kept) == 31


def test_wal_g_636_the_newest_copy_had_a_name_that_sorts_first():
    """Names decide nothing: neither the id's order nor the key's is that of time."""
    exports = [
        an_export(f"{9 - number}", NOW - (9 - number) * DAY, key=f"exports/{number}")
        for number in range(10)
    ]
    assert set(reasons(_decide(Retention(keep_last=1), exports))) == {"0"}
    renamed = [replace(each, export_id=f"z{each.export_id}") for each in exports]
    assert set(reasons(_decide(Retention(keep_last=1), renamed))) == {"z0"}


def test_wal_g_230_a_prune_wiped_the_archive():
    """Whoever plans it: pruning everything leaves the floor, and is refused by a guard."""
    exports = every(DAY, 30)
    policy = a_policy(limits=Limits(max_deletes=999, max_delete_percent=100))
    guarded = guards.check([a_prune(each) for each in exports], a_state(exports), [policy], NOW)
    assert not guarded.actions
    assert {each.guard for each in guarded.refused} == {"last-good-copy"}


def test_argo_cd_15058_a_policy_that_was_rendered_empty_prunes_everything():
    """Rules that vanished are no order to remove: all is kept, and the reason says why."""
    exports = every(DAY, 30)
    decided = _decide(Retention(), exports)
    assert not decided.prune
    assert set(reasons(decided).values()) == {("no retention rules",)}


def test_argo_cd_14090_a_policy_loosened_to_next_to_nothing_is_over_its_budget():
    """What retention would now let go is refused as a whole until a person approves."""
    exports = every(DAY, 100)
    policy = a_policy(retention=Retention(keep_last=1))
    planned = [a_prune(each.export) for each in _decide(policy.retention, exports).prune]
    guarded = guards.check(planned, a_state(exports), [policy], NOW)
    assert len(planned) == len(guarded.refused) == 99
    assert {(each.guard, each.approvable) for each in guarded.refused} == {
        ("deletion-budget", True)
    }


def test_a_selector_that_was_rendered_empty_prunes_nothing():
    """A policy that selects no instance has no say about any copy."""
    exports = every(DAY, 30)
    policy = a_policy(instances=Selector())
    guarded = guards.check([a_prune(exports[-1])], a_state(exports), [policy], NOW)
    assert [each.guard for each in guarded.refused] == ["not-selected"]


def test_restic_an_attacker_floods_recent_snapshots():
    """A thousand copies of today take one day, one week and one month: the past stays.

    With a count alone they would push out the rest, so the proven floor and the budget stand
    behind it.
    """
    real = [*every(DAY, 60, NOW - DAY, "real"), an_export("proof", NOW - 90 * DAY, proven_at=NOW)]
    flood = every(timedelta(seconds=60), 400, NOW, "flood")
    before = set(reasons(_decide(GFS, real)))
    after = {each for each in reasons(_decide(GFS, [*real, *flood])) if "flood" not in each}
    # Today takes the place of the oldest day.
    assert len(before - after) == 1
    assert "proof" in after

    count_only = Retention(keep_last=4, floor=Floor(2, 1))
    decided = _decide(count_only, [*real, *flood])
    assert "proof" in reasons(decided)
    planned = [a_prune(each.export) for each in decided.prune]
    state = a_state([*real, *flood])
    guarded = guards.check(planned, state, [a_policy(retention=count_only)], NOW)
    assert {each.guard for each in guarded.refused} == {"deletion-budget"}


def test_restic_an_attacker_dates_copies_ahead():
    """Copies from the future push nothing out, however many they are."""
    real = every(DAY, 20)
    ahead = every(DAY, 400, NOW + 500 * DAY, "ahead")
    assert pruned(_decide(GFS, [*real, *ahead])) == pruned(_decide(GFS, real))


@pytest.mark.parametrize("skew", [timedelta(minutes=m) for m in (-195, -780, 11, 90, 60 * 24 * 42)])
def test_kopia_a_wrong_clock_lets_the_tool_delete_its_own_data(skew):
    """Behind or ahead by PBM's shifts: nothing goes that the right clock would keep."""
    exports = every(3 * HOUR, 300)
    right = set(pruned(_decide(GFS, exports)))
    assert set(pruned(_decide(GFS, exports, now=NOW + skew))) <= right


def test_kopia_a_clock_years_ahead_prunes_nothing_more():
    """Also in 2038 and in 9999."""
    exports = every(DAY, 100)
    for year in (2038, 9999):
        assert _decide(GFS, exports, now=NOW.replace(year=year)) == _decide(GFS, exports)


def test_velero_9519_the_time_zones_are_missing_in_the_image(monkeypatch):
    """Days that cannot be told keep everything."""
    monkeypatch.setattr(periods, "zone", lambda _name: None)
    assert not _decide(replace(GFS, zone="Europe/Berlin"), every(DAY, 100)).prune


def test_barman_a_held_copy_outlives_every_edit_of_its_policy():
    """Invariant 8: whatever becomes of the rules, and whoever plans the prune."""
    exports = every(DAY, 100)
    policy = a_policy(holds=(Hold("legal", "e50", "case 42", "31/12/2026"),))
    held = holds.active(policy, a_vault(exports), NOW)
    for rules in (GFS, Retention(keep_last=1), Retention(keep_last=0, floor=Floor(0))):
        assert "e50" in reasons(_decide(rules, exports, held=held))
    guarded = guards.check([a_prune(exports[50])], a_state(exports), [policy], NOW)
    assert [each.guard for each in guarded.refused] == ["held"]


@pytest.mark.parametrize("sight", [Sight.UNKNOWN, Sight.ABSENT])
def test_r15_404_of_ten_thousand_instances_deletes_nothing(sight):
    """Neither while it is unknown nor once it is certain; no copy and no clone."""
    instances = [
        an_instance(f"i{number}", sight=sight, reason="404 Not Found") for number in range(10_000)
    ]
    exports = [
        an_export(f"{number}-{age}", NOW - age * DAY, instance_id=f"i{number}")
        for number in range(10_000)
        for age in range(3)
    ]
    clone = DeleteClone("production", "i7", "orders", "p1", TARGET, "left over")
    prunes = [a_prune(each) for each in exports if each.export_id.endswith("-2")]
    planned: list[Action] = [*prunes, clone]
    policy = a_policy(limits=Limits(max_deletes=10**6, max_delete_percent=100))
    guarded = guards.check(planned, a_state(exports, instances=instances), [policy], NOW)
    assert not guarded.actions
    assert len(guarded.refused) == 10_001


def test_r14_a_lost_journal_deletes_nothing_in_the_first_cycle():
    """The vault's own records are gone, so today's deletes are not known either."""
    exports = every(DAY, 100)
    state = a_state(vault=a_vault(exports, since={}))
    guarded = guards.check([a_prune(exports[-1])], state, [a_policy()], NOW)
    assert [each.guard for each in guarded.refused] == ["first-cycle"]


def test_a_failed_copy_never_pushes_out_a_good_one():
    """Damaged copies do not count, so a broken exporter cannot age out the past."""
    good = every(DAY, 10, NOW - 30 * DAY)
    broken = every(DAY, 30, NOW, "broken", good=False, problem="part 0 is missing")
    assert _decide(GFS, [*good, *broken]).prune == _decide(GFS, good).prune
