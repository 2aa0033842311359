"""Which instances a policy is about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pulumi_neo4j_aura.domain.observed import ObservedInstance, ObservedState, Sight
from pulumi_neo4j_aura.domain.policy import Policy, Selector


@dataclass(frozen=True, slots=True)
class Selected:
    """One policy and its instances, by name and id. Gone and unknown ones are among them."""

    policy: Policy
    instances: tuple[ObservedInstance, ...]


def selects(selector: Selector, instance_id: str, name: str, project_id: str) -> bool:
    """Whether an instance is meant. Exclusions win over everything."""
    if any(each == instance_id or fnmatchcase(name, each) for each in selector.exclude):
        return False
    if instance_id in selector.ids:
        return True
    if selector.project and selector.project != project_id:
        return False
    if selector.names:
        return any(fnmatchcase(name, each) for each in selector.names)
    return bool(selector.project) and not selector.ids


def select(policies: Sequence[Policy], observed: ObservedState) -> tuple[Selected, ...]:
    """The instances of each policy, in the order of the policies' names."""
    ordered = sorted(policies, key=lambda policy: policy.name)
    return tuple(Selected(policy, _of(policy, observed.instances)) for policy in ordered)


def _of(policy: Policy, instances: Iterable[ObservedInstance]) -> tuple[ObservedInstance, ...]:
    found = [
        each for each in instances if selects(policy.instances, each.id, each.name, each.project_id)
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.id)))


def overlapping(selected: Sequence[Selected]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Instances that several policies protect at the same target: (target, id) → policies."""
    names: dict[tuple[str, str], list[str]] = {}
    for each in selected:
        for instance in each.instances:
            names.setdefault((each.policy.target, instance.id), []).append(each.policy.name)
    return {place: tuple(found) for place, found in names.items() if len(found) > 1}


def unprotected(
    selected: Sequence[Selected], observed: ObservedState
) -> tuple[ObservedInstance, ...]:
    """Instances that no policy is about, by name and id."""
    covered = {instance.id for each in selected for instance in each.instances}
    found = [
        each
        for each in observed.instances
        if each.id not in covered and each.sight is Sight.PRESENT
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.id)))
