"""Environments of one graph: production, staging from its snapshot, development from the newest.

Each is a stack of its own, so that an `up` of staging can never touch production.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import pulumi

import pulumi_neo4j_aura as aura

#: `make up` sets this once, so that there is data before the snapshot is taken.
EMPTY = "AURA_DEMO_EMPTY"
#: A folder or bucket for copies; without it, or without data, none are made and no policy holds.
VAULT = "AURA_DEMO_VAULT"
#: `make down` sets this: switching protection off takes an `up` of its own.
TEARDOWN = "AURA_DEMO_TEARDOWN"


def run() -> None:
    """Build the environment that the stack's settings name."""
    ENVIRONMENTS[pulumi.Config().require("environment")]()


def production() -> None:
    """The instance that everything comes from, and an on-demand snapshot of it."""
    orders = _instance("orders", protected=True)
    _export(orders)
    if EMPTY in os.environ:
        return
    before_release = aura.Snapshot(
        "before-release",
        instance_id=orders.instance_id,
        triggers={"release": pulumi.Config().require("release")},
    )
    pulumi.export("snapshot_id", before_release.snapshot_id)
    pulumi.export("snapshot_timestamp", before_release.timestamp)
    if VAULT in os.environ:
        vault = aura.ExportTarget("vault", url=os.environ[VAULT])
        _keep_a_copy(orders, before_release, vault)
        _protect(orders, "production", vault)


def _keep_a_copy(orders: aura.Instance, snapshot: aura.Snapshot, vault: aura.ExportTarget) -> None:
    """The snapshot's data in storage of the team's own, for longer than Aura keeps it."""
    copy = aura.Export(
        "before-release",
        target=vault,
        instance_id=orders.instance_id,
        snapshot_id=snapshot.snapshot_id,
    )
    pulumi.export("export_id", copy.export_id)
    pulumi.export("export_manifest", copy.manifest)


def _protect(instance: aura.Instance, preset: str, target: aura.ExportTarget | str) -> None:
    """What protection the environment must have; `aura-backup apply` and `watch` see to it."""
    policy = aura.BackupPolicy(
        preset, preset=preset, target=target, instances=[instance.instance_id]
    )
    pulumi.export("findings", policy.findings)
    pulumi.export("next_due", policy.next_due)


def staging() -> None:
    """An instance that comes from production's snapshot."""
    reference = pulumi.StackReference(pulumi.Config().require("productionStack"))
    orders = _instance(
        "orders",
        source=aura.from_snapshot(
            instance_id=reference.require_output("instance_id"),
            snapshot_id=reference.require_output("snapshot_id"),
        ),
    )
    _export(orders)
    if VAULT in os.environ:
        _protect(orders, "staging", os.environ[VAULT])


def development() -> None:
    """An instance from whatever snapshot of production is the newest, found by name."""
    source = aura.find_instance(name=pulumi.Config().require("sourceName"))
    orders = _instance("orders", source=aura.from_snapshot(source.instance_id))
    _export(orders)
    if VAULT in os.environ:
        _protect(orders, "development", os.environ[VAULT])


def _instance(
    resource_name: str, *, source: aura.InstanceSource | None = None, protected: bool = False
) -> aura.Instance:
    config = pulumi.Config()
    return aura.Instance(
        resource_name,
        name=config.require("name"),
        project_id=config.get("projectId"),
        cloud_provider=config.require("cloudProvider"),
        region=config.require("region"),
        type=config.require("type"),
        memory=config.require("memory"),
        source=source,
        deletion_protection=protected and TEARDOWN not in os.environ,
    )


def _export(instance: aura.Instance) -> None:
    pulumi.export("instance_id", instance.instance_id)
    pulumi.export("connection_url", instance.connection_url)
    pulumi.export("password", instance.password)
    pulumi.export("provenance", instance.provenance)


ENVIRONMENTS: Mapping[str, Callable[[], None]] = {
    "production": production,
    "staging": staging,
    "development": development,
}
