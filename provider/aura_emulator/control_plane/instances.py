"""Creating, pausing, resuming, overwriting, upgrading and deleting instances."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from aura_emulator.control_plane import (
    access,
    cloning,
    configuration,
    keys,
    lifecycle,
    projects,
    snapshots,
)
from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.cloning import Destination, Origin
from aura_emulator.control_plane.errors import (
    database_incapable,
    db_already_deleted,
    db_not_found,
    invalid_memory_size,
    missing_billing_details,
    tenant_incapable,
    unsupported_action,
)
from aura_emulator.control_plane.model import Instance, Status
from aura_emulator.control_plane.sizes import written
from aura_emulator.control_plane.tiers import TIERS
from aura_emulator.data_plane.interface import Work, WorkKind

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.configuration import Wanted
    from aura_emulator.control_plane.model import Credential
    from aura_emulator.control_plane.requests import Body
    from aura_emulator.data_plane.interface import Source

_PASSWORD_BYTES = 32  # 43 characters, like Aura's


def create(aura: Aura, credential: Credential, body: Body) -> tuple[Instance, str]:
    """Start a new instance; it and its password, which no other call returns."""
    access.may_change(credential)
    wanted = configuration.read(body)
    project = access.project(aura, credential, wanted.tenant_id)
    if not project.billing:
        raise missing_billing_details()
    storage = configuration.require_offered(aura, project, wanted)
    keys.require_usable(aura, credential, wanted)
    instance = _new(aura, wanted, storage)
    origin = _origin(aura, credential, wanted, instance)
    projects.require_room(aura, project, wanted.tier)
    if origin is not None and wanted.vector_optimized is None:
        instance = replace(instance, vector_optimized=_inherits_vector(instance, origin))
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    source = None if origin is None else origin.source
    work = Work(new_uuid(), instance.id, WorkKind.CREATE, password=password, source=source)
    with aura.store.together():
        instance = lifecycle.begin(aura, instance, "create", work=work)
        keys.attach(aura, instance.id, wanted.customer_managed_key_id)
        if origin is not None:
            cloning.hold(aura, origin)
    return instance, password


def _new(aura: Aura, wanted: Wanted, storage: int) -> Instance:
    tier = wanted.tier
    return Instance(
        id=_new_id(aura),
        project_id=wanted.tenant_id,
        name=wanted.name,
        type=tier.type,
        version=wanted.version,
        cloud_provider=wanted.cloud_provider,
        region=wanted.region,
        memory=wanted.memory,
        storage=storage,
        vector_optimized=bool(wanted.vector_optimized),
        graph_analytics_plugin=bool(wanted.graph_analytics_plugin),
        secondaries_count=0 if tier.secondaries else None,
        cdc_enrichment_mode="OFF" if tier.dedicated else None,
        created_at=aura.now(),
        status=Status.CREATING,
    )


def _new_id(aura: Aura) -> str:
    while aura.store.instance(instance_id := secrets.token_hex(4)) is not None:
        pass
    return instance_id


def _origin(
    aura: Aura, credential: Credential, wanted: Wanted, instance: Instance
) -> Origin | None:
    if wanted.source_instance_id is None:
        return None
    if wanted.tier.free:
        raise database_incapable(
            "A free-db instance cannot be a clone", aura.switches.capability_status
        )
    origin = cloning.find(aura, credential, wanted.source_instance_id, wanted.source_snapshot_id)
    cloning.require_fits(aura, origin, _destination(instance))
    keys.require_same(aura, origin.instance.id, wanted.customer_managed_key_id)
    return origin


def _destination(instance: Instance) -> Destination:
    return Destination(
        instance.id, instance.project_id, instance.memory, instance.storage, instance.version
    )


def _inherits_vector(instance: Instance, origin: Origin) -> bool:
    """A new clone inherits its source's setting (Aura documentation, cloning)."""
    return bool(origin.instance.vector_optimized) and TIERS[instance.type].vector


def pause(aura: Aura, credential: Credential, instance_id: str) -> Instance:
    """POST …/pause; Free cannot be paused by hand."""
    instance = _changeable(aura, credential, instance_id)
    if instance.type == "free-db":
        raise database_incapable(
            "free-db instances cannot be paused", aura.switches.capability_status
        )
    lifecycle.require(aura, instance, "pause", Status.RUNNING)
    return lifecycle.begin(
        aura, instance, "pause", work=lifecycle.order(instance_id, WorkKind.STOP)
    )


def resume(aura: Aura, credential: Credential, instance_id: str) -> Instance:
    """POST …/resume."""
    instance = _changeable(aura, credential, instance_id)
    lifecycle.require(aura, instance, "resume", Status.PAUSED)
    work = lifecycle.order(instance_id, WorkKind.START)
    return lifecycle.begin(aura, instance, "resume", work=work)


def delete(aura: Aura, credential: Credential, instance_id: str) -> Instance:
    """DELETE: 202 at most once, then an error (official v1 document)."""
    access.may_change(credential)
    known = aura.store.instance(instance_id)
    if known is not None and aura.switches.deleted_status == 410:  # noqa: PLR2004 - the switch's value
        known = lifecycle.settle(aura, known)
        if known.deleted_at is not None or known.status == Status.DESTROYING:
            raise db_already_deleted(instance_id)
    instance = access.instance(aura, credential, instance_id)
    if instance.status == Status.DESTROYING:
        raise db_not_found(instance_id)
    lifecycle.require_idle(aura, instance)
    work = lifecycle.order(instance_id, WorkKind.DELETE)
    return lifecycle.begin(aura, instance, "delete", work=work)


def overwrite(aura: Aura, credential: Credential, instance_id: str, body: Body) -> Instance:
    """POST …/overwrite: replace an instance's data by that of another; its address stays.

    With only an instance as the source, "a new snapshot of that instance is created and used"
    (official v1 document), so a snapshot of the source that is under way refuses it.
    """
    instance = _changeable(aura, credential, instance_id)
    if instance.type == "free-db":
        raise unsupported_action("free-db instances cannot be overwritten")
    body.require("source_instance_id")
    source_id, snapshot_id = body.text("source_instance_id"), body.text("source_snapshot_id")
    body.check()
    allowed = [Status.RUNNING]
    if aura.switches.loading_failed_recovers:
        allowed.append(Status.LOADING_FAILED)
    lifecycle.require(aura, instance, "overwrite", *allowed)
    origin = cloning.find(aura, credential, str(source_id), snapshot_id)
    cloning.require_fits(aura, origin, _destination(instance))
    keys.require_same(aura, origin.instance.id, aura.store.keys.of_instance(instance_id))
    with aura.store.together():
        source = origin.source
        if snapshot_id is None:
            taken = snapshots.take(aura, origin.instance)
            source = replace(source, snapshot_id=taken.id)
            cloning.hold(aura, origin)
        work = Work(
            new_uuid(), instance_id, WorkKind.REPLACE,
            source=source, password=_password_after(aura, source),
        )  # fmt: skip
        return lifecycle.begin(aura, instance, "overwrite", work=work)


def _password_after(aura: Aura, source: Source) -> str | None:
    """Which password holds after an overwrite nobody knows: a switch decides."""
    if aura.switches.overwritten_password == "target" or not aura.data_plane.holds_data:  # noqa: S105
        return None
    return aura.data_plane.login(source.instance_id).password


def upgrade(aura: Aura, credential: Credential, instance_id: str, body: Body) -> Instance:
    """POST …/upgrade: Professional to Business Critical; id and address stay, the plugin goes."""
    instance = _changeable(aura, credential, instance_id)
    memory, storage = body.size("memory"), body.size("storage")
    for given, missing in (("memory", "storage"), ("storage", "memory")):
        if given in body and missing not in body:
            body.wrong("memory and storage must be given together", missing)
    body.check()
    _require_upgradable(aura, instance)
    memory, storage = memory or instance.memory, storage or instance.storage
    target = TIERS["business-critical"]
    if instance.version not in target.versions:
        raise database_incapable(
            f"version {instance.version} has no {target.type}", aura.switches.capability_status
        )
    configuration.require_size(target, instance.cloud_provider, instance.version, memory, storage)
    if memory < instance.memory or storage < instance.storage:
        raise invalid_memory_size(written(memory), written(storage), target.type)
    lifecycle.require(aura, instance, "upgrade", Status.RUNNING)
    changes = {
        "type": target.type,
        "memory": memory,
        "storage": storage,
        "graph_analytics_plugin": False,
        "secondaries_count": 0,
    }
    return lifecycle.begin(aura, instance, "upgrade", changes, through=aura.switches.upgrading_word)


def _require_upgradable(aura: Aura, instance: Instance) -> None:
    status = aura.switches.capability_status
    if instance.type != "professional-db":
        raise database_incapable(f"{instance.type} instances cannot be upgraded", status)
    project = aura.store.project(instance.project_id)
    if project is not None and project.marketplace:
        raise tenant_incapable("Upgrades are not available for Marketplace projects", status)


def _changeable(aura: Aura, credential: Credential, instance_id: str) -> Instance:
    access.may_change(credential)
    return access.instance(aura, credential, instance_id)
