"""When an instance's snapshots are asked for, and for which days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.observation import days
from pulumi_neo4j_aura.observation.memory import SeenInstance
from pulumi_neo4j_aura.observation.need import Need
from pulumi_neo4j_aura.planning import deadlines

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAILY = timedelta(days=1)
HOUR = timedelta(hours=1)


def scheduled(age, status="Completed", profile="Scheduled"):
    return Snapshot("s", "i", status, profile, NOW - age, exportable=True)


def seen(asked_ago, *snapshots, created_ago=None):
    return SeenInstance(
        "i",
        "orders",
        "p",
        created_at=None if created_ago is None else NOW - created_ago,
        snapshots=snapshots,
        asked_at=NOW - asked_ago,
    )


def test_what_was_never_seen_is_asked_for():
    """Nothing is known, so everything may be there."""
    assert days.worth_asking(None, DAILY, due=False, now=NOW)
    assert days.worth_asking(SeenInstance("i", "n", "p"), DAILY, due=False, now=NOW)


def test_nothing_is_asked_while_nothing_can_have_changed():
    """Aura's next snapshot is not due yet, and no rule is."""
    assert not days.worth_asking(seen(HOUR, scheduled(HOUR * 3)), DAILY, due=False, now=NOW)


def test_a_rule_that_is_due_asks():
    """What it works with must be seen now."""
    assert days.worth_asking(seen(HOUR, scheduled(HOUR)), DAILY, due=True, now=NOW)


def test_auras_own_next_snapshot_is_asked_for_after_its_grace():
    """A scheduled snapshot that failed must not go unnoticed."""
    just_before = scheduled(DAILY + deadlines.GRACE - timedelta(minutes=1))
    just_after = scheduled(DAILY + deadlines.GRACE)
    asked_before_it_was_due = HOUR * 5
    assert not days.worth_asking(seen(asked_before_it_was_due, just_before), DAILY, False, NOW)
    assert days.worth_asking(seen(asked_before_it_was_due, just_after), DAILY, False, NOW)


def test_a_late_snapshot_is_asked_for_every_hour_and_not_in_every_pass():
    """Waiting for it must not spend the rate budget."""
    late = scheduled(DAILY * 2)
    assert not days.worth_asking(seen(timedelta(minutes=59), late), DAILY, False, NOW)
    assert days.worth_asking(seen(HOUR, late), DAILY, False, NOW)


def test_a_snapshot_under_way_is_asked_for():
    """It will be a copy or a failure soon."""
    assert days.worth_asking(seen(HOUR, scheduled(HOUR, "InProgress")), DAILY, False, NOW)
    assert days.worth_asking(seen(HOUR, scheduled(HOUR, "SomethingNew")), DAILY, False, NOW)


def test_a_look_grows_stale_in_a_day_whatever_is_known():
    """A person may have taken a snapshot by hand."""
    assert days.worth_asking(seen(days.STALE, scheduled(HOUR)), None, False, NOW)
    assert not days.worth_asking(seen(days.STALE - HOUR, scheduled(HOUR)), None, False, NOW)


def test_a_look_from_the_future_is_no_look():
    """A clock that was wrong must not keep anything from being seen."""
    assert days.worth_asking(seen(-HOUR, scheduled(HOUR)), DAILY, False, NOW)


def test_an_instance_without_a_snapshot_expects_the_first_from_its_creation():
    """A new instance whose first snapshot never came is noticed as well."""
    young = seen(timedelta(minutes=10), created_ago=timedelta(hours=2))
    old = seen(timedelta(hours=2), created_ago=timedelta(hours=26))
    assert not days.worth_asking(young, DAILY, False, NOW)
    assert days.worth_asking(old, DAILY, False, NOW)


def test_only_completed_scheduled_snapshots_count_for_auras_cadence():
    """One on demand, or a failed one, does not put off the next scheduled one."""
    found = (scheduled(HOUR, profile="AdHoc"), scheduled(HOUR, "Failed"), scheduled(DAILY))
    assert deadlines.expected_at(found, None, DAILY) == NOW + deadlines.GRACE


@pytest.mark.parametrize("every", [None])
def test_a_tier_without_a_known_cadence_expects_nothing(every):
    """No guess where Aura says nothing."""
    assert deadlines.expected_at((scheduled(DAILY * 9),), None, every) is None


def test_only_the_days_since_the_last_look_are_asked_for():
    """Older days are remembered."""
    month = timedelta(days=30)
    assert days.to_ask(NOW - HOUR, NOW, month) == (date(2026, 3, 10),)
    assert days.to_ask(NOW - DAILY, NOW, month) == (date(2026, 3, 10), date(2026, 3, 9))


def test_near_midnight_both_days_are_asked_for():
    """In which zone Aura's days begin is not documented."""
    late = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)
    early = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
    assert days.to_ask(late - HOUR / 4, late, DAILY) == (date(2026, 3, 11), date(2026, 3, 10))
    assert days.to_ask(early - HOUR / 4, early, DAILY) == (date(2026, 3, 10), date(2026, 3, 9))


def test_a_first_look_goes_as_far_back_as_anything_is_kept():
    """And no further, however long ago the last look was."""
    week = timedelta(days=7)
    assert len(days.to_ask(None, NOW, week)) == 8
    assert len(days.to_ask(NOW - timedelta(days=400), NOW, week)) == 8
    assert days.to_ask(None, NOW, week)[-1] == date(2026, 3, 3)


def test_no_day_is_asked_for_twice():
    """One that was passed over may have been the day of the last look."""
    passed = (date(2026, 3, 10), date(2026, 3, 8))
    known = SeenInstance("i", "orders", "p", asked_at=NOW - DAILY, passed_over=passed)
    found = days.search(known, Need(everything=True), NOW, timedelta(days=7))
    assert found.days == (date(2026, 3, 10), date(2026, 3, 9), date(2026, 3, 8))


def test_a_last_look_in_the_future_asks_for_today():
    """Whatever the clock did in between."""
    assert days.to_ask(NOW + DAILY, NOW, timedelta(days=7)) == (date(2026, 3, 10),)
