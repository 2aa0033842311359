"""An instance as it is declared. None means "not managed": whatever Aura has is fine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeclaredInstance:
    """The declared settings that can be compared with a live instance."""

    project_id: str
    name: str
    cloud_provider: str
    region: str
    type: str
    memory: str
    version: str = "5"
    storage: str | None = None
    vector_optimized: bool | None = None
    graph_analytics_plugin: bool | None = None
    secondaries_count: int | None = None
    cdc_enrichment_mode: str | None = None
    customer_managed_key_id: str | None = None
    paused: bool | None = None


#: Changing one of these means another instance. `type` is special: see `tier.upgrade_in_place`.
IMMUTABLE = (
    "project_id",
    "cloud_provider",
    "region",
    "version",
    "type",
    "customer_managed_key_id",
)
