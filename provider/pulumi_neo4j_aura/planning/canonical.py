"""Make declared and live settings comparable before they are compared.

Units, defaults and missing values are settled here and nowhere else, so that an unchanged world
never looks changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_neo4j_aura.domain import size, status
from pulumi_neo4j_aura.domain.declared import DeclaredInstance
from pulumi_neo4j_aura.domain.instance import Instance

#: The settings of a live instance that can be declared and compared.
COMPARED = (
    "name",
    "type",
    "memory",
    "storage",
    "vector_optimized",
    "graph_analytics_plugin",
    "secondaries_count",
    "cdc_enrichment_mode",
    "paused",
)

#: What an instance has when Aura's answer leaves the field out or null (aura docs: off by default).
_DEFAULTS: Mapping[str, object] = {
    "vector_optimized": False,
    "graph_analytics_plugin": False,
    "secondaries_count": 0,
    "cdc_enrichment_mode": "OFF",
}

_SIZES = ("memory", "storage")


def _plain(key: str, value: object) -> object:
    if key in _SIZES and isinstance(value, str):
        return size.canonical(value)
    return value


def comparable_declared(declared: DeclaredInstance) -> dict[str, object]:
    """What is managed: declared settings only, in comparable spelling."""
    values = {key: getattr(declared, key) for key in COMPARED}
    return {key: _plain(key, value) for key, value in values.items() if value is not None}


def _paused(live: Instance) -> bool | None:
    if not status.settled(live.status):
        return None
    return status.normal(live.status) == status.PAUSED


def comparable_live(live: Instance) -> dict[str, object]:
    """What Aura has, in comparable spelling. A key that is missing is unknown right now."""
    values: dict[str, object] = {"paused": _paused(live)}
    for key in COMPARED:
        if key != "paused":
            values[key] = getattr(live, key)
    for key, default in _DEFAULTS.items():
        if values[key] is None:
            values[key] = default
    return {key: _plain(key, value) for key, value in values.items() if value not in (None, "")}


def live_value(live: Instance, key: str, declared: object) -> object:
    """The live value of one declared setting; the declared one where Aura does not say."""
    return comparable_live(live).get(key, declared)
