"""The configuration of an instance: what a create asks for, and whether its tier offers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from aura_emulator.control_plane import projects
from aura_emulator.control_plane.errors import (
    AuraError,
    database_incapable,
    invalid,
    invalid_memory_size,
    tier_invalid,
)
from aura_emulator.control_plane.sizes import written
from aura_emulator.control_plane.tiers import CLOUDS, TIERS, VECTOR_MIN_MEMORY, Tier

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Project
    from aura_emulator.control_plane.requests import Body


@dataclass(frozen=True)
class Wanted:
    """A create request that is well formed; whether it is offered is another question."""

    name: str
    tenant_id: str
    type: str
    version: str
    cloud_provider: str
    region: str
    memory: int
    storage: int | None
    vector_optimized: bool | None
    graph_analytics_plugin: bool | None
    source_instance_id: str | None
    source_snapshot_id: str | None
    customer_managed_key_id: str | None

    @property
    def tier(self) -> Tier:
        """The tier asked for."""
        return TIERS[self.type]


def read(body: Body) -> Wanted:
    """A create request (official v1 document, POST /instances); names every mistake at once."""
    body.require("version", "region", "name", "type", "tenant_id", "cloud_provider")
    tier_type = body.choice("type", tuple(TIERS))
    if tier_type != "free-db":
        body.require("memory")  # Free has one size; a published client leaves it out there
    if "source_snapshot_id" in body and "source_instance_id" not in body:
        body.wrong("source_snapshot_id needs source_instance_id", "source_instance_id")
    found = {
        "name": body.name(),
        "tenant_id": body.text("tenant_id"),
        "type": tier_type,
        "version": body.text("version"),
        "cloud_provider": body.choice("cloud_provider", CLOUDS),
        "region": body.text("region"),
        "memory": body.size("memory"),
        "storage": body.size("storage"),
        "vector_optimized": body.flag("vector_optimized"),
        "graph_analytics_plugin": body.flag("graph_analytics_plugin"),
        "source_instance_id": body.text("source_instance_id"),
        "source_snapshot_id": body.text("source_snapshot_id"),
        "customer_managed_key_id": body.text("customer_managed_key_id"),
    }
    body.check()
    if found["memory"] is None:
        found["memory"] = TIERS["free-db"].memory[0]
    return Wanted(**cast("dict[str, Any]", found))


def require_offered(aura: Aura, project: Project, wanted: Wanted) -> int:
    """Refuse what the project's `instance_configurations` do not have; the storage to allocate."""
    tier = wanted.tier
    if tier.type not in projects.tiers(project):
        raise tier_invalid(tier.type)
    if wanted.version not in tier.versions:
        raise _not_offered(tier, "version", wanted.version)
    if wanted.cloud_provider not in tier.regions:
        raise _not_offered(tier, "cloud_provider", wanted.cloud_provider)
    if wanted.region not in tier.regions[wanted.cloud_provider]:
        raise _not_offered(tier, "region", wanted.region)
    storage = require_size(
        tier, wanted.cloud_provider, wanted.version, wanted.memory, wanted.storage
    )
    require_options(
        aura,
        tier,
        wanted.memory,
        vector=wanted.vector_optimized,
        plugin=wanted.graph_analytics_plugin,
    )
    return storage


def _not_offered(tier: Tier, field: str, value: str) -> AuraError:
    return invalid(f"{field} {value} is not offered for {tier.type}", field)


def require_size(tier: Tier, cloud: str, version: str, memory: int, storage: int | None) -> int:
    """Refuse a pair of sizes that a tier does not offer; the storage, 1:2 unless given."""
    asked = None if storage is None else written(storage)
    if memory not in tier.memory:
        raise invalid_memory_size(written(memory), asked, tier.type)
    offered = tier.storages(memory, cloud, version)
    if storage is not None and storage not in offered:
        raise invalid_memory_size(written(memory), asked, tier.type)
    return offered[0] if storage is None else storage


def require_options(
    aura: Aura, tier: Tier, memory: int, *, vector: bool | None, plugin: bool | None
) -> None:
    """Refuse vector optimisation and the analytics plugin where a tier or size has none."""
    status = aura.switches.capability_status
    if vector and not tier.vector:
        raise database_incapable(f"{tier.type} cannot be vector optimized", status)
    if vector and memory < VECTOR_MIN_MEMORY:
        raise invalid(
            f"vector_optimized needs at least {written(VECTOR_MIN_MEMORY)} of memory",
            "vector_optimized",
        )
    if plugin and not tier.plugin:
        raise database_incapable(f"{tier.type} has no graph analytics plugin", status)
