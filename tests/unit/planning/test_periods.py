"""Calendar labels, quickly and right."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_neo4j_aura.planning import periods
from pulumi_neo4j_aura.planning.periods import Periods
from support.retention import at

ZONES = [
    "UTC", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/St_Johns", "America/Havana", "Pacific/Apia", "Africa/Monrovia", "Europe/Amsterdam",
]  # fmt: skip


def test_a_moment_lies_in_the_periods_of_its_zone():
    """Hour with offset, day, ISO week, month and year, on the zone's wall clock."""
    berlin = ZoneInfo("Europe/Berlin")
    assert periods.of(at("2026-12-31T23:30"), berlin) == Periods(
        "2027-01-01T00+0100", "2027-01-01", "2026-W53", "2027-01", "2027"
    )


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - made UTC below
    st.sampled_from(ZONES),
)
def test_what_is_remembered_equals_what_is_worked_out(moment, name):
    """Quarters of an hour never blur a period, local mean times of long ago included."""
    moment = moment.replace(tzinfo=UTC)
    local = moment.astimezone(ZoneInfo(name))
    year, week, _ = local.isocalendar()
    assert periods.of(moment, ZoneInfo(name)) == Periods(
        local.strftime("%Y-%m-%dT%H%z"),
        local.strftime("%Y-%m-%d"),
        f"{year:04}-W{week:02}",
        local.strftime("%Y-%m"),
        local.strftime("%Y"),
    )


def test_an_offset_of_odd_minutes_is_worked_out_each_time():
    """Liberia was 44 min 30 s behind until 1972: an hour ended within a quarter."""
    monrovia = ZoneInfo("Africa/Monrovia")
    first = periods.of(at("1971-06-01T00:44:00"), monrovia)
    second = periods.of(at("1971-06-01T00:44:45"), monrovia)
    assert (first.daily, second.daily) == ("1971-05-31", "1971-06-01")


def test_a_clock_change_within_a_quarter_is_seen():
    """St. John's went back from 00:01 to 23:01: a quarter of an hour lay in two days."""
    where = ZoneInfo("America/St_Johns")
    days = [periods.of(at(f"2010-11-07T02:{text}"), where).daily for text in ("30:59", "31:00")]
    assert days == ["2010-11-07", "2010-11-06"]


@pytest.mark.parametrize(
    ("moment", "name", "day"),
    [
        (datetime.min.replace(tzinfo=UTC), "America/New_York", "0001-01-01"),
        (datetime.max.replace(tzinfo=UTC), "Pacific/Apia", "9999-12-31"),
    ],
)
def test_the_ends_of_time_have_a_day_too(moment, name, day):
    """Where the local time cannot be told, the UTC one is."""
    assert periods.of(moment, ZoneInfo(name)).daily == day


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "Europe", "", "/"])
def test_a_zone_that_is_none_is_not_known(name):
    """No error: whoever asks prunes nothing then."""
    assert periods.zone(name) is None


def test_one_quarter_is_worked_out_once_for_a_fleet():
    """Labels are remembered, which is what makes a million copies quick."""
    berlin = ZoneInfo("Europe/Berlin")
    begin = at("2026-06-01T10:00")
    found = {id(periods.of(begin + timedelta(seconds=n), berlin)) for n in range(900)}
    assert len(found) == 1
