"""Instances as Aura shows them, and what can be asked of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InstanceSummary:
    """One row of an instance list; Aura's list carries no status."""

    id: str
    name: str
    project_id: str
    cloud_provider: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as one get saw it. `None` means that Aura did not say, never "off" or "zero"."""

    id: str
    name: str
    status: str
    project_id: str
    cloud_provider: str = ""
    region: str = ""
    type: str = ""
    memory: str | None = None
    storage: str | None = None
    connection_url: str | None = None
    created_at: datetime | None = None
    customer_managed_key_id: str | None = None
    vector_optimized: bool | None = None
    graph_analytics_plugin: bool | None = None
    secondaries_count: int | None = None
    cdc_enrichment_mode: str | None = None
    graph_nodes: int | None = None
    graph_relationships: int | None = None


@dataclass(frozen=True, slots=True)
class NewInstance:
    """What is sent to create an instance (v1 document, POST /instances). None is not sent."""

    project_id: str
    name: str
    cloud_provider: str
    region: str
    type: str
    version: str
    memory: str
    storage: str | None = None
    source_instance_id: str | None = None
    source_snapshot_id: str | None = None
    customer_managed_key_id: str | None = None
    vector_optimized: bool | None = None
    graph_analytics_plugin: bool | None = None


@dataclass(frozen=True, slots=True)
class CreatedInstance:
    """Aura's answer to a create: the only place where the password is ever shown."""

    id: str
    name: str
    project_id: str
    connection_url: str | None
    username: str
    password: str = field(repr=False)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InstanceChanges:
    """Fields of one PATCH; None is not sent."""

    name: str | None = None
    memory: str | None = None
    storage: str | None = None
    vector_optimized: bool | None = None
    graph_analytics_plugin: bool | None = None
    secondaries_count: int | None = None
    cdc_enrichment_mode: str | None = None


@dataclass(frozen=True, slots=True)
class Sizing:
    """Aura's estimate of the size a graph needs (AuraDS types only)."""

    recommended_size: str
    min_required_memory: str
    did_exceed_maximum: bool
