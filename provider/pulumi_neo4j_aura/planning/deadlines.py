"""When Aura's next snapshot must be there, and until when one can still be exported. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.snapshot import AD_HOC, SCHEDULED, Snapshot
from pulumi_neo4j_aura.domain.tier import Tier
from pulumi_neo4j_aura.planning.plan import Severity

#: Aura's own snapshots come at irregular minutes; one is looked for this long after it was due.
GRACE: Final = timedelta(hours=1)

#: Shares of the exportable time that are left, and how much each matters.
_LEFT: Final = ((0.10, Severity.CRITICAL), (0.25, Severity.WARNING), (0.50, Severity.INFO))


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a snapshot can be exported; `left` is a share of the whole time."""

    snapshot_id: str
    until: datetime
    left: float

    @property
    def severity(self) -> Severity | None:
        """How much it matters; None: there is time."""
        return next((severity for share, severity in _LEFT if self.left <= share), None)


def of(snapshot: Snapshot, tier: Tier, now: datetime) -> Deadline | None:
    """The deadline of a snapshot; None where Aura does not say."""
    span = tier.on_demand_exportable if snapshot.profile == AD_HOC else tier.scheduled_exportable
    if span is None or snapshot.timestamp is None:
        return None
    until = snapshot.timestamp + span
    return Deadline(snapshot.id, until, (until - now) / span)


def expected_at(
    snapshots: Iterable[Snapshot], created_at: datetime | None, every: timedelta | None
) -> datetime | None:
    """When Aura's next own snapshot must be there, with grace; None where that is not known."""
    if every is None:
        return None
    taken = [
        each.timestamp
        for each in snapshots
        if each.profile == SCHEDULED and each.completed and each.timestamp is not None
    ]
    newest = max(taken, default=created_at)
    return None if newest is None else newest + every + GRACE
