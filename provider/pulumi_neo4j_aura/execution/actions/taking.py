"""Take a snapshot on demand for one slot, at most once."""

from __future__ import annotations

from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.domain.slot import Slot
from pulumi_neo4j_aura.domain.snapshot import AD_HOC, DEAD, Snapshot
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.execution import snapshots
from pulumi_neo4j_aura.execution.actions.outcome import Done, Outcome, Skipped, of_error
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning.plan import TakeSnapshot


def handle(services: Services, action: TakeSnapshot, patience_seconds: float) -> Outcome:
    """Look for one that does for the slot, else take one and wait until it is Completed."""
    try:
        there = found_since(services, action.slot)
        if there is not None and there.completed:
            return Skipped(f"snapshot {there.id} of {there.timestamp} does for it")
        snapshot = take(services, action.key, action.instance_id, patience_seconds)
    except AuraError as error:
        return of_error(error)
    return Done(f"took snapshot {snapshot.id}", {"snapshot_id": snapshot.id})


def for_slot(services: Services, key: str, slot: Slot, patience_seconds: float) -> Snapshot:
    """A completed snapshot that does for the slot: one that is there, or one taken for it.

    Raises:
        AuraError: as `snapshots.take`.
    """
    there = found_since(services, slot)
    if there is not None and there.completed:
        return there
    return take(services, key, slot.instance_id, patience_seconds)


def take(services: Services, key: str, instance_id: str, patience_seconds: float) -> Snapshot:
    """Take one for the action of this key, or go on with the one that was begun for it.

    Raises:
        AuraError: as `snapshots.take`.
    """
    request = snapshots.Request(instance_id, naming.owner("action", key), patience_seconds)
    return snapshots.take(services, request)


def found_since(services: Services, slot: Slot) -> Snapshot | None:
    """The newest on-demand snapshot that is not older than the slot and not a failed one."""
    young: list[Snapshot] = []
    for day in snapshots.days_back(services.clock.now(), 1):
        young += (
            each
            for each in services.client.snapshots.list(slot.instance_id, day)
            if each.timestamp is not None and each.timestamp >= slot.due
        )
    fitting = [each for each in young if each.profile == AD_HOC and each.status not in DEAD]
    return max(fitting, key=lambda each: (str(each.timestamp), each.id), default=None)
