"""When an instance's snapshots are worth asking for, and for which days. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.snapshot import COMPLETED, DEAD, Snapshot
from pulumi_neo4j_aura.observation.memory import SeenInstance
from pulumi_neo4j_aura.planning.deadlines import expected_at

#: In which zone the days of the API's `?date=` begin is not documented. This near to a UTC midnight
#: both days are asked for; in a zone further away a snapshot is seen some hours late, and the
#: finding about a late one says so too early.
_NEAR: Final = timedelta(hours=2)

#: Asked again after this although nothing says that anything changed: a person may have taken one.
STALE: Final = timedelta(hours=24)

#: While one is late, it is asked for this often and not in every cycle.
_AGAIN: Final = timedelta(hours=1)

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
    return seen.asked_at < expected or now - seen.asked_at >= _AGAIN


def ended(snapshot: Snapshot) -> bool:
    """Whether Aura will not change its status any more."""
    return snapshot.status in _FINAL


def to_ask(asked_at: datetime | None, now: datetime, kept: timedelta) -> tuple[date, ...]:
    """The days to ask for, newest first: those that can hold anything new since `asked_at`.

    Never asked: as far back as Aura keeps anything, and whoever asks stops when it has enough.
    """
    since = now - kept if asked_at is None else max(min(asked_at, now), now - kept)
    newest = (now.astimezone(UTC) + _NEAR).date()
    oldest = (since.astimezone(UTC) - _NEAR).date()
    return tuple(newest - timedelta(days=back) for back in range((newest - oldest).days + 1))
