"""A backup policy: published into the vault, planned in previews, and enforced elsewhere.

An `up` that changes nothing asks nobody anything. What is unmet shows as drift: the class registers
a constant input `unmet=[]`, and a read returns the codes of its findings there instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_neo4j_aura import bootstrap, policy_document
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.errors import AuraError, NotFound, Permanent
from pulumi_neo4j_aura.execution.actions.outcome import told
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning import conflicts, findings
from pulumi_neo4j_aura.planning.plan import Action, ExportSnapshot, Plan, Severity, TakeSnapshot
from pulumi_neo4j_aura.reconciler.passes import Reconciler
from pulumi_neo4j_aura.resources.core import vaults
from pulumi_neo4j_aura.resources.core.results import Checked, Created, Diffed, Failure, Found, Gone
from pulumi_neo4j_aura.resources.core.values import (
    Properties,
    Unknown,
    holds_unknown,
    without_nones,
)
from pulumi_neo4j_aura.vault import policies
from pulumi_neo4j_aura.vault.policies import Published

INPUT_KEYS = frozenset({"document", "reconcile_on_up", "wait_timeout", "unmet"})

#: How long one pass of `reconcile_on_up` may wait for Aura, in seconds.
_PATIENCE = 1800.0

#: Stands for an id that is not known yet, while the rest of the document is looked at.
_LATER = "not-known-yet"


def check(services: Services, olds: Properties, news: Properties) -> Checked:
    """All that is wrong with the policy; and, when it is new or changed, what it would do now."""
    news = {"reconcile_on_up": False, **without_nones(news), "unmet": []}
    try:
        policy = policy_document.parse(_known(news["document"]), "the policy")
    except Permanent as error:
        return Checked(news, (Failure("document", str(error)),))
    failures = tuple(
        Failure("document", f"{each.rule}: {each.message} {each.way_out}".strip())
        for each in conflicts.find(policy, (), services.clock.now())
    )
    if failures or holds_unknown(news):
        return Checked(news, failures)
    canonical = policy_document.to_document(policy)
    made = {**news, "document": canonical}
    if olds.get("document") == canonical:
        return Checked(made)
    return Checked(made, notes=_preview(services, policy))


def _known(value: Any) -> Any:
    """The document with something in the place of what is not known yet."""
    if isinstance(value, Unknown):
        return _LATER
    if isinstance(value, Mapping):
        return {key: _known(part) for key, part in value.items()}
    return [_known(part) for part in value] if isinstance(value, list) else value


def _preview(services: Services, policy: Policy) -> tuple[str, ...]:
    """What it would do, one line for each. Not being able to tell is no reason against it."""
    try:
        plan = _reconciler(services, policy).plan()
    except AuraError as error:
        return (f"what policy {policy.name} would do now cannot be told: {error}",)
    return tuple(_lines(plan, policy))


def _lines(plan: Plan, policy: Policy) -> list[str]:
    lines = [f"{each.instance_name}: {each.key}: {each.reason}" for each in plan.actions]
    lines += [f"{each.action.key} is refused: {each.reason}" for each in plan.refused]
    lines += [
        f"{each.severity.value}: {each.instance_name or policy.name}: {each.message} [{each.code}]"
        for each in plan.findings
        if each.policy in {policy.name, ""} and each.code != findings.UNPROTECTED
    ]
    return lines or [f"policy {policy.name} asks for nothing now"]


def diff(olds: Properties, news: Properties) -> Diffed:
    """Another name or target is another policy; everything else is another version of it."""
    old, new = olds.get("document") or {}, news.get("document") or {}
    changed = [key for key in ("name", "target") if _differs(old.get(key), new.get(key))]
    return Diffed(("document",) if changed else ())


def _differs(old: object, new: object) -> bool:
    return not isinstance(new, Unknown) and old != new


def create(services: Services, values: Properties) -> Created:
    """Publish it, and say what is unmet. Enforcing it is the reconciler's work.

    Raises:
        AuraError: the target is no vault or cannot be written.
    """
    policy = _policy(values)
    return Created(f"{policy.name}@{policy.target}", _publish(services, policy, values))


def update(services: Services, _id: str, _state: Properties, values: Properties) -> Properties:
    """Publish another version, if it is another, and look again at what is unmet."""
    return _publish(services, _policy(values), values)


def read(services: Services, policy_id: str, state: Properties) -> Found | Gone:
    """The published version and what is unmet by now.

    Raises:
        AuraError: the vault cannot be seen, so nothing can be told.
    """
    policy = _policy(state)
    published = _published(policy)
    if published is None:
        return Gone(policy_id, (f"no policy {policy.name} is published at {policy.target}",))
    document = published.document
    current = policy_document.parse(document, f"policy {policy.name} at {policy.target}")
    plan = _reconciler(services, current).plan()
    kept = {key: value for key, value in state.items() if key in INPUT_KEYS}
    inputs = {
        **kept,
        "document": policy_document.to_document(current),
        "unmet": unmet(plan, current),
    }
    return Found(policy_id, {**state, **inputs, **_outputs(plan, current, published)}, inputs)


def delete(services: Services, _id: str, state: Properties) -> None:
    """Withdraw it. Every copy stays, and from now on nobody makes or prunes any for it.

    Raises:
        AuraError: the vault cannot be written.
    """
    policy = _policy(state)
    vault = vaults.existing(policy.target)
    if any(each.name == policy.name for each in policies.current(vault)):
        policies.withdraw(vault, policy.name, services.clock.now())
    services.report(f"policy {policy.name} is withdrawn; every copy at {policy.target} is kept")


def unmet(plan: Plan, policy: Policy) -> list[str]:
    """The codes of this policy's findings, sorted: what shows as drift."""
    return sorted(
        {
            each.code
            for each in plan.findings
            if each.policy == policy.name and each.severity is not Severity.INFO
        }
    )


def _policy(values: Properties) -> Policy:
    return policy_document.parse(values["document"], "the policy")


def _published(policy: Policy) -> Published | None:
    try:
        found = policies.current(vaults.existing(policy.target))
    except NotFound:
        return None
    return next((each for each in found if each.name == policy.name), None)


def _publish(services: Services, policy: Policy, values: Properties) -> Properties:
    bootstrap.publish(services.settings, (policy,), services.report, claim=False)
    reconciler = _reconciler(services, policy)
    plan = _pass(services, reconciler) if values.get("reconcile_on_up") else reconciler.plan()
    published = _published(policy)
    if published is None:
        raise NotFound(
            f"Policy {policy.name} was published at {policy.target} and is not there.",
            way_out="Look whether somebody withdraws it at the same time.",
        )
    return {**values, **_outputs(plan, policy, published)}


def _pass(services: Services, reconciler: Reconciler) -> Plan:
    """One bounded pass of what only adds: no prune, no deletion. What is left afterwards."""
    applied = reconciler.apply(only=_adds)
    for each in applied.ended:
        services.report(f"{each.action.instance_name}: {told(each.outcome)}")
    return applied.left


def _adds(action: Action) -> bool:
    return isinstance(action, TakeSnapshot | ExportSnapshot)


def _outputs(plan: Plan, policy: Policy, published: Published) -> Properties:
    return without_nones(
        {
            "version": published.version,
            "published_at": published.published_at.isoformat(),
            "next_due": plan.next_due.isoformat() if plan.next_due else None,
            "findings": [
                {
                    "code": each.code,
                    "severity": each.severity.value,
                    "instance_id": each.instance_id,
                    "message": each.message,
                }
                for each in plan.findings
                if each.policy == policy.name
            ],
        }
    )


def _reconciler(services: Services, policy: Policy) -> Reconciler:
    return bootstrap.reconciler(
        services.settings, (policy,), services.report, services.warn, patience_seconds=_PATIENCE
    )
