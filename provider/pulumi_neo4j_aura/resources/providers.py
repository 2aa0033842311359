"""The provider classes. Their module and names are written into every user's state.

Never rename or move them; add an alias if something must move. A test pins the pickled strings.
"""

from __future__ import annotations

from typing import ClassVar

from pulumi_neo4j_aura.resources.adapter import Core, CoreProvider
from pulumi_neo4j_aura.resources.core import (
    backup_policy,
    export,
    export_target,
    instance_readiness,
    instance_request,
    snapshot,
)


class InstanceRequestProvider(CoreProvider):
    """Serves `instance_request`."""

    core: ClassVar[Core] = instance_request


class InstanceReadinessProvider(CoreProvider):
    """Serves `instance_readiness`."""

    core: ClassVar[Core] = instance_readiness


class SnapshotProvider(CoreProvider):
    """Serves `snapshot`."""

    core: ClassVar[Core] = snapshot


class ExportTargetProvider(CoreProvider):
    """Serves `export_target`."""

    core: ClassVar[Core] = export_target
    proof: ClassVar[str] = "vault_id"


class ExportProvider(CoreProvider):
    """Serves `export`."""

    core: ClassVar[Core] = export
    proof: ClassVar[str] = "export_id"


class BackupPolicyProvider(CoreProvider):
    """Serves `backup_policy`."""

    core: ClassVar[Core] = backup_policy
    proof: ClassVar[str] = "version"
