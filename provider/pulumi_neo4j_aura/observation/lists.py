"""Lists of instances by project, and which missing instances are certainly gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.domain.observed import ObservedInstance, ObservedProject, Sight
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.execution import presence
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.observation.memory import Memory, SeenInstance, SeenProject

#: So many missing instances are looked for in one pass. More at once look like a credential, a
#: project or Aura that changed: the others are unknown until their turn comes in a later pass.
MOST_MISSING: Final = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """One list. `rows` mean nothing when the project's sight is UNKNOWN."""

    project: ObservedProject
    rows: tuple[InstanceSummary, ...] = ()


def read(
    services: Services, memory: Memory, project_id: str, *, now: datetime, at_most: timedelta
) -> Listed:
    """A project's instances (everything visible when the id is empty).

    A remembered list does when it is younger than `at_most`.
    """
    seen = memory.project(project_id)
    if seen is not None and timedelta() <= now - seen.listed_at < at_most:
        return Listed(ObservedProject(project_id), seen.rows)
    try:
        rows = services.client.instances.list(project_id or None)
    except AuraError as error:
        return Listed(ObservedProject(project_id, sight=Sight.UNKNOWN, reason=str(error)))
    memory.keep_project(SeenProject(project_id, rows, now))
    return Listed(ObservedProject(project_id), rows)


def missing(
    services: Services,
    memory: Memory,
    wanted: Iterable[SeenInstance],
    listed: Iterable[Listed],
    now: datetime,
) -> tuple[ObservedInstance, ...]:
    """Instances that ought to be there and are not listed: ABSENT when certain, else UNKNOWN."""
    lists = tuple(listed)
    there = {row.id for each in lists for row in each.rows}
    blind = [each.project for each in lists if each.project.sight is Sight.UNKNOWN]
    gone = sorted((each for each in wanted if each.id not in there), key=lambda each: each.id)
    if blind:
        why = f"its project cannot be listed: {blind[0].reason}"
        return tuple(_shown(each, Sight.UNKNOWN, why) for each in gone)
    fresh = [each for each in gone if each.gone_at is None]
    turn = {each.id for each in fresh[:MOST_MISSING]}
    why = (
        f"{len(fresh)} instances are missing at once, which looks like lost access rather than "
        "deletions; it is looked for in a later pass"
    )
    return tuple(
        _look(services, memory, each, now)
        if each.gone_at is not None or each.id in turn
        else _shown(each, Sight.UNKNOWN, why)
        for each in gone
    )


def _look(
    services: Services, memory: Memory, seen: SeenInstance, now: datetime
) -> ObservedInstance:
    if seen.gone_at is not None:
        # Aura gives no id twice: what was gone is gone while no list has it.
        return _shown(seen, Sight.ABSENT, _GONE)
    if not seen.project_id:
        return _shown(seen, Sight.UNKNOWN, _NOWHERE)
    try:
        found = presence.look(services, seen.project_id, seen.id)
    except AuraError as error:
        return _shown(seen, Sight.UNKNOWN, str(error))
    if isinstance(found, presence.Absent):
        memory.keep_instance(_gone(seen, now))
        return _shown(seen, Sight.ABSENT, _GONE)
    return _shown(seen, Sight.UNKNOWN, "get shows it while the project's list lacks it")


_NOWHERE: Final = (
    "it is in no list, and which project it belongs to is not known; name the project in the policy"
)
_GONE: Final = "two agreeing readings of get, list and project say that it is gone"


def _gone(seen: SeenInstance, now: datetime) -> SeenInstance:
    return SeenInstance(
        seen.id,
        seen.name,
        seen.project_id,
        type=seen.type,
        memory=seen.memory,
        created_at=seen.created_at,
        gone_at=now,
    )


def _shown(seen: SeenInstance, sight: Sight, reason: str) -> ObservedInstance:
    return ObservedInstance(
        seen.id,
        seen.name,
        seen.project_id,
        sight=sight,
        reason=reason,
        type=seen.type,
        memory=seen.memory,
        created_at=seen.created_at,
        # What is certainly gone has certainly no snapshots: Aura deletes them with it.
        snapshots_seen=sight is Sight.ABSENT,
    )
