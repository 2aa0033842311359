"""Taking, listing and restoring snapshots."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane import lifecycle, scheduling
from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.clock import DAY_SECONDS
from aura_emulator.control_plane.errors import (
    invalid,
    payment_required,
    snapshot_not_allowed,
    snapshot_not_found,
)
from aura_emulator.control_plane.model import Instance, Kind, Snapshot, SnapshotStatus, Status
from aura_emulator.data_plane.interface import Source, Work, WorkKind

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura

_MINUTE: Final = 60.0
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ENDS: Final = {"success": SnapshotStatus.COMPLETED, "failed": SnapshotStatus.FAILED}


def status(snapshot: Snapshot, now: float) -> str:
    """Pending, then InProgress, then whatever it ends in."""
    if snapshot.ends_at is not None and snapshot.ends_at <= now:
        return snapshot.end_status
    if snapshot.ends_at is None or now < snapshot.begins_at:
        return SnapshotStatus.PENDING
    return SnapshotStatus.IN_PROGRESS


def exportable(snapshot: Snapshot, now: float) -> bool:
    """Exportable means exportable now: not before it is complete, not after its time."""
    until = snapshot.exportable_until
    return until is not None and now < until and status(snapshot, now) == SnapshotStatus.COMPLETED


def take(aura: Aura, instance: Instance) -> Snapshot:
    """Start an on-demand snapshot (official v1 document, POST …/snapshots)."""
    if aura.switches.payment_required:
        raise payment_required()
    scheduling.catch_up(aura, instance)
    lifecycle.require(aura, instance, "take a snapshot of", Status.RUNNING)
    now = aura.now()
    if aura.store.unfinished_snapshots(instance.id, now):
        raise snapshot_not_allowed("Another snapshot of this instance is in progress")
    snapshot = _on_demand(aura, instance, now)
    scheduling.keep(aura, instance.id, [snapshot])
    return snapshot


def _on_demand(aura: Aura, instance: Instance, now: float) -> Snapshot:
    outcome = aura.outcomes.take("snapshot", instance.id)
    snapshot = scheduling.new_snapshot(aura, instance, Kind.ON_DEMAND, now, outcome.seconds)
    if outcome.ending == "stuck":
        return replace(snapshot, ends_at=None)
    return replace(snapshot, end_status=outcome.status or _ENDS[outcome.ending])


def of_day(aura: Aura, instance: Instance, day: str | None) -> list[Snapshot]:
    """The snapshots of one day, oldest first; without a day, of today.

    The official v1 document does not say in which zone a day is: a switch does. `Cancelled` is only
    in the single GET's list of states, so a cancelled snapshot is not listed.
    """
    scheduling.catch_up(aura, instance)
    now = aura.now()
    begin = _day_start(aura, day, now)
    found = aura.store.snapshots(instance.id, begin, begin + DAY_SECONDS)
    return [
        snapshot
        for snapshot in found
        if _available(aura, instance, snapshot, now)
        and status(snapshot, now) != SnapshotStatus.CANCELLED
    ]


def finished(aura: Aura, instance: Instance) -> list[Snapshot]:
    """The snapshots of all days, oldest first, that are complete or have failed.

    v2beta1 lists no others: an unfinished one was seen to be missing there until it completed.
    """
    scheduling.catch_up(aura, instance)
    now = aura.now()
    ended = (SnapshotStatus.COMPLETED, SnapshotStatus.FAILED)
    return [
        snapshot
        for snapshot in aura.store.snapshots(instance.id, float("-inf"), float("inf"))
        if _available(aura, instance, snapshot, now) and status(snapshot, now) in ended
    ]


def _day_start(aura: Aura, day: str | None, now: float) -> float:
    offset = aura.switches.snapshot_day_offset_minutes * _MINUTE
    if day is None:
        return (now + offset) // DAY_SECONDS * DAY_SECONDS - offset
    try:
        if not _DAY.fullmatch(day):
            raise ValueError(day)  # noqa: TRY301 - Python reads more forms than Aura promises
        parsed = date.fromisoformat(day)
        midnight = datetime(parsed.year, parsed.month, parsed.day, tzinfo=UTC)
    except ValueError as error:
        raise invalid(f"date is not an ISO date (YYYY-MM-DD): {day}", "date") from error
    return midnight.timestamp() - offset


def find(aura: Aura, instance: Instance, snapshot_id: str) -> Snapshot:
    """One snapshot of this instance; another instance's is not found."""
    scheduling.catch_up(aura, instance)
    snapshot = aura.store.snapshot(snapshot_id)
    if (
        snapshot is None
        or snapshot.instance_id != instance.id
        or not _available(aura, instance, snapshot, aura.now())
    ):
        raise snapshot_not_found(snapshot_id)
    return snapshot


def _available(aura: Aura, instance: Instance, snapshot: Snapshot, now: float) -> bool:
    """Of Free only the latest (Aura documentation, backups); what has expired is dropped before."""
    if instance.type != "free-db" or status(snapshot, now) != SnapshotStatus.COMPLETED:
        return True
    newest = aura.store.newest_completed(instance.id, now)
    return newest is None or newest.id == snapshot.id


def restore(aura: Aura, instance: Instance, snapshot_id: str) -> Instance:
    """Bring an instance back to one of its own snapshots (POST …/restore)."""
    snapshot = find(aura, instance, snapshot_id)
    allowed = [Status.RUNNING]
    if aura.switches.loading_failed_recovers:
        allowed.append(Status.LOADING_FAILED)
    lifecycle.require(aura, instance, "restore", *allowed)
    _require_restorable(aura, snapshot)
    source = Source(instance.id, snapshot_id)
    work = Work(new_uuid(), instance.id, WorkKind.REPLACE, source=source)
    return lifecycle.begin(aura, instance, "restore", work=work)


def _require_restorable(aura: Aura, snapshot: Snapshot) -> None:
    if status(snapshot, aura.now()) != SnapshotStatus.COMPLETED:
        raise snapshot_not_allowed(f"Snapshot {snapshot.id} is not completed")
    if snapshot.kind == Kind.DIFFERENTIAL and not aura.switches.differential_restorable:
        raise snapshot_not_allowed(f"Snapshot {snapshot.id} is differential: it cannot be restored")
