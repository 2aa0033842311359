"""The plan of a fleet: time and memory for many instances and copies, all in memory.

A hundred exports and thirty snapshots an instance, under the three presets with a retention that
keeps all but the oldest for several reasons each.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.figures import Figure
from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.domain.observed import (
    ObservedExport,
    ObservedInstance,
    ObservedProject,
    ObservedState,
    ObservedVault,
    Past,
)
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.planning import instance_part, planner
from pulumi_neo4j_aura.planning.case import Case

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TARGET = "s3://acme/aura"
EXPORTS, SNAPSHOTS = 100, 30
SIZES = (100, 1_000, 10_000)

NAME = "planning"


def measure() -> Iterator[Figure]:
    """The plan at three sizes, one changed instance, memory, and how it grows."""
    took: dict[int, float] = {}
    for size in SIZES:
        policies, seen = _fleet(size)
        began = time.perf_counter()
        plan = planner.plan(policies, seen, NOW)
        took[size] = time.perf_counter() - began
        if len(plan.statuses) != size:
            raise AssertionError(f"{len(plan.statuses)} of {size} instances were planned")
        copies = size * (EXPORTS + SNAPSHOTS)
        limit = 10.0 if size == SIZES[-1] else None
        yield Figure(
            NAME, f"plan of {size:,} instances, {copies:,} copies", took[size], " s", limit
        )
    one = _one_instance(policies, seen)
    yield Figure(NAME, "one changed instance", one * 1e3, " ms", 100)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    yield Figure(NAME, "memory with all of it", memory, " GB", 1.5)
    growth = took[SIZES[-1]] / SIZES[-1] / (took[SIZES[0]] / SIZES[0])
    yield Figure(NAME, "an instance among 10,000 to one among 100", growth, "x", 1.5)


def _one_instance(policies: tuple[Policy, ...], seen: ObservedState) -> float:
    """The part of one changed instance, with what a daemon has of it."""
    vault, instance = seen.vaults[0], seen.instances[0]
    exports = tuple(each for each in vault.exports if each.instance_id == instance.id)
    case = Case(policies[0], instance, vault, exports, NOW)
    began = time.perf_counter()
    instance_part.of_instance(case)
    return time.perf_counter() - began


def _fleet(size: int) -> tuple[tuple[Policy, ...], ObservedState]:
    policies = tuple(
        policy_document.parse(
            {
                "name": name,
                "preset": name,
                "target": TARGET,
                # All but the oldest of each instance are kept, each for several reasons.
                "retention": {"keep_last": 10, "weekly": 99, "monthly": 24},
                "instances": {"project": "p", "names": [f"{name}-*"]},
            },
            "the benchmark",
        )
        for name in policy_document.PRESETS
    )
    names = list(policy_document.PRESETS)
    instances = [_instance(number, names[number % len(names)]) for number in range(size)]
    exports = tuple(each for instance in instances for each in _exports(instance))
    vault = ObservedVault(
        TARGET,
        exports=exports,
        since=dict.fromkeys(names, NOW - timedelta(days=900)),
        slots={
            (policy.name, rule, instance.id): Past(settled=NOW - timedelta(days=8))
            for policy in policies
            for rule in _rules(policy)
            for instance in instances
        },
    )
    state = ObservedState(
        NOW, projects=(ObservedProject("p"),), instances=tuple(instances), vaults=(vault,)
    )
    return policies, state


def _rules(policy: Policy) -> list[str]:
    taking, exporting = policy.snapshots, policy.exports
    return [*(rule.key for rule in taking), *(rule.key for rule in exporting)]


def _instance(number: int, kind: str) -> ObservedInstance:
    name = f"{number:08x}"
    snapshots = tuple(
        Snapshot(
            f"{name}-{day}",
            name,
            "Completed",
            "Scheduled",
            NOW - timedelta(days=day, minutes=number % 600),
            exportable=day < 7,
        )
        for day in range(SNAPSHOTS)
    )
    return ObservedInstance(
        name, f"{kind}-{number}", "p", type="professional-db", snapshots=snapshots
    )


def _exports(instance: ObservedInstance) -> list[ObservedExport]:
    number = int(instance.id, 16)
    made = []
    for week in range(EXPORTS):
        moment = NOW - timedelta(days=7 * week + 1, minutes=number % 600)
        export_id = f"{instance.id}-{week}"
        made.append(
            ObservedExport(
                export_id,
                f"exports/{instance.id}-{instance.name}/{export_id}/manifest.json",
                instance.id,
                instance.name,
                moment,
                completed_at=moment + timedelta(hours=1),
                project_id="p",
            )
        )
    return made
