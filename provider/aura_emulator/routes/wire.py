"""JSON in and out, and the objects of the v1 API as the service writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from starlette.responses import Response

from aura_emulator.control_plane import snapshots
from aura_emulator.control_plane.clock import stamp
from aura_emulator.control_plane.errors import invalid
from aura_emulator.control_plane.model import Instance, Snapshot, Status, Summary
from aura_emulator.control_plane.requests import Body
from aura_emulator.control_plane.sizes import written
from aura_emulator.control_plane.tiers import TIERS

if TYPE_CHECKING:
    from starlette.requests import Request

    from aura_emulator.control_plane.aura import Aura
    from aura_emulator.control_plane.model import Credential

BETA: Final = "/v2beta1"
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
USERNAME: Final = "neo4j"
_WITHOUT_URL: Final = frozenset({Status.CREATING, Status.RESUMING})


def rendered(content: object) -> bytes:
    """JSON in UTF-8 without blanks."""
    return _ENCODER.encode(content).encode()


class Json(Response):
    """A compact JSON response."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Bytes are written already."""
        return content if isinstance(content, bytes) else rendered(content)


def data(content: object, status: int = 200) -> Json:
    """Every success body of v1 is wrapped as `{"data": ...}`."""
    return Json({"data": content}, status)


async def read_body(request: Request) -> Body:
    """The request's JSON object; nothing at all counts as an empty one."""
    raw = await request.body()
    if not raw.strip():
        return Body({})
    try:
        parsed = json.loads(raw)
        json.dumps(parsed, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise invalid("The request body is not valid JSON") from error
    if not isinstance(parsed, dict):
        raise invalid("The request body must be a JSON object")
    return Body(parsed)


async def read_known(request: Request, *known: str) -> Body:
    """A control request: unlike Aura, the emulator refuses fields that it does not know."""
    body = await read_body(request)
    for field in sorted(body.keys() - set(known)):
        body.wrong(f"{field} is not known here; known are: {', '.join(known)}", field)
    body.check()
    return body


def aura_of(request: Request) -> Aura:
    """The Aura behind the application."""
    return cast("Aura", request.app.state.aura)


def credential_of(request: Request) -> Credential:
    """Who asks; the gate has put it there."""
    return cast("Credential", request.scope["aura_emulator.credential"])


def instance_body(aura: Aura, instance: Instance) -> dict[str, Any]:
    """The object of GET /instances/{instanceId}, and of every 202 that answers an instance."""
    body: dict[str, Any] = {
        "id": instance.id,
        "name": instance.name,
        "status": instance.status,
        "tenant_id": instance.project_id,
        "cloud_provider": instance.cloud_provider,
        "connection_url": _connection_url(aura, instance),
        "region": instance.region,
        "type": instance.type,
        "memory": written(instance.memory),
        "created_at": stamp(instance.created_at),
        "vector_optimized": bool(instance.vector_optimized),
        "graph_analytics_plugin": bool(instance.graph_analytics_plugin),
    }
    return body | _tier_fields(aura, instance)


def _connection_url(aura: Aura, instance: Instance) -> str | None:
    """Null while there is nothing to connect to, as seen on the service."""
    if aura.switches.connection_url_null and instance.status in _WITHOUT_URL:
        return None
    return aura.data_plane.connection_url(instance.id)


def _tier_fields(aura: Aura, instance: Instance) -> dict[str, Any]:
    tier = TIERS[instance.type]
    if tier.free:
        as_text = aura.switches.graph_counts == "string"
        counts = {
            "graph_nodes": instance.graph_nodes,
            "graph_relationships": instance.graph_relationships,
        }
        return {key: str(value) if as_text else value for key, value in counts.items()}
    fields: dict[str, Any] = {"storage": written(instance.storage)}
    if tier.customer_keys and (key := aura.store.keys.of_instance(instance.id)) is not None:
        fields["customer_managed_key_id"] = key
    if tier.metrics:
        fields["metrics_integration_url"] = (
            "https://customer-metrics-api.neo4j.io/api/v1/"
            f"{instance.project_id}/{instance.id}/metrics"
        )
    if tier.secondaries:
        fields["secondaries_count"] = instance.secondaries_count or 0
    if tier.cdc:
        unset = None if aura.switches.cdc_unset == "null" else "OFF"
        fields["cdc_enrichment_mode"] = instance.cdc_enrichment_mode or unset
    return fields


def summary_body(instance: Instance | Summary) -> dict[str, Any]:
    """One line of GET /instances; it has no status."""
    return {
        "id": instance.id,
        "name": instance.name,
        "tenant_id": instance.project_id,
        "cloud_provider": instance.cloud_provider,
        "created_at": stamp(instance.created_at),
    }


def created_body(aura: Aura, instance: Instance, password: str) -> dict[str, Any]:
    """The answer to POST /instances: the only one with a password; no status, no sizes."""
    return {
        "id": instance.id,
        "connection_url": aura.data_plane.connection_url(instance.id),
        "username": USERNAME,
        "password": password,
        "tenant_id": instance.project_id,
        "cloud_provider": instance.cloud_provider,
        "region": instance.region,
        "type": instance.type,
        "name": instance.name,
        "created_at": stamp(instance.created_at),
        "vector_optimized": bool(instance.vector_optimized),
        "graph_analytics_plugin": bool(instance.graph_analytics_plugin),
    }


def snapshot_body(aura: Aura, snapshot: Snapshot) -> dict[str, Any]:
    """One snapshot; `exportable` is in the document's examples, not in its schema."""
    now = aura.now()
    return {
        "instance_id": snapshot.instance_id,
        "profile": snapshot.profile,
        "snapshot_id": snapshot.id,
        "status": snapshots.status(snapshot, now),
        "timestamp": stamp(snapshot.taken_at),
        "exportable": snapshots.exportable(snapshot, now),
    }
