"""Rules that a declared instance must keep, found before anything is asked of Aura.

Each rule returns problems as (property, reason); the reason names the allowed values, so that the
reader of a preview need not look them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pulumi_neo4j_aura.domain import naming, size
from pulumi_neo4j_aura.domain.declared import DeclaredInstance
from pulumi_neo4j_aura.domain.project import InstanceConfiguration, Project
from pulumi_neo4j_aura.domain.tier import (
    CLOUDS,
    MOST_SECONDARIES,
    PROFESSIONAL,
    TIERS,
    VECTOR_GIGABYTES,
    Tier,
)

CDC_MODES = ("OFF", "DIFF", "FULL")


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: the property it is about, and a sentence with the way out."""

    property: str
    reason: str


def _listed(values: Iterable[str]) -> str:
    return ", ".join(values)


def basic_problems(declared: DeclaredInstance) -> Iterator[Problem]:
    """Rules that need no knowledge of tiers: names, clouds, types, sizes, modes."""
    name = naming.problem(declared.name)
    if name:
        yield Problem("name", f"the name {declared.name!r} {name}")
    if declared.cloud_provider not in CLOUDS:
        yield Problem("cloud_provider", f"{declared.cloud_provider!r} is none of {_listed(CLOUDS)}")
    if declared.type not in TIERS:
        yield Problem("type", f"{declared.type!r} is none of {_listed(sorted(TIERS))}")
    for key, value in (("memory", declared.memory), ("storage", declared.storage)):
        if value is not None and not size.gigabytes(value):
            yield Problem(key, f"{value!r} is not a size in whole gigabytes, such as 8GB")
    mode = declared.cdc_enrichment_mode
    if mode is not None and mode not in CDC_MODES:
        yield Problem("cdc_enrichment_mode", f"{mode!r} is none of {_listed(CDC_MODES)}")
    yield from _secondaries(declared)


def _secondaries(declared: DeclaredInstance) -> Iterator[Problem]:
    count = declared.secondaries_count
    if count is not None and not 0 <= count <= MOST_SECONDARIES:
        yield Problem("secondaries_count", f"{count} is not between 0 and {MOST_SECONDARIES}")


#: (property, whether the tier has it). A declared "off" is fine on every tier.
_CAPABILITIES: tuple[tuple[str, Callable[[Tier], bool]], ...] = (
    ("secondaries_count", lambda tier: tier.secondaries),
    ("cdc_enrichment_mode", lambda tier: tier.change_capture),
    ("graph_analytics_plugin", lambda tier: tier.graph_analytics_plugin),
    ("customer_managed_key_id", lambda tier: tier.customer_managed_keys),
    ("paused", lambda tier: tier.pausable),
)

_OFF: tuple[object, ...] = (None, False, 0, "OFF")


def tier_problems(declared: DeclaredInstance, *, from_source: bool) -> Iterator[Problem]:
    """Rules of the declared tier: what it cannot do, and where it can."""
    tier = TIERS.get(declared.type)
    if tier is None:
        return
    if from_source and not tier.clonable:
        yield Problem(
            "source",
            f"an {tier.title} instance cannot be created from a snapshot or another instance; "
            f"use type {PROFESSIONAL} or higher, or leave the source out",
        )
    for key, has in _CAPABILITIES:
        if not has(tier) and getattr(declared, key) not in _OFF:
            able = _listed(other.type for other in TIERS.values() if has(other))
            yield Problem(key, f"{tier.title} does not offer this; types that do: {able}")
    memory = size.gigabytes(declared.memory) or VECTOR_GIGABYTES
    if declared.vector_optimized and memory < VECTOR_GIGABYTES:
        yield Problem(
            "vector_optimized",
            f"vector optimisation needs at least {VECTOR_GIGABYTES}GB of memory, "
            f"not {declared.memory}",
        )


#: The order in which a combination is narrowed down: the first property that leaves nothing is the
#: one to name. Memory is the last, because it is what people get wrong most.
_NARROWING = ("type", "cloud_provider", "region", "version", "memory", "storage")


def offer_problems(declared: DeclaredInstance, project: Project) -> Iterator[Problem]:
    """Whether the project offers this combination (its own `instance_configurations`)."""
    offers = list(project.configurations)
    if not offers:
        return
    for key in _NARROWING:
        wanted = getattr(declared, key)
        if wanted is None:
            continue
        fitting = [offer for offer in offers if _same(key, getattr(offer, key), wanted)]
        if not fitting:
            yield Problem(key, _not_offered(key, wanted, offers, declared, project))
            return
        offers = fitting


def _same(key: str, offered: str, wanted: str) -> bool:
    if key in ("memory", "storage"):
        return size.canonical(offered) == size.canonical(wanted)
    return offered == wanted


def _not_offered(
    key: str,
    wanted: str,
    offers: list[InstanceConfiguration],
    declared: DeclaredInstance,
    project: Project,
) -> str:
    order = size.sort_key if key in ("memory", "storage") else (lambda text: (0, text))
    allowed = sorted({getattr(offer, key) for offer in offers}, key=order)
    settled = _NARROWING[: _NARROWING.index(key)]
    given = _listed(f"{name} {getattr(declared, name)}" for name in settled)
    context = f" with {given}" if given else ""
    return (
        f"project {project.name or project.id} does not offer {wanted!r}{context}; "
        f"allowed: {_listed(allowed)}"
    )
