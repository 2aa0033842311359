"""What was seen of the world, with three answers: present, absent, unknown.

Nothing here guesses: what could not be seen whole is UNKNOWN with the reason, and whoever plans
deletes nothing then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from pulumi_neo4j_aura.domain.snapshot import Snapshot


class Sight(StrEnum):
    """How something was seen."""

    PRESENT = "present"
    #: Certainly not there: two agreeing readings (design decision 5).
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ObservedInstance:
    """One instance and its snapshots.

    Attributes:
        sight: of the instance itself. ABSENT and UNKNOWN ones carry what was last known.
        reason: why it is not PRESENT, or why its snapshots are not known.
        status: Aura's, or empty when it was only listed.
        snapshots: as far as they are known, in any order; remembered days included.
        snapshots_seen: whether the snapshots are known whole. False: unknown, not "none".
    """

    id: str
    name: str
    project_id: str
    sight: Sight = Sight.PRESENT
    reason: str = ""
    type: str = ""
    status: str = ""
    memory: str | None = None
    created_at: datetime | None = None
    snapshots: tuple[Snapshot, ...] = ()
    snapshots_seen: bool = True


@dataclass(frozen=True, slots=True)
class ObservedExport:
    """One export in the vault, from its manifest.

    Attributes:
        moment: the time whose data it holds; None where the manifest cannot be read.
        good: whether it counts as a copy: its manifest reads and its objects are there, as far as
            was looked. Adopted files count as good.
        problem: why it is not good.
        proven_at: when a restore test of it passed last.
        ours: whether this tool made or adopted it. Others are never pruned.
    """

    export_id: str
    key: str
    instance_id: str
    instance_name: str
    moment: datetime | None
    method: str = "clone"
    snapshot_id: str = ""
    completed_at: datetime | None = None
    consistent: bool = True
    good: bool = True
    problem: str = ""
    proven_at: datetime | None = None
    ours: bool = True
    stored_bytes: int = 0
    nodes: int = 0
    relationships: int = 0
    project_id: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class MissingExport:
    """An export that a policy made, that nobody pruned through this tool, and that is not there."""

    export_id: str
    instance_id: str
    moment: datetime


@dataclass(frozen=True, slots=True)
class ObservedClone:
    """A throwaway instance that some export made. `age` None: Aura does not say."""

    id: str
    name: str
    project_id: str
    created_at: datetime | None = None
    #: Whether the journal knows of it, here or in the vault: only then is it ours for certain.
    ours: bool = True
    #: The export that it was made for, where the journal says so.
    export_id: str = ""


@dataclass(frozen=True, slots=True)
class StoredHold:
    """A hold that was put down in the vault by `aura-backup hold add`."""

    name: str
    copy: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What the journal says of one rule for one instance.

    Attributes:
        settled: due time of the newest slot whose outcome is recorded.
        failed_at: when the newest try of an unsettled slot failed, and `failures` how many in a
            row: so that a failing rule is retried with growing gaps, and shows.
        missed: whether the newest settled slot was missed.
    """

    settled: datetime | None = None
    failed_at: datetime | None = None
    failures: int = 0
    problem: str = ""
    missed: bool = False


@dataclass(frozen=True, slots=True)
class ObservedVault:
    """One target. Everything below `sight` means nothing unless it is PRESENT.

    Attributes:
        slots: by (policy name, rule key, instance id).
        since: when each policy (by name) was first published here.
        deletes: times of the prunes of the last 24 h, by policy name.
        restore_seconds: newest measured time from a create to a usable instance, by source
            instance id: each export by clone measures it.
        recreated: ids of lost instances that were created again, and their new ids.
        under_way: keys of actions whose intent is written and whose outcome is not.
        missing: exports that the journal says were made, and that somebody else removed, by
            instance id.
    """

    url: str
    sight: Sight = Sight.PRESENT
    reason: str = ""
    exports: tuple[ObservedExport, ...] = ()
    holds: tuple[StoredHold, ...] = ()
    slots: Mapping[tuple[str, str, str], Past] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    deletes: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    restore_seconds: Mapping[str, timedelta] = field(default_factory=dict)
    recreated: Mapping[str, str] = field(default_factory=dict)
    under_way: frozenset[str] = frozenset()
    missing: Mapping[str, tuple[MissingExport, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObservedProject:
    """One project's list of instances. UNKNOWN: it could not be listed whole."""

    id: str
    name: str = ""
    sight: Sight = Sight.PRESENT
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ObservedState:
    """One look at the world. `at` is when it was taken, on the clock that plans are made with."""

    at: datetime
    projects: tuple[ObservedProject, ...] = ()
    instances: tuple[ObservedInstance, ...] = ()
    clones: tuple[ObservedClone, ...] = ()
    vaults: tuple[ObservedVault, ...] = ()

    def vault(self, url: str) -> ObservedVault:
        """The vault at a URL; one that was not looked at is UNKNOWN."""
        found = next((each for each in self.vaults if each.url == url), None)
        return found or ObservedVault(url, Sight.UNKNOWN, "it was not looked at")
