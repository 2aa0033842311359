"""v2beta1's words in v1's, and back: what a request means to the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aura_emulator.control_plane.errors import invalid, multi_database_unsupported
from aura_emulator.control_plane.requests import Body
from aura_emulator.control_plane.tiers import LATEST, TIERS

if TYPE_CHECKING:
    from aura_emulator.control_plane.model import Instance

CREATE_FIELDS: Final = (
    "name", "region", "type", "cloud_provider", "memory", "storage", "multi_database",
    "graph_analytics", "vector_optimized",
)  # fmt: skip
UPDATE_FIELDS: Final = ("memory", "storage", "private_endpoint_ids", "traffic_type")
UNAVAILABLE: Final = "unavailable"
SERVERLESS: Final = "serverless"
PLUGIN: Final = "plugin"

_TYPES: Final = {
    "free": "free-db",
    "professional": "professional-db",
    "business-critical": "business-critical",
    "virtual-dedicated-cloud": "enterprise-db",
}
_SINGLE_ONLY: Final = ("free", "professional")
_SAME_IN_V1: Final = (
    "name", "region", "cloud_provider", "memory", "storage", "vector_optimized",
)  # fmt: skip
_PUBLIC: Final = "public_only"
_TRAFFIC: Final = (_PUBLIC, "private_only", "hybrid")


def create_request(body: Body, project_id: str) -> tuple[Body, str | None]:
    """The v1 create that a v2beta1 create means, and the graph analytics that it asks for.

    There is no version in v2beta1: it is the newest.
    """
    body.require("name", "region", "type", "cloud_provider")
    tier = body.choice("type", tuple(_TYPES))
    analytics = body.choice("graph_analytics", (UNAVAILABLE, SERVERLESS, PLUGIN))
    several = body.flag("multi_database")
    body.check()
    if several:
        _refuse_several(str(tier))
    same = {name: body.get(name) for name in _SAME_IN_V1}
    own = {"type": _TYPES[str(tier)], "version": LATEST, "tenant_id": project_id}
    return Body({**same, **own, "graph_analytics_plugin": analytics == PLUGIN}), analytics


def _refuse_several(tier: str) -> None:
    if tier in _SINGLE_ONLY:
        raise multi_database_unsupported()
    # Said plainly: one that took the request could not keep what it promises.
    raise invalid("The emulator has one database per instance", "multi_database")


def update_request(body: Body) -> Body | None:
    """The v1 update that a v2beta1 update means; None if it asks for what is already so."""
    given = [field for field in UPDATE_FIELDS if field in body]
    for one, other in (("memory", "storage"), ("storage", "memory")):
        if one in body and other not in body:
            body.wrong("memory and storage must be given together", other)
    _read_network(body)
    body.check()
    if not given:
        raise invalid(f"At least one of {', '.join(UPDATE_FIELDS)} is required")
    sizes = {field: body.get(field) for field in ("memory", "storage")}
    return Body(sizes) if "memory" in body else None


def _read_network(body: Body) -> None:
    """No private endpoint exists here, so that traffic is public and stays so."""
    traffic = body.choice("traffic_type", _TRAFFIC)
    if traffic not in (None, _PUBLIC):
        body.wrong(f"{traffic} needs a private endpoint, and there is none", "traffic_type")
    for endpoint in body.texts("private_endpoint_ids"):
        body.wrong(f"There is no private endpoint {endpoint}", "private_endpoint_ids")


def shown_analytics(instance: Instance, asked: str | None) -> str:
    """`plugin` while v1 says so; else what was asked for, or what the tier has unasked."""
    if instance.graph_analytics_plugin:
        return PLUGIN
    if asked in (UNAVAILABLE, SERVERLESS):
        return asked
    return UNAVAILABLE if TIERS[instance.type].free else SERVERLESS
