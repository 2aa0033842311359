"""Waiting as such: look, judge, sleep, until done, failed or out of patience.

Failed and timed-out are different errors. What the looks mean is in `waiting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, assert_never

from pulumi_neo4j_aura.errors import (
    AuraError,
    Busy,
    LostAnswer,
    NotFound,
    OperationFailed,
    TimedOut,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_neo4j_aura.domain.clock import Clock

T = TypeVar("T")

_GO_ON = (
    "Nothing was undone and it may still finish: run the same command again to go on waiting, "
    "or allow more time."
)
_LOOK = "Look at it in the Aura Console; if Aura does not mend it, its support has to."
#: Seconds slept at least between two looks, so that a gap of zero does not spin.
_TICK = 0.05


@dataclass(frozen=True, slots=True)
class Done:
    """What was waited for is there."""


@dataclass(frozen=True, slots=True)
class KeepWaiting:
    """Not yet; `text` is what was seen, for progress and for the error of a wait that ran out."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It ended badly; waiting longer cannot help."""

    reason: str
    way_out: str = _LOOK


@dataclass(frozen=True, slots=True)
class Unclear:
    """It cannot be told whether it ended, and waiting longer would not tell."""

    reason: str
    way_out: str


Verdict = Done | KeepWaiting | Failed | Unclear


def _silent(_line: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Waiter:
    """Looks, judges, sleeps, until done, failed or out of patience.

    The gap between two looks is `max(seconds, fraction * under way)`: an end is noticed at most
    `seconds`, or that share of the operation's duration, late.
    """

    clock: Clock
    #: Seconds between the first looks.
    seconds: float = 3.0
    #: Share of the time already waited.
    fraction: float = 0.1
    #: Seconds in all. 1800: Aura's own advice for a snapshot that stays pending.
    patience: float = 1800.0
    #: Seconds that had passed since the operation began when the wait began. They count for the
    #: gap, not for patience.
    already: float = 0.0
    #: Told a line after every look that did not end the wait.
    report: Callable[[str], None] = _silent
    #: Seconds of nothing but 404 before it is believed: Aura does not know a new instance at once.
    missing_seconds: float = 60.0

    def until(
        self,
        look: Callable[[], T],
        judge: Callable[[T], Verdict],
        what: str,
        *,
        look_first: bool = False,
    ) -> T:
        """The first thing seen that `judge` calls done.

        Args:
            look: asks Aura; may raise `Transient`, which is endured until patience runs out.
            judge: what the thing seen means.
            what: the subject of messages, with its id: `orders-staging (ab12cd34)`.
            look_first: look at once instead of after the first gap.

        Raises:
            OperationFailed: it failed, or ended in another state.
            TimedOut: patience ran out (chained: the last thing that went wrong with looking), or
                it cannot be told whether it ended.
            NotFound: Aura did not know it for `missing_seconds`.
        """
        wait = Wait(self, what)
        if not look_first:
            wait.sleep()
        while True:
            seen = wait.look(look)
            if seen is not None:
                verdict = judge(seen.value)
                if wait.over(verdict):
                    return seen.value
            wait.sleep()


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """One look that worked; its own type, since what was seen may be None."""

    value: T


class Wait:
    """The memory of one wait."""

    def __init__(self, waiter: Waiter, what: str) -> None:
        self._waiter = waiter
        self._what = what
        self._began = waiter.clock.monotonic()
        self._last_seen = "nothing yet"
        self._trouble: AuraError | None = None
        self._missing_since: float | None = None

    @property
    def waited(self) -> float:
        """Seconds since the wait began."""
        return self._waiter.clock.monotonic() - self._began

    def look(self, look: Callable[[], T]) -> Seen[T] | None:
        """What was seen; None if looking did not work this time."""
        try:
            value = look()
        except (LostAnswer, TimedOut):
            # Not an answer to a look: something inside it acted or gave up.
            raise
        except Transient as error:
            self._endure(error, f"no usable answer, last seen: {self._last_seen}")
            return None
        except NotFound as error:
            self._endure_missing(error)
            return None
        self._trouble = self._missing_since = None
        return Seen(value)

    def over(self, verdict: Verdict) -> bool:
        """Whether the wait ended well; raises if it ended badly."""
        match verdict:
            case Done():
                return True
            case KeepWaiting(text):
                self._note(text)
                return False
            case Failed(reason, way_out):
                raise OperationFailed(
                    f"{self._what}: {reason}, after {self.waited:.0f} s.", way_out=way_out
                )
            case Unclear(reason, way_out):
                raise TimedOut(
                    f"{self._what}: {reason}, after {self.waited:.0f} s.", way_out=way_out
                )
            case _:
                assert_never(verdict)

    def sleep(self) -> None:
        """Let the gap to the next look pass; the last look is when patience ends."""
        left = self._waiter.patience - self.waited
        if left <= 0:
            raise TimedOut(
                f"{self._what}: stopped waiting after {self.waited:.0f} s, "
                f"last seen: {self._last_seen}.",
                way_out=_GO_ON,
            ) from self._trouble
        self._waiter.clock.sleep(max(_TICK, min(self._gap(), left)))

    def endure_busy(self, error: Busy) -> None:
        """Aura has something else to do first."""
        self._trouble = error
        self._note(f"busy ({error.reason or error.message})")

    def _gap(self) -> float:
        under_way = self._waiter.already + self.waited
        gap = max(self._waiter.seconds, self._waiter.fraction * under_way)
        if isinstance(self._trouble, Transient):
            gap = max(gap, self._trouble.retry_after or 0.0)
        return gap

    def _endure(self, error: AuraError, text: str) -> None:
        self._trouble = error
        self._waiter.report(f"{self._what}: {text}, {self.waited:.0f} s")

    def _endure_missing(self, error: NotFound) -> None:
        now = self._waiter.clock.monotonic()
        if self._missing_since is None:
            self._missing_since = now
        if now - self._missing_since >= self._waiter.missing_seconds:
            raise error
        self._endure(error, "Aura does not know it yet")

    def _note(self, text: str) -> None:
        self._last_seen = text
        self._waiter.report(f"{self._what}: {text}, {self.waited:.0f} s")
