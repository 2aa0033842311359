"""The resource `Export`: one copy of an instance in a vault of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from pulumi_neo4j_aura.resources import identity
from pulumi_neo4j_aura.resources.core.values import without_nones
from pulumi_neo4j_aura.resources.export_target import ExportTarget, url_of
from pulumi_neo4j_aura.resources.providers import ExportProvider

_OUTPUTS = (
    "export_id",
    "manifest",
    "counts",
    "fingerprint",
    "moment",
    "made_by",
    "consistent",
    "encrypted",
    "stored_bytes",
    "objects",
    "clone_gigabyte_hours",
    "vault_id",
    "chosen",
)


class Export(Resource, module="neo4jaura", name="Export"):
    """Exports a snapshot, or a running instance, into a vault.

    A snapshot is cloned into a throwaway instance, which is billed while it lives and deleted
    afterwards. Destroying the resource keeps the copy, unless `retain=False`.
    """

    instance_id: pulumi.Output[str]
    export_id: pulumi.Output[str]
    #: Key of the manifest in the vault.
    manifest: pulumi.Output[str]
    #: `nodes` and `relationships`.
    counts: pulumi.Output[Mapping[str, Any]]
    #: Order-independent digests of the graph.
    fingerprint: pulumi.Output[Mapping[str, Any]]
    #: The time whose data it holds, ISO 8601.
    moment: pulumi.Output[str]
    #: `clone` or `live`: what `method` came to.
    made_by: pulumi.Output[str]
    #: Whether it is one moment; a live read need not be.
    consistent: pulumi.Output[bool]
    encrypted: pulumi.Output[bool]
    stored_bytes: pulumi.Output[int]
    #: How many objects it consists of, without its manifest.
    objects: pulumi.Output[int]
    #: What the clone was billed for; missing when there was none.
    clone_gigabyte_hours: pulumi.Output[float | None]
    vault_id: pulumi.Output[str]
    #: What was chosen when it was first planned: method, snapshot, and those passed over.
    chosen: pulumi.Output[Mapping[str, Any]]

    def __init__(
        self,
        resource_name: str,
        *,
        target: ExportTarget | pulumi.Input[str],
        instance_id: pulumi.Input[str],
        snapshot_id: pulumi.Input[str] | None = None,
        method: pulumi.Input[str] = "auto",
        clone_memory: pulumi.Input[str] | None = None,
        password: pulumi.Input[str] | None = None,
        triggers: Mapping[str, pulumi.Input[str]] | None = None,
        recipients: Sequence[pulumi.Input[str]] | None = None,
        retain: pulumi.Input[bool] = True,
        wait_timeout: pulumi.Input[str] = "60m",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an export.

        Args:
            resource_name: Pulumi's name of the resource.
            target: an `ExportTarget`, or the URL of a vault.
            instance_id: whose data.
            snapshot_id: which snapshot; left out or `newest`: the newest exportable one, chosen
                once, when the export is first planned.
            method: `clone`, `live` (the running instance, not one moment), or `auto`: clone where
                Aura allows it.
            clone_memory: size of the clone, such as `8GB`; the instance's own when left out.
            password: of the instance's user `neo4j`; needed to read live. A secret.
            triggers: any values; changing one makes another export.
            recipients: age recipients; those of the `ExportTarget` when left out.
            retain: keep the copy when the resource is deleted. False prunes it then, but never the
                newest whole copy.
            wait_timeout: how long to wait for Aura, such as `60m`.
            opts: Pulumi's resource options.
        """
        if recipients is None and isinstance(target, ExportTarget):
            given: object = target.recipients
        else:
            given = list(recipients or ())
        props: dict[str, object] = without_nones(
            {
                "target": url_of(target),
                "instance_id": instance_id,
                "snapshot_id": snapshot_id,
                "method": method,
                "clone_memory": clone_memory,
                "password": None if password is None else pulumi.Output.secret(password),
                "triggers": dict(triggers) if triggers else None,
                "recipients": given,
                "retain": retain,
                "wait_timeout": wait_timeout,
                "owner": identity.owner_of("Export", resource_name, opts),
            }
        )
        secret = pulumi.ResourceOptions(additional_secret_outputs=["password"])
        merged = pulumi.ResourceOptions.merge(opts, secret)
        super().__init__(
            ExportProvider(), resource_name, {**dict.fromkeys(_OUTPUTS), **props}, merged
        )
