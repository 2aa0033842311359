"""The component `BackupEnvironment`: an instance from a copy, with the policy that protects it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_neo4j_aura.resources.backup_policy import BackupPolicy
from pulumi_neo4j_aura.resources.export_target import ExportTarget
from pulumi_neo4j_aura.resources.instance import Instance
from pulumi_neo4j_aura.resources.sources import InstanceSource

COMPONENT_TYPE = "neo4jaura:index:BackupEnvironment"


class BackupEnvironment(pulumi.ComponentResource):
    """An environment: one instance, where its copies go, and what must hold for them."""

    instance: Instance
    target: ExportTarget | pulumi.Input[str]
    policy: BackupPolicy

    def __init__(
        self,
        resource_name: str,
        *,
        instance: Mapping[str, Any],
        target: ExportTarget | pulumi.Input[str],
        source: InstanceSource | None = None,
        preset: str | None = "staging",
        document: Mapping[str, Any] | None = None,
        reconcile_on_up: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an environment.

        Args:
            resource_name: Pulumi's name of the component, and the beginning of its parts' names.
            instance: the arguments of `Instance`, without `source`.
            target: where its copies go: an `ExportTarget`, or a URL, which is then claimed.
            source: where its data comes from; left out: an empty database.
            preset: the policy under what `document` says: `development`, `staging`, `production`,
                or None for none.
            document: the policy, or what differs from the preset.
            reconcile_on_up: as for `BackupPolicy`.
            opts: Pulumi's resource options.
        """
        super().__init__(COMPONENT_TYPE, resource_name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.instance = Instance(resource_name, **instance, source=source, opts=inside)
        self.target = (
            target
            if isinstance(target, ExportTarget)
            else ExportTarget(f"{resource_name}-target", url=target, opts=inside)
        )
        self.policy = BackupPolicy(
            resource_name,
            target=self.target,
            instances=[self.instance.instance_id],
            document=document,
            preset=preset,
            reconcile_on_up=reconcile_on_up,
            opts=inside,
        )
        self.register_outputs(
            {
                "instance_id": self.instance.instance_id,
                "connection_url": self.instance.connection_url,
                "password": self.instance.password,
                "provenance": self.instance.provenance,
                "findings": self.policy.findings,
                "next_due": self.policy.next_due,
            }
        )
