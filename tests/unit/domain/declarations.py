"""Declared instances for tests of rules: one that is fine, and changes to it."""

from dataclasses import replace
from typing import Any

from pulumi_neo4j_aura.domain.declared import DeclaredInstance

FINE = DeclaredInstance(
    project_id="project-1",
    name="orders",
    cloud_provider="gcp",
    region="europe-west1",
    type="professional-db",
    memory="4GB",
)


def declared(**changes: Any) -> DeclaredInstance:
    """The fine one with `changes`."""
    return replace(FINE, **changes)
