"""What guards look things up in: one pass over what was seen, kept small.

It does not use what the planner worked out, so that a mistake there is found here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from pulumi_neo4j_aura.domain.observed import (
    ObservedClone,
    ObservedExport,
    ObservedInstance,
    ObservedState,
    ObservedVault,
    Sight,
)
from pulumi_neo4j_aura.domain.policy import Policy, Selector
from pulumi_neo4j_aura.planning import holds
from pulumi_neo4j_aura.planning.plan import Action, PruneExport

#: A guard's code and its reason.
Verdict = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Stock:
    """What one vault has, as far as the plan's prunes touch it.

    Attributes:
        by_id: exports that are to be pruned; more than one for an id that occurs twice.
        by_instance: all exports of each instance that loses one.
        counts: how many good exports of ours each instance has.
        held: holds of the vault and of each policy that exports to it.
    """

    vault: ObservedVault
    by_id: Mapping[str, Sequence[ObservedExport]]
    by_instance: Mapping[str, Sequence[ObservedExport]]
    counts: Mapping[str, int]
    held: Mapping[str, Sequence[holds.ActiveHold]]


@dataclass(frozen=True, slots=True)
class World:
    """What was seen, by id. `unknown`: what could not be seen, in words; empty: nothing."""

    now: datetime
    policies: Mapping[str, Policy]
    unknown: str
    instances: Mapping[str, ObservedInstance]
    clones: Mapping[str, ObservedClone]
    projects: Mapping[str, Sight]
    clones_of: Mapping[str, int]
    vaults: Mapping[str, ObservedVault]
    stocks: Mapping[str, Stock]


def look(
    actions: Sequence[Action],
    observed: ObservedState,
    policies: Sequence[Policy],
    now: datetime,
) -> World:
    """Index what the plan's actions need."""
    prunes = [action for action in actions if isinstance(action, PruneExport)]
    targets = {action.target for action in prunes}
    return World(
        now=now,
        policies={policy.name: policy for policy in policies},
        unknown=_unknown(observed),
        # Of an instance that was seen twice, the worse look counts.
        instances={
            each.id: each
            for each in sorted(observed.instances, key=lambda each: each.sight != Sight.PRESENT)
        },
        clones={each.id: each for each in observed.clones},
        projects={each.id: each.sight for each in observed.projects},
        clones_of=Counter(each.project_id for each in observed.clones),
        vaults={each.url: each for each in observed.vaults},
        stocks={
            each.url: _stock(each, prunes, policies, now)
            for each in observed.vaults
            if each.url in targets
        },
    )


def selects(selector: Selector, instance: ObservedInstance) -> bool:
    """Whether a policy protects this instance, by the words of `Selector`."""

    def fits(globs: Sequence[str]) -> bool:
        return any(fnmatchcase(instance.name, each) for each in globs)

    if instance.id in selector.exclude or fits(selector.exclude):
        return False
    if instance.id in selector.ids:
        return True
    if selector.project and selector.project != instance.project_id:
        return False
    whole_project = bool(selector.project) and not selector.ids and not selector.names
    return whole_project or fits(selector.names)


def _stock(
    vault: ObservedVault, prunes: Sequence[PruneExport], policies: Sequence[Policy], now: datetime
) -> Stock:
    ids = {action.export_id for action in prunes if action.target == vault.url}
    instances = {action.instance_id for action in prunes if action.target == vault.url}
    by_id: dict[str, list[ObservedExport]] = defaultdict(list)
    by_instance: dict[str, list[ObservedExport]] = defaultdict(list)
    for export in vault.exports:
        if export.export_id in ids:
            by_id[export.export_id].append(export)
        if export.instance_id in instances:
            by_instance[export.instance_id].append(export)
    counts = Counter(export.instance_id for export in vault.exports if export.good and export.ours)
    return Stock(vault, by_id, by_instance, counts, _held(vault, policies, now))


def _held(
    vault: ObservedVault, policies: Sequence[Policy], now: datetime
) -> Mapping[str, Sequence[holds.ActiveHold]]:
    """Active holds by what they hold. One policy's hold binds every policy of the vault."""
    found: dict[str, list[holds.ActiveHold]] = defaultdict(list)
    here = (policy for policy in policies if policy.target == vault.url)
    for hold in holds.active_in(vault, here, now):
        found[hold.copy].append(hold)
    return found


def _unknown(observed: ObservedState) -> str:
    found = list(_not_seen(observed))
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more}" if found else ""


def _not_seen(observed: ObservedState) -> Iterator[str]:
    for project in observed.projects:
        if project.sight is Sight.UNKNOWN:
            yield f"project {project.id} could not be seen ({project.reason})"
    for vault in observed.vaults:
        if vault.sight is Sight.UNKNOWN:
            yield f"vault {vault.url} could not be seen ({vault.reason})"
    for instance in observed.instances:
        if instance.sight is Sight.UNKNOWN:
            yield f"instance {instance.name} ({instance.id}) could not be seen ({instance.reason})"
        elif not instance.snapshots_seen:
            yield f"snapshots of {instance.name} ({instance.id}) are not known ({instance.reason})"
