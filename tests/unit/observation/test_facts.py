"""When the instance itself is asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.observation import facts
from pulumi_neo4j_aura.observation.memory import SeenInstance
from pulumi_neo4j_aura.observation.need import Need

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = timedelta(days=1)


def seen(got_ago=HOUR, status="running", taken_ago=HOUR, **fields):
    taken = Snapshot("s", "i", "Completed", "Scheduled", NOW - taken_ago, exportable=True)
    got_at = None if got_ago is None else NOW - got_ago
    return SeenInstance(
        "i", "orders", "p", status=status, snapshots=(taken,), got_at=got_at, **fields
    )


def asked(known, every: timedelta | None = DAILY, **need):
    return facts.worth_asking(known, every, Need(**need), NOW)


@pytest.mark.parametrize(
    "known",
    [
        seen(got_ago=None),
        seen(got_ago=-HOUR),
        seen(touched=True),
        seen(status="paused"),
        seen(status="resuming"),
        seen(status=""),
    ],
)
def test_what_is_not_known_or_changes_soon_is_asked_for(known):
    """Never had, from the future, worked on since, or not running."""
    assert asked(known)
    assert not asked(seen())


def test_where_nothing_uses_them_a_week_is_soon_enough():
    """Type and size change rarely."""
    assert not asked(seen(facts.OLD - HOUR))
    assert asked(seen(facts.OLD))


def test_a_rule_that_is_due_plans_with_nothing_older_than_a_day():
    """A paused instance gets no snapshot, and its slot ends as skipped."""
    assert not asked(seen(facts.FRESH - HOUR), due=True)
    assert asked(seen(facts.FRESH), due=True)
    assert not asked(seen(facts.FRESH))


def test_where_aura_takes_no_snapshot_a_day_is_the_most():
    """No late one would ever tell that it was paused."""
    assert asked(seen(facts.FRESH), every=None)
    assert not asked(seen(facts.FRESH - HOUR), every=None)


def test_who_wants_everything_gets_it():
    """Whatever is remembered."""
    assert asked(seen(), everything=True)


def test_a_late_snapshot_may_be_explained_once_an_hour():
    """It is late because the instance is paused, or it is late."""
    late, in_time = DAILY * 2, HOUR
    assert facts.may_explain(seen(HOUR, taken_ago=late), DAILY, NOW)
    assert not facts.may_explain(seen(HOUR * 0.9, taken_ago=late), DAILY, NOW)
    assert not facts.may_explain(seen(HOUR, taken_ago=in_time), DAILY, NOW)
    assert not facts.may_explain(seen(HOUR, taken_ago=late), None, NOW)
