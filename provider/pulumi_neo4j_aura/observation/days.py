"""When an instance's snapshots are worth asking for, and for which days. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.snapshot import COMPLETED, DEAD, Snapshot
from pulumi_neo4j_aura.observation.memory import SeenInstance
from pulumi_neo4j_aura.observation.need import Need
from pulumi_neo4j_aura.planning.deadlines import GRACE, expected_at

#: In which zone the days of the API's `?date=` begin is not documented. This near to a UTC midnight
#: both days are asked for; in a zone further away a snapshot is seen some hours late, and the
#: finding about a late one says so too early.
_NEAR: Final = timedelta(hours=2)

#: Asked again after this although nothing says that anything changed: a person may have taken one.
STALE: Final = timedelta(hours=24)

#: While one is late, it is asked for this often and not in every cycle.
AGAIN: Final = timedelta(hours=1)

_FINAL: Final = frozenset({COMPLETED, *DEAD})


def worth_asking(
    seen: SeenInstance | None, every: timedelta | None, due: bool, now: datetime
) -> bool:
    """Whether the snapshots can have changed in a way that matters since they were asked for.

    Args:
        seen: what is remembered.
        every: how often Aura takes one by itself; None: it does not, or it is not known.
        due: whether a rule is due for the instance now.
        now: the time.
    """
    if seen is None or seen.asked_at is None or seen.touched or due:
        return True
    if now - seen.asked_at >= STALE or seen.asked_at > now:
        return True
    if not all(ended(each) for each in seen.snapshots):
        return True
    expected = expected_at(seen.snapshots, seen.created_at, every)
    if expected is None or now < expected:
        return False
    return seen.asked_at < expected or now - seen.asked_at >= AGAIN


def ended(snapshot: Snapshot) -> bool:
    """Whether Aura will not change its status any more."""
    return snapshot.status in _FINAL


def to_ask(asked_at: datetime | None, now: datetime, kept: timedelta) -> tuple[date, ...]:
    """The days to ask for, newest first: those that can hold anything new since `asked_at`.

    Never asked: as far back as Aura keeps anything, and whoever asks stops when it has enough.
    """
    since = now - kept if asked_at is None else max(min(asked_at, now), now - kept)
    newest = (now.astimezone(UTC) + _NEAR).date()
    oldest = _first_day(since)
    return tuple(newest - timedelta(days=back) for back in range((newest - oldest).days + 1))


def late_since(
    snapshots: Iterable[Snapshot],
    created_at: datetime | None,
    every: timedelta | None,
    now: datetime,
) -> datetime | None:
    """When Aura's newest own snapshot was taken, if the next one is late; None: it is not."""
    expected = expected_at(snapshots, created_at, every)
    if every is None or expected is None or now < expected:
        return None
    return expected - every - GRACE


@dataclass(frozen=True, slots=True)
class Search:
    """The days that a look could ask for, and how far down it must.

    Attributes:
        days: newest first: those since the last look, and older ones that were passed over.
        recent: the oldest of those since the last look. What was known then is known of all
            before it.
        since: every snapshot from here on must be seen; None: no such wish.
        everything: no day may be passed over.
    """

    days: tuple[date, ...]
    recent: date
    since: datetime | None
    everything: bool

    def needs(self, day: date, *, settled: bool, late: datetime | None) -> bool:
        """Whether a day must be asked for, after all newer ones. If not, no older one must.

        Args:
            day: the next one.
            settled: whether a snapshot was listed that can be exported: older ones are no better.
            late: when Aura's newest own snapshot was taken, if the next one is late.
        """
        if self.everything or (day >= self.recent and not settled):
            return True
        return any(day >= _first_day(each) for each in (self.since, late) if each is not None)


def search(seen: SeenInstance, need: Need, now: datetime, kept: timedelta) -> Search:
    """What a look asks for, when Aura keeps snapshots for so long."""
    open_since = _open_since(seen)
    recent = to_ask(seen.asked_at and min([seen.asked_at, *open_since]), now, kept)
    oldest = _first_day(now - kept)
    passed_over = {day for day in seen.passed_over if oldest <= day < recent[-1]}
    since = min([*open_since, *([need.since] if need.since else [])], default=None)
    return Search((*recent, *sorted(passed_over, reverse=True)), recent[-1], since, need.everything)


def _open_since(seen: SeenInstance) -> list[datetime]:
    """When those were begun that Aura had not ended: what became of them must be seen."""
    return [
        each.timestamp for each in seen.snapshots if each.timestamp is not None and not ended(each)
    ]


def _first_day(moment: datetime) -> date:
    """The first day, in whatever zone days begin, that can have what was taken from then on."""
    return (moment.astimezone(UTC) - _NEAR).date()
