"""From a failed HTTP answer to facts: which fault, which error, in whose words, and the way out."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from pulumi_neo4j_aura.aura import reasons
from pulumi_neo4j_aura.aura.bodies import Cleaner, Complaint, complaint_in, is_page
from pulumi_neo4j_aura.aura.retries import Facts, Fault
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Busy,
    Forbidden,
    NotFound,
    Permanent,
    Rejected,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_neo4j_aura.aura.wire import HttpAnswer

#: Status → class, for the answers that repeating does not change. 409 and 403 need their text.
_CLASSES: Mapping[int, type[AuraError]] = {
    400: Rejected,
    401: BadCredentials,
    402: Rejected,
    403: Forbidden,
    404: NotFound,
    405: Rejected,
    409: Rejected,
    410: NotFound,
    415: Rejected,
    420: Rejected,
    422: Rejected,
}

_TIMED_OUT, _CONFLICT, _TOO_MANY = 408, 409, 429
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_MISSING = frozenset({404, 410})

#: Words in a 403 that speak of rights: a new token would not help.
_RIGHTS_WORDS = ("insufficient permission", "not permitted", "permission denied")
#: Words in a 403 that speak of the token's age: documentation and clients differ on whether an
#: expired token is 401 or 403, and some answers carry the reason code of missing rights.
_AGE_WORDS = ("expired", "revoked")
_MISSING_RIGHTS = "unauthorized"


def facts_of(answer: HttpAnswer, cleaner: Cleaner, now: datetime, *, old_token: bool) -> Facts:
    """What a failed answer says.

    Args:
        answer: any answer that is no success.
        cleaner: takes the secrets out of its texts.
        now: the time of day, for a `Retry-After` that is a date.
        old_token: our token had reached its end when the answer came.
    """
    said = complaint_in(answer.body)
    fault, final, way_out = _judge(answer, said, old_token=old_token)
    return Facts(
        fault=fault,
        text=cleaner.clean(_words(answer, said)),
        final=final,
        way_out=way_out,
        status=answer.status,
        reason=cleaner.clean(_code(said.reason), 60),
        request_id=request_id(answer, cleaner),
        retry_after=retry_after(answer, now),
    )


def request_id(answer: HttpAnswer, cleaner: Cleaner) -> str:
    """Aura's `X-Request-Id`, fit for a message."""
    return cleaner.clean(answer.header("x-request-id"), 120)


def retry_after(answer: HttpAnswer, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for: a number or an HTTP date; None if absent or odd."""
    text = answer.header("retry-after").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        return _until_date(text, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until_date(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _judge(
    answer: HttpAnswer, said: Complaint, *, old_token: bool
) -> tuple[Fault, type[AuraError], str]:
    """Fault, class if final, way out."""
    status = answer.status
    if status == _TOO_MANY:
        return Fault.THROTTLED, Permanent, ""
    if status == _UNAUTHORIZED or (
        status == _FORBIDDEN and _about_token(said, old_token=old_token)
    ):
        return Fault.STALE_TOKEN, BadCredentials, reasons.BY_STATUS[_UNAUTHORIZED]
    if reasons.SMALLER_DATABASE in said.message.lower():
        return Fault.FINAL, Rejected, reasons.SMALLER_WAY_OUT
    if 300 <= status < 400:  # noqa: PLR2004 - the range of HTTP's redirects
        return Fault.FINAL, Permanent, reasons.BY_STATUS[308]
    if status == _TIMED_OUT or not 400 <= status < 500:  # noqa: PLR2004 - HTTP's refusals
        return Fault.SERVER_ERROR, Permanent, ""
    return _judge_refusal(answer, said)


def _judge_refusal(answer: HttpAnswer, said: Complaint) -> tuple[Fault, type[AuraError], str]:
    if answer.status in _MISSING and is_page(answer.body):
        # Not Aura's words: a proxy's or another server's page must not read as "it is gone".
        return Fault.FINAL, Permanent, reasons.BY_CLASS[Permanent]
    if answer.status == _CONFLICT and _busy(said):
        return Fault.FINAL, Busy, reasons.BY_REASON.get(said.reason.lower(), "")
    kind = _CLASSES.get(answer.status, Permanent)
    return Fault.FINAL, kind, _way_out(answer.status, said)


def _way_out(status: int, said: Complaint) -> str:
    if reasons.NOT_EXPORTABLE in said.message.lower():
        return reasons.NOT_EXPORTABLE_WAY_OUT
    known = reasons.BY_REASON.get(said.reason.lower())
    return known or reasons.BY_STATUS.get(status, "")


def _about_token(said: Complaint, *, old_token: bool) -> bool:
    text = f"{said.message} {said.reason}".lower()
    if any(word in text for word in _RIGHTS_WORDS):
        return False
    if any(word in text for word in _AGE_WORDS):
        return True
    return said.reason.lower() != _MISSING_RIGHTS and (old_token or "token" in text)


def _busy(said: Complaint) -> bool:
    reason, text = said.reason.lower(), said.message.lower()
    if reason in reasons.FINAL_CONFLICTS:
        return False
    if reason in reasons.BUSY_CONFLICTS or not text.strip():
        return True
    return any(word in text for word in reasons.BUSY_WORDS)


def _words(answer: HttpAnswer, said: Complaint) -> str:
    if 300 <= answer.status < 400:  # noqa: PLR2004 - the range of HTTP's redirects
        return f"it has moved to {answer.header('location') or 'a place that is not named'}"
    return said.text or said.reason or f"the answer says nothing but its status {answer.status}"


def _code(reason: str) -> str:
    """A reason code; a sentence in its place (the gateway's shape) is already the message."""
    return "" if " " in reason.strip() else reason
