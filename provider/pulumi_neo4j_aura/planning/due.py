"""What an instance's rules ask for now: snapshots to take and exports to make. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain import duration, selection, size
from pulumi_neo4j_aura.domain.copies import SKEW
from pulumi_neo4j_aura.domain.observed import ObservedExport
from pulumi_neo4j_aura.domain.policy import ExportRule, Schedule, SnapshotRule, Take
from pulumi_neo4j_aura.domain.selection import Choice, Skipped, Wanted
from pulumi_neo4j_aura.domain.slot import Ended, Slot, SlotOutcome
from pulumi_neo4j_aura.domain.snapshot import AD_HOC, Snapshot
from pulumi_neo4j_aura.domain.words import counted
from pulumi_neo4j_aura.planning import findings, schedule
from pulumi_neo4j_aura.planning.case import Case, Part
from pulumi_neo4j_aura.planning.plan import ExportSnapshot, Finding, Severity, TakeSnapshot
from pulumi_neo4j_aura.planning.schedule import Due

#: A slot that was not run this long after its time is overdue.
LATE: Final = timedelta(hours=1)

LIVE: Final = "live"
PAUSED: Final = "it is paused: nothing is written to it"


def snapshots(case: Case, rule: SnapshotRule, part: Part) -> None:
    """Take a snapshot when due."""
    asked = _asked(case, rule.schedule, rule.key)
    taken = [at for at, each in case.completed() if each.profile == AD_HOC]
    left = _adopt(asked, max(taken, default=None), "an on-demand snapshot does for it", part)
    part.due(asked.next_at, rule.key)
    if case.paused:
        part.slots += [SlotOutcome(slot, Ended.SKIPPED, PAUSED) for slot in left]
        return
    for slot in left if case.instance.snapshots_seen else ():  # else one may be there already
        part.actions.append(
            TakeSnapshot(
                case.policy.name, case.instance.id, case.instance.name, slot, _reason(slot, case)
            )
        )
    part.findings += _late(case, rule.key, asked, left, findings.SNAPSHOT_OVERDUE)


def exports(case: Case, rule: ExportRule, part: Part) -> None:
    """Export when due, if there is something to export."""
    asked = _asked(case, rule.schedule, rule.key)
    left = _adopt(asked, _made(case), "an export that was made since does for it", part)
    for slot in left:
        _export(case, rule, slot, part)
    part.findings += _late(case, rule.key, asked, left, findings.EXPORT_OVERDUE)
    part.due(asked.next_at, rule.key)


def _adopt(asked: Due, newest: datetime | None, reason: str, part: Part) -> list[Slot]:
    """Settle what needs no effect; the slots that are left to run."""
    part.slots += asked.settle
    done = [slot for slot in asked.run if newest is not None and newest >= slot.due]
    part.slots += [SlotOutcome(slot, Ended.ADOPTED, reason) for slot in done]
    return [slot for slot in asked.run if slot not in done]


def _made(case: Case) -> datetime | None:
    """When the export with the newest data was completed; None: never, or not told.

    One of older data that was made later does for no slot, nor does one from the future.
    """
    made = [
        (each.moment, each.completed_at)
        for each in case.good  # the newest data first
        if each.completed_at is not None and each.completed_at <= case.now + SKEW
    ]
    return max((at for moment, at in made if moment == made[0][0]), default=None)


def _export(case: Case, rule: ExportRule, slot: Slot, part: Part) -> None:
    if _reads_live(case, rule) and case.paused:
        part.slots.append(SlotOutcome(slot, Ended.SKIPPED, PAUSED))
    elif _reads_live(case, rule):
        part.actions.append(_action(case, rule, slot, method=LIVE))
    elif rule.take is Take.NEW and not case.paused:
        part.actions.append(_action(case, rule, slot, take=True))
    elif case.instance.snapshots_seen:  # else a finding says that they are unknown
        _export_newest(case, rule, slot, part)


def _export_newest(case: Case, rule: ExportRule, slot: Slot, part: Part) -> None:
    choice = selection.newest(case.instance.snapshots, Wanted(exportable=True), case.now)
    if choice.snapshot is None:
        part.findings.append(_nothing(case, choice))
        return
    there = next((e for e in case.good if e.snapshot_id == choice.snapshot.id), None)
    if there is not None:
        reason = f"export {there.export_id} is of the newest snapshot that can be exported"
        part.slots.append(SlotOutcome(slot, Ended.ADOPTED, reason))
        return
    newer = _newer(case, choice.snapshot)
    if newer is not None:
        passed = Skipped(choice.snapshot.id, f"is older than the data of export {newer.export_id}")
        part.findings.append(_nothing(case, Choice(None, (passed, *choice.skipped))))
        return
    part.actions.append(_action(case, rule, slot, choice=choice))


def _newer(case: Case, snapshot: Snapshot) -> ObservedExport | None:
    """The export with the newest data, where an export of this snapshot would be a step back."""
    newest = case.good[0] if case.good else None
    if newest is None or newest.moment is None or snapshot.timestamp is None:
        return None
    return newest if newest.moment > snapshot.timestamp else None


def _reads_live(case: Case, rule: ExportRule) -> bool:
    unclonable = case.tier is not None and not case.tier.clonable
    return rule.method == LIVE or (rule.method == "auto" and unclonable)


def _action(
    case: Case,
    rule: ExportRule,
    slot: Slot,
    *,
    method: str = "",
    take: bool = False,
    choice: Choice | None = None,
) -> ExportSnapshot:
    snapshot = choice.snapshot if choice else None
    cloned = method != LIVE
    return ExportSnapshot(
        policy=case.policy.name,
        instance_id=case.instance.id,
        instance_name=case.instance.name,
        project_id=case.instance.project_id,
        target=case.policy.target,
        slot=slot,
        reason=_reason(slot, case),
        snapshot_id=snapshot.id if snapshot else "",
        take=take,
        method=method or rule.method,
        clone_memory=rule.clone_memory if cloned else None,
        recipients=case.policy.recipients,
        gigabytes=size.gigabytes(rule.clone_memory or case.instance.memory or "")
        if cloned
        else None,
        skipped=choice.skipped if choice else (),
    )


def _reason(slot: Slot, case: Case) -> str:
    age = duration.show(max((case.now - slot.due).total_seconds(), 0))
    return f"{slot.rule.partition(' ')[0]} were due at {slot.due:%Y-%m-%d %H:%M}Z, {age} ago"


def _nothing(case: Case, choice: Choice) -> Finding:
    skipped = "; ".join(f"{each.snapshot_id} {each.reason}" for each in choice.skipped[:3])
    return case.finding(
        findings.NOTHING_TO_EXPORT,
        Severity.WARNING,
        f"An export is due and no snapshot can be exported ({skipped or 'there is none'}).",
        "Say `take: new` in the export rule, so that one is taken for it.",
    )


def _asked(case: Case, times: Schedule, rule: str) -> Due:
    return schedule.due(times, case.who(rule), case.past(rule), case.since, case.now)


def _late(case: Case, rule: str, asked: Due, left: list[Slot], code: str) -> Iterator[Finding]:
    """A finding where a slot was missed, or waits for longer than it should."""
    past = case.past(rule)
    late = [slot for slot in left if case.now - slot.at > LATE]
    missed = [each for each in asked.settle if each.ended is Ended.MISSED]
    if past.failures:
        message = f"{rule}: it failed {counted(past.failures, 'time')} in a row: {past.problem}"
    elif late:
        message = f"{rule}: it was due at {late[0].due:%Y-%m-%d %H:%M}Z and is not done."
    elif missed and not left:
        slot = f"{missed[0].slot.due:%Y-%m-%d %H:%M}Z"
        message = f"{rule}: the slot of {slot} was missed: {missed[0].reason}."
    elif past.missed and not left and not asked.run:
        message = f"{rule}: its last slot was missed, and none was made since."
    else:
        return
    way_out = "`aura-backup apply` does what is due; a daemon or a cron job does it in time."
    yield case.finding(code, Severity.WARNING, message, way_out)
