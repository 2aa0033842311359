"""Plays the snapshot schedule of an instance up to a moment.

Schedules are played when somebody looks, one instance at a time, and only as far back as anything
would still be kept: moving the clock costs nothing by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.clock import DAY_SECONDS
from aura_emulator.control_plane.model import Instance, Kind, Snapshot, SnapshotStatus, Status
from aura_emulator.control_plane.schedule import slots
from aura_emulator.control_plane.tiers import LATEST, TIERS, cadence, retention
from aura_emulator.data_plane.interface import Progress

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura

# "The instance remains available throughout" an update (official v1 document, PATCH), so its
# schedule goes on; in every other state there is nothing to take a snapshot of.
_AVAILABLE: Final = frozenset({Status.RUNNING, Status.UPDATING, Status.RESIZING, Status.UPGRADING})
_PENDING_SHARE: Final = 0.25  # of a snapshot's duration; the rest is InProgress


def start(aura: Aura, instance: Instance, at: float) -> Instance:
    """Begin the schedule of an instance that has just been created.

    The first scheduled snapshot starts by itself, and an on-demand one in that window is refused
    (seen on the service).
    """
    started = replace(instance, slots_until=at)
    if aura.switches.first_snapshot and cadence(instance.type, instance.version).full is not None:
        put(aura, started, [new_snapshot(aura, started, Kind.FULL, at)])
    return started


def play(aura: Aura, instance: Instance, until: float) -> Instance:
    """Take the snapshots that were due since the last time; the caller stores the instance."""
    if instance.slots_until is None or until <= instance.slots_until:
        return instance
    if instance.status in _AVAILABLE:
        put(aura, instance, _due(aura, instance, instance.slots_until, until))
    return replace(instance, slots_until=until)


def catch_up(aura: Aura, instance: Instance) -> None:
    """Play an instance's schedule up to now and drop what has expired."""
    now = aura.now()
    if instance.slots_until is not None and instance.status in _AVAILABLE:
        made = _due(aura, instance, instance.slots_until, now)
        if made:
            with aura.store.together():
                put(aura, instance, made)
                aura.store.put_instance(replace(instance, slots_until=now))
    expired = aura.store.drop_snapshots(instance.id, expired_at=now)
    if expired:
        aura.forget(instance.id, expired)
    confirm(aura, instance.id)


def confirm(aura: Aura, instance_id: str) -> None:
    """A snapshot completes when its data is kept, not before; without its data it has failed."""
    if not aura.data_plane.holds_data:
        return
    for snapshot_id in aura.store.orders.uncopied(instance_id):
        snapshot = aura.store.snapshot(snapshot_id)
        if snapshot is None:  # dropped while it was copied
            aura.store.orders.drop_uncopied(snapshot_id)
            continue
        if snapshot.ends_at is None:
            continue
        match aura.data_plane.copied(snapshot_id):
            case Progress.UNDER_WAY:
                continue
            case Progress.FAILED:
                ended = replace(snapshot, end_status=SnapshotStatus.FAILED, exportable_until=None)
            case Progress.DONE:
                ended = replace(snapshot, end_status=SnapshotStatus.COMPLETED)
        with aura.store.together():
            aura.store.put_snapshots([ended])
            aura.store.orders.drop_uncopied(snapshot_id)


def _due(aura: Aura, instance: Instance, after: float, until: float) -> list[Snapshot]:
    """The snapshots to take in `(after, until]`, but for those that would have expired by now."""
    rules = retention(instance.type, instance.version, aura.switches.retention_table)
    longest = max(keep.restorable for keep in rules.values()) * DAY_SECONDS
    begin = max(after, aura.now() - longest)
    plan = cadence(instance.type, instance.version)
    return [
        new_snapshot(aura, instance, kind, at)
        for at, kind in slots(plan, aura.switches.daily_snapshot_hour, begin, until)
        if at + rules[kind].restorable * DAY_SECONDS > aura.now()
    ]


def put(aura: Aura, instance: Instance, made: list[Snapshot]) -> None:
    """Store scheduled snapshots.

    On a Virtual Dedicated Cloud with the newest version at most one a day is exportable.
    """
    if not made:
        return
    if TIERS[instance.type].dedicated and instance.version == LATEST:
        made = [_once_a_day(aura, snapshot) for snapshot in made]
    keep(aura, instance.id, made)


def keep(aura: Aura, instance_id: str, made: list[Snapshot]) -> None:
    """Store snapshots; those that shall complete are in progress until their data is kept."""
    completing = [snapshot for snapshot in made if snapshot.end_status == SnapshotStatus.COMPLETED]
    if not aura.data_plane.holds_data or not completing:
        aura.store.put_snapshots(made)
        return
    waiting = [replace(item, end_status=SnapshotStatus.IN_PROGRESS) for item in completing]
    with aura.store.together():
        aura.store.put_snapshots([*made, *waiting])
        aura.take(instance_id, [snapshot.id for snapshot in completing])


def _once_a_day(aura: Aura, snapshot: Snapshot) -> Snapshot:
    """Not exportable if the day has an exportable scheduled snapshot already.

    Slots give one a day; the one that starts by itself after creation may come on top.
    """
    if snapshot.exportable_until is None:
        return snapshot
    day = snapshot.taken_at // DAY_SECONDS * DAY_SECONDS
    taken = aura.store.exportable_scheduled(snapshot.instance_id, day, day + DAY_SECONDS)
    return replace(snapshot, exportable_until=None) if taken else snapshot


def new_snapshot(
    aura: Aura, instance: Instance, kind: Kind, at: float, seconds: float | None = None
) -> Snapshot:
    """A snapshot that starts at `at`, with its tier's retention."""
    keep = retention(instance.type, instance.version, aura.switches.retention_table)[kind]
    duration = aura.switches.operation_seconds if seconds is None else seconds
    return Snapshot(
        id=new_uuid(),
        instance_id=instance.id,
        profile="AdHoc" if kind is Kind.ON_DEMAND else "Scheduled",
        kind=kind,
        taken_at=at,
        begins_at=at + duration * _PENDING_SHARE,
        ends_at=at + duration,
        end_status=SnapshotStatus.COMPLETED,
        exportable_until=at + keep.exportable * DAY_SECONDS if keep.exportable else None,
        restorable_until=at + keep.restorable * DAY_SECONDS,
        memory=instance.memory,
        storage=instance.storage,
        version=instance.version,
    )
