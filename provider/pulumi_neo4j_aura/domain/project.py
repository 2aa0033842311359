"""Projects (Aura's v1 API: tenants) and what they offer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InstanceConfiguration:
    """One combination that a project may create (v1 document, `instance_configurations`)."""

    cloud_provider: str
    region: str
    type: str
    version: str
    memory: str
    storage: str
    region_name: str = ""


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """One row of the project list."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project with everything it may create."""

    id: str
    name: str
    configurations: tuple[InstanceConfiguration, ...] = ()
