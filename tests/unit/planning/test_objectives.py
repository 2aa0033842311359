"""The age of the newest copy and the time of a restore, against what was asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.planning import objectives
from pulumi_neo4j_aura.planning.case import Case
from pulumi_neo4j_aura.planning.plan import Severity
from support.planning import DAY, HOUR, NOW, a_policy, export, instance, snapshot, vault


def case(policy, *snapshots, exports=(), **fields):
    restore = fields.pop("restore_seconds", {})
    seen = instance(**{"snapshots": snapshots, **fields})
    return Case(policy, seen, vault(*exports, restore_seconds=restore), tuple(exports), NOW)


def judged(*arguments, **fields):
    return [each.code for each in objectives.judge(case(*arguments, **fields))]


RPO = a_policy(objectives={"rpo": "24h"})


def test_without_objectives_nothing_is_judged():
    """No copy at all is fine for whoever asks for nothing."""
    assert judged(a_policy()) == []
    assert objectives.used(case(a_policy()), None) is None


def test_a_young_snapshot_or_export_meets_the_rpo():
    """Whichever is newer counts."""
    assert judged(RPO, snapshot(23 * HOUR)) == []
    assert judged(RPO, exports=[export(23 * HOUR)]) == []
    found = case(RPO, snapshot(3 * HOUR, "s"), exports=[export(2 * HOUR, "e")])
    newest = objectives.newest_copy(found)
    assert newest is not None
    assert newest.id == "e"
    assert objectives.used(found, newest) == pytest.approx(2 / 24)


def test_no_copy_or_an_old_one_exceeds_it():
    """What is not whole, not of the past or damaged does not count."""
    assert judged(RPO) == ["rpo-exceeded"]
    assert judged(RPO, snapshot(25 * HOUR)) == ["rpo-exceeded"]
    assert judged(RPO, snapshot(HOUR, status="Failed")) == ["rpo-exceeded"]
    assert judged(RPO, snapshot(-HOUR)) == ["rpo-exceeded"]
    assert judged(RPO, exports=[export(HOUR, good=False)]) == ["rpo-exceeded"]


def test_a_snapshot_that_may_be_a_differential_proves_nothing():
    """Unless the policy says that it counts."""
    loose = snapshot(HOUR, exportable=False)
    assert judged(RPO, loose) == ["rpo-unproven"]
    counting = a_policy(objectives={"rpo": "24h", "count_unexportable": True})
    assert judged(counting, loose) == []


def test_a_new_instance_has_as_long_as_the_rpo_for_its_first_copy():
    """Before that nothing is late."""
    assert judged(RPO, created_at=NOW - 23 * HOUR) == []
    assert judged(RPO, created_at=NOW - 25 * HOUR) == ["rpo-exceeded"]
    assert judged(RPO, snapshot(30 * HOUR), created_at=NOW - HOUR) == ["rpo-exceeded"]


def test_what_was_not_seen_exceeds_nothing_and_proves_nothing():
    """A newer copy may be among the snapshots, or in the vault."""
    blind = case(RPO, snapshots_seen=False, exports=[export(2 * DAY)])
    away = replace(case(RPO, snapshot(2 * DAY)), vault=vault(sight=Sight.UNKNOWN, reason="x"))
    for each, where in ((blind, "its snapshots"), (away, "the vault")):
        (finding,) = objectives.judge(each)
        assert (finding.code, finding.severity) == ("rpo-unproven", Severity.UNKNOWN)
        assert where in finding.message
    assert judged(RPO, snapshots_seen=False, exports=[export(HOUR)]) == []


def test_how_long_restores_took_is_unknown_without_the_vault():
    """That none was measured could be wrong."""
    away = replace(case(RTO), vault=vault(sight=Sight.UNKNOWN, reason="x"))
    (finding,) = objectives.judge(away)
    assert (finding.code, finding.severity) == ("rto-unproven", Severity.UNKNOWN)


def test_the_snapshots_of_a_gone_instance_are_gone_with_it():
    """Aura deletes them; what was remembered of them is no copy."""
    gone = case(RPO, snapshot(HOUR), exports=[export(9 * DAY, "left")], sight=Sight.ABSENT)
    copy = objectives.newest_copy(gone)
    assert copy is not None
    assert copy.id == "left"


RTO = a_policy(objectives={"rto": "1h"})


@pytest.mark.parametrize(
    ("taken", "found"),
    [(None, ["rto-unproven"]), (timedelta(minutes=59), []), (2 * HOUR, ["rto-exceeded"])],
)
def test_a_restore_is_measured_by_the_clones_of_exports(taken, found):
    """Without a measurement nothing is claimed."""
    measured = {} if taken is None else {"orders-id": taken}
    assert judged(RTO, snapshot(HOUR), restore_seconds=measured) == found


def test_exactly_as_old_or_as_long_as_asked_for_is_good():
    """More than that is not."""
    second = timedelta(seconds=1)
    assert judged(RPO, snapshot(24 * HOUR)) == []
    assert judged(RPO, snapshot(24 * HOUR + second)) == ["rpo-exceeded"]
    assert judged(RPO, created_at=NOW - 24 * HOUR) == []
    assert judged(RPO, snapshot(24 * HOUR, exportable=False)) == ["rpo-unproven"]
    assert judged(RPO, snapshot(24 * HOUR + second, exportable=False)) == ["rpo-exceeded"]
    assert judged(RTO, snapshot(HOUR), restore_seconds={"orders-id": HOUR}) == []


def test_the_copy_of_a_paused_instance_may_be_as_good_as_ever():
    """That is not known; without any copy it is certain that there is none."""
    found = list(objectives.judge(case(RPO, snapshot(3 * DAY), status="paused")))
    assert [(each.code, each.severity) for each in found] == [("rpo-unproven", Severity.WARNING)]
    assert "paused" in found[0].message
    assert judged(RPO, snapshot(3 * DAY), status="running") == ["rpo-exceeded"]
    assert judged(RPO, status="paused") == ["rpo-exceeded"]
