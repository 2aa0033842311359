"""What an instance's status means for us.

Aura's v1 document lists thirteen values and live services have shown more, so a status is compared
without case and an unknown one is treated as "an operation may be under way": we wait and ask
again, and never read it as finished, failed or gone.
"""

from __future__ import annotations

RUNNING = "running"
PAUSED = "paused"
DESTROYING = "destroying"

#: Idle: Aura accepts the next operation.
SETTLED = frozenset({RUNNING, PAUSED})

#: Ended badly: waiting longer cannot help (v1 document, Instance.status; v2 legacy_status for the
#: key errors; `suspended` arises on Aura's side and is not ours to end).
FAILED = frozenset(
    {
        "loading failed",
        "suspended",
        "encryption key deleted",
        "encryption key error",
        "encryption key not found",
    }
)

#: On their way out.
LEAVING = frozenset({DESTROYING, "deleting"})


def normal(status: str) -> str:
    """The spelling that we compare: lower case, single blanks, no outer blanks."""
    return " ".join(status.replace("_", " ").lower().split())


def settled(status: str) -> bool:
    """Whether the instance is idle and usable for a next operation."""
    return normal(status) in SETTLED


def failed(status: str) -> bool:
    """Whether the instance is in a state that it will not leave by itself."""
    return normal(status) in FAILED


def leaving(status: str) -> bool:
    """Whether the instance is being deleted."""
    return normal(status) in LEAVING


def busy(status: str) -> bool:
    """Whether an operation is, or for all we know may be, under way."""
    return not settled(status) and not failed(status)
