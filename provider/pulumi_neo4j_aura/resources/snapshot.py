"""The resource `Snapshot`: one on-demand snapshot of an instance."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi.dynamic import Resource

from pulumi_neo4j_aura.resources import identity
from pulumi_neo4j_aura.resources.core.values import without_nones
from pulumi_neo4j_aura.resources.providers import SnapshotProvider

_OUTPUTS = (
    "snapshot_id",
    "timestamp",
    "status",
    "profile",
    "exportable",
    "exportable_until",
    "available",
)


class Snapshot(Resource, module="neo4jaura", name="Snapshot"):
    """Takes a snapshot on demand and waits until Aura calls it Completed.

    A snapshot that Aura expired stays in the state with `available=False`; that is not drift.
    Destroying the resource forgets the snapshot: Aura has no call to delete one.
    """

    instance_id: pulumi.Output[str]
    snapshot_id: pulumi.Output[str]
    #: When it was taken, ISO 8601.
    timestamp: pulumi.Output[str]
    status: pulumi.Output[str]
    profile: pulumi.Output[str]
    #: Whether an instance can be created from it now.
    exportable: pulumi.Output[bool]
    #: Until when, by the documentation's retention table; missing when not known.
    exportable_until: pulumi.Output[str | None]
    #: Whether Aura still has it.
    available: pulumi.Output[bool]

    def __init__(
        self,
        resource_name: str,
        *,
        instance_id: pulumi.Input[str],
        triggers: Mapping[str, pulumi.Input[str]] | None = None,
        wait_timeout: pulumi.Input[str] = "30m",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a snapshot.

        Args:
            resource_name: Pulumi's name of the resource.
            instance_id: the instance to take it of; it must be running.
            triggers: any values; changing one takes another snapshot.
            wait_timeout: how long to wait for it, such as `30m`.
            opts: Pulumi's resource options.
        """
        props: dict[str, object] = without_nones(
            {
                "instance_id": instance_id,
                "triggers": dict(triggers) if triggers else None,
                "wait_timeout": wait_timeout,
                "owner": identity.owner_of("Snapshot", resource_name, opts),
            }
        )
        props |= dict.fromkeys(_OUTPUTS)
        super().__init__(SnapshotProvider(), resource_name, props, opts)
