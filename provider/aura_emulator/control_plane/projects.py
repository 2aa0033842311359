"""Projects: what they offer and what they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aura_emulator.control_plane import lifecycle
from aura_emulator.control_plane.errors import instance_limit, tenant_incapable
from aura_emulator.control_plane.regions import region_name
from aura_emulator.control_plane.sizes import written
from aura_emulator.control_plane.tiers import TIERS, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Project

Configuration = dict[str, str]


def tiers(project: Project) -> tuple[str, ...]:
    """The instance types a project may use."""
    return tuple(TIERS) if project.types is None else project.types


def configurations(types: tuple[str, ...]) -> tuple[Configuration, ...]:
    """`instance_configurations`: what can be created of some types (GET /tenants/{tenantId})."""
    return tuple(item for name in types for item in _of_tier(TIERS[name]))


def _of_tier(tier: Tier) -> Iterator[Configuration]:
    places = ((cloud, region) for cloud, regions in tier.regions.items() for region in regions)
    for cloud, region in places:
        for version in tier.versions:
            for memory in tier.memory:
                for storage in tier.storages(memory, cloud, version):
                    yield {
                        "region": region,
                        "region_name": region_name(region),
                        "type": tier.type,
                        "memory": written(memory),
                        "storage": written(storage),
                        "version": version,
                        "cloud_provider": cloud,
                    }


def require_room(aura: Aura, project: Project, tier: Tier) -> None:
    """Refuse an instance beyond a limit: Free has one per account, projects have their own."""
    lifecycle.settle_due(aura)
    count = aura.store.count_instances
    if tier.quota is not None and count(type_=tier.type) >= tier.quota:
        raise instance_limit(f"You have reached the limit of {tier.quota} {tier.type} instances")
    limit = project.quotas.get(tier.type)
    if limit is not None and count(project.id, tier.type) >= limit:
        raise instance_limit(f"The project has reached its limit of {limit} {tier.type} instances")
    if project.max_instances is not None and count(project.id) >= project.max_instances:
        raise instance_limit(
            f"The project has reached its limit of {project.max_instances} instances"
        )


def metrics_endpoint(aura: Aura, project: Project) -> str:
    """The project's metrics endpoint, if any instance in it has metrics."""
    lifecycle.settle_due(aura)
    measured = (tier.type for tier in TIERS.values() if tier.metrics)
    if not any(aura.store.count_instances(project.id, name) for name in measured):
        raise tenant_incapable("The project has no instance with metrics integration")
    return f"https://customer-metrics-api.neo4j.io/api/v1/{project.id}/metrics"
