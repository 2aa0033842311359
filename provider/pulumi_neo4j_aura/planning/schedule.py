"""When a rule is due: slots, those that were missed, and when to look again. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.observed import Past
from pulumi_neo4j_aura.domain.policy import Blackout, Dst, First, Missed, Schedule
from pulumi_neo4j_aura.domain.slot import Ended, Slot, SlotOutcome
from pulumi_neo4j_aura.planning import wallclock

#: A schedule that is not due within this time is never due.
_NEVER: Final = timedelta(days=366 * 9)

#: Slots that are looked at to tell the longest time between two.
_SAMPLE: Final = 10_000

_WEEK: Final = timedelta(days=7)
_A_WEEK_BEGAN: Final = datetime(2026, 1, 5, tzinfo=UTC)

#: Missed slots are counted up to this; more are told as this many.
MOST_COUNTED: Final = 1_000

#: How late a slot may begin where missed ones are skipped and nothing else is said.
_SKIP_WITHIN: Final = timedelta(hours=1)

#: After a failure it is tried again after this, doubled for each further one, up to the longest.
_RETRY: Final = timedelta(minutes=5)
_LONGEST_RETRY: Final = timedelta(hours=6)

_MOST_TURNS: Final = 32


@dataclass(frozen=True, slots=True)
class Who:
    """One rule of one policy for one instance."""

    policy: str
    rule: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Due:
    """What a rule asks for now.

    Attributes:
        run: slots to run now, oldest first.
        settle: slots to record without an effect.
        next_at: when to look again; None: it is never due any more.
        blocked: why nothing is run although something is due; empty: nothing is in the way.
    """

    run: tuple[Slot, ...] = ()
    settle: tuple[SlotOutcome, ...] = ()
    next_at: datetime | None = None
    blocked: str = ""


def problem(schedule: Schedule) -> str | None:
    """Why a schedule cannot be used, or None."""
    bad = wallclock.cron_problem(schedule.cron)
    if bad:
        return bad
    try:
        wallclock.zone_of(schedule.zone)
    except ValueError as error:
        return str(error)
    if schedule.most_catch_up < 1:
        return "most_catch_up must be at least 1"
    if schedule.within is not None and schedule.jitter >= schedule.within:
        return "jitter must be shorter than within, or slots are missed before they begin"
    return None


def slots(schedule: Schedule, who: Who, after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots that are due after one time and up to another, in order."""
    zone = wallclock.zone_of(schedule.zone)
    for due_at in wallclock.instants(schedule.cron, zone, schedule.dst, after, until):
        yield _slot(schedule, who, due_at)


def _slot(schedule: Schedule, who: Who, due_at: datetime) -> Slot:
    plain = Slot(who.policy, who.rule, who.instance_id, due_at, due_at)
    if not schedule.jitter:
        return plain
    digest = hashlib.sha256(plain.id.encode(errors="surrogatepass")).digest()
    part = int.from_bytes(digest[:8], "big") / 2**64
    moved = due_at + timedelta(seconds=int(schedule.jitter.total_seconds() * part))
    return Slot(who.policy, who.rule, who.instance_id, due_at, moved)


def next_slot(schedule: Schedule, who: Who, after: datetime) -> Slot | None:
    """The first slot after a time; None: it is never due any more."""
    found = _next(schedule.cron, schedule.zone, schedule.dst, after)
    return None if found is None else _slot(schedule, who, found)


@lru_cache(maxsize=4096)
def _next(cron: str, zone_name: str, dst: Dst, after: datetime) -> datetime | None:
    zone = wallclock.zone_of(zone_name)
    begin, width = after, timedelta(days=1)
    while begin < after + _NEVER and begin < wallclock.LAST:
        found = wallclock.instants(cron, zone, dst, begin, begin + width)
        if found:
            return found[0]
        begin, width = begin + width, width * 4
    return None


def longest_gap(schedule: Schedule, start: datetime) -> timedelta:
    """The longest time between two slots in the year from `start`'s week on; zero: fewer than two.

    Whole weeks, so that what is worked out once serves every plan of a week, and most of the next.
    """
    week = start - (start - _A_WEEK_BEGAN) % _WEEK
    return _longest(schedule.cron, schedule.zone, schedule.dst, week)


@lru_cache(maxsize=256)
def _longest(cron: str, zone_name: str, dst: Dst, start: datetime) -> timedelta:
    zone = wallclock.zone_of(zone_name)
    last, longest, left = None, timedelta(), _SAMPLE
    begin, end = start, start + timedelta(days=366)
    while begin < end and left > 0:
        for each in wallclock.instants(cron, zone, dst, begin, begin + _WEEK):
            longest = longest if last is None else max(longest, each - last)
            last, left = each, left - 1
        begin += _WEEK
    return longest


def due(
    schedule: Schedule, who: Who, past: Past | None, since: datetime | None, now: datetime
) -> Due:
    """What the rule asks for now.

    Args:
        schedule: of the rule.
        who: whose.
        past: what the journal says of it.
        since: when the policy was published; None: it was not, and nothing was missed.
        now: the time.
    """
    known = past or Past()
    begin = known.settled or since or now
    open_slots = _open(schedule, who, known, since, now)
    upcoming = next_slot(schedule, who, max(now, begin))
    later = _begins(schedule, upcoming) if upcoming else None
    if not open_slots:
        return Due(next_at=later)
    return _decided(schedule, known, open_slots, later, now)


def _open(
    schedule: Schedule, who: Who, past: Past, since: datetime | None, now: datetime
) -> list[Slot]:
    """Slots that are due and not settled, oldest first; of very many the newest."""
    begin = past.settled or since
    if begin is None:
        return []
    found = _newest(schedule, who, begin, now)
    first_now = past.settled is None and schedule.first is First.NOW and begin <= now
    if first_now and len(found) < MOST_COUNTED:
        found.insert(0, Slot(who.policy, who.rule, who.instance_id, begin, begin))
    return found


def _newest(schedule: Schedule, who: Who, begin: datetime, now: datetime) -> list[Slot]:
    """The newest slots in (begin, now]: looked for backwards, and no further than needed."""
    found: list[Slot] = []
    end, width = now, timedelta(hours=12)
    while end > begin and len(found) < MOST_COUNTED:
        start = max(begin, end - width)
        found = [*slots(schedule, who, start, end), *found]
        end, width = start, width * 2
    return found[-MOST_COUNTED:]


def _decided(
    schedule: Schedule, past: Past, open_slots: list[Slot], later: datetime | None, now: datetime
) -> Due:
    wanted, passed = _split(schedule, open_slots)
    alive = [each for each in wanted if _latest(schedule, each, now) >= _begins(schedule, each)]
    in_time = [each for each in alive if now <= _latest(schedule, each, now)]
    gone = [each for each in open_slots if each not in in_time]
    settle = _settled(schedule, gone, passed, in_time)
    ready = tuple(each for each in in_time if _begins(schedule, each) <= now)
    retry = _retry_at(past)
    if ready and retry is not None and now < retry:
        return Due((), settle, _soonest(later, retry), f"it failed: {past.problem}")
    waiting = [_begins(schedule, each) for each in in_time if each not in ready]
    blocked = "it begins later: jitter or a blackout" if waiting and not ready else ""
    return Due(ready, settle, _soonest(later, *waiting), blocked)


def _split(schedule: Schedule, open_slots: list[Slot]) -> tuple[list[Slot], list[Slot]]:
    """Those that may be run, and those that another one stands for."""
    if schedule.missed is Missed.RUN_ALL:
        count = schedule.most_catch_up
        return open_slots[-count:], open_slots[:-count]
    return open_slots[-1:], open_slots[:-1]


def _latest(schedule: Schedule, slot: Slot, now: datetime) -> datetime:
    """The latest time at which a slot may begin."""
    if schedule.within is not None:
        return slot.due + schedule.within
    if schedule.missed is Missed.SKIP:
        return slot.at + _SKIP_WITHIN
    return max(now, _begins(schedule, slot))


def _settled(
    schedule: Schedule, gone: list[Slot], passed: list[Slot], in_time: list[Slot]
) -> tuple[SlotOutcome, ...]:
    """One record for all that are not run; it names the newest of them."""
    if not gone:
        return ()
    newest = gone[-1]
    if in_time and newest.due > in_time[0].due:  # never past one that is still to be run
        return ()
    skipped = schedule.missed is Missed.SKIP
    if newest in passed and in_time:
        reason = "a newer slot stands for it"
    else:
        reason = f"it could not begin {_in_time(schedule)}"
    return (SlotOutcome(newest, Ended.SKIPPED if skipped else Ended.MISSED, reason, len(gone)),)


def _in_time(schedule: Schedule) -> str:
    if schedule.within is not None:
        return f"within {duration.show(schedule.within.total_seconds())} of its time"
    return "before its time was over"


def _retry_at(past: Past) -> datetime | None:
    if past.failed_at is None or not past.failures:
        return None
    return past.failed_at + min(_RETRY * (1 << min(past.failures - 1, 16)), _LONGEST_RETRY)


def _soonest(*moments: datetime | None) -> datetime | None:
    found = [each for each in moments if each is not None]
    return min(found) if found else None


# --- blackouts ------------------------------------------------------------------------------------


def _begins(schedule: Schedule, slot: Slot) -> datetime:
    """When a slot may begin: its time, or the end of the blackout that it falls into."""
    if not schedule.blackouts:
        return slot.at
    zone = wallclock.zone_of(schedule.zone)
    moment: datetime = slot.at
    for _ in range(_MOST_TURNS):
        found = [_end(each, moment, zone) for each in schedule.blackouts]
        ends = [each for each in found if each is not None]
        if not ends:
            return moment
        moment = max(ends)
    return moment


def _end(blackout: Blackout, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of a blackout that a moment falls into, or None."""
    local = moment.astimezone(zone)
    for days_ago in (0, 1):
        day = local.date() - timedelta(days=days_ago)
        if blackout.days and day.weekday() not in blackout.days:
            continue
        begin = _at(_on(day, blackout.begin), zone)
        over_midnight = blackout.end <= blackout.begin
        last = day + timedelta(days=1) if over_midnight else day
        end = _at(_on(last, blackout.end), zone)
        if begin <= moment < end:
            return end
    return None


def _on(day: date, at: time) -> datetime:
    return datetime.combine(day, at)


def _at(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
