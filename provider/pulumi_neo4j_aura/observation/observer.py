"""Look at everything that some policies are about, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.domain.observed import (
    ObservedClone,
    ObservedExport,
    ObservedInstance,
    ObservedProject,
    ObservedState,
    ObservedVault,
    Sight,
)
from pulumi_neo4j_aura.domain.policy import ExportRule, Policy, SnapshotRule
from pulumi_neo4j_aura.domain.slot import Slot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.execution import clones
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.observation import days, exports, lists
from pulumi_neo4j_aura.observation.lists import Listed
from pulumi_neo4j_aura.observation.memory import Memory, SeenInstance
from pulumi_neo4j_aura.observation.need import Need
from pulumi_neo4j_aura.observation.snapshots import Looker
from pulumi_neo4j_aura.planning import schedule, selecting
from pulumi_neo4j_aura.planning.schedule import Who
from pulumi_neo4j_aura.vault.vault import Vault

#: So many instances can be looked at within the rate budget while somebody waits.
FEW: Final = 50


@dataclass(frozen=True, slots=True)
class Observer:
    """Looks at Aura and at vaults.

    Attributes:
        services: whom to ask.
        vaults: by URL; the targets of the policies.
        memory: what earlier looks saw.
        owns_clone: whether the clone with this mark in its name is known to a journal of ours.
        workers: instances looked at beside each other. More gain little: the rate budget binds.
    """

    services: Services
    vaults: Mapping[str, Vault]
    memory: Memory
    owns_clone: Callable[[str], bool] = lambda _owner: False
    workers: int = 4

    def observe(
        self, policies: Sequence[Policy], *, list_age: timedelta = timedelta(), fresh: bool = False
    ) -> ObservedState:
        """One look. What could not be seen is UNKNOWN in the result, and nothing is raised.

        Args:
            policies: whose instances and targets.
            list_age: how old a remembered list of instances may be. Zero: somebody wants to see
                the world as it is; of a few instances all snapshots of the last 24 h are asked for
                as well.
            fresh: ask for the instances and all their snapshots, whatever is remembered.
        """
        now = self.services.clock.now()
        vaults = self._vaults(policies)
        read = [
            lists.read(self.services, self.memory, project, now=now, at_most=list_age)
            for project in _projects(policies)
        ]
        rows = [row for row in _rows(read) if not clones.is_clone(row.name)]
        wanted = [row for row in rows if _selected(policies, row)]
        few = not list_age and len(wanted) <= FEW
        expected = tuple(self._expected(policies, vaults))
        state = ObservedState(
            at=now,
            projects=tuple(_seen_projects(read)),
            instances=(
                *self._look(wanted, _Needs(tuple(policies), vaults, now, few=few, fresh=fresh)),
                *(_listed(row) for row in rows if not _selected(policies, row)),
                *lists.missing(self.services, self.memory, expected, read, now),
            ),
            clones=tuple(self._clone(r) for r in _rows(read) if clones.is_clone(r.name)),
            vaults=vaults,
        )
        self.memory.save()
        return state

    def touched(self, instance_ids: Iterable[str], *, lists: bool = False) -> None:
        """Something was done with these: the next look asks for them.

        Args:
            instance_ids: of the instances.
            lists: whether instances came or went, so that lists are asked for as well.
        """
        if lists:
            self.memory.forget_lists()
        for each in instance_ids:
            seen = self.memory.instance(each)
            if seen is not None:
                self.memory.keep_instance(replace(seen, touched=True))

    def _vaults(self, policies: Sequence[Policy]) -> tuple[ObservedVault, ...]:
        urls = sorted({policy.target for policy in policies})
        return tuple(self._vault(url) for url in urls)

    def _vault(self, url: str) -> ObservedVault:
        found = self.vaults.get(url)
        if found is None:
            return ObservedVault(url, Sight.UNKNOWN, "it could not be opened")
        return exports.observe(found, self.services.clock, url)

    def _look(self, rows: Sequence[InstanceSummary], needs: _Needs) -> tuple[ObservedInstance, ...]:
        looker = Looker(self.services.client, self.memory, _every)
        with ThreadPoolExecutor(self.workers, thread_name_prefix="look") as pool:
            return tuple(pool.map(lambda row: looker.look(row, needs(row), needs.now), rows))

    def _expected(
        self, policies: Sequence[Policy], vaults: Iterable[ObservedVault]
    ) -> Iterator[SeenInstance]:
        """Instances that ought to be there: named by id, or remembered by a vault's exports."""
        known: dict[str, SeenInstance] = {}
        for vault in vaults:
            for each in vault.exports:
                if _remembered_for(policies, vault.url, each):
                    known[each.instance_id] = _from_export(each)
        for policy in policies:
            for instance_id in policy.instances.ids:
                blank = SeenInstance(instance_id, "", policy.instances.project)
                known.setdefault(instance_id, blank)
        for instance_id, seen in known.items():
            yield self.memory.instance(instance_id) or seen

    def _clone(self, row: InstanceSummary) -> ObservedClone:
        owner = row.name.rpartition("~")[2]
        ours = self.owns_clone(owner)
        return ObservedClone(row.id, row.name, row.project_id, row.created_at, ours=ours)


@dataclass(frozen=True, slots=True)
class _Needs:
    """What must be known of each instance: by the rules that are due now, and by who asks."""

    policies: tuple[Policy, ...]
    vaults: tuple[ObservedVault, ...]
    now: datetime
    few: bool
    fresh: bool

    def __call__(self, row: InstanceSummary) -> Need:
        due = list(self._due(row))
        # Any on-demand snapshot since its slot does for a snapshot rule. An export rule takes the
        # newest that can be exported, which every look finds.
        since = [slot.due for rule, run in due if isinstance(rule, SnapshotRule) for slot in run]
        if self.few:
            since.append(self.now - days.STALE)
        return Need(bool(due) or self.few or self.fresh, min(since, default=None), self.fresh)

    def _due(
        self, row: InstanceSummary
    ) -> Iterator[tuple[SnapshotRule | ExportRule, tuple[Slot, ...]]]:
        """The rules that are due for an instance, each with its slots."""
        for policy in self.policies:
            if not selecting.selects(policy.instances, row.id, row.name, row.project_id):
                continue
            vault = next(each for each in self.vaults if each.url == policy.target)
            rules: tuple[SnapshotRule | ExportRule, ...] = (*policy.snapshots, *policy.exports)
            since = vault.since.get(policy.name, self.now)
            for rule in rules:
                who = Who(policy.name, rule.key, row.id)
                past = vault.slots.get((policy.name, rule.key, row.id))
                run = schedule.due(rule.schedule, who, past, since, self.now).run
                if run:
                    yield rule, run


def _projects(policies: Iterable[Policy]) -> tuple[str, ...]:
    """What to list: each project that is named, or everything visible where one is not."""
    named = {policy.instances.project for policy in policies}
    return ("",) if "" in named else tuple(sorted(named))


def _seen_projects(read: Iterable[Listed]) -> Iterator[ObservedProject]:
    """Those that were listed; where everything visible was, those that something is in."""
    named: set[str] = set()
    for each in read:
        yield each.project
        named.add(each.project.id)
    for project in sorted({row.project_id for row in _rows(read)} - named):
        yield ObservedProject(project)


def _rows(read: Iterable[Listed]) -> list[InstanceSummary]:
    return [row for each in read for row in each.rows]


def _selected(policies: Iterable[Policy], row: InstanceSummary) -> bool:
    return any(
        selecting.selects(policy.instances, row.id, row.name, row.project_id) for policy in policies
    )


def _remembered_for(policies: Iterable[Policy], url: str, made: ObservedExport) -> bool:
    return any(
        policy.target == url
        and selecting.selects(
            policy.instances, made.instance_id, made.instance_name, made.project_id
        )
        for policy in policies
    )


def _from_export(made: ObservedExport) -> SeenInstance:
    return SeenInstance(made.instance_id, made.instance_name, made.project_id, type=made.type)


def _listed(row: InstanceSummary) -> ObservedInstance:
    """An instance that no policy is about: its snapshots were not asked for."""
    return ObservedInstance(
        row.id,
        row.name,
        row.project_id,
        created_at=row.created_at,
    )


def _every(instance_type: str) -> timedelta | None:
    tier = TIERS.get(instance_type)
    return tier.scheduled_every if tier else None
