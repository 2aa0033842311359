"""Snapshots as Aura shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

COMPLETED = "Completed"
PENDING = "Pending"
IN_PROGRESS = "InProgress"
FAILED = "Failed"
CANCELLED = "Cancelled"

AD_HOC = "AdHoc"
SCHEDULED = "Scheduled"

#: A snapshot in one of these will never become a copy.
DEAD = frozenset({FAILED, CANCELLED})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot as one call saw it.

    `exportable` means exportable *now* and is what a create from it requires; None means that Aura
    did not say (the v1 document has it only in examples).
    """

    id: str
    instance_id: str
    status: str
    profile: str = ""
    timestamp: datetime | None = None
    exportable: bool | None = None

    @property
    def completed(self) -> bool:
        """Whether it is a whole copy; every other status, known or not, is not one."""
        return self.status == COMPLETED
