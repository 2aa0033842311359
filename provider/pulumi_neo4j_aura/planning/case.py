"""One instance under one policy: what was seen of it, and ways to say something about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pulumi_neo4j_aura.domain import status
from pulumi_neo4j_aura.domain.copies import SKEW, objection
from pulumi_neo4j_aura.domain.observed import ObservedExport, ObservedInstance, ObservedVault, Past
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.domain.slot import SlotOutcome
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS, Tier
from pulumi_neo4j_aura.planning.holds import ActiveHold
from pulumi_neo4j_aura.planning.plan import Action, Finding, InstanceStatus, Kept, Severity
from pulumi_neo4j_aura.planning.schedule import Who


@dataclass(slots=True)
class Part:
    """What is planned for one instance; parts are put together in a fixed order."""

    actions: list[Action] = field(default_factory=list)
    slots: list[SlotOutcome] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    status: InstanceStatus | None = None
    next_due: datetime | None = None
    next_rule: str = ""

    def due(self, at: datetime | None, rule: str = "") -> None:
        """Something is due at this time; the soonest is kept."""
        if at is not None and (self.next_due is None or at < self.next_due):
            self.next_due, self.next_rule = at, rule


@dataclass(frozen=True)
class Case:
    """One instance under one policy.

    Attributes:
        exports: the instance's, of this target.
        shared: the policies, if several protect it at the same target.
        held: the holds of every policy of this target that are in force.
    """

    policy: Policy
    instance: ObservedInstance
    vault: ObservedVault
    exports: tuple[ObservedExport, ...]
    now: datetime
    shared: tuple[str, ...] = ()
    held: tuple[ActiveHold, ...] = ()

    @property
    def tier(self) -> Tier | None:
        """Of the instance, where its type is known."""
        return TIERS.get(self.instance.type)

    @cached_property
    def good(self) -> list[ObservedExport]:
        """Its good exports, newest first."""
        found = [each for each in self.exports if objection(each, self.now) is None]
        return sorted(found, key=_age, reverse=True)

    def completed(self) -> Iterator[tuple[datetime, Snapshot]]:
        """Its completed snapshots of the past, with their times."""
        for each in self.instance.snapshots:
            taken = each.timestamp
            if each.completed and taken is not None and taken <= self.now + SKEW:
                yield taken, each

    def who(self, rule: str) -> Who:
        """This instance for one rule of the policy."""
        return Who(self.policy.name, rule, self.instance.id)

    def past(self, rule: str) -> Past:
        """What the journal says of one rule."""
        return self.vault.slots.get((self.policy.name, rule, self.instance.id), Past())

    @property
    def paused(self) -> bool:
        """Nothing is written to it meanwhile, and Aura takes no snapshot of it."""
        return status.normal(self.instance.status) == status.PAUSED

    @property
    def since(self) -> datetime:
        """When the policy was published; now, where it was not yet: then nothing was missed."""
        return self.vault.since.get(self.policy.name, self.now)

    def finding(self, code: str, severity: Severity, message: str, way_out: str = "") -> Finding:
        """A finding about this instance."""
        return Finding(
            code,
            severity,
            message,
            self.policy.name,
            self.instance.id,
            self.instance.name,
            way_out,
        )


def _age(export: ObservedExport) -> tuple[datetime, str]:
    assert export.moment is not None  # noqa: S101 - good copies have one
    return (export.moment, export.export_id)
