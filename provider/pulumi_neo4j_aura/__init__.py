"""Neo4j Aura backups as code: the names that users need.

Importing this package does nothing but define them; Pulumi is imported when the first resource is
used, so that `aura-backup --help` stays quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_neo4j_aura.errors import AuraError as AuraError
    from pulumi_neo4j_aura.errors import Permanent as Permanent
    from pulumi_neo4j_aura.errors import Refused as Refused
    from pulumi_neo4j_aura.errors import Transient as Transient
    from pulumi_neo4j_aura.resources.backup_environment import (
        BackupEnvironment as BackupEnvironment,
    )
    from pulumi_neo4j_aura.resources.backup_policy import BackupPolicy as BackupPolicy
    from pulumi_neo4j_aura.resources.backup_policy import load_policy as load_policy
    from pulumi_neo4j_aura.resources.export import Export as Export
    from pulumi_neo4j_aura.resources.export_target import ExportTarget as ExportTarget
    from pulumi_neo4j_aura.resources.instance import Instance as Instance
    from pulumi_neo4j_aura.resources.lookups import FoundInstance as FoundInstance
    from pulumi_neo4j_aura.resources.lookups import FoundSnapshot as FoundSnapshot
    from pulumi_neo4j_aura.resources.lookups import find_instance as find_instance
    from pulumi_neo4j_aura.resources.lookups import list_snapshots as list_snapshots
    from pulumi_neo4j_aura.resources.lookups import newest_snapshot as newest_snapshot
    from pulumi_neo4j_aura.resources.provider import Provider as Provider
    from pulumi_neo4j_aura.resources.snapshot import Snapshot as Snapshot
    from pulumi_neo4j_aura.resources.sources import InstanceSource as InstanceSource
    from pulumi_neo4j_aura.resources.sources import Newest as Newest
    from pulumi_neo4j_aura.resources.sources import from_export as from_export
    from pulumi_neo4j_aura.resources.sources import from_instance as from_instance
    from pulumi_neo4j_aura.resources.sources import from_snapshot as from_snapshot

_HOMES = {
    "AuraError": "errors",
    "BackupEnvironment": "resources.backup_environment",
    "BackupPolicy": "resources.backup_policy",
    "Export": "resources.export",
    "ExportTarget": "resources.export_target",
    "FoundInstance": "resources.lookups",
    "FoundSnapshot": "resources.lookups",
    "Instance": "resources.instance",
    "InstanceSource": "resources.sources",
    "Newest": "resources.sources",
    "Permanent": "errors",
    "Provider": "resources.provider",
    "Refused": "errors",
    "Snapshot": "resources.snapshot",
    "Transient": "errors",
    "find_instance": "resources.lookups",
    "from_export": "resources.sources",
    "from_instance": "resources.sources",
    "from_snapshot": "resources.sources",
    "list_snapshots": "resources.lookups",
    "load_policy": "resources.backup_policy",
    "newest_snapshot": "resources.lookups",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - one table for names and homes


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)
