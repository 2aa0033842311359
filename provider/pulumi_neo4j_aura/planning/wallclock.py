"""From a cron expression on the wall clock of a zone to instants. The only module with cronsim.

cronsim is given plain wall-clock times and knows no zone; which instant a wall-clock time means,
and what becomes of one that a clock change repeats or leaves out, is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from pulumi_neo4j_aura.domain.policy import Dst

#: No clock change moves a clock further: slots of one day come from wall-clock times this near.
_FURTHEST: Final = timedelta(days=1)

_FIELDS: Final = 5
_REPEATING: Final = re.compile(r"[*/]")

#: The last day that a schedule is looked for on: beyond it Python has no dates.
LAST: Final = datetime(9990, 1, 1, tzinfo=UTC)


def cron_problem(cron: str) -> str | None:
    """Why an expression cannot be used, or None."""
    if len(cron.split()) != _FIELDS:
        return f"{cron!r} is no cron expression: it needs minute, hour, day, month and weekday"
    try:
        CronSim(cron, datetime(2026, 1, 1))  # noqa: DTZ001 - a wall clock without a zone
    except CronSimError as error:
        return f"{cron!r} is no cron expression ({str(error).lower()})"
    return None


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The zone of a name.

    Raises:
        ValueError: there is none of this name, or this machine has no data of zones.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"there is no time zone {name!r} (or this machine has no zone data: install the "
            "package tzdata)"
        ) from error


@lru_cache(maxsize=4096)
def instants(
    cron: str, zone: ZoneInfo, dst: Dst, after: datetime, until: datetime
) -> tuple[datetime, ...]:
    """The instants that are due, in UTC and in order: after < instant <= until.

    Remembered, because thousands of instances share a few schedules.
    """
    begin, end = max(after - _FURTHEST, _FIRST), min(until + _FURTHEST, LAST)
    found: set[datetime] = set()
    for wall in _walls(cron, _wall(begin, zone), _wall(end, zone)):
        found.update(each for each in _meant(wall, zone, cron, dst) if after < each <= until)
    return tuple(sorted(found))


_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _walls(cron: str, begin: datetime, end: datetime) -> Iterator[datetime]:
    # An expression that is never due ends with an error, and so does the end of time.
    with suppress(CronSimError, OverflowError):
        yield from takewhile(lambda wall: wall <= end, CronSim(cron, begin))


def repeats(cron: str) -> bool:
    """Whether it follows elapsed time: minute or hour are not fixed."""
    minute, hour = cron.split()[:2]
    return bool(_REPEATING.search(minute) or _REPEATING.search(hour))


def _meant(wall: datetime, zone: ZoneInfo, cron: str, dst: Dst) -> Iterator[datetime]:
    """The instants that a wall-clock time means under a rule: none, one or two."""
    first = wall.replace(tzinfo=zone, fold=0)
    second = first.replace(fold=1)
    one, two = first.astimezone(UTC), second.astimezone(UTC)
    if one == two:
        yield one
    elif one < two:  # the clock shows it twice
        yield one
        if dst is Dst.BOTH or repeats(cron):
            yield two
    elif not repeats(cron) and dst is not Dst.SKIP:  # the clock never shows it
        yield _end_of_gap(two, one, zone)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clock was put forward, between two instants around it."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
