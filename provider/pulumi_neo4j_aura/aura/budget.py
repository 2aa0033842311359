"""The rate budget: calls of one client over all its threads, kept below what Aura admits.

Aura counts calls per credential and minute: 125, or 25 on a trial (its documentation, and clients
that met the limit). Other processes may share the credential, so the budget also learns from 429.
See docs/decisions/0002-retries-and-rate-budget.md.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_neo4j_aura.errors import Permanent

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_neo4j_aura.domain.clock import Clock

#: Seconds over which Aura counts.
WINDOW = 60.0

#: Calls a minute that are always allowed, whatever Aura refuses. 10: with fewer, one wait for one
#: instance would take all there is; the trial limit is 25.
FLOOR = 10

#: Share of the calls just admitted that becomes the new limit: a little below, since other
#: processes and Aura's own clock take some.
_BACK_OFF = 0.9

#: Growth of a lowered limit in a minute without 429. 10 %: it takes about a quarter of an hour to
#: get from a trial's limit back to the default, and each step that is too far costs one 429.
_GROWTH = 1.1

#: Seconds slept at least, so that rounding never makes a loop that does not advance.
_TICK = 0.001


@dataclass(eq=False, slots=True)
class Slot:
    """One admitted call: when it went out, and whether Aura turned it away."""

    at: float
    throttled: bool = False


class RateBudget:
    """Admits at most `limit` calls in any 60 seconds, in the order in which they asked.

    Thread-safe. Only the thread at the head of the queue sleeps (on the clock); the others wait
    for it, so no thread can overtake and none holds a lock while it sleeps.
    """

    def __init__(self, clock: Clock, calls_per_minute: int, report: Callable[[str], None]) -> None:
        """Start with the configured limit.

        Args:
            clock: measures and passes the time.
            calls_per_minute: the limit when Aura does not object.
            report: told once when Aura's objections lowered the limit, once when it is back.

        Raises:
            Permanent: the limit allows nothing.
        """
        if calls_per_minute < 1:
            raise Permanent(
                f"A limit of {calls_per_minute} calls a minute allows no call at all.",
                way_out="Set AURA_CALLS_PER_MINUTE to 1 or more.",
            )
        self._clock = clock
        self._configured = calls_per_minute
        self._report = report
        self._limit = float(calls_per_minute)
        self._reported = calls_per_minute
        self._recovers_from = 0.0
        self._paused_until = float("-inf")
        self._slots: deque[Slot] = deque()
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """Calls a minute that are allowed now."""
        with self._changed:
            self._recover(self._clock.monotonic())
            return int(self._limit)

    def acquire(self) -> Slot:
        """Return when one call may go out; it counts from then on."""
        with self._changed:
            slot = None if self._queue else self._admit(self._clock.monotonic())
        slot = slot or self._queued()
        self._tell()
        return slot

    def _queued(self) -> Slot:
        me = object()
        with self._changed:
            self._queue.append(me)
        try:
            self._await_turn(me)
            return self._await_room()
        finally:
            # Also when a sleep was interrupted: a ticket left behind would block everyone.
            with self._changed:
                self._queue.remove(me)
                self._changed.notify_all()

    def throttled(self, slot: Slot, seconds: float) -> None:
        """Aura answered 429 to the call of `slot`: hold every thread back for `seconds`.

        The limit drops below the number of calls that Aura let through in the last minute.
        """
        with self._changed:
            now = self._clock.monotonic()
            slot.throttled = True
            self._forget(now)
            # Calls whose answer is still out count as let through: the later 429s of the same
            # burst take them off again, so the limit ends where Aura's own is.
            admitted = sum(not other.throttled for other in self._slots)
            below = min(admitted - 1, int(admitted * _BACK_OFF))
            floor = min(FLOOR, self._configured)
            self._limit = max(float(floor), min(float(int(self._limit)), float(below)))
            self._recovers_from = now
            self._paused_until = max(self._paused_until, now + seconds)

    def _await_turn(self, me: object) -> None:
        with self._changed:
            while self._queue[0] is not me:
                self._changed.wait()

    def _await_room(self) -> Slot:
        while True:
            with self._changed:
                now = self._clock.monotonic()
                slot = self._admit(now)
                if slot is not None:
                    return slot
                missing = self._missing(now)
            self._clock.sleep(max(missing, _TICK))

    def _admit(self, now: float) -> Slot | None:
        """A place among the calls of the last minute, if there is room; held by the lock."""
        if self._missing(now) > 0:
            return None
        slot = Slot(now)
        self._slots.append(slot)
        return slot

    def _missing(self, now: float) -> float:
        """Seconds until the next call may go out."""
        self._recover(now)
        self._forget(now)
        if now < self._paused_until:
            return self._paused_until - now
        limit = int(self._limit)
        if len(self._slots) < limit:
            return 0.0
        return self._slots[-limit].at + WINDOW - now

    def _forget(self, now: float) -> None:
        while self._slots and self._slots[0].at + WINDOW <= now:
            self._slots.popleft()

    def _recover(self, now: float) -> None:
        minutes = int((now - self._recovers_from) / WINDOW)
        if minutes > 0 and self._limit < self._configured:
            # 100 minutes of growth exceed any limit; more would only overflow.
            grown = self._limit * _GROWTH ** min(minutes, 100)
            self._limit = min(float(self._configured), grown)
            self._recovers_from += minutes * WINDOW

    def _tell(self) -> None:
        with self._changed:
            limit = int(self._limit)
            worth_telling = limit < self._reported or (limit == self._configured != self._reported)
            before, self._reported = self._reported, limit if worth_telling else self._reported
        if worth_telling:
            self._report(
                f"Aura's rate limit: now at most {limit} calls a minute (before: {before}, "
                f"configured: {self._configured})."
            )
