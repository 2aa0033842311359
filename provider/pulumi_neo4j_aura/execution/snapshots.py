"""Take a snapshot at most once, wait for it, and find the newest usable one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pulumi_neo4j_aura.aura.waiting import wait_for_snapshot, when_not_busy
from pulumi_neo4j_aura.domain import selection
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.domain.snapshot import AD_HOC, DEAD, Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import AuraError, LostAnswer, NotFound, OperationFailed, Transient
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.journal import Entry

KIND = "take-snapshot"

#: Days looked at when nothing narrows the search: the longest that a daily-snapshot tier below
#: Virtual Dedicated Cloud keeps anything (docs, retention table). One call a day is the price.
DEFAULT_DAYS = 30

#: The zone of the API's `?date=` is not documented. No zone is further ahead of UTC than this, so
#: looking this far ahead never misses the newest snapshot.
_FURTHEST_AHEAD = timedelta(hours=14)

#: Clocks of two machines may differ by this much when an effect is looked for.
_SKEW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Request:
    """One on-demand snapshot for one owner."""

    instance_id: str
    owner: str
    patience_seconds: float = 1800.0


def days_back(latest: datetime, count: int) -> tuple[date, ...]:
    """The last `count` days up to `latest`, newest first, beginning with the furthest zone's."""
    latest = latest.astimezone(UTC)
    newest_day = (latest + _FURTHEST_AHEAD).date()
    extra = (newest_day - latest.date()).days
    return tuple(newest_day - timedelta(days=back) for back in range(count + extra))


def newest(
    services: Services,
    instance_id: str,
    wanted: selection.Wanted,
    kept: timedelta | None = None,
) -> selection.Choice:
    """Look day by day, newest first, and stop at the first day that has one that does.

    Args:
        services: whom to ask.
        instance_id: whose snapshots.
        wanted: what the snapshot must be.
        kept: how long this instance's tier keeps snapshots; older days are not asked for.
    """
    now = services.clock.now()
    latest = min(now, wanted.before) if wanted.before else now
    skipped: list[selection.Skipped] = []
    for day in days_back(latest, _days(now, latest, wanted, kept)):
        listed = services.client.snapshots.list(instance_id, day)
        choice = selection.newest(listed, wanted, now)
        skipped += choice.skipped
        if choice.snapshot is not None:
            return selection.Choice(choice.snapshot, tuple(skipped))
    return selection.Choice(None, tuple(skipped))


def newest_of(services: Services, origin: Instance, wanted: selection.Wanted) -> selection.Choice:
    """The newest of an instance that was just seen, looking as far back as its tier keeps any."""
    tier = TIERS.get(origin.type)
    return newest(services, origin.id, wanted, tier.longest_exportable if tier else None)


def _days(now: datetime, latest: datetime, wanted: selection.Wanted, kept: timedelta | None) -> int:
    """How many days back from `latest` can hold one that does; at least two, for the zone."""
    span = min(wanted.max_age or timedelta.max, kept or timedelta(days=DEFAULT_DAYS))
    begun_days = -(-(span - (now - latest)) // timedelta(days=1))
    return max(begun_days, 0) + 2


def take(services: Services, request: Request) -> Snapshot:
    """Take one, or take up the one that an earlier, interrupted run took; wait until Completed.

    Raises:
        OperationFailed: the snapshot ended as Failed; the next run takes another.
        TimedOut: it is still under way; the next run goes on waiting for the same one.
    """
    entry, snapshot_id = _taken_before(services, request) or _take(services, request)
    waiter = services.waiter(request.patience_seconds)
    try:
        snapshot = wait_for_snapshot(services.client, request.instance_id, snapshot_id, waiter)
    except OperationFailed:
        services.journal.finish(entry, "failed")
        raise
    services.journal.finish(entry, "completed")
    return snapshot


def _facts(services: Services, request: Request) -> dict[str, str]:
    return {"api_url": services.client.api_url, "instance_id": request.instance_id}


def _taken_before(services: Services, request: Request) -> tuple[Entry, str] | None:
    """The snapshot of an earlier run of this owner that did not see its end."""
    entries = services.journal.unfinished(KIND, request.owner, _facts(services, request))
    for entry in reversed(entries):
        found = _effect(services, request, entry)
        if found is not None:
            services.report(f"taking up snapshot {found}, begun by an earlier run")
            return entry, found
        services.journal.finish(entry, "no effect found")
    return None


def _effect(services: Services, request: Request, entry: Entry) -> str | None:
    """The id of what this entry made, if it is still of use."""
    if entry.answer is None:
        return _begun_since(services, request, entry)
    try:
        snapshot = services.client.snapshots.get(request.instance_id, entry.answer["snapshot_id"])
    except NotFound:
        return None
    return None if snapshot.status in DEAD else snapshot.id


def _begun_since(services: Services, request: Request, entry: Entry) -> str | None:
    """An on-demand snapshot that is not older than the intent: ours, or as good as ours."""
    for day in days_back(services.clock.now(), 2):
        for snapshot in services.client.snapshots.list(request.instance_id, day):
            young = snapshot.timestamp is not None and snapshot.timestamp >= entry.began_at - _SKEW
            if snapshot.profile == AD_HOC and young and snapshot.status not in DEAD:
                return snapshot.id
    return None


def _take(services: Services, request: Request) -> tuple[Entry, str]:
    entry = services.journal.begin(KIND, request.owner, _facts(services, request))
    waiter = services.waiter(request.patience_seconds)
    services.report(f"taking a snapshot of instance {request.instance_id}")
    try:
        snapshot_id = when_not_busy(
            lambda: services.client.snapshots.take(request.instance_id),
            waiter,
            f"snapshot of instance {request.instance_id}",
        )
    except LostAnswer as lost:
        return entry, _after_lost_answer(services, request, entry, lost)
    except AuraError:
        services.journal.finish(entry, "not taken")
        raise
    services.journal.record_answer(entry, {"snapshot_id": snapshot_id})
    return entry, snapshot_id


def _after_lost_answer(services: Services, request: Request, entry: Entry, lost: LostAnswer) -> str:
    found = _begun_since(services, request, entry)
    if found is None:
        raise Transient(
            f"Aura did not answer the request for a snapshot of instance {request.instance_id}, "
            "and none has appeared. It was not asked for again.",
            way_out="Run again: the next run looks for it first.",
            status=lost.status,
            request_id=lost.request_id,
        ) from lost
    services.journal.record_answer(entry, {"snapshot_id": found})
    return found
