"""One instance and its snapshots: remembered, or asked for where they can have changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.domain import status
from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.domain.observed import ObservedInstance, Sight
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.observation import days
from pulumi_neo4j_aura.observation.memory import Memory, SeenInstance

#: Days looked at when the tier is not known: what a daily-snapshot tier keeps at most.
_KEPT: Final = timedelta(days=30)

#: Type and memory change rarely; they are asked for anew after this.
_FACTS: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at one instance at a time; thread-safe as its parts are."""

    client: AuraClient
    memory: Memory
    #: How often Aura takes a snapshot of an instance of this type by itself; None: not known.
    every: Callable[[str], timedelta | None]

    def look(self, row: InstanceSummary, *, due: bool, now: datetime) -> ObservedInstance:
        """A listed instance with its snapshots. Never raises for what Aura answers: UNKNOWN."""
        seen = self._named(row)
        every = self.every(seen.type) if seen.type else None
        if not days.worth_asking(seen, every, due, now):
            return _observed(seen)
        try:
            seen = self._with_facts(seen, now)
            seen = self._with_snapshots(seen, now)
        except AuraError as error:
            return replace(_observed(seen), snapshots_seen=False, reason=str(error))
        self.memory.keep_instance(seen)
        return _observed(seen)

    def _named(self, row: InstanceSummary) -> SeenInstance:
        """What is remembered, under the name that the list has now."""
        known = self.memory.instance(row.id)
        if known is None or known.project_id != row.project_id:
            return SeenInstance(row.id, row.name, row.project_id, created_at=row.created_at)
        created = row.created_at or known.created_at
        return replace(known, name=row.name, created_at=created, gone_at=None)

    def _with_facts(self, seen: SeenInstance, now: datetime) -> SeenInstance:
        fresh = seen.got_at is not None and timedelta() <= now - seen.got_at < _FACTS
        # One that is not running changes its status soon; one that was worked on may have.
        if fresh and status.normal(seen.status) == status.RUNNING and not seen.touched:
            return seen
        live = self.client.instances.get(seen.id)
        return replace(
            seen,
            type=live.type,
            status=live.status,
            memory=live.memory,
            created_at=live.created_at or seen.created_at,
            got_at=now,
        )

    def _with_snapshots(self, seen: SeenInstance, now: datetime) -> SeenInstance:
        tier = TIERS.get(seen.type)
        kept = (tier.longest_exportable if tier else None) or _KEPT
        found = {each.id: each for each in seen.snapshots if _kept(each, now - kept)}
        first = seen.asked_at is None
        for day in days.to_ask(_open_since(seen), now, kept):
            listed = self.client.snapshots.list(seen.id, day)
            found |= {each.id: each for each in listed}
            if first and any(_settles(each) for each in listed):
                break
        return replace(seen, snapshots=tuple(found.values()), asked_at=now, touched=False)


def _open_since(seen: SeenInstance) -> datetime | None:
    """When the oldest snapshot that was not ended yet was taken, or the last look."""
    if seen.asked_at is None:
        return None
    begun = [
        each.timestamp
        for each in seen.snapshots
        if each.timestamp is not None and not days.ended(each)
    ]
    return min([*begun, seen.asked_at])


def _settles(snapshot: Snapshot) -> bool:
    """Whether a first look need not go further back: nothing older can be a better copy."""
    return snapshot.completed and snapshot.exportable is True


def _kept(snapshot: Snapshot, oldest: datetime) -> bool:
    return snapshot.timestamp is None or snapshot.timestamp >= oldest


def _observed(seen: SeenInstance) -> ObservedInstance:
    return ObservedInstance(
        id=seen.id,
        name=seen.name,
        project_id=seen.project_id,
        sight=Sight.PRESENT,
        type=seen.type,
        status=seen.status,
        memory=seen.memory,
        created_at=seen.created_at,
        snapshots=seen.snapshots,
    )
