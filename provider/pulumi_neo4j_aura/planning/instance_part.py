"""What is planned for one instance under one policy: due work, retention, findings, its status."""

from __future__ import annotations

from typing import assert_never

from pulumi_neo4j_aura.domain.observed import ObservedExport, Sight
from pulumi_neo4j_aura.domain.policy import OnLoss
from pulumi_neo4j_aura.domain.selection import Skipped
from pulumi_neo4j_aura.planning import due, findings, objectives, retention, shortfalls
from pulumi_neo4j_aura.planning.case import Case, Part
from pulumi_neo4j_aura.planning.plan import (
    InstanceStatus,
    PruneExport,
    RecreateInstance,
    Severity,
)


def of_instance(case: Case) -> Part:
    """The part of one instance under one policy: nothing else has to be known for it."""
    part = Part()
    match case.instance.sight:
        case Sight.PRESENT:
            _present(case, part)
        case Sight.ABSENT:
            _absent(case, part)
        case Sight.UNKNOWN:
            reason = f"Whether it exists is unknown: {case.instance.reason}"
            part.findings.append(case.finding(findings.INSTANCE_UNKNOWN, Severity.UNKNOWN, reason))
            _keep_all(case, part, "whether its instance exists is unknown")
        case _:
            assert_never(case.instance.sight)
    part.status = _status(case, part)
    return part


def _present(case: Case, part: Part) -> None:
    if case.vault.sight is Sight.PRESENT:
        for rule in case.policy.snapshots:
            due.snapshots(case, rule, part)
        for each in case.policy.exports:
            due.exports(case, each, part)
        _retain(case, part)
        part.findings += shortfalls.of_copies(case)
    part.findings += objectives.judge(case)
    part.findings += shortfalls.of_aura(case, part)


def _status(case: Case, part: Part) -> InstanceStatus:
    """Of gone and unknown ones too: what is left of them must not fall out of sight."""
    copy, good = objectives.newest_copy(case), case.good
    codes = {each.code for each in part.findings}
    if case.vault.sight is not Sight.PRESENT:
        codes.add(findings.VAULT_UNKNOWN)  # told once for the policy
    return InstanceStatus(
        policy=case.policy.name,
        instance_id=case.instance.id,
        instance_name=case.instance.name,
        newest_copy=copy.moment if copy else None,
        newest_copy_id=copy.id if copy else "",
        newest_export=good[0].moment if good else None,
        newest_export_id=good[0].export_id if good else "",
        rpo_used=objectives.used(case, copy),
        next_due=part.next_due,
        next_rule=part.next_rule,
        findings=tuple(sorted(codes)),
    )


def _retain(case: Case, part: Part) -> None:
    if case.shared:
        _keep_all(case, part, f"the policies {', '.join(case.shared)} all hold for it")
        return
    decided = retention.decide(
        case.policy.name, case.policy.retention, case.exports, case.held, case.now
    )
    part.kept += decided.kept
    part.actions += [
        PruneExport(
            case.policy.name,
            case.instance.id,
            case.instance.name,
            case.policy.target,
            each.export.export_id,
            each.export.key,
            each.reason,
        )
        for each in decided.prune
    ]


def _keep_all(case: Case, part: Part, why: str) -> None:
    name = case.policy.name
    part.kept += retention.keep_all(name, case.exports, case.held, why, case.now).kept


def _absent(case: Case, part: Part) -> None:
    """It is certainly gone: nothing of it is pruned, and the plan says how it could come back."""
    _keep_all(case, part, "its instance is gone: this may be all that is left of it")
    good = case.good
    usable = [each for each in good if each.method != "file"]
    best = usable[0] if usable else None
    part.findings.append(
        case.finding(
            findings.INSTANCE_GONE,
            Severity.CRITICAL,
            f"It is gone; {_left_of(case, best)}.",
            "Take it out of the policy if that is right; else create it from the export.",
        )
    )
    if best is not None and case.policy.on_loss is OnLoss.RECREATE:
        part.actions.append(_recreate(case, best))


def _left_of(case: Case, best: ObservedExport | None) -> str:
    if case.vault.sight is not Sight.PRESENT:
        return "which copies are left of it is unknown, as the vault could not be seen"
    if best is None:
        return "no copy is left"
    return f"it could be created again from export {best.export_id}"


def _recreate(case: Case, best: ObservedExport) -> RecreateInstance:
    others = [each for each in case.exports if each.export_id != best.export_id]
    return RecreateInstance(
        policy=case.policy.name,
        instance_id=case.instance.id,
        instance_name=case.instance.name or best.instance_name,
        project_id=case.instance.project_id or best.project_id,
        target=case.policy.target,
        export_id=best.export_id,
        reason=f"it is gone, and {best.export_id} is its newest good export",
        skipped=tuple(
            Skipped(each.export_id, each.problem or "is older or cannot be written back")
            for each in sorted(others, key=lambda export: export.key)
        ),
    )
