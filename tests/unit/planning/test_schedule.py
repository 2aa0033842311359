"""When a rule is due: slots, missed ones, and when to look again."""

import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import Past
from pulumi_neo4j_aura.domain.policy import Blackout, Dst, First, Missed, Schedule
from pulumi_neo4j_aura.domain.slot import Ended
from pulumi_neo4j_aura.planning import schedule
from pulumi_neo4j_aura.planning.schedule import Who

WHO = Who("production", "exports", "ab12cd34")
SUNDAY = datetime(2026, 3, 8, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY: dict[str, Any] = {"cron": "0 2 * * SUN"}


def due(settled=None, since=None, now=NOW, past=None, **fields):
    times = Schedule(**{**WEEKLY, **fields})
    known = past or (Past(settled=settled) if settled else None)
    return schedule.due(times, WHO, known, since, now)


def run(asked):
    return [slot.due for slot in asked.run]


def settled(asked):
    return [(each.slot.due, each.ended, each.count) for each in asked.settle]


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"cron": "0 2 * *"}, "it needs minute"),
        ({"cron": "0 25 * * *"}, "no cron expression"),
        ({"zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"zone": ""}, "no time zone"),
        ({"zone": "../etc/passwd"}, "no time zone"),
        ({"most_catch_up": 0}, "most_catch_up"),
        ({"within": HOUR, "jitter": HOUR}, "jitter"),
        ({"cron": "0 0 30 2 *"}, "cron"),
        ({"cron": "0 0 31 4 *"}, "cron"),
    ],
)
def test_what_cannot_be_used_is_told(fields, text):
    """In a sentence, instead of an error in the middle of a pass."""
    assert text in (schedule.problem(Schedule(**{**WEEKLY, **fields})) or "")


@pytest.mark.parametrize(
    "fields", [{}, {"zone": "Europe/Berlin"}, {"within": HOUR, "jitter": HOUR / 2}]
)
def test_what_can_be_used_has_no_problem(fields):
    """Nothing is refused without a reason."""
    assert schedule.problem(Schedule(**{**WEEKLY, **fields})) is None


# --- slots ----------------------------------------------------------------------------------------


def test_a_slot_is_named_by_policy_rule_instance_and_utc_time():
    """The same for every run and machine."""
    (slot,) = schedule.slots(Schedule(**WEEKLY), WHO, SUNDAY - HOUR, SUNDAY)
    assert slot.id == "production/exports/ab12cd34/20260308T020000Z"
    assert slot.at == slot.due


def test_jitter_moves_each_instance_by_its_own_part_and_always_by_the_same():
    """So that a thousand instances do not begin at once, and none is done twice."""
    times = Schedule(**WEEKLY, jitter=HOUR)
    whos = [Who("production", "exports", f"db-{number}") for number in range(50)]
    moved = [next(schedule.slots(times, who, SUNDAY - HOUR, SUNDAY)) for who in whos]
    again = [next(schedule.slots(times, who, SUNDAY - DAY, SUNDAY + DAY)) for who in whos]
    assert moved == again
    assert {slot.due for slot in moved} == {SUNDAY}
    assert all(SUNDAY <= slot.at < SUNDAY + HOUR for slot in moved)
    assert len({slot.at for slot in moved}) > 40


def test_the_next_slot_is_found_however_far_it_is():
    """29 February is years away, and nothing lies beyond the last year of all calendars."""
    leap = Schedule("0 0 29 2 *")
    found = schedule.next_slot(leap, WHO, datetime(2025, 1, 1, tzinfo=UTC))
    assert found is not None
    assert found.due == datetime(2028, 2, 29, tzinfo=UTC)
    late = schedule.next_slot(leap, WHO, datetime(9990, 6, 1, tzinfo=UTC))
    assert late is None
    beyond = schedule.next_slot(Schedule("0 0 * * *"), WHO, datetime(2038, 1, 19, tzinfo=UTC))
    assert beyond is not None
    assert beyond.due == datetime(2038, 1, 20, tzinfo=UTC)


def test_the_longest_gap_is_that_between_two_slots():
    """Of a year, which has its uneven months."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert schedule.longest_gap(Schedule("0 2 * * SUN"), start) == 7 * DAY
    assert schedule.longest_gap(Schedule("0 4 1 * *"), start) == 31 * DAY
    assert schedule.longest_gap(Schedule("0 9-17 * * MON-FRI"), start) == 2 * DAY + 16 * HOUR
    assert schedule.longest_gap(Schedule("* * * * *"), start) == timedelta(minutes=1)
    assert schedule.longest_gap(Schedule("0 0 29 2 *"), start) == timedelta()


def test_the_longest_gap_is_worked_out_once_a_week(monkeypatch):
    """Every plan asks for it, and a daemon plans each quarter of an hour."""
    start, asked = datetime(2027, 3, 1, tzinfo=UTC), []
    monkeypatch.setattr(schedule, "_longest", lambda *found: asked.append(found[-1]))
    for hours in (0, 1, 7 * 24 - 1, 7 * 24):
        schedule.longest_gap(Schedule("0 2 * * SUN"), start + hours * HOUR)
    assert asked == [start, start, start, start + 7 * DAY]


# --- due ------------------------------------------------------------------------------------------


def test_a_slot_that_passed_is_due_until_it_is_settled():
    """And then the next one is waited for."""
    asked = due(settled=SUNDAY - 7 * DAY)
    assert run(asked) == [SUNDAY]
    assert asked.settle == ()
    done = due(settled=SUNDAY)
    assert (run(done), done.next_at) == ([], SUNDAY + 7 * DAY)


def test_a_policy_that_was_never_published_missed_nothing():
    """Nothing surprising runs; its next slot is told."""
    asked = due()
    assert (run(asked), asked.next_at) == ([], SUNDAY + 7 * DAY)


def test_a_new_policy_waits_for_its_next_slot_unless_it_says_now():
    """Velero 2433: a surprise run on create or unpause."""
    published = NOW - HOUR
    assert run(due(since=published)) == []
    at_once = due(since=published, first=First.NOW)
    assert run(at_once) == [published]
    assert run(due(settled=published, since=published, first=First.NOW)) == []


def test_a_clock_that_went_back_runs_nothing_again():
    """What was settled stays settled."""
    asked = due(settled=NOW + 30 * DAY)
    assert run(asked) == []
    assert asked.next_at is not None
    assert asked.next_at > NOW + 30 * DAY


@pytest.mark.parametrize(
    ("missed", "ran", "ended"),
    [
        (Missed.RUN_ONCE, [SUNDAY], [(SUNDAY - 7 * DAY, Ended.MISSED, 12)]),
        (Missed.SKIP, [], [(SUNDAY, Ended.SKIPPED, 13)]),
        (
            Missed.RUN_ALL,
            [SUNDAY - number * 7 * DAY for number in (2, 1, 0)],
            [(SUNDAY - 21 * DAY, Ended.MISSED, 10)],
        ),
    ],
)
def test_ninety_days_without_anybody_end_as_the_rule_says(missed, ran, ended):
    """No storm of runs, and every slot has an outcome."""
    asked = due(settled=SUNDAY - 91 * DAY, missed=missed, most_catch_up=3)
    assert run(asked) == ran
    assert settled(asked) == ended


def test_a_slot_is_run_in_time_also_where_missed_ones_are_skipped():
    """Skipping is for what nobody was there for."""
    assert run(due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR / 2, missed=Missed.SKIP)) == [SUNDAY]


def test_more_than_a_thousand_missed_slots_are_counted_and_end_at_once():
    """Kubernetes 42649: too many missed starts, and it never started again."""
    began = time.process_time()
    asked = due(settled=datetime(2016, 1, 1, tzinfo=UTC), cron="* * * * *")
    assert run(asked) == [NOW]
    assert settled(asked)[0][2] == schedule.MOST_COUNTED - 1
    assert time.process_time() - began < 5


def test_first_now_after_very_many_slots_is_one_of_those_that_were_missed():
    """The count stays bounded."""
    asked = due(since=datetime(2016, 1, 1, tzinfo=UTC), cron="* * * * *", first=First.NOW)
    assert run(asked) == [NOW]


def test_within_is_how_late_a_slot_may_begin():
    """Later it is missed, and the reason says within what."""
    in_time = due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR, within=HOUR)
    assert run(in_time) == [SUNDAY]
    late = due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR + timedelta(seconds=1), within=HOUR)
    assert (run(late), settled(late)) == ([], [(SUNDAY, Ended.MISSED, 1)])
    assert "within 1 h of its time" in late.settle[0].reason


def test_older_ones_are_not_settled_past_one_that_is_still_to_run():
    """Each slot of a rule that runs all keeps its turn."""
    asked = due(settled=SUNDAY - 15 * DAY, missed=Missed.RUN_ALL, within=8 * DAY, now=SUNDAY + HOUR)
    assert run(asked) == [SUNDAY - 7 * DAY, SUNDAY]
    assert settled(asked) == [(SUNDAY - 14 * DAY, Ended.MISSED, 1)]


def test_jitter_is_waited_for():
    """The slot is due and begins later; the next look is then."""
    times = {"jitter": 6 * HOUR, "settled": SUNDAY - 7 * DAY}
    slot = next(schedule.slots(Schedule(**WEEKLY, jitter=6 * HOUR), WHO, SUNDAY - HOUR, SUNDAY))
    early = due(**times, now=slot.at - timedelta(minutes=1))
    assert (run(early), early.next_at) == ([], slot.at)
    assert early.blocked
    assert run(due(**times, now=slot.at)) == [SUNDAY]


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(1, 5), (2, 10), (3, 20), (7, 320), (8, 360), (500, 360)],
)
def test_what_failed_is_tried_again_with_growing_gaps(failures, wait):
    """Minutes at first, six hours at most."""
    failed = NOW - timedelta(minutes=wait)
    past = Past(SUNDAY - 7 * DAY, failed, failures, "no answer")
    assert run(due(past=past)) == [SUNDAY]
    early = due(past=past, now=NOW - timedelta(seconds=1))
    assert (run(early), early.next_at) == ([], NOW)
    assert "no answer" in early.blocked


def test_a_failure_without_a_time_waits_for_nothing():
    """A record that is odd must not stop anything."""
    assert run(due(past=Past(SUNDAY - 7 * DAY, None, 3, "?"))) == [SUNDAY]
    assert run(due(past=Past(SUNDAY - 7 * DAY, NOW, 0, "?"))) == [SUNDAY]


# --- blackouts ------------------------------------------------------------------------------------

NIGHT = Blackout(clock(22, 0), clock(6, 0))


def test_in_a_blackout_nothing_begins_and_its_end_is_the_next_look():
    """Over midnight as well."""
    asked = due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR, blackouts=(NIGHT,))
    assert (run(asked), asked.next_at) == ([], SUNDAY + 4 * HOUR)
    assert run(due(settled=SUNDAY - 7 * DAY, now=SUNDAY + 4 * HOUR, blackouts=(NIGHT,))) == [SUNDAY]


def test_blackouts_may_follow_each_other():
    """The end of the last one counts."""
    both = (NIGHT, Blackout(clock(6, 0), clock(9, 0)))
    asked = due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR, blackouts=both)
    assert asked.next_at == SUNDAY + 7 * HOUR


def test_a_day_that_is_all_blackouts_ends_somewhere():
    """Two windows that cover everything do not hang the planner."""
    always = (Blackout(clock(0, 0), clock(12, 0)), Blackout(clock(12, 0), clock(0, 0)))
    assert run(due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR, blackouts=always)) == []


def test_a_slot_that_a_blackout_holds_for_longer_than_within_is_missed():
    """It is recorded at once."""
    asked = due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR, blackouts=(NIGHT,), within=2 * HOUR)
    assert (run(asked), settled(asked)) == ([], [(SUNDAY, Ended.MISSED, 1)])


def test_one_that_a_blackout_ends_is_not_settled_past_an_older_one_that_runs():
    """What is recorded stands for everything before it."""
    asked = due(
        settled=SUNDAY - DAY,
        now=SUNDAY + 4 * HOUR,
        cron="0 2,4 * * SUN",
        missed=Missed.RUN_ALL,
        within=5 * HOUR,
        blackouts=(Blackout(clock(3, 50), clock(10, 0)),),
    )
    assert (run(asked), asked.settle) == ([SUNDAY], ())


@pytest.mark.parametrize(("days", "held"), [({5}, True), ({6}, False), (set(), True)])
def test_a_blackout_s_days_are_those_on_which_it_begins(days, held):
    """The night from Saturday to Sunday is Saturday's."""
    night = Blackout(clock(22, 0), clock(6, 0), frozenset(days))
    asked = due(settled=SUNDAY - 7 * DAY, now=SUNDAY + HOUR, blackouts=(night,))
    assert (run(asked) == []) is held


def test_a_blackout_is_on_the_wall_clock_of_the_zone():
    """Nine in Tokyo is midnight in UTC."""
    day = Blackout(clock(9, 0), clock(12, 0))
    asked = due(
        settled=SUNDAY - 8 * DAY,
        now=datetime(2026, 3, 8, 0, 30, tzinfo=UTC),
        cron="0 9 * * SUN",
        zone="Asia/Tokyo",
        blackouts=(day,),
    )
    assert (run(asked), asked.next_at) == ([], datetime(2026, 3, 8, 3, 0, tzinfo=UTC))


# --- clock changes --------------------------------------------------------------------------------


def times_of(rule, begin, end, cron="30 2 * * *", zone="Europe/Berlin"):
    found = schedule.slots(Schedule(cron, zone, rule), WHO, begin, end)
    return [f"{slot.due:%d %H:%M}" for slot in found]


SPRING = (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
AUTUMN = (datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC))


@pytest.mark.parametrize(
    ("rule", "spring", "autumn"),
    [
        (Dst.ONCE, ["28 01:30", "29 01:00", "30 00:30"], ["24 00:30", "25 00:30", "26 01:30"]),
        (
            Dst.BOTH,
            ["28 01:30", "29 01:00", "30 00:30"],
            ["24 00:30", "25 00:30", "25 01:30", "26 01:30"],
        ),
        (Dst.SKIP, ["28 01:30", "30 00:30"], ["24 00:30", "25 00:30", "26 01:30"]),
    ],
)
def test_a_daily_rule_over_clock_changes(rule, spring, autumn):
    """Kubernetes 121594: run twice in autumn, and not at all in spring."""
    assert times_of(rule, *SPRING) == spring
    assert times_of(rule, *AUTUMN) == autumn


@pytest.mark.parametrize("rule", list(Dst))
def test_an_hourly_rule_follows_elapsed_time(rule):
    """25 times on the longer day and 23 times on the shorter."""
    day = (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
    assert len(times_of(rule, *day, cron="0 * * * *")) == 25
    day = (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC))
    assert len(times_of(rule, *day, cron="0 * * * *")) == 23
