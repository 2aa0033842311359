"""One instance and its snapshots: remembered, or asked for where they can have changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.domain import selection
from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.domain.observed import ObservedInstance, Sight
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.observation import days, facts
from pulumi_neo4j_aura.observation.memory import Memory, SeenInstance
from pulumi_neo4j_aura.observation.need import Need

#: Days looked at when the tier is not known: what a daily-snapshot tier keeps at most.
_KEPT: Final = timedelta(days=30)

#: What an export would take: nothing older than such a one can be a better copy.
_USABLE: Final = selection.Wanted(exportable=True)


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at one instance at a time; thread-safe as its parts are."""

    client: AuraClient
    memory: Memory
    #: How often Aura takes a snapshot of an instance of this type by itself; None: not known.
    every: Callable[[str], timedelta | None]

    def look(self, row: InstanceSummary, need: Need, now: datetime) -> ObservedInstance:
        """A listed instance with its snapshots. Never raises for what Aura answers: UNKNOWN."""
        seen = self._named(row)
        if not days.worth_asking(seen, self._cadence(seen), need.due, now):
            return _observed(seen)
        try:
            if facts.worth_asking(seen, self._cadence(seen), need, now):
                seen = self._with_facts(seen, now)
            seen = self._with_snapshots(seen, need, now)
            if facts.may_explain(seen, self._cadence(seen), now):
                seen = self._with_facts(seen, now)
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

    def _cadence(self, seen: SeenInstance) -> timedelta | None:
        return self.every(seen.type) if seen.type else None

    def _with_facts(self, seen: SeenInstance, now: datetime) -> SeenInstance:
        live = self.client.instances.get(seen.id)
        return replace(
            seen,
            type=live.type,
            status=live.status,
            memory=live.memory,
            created_at=live.created_at or seen.created_at,
            got_at=now,
        )

    def _with_snapshots(self, seen: SeenInstance, need: Need, now: datetime) -> SeenInstance:
        """With what the days hold that were asked for, the newest first, until that is enough."""
        tier = TIERS.get(seen.type)
        kept = (tier.longest_exportable if tier else None) or _KEPT
        found = {each.id: each for each in seen.snapshots if _kept(each, now - kept)}
        search, settled, asked = days.search(seen, need, now, kept), False, 0
        for day in search.days:
            late = days.late_since(found.values(), seen.created_at, self._cadence(seen), now)
            if not search.needs(day, settled=settled, late=late):
                break
            listed = self.client.snapshots.list(seen.id, day)
            asked += 1
            found |= {each.id: each for each in listed}
            settled = settled or any(_settles(each, now) for each in listed)
        return replace(
            seen,
            snapshots=tuple(found.values()),
            asked_at=now,
            passed_over=search.days[asked:],
            touched=False,
        )


def _settles(snapshot: Snapshot, now: datetime) -> bool:
    return selection.objection(snapshot, _USABLE, now) is None


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
