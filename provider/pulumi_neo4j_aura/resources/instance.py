"""The resource `Instance`: a component of request and readiness (design decision 9)."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import Resource

from pulumi_neo4j_aura.resources import identity
from pulumi_neo4j_aura.resources.core.values import without_nones
from pulumi_neo4j_aura.resources.providers import (
    InstanceReadinessProvider,
    InstanceRequestProvider,
)
from pulumi_neo4j_aura.resources.sources import InstanceSource

COMPONENT_TYPE = "neo4jaura:index:Instance"

_REQUEST_OUTPUTS = (
    "instance_id",
    "connection_url",
    "username",
    "password",
    "provenance",
    "operation",
    "api_url",
)

_SECRETS = ("password", "password_override")

_NEWER = ("hide_diffs", "replace_with", "replacement_trigger")


class InstanceRequest(Resource, module="neo4jaura", name="InstanceRequest"):
    """The instance as Aura accepted it. Use `Instance`, which also waits for it."""

    instance_id: pulumi.Output[str]
    connection_url: pulumi.Output[str]
    username: pulumi.Output[str]
    password: pulumi.Output[str]
    provenance: pulumi.Output[dict[str, Any]]
    operation: pulumi.Output[dict[str, Any]]
    api_url: pulumi.Output[str]


class InstanceReadiness(Resource, module="neo4jaura", name="InstanceReadiness"):
    """Waits until the instance is as declared. Use `Instance`."""

    name: pulumi.Output[str]
    status: pulumi.Output[str]
    connection_url: pulumi.Output[str]
    #: What was brought in from an export, and whether that is proven.
    filled: pulumi.Output[dict[str, Any]]


class Instance(pulumi.ComponentResource):
    """An Aura instance: new, from a snapshot, another instance or an export, or adopted.

    Every output resolves only when the instance is ready.
    """

    #: Aura's id of the instance, eight hexadecimal digits.
    instance_id: pulumi.Output[str]
    #: Bolt URL for drivers.
    connection_url: pulumi.Output[str]
    username: pulumi.Output[str]
    #: The initial password, or `password_override`; a secret. Missing for an adopted instance
    #: without an override.
    password: pulumi.Output[str]
    #: Aura's status when it became ready: `running` or `paused`.
    status: pulumi.Output[str]
    #: Where the data came from: kind, ids, time of the copy, how it was chosen, and (from an
    #: export) whether it is proven to be the same graph.
    provenance: pulumi.Output[dict[str, Any]]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        cloud_provider: pulumi.Input[str],
        region: pulumi.Input[str],
        type: pulumi.Input[str],  # noqa: A002 - Aura's own word
        memory: pulumi.Input[str],
        project_id: pulumi.Input[str] | None = None,
        version: pulumi.Input[str] = "5",
        storage: pulumi.Input[str] | None = None,
        vector_optimized: pulumi.Input[bool] | None = None,
        graph_analytics_plugin: pulumi.Input[bool] | None = None,
        secondaries_count: pulumi.Input[int] | None = None,
        cdc_enrichment_mode: pulumi.Input[str] | None = None,
        customer_managed_key_id: pulumi.Input[str] | None = None,
        source: InstanceSource | None = None,
        paused: pulumi.Input[bool] | None = None,
        adopt_instance_id: pulumi.Input[str] | None = None,
        delete_adopted: bool = False,
        on_orphan: str = "refuse",
        generation: str | None = None,
        deletion_protection: bool = True,
        password_override: pulumi.Input[str] | None = None,
        wait_timeout: pulumi.Input[str] = "30m",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an instance.

        Args:
            resource_name: Pulumi's name of the resource.
            name: the instance's name in Aura: 1 to 30 characters.
            cloud_provider: `aws`, `azure` or `gcp`. Fixed.
            region: one of the project's regions. Fixed.
            type: `free-db`, `professional-db`, `business-critical`, `enterprise-db`,
                `professional-ds` or `enterprise-ds`. Fixed, except that professional-db becomes
                business-critical in place.
            memory: such as `8GB`. Resized in place.
            project_id: Aura's project; AURA_PROJECT_ID when left out. Fixed.
            version: `5` gives the newest Neo4j. Fixed.
            storage: left out: whatever Aura derives from memory.
            vector_optimized: left out: not managed.
            graph_analytics_plugin: left out: not managed (professional-db).
            secondaries_count: 0 to 15 (business-critical, enterprise-db); left out: not managed.
            cdc_enrichment_mode: `OFF`, `DIFF` or `FULL`; left out: not managed.
            customer_managed_key_id: a key that is ready (enterprise types). Fixed.
            source: `from_snapshot(…)`, `from_instance(…)` or `from_export(…)`; left out: an empty
                database.
            paused: True or False to manage it; left out: not managed.
            adopt_instance_id: take over this instance instead of creating one.
            delete_adopted: let `destroy` delete an adopted instance.
            on_orphan: `refuse`, or `replace` to delete what a lost create left and create again.
            generation: any text; changing it replaces the instance on purpose.
            deletion_protection: on by default; blocks deletion and replacement. Switching it off
                needs an `up` of its own.
            password_override: the password that holds, where it is not the initial one.
            wait_timeout: how long to wait for Aura, such as `30m` or `2h`.
            opts: Pulumi's resource options; those that a component ignores are forwarded.
        """
        super().__init__(COMPONENT_TYPE, resource_name, None, opts)
        declared = without_nones(
            {
                "name": name,
                "cloud_provider": cloud_provider,
                "region": region,
                "type": type,
                "memory": memory,
                "project_id": project_id,
                "version": version,
                "storage": storage,
                "vector_optimized": vector_optimized,
                "graph_analytics_plugin": graph_analytics_plugin,
                "secondaries_count": secondaries_count,
                "cdc_enrichment_mode": cdc_enrichment_mode,
                "customer_managed_key_id": customer_managed_key_id,
                "source": source.to_input() if source else None,
                "paused": paused,
                "adopt_instance_id": adopt_instance_id,
                "delete_adopted": delete_adopted,
                "on_orphan": on_orphan,
                "generation": generation,
                "deletion_protection": deletion_protection,
                "password_override": (
                    None if password_override is None else pulumi.Output.secret(password_override)
                ),
                "wait_timeout": wait_timeout,
                "owner": identity.owner_of("Instance", resource_name, opts),
            }
        )
        request = InstanceRequest(
            InstanceRequestProvider(),
            f"{resource_name}-request",
            {**dict.fromkeys(_REQUEST_OUTPUTS), **declared},
            _request_options(self, opts),
        )
        filled = source is not None and source.kind == "export"
        readiness = self._readiness(resource_name, request, filled=filled)
        self._publish(request, readiness, filled=filled)

    def _readiness(
        self, resource_name: str, request: InstanceRequest, *, filled: bool
    ) -> InstanceReadiness:
        waits_for = {
            "instance_id": request.instance_id,
            "api_url": request.api_url,
            "operation": request.operation,
        }
        outputs = ["name", "status", "connection_url"]
        if filled:
            # Whoever writes the data in has to log in; nobody else is given the password.
            waits_for["password"] = request.password
            outputs.append("filled")
        return InstanceReadiness(
            InstanceReadinessProvider(),
            f"{resource_name}-ready",
            {**dict.fromkeys(outputs), **waits_for},
            pulumi.ResourceOptions(
                parent=self,
                deleted_with=request,
                additional_secret_outputs=["password"] if filled else None,
            ),
        )

    def _publish(
        self, request: InstanceRequest, readiness: InstanceReadiness, *, filled: bool
    ) -> None:
        """Set the outputs; each waits for readiness, so that nobody connects too early."""

        def when_ready(value: pulumi.Output[Any]) -> pulumi.Output[Any]:
            return pulumi.Output.all(value, readiness.status).apply(lambda both: both[0])

        self.instance_id = when_ready(request.instance_id)
        self.username = when_ready(request.username)
        self.password = when_ready(request.password)
        self.provenance = when_ready(request.provenance)
        if filled:
            both = pulumi.Output.all(self.provenance, readiness.filled)
            self.provenance = both.apply(lambda found: _proven(*found))
        self.connection_url = readiness.connection_url
        self.status = readiness.status
        self.register_outputs(
            {
                "instance_id": self.instance_id,
                "connection_url": self.connection_url,
                "username": self.username,
                "password": self.password,
                "status": self.status,
                "provenance": self.provenance,
            }
        )


def _proven(provenance: dict[str, Any], filled: dict[str, Any] | None) -> dict[str, Any]:
    """The provenance, and whether the data was seen to be the export's."""
    return {**provenance, "proven": bool((filled or {}).get("proven"))}


def _request_options(
    parent: pulumi.Resource, opts: pulumi.ResourceOptions | None
) -> pulumi.ResourceOptions:
    """The options of the request child: what a component ignores must reach the real resource."""
    given = opts or pulumi.ResourceOptions()
    # Not every SDK that we take knows these.
    newer: dict[str, Any] = without_nones({key: getattr(given, key, None) for key in _NEWER})
    return pulumi.ResourceOptions(
        parent=parent,
        ignore_changes=given.ignore_changes,
        replace_on_changes=given.replace_on_changes,
        delete_before_replace=given.delete_before_replace,
        retain_on_delete=given.retain_on_delete,
        depends_on=given.depends_on,
        deleted_with=given.deleted_with,
        additional_secret_outputs=[*_SECRETS, *(given.additional_secret_outputs or ())],
        **newer,
    )
