"""Instants of cron expressions, against an oracle that knows nothing of cronsim.

The oracle walks minute by minute over the instants and the wall clock that a zone shows, from the
rules as the documentation has them. By default around every clock change of a sample of zones;
`AURA_ALL_ZONES=1` takes every zone and ten years.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from pulumi_neo4j_aura.domain.policy import Dst
from pulumi_neo4j_aura.planning import wallclock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

ALL = bool(os.environ.get("AURA_ALL_ZONES"))
SOME = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",  # half an hour
    "Africa/Cairo",  # at midnight
    "America/Santiago",
    "Asia/Beirut",
    "Africa/Casablanca",  # back and forth over Ramadan
    "Pacific/Chatham",
    "Asia/Tehran",
    "Antarctica/Troll",  # two hours
)
ZONES = sorted(available_timezones()) if ALL else SOME
YEARS = range(2020, 2031) if ALL else range(2025, 2027)

#: Cron expressions and what they mean, for the oracle: minutes, hours, and whether a day fits.
CADENCES = {
    "0 * * * *": ({0}, set(range(24)), lambda _day: True, True),
    "0 */6 * * *": ({0}, {0, 6, 12, 18}, lambda _day: True, True),
    "30 2 * * *": ({30}, {2}, lambda _day: True, False),
    "0 2 * * SUN": ({0}, {2}, lambda day: day.weekday() == 6, False),
    "0 4 1 * *": ({0}, {4}, lambda day: day.day == 1, False),
    "0 0 * * *": ({0}, {0}, lambda _day: True, False),
}


@lru_cache
def changes(name):
    """The instants at which the offset of a zone changes, to the minute."""
    zone = ZoneInfo(name)
    begin, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1], 12, 31, tzinfo=UTC)
    found, at = [], begin
    while at < end:
        if at.astimezone(zone).utcoffset() != (at + DAY).astimezone(zone).utcoffset():
            low, high = at, at + DAY
            while high - low > MINUTE:
                middle = low + (high - low) // (2 * MINUTE) * MINUTE
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at += DAY
    return found


def oracle(cron, zone, dst, begin, end):
    """Every minute whose wall clock fits, and then the rule of a clock change."""
    minutes, hours, fits, repeating = CADENCES[cron]
    found, shown = [], set()
    at = begin + MINUTE
    before = begin.astimezone(zone).replace(tzinfo=None)
    # What the clock showed shortly before counts as well, for times that it shows twice.
    back = begin - 3 * HOUR
    while back <= begin:
        shown.add(back.astimezone(zone).replace(tzinfo=None))
        back += MINUTE
    while at <= end:
        wall = at.astimezone(zone).replace(tzinfo=None)
        if wall - before > MINUTE and not repeating and dst is not Dst.SKIP:
            hidden = before + MINUTE
            while hidden < wall:
                if hidden.minute in minutes and hidden.hour in hours and fits(hidden):
                    found.append(at)
                    break
                hidden += MINUTE
        if wall.minute in minutes and wall.hour in hours and fits(wall):
            again = wall in shown
            if not again or repeating or dst is Dst.BOTH:
                found.append(at)
        shown.add(wall)
        before = wall
        at += MINUTE
    return sorted(set(found))


@pytest.mark.timeout(7200 if ALL else 300)
@pytest.mark.parametrize("cron", CADENCES)
def test_slots_are_those_of_an_independent_oracle(cron):
    """Around every clock change, under every rule."""
    checked = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in changes(name):
            begin, end = change - 26 * HOUR, change + 26 * HOUR
            for dst in Dst:
                wallclock.instants.cache_clear()
                ours = list(wallclock.instants(cron, zone, dst, begin, end))
                assert ours == oracle(cron, zone, dst, begin, end), (name, change, dst)
                checked += 1
    assert checked > 100


def test_zone_data_that_is_missing_is_told_with_the_way_out(monkeypatch):
    """Velero 9519: an image without zone data."""
    wallclock.zone_of.cache_clear()

    def missing(_name):
        raise OSError("no such file")

    monkeypatch.setattr(wallclock, "ZoneInfo", missing)
    with pytest.raises(ValueError, match="tzdata"):
        wallclock.zone_of("Europe/Berlin")
    wallclock.zone_of.cache_clear()


@pytest.mark.parametrize(
    ("cron", "problem"),
    [("0 2 * * SUN", None), ("0 0 L * *", None), ("*/5 * * * *", None), ("", "needs minute")],
)
def test_expressions_that_can_be_used(cron, problem):
    """Five fields; the last day of a month is one of cronsim's words."""
    found = wallclock.cron_problem(cron)
    assert found is None if problem is None else problem in (found or "")


def test_the_last_day_of_the_month():
    """Of a leap year's February as well."""
    begin, end = datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)
    found = wallclock.instants("0 0 L * *", ZoneInfo("UTC"), Dst.ONCE, begin, end)
    assert found == (datetime(2028, 2, 29, tzinfo=UTC),)


def test_what_is_never_due_has_no_instants():
    """31 April, within the range that is asked for."""
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    assert wallclock.instants("0 0 31 4 *", ZoneInfo("UTC"), Dst.ONCE, begin, end) == ()
    assert wallclock.instants("0 0 1 1 *", ZoneInfo("UTC"), Dst.ONCE, end, begin) == ()
