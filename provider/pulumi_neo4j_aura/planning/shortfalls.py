"""What falls short around one instance: its copies, Aura's own snapshots, deadlines. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_neo4j_aura.domain.copies import SKEW
from pulumi_neo4j_aura.domain.observed import MissingExport, ObservedExport, Sight
from pulumi_neo4j_aura.domain.words import counted
from pulumi_neo4j_aura.planning import deadlines, findings, retention
from pulumi_neo4j_aura.planning.case import Case, Part
from pulumi_neo4j_aura.planning.plan import Finding, Severity


def of_copies(case: Case) -> Iterator[Finding]:
    """Exports that do not count, and too few that do. Only of a vault that was seen."""
    for each in sorted(case.exports, key=lambda export: export.key):
        if not each.good or each.moment is None:
            yield case.finding(
                findings.COPY_DAMAGED,
                Severity.CRITICAL,
                f"Export {each.export_id} is no good copy: {each.problem}",
                "`aura-backup verify` says more. It counts for nothing and is not pruned.",
            )
        elif each.moment > case.now + SKEW:
            yield case.finding(
                findings.COPY_FROM_THE_FUTURE,
                Severity.WARNING,
                f"Export {each.export_id} says that it is of {each.moment.isoformat()}.",
                "A clock was wrong when it was made, or is now. It counts for nothing.",
            )
    yield from _of_missing(case)
    yield from _of_floor(case)


def _of_missing(case: Case) -> Iterator[Finding]:
    """Exports that would still be kept, if they were there."""
    missing = {each.export_id: each for each in case.vault.missing.get(case.instance.id, ())}
    if not missing:
        return
    whole = [*case.exports, *(_as_it_was(case, each) for each in missing.values())]
    retention_of = case.policy.retention
    kept = retention.decide(case.policy.name, retention_of, whole, case.held, case.now).kept
    for each in kept:
        if each.export_id in missing:
            lost = missing[each.export_id]
            yield case.finding(
                findings.COPY_MISSING,
                Severity.CRITICAL,
                f"Export {lost.export_id} of {lost.moment:%Y-%m-%d %H:%M}Z was made, nobody pruned "
                f"it, and it is not there; the policy keeps it ({'; '.join(each.reasons)}).",
                "Look who deletes at the target (a lifecycle rule?) and bring it back; or give it "
                f"up: `aura-backup forget {lost.export_id}`.",
            )


def _as_it_was(case: Case, missing: MissingExport) -> ObservedExport:
    return ObservedExport(
        missing.export_id, "", missing.instance_id, case.instance.name, missing.moment
    )


def _of_floor(case: Case) -> Iterator[Finding]:
    if not case.policy.exports:
        return
    good, floor = case.good, case.policy.retention.floor
    if len(good) < floor.count:
        yield case.finding(
            findings.FLOOR_SHORT,
            Severity.INFO,
            f"It has {len(good)} of the {floor.count} good exports that are never to be missing.",
            "The next exports make them up.",
        )
    proven = sum(each.proven_at is not None for each in good)
    if proven < floor.proven:
        yield case.finding(
            findings.FLOOR_UNPROVEN,
            Severity.INFO,
            f"{counted(proven, 'export')} passed a restore test, and {floor.proven} are asked for.",
            "Restore tests are not made yet; `aura-backup verify --deep` reads a whole export.",
        )


def of_aura(case: Case, part: Part) -> Iterator[Finding]:
    """What Aura itself should have done, and until when its snapshots can be exported."""
    instance, tier = case.instance, case.tier
    if not instance.snapshots_seen:
        yield case.finding(
            findings.SNAPSHOTS_UNKNOWN,
            Severity.UNKNOWN,
            f"Its snapshots could not be seen: {instance.reason}",
        )
        return
    if tier is None:
        return
    expected = deadlines.expected_at(instance.snapshots, instance.created_at, tier.scheduled_every)
    if expected is not None and not case.paused:
        if expected <= case.now:
            yield case.finding(
                findings.AURA_SNAPSHOT_OVERDUE,
                Severity.WARNING,
                f"Aura's own snapshot was due by {expected:%Y-%m-%d %H:%M}Z and is not there.",
                "Look at the instance in the Aura Console; take one on demand meanwhile.",
            )
        else:
            part.due(expected, "Aura's own snapshot")
    yield from _of_deadline(case)


def _of_deadline(case: Case) -> Iterator[Finding]:
    if not case.policy.exports or case.tier is None or case.vault.sight is not Sight.PRESENT:
        return  # what is exported is unknown, where the vault could not be seen
    exported = max((e.moment for e in case.good if e.moment is not None), default=None)
    waiting = [
        (taken, each)
        for taken, each in case.completed()
        if each.exportable and (exported is None or taken > exported)
    ]
    if not waiting:
        return
    _, newest = max(waiting, key=lambda pair: (pair[0], pair[1].id))
    deadline = deadlines.of(newest, case.tier, case.now)
    if deadline is None or deadline.severity is None:
        return
    yield case.finding(
        findings.EXPORT_DEADLINE,
        deadline.severity,
        f"Snapshot {newest.id} is not exported and can be only until {deadline.until:%Y-%m-%d}: "
        f"{max(deadline.left, 0):.0%} of that time is left.",
        "`aura-backup export` makes a copy of it now.",
    )
