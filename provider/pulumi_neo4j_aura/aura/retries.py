"""What is repeated, how often, and what is raised when it stays broken: a table, and its engine.

The rule behind the table: a call that changes something is never sent again once Aura may have
seen it, because Aura has no idempotency key and a second create is a second bill. See
docs/decisions/0002-retries-and-rate-budget.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from pulumi_neo4j_aura.aura.reasons import BY_CLASS, NOT_SENT_WAY_OUT, OUTCOMES
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    LostAnswer,
    Permanent,
    Throttled,
    Transient,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


class Safety(Enum):
    """What repeating a call can do."""

    #: Changes nothing: GET, sizing, the token.
    READ = "read"
    #: DELETE: the v1 document calls repeats safe; an id is never used twice.
    REMOVE = "remove"
    #: Everything else that changes something, pause and resume too: a repeat of one that had
    #: worked is answered 409, which would read as a failure.
    EFFECT = "effect"


class Fault(Enum):
    """What was wrong with one attempt."""

    NOT_SENT = "Aura cannot have seen it: no connection, name or TLS session"
    NO_ANSWER = "Aura may have seen it: time-out, broken connection"
    UNREADABLE = "a success status with a body that is none"
    SERVER_ERROR = "5xx or 408"
    THROTTLED = "429"
    STALE_TOKEN = "401, or a 403 that speaks of the token"  # noqa: S105 - a description
    FINAL = "an answer that repeating does not change"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    #: How often at most the call is repeated for this fault; `Patience` limits it further.
    repeats: int
    #: What is raised in the end; None: the class that the answer itself calls for.
    error: type[AuraError] | None


_NEVER, _ONCE, _OFTEN = 0, 1, 1_000

TABLE: Mapping[tuple[Safety, Fault], Row] = {
    (Safety.READ, Fault.NOT_SENT): Row(_OFTEN, Unavailable),
    (Safety.READ, Fault.NO_ANSWER): Row(_OFTEN, Unavailable),
    (Safety.READ, Fault.UNREADABLE): Row(_OFTEN, Unavailable),
    (Safety.READ, Fault.SERVER_ERROR): Row(_OFTEN, Unavailable),
    (Safety.READ, Fault.THROTTLED): Row(_OFTEN, Throttled),
    (Safety.READ, Fault.STALE_TOKEN): Row(_ONCE, BadCredentials),
    (Safety.READ, Fault.FINAL): Row(_NEVER, None),
    (Safety.REMOVE, Fault.NOT_SENT): Row(_OFTEN, Unavailable),
    (Safety.REMOVE, Fault.NO_ANSWER): Row(_OFTEN, LostAnswer),
    (Safety.REMOVE, Fault.UNREADABLE): Row(_NEVER, LostAnswer),
    (Safety.REMOVE, Fault.SERVER_ERROR): Row(_OFTEN, LostAnswer),
    (Safety.REMOVE, Fault.THROTTLED): Row(_OFTEN, Throttled),
    (Safety.REMOVE, Fault.STALE_TOKEN): Row(_ONCE, BadCredentials),
    (Safety.REMOVE, Fault.FINAL): Row(_NEVER, None),
    (Safety.EFFECT, Fault.NOT_SENT): Row(_OFTEN, Unavailable),
    (Safety.EFFECT, Fault.NO_ANSWER): Row(_NEVER, LostAnswer),
    (Safety.EFFECT, Fault.UNREADABLE): Row(_NEVER, LostAnswer),
    (Safety.EFFECT, Fault.SERVER_ERROR): Row(_NEVER, LostAnswer),
    (Safety.EFFECT, Fault.THROTTLED): Row(_OFTEN, Throttled),
    (Safety.EFFECT, Fault.STALE_TOKEN): Row(_ONCE, BadCredentials),
    (Safety.EFFECT, Fault.FINAL): Row(_NEVER, None),
}

#: After one of these, Aura may have acted.
_MAY_HAVE_ACTED = frozenset({Fault.NO_ANSWER, Fault.UNREADABLE, Fault.SERVER_ERROR})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a failed attempt; every text in it is clean."""

    fault: Fault
    text: str
    #: The class to raise for `Fault.FINAL`.
    final: type[AuraError] = Permanent
    way_out: str = ""
    status: int | None = None
    reason: str = ""
    request_id: str = ""
    #: Seconds that Aura asked us to wait.
    retry_after: float | None = None
    #: Seconds from sending to knowing.
    took: float = 0.0


class Trouble(Exception):
    """One attempt failed."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts.text)
        self.facts = facts

    def after(self, took: float) -> Trouble:
        """The same with its duration."""
        return Trouble(replace(self.facts, took=took))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call is tried."""

    #: Attempts in all. 5: with the gaps below it rides out half a minute of trouble.
    attempts: int = 5
    #: Seconds spent on repeats (own gaps and repeated sends), not counting the first attempt, which
    #: may itself take the whole time-out, nor queueing for the rate budget, which is no failure.
    #: 60: longer outages are for whoever called, who knows what it is waiting for.
    seconds: float = 60.0
    #: Seconds before the first repeat; doubles each time.
    first_gap: float = 0.5
    #: Longest gap of our own, in seconds.
    longest_gap: float = 8.0
    #: Longest `Retry-After` that is waited for inside a call, in seconds; a longer one is raised
    #: at once with its value, since sending earlier than asked would only prolong it. 120: Aura
    #: counts calls a minute, so that honest values are about 60.
    longest_retry_after: float = 120.0
    #: Seconds of `Retry-After` in all. 240: two or three of the kind above.
    asked_seconds: float = 240.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call is about, for messages: `Instance ab12cd34`, `pause`."""

    thing: str
    action: str

    def error(self, kind: type[AuraError], facts: Facts) -> AuraError:
        """The error of class `kind` that tells `facts`."""
        message = f"{self.thing}: {self.action} {OUTCOMES[kind]}: {facts.text.rstrip('.')}."
        # Not for a lost answer: an earlier attempt may have got through.
        never_left = facts.fault is Fault.NOT_SENT and kind is Unavailable
        way_out = facts.way_out or (NOT_SENT_WAY_OUT if never_left else BY_CLASS[kind])
        if issubclass(kind, Transient):
            return kind(
                message,
                retry_after=facts.retry_after,
                way_out=way_out,
                status=facts.status,
                reason=facts.reason,
                request_id=facts.request_id,
            )
        return kind(
            message,
            way_out=way_out,
            status=facts.status,
            reason=facts.reason,
            request_id=facts.request_id,
        )


class Repeater:
    """Runs attempts until one works or the table and the patience say stop. Thread-safe."""

    def __init__(
        self,
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        patience: Patience = Patience(),
    ) -> None:
        self._sleep = sleep
        self._jitter = jitter
        self._patience = patience

    def _pass(self, seconds: float) -> None:
        if seconds > 0:
            self._sleep(seconds)

    def run(self, attempt: Callable[[], T], subject: Subject, safety: Safety) -> T:
        """The result of the first attempt that works.

        Args:
            attempt: one try; raises `Trouble` if it failed. Other errors end the run.
            subject: for the message.
            safety: picks the rows of the table.

        Raises:
            AuraError: of the class that the table names, from the last `Trouble`.
        """
        try:
            return attempt()
        except Trouble as trouble:
            # Most calls never come here, and what follows costs more than the rest of a call.
            return self._repeated(_failed_once(trouble, attempt), subject, safety)

    def _repeated(self, attempt: Callable[[], T], subject: Subject, safety: Safety) -> T:
        run = _Run(self._patience, self._jitter, safety)
        retrying = Retrying(
            sleep=self._pass,
            wait=run.gap,
            stop=run.exhausted,
            retry=retry_if_exception(lambda error: isinstance(error, Trouble)),
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Trouble as trouble:
            raise subject.error(run.error_class(trouble.facts), trouble.facts) from trouble


def _failed_once(trouble: Trouble, attempt: Callable[[], T]) -> Callable[[], T]:
    """Attempts of which the first was made already, and failed."""
    made = iter((trouble,))

    def again() -> T:
        for first in made:
            raise first
        return attempt()

    return again


class _Run:
    """The memory of one call's attempts."""

    def __init__(self, patience: Patience, jitter: Callable[[], float], safety: Safety) -> None:
        self._patience = patience
        self._jitter = jitter
        self._safety = safety
        self._counts: dict[Fault, int] = {}
        self._spent = 0.0
        self._asked = 0.0
        self._may_have_acted = False

    def gap(self, state: RetryCallState) -> float:
        """Seconds until the next attempt."""
        facts = _facts(state)
        if facts.fault is Fault.STALE_TOKEN:
            return 0.0
        own = min(
            self._patience.first_gap * 2.0 ** (state.attempt_number - 1), self._patience.longest_gap
        )
        # Half to whole: threads that failed together must not come back together.
        own *= 0.5 + self._jitter() / 2
        if facts.fault is Fault.THROTTLED:
            # The budget holds this and every other thread back until then.
            return 0.0
        return max(own, facts.retry_after or 0.0)

    def exhausted(self, state: RetryCallState) -> bool:
        """Whether to stop after this failure; called once for each."""
        facts = _facts(state)
        asked = facts.retry_after or 0.0
        self._counts[facts.fault] = self._counts.get(facts.fault, 0) + 1
        self._may_have_acted |= facts.fault in _MAY_HAVE_ACTED
        self._asked += asked
        self._spent += 0.0 if asked else state.upcoming_sleep
        self._spent += facts.took if state.attempt_number > 1 else 0.0
        return (
            self._counts[facts.fault] > self._row(facts).repeats
            or state.attempt_number >= self._patience.attempts
            or asked > self._patience.longest_retry_after
            or self._asked > self._patience.asked_seconds
            or self._spent > self._patience.seconds
        )

    def error_class(self, facts: Facts) -> type[AuraError]:
        """What to raise for the last failure, in the light of those before it."""
        kind = self._row(facts).error or facts.final
        if kind in {Unavailable, Throttled} and self._safety is not Safety.READ:
            # An earlier attempt may have acted even though the last one did not get through.
            return LostAnswer if self._may_have_acted else kind
        return kind

    def _row(self, facts: Facts) -> Row:
        return TABLE[self._safety, facts.fault]


def _facts(state: RetryCallState) -> Facts:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, Trouble):
        raise TypeError("only Trouble is repeated")  # `retry_if_exception` above sees to it.
    return error.facts
