"""The error family: an error's class says what happens next.

`Transient` - try again, perhaps after `retry_after` seconds. `Permanent` - a person must change
something first. `Refused` - Aura was not asked, or not asked again, because we chose not to.
Every message names the thing, the reason and the way out; the request id that Aura gave is kept so
that its support can find the call.
"""

from __future__ import annotations


class AuraError(Exception):
    """Base of everything this package raises on purpose.

    Attributes:
        message: what happened to which thing, one sentence.
        way_out: what the reader can do about it, or empty.
        status: HTTP status of the answer that caused it, if there was one.
        reason: Aura's machine-readable reason code, if there was one.
        request_id: Aura's `X-Request-Id`, if there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        way_out: str = "",
        status: int | None = None,
        reason: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out
        self.status = status
        self.reason = reason
        self.request_id = request_id

    def __str__(self) -> str:
        """One paragraph: message, way out, and how to find the call in Aura's logs."""
        facts = [f"HTTP {self.status}" if self.status else "", self.reason]
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        known = ", ".join(fact for fact in facts if fact)
        parts = [self.message, f"({known})" if known else "", self.way_out]
        return " ".join(part for part in parts if part)


class Transient(AuraError):
    """Trying again later may work; `retry_after` is Aura's advice in seconds, if it gave any."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        way_out: str = "",
        status: int | None = None,
        reason: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(
            message, way_out=way_out, status=status, reason=reason, request_id=request_id
        )
        self.retry_after = retry_after


class Busy(Transient):
    """Aura answered 409 because another operation is under way: wait for it, then ask again."""


class Throttled(Transient):
    """Aura answered 429: the credential used up its calls for now."""


class Unavailable(Transient):
    """No usable answer to a call that is safe to repeat: time-out, 5xx, broken or odd body."""


class LostAnswer(Transient):
    """A call that changes something was sent and no usable answer came back.

    Whether it took effect is unknown. Whoever catches this must look for the effect and must not
    send the call again before that.
    """


class TimedOut(Transient):
    """We stopped waiting. What was waited for may still happen; nothing was undone."""


class Permanent(AuraError):
    """Repeating the same call cannot work; somebody has to change something first."""


class BadCredentials(Permanent):
    """Aura does not accept the client id and secret, or they are missing."""


class Forbidden(Permanent):
    """The credential is valid but has no right to do this (or the project is not visible to it)."""


class NotFound(Permanent):
    """One call said 404 or 410. That is one opinion, not proof of absence (see `execution`)."""


class Rejected(Permanent):
    """Aura understood the request and will not do it as asked: 400, 402, 405, final 409, 420 …."""


class OperationFailed(Permanent):
    """Aura accepted the operation and it ended in a failed state."""


class Damaged(Permanent):
    """What is stored is not what was written: changed, cut, swapped or missing."""


class Refused(AuraError):
    """We chose not to act, because acting could lose data or create something twice."""
