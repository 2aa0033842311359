"""Following operations that take minutes: what each wait looks for.

A wait never ends early: seeing the state that was wanted proves nothing until the operation was
seen under way, or the state is provably new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pulumi_neo4j_aura.aura.waiter import (
    Done,
    Failed,
    KeepWaiting,
    Unclear,
    Verdict,
    Wait,
    Waiter,
)
from pulumi_neo4j_aura.domain import snapshot as snapshots
from pulumi_neo4j_aura.domain import status as states
from pulumi_neo4j_aura.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pulumi_neo4j_aura.aura.client import AuraClient
    from pulumi_neo4j_aura.domain.clock import Clock
    from pulumi_neo4j_aura.domain.instance import Instance
    from pulumi_neo4j_aura.domain.snapshot import Snapshot

__all__ = [
    "START_PATIENCE",
    "Done",
    "Failed",
    "KeepWaiting",
    "Unclear",
    "Verdict",
    "Waiter",
    "wait_for_idle",
    "wait_for_snapshot",
    "wait_for_status",
    "when_not_busy",
]

T = TypeVar("T")

#: Seconds within which an accepted operation must be seen under way. 120: Aura flips the status
#: before it answers, as far as anyone saw; this is for reads that lag behind.
START_PATIENCE = 120.0

_CREATING = "creating"

_UNKNOWN_START = (
    "It is unknown whether the operation ran: look at the instance, its data and its activity in "
    "the Aura Console before asking for it again."
)
_TAKE_AGAIN = "Take another snapshot; if that fails as well, Aura's support has to look."


def when_not_busy(call: Callable[[], T], waiter: Waiter, what: str) -> T:
    """Make a call, and make it again while Aura says that another operation is under way.

    Args:
        call: made at once; what it raises other than `Busy` ends this. Repeating is safe even for
            a call that changes something: `Busy` says that it was not done.
        waiter: gap and patience.
        what: the subject of messages, with its id.

    Raises:
        TimedOut: it stayed busy (chained: the last `Busy`).
    """
    wait = Wait(waiter, what)
    while True:
        try:
            return call()
        except Busy as error:
            wait.endure_busy(error)
        wait.sleep()


def wait_for_status(
    client: AuraClient,
    instance_id: str,
    targets: Collection[str],
    *,
    began: Instance | None,
    from_status: str | None,
    waiter: Waiter,
    changed: Callable[[Instance], bool] | None = None,
    start_patience: float = START_PATIENCE,
) -> Instance:
    """Wait until an operation that Aura accepted has ended in one of `targets`.

    A target counts only once the operation was seen under way (in `began` or in a later look), or
    when the state is provably new: it differs from an idle `from_status`, or `changed` says so.
    After a create pass `from_status="creating"`: whatever comes after it is new.

    Args:
        client: to ask with.
        instance_id: whom to ask about.
        targets: statuses that end the wait, in any spelling.
        began: the instance in Aura's answer to the operation, if it had one.
        from_status: its status before the operation; None if it is not known.
        waiter: gap, patience, progress.
        changed: tells from one look that the operation has taken effect, such as a memory that
            differs from before.
        start_patience: seconds within which the operation must be seen.

    Raises:
        OperationFailed: it ended in a failed state, or the instance is being deleted.
        TimedOut: patience ran out; or the operation was never seen, and then nobody knows whether
            it ran.
        NotFound: Aura does not know the instance.
    """
    watch = _Watch(
        targets=frozenset(states.normal(target) for target in targets),
        before=None if from_status is None else states.normal(from_status),
        changed=changed or (lambda _instance: False),
        clock=waiter.clock,
        unseen_until=waiter.clock.monotonic() + start_patience,
        started=began is not None and bool(began.status) and states.busy(began.status),
    )
    return waiter.until(
        lambda: client.instances.get(instance_id), watch.judge, _label(instance_id, began)
    )


@dataclass(slots=True)
class _Watch:
    """Judges the looks of one operation on an instance."""

    targets: frozenset[str]
    before: str | None
    changed: Callable[[Instance], bool]
    clock: Clock
    unseen_until: float
    #: The operation was seen under way.
    started: bool

    def judge(self, seen: Instance) -> Verdict:
        """What one look means."""
        now = states.normal(seen.status)
        if now in self.targets:
            proven = self.started or self._new(now) or self.changed(seen)
            return Done() if proven else self._not_started(seen)
        if states.leaving(seen.status):
            return _ended(seen)
        if states.failed(seen.status):
            # In a failed state from before: an overwrite may be what mends it.
            same = self.before in {None, now} and not self.started
            return self._not_started(seen) if same else _ended(seen)
        if states.busy(seen.status):
            self.started = True
            return KeepWaiting(seen.status)
        return KeepWaiting(seen.status) if self.started else self._not_started(seen)

    def _new(self, now: str) -> bool:
        """Whether the idle status `now` cannot be the one from before the operation."""
        if self.before is None or now == self.before:
            return False
        # From another operation's status the instance gets to `now` without ours; only before a
        # create was there no other.
        return self.before == _CREATING or not states.busy(self.before)

    def _not_started(self, seen: Instance) -> Verdict:
        if self.clock.monotonic() < self.unseen_until:
            return KeepWaiting(f"{seen.status}, the operation has not shown yet")
        return Unclear(
            f"Aura accepted the operation, and it was never seen under way; last seen: "
            f"{seen.status}",
            _UNKNOWN_START,
        )


def _ended(seen: Instance) -> Failed:
    """The instance is somewhere that it does not come back from by itself."""
    if states.leaving(seen.status):
        return Failed(
            f"the instance is being deleted (status {seen.status!r})",
            "Find out who deleted it; nothing is left to wait for.",
        )
    return Failed(f"the operation ended in status {seen.status!r}")


def wait_for_idle(client: AuraClient, instance_id: str, waiter: Waiter) -> Instance:
    """Wait until no operation is under way: the instance is running or paused. Looks at once.

    Raises:
        OperationFailed: it is in a failed state, or being deleted.
        TimedOut: patience ran out.
        NotFound: Aura does not know the instance.
    """

    def judge(seen: Instance) -> Verdict:
        if states.settled(seen.status):
            return Done()
        if states.failed(seen.status) or states.leaving(seen.status):
            return _ended(seen)
        return KeepWaiting(seen.status)

    return waiter.until(
        lambda: client.instances.get(instance_id),
        judge,
        _label(instance_id, None),
        look_first=True,
    )


def wait_for_snapshot(
    client: AuraClient, instance_id: str, snapshot_id: str, waiter: Waiter
) -> Snapshot:
    """Wait until a snapshot is a whole copy.

    Raises:
        OperationFailed: Aura gave it up (`Failed`, `Cancelled`).
        TimedOut: patience ran out; the snapshot may still complete.
        NotFound: Aura does not know it.
    """

    def judge(seen: Snapshot) -> Verdict:
        if seen.completed:
            return Done()
        if seen.status in snapshots.DEAD:
            return Failed(f"the snapshot ended as {seen.status!r}", _TAKE_AGAIN)
        return KeepWaiting(seen.status or "no status")

    return waiter.until(
        lambda: client.snapshots.get(instance_id, snapshot_id),
        judge,
        f"snapshot {snapshot_id} of instance {instance_id}",
    )


def _label(instance_id: str, seen: Instance | None) -> str:
    return f"{seen.name} ({instance_id})" if seen and seen.name else f"instance {instance_id}"
