"""The state machine of an instance.

Nothing runs in the background: an operation is a busy state with a deadline in the store, and
whoever reads an instance first brings it up to date (`settle`). That makes operations safe against
restarts and lets a moved clock finish them at once, each at its own moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aura_emulator.control_plane import scheduling
from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.clock import DAY_SECONDS
from aura_emulator.control_plane.errors import action_unavailable, ongoing_operation
from aura_emulator.control_plane.model import Instance, Status
from aura_emulator.data_plane.interface import Progress, Work, WorkKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aura_emulator.control_plane.aura import Aura


@dataclass(frozen=True)
class Operation:
    """One kind of change: its busy state, and the states it ends in."""

    name: str
    through: Status
    then: Status
    failed: Status


OPERATIONS: Final[dict[str, Operation]] = {
    item.name: item
    for item in (
        Operation("create", Status.CREATING, Status.RUNNING, Status.LOADING_FAILED),
        Operation("pause", Status.PAUSING, Status.PAUSED, Status.RUNNING),
        Operation("resume", Status.RESUMING, Status.RUNNING, Status.PAUSED),
        Operation("update", Status.UPDATING, Status.RUNNING, Status.RUNNING),
        Operation("upgrade", Status.UPDATING, Status.RUNNING, Status.RUNNING),
        Operation("restore", Status.RESTORING, Status.RUNNING, Status.LOADING_FAILED),
        Operation("load", Status.LOADING, Status.RUNNING, Status.LOADING_FAILED),
        Operation("overwrite", Status.OVERWRITING, Status.RUNNING, Status.LOADING_FAILED),
        Operation("delete", Status.DESTROYING, Status.GONE, Status.RUNNING),
    )
}

IDLE: Final = frozenset({Status.RUNNING, Status.PAUSED, Status.SUSPENDED, Status.LOADING_FAILED})


def require_idle(aura: Aura, instance: Instance) -> None:
    """No action while another is under way (official v1 document, response Conflict)."""
    if instance.status not in IDLE:
        raise ongoing_operation(instance.status)
    if instance.locked_until is not None and aura.now() < instance.locked_until:
        # The document's own example: being cloned from. The status stays "running" all the while.
        raise ongoing_operation("cloning")


def require(aura: Aura, instance: Instance, action: str, *allowed: Status) -> None:
    """`action` needs an idle instance in one of the allowed states."""
    require_idle(aura, instance)
    if instance.status not in allowed:
        raise action_unavailable(action, instance.status)


def begin(
    aura: Aura,
    instance: Instance,
    name: str,
    changes: Mapping[str, Any] | None = None,
    *,
    through: str | None = None,
    work: Work | None = None,
) -> Instance:
    """Put an instance into an operation's busy state and store it, with the work it takes.

    `changes` take effect when the operation ends well. A planned outcome is used up here; an
    operation that is to fail leaves data as it is.
    """
    operation = OPERATIONS[name]
    outcome = aura.outcomes.take(name, instance.id)
    seconds = aura.switches.operation_seconds if outcome.seconds is None else outcome.seconds
    now = aura.now()
    ending = operation.then if outcome.ending == "success" else operation.failed
    begun = replace(
        scheduling.play(aura, instance, now),
        status=through or operation.through,
        operation=name,
        deadline=None if outcome.ending == "stuck" else now + seconds,
        next_status=outcome.status or ending,
        changes=json.dumps(changes) if changes and outcome.ending == "success" else None,
    )
    with aura.store.together():
        aura.store.put_instance(begun)
        if work is not None and (outcome.ending != "failed" or work.kind is WorkKind.CREATE):
            aura.order(work)
    return begun


def settle(aura: Aura, instance: Instance) -> Instance:
    """Bring an instance up to date: every deadline that has passed, in order."""
    now = aura.now()
    while instance.deadline is not None and instance.deadline <= now:
        if _progress(aura, instance.id) is Progress.UNDER_WAY:
            break
        with aura.store.together():
            instance = _finish(aura, instance, instance.deadline)
            aura.store.put_instance(instance)
    if instance.status == Status.RUNNING and not aura.data_plane.answers(instance.id):
        return _come_back(aura, instance)
    return instance


def _progress(aura: Aura, instance_id: str) -> Progress:
    """Of the work that an instance's present operation takes, if it takes any."""
    if not aura.data_plane.holds_data or aura.store.orders.work(instance_id) is None:
        return Progress.DONE
    return aura.data_plane.progress(instance_id)


def _come_back(aura: Aura, instance: Instance) -> Instance:
    """Start the server of an instance that should run: it died, or the emulator did.

    Running means that drivers can connect, so meanwhile it is `resuming`; a server that cannot be
    started again ends in `paused`, from where it can be resumed or deleted.
    """
    return begin(aura, instance, "resume", work=order(instance.id, WorkKind.START))


def order(instance_id: str, kind: WorkKind) -> Work:
    """An order that needs no more than its kind."""
    return Work(new_uuid(), instance_id, kind)


def rest(aura: Aura, instance_id: str) -> None:
    """Nothing may answer for an instance in this state."""
    aura.store.afterwards(partial(aura.data_plane.begin, order(instance_id, WorkKind.STOP)))


def take_up(aura: Aura) -> None:
    """Go on where the last process ended: every order that the store remembers comes again.

    Servers of running instances follow by themselves; see `settle`.
    """
    instances = aura.store.instances()
    known = [instance.id for instance in instances]
    pending = [work for work in map(aura.store.orders.work, known) if work is not None]
    needed = [name for work in pending for name in _needed(work)]
    aura.data_plane.keep_only(known, [*aura.store.snapshot_ids(), *needed])
    for work in pending:
        aura.data_plane.begin(work)


def _needed(work: Work) -> list[str]:
    """The copies that an order may read: of its own name, or of a snapshot that expired since."""
    snapshot_id = None if work.source is None else work.source.snapshot_id
    return [work.id] if snapshot_id is None else [work.id, snapshot_id]


def tick(aura: Aura) -> None:
    """What has to happen although nobody looks: where there is data, moments matter.

    A snapshot holds the data of its moment, so schedules are played when they are due.
    """
    for instance in aura.store.instances():
        settled = settle(aura, instance)
        scheduling.catch_up(aura, settled)
        _count(aura, settled)


def _count(aura: Aura, instance: Instance) -> None:
    """Free shows how much it holds (official v1 document, schema Instance)."""
    if instance.type != "free-db" or instance.status != Status.RUNNING:
        return
    counts = aura.data_plane.counts(instance.id)
    shown = (instance.graph_nodes, instance.graph_relationships)
    if counts is None or shown == (counts.nodes, counts.relationships):
        return
    fresh = aura.store.instance(instance.id)  # the schedule may just have been played
    if fresh is not None:
        counted = replace(fresh, graph_nodes=counts.nodes, graph_relationships=counts.relationships)
        aura.store.put_instance(counted)


def settle_due(aura: Aura) -> None:
    """Bring every instance up to date whose operation should have ended."""
    for instance in aura.store.due(aura.now()):
        settle(aura, instance)


def _finish(aura: Aura, instance: Instance, at: float) -> Instance:
    if instance.status == Status.PAUSED:
        return _resume_by_itself(aura, instance, at)
    status = instance.next_status or Status.RUNNING
    if _progress(aura, instance.id) is Progress.FAILED:
        status = OPERATIONS[instance.operation or "create"].failed
    aura.store.orders.drop(instance.id)
    changes = json.loads(instance.changes) if instance.changes else {}
    finished = replace(
        scheduling.play(aura, instance, at),
        **changes,
        status=status, operation=None, deadline=None, next_status=None, changes=None,
    )  # fmt: skip
    return _arrive(aura, finished, at)


def _arrive(aura: Aura, instance: Instance, at: float) -> Instance:
    match instance.status:
        case Status.GONE:
            aura.forget(instance.id, aura.store.drop_snapshots(instance.id))
            return replace(instance, deleted_at=at)
        case Status.PAUSED if aura.switches.auto_resume_days and instance.type != "free-db":
            return replace(instance, deadline=at + aura.switches.auto_resume_days * DAY_SECONDS)
        case Status.RUNNING if instance.slots_until is None:  # runs for the first time
            return scheduling.start(aura, instance, at)
        case Status.LOADING_FAILED | Status.SUSPENDED:
            rest(aura, instance.id)
            return instance
        case _:
            return instance


def _resume_by_itself(aura: Aura, instance: Instance, at: float) -> Instance:
    """A paused instance resumes after 30 days (Aura documentation, pausing)."""
    aura.order(order(instance.id, WorkKind.START))
    return replace(
        instance,
        status=Status.RESUMING,
        operation="resume",
        deadline=at + aura.switches.operation_seconds,
        next_status=Status.RUNNING,
    )


def vanish(aura: Aura, instance: Instance) -> None:
    """Remove an instance at once, as if somebody destroyed it outside and long ago."""
    with aura.store.together():
        aura.store.drop_snapshots(instance.id)
        gone = replace(instance, status=Status.GONE, deadline=None, deleted_at=aura.now())
        aura.store.put_instance(gone)
        aura.store.orders.drop(instance.id)
    aura.data_plane.begin(order(instance.id, WorkKind.DELETE))
