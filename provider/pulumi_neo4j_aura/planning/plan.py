"""The plan: ordered actions with their reasons, what was decided about each copy, and findings.

A plan is data. It is what `plan` prints, `apply` runs, and Pulumi's view of a policy is made of.
Its checksum stands for everything that would be done, so that an approved plan is the plan that is
applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pulumi_neo4j_aura.domain.selection import Skipped
from pulumi_neo4j_aura.domain.slot import Slot, SlotOutcome

# --- actions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Take a snapshot on demand."""

    policy: str
    instance_id: str
    instance_name: str
    slot: Slot
    reason: str

    @property
    def key(self) -> str:
        """What names this action: equal for every run that wants the same effect."""
        return f"take-snapshot {self.slot.id}"


@dataclass(frozen=True, slots=True)
class ExportSnapshot:
    """Export a snapshot (`snapshot_id`), one taken for it (`take`), or the running instance.

    `gigabytes`: the clone's size, which is billed while it lives; None: no clone, or not known.
    """

    policy: str
    instance_id: str
    instance_name: str
    project_id: str
    target: str
    slot: Slot
    reason: str
    snapshot_id: str = ""
    take: bool = False
    method: str = "auto"
    clone_memory: str | None = None
    recipients: tuple[str, ...] = ()
    gigabytes: float | None = None
    skipped: tuple[Skipped, ...] = ()

    @property
    def key(self) -> str:
        """What names this action: equal for every run that wants the same effect."""
        return f"export {self.slot.id}"


@dataclass(frozen=True, slots=True)
class PruneExport:
    """Remove one export from the vault."""

    policy: str
    instance_id: str
    instance_name: str
    target: str
    export_id: str
    manifest_key: str
    reason: str

    @property
    def key(self) -> str:
        """What names this action: equal for every run that wants the same effect."""
        return f"prune {self.target} {self.export_id}"


@dataclass(frozen=True, slots=True)
class DeleteClone:
    """Delete a clone that an export of ours left behind."""

    policy: str
    instance_id: str
    instance_name: str
    project_id: str
    target: str
    reason: str

    @property
    def key(self) -> str:
        """What names this action: equal for every run that wants the same effect."""
        return f"delete-clone {self.instance_id}"


@dataclass(frozen=True, slots=True)
class RecreateInstance:
    """Create a lost instance again from its best export; only where the policy says so."""

    policy: str
    instance_id: str
    instance_name: str
    project_id: str
    target: str
    export_id: str
    reason: str
    skipped: tuple[Skipped, ...] = ()

    @property
    def key(self) -> str:
        """What names this action: equal for every run that wants the same effect."""
        return f"recreate {self.instance_id}"


#: Restores and restore tests will join these.
Action = TakeSnapshot | ExportSnapshot | PruneExport | DeleteClone | RecreateInstance


@dataclass(frozen=True, slots=True)
class RefusedAction:
    """An action that a guard does not let through. `guard`: its stable code.

    `approvable`: a person may let it through by approving this very plan.
    """

    action: Action
    guard: str
    reason: str
    approvable: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A copy that stays, with every reason why."""

    export_id: str
    instance_id: str
    policy: str
    reasons: tuple[str, ...]


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    #: It could not be told. Neither good nor bad, and never shown as good.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which reality falls short of the policy. `code` is stable (docs/reference)."""

    code: str
    severity: Severity
    message: str
    policy: str = ""
    instance_id: str = ""
    instance_name: str = ""
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """What `status` shows of one protected instance. None: none, or not known (see findings)."""

    policy: str
    instance_id: str
    instance_name: str
    newest_copy: datetime | None
    newest_copy_id: str
    newest_export: datetime | None
    newest_export_id: str
    #: Age of the newest copy that counts for the RPO, as a fraction of the RPO; None: no RPO.
    rpo_used: float | None
    next_due: datetime | None
    next_rule: str
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, in order, and why; what not to do, and why; what is wrong."""

    at: datetime
    actions: tuple[Action, ...] = ()
    refused: tuple[RefusedAction, ...] = ()
    slots: tuple[SlotOutcome, ...] = ()
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    statuses: tuple[InstanceStatus, ...] = ()
    #: Names and versions of the policies that it was made from.
    policies: tuple[tuple[str, str], ...] = ()
    #: When something is due next, by what is known now.
    next_due: datetime | None = None
    #: Targets in which a removal was cut short, and is to be ended.
    cut_short: tuple[str, ...] = ()
