"""Customer-managed keys: making them, deleting them, and which instance may be made with which.

A key waits in `pending` until somebody has granted Aura its use in the cloud's own console. Here
that somebody is a switch, or the control API.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from aura_emulator.control_plane import access, lifecycle, projects
from aura_emulator.control_plane.aura import new_uuid
from aura_emulator.control_plane.errors import (
    database_incapable,
    encryption_key_active,
    encryption_key_not_found,
    invalid,
    tier_invalid,
    unauthorized,
)
from aura_emulator.control_plane.model import Key
from aura_emulator.control_plane.tiers import CLOUDS, TIERS

if TYPE_CHECKING:
    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.configuration import Wanted
    from aura_emulator.control_plane.model import Credential
    from aura_emulator.control_plane.requests import Body

PENDING: Final = "pending"
READY: Final = "ready"

_FIELDS: Final = ("key_id", "name", "region", "instance_type", "tenant_id", "cloud_provider")
_TYPES: Final = tuple(tier.type for tier in TIERS.values() if tier.customer_keys)


def status(key: Key, now: float) -> str:
    """`pending`, then `ready`, unless it was set by hand."""
    return READY if key.ready_at is not None and key.ready_at <= now else key.status


def listed(aura: Aura, credential: Credential, project_id: str | None) -> list[Key]:
    """The keys of one project or of all that the credential sees, oldest first."""
    shown = {item.id for item in access.listed(aura, credential, project_id)}
    return [key for key in aura.store.keys.all() if key.project_id in shown]


def find(aura: Aura, credential: Credential, key_id: str) -> Key:
    """A key that the credential sees."""
    found = aura.store.keys.key(key_id)
    if found is None:
        raise encryption_key_not_found(key_id)
    if not credential.sees(found.project_id):
        forbidden = aura.switches.foreign_status == 403  # noqa: PLR2004 - the switch's value
        raise unauthorized() if forbidden else encryption_key_not_found(key_id)
    return found


def create(aura: Aura, credential: Credential, body: Body) -> Key:
    """Make Aura know a key of the customer's own (official v1 document, POST)."""
    access.may_change(credential)
    wanted = _read(body)
    project = access.project(aura, credential, wanted.pop("tenant_id"))
    if wanted["instance_type"] not in projects.tiers(project):
        raise tier_invalid(wanted["instance_type"], "instance_type")
    _require_place(**wanted)
    now, seconds = aura.now(), aura.switches.key_ready_seconds
    key = Key(
        id=new_uuid(),
        project_id=project.id,
        created_at=now,
        status=PENDING,
        ready_at=None if seconds < 0 else now + seconds,
        **wanted,
    )
    aura.store.keys.put(key)
    return key


def _read(body: Body) -> dict[str, Any]:
    body.require(*_FIELDS)
    found = {
        "key_id": body.text("key_id"),
        "name": body.name(),
        "region": body.text("region"),
        "instance_type": body.choice("instance_type", _TYPES),
        "tenant_id": body.text("tenant_id"),
        "cloud_provider": body.choice("cloud_provider", CLOUDS),
    }
    body.check()
    return cast("dict[str, Any]", found)


def _require_place(*, instance_type: str, cloud_provider: str, region: str, **_: Any) -> None:
    """A key is for one region, so that region must be one of its tier's."""
    if region not in TIERS[instance_type].regions.get(cloud_provider, ()):
        where = f"{cloud_provider} {region}"
        raise invalid(f"region {where} is not offered for {instance_type}", "region")


def delete(aura: Aura, credential: Credential, key_id: str) -> None:
    """Forget a key that no instance uses (official v1 document, DELETE)."""
    access.may_change(credential)
    key = find(aura, credential, key_id)
    lifecycle.settle_due(aura)  # an instance whose deletion has ended uses nothing
    if aura.store.keys.in_use(key.id):
        raise encryption_key_active(key.id)
    aura.store.keys.drop(key.id)


def change_status(aura: Aura, key_id: str, status: str) -> Key:
    """Set a key's status by hand, past every rule; it stays so until it is set again."""
    key = aura.store.keys.key(key_id)
    if key is None:
        raise encryption_key_not_found(key_id)
    changed = replace(key, status=status, ready_at=None)
    aura.store.keys.put(changed)
    return changed


# instances


def require_usable(aura: Aura, credential: Credential, wanted: Wanted) -> None:
    """Refuse a create whose key is not ready or was made for something else.

    "The key will be only be available for encrypting instances in this region" (official v1
    document, schema CustomerManagedKey), and it belongs to one project and one instance type.
    """
    field, key_id = "customer_managed_key_id", wanted.customer_managed_key_id
    if key_id is None:
        return
    if not wanted.tier.customer_keys:
        raise database_incapable(
            f"{wanted.type} takes no customer managed key", aura.switches.capability_status
        )
    key = find(aura, credential, key_id)
    for name, of_key, of_instance in (
        ("project", key.project_id, wanted.tenant_id),
        ("instance type", key.instance_type, wanted.type),
        ("cloud provider", key.cloud_provider, wanted.cloud_provider),
        ("region", key.region, wanted.region),
    ):
        if of_key != of_instance:
            raise invalid(f"The key's {name} is {of_key}, not {of_instance}", field)
    if (now := status(key, aura.now())) != READY:
        raise invalid(f"The key is {now}, not {READY}", field)


def require_same(aura: Aura, source_id: str, key_id: str | None) -> None:
    """Data under a customer's key goes only where the same key is (Aura documentation, cloning).

    The Console lets a person choose another one after a warning; the API does not.
    """
    own = aura.store.keys.of_instance(source_id)
    if own is not None and own != key_id:
        raise invalid(f"Instance {source_id} can be cloned only with its own key, {own}")


def attach(aura: Aura, instance_id: str, key_id: str | None) -> None:
    """Remember what a new instance is encrypted with; None is Neo4j's own key."""
    if key_id is not None:
        aura.store.keys.attach(instance_id, key_id)
