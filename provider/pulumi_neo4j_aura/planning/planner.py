"""The plan of everything: a pure function of policies, what was observed, and the time.

An unchanged world gives an empty plan. What is unknown gives findings and no action that depends on
it. The order of the input never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pulumi_neo4j_aura.domain.observed import (
    ObservedExport,
    ObservedInstance,
    ObservedState,
    ObservedVault,
    Sight,
)
from pulumi_neo4j_aura.domain.policy import Mode, Policy
from pulumi_neo4j_aura.planning import (
    conflicts,
    findings,
    guard_single,
    guards,
    holds,
    instance_part,
    selecting,
)
from pulumi_neo4j_aura.planning.case import Case, Part
from pulumi_neo4j_aura.planning.plan import (
    Action,
    DeleteClone,
    ExportSnapshot,
    Finding,
    Plan,
    PruneExport,
    RecreateInstance,
    RefusedAction,
    Severity,
    TakeSnapshot,
)
from pulumi_neo4j_aura.planning.selecting import Selected

Exports = dict[tuple[str, str], list[ObservedExport]]


def plan(policies: Sequence[Policy], observed: ObservedState, at: datetime) -> Plan:
    """What to do at this time in the world as it was observed.

    Args:
        policies: whose rules hold; their names differ.
        observed: one look at the world.
        at: the time that it is made for.
    """
    selected = selecting.select(policies, observed)
    around = _Around(_by_instance(observed.vaults), selecting.overlapping(selected), policies, at)
    parts = [
        instance_part.of_instance(case)
        for each in selected
        for case in _cases(each, observed, around)
    ]
    parts += [_of_policy(each, observed, at) for each in selected]
    found = [*_of_world(selected, observed), *(f for part in parts for f in part.findings)]
    asked = _ordered(parts, policies)
    idle = _idle(asked, policies)
    shown = {each.action.key for each in idle}
    left = [each for each in asked if each.key not in shown]
    guarded = guards.check(left, observed, policies, at)
    return Plan(
        at=at,
        actions=guarded.actions,
        refused=(*guarded.refused, *idle),
        slots=tuple(slot for part in parts for slot in part.slots),
        kept=tuple(kept for part in parts for kept in part.kept),
        findings=tuple(sorted([*found, *_of_refusals(guarded.refused)], key=_weight)),
        statuses=tuple(part.status for part in parts if part.status is not None),
        policies=tuple(sorted((policy.name, policy.version) for policy in policies)),
        cut_short=tuple(each.url for each in observed.vaults if _cut_short(each)),
        next_due=min((part.next_due for part in parts if part.next_due), default=None),
    )


def _cut_short(vault: ObservedVault) -> bool:
    return any(key.startswith("prune ") for key in vault.under_way)


def _by_instance(vaults: Iterable[ObservedVault]) -> Exports:
    found: Exports = {}
    for vault in vaults:
        for export in vault.exports:
            found.setdefault((vault.url, export.instance_id), []).append(export)
    return found


@dataclass(frozen=True, slots=True)
class _Around:
    """What is worked out once for all instances."""

    exports: Exports
    shared: dict[tuple[str, str], tuple[str, ...]]
    policies: Sequence[Policy]
    at: datetime


def _cases(selected: Selected, observed: ObservedState, around: _Around) -> Iterator[Case]:
    policy, at = selected.policy, around.at
    vault = observed.vault(policy.target)
    # One policy's hold binds every policy of the vault.
    here = [each for each in around.policies if each.target == policy.target]
    held = holds.active_in(vault, here, at)
    for instance in selected.instances:
        if instance.id in vault.recreated:
            continue  # it lives on under another id
        place = (policy.target, instance.id)
        mine = tuple(around.exports.get(place, ()))
        yield Case(policy, instance, vault, mine, at, around.shared.get(place, ()), held)


# --- one policy, the world --------------------------------------------------------------------


def _of_policy(selected: Selected, observed: ObservedState, at: datetime) -> Part:
    policy, part = selected.policy, Part()
    vault = observed.vault(policy.target)
    about = {"policy": policy.name}
    if vault.sight is not Sight.PRESENT:
        message = f"The vault {policy.target} could not be seen: {vault.reason}"
        part.findings.append(Finding(findings.VAULT_UNKNOWN, Severity.UNKNOWN, message, **about))
    blind = any(each.sight is Sight.UNKNOWN for each in observed.projects)
    if not selected.instances and not blind:
        message = "It is about no instance at all."
        part.findings.append(Finding(findings.NO_INSTANCES, Severity.WARNING, message, **about))
    names = {each.id: each.name for each in selected.instances}
    for conflict in conflicts.find(policy, selected.instances, at):
        part.findings.append(
            Finding(
                findings.POLICY_CONFLICT,
                Severity.WARNING,
                f"{conflict.rule}: {conflict.message}",
                policy.name,
                conflict.instance_id,
                names.get(conflict.instance_id, ""),
                conflict.way_out,
            )
        )
    if policy.restore_tests:
        message = "Its restore tests are read and kept, and not made by this version."
        part.findings.append(
            Finding(findings.RESTORE_TEST_UNSUPPORTED, Severity.INFO, message, **about)
        )
    for hold in holds.ended(policy, vault, at):
        message = f"The hold {hold.name} on {hold.copy} has ended."
        part.findings.append(Finding(findings.HOLD_ENDED, Severity.INFO, message, **about))
    _clones(selected, observed, at, part)
    return part


def _clones(selected: Selected, observed: ObservedState, at: datetime, part: Part) -> None:
    """Clones that were left behind, in the projects that the policy is about."""
    policy = selected.policy
    projects = {each.project_id for each in selected.instances}
    for each in sorted(observed.clones, key=lambda clone: clone.id):
        old = each.created_at is None or at - each.created_at > policy.limits.max_clone_age
        if each.project_id not in projects or not old:
            continue
        part.findings.append(
            Finding(
                findings.CLONE_LEFTOVER,
                Severity.WARNING,
                f"The clone {each.name} ({each.id}) was left behind and is billed.",
                policy.name,
                each.id,
                each.name,
                "`aura-backup clones --remove` deletes it.",
            )
        )
        part.actions.append(
            DeleteClone(
                policy.name,
                each.id,
                each.name,
                each.project_id,
                policy.target,
                "an export left it behind, and it is billed",
            )
        )


def _of_world(selected: Sequence[Selected], observed: ObservedState) -> Iterator[Finding]:
    for project in sorted(observed.projects, key=lambda each: each.id):
        if project.sight is Sight.UNKNOWN:
            name = f"project {project.id}" if project.id else "any project"
            message = f"The instances of {name} could not be listed: {project.reason}"
            yield Finding(findings.PROJECT_UNKNOWN, Severity.UNKNOWN, message)
    for instance in selecting.unprotected(selected, observed):
        yield _unprotected(instance)
    for (target, instance_id), several in sorted(selecting.overlapping(selected).items()):
        yield Finding(
            findings.OVERLAP,
            Severity.WARNING,
            f"The policies {', '.join(several)} all hold for it at {target}: nothing of it is "
            "pruned.",
            several[0],
            instance_id,
            next(each.name for each in observed.instances if each.id == instance_id),
            "Exclude it in all of them but one.",
        )


def _unprotected(instance: ObservedInstance) -> Finding:
    return Finding(
        findings.UNPROTECTED,
        Severity.INFO,
        "No policy is about it.",
        "",
        instance.id,
        instance.name,
        "Select it in a policy, or exclude it on purpose.",
    )


def _of_refusals(refused: Iterable[RefusedAction]) -> Iterator[Finding]:
    """One finding for each policy and guard that keeps deletes from being done."""
    seen: set[tuple[str, str]] = set()
    for each in refused:
        place = (each.action.policy, each.guard)
        deletes = isinstance(each.action, PruneExport | DeleteClone)
        if not deletes or place in seen or each.guard == guard_single.CLONE_YOUNG:
            continue
        seen.add(place)
        yield Finding(
            findings.DELETES_REFUSED,
            Severity.WARNING,
            f"{each.guard}: {each.reason}",
            each.action.policy,
        )


#: Why nothing is done for a policy that only observes or warns: it is not refused, only shown.
MODE: Final = "mode"


def _idle(actions: Iterable[Action], policies: Iterable[Policy]) -> list[RefusedAction]:
    """What would be done, for policies that do nothing."""
    modes = {policy.name: policy.mode for policy in policies}
    return [
        RefusedAction(each, MODE, f"the policy's mode is {modes[each.policy]}")
        for each in actions
        if modes[each.policy] is not Mode.ENFORCE
    ]


# --- order ------------------------------------------------------------------------------------

_ORDER = (TakeSnapshot, ExportSnapshot, RecreateInstance, DeleteClone, PruneExport)


def _ordered(parts: Iterable[Part], policies: Iterable[Policy]) -> tuple[Action, ...]:
    """First what makes copies, at last what removes them.

    What several policies ask for (two delete a clone in their project) is done once, by one that
    enforces: one that only looks does not stand in its way.
    """
    idle = {policy.name for policy in policies if policy.mode is not Mode.ENFORCE}
    asked = sorted(
        (action for part in parts for action in part.actions),
        key=lambda action: (action.policy in idle, action.policy),
    )
    found: dict[str, Action] = {}
    for action in asked:
        found.setdefault(action.key, action)
    return tuple(sorted(found.values(), key=_place))


def _place(action: Action) -> tuple[int, str, str, str]:
    rank = next(rank for rank, kind in enumerate(_ORDER) if isinstance(action, kind))
    return (rank, action.policy, action.instance_name, action.key)


_SEVERITIES = (Severity.CRITICAL, Severity.UNKNOWN, Severity.WARNING, Severity.INFO)


def _weight(finding: Finding) -> tuple[int, str, str, str, str, str]:
    return (
        _SEVERITIES.index(finding.severity),
        finding.policy,
        finding.instance_name,
        finding.instance_id,
        finding.code,
        finding.message,
    )
