"""How one action ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pulumi_neo4j_aura.errors import AuraError, Busy, Throttled, TimedOut

#: Seconds until something that is under way is looked at again, where Aura gives no advice.
SOON: Final = 60.0


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is there and was seen. `facts` are kept in the journal; never a secret."""

    message: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The effect is under way; the next pass goes on with it, not before `after` seconds."""

    reason: str
    after: float = SOON


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done; the error says what happens next. A later pass tries again."""

    error: AuraError


@dataclass(frozen=True, slots=True)
class Skipped:
    """It is not needed any more, or must not be done in the world as it is now."""

    reason: str


Outcome = Done | Waiting | Failed | Skipped


def of_error(error: AuraError) -> Waiting | Failed:
    """What an error of an effect means: still under way, or failed for now."""
    match error:
        case TimedOut():
            return Waiting(str(error))
        case Busy() | Throttled():
            return Waiting(str(error), error.retry_after or SOON)
        case _:
            return Failed(error)


def told(outcome: Outcome) -> str:
    """One paragraph for people."""
    match outcome:
        case Done(message):
            return message
        case Waiting(reason) | Skipped(reason):
            return reason
        case Failed(error):
            return str(error)
