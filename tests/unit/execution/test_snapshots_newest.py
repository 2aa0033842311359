from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.selection import Choice, Skipped, Wanted
from pulumi_neo4j_aura.errors import Unavailable
from pulumi_neo4j_aura.execution.snapshots import days_back, newest
from support.clock import FakeClock
from support.fakes import FakeAura, make_services

ID = "ab12cd34"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def asked(aura):
    """The days that were asked for, in order."""
    return [call.arguments[1] for call in aura.sent("snapshots.list")]


def days(first, last):
    """Days of November 2026, from the later to the earlier."""
    return [date(2026, 11, 1) + timedelta(days=day - 1) for day in range(first, last - 1, -1)]


@pytest.mark.parametrize(
    ("latest", "count", "expected"),
    [
        (NOON, 1, days(23, 22)),
        (NOON.replace(hour=9, minute=59), 1, days(22, 22)),
        (NOON.replace(hour=10), 1, days(23, 22)),
        (NOON.replace(hour=0), 3, days(22, 20)),
        (NOON.replace(hour=23, minute=59), 3, days(23, 20)),
        (NOON.replace(hour=1, tzinfo=timezone(9 * HOUR)), 1, days(22, 21)),
        (NOON.replace(hour=20, tzinfo=timezone(-8 * HOUR)), 1, days(23, 23)),
        (NOON.replace(hour=9, tzinfo=timezone(-12 * HOUR)), 1, days(23, 22)),
    ],
)
def test_days_go_back_from_the_furthest_zone(latest, count, expected):
    """From ten in UTC it is tomorrow somewhere; the zone in which a moment is told is no matter."""
    assert list(days_back(latest, count)) == expected


def test_the_first_day_that_has_one_ends_the_search(aura, services):
    """One call a day is the price: older days are not asked for."""
    good = aura.add_snapshot(id="good", timestamp=NOON - 2 * DAY)
    aura.add_snapshot(id="older", timestamp=NOON - 3 * DAY)

    assert newest(services, ID, Wanted()) == Choice(good)
    assert asked(aura) == days(23, 20)


def test_everything_passed_over_on_the_way_is_told(aura, services):
    """Newest first, over all the days that were looked at."""
    aura.add_snapshot(id="today", timestamp=NOON - HOUR, status="Failed")
    aura.add_snapshot(id="yesterday", timestamp=NOON - DAY, exportable=False)
    good = aura.add_snapshot(id="good", timestamp=NOON - 2 * DAY)
    aura.add_snapshot(id="elsewhere", instance_id="ffffffff", timestamp=NOON)

    choice = newest(services, ID, Wanted())
    assert choice.snapshot == good
    assert choice.skipped == (
        Skipped("today", "is Failed, not Completed"),
        Skipped("yesterday", "is not exportable"),
    )


def test_nothing_found_names_what_was_seen(aura, services):
    """After all the days that could hold one."""
    aura.add_snapshot(id="bad", timestamp=NOON - DAY, exportable=False)
    choice = newest(services, ID, Wanted())

    assert choice == Choice(None, (Skipped("bad", "is not exportable"),))
    assert asked(aura) == [date(2026, 11, 23) - timedelta(days=back) for back in range(33)]


@pytest.mark.parametrize(
    ("wanted", "kept", "first", "last"),
    [
        (Wanted(max_age=DAY), None, 23, 20),
        (Wanted(max_age=HOUR), None, 23, 20),
        (Wanted(max_age=25 * HOUR), None, 23, 19),
        (Wanted(), 7 * DAY, 23, 14),
        (Wanted(max_age=2 * DAY), 7 * DAY, 23, 19),
        (Wanted(max_age=60 * DAY), 7 * DAY, 23, 14),
        (Wanted(before=NOON - 3 * DAY), 7 * DAY, 20, 14),
        (Wanted(before=NOON + 3 * DAY), 7 * DAY, 23, 14),
        (Wanted(before=NOON - 9 * DAY), 7 * DAY, 14, 12),
        (Wanted(before=NOON - 3 * DAY, max_age=4 * DAY), 7 * DAY, 20, 17),
    ],
)
def test_only_days_that_can_hold_one_are_asked_for(services, wanted, kept, first, last):
    """Age, time and the tier's retention narrow the search; one day more for the unknown zone."""
    assert newest(services, ID, wanted, kept).snapshot is None
    assert asked(services.client) == days(first, last)


def test_a_list_that_fails_is_no_empty_day(aura, services):
    """Else an older snapshot would silently be taken for the newest."""
    aura.add_snapshot(timestamp=NOON - 2 * DAY)
    aura.script("snapshots.list", (), Unavailable("503"))

    with pytest.raises(Unavailable):
        newest(services, ID, Wanted())


ZONES = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(quarters * HOUR / 4))
AGES = st.floats(0, 10 * 24).map(lambda hours: timedelta(hours=hours))
MOMENTS = st.tuples(AGES, ZONES).map(lambda told: (NOON - told[0]).astimezone(told[1]))
WISHES = st.builds(
    Wanted,
    before=st.none() | MOMENTS,
    max_age=st.none() | st.floats(0.1, 10 * 24).map(lambda hours: timedelta(hours=hours)),
)


@given(ZONES, st.integers(0, 23), st.lists(AGES, max_size=4), WISHES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_newest_is_found_however_aura_counts_its_days(tmp_path, zone, hour, ages, wanted):
    """In any zone, day by day finds the same as looking at everything at once would."""
    aura = FakeAura(FakeClock(NOON.replace(hour=hour)))
    aura.zone = zone
    now = aura.clock.now()
    for index, age in enumerate(ages):
        aura.add_snapshot(id=f"snapshot-{index}", timestamp=now - age)
    fitting = [
        now - age
        for age in ages
        if (wanted.max_age is None or age <= wanted.max_age)
        and (wanted.before is None or now - age < wanted.before)
    ]

    chosen = newest(make_services(aura, tmp_path, aura.clock), ID, wanted).snapshot
    assert (chosen and chosen.timestamp) == max(fitting, default=None)
