"""Which snapshot an environment comes from, with a reason for every one that was passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.snapshot import Snapshot

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a snapshot must be: exportable now (a create needs it), old and young enough."""

    exportable: bool = True
    before: datetime | None = None
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A snapshot that was passed over, and why."""

    snapshot_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen snapshot, or None, and every newer or equal one that was not."""

    snapshot: Snapshot | None
    skipped: tuple[Skipped, ...] = ()


def objection(snapshot: Snapshot, wanted: Wanted, now: datetime) -> str | None:
    """Why this snapshot does not do, or None. Missing facts are objections, never a yes."""
    taken = snapshot.timestamp
    checks = (
        (not snapshot.completed, f"is {snapshot.status or 'of unknown status'}, not Completed"),
        (wanted.exportable and snapshot.exportable is False, "is not exportable"),
        (wanted.exportable and snapshot.exportable is None, "is not said to be exportable"),
        (taken is None, "has no timestamp"),
        (taken is not None and taken > now, "lies in the future"),
        (
            taken is not None and wanted.before is not None and taken >= wanted.before,
            "was not taken before the given time",
        ),
        (
            taken is not None and wanted.max_age is not None and now - taken > wanted.max_age,
            "is older than max_age",
        ),
    )
    return next((reason for applies, reason in checks if applies), None)


def newest(snapshots: Iterable[Snapshot], wanted: Wanted, now: datetime) -> Choice:
    """Choose the newest snapshot that does. The order given never matters: ids break ties."""
    skipped: list[Skipped] = []
    ordered = sorted(snapshots, key=lambda each: (each.timestamp or _NEVER, each.id), reverse=True)
    for snapshot in ordered:
        reason = objection(snapshot, wanted, now)
        if reason is None:
            return Choice(snapshot, tuple(skipped))
        skipped.append(Skipped(snapshot.id, reason))
    return Choice(None, tuple(skipped))


def describe(wanted: Wanted) -> str:
    """The wish in words, for errors: `exportable snapshot, at most 2 d old`."""
    parts = ["exportable snapshot" if wanted.exportable else "snapshot"]
    if wanted.before is not None:
        parts.append(f"taken before {wanted.before.isoformat()}")
    if wanted.max_age is not None:
        parts.append(f"at most {duration.show(wanted.max_age.total_seconds())} old")
    return ", ".join(parts)
