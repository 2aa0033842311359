"""Where the data of a clone or an overwrite comes from, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aura_emulator.control_plane import access, lifecycle, snapshots
from aura_emulator.control_plane.errors import (
    database_incapable,
    invalid,
    not_exportable,
    smaller_database,
)
from aura_emulator.control_plane.model import Instance, Status
from aura_emulator.control_plane.tiers import LATEST, LEGACY
from aura_emulator.data_plane.interface import Source

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Credential


@dataclass(frozen=True)
class Origin:
    """A source that was found fit; sizes and version as allocated when its data was taken."""

    instance: Instance
    snapshot_id: str | None
    memory: int
    storage: int
    version: str

    @property
    def source(self) -> Source:
        """For the data plane."""
        return Source(self.instance.id, self.snapshot_id)


@dataclass(frozen=True)
class Destination:
    """What the data is to go into."""

    id: str
    project_id: str
    memory: int
    storage: int
    version: str


def find(aura: Aura, credential: Credential, instance_id: str, snapshot_id: str | None) -> Origin:
    """The source: a snapshot that is exportable, or a running instance.

    "Note that the snapshot must be exportable in order to create a new instance with it" (official
    v1 document, POST /instances). Without a snapshot the source's present data is meant, and only a
    running instance has any.
    """
    instance = access.instance(aura, credential, instance_id)
    if instance.type == "free-db":
        raise database_incapable(
            "free-db instances cannot be cloned", aura.switches.capability_status
        )
    if snapshot_id is None:
        lifecycle.require(aura, instance, "clone", Status.RUNNING)
        return Origin(instance, None, instance.memory, instance.storage, instance.version)
    snapshot = snapshots.find(aura, instance, snapshot_id)
    if not snapshots.exportable(snapshot, aura.now()):
        raise not_exportable(snapshot_id, aura.switches.not_exportable_status)
    return Origin(instance, snapshot_id, snapshot.memory, snapshot.storage, snapshot.version)


def require_fits(aura: Aura, origin: Origin, target: Destination) -> None:
    """Refuse other projects, older versions and smaller sizes.

    The size is the allocated one, not that of the data (official v1 document, POST …/overwrite).
    """
    other = origin.instance.project_id != target.project_id
    if other and not aura.switches.clone_across_projects:
        raise invalid("The source instance is in another project", "source_instance_id")
    if origin.version == LATEST and target.version == LEGACY:
        raise invalid(
            f"Cannot clone version {origin.version} into version {target.version}", "version"
        )
    if target.memory < origin.memory or target.storage < origin.storage:
        raise smaller_database(origin.instance.id, target.id)


def hold(aura: Aura, origin: Origin) -> None:
    """While an instance is being cloned from, it takes no other action (response Conflict)."""
    if origin.snapshot_id is None:
        until = aura.now() + aura.switches.operation_seconds
        aura.store.put_instance(replace(origin.instance, locked_until=until))
