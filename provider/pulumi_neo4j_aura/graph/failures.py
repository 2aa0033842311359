"""What a server's refusal means for who asked, and what a lost connection does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    LostAnswer,
    Permanent,
    Transient,
    Unavailable,
)

_SHOWN: Final = 600

#: What else is worth another try: the member of the cluster that was asked is not, or no longer,
#: the one that writes.
_TRANSIENT: Final = frozenset({"Neo.ClientError.Cluster.NotALeader"})
_CREDENTIALS: Final = frozenset(
    {
        "Neo.ClientError.Security.CredentialsExpired",
        "Neo.ClientError.Security.TokenExpired",
        "Neo.ClientError.Security.Unauthorized",
    }
)
_LOCKED: Final = "Neo.ClientError.Security.AuthenticationRateLimit"
#: A server lets nobody in for this long after three wrong passwords, unless told otherwise.
_LOCKED_SECONDS: Final = 5.0
_UNKNOWN: Final = "Neo.DatabaseError.General.UnknownError"


def refused(address: str, details: Mapping[str, object]) -> AuraError:
    """The error for a FAILURE message.

    Its code is called `code` before Bolt 5.7, `neo4j_code` since.
    """
    code = str(details.get("neo4j_code") or details.get("code") or _UNKNOWN)
    said = str(details.get("message") or details.get("description") or "no reason given")
    message = f"{address} refused: {_shortened(said)}"
    if code == _LOCKED:
        return Transient(message, retry_after=_LOCKED_SECONDS, reason=code)
    if code in _CREDENTIALS:
        way_out = "Use the user and the password of this instance; a restore may bring older ones."
        return BadCredentials(message, way_out=way_out, reason=code)
    if code.startswith("Neo.TransientError.") or code in _TRANSIENT:
        return Transient(message, reason=code)
    if code.startswith("Neo.ClientError.Security."):
        return Forbidden(message, reason=code)
    return Permanent(message, reason=code)


def lost(address: str, error: Exception, *, changing: bool) -> Transient:
    """The error for a connection that broke or was silent for too long.

    `changing`: a change was under way, and nobody knows whether it took effect.
    """
    silent = isinstance(error, TimeoutError)
    reason = "it said nothing for too long" if silent else f"the connection was lost ({error})"
    if changing:
        return LostAnswer(
            f"{address} may or may not have made a change: {reason} before it was confirmed."
        )
    return Unavailable(f"{address} did not finish its answer: {reason}.")


def garbled(address: str, what: object) -> Permanent:
    """The error for bytes that are no Bolt."""
    return Permanent(
        f"{address} sent something that this version does not understand: {what}.",
        way_out="The server may be newer than this program: look for a newer one.",
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
