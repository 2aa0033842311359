"""Calendar periods of a zone, as labels: which hour, day, ISO week, month and year a moment is in.

A fleet has a million copies and few distinct times, so labels are remembered for quarters of an
hour: where the zone's offset is a multiple of 15 minutes and does not change within a quarter, all
of the quarter lies in the same hour. Elsewhere (local mean times of long ago) nothing is
remembered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = timedelta(minutes=15)
_TICK = timedelta(microseconds=1)


class Periods(NamedTuple):
    """The periods that a moment lies in. Equal labels: the same period.

    `hourly` carries the offset, because a clock change gives two hours the same name.
    """

    hourly: str
    daily: str
    weekly: str
    monthly: str
    yearly: str


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo | None:
    """The zone, or None when this machine knows none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # A name that is no zone, no path, or a folder of zones (`Europe`), in this order.
        return None


def of(moment: datetime, where: ZoneInfo) -> Periods:
    """The periods of `where` that an aware moment lies in."""
    found = _of_quarter((moment - _EPOCH) // _QUARTER, where)
    return found if found is not None else _label(_local(moment, where))


@lru_cache(maxsize=1 << 16)  # some 20 MB; nearly two years of quarters
def _of_quarter(number: int, where: ZoneInfo) -> Periods | None:
    """The periods of a whole quarter of an hour, counted from 1970; None: it is in several."""
    try:
        begin = (_EPOCH + number * _QUARTER).astimezone(where)
        end = (_EPOCH + (number + 1) * _QUARTER - _TICK).astimezone(where)
    except OverflowError:  # the first and the last hours that Python can tell
        return None
    offset = begin.utcoffset() or timedelta()
    whole = offset == end.utcoffset() and not offset % _QUARTER
    return _label(begin) if whole else None


def _local(moment: datetime, where: ZoneInfo) -> datetime:
    try:
        return moment.astimezone(where)
    except OverflowError:
        return moment.astimezone(UTC)


def _label(local: datetime) -> Periods:
    year, week, _ = local.isocalendar()
    day = local.date().isoformat()
    offset = local.strftime("%z")
    return Periods(
        hourly=f"{day}T{local.hour:02}{offset}",
        daily=day,
        weekly=f"{year:04}-W{week:02}",
        monthly=day[:7],
        yearly=day[:4],
    )
