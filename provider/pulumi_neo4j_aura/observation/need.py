"""What a look at one instance is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Need:
    """What must be known of an instance after a look at it.

    Attributes:
        due: a rule is due, or somebody wants to see it: it is looked at whatever is remembered.
        since: every snapshot from here on must be seen. None: the newest that can be exported, and
            whether Aura's own came, are enough.
        everything: every day that Aura keeps and nobody asked for to its end, and the instance
            itself.
    """

    due: bool = False
    since: datetime | None = None
    everything: bool = False
