"""How old the newest copy is and how long a restore takes, against what was asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.planning import findings
from pulumi_neo4j_aura.planning.case import Case
from pulumi_neo4j_aura.planning.plan import Finding, Severity


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that counts: a good export, or a snapshot."""

    moment: datetime
    id: str


def newest_copy(case: Case) -> Copy | None:
    """The newest copy that counts for the RPO."""
    loose = case.policy.objectives.count_unexportable
    return max(_copies(case, unexportable=loose), key=_age, default=None)


def _copies(case: Case, *, unexportable: bool) -> Iterator[Copy]:
    for export in case.good[:1]:  # the newest of them
        assert export.moment is not None  # noqa: S101 - good copies have one
        yield Copy(export.moment, export.export_id)
    # Aura deletes the snapshots with the instance.
    for taken, snapshot in () if case.instance.sight is Sight.ABSENT else case.completed():
        if snapshot.exportable or unexportable:
            yield Copy(taken, snapshot.id)


def _age(copy: Copy) -> tuple[datetime, str]:
    return (copy.moment, copy.id)


def used(case: Case, copy: Copy | None) -> float | None:
    """The age of the newest copy as a share of the RPO; None: no RPO, or no copy."""
    rpo = case.policy.objectives.rpo
    return None if rpo is None or copy is None else max((case.now - copy.moment) / rpo, 0.0)


def judge(case: Case) -> Iterator[Finding]:
    """What falls short of the objectives."""
    yield from _rpo(case)
    yield from _rto(case)


def _rpo(case: Case) -> Iterator[Finding]:
    rpo = case.policy.objectives.rpo
    if rpo is None:
        return
    counting = newest_copy(case)
    if counting is not None and case.now - counting.moment <= rpo:
        return
    young = case.instance.created_at is not None and case.now - case.instance.created_at <= rpo
    if counting is None and young:
        return
    told = duration.show(rpo.total_seconds())
    yield (
        _not_seen(case, told)
        or _paused(case, counting)
        or _not_certain(case, rpo)
        or case.finding(
            findings.RPO_EXCEEDED,
            Severity.CRITICAL,
            _no_copy(counting, case.now) + f" The RPO is {told}.",
            "Look why Aura takes none, and take one: `aura-backup apply`.",
        )
    )


def _not_seen(case: Case, told: str) -> Finding | None:
    unseen = _unseen(case)
    if not unseen:
        return None
    message = f"No copy within {told} was seen, and {unseen} could not be seen."
    return case.finding(findings.RPO_UNPROVEN, Severity.UNKNOWN, message)


def _paused(case: Case, counting: Copy | None) -> Finding | None:
    """A copy of a paused instance does not get worse with age, if it is of after the last write."""
    if not case.paused or counting is None:
        return None
    return case.finding(
        findings.RPO_UNPROVEN,
        Severity.WARNING,
        f"{_no_copy(counting, case.now)} The instance is paused, and whether it was written to "
        "after that copy is not known.",
        "Resume it for a new copy, or exclude it while it is paused.",
    )


def _not_certain(case: Case, rpo: timedelta) -> Finding | None:
    unproven = max(_copies(case, unexportable=True), key=_age, default=None)
    if unproven is None or case.now - unproven.moment > rpo:
        return None
    told = duration.show(rpo.total_seconds())
    return case.finding(
        findings.RPO_UNPROVEN,
        Severity.WARNING,
        f"The only copy within {told} is snapshot {unproven.id}, which Aura does not call "
        "exportable: whether it can be restored is not certain.",
        "Take snapshots on demand often enough, or set count_unexportable if you know that "
        "differentials restore.",
    )


def _unseen(case: Case) -> str:
    """Where a newer copy may be that was not seen; empty: nowhere."""
    if not case.instance.snapshots_seen:
        return "its snapshots"
    return "" if case.vault.sight is Sight.PRESENT else "the vault"


def _no_copy(counting: Copy | None, now: datetime) -> str:
    if counting is None:
        return "There is no copy at all."
    age = duration.show((now - counting.moment).total_seconds())
    return f"The newest copy, {counting.id}, is {age} old."


def _rto(case: Case) -> Iterator[Finding]:
    rto = case.policy.objectives.rto
    if rto is None:
        return
    told = duration.show(rto.total_seconds())
    if case.vault.sight is not Sight.PRESENT:
        message = f"Whether a restore takes less than {told} is unknown: the vault has the figures."
        yield case.finding(findings.RTO_UNPROVEN, Severity.UNKNOWN, message)
        return
    taken = case.vault.restore_seconds.get(case.instance.id)
    if taken is None:
        yield case.finding(
            findings.RTO_UNPROVEN,
            Severity.INFO,
            f"No restore was measured yet, so whether one takes less than {told} is not known.",
            "Each export by clone measures one.",
        )
    elif taken > rto:
        yield case.finding(
            findings.RTO_EXCEEDED,
            Severity.WARNING,
            f"The last restore took {duration.show(taken.total_seconds())}; the RTO is {told}.",
            "Make the instance smaller or the objective longer.",
        )
