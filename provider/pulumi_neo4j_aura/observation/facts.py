"""When an instance itself (its type, size and status) is worth asking for. Pure.

Type and size change rarely. The status is used where a rule is due and where something is late: a
paused instance gets no snapshot, neither Aura's nor ours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain import status
from pulumi_neo4j_aura.observation import days
from pulumi_neo4j_aura.observation.memory import SeenInstance
from pulumi_neo4j_aura.observation.need import Need

#: Older ones are not planned with where a rule is due.
FRESH: Final = timedelta(hours=24)

#: Asked again after this although nothing uses them now: findings compare the type with the policy.
OLD: Final = timedelta(days=7)


def worth_asking(seen: SeenInstance, every: timedelta | None, need: Need, now: datetime) -> bool:
    """Whether the instance is asked for before its snapshots are.

    Args:
        seen: what is remembered.
        every: how often Aura takes a snapshot by itself; None: it does not, or it is not known.
        need: what the look is for.
        now: the time.
    """
    if seen.got_at is None or seen.got_at > now or seen.touched or need.everything:
        return True
    # One that is not running changes its status soon.
    if status.normal(seen.status) != status.RUNNING:
        return True
    # Where Aura takes none by itself, no late one would ever tell that it was paused.
    often = need.due or every is None
    return now - seen.got_at >= (FRESH if often else OLD)


def may_explain(seen: SeenInstance, every: timedelta | None, now: datetime) -> bool:
    """Whether the status may say why Aura's own snapshot is still not there after a look."""
    late = days.late_since(seen.snapshots, seen.created_at, every, now) is not None
    return late and (seen.got_at is None or now - seen.got_at >= days.AGAIN)
