"""What falls short around one instance: its copies, Aura's own snapshots, deadlines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.observed import MissingExport, Sight
from pulumi_neo4j_aura.planning.plan import Severity
from support.planning import (
    DAY,
    DONE,
    HOUR,
    NOW,
    a_policy,
    codes,
    export,
    instance,
    plan_of,
    quiet,
    snapshot,
    vault,
    world,
)


def test_damaged_and_future_copies_are_told_and_kept():
    """They count for nothing."""
    odd = (
        export(3 * DAY, "damaged", good=False, problem="part missing"),
        export(4 * DAY, "unreadable", moment=None, good=False, problem="no JSON"),
        export(-DAY, "future", completed_at=None),
    )
    plan = plan_of(world(at=vault(export(2 * DAY), *odd, slots=DONE)))
    assert sorted(codes(plan)) == ["copy-damaged", "copy-damaged", "copy-from-the-future"]
    assert {each.export_id for each in plan.kept} >= {"damaged", "unreadable", "future"}


def test_a_missing_copy_is_told_while_the_policy_would_keep_it():
    """With the rule that keeps it; not when it would be gone anyhow, and not another instance's."""
    lost = MissingExport("lost", "orders-id", NOW - 9 * DAY)
    other = replace(lost, export_id="other", instance_id="other-id")
    missing = {"orders-id": (lost,), "other-id": (other,)}
    seen = quiet(missing=missing)

    plan = plan_of(seen, a_policy(retention={"keep_last": 2, "floor": {"count": 1}}))
    assert codes(plan) == ["copy-missing"]
    told = plan.findings[0]
    assert (told.severity, "lost" in told.message) == (Severity.CRITICAL, True)
    assert "last 2 of 2" in told.message
    assert "forget lost" in told.way_out

    assert codes(plan_of(seen, a_policy(retention={"keep_last": 1, "floor": {"count": 1}}))) == []
    assert codes(plan_of(quiet(missing={"other-id": (other,)}))) == codes(plan_of(quiet()))


def test_a_missing_copy_changes_nothing_about_what_is_there():
    """It counts for nothing: what it would push out stays."""
    lost = MissingExport("lost", "orders-id", NOW - HOUR)
    there = (export(2 * DAY), export(9 * DAY))
    policy = a_policy(retention={"keep_last": 2, "floor": {"count": 1}})
    plan = plan_of(world(at=vault(*there, slots=DONE, missing={"orders-id": (lost,)})), policy)
    assert plan.actions == ()
    assert len(plan.kept) == 2


def test_fewer_copies_than_the_floor_are_told():
    """By number, and by restore tests that passed."""
    policy = a_policy(retention={"keep_last": 3, "floor": {"count": 3, "proven": 1}})
    assert codes(plan_of(quiet(), policy)) == ["floor-short", "floor-unproven"]
    proven = export(2 * DAY, proven_at=NOW)
    policy = a_policy(retention={"floor": {"count": 1, "proven": 1}})
    assert codes(plan_of(world(at=vault(proven, slots=DONE)), policy)) == []


def test_without_export_rules_no_copy_is_missing():
    """A policy of snapshots only asks for no export."""
    assert codes(plan_of(world(), a_policy(exports=[], retention={"floor": {"count": 5}}))) == []


def test_auras_own_snapshot_that_did_not_come_is_told():
    """After its grace; not of a paused instance, and not of an unknown type."""
    late = instance(snapshot(26 * HOUR))
    assert "aura-snapshot-overdue" in codes(plan_of(world(late, at=quiet().vaults[0])))
    paused = replace(late, status="paused")
    assert codes(plan_of(world(paused, at=quiet().vaults[0]))) == []
    odd = replace(late, type="something-new")
    assert codes(plan_of(world(odd, at=quiet().vaults[0]))) == []


@pytest.mark.parametrize(
    ("age", "severity"),
    [
        (3 * DAY, None),
        (4 * DAY, Severity.INFO),
        (6 * DAY, Severity.WARNING),
        (timedelta(days=6, hours=20), Severity.CRITICAL),
    ],
)
def test_a_snapshot_that_will_soon_not_be_exportable_is_told(age, severity):
    """At a half, a quarter and a tenth of the time that is left."""
    seen = world(instance(snapshot(age), status="paused"), at=vault(export(9 * DAY), slots=DONE))
    found = [each.severity for each in plan_of(seen).findings if each.code == "export-deadline"]
    assert found == ([severity] if severity else [])


def test_a_deadline_needs_an_export_rule_and_a_known_span():
    """Free keeps nothing exportable, and who exports nothing has no deadline."""
    old = snapshot(6 * DAY)
    nothing = instance(old, status="paused")
    assert "export-deadline" not in codes(plan_of(world(nothing), a_policy(exports=[])))
    free = instance(old, type="free-db")
    assert "export-deadline" not in codes(plan_of(world(free)))
    exported = world(nothing, at=vault(export(HOUR), slots=DONE))
    assert "export-deadline" not in codes(plan_of(exported))


def test_no_deadline_is_told_of_a_vault_that_could_not_be_seen():
    """The snapshot may be exported there long since."""
    old = instance(snapshot(6 * DAY), status="paused")
    assert "export-deadline" in codes(plan_of(world(old)))
    away = vault(sight=Sight.UNKNOWN, reason="no answer")
    assert "export-deadline" not in codes(plan_of(world(old, at=away)))


def test_clocks_may_differ_by_five_minutes():
    """A copy that is dated further ahead is told."""
    five = timedelta(minutes=5)
    near = world(at=vault(export(-five, completed_at=NOW), slots=DONE))
    assert "copy-from-the-future" not in codes(plan_of(near))
    far = world(at=vault(export(-five - timedelta(seconds=1), completed_at=NOW), slots=DONE))
    assert "copy-from-the-future" in codes(plan_of(far))
