"""PATCH of an instance: rename, resize, secondaries, change data capture, vector, plugin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aura_emulator.control_plane import access, configuration, lifecycle
from aura_emulator.control_plane.errors import database_incapable, invalid, tenant_incapable
from aura_emulator.control_plane.model import Instance, Project, Status
from aura_emulator.control_plane.sizes import GIGABYTE
from aura_emulator.control_plane.tiers import MAX_SECONDARIES, TIERS, VECTOR_MIN_MEMORY

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Credential
    from aura_emulator.control_plane.requests import Body

_CDC_MODES = ("OFF", "DIFF", "FULL")
_OPTIONS = (
    "vector_optimized",
    "graph_analytics_plugin",
    "secondaries_count",
    "cdc_enrichment_mode",
)
_FIELDS = ("name", "memory", "storage", *_OPTIONS)


def update(
    aura: Aura, credential: Credential, instance_id: str, body: Body
) -> tuple[Instance, bool]:
    """Start an update; the instance, and whether it was no more than a rename.

    A new name shows at once, everything else when the update ends (official v1 document: "These are
    asynchronous operations. The instance remains available throughout").
    """
    access.may_change(credential)
    instance = access.instance(aura, credential, instance_id)
    wanted = _read(body)
    name = wanted.pop("name", None)
    changes = _changes(aura, instance, wanted)
    renamed = instance if name is None else replace(instance, name=name)
    if changes:
        lifecycle.require(aura, instance, "update", Status.RUNNING)
        return _begin(aura, renamed, changes), False
    lifecycle.require_idle(aura, instance)
    if aura.switches.rename_updates and instance.status == Status.RUNNING:
        return _begin(aura, renamed, {}), True
    aura.store.put_instance(renamed)
    return renamed, True


def _begin(aura: Aura, instance: Instance, changes: dict[str, Any]) -> Instance:
    word = aura.switches.updating_word
    return lifecycle.begin(aura, instance, "update", changes, through=word)


def _read(body: Body) -> dict[str, Any]:
    wanted = {
        "name": body.name(),
        "memory": body.size("memory"),
        "storage": body.size("storage"),
        "vector_optimized": body.flag("vector_optimized"),
        "graph_analytics_plugin": body.flag("graph_analytics_plugin"),
        "secondaries_count": body.whole("secondaries_count", 0, MAX_SECONDARIES),
        "cdc_enrichment_mode": body.choice("cdc_enrichment_mode", _CDC_MODES),
    }
    body.check()
    given = {field: value for field, value in wanted.items() if value is not None}
    if not given:
        raise invalid(f"At least one of {', '.join(_FIELDS)} is required")
    return given


def _changes(aura: Aura, instance: Instance, wanted: dict[str, Any]) -> dict[str, Any]:
    """The fields to change at the end; refused by meaning where the tier lacks them."""
    _require_capable(aura, instance, wanted)
    asked: dict[str, Any] = {name: wanted[name] for name in _OPTIONS if name in wanted}
    size = _size(aura, instance, wanted)
    memory = size.get("memory", instance.memory)
    configuration.require_options(
        aura,
        TIERS[instance.type],
        memory,
        vector=asked.get("vector_optimized"),
        plugin=asked.get("graph_analytics_plugin"),
    )
    if memory < VECTOR_MIN_MEMORY and instance.vector_optimized:
        asked["vector_optimized"] = False  # switches itself off (Aura documentation, vector)
    return {**size, **asked}


def _size(aura: Aura, instance: Instance, wanted: dict[str, Any]) -> dict[str, int]:
    """The new pair; storage follows memory unless it is given (seen on the service)."""
    if "memory" not in wanted and "storage" not in wanted:
        return {}
    tier = TIERS[instance.type]
    if tier.free:
        raise database_incapable(
            "free-db instances cannot be resized", aura.switches.capability_status
        )
    memory = wanted.get("memory", instance.memory)
    storage = configuration.require_size(
        tier, instance.cloud_provider, instance.version, memory, wanted.get("storage")
    )
    _require_enough(aura, instance, storage)
    return {"memory": memory, "storage": storage}


def _require_enough(aura: Aura, instance: Instance, storage: int) -> None:
    """Shrinking below what is in use is refused (Aura documentation, resizing)."""
    used = aura.data_plane.stored_bytes(instance.id) if storage < instance.storage else 0
    if used > storage * GIGABYTE:
        raise invalid(
            f"The instance holds {used / GIGABYTE:.1f} GB, more than {storage}GB", "storage"
        )


def _require_capable(aura: Aura, instance: Instance, wanted: dict[str, Any]) -> None:
    tier, status = TIERS[instance.type], aura.switches.capability_status
    project = aura.store.project(instance.project_id) or Project(instance.project_id, "")
    for field, has, may in (
        ("secondaries_count", tier.secondaries, project.secondaries),
        ("cdc_enrichment_mode", tier.cdc, project.cdc),
    ):
        if field in wanted and not has:
            raise database_incapable(f"{field} is not available for {tier.type}", status)
        if field in wanted and not may:
            raise tenant_incapable(f"The project has no {field}", status)
