"""What to ask of Aura next so that an idle instance becomes what is declared.

Aura takes one operation at a time on an instance, so the answer is one step; the caller performs
it, looks again and asks for the next one. An instance that is as declared needs no step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_neo4j_aura.domain.instance import Instance, InstanceChanges
from pulumi_neo4j_aura.domain.tier import upgrade_in_place
from pulumi_neo4j_aura.planning import canonical, diff


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause the instance (it must run)."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Resume the instance (it must be paused)."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Professional to Business Critical, on the same instance; sizes: both or neither (v1)."""

    memory: str | None = None
    storage: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One PATCH."""

    changes: InstanceChanges


@dataclass(frozen=True, slots=True)
class Impossible:
    """The declared state cannot be reached on this instance, and why."""

    reason: str


Step = Pause | Resume | Upgrade | Change | Impossible

#: One PATCH per group, in this order: published clients of Aura send few fields at a time, and a
#: size that is refused must not hide behind a rename that would have worked.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("memory", "storage", "vector_optimized", "graph_analytics_plugin"),
    ("secondaries_count",),
    ("cdc_enrichment_mode",),
    ("name",),
)


_SIZES = frozenset({"memory", "storage"})


def next_step(wanted: Mapping[str, object], live: Instance) -> Step | None:
    """The next step towards the wanted settings, or None when there is none to take.

    Args:
        wanted: settings in comparable spelling (`canonical.comparable_declared`), or some of them;
            what is left out stays as it is.
        live: the instance, idle.
    """
    found = diff.changes(canonical.comparable_live(live), wanted)
    differing = {change.field: change.new for change in found}
    if differing.get("paused") is False:
        return Resume()
    if "type" in differing:
        return _change_type(live, wanted, differing)
    for group in _GROUPS:
        chosen = {key: differing[key] for key in group if key in differing}
        if chosen:
            return Change(InstanceChanges(**chosen))  # type: ignore[arg-type]  # keys of _GROUPS
    return Pause() if differing.get("paused") else None


def _change_type(
    live: Instance, wanted: Mapping[str, object], differing: Mapping[str, object]
) -> Step:
    declared = str(differing["type"])
    if not upgrade_in_place(live.type, declared):
        return Impossible(
            f"Aura cannot turn a {live.type} instance into a {declared} one; "
            "only professional-db to business-critical is possible in place"
        )
    if differing.keys() & _SIZES and wanted.keys() >= _SIZES:
        return Upgrade(str(wanted["memory"]), str(wanted["storage"]))
    # One size alone: the other one follows it in the resize that comes next; sent with the old
    # value of the other, the pair would be one that Aura does not offer.
    return Upgrade()
