"""What contradicts itself in a policy, or cannot be met by the tier of an instance. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.observed import ObservedInstance
from pulumi_neo4j_aura.domain.policy import Policy, Retention, Schedule
from pulumi_neo4j_aura.domain.tier import TIERS, Tier
from pulumi_neo4j_aura.planning import schedule

#: The periods of retention, the shortest first, and how long each about is.
_PERIODS: Final = (
    ("hourly", timedelta(hours=1)),
    ("daily", timedelta(days=1)),
    ("weekly", timedelta(days=7)),
    ("monthly", timedelta(days=30)),
    ("yearly", timedelta(days=365)),
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One contradiction. `rule` names what it is about, by its path in the document."""

    rule: str
    message: str
    way_out: str
    instance_id: str = ""


def find(
    policy: Policy, instances: Sequence[ObservedInstance], now: datetime
) -> tuple[Conflict, ...]:
    """Every contradiction of a policy, by itself and with the instances that it is about."""
    found = [*_of_schedules(policy), *_of_retention(policy.retention)]
    if not found:  # what cannot be computed with is not compared with tiers
        for instance in instances:
            found += _of_instance(policy, instance, now)
    return tuple(found)


# --- by itself --------------------------------------------------------------------------------


def _schedules(policy: Policy) -> Iterator[tuple[str, str, Schedule]]:
    for number, taking in enumerate(policy.snapshots):
        yield f"snapshots[{number}]", taking.key, taking.schedule
    for number, exporting in enumerate(policy.exports):
        yield f"exports[{number}]", exporting.key, exporting.schedule
    for number, testing in enumerate(policy.restore_tests):
        yield f"restore_tests[{number}]", testing.key, testing.schedule


def _of_schedules(policy: Policy) -> Iterator[Conflict]:
    seen: dict[str, str] = {}
    for path, key, times in _schedules(policy):
        bad = schedule.problem(times)
        if bad:
            yield Conflict(path, f"{bad}.", "Correct it.")
        if key in seen:
            yield Conflict(
                path,
                f"it has the same cron expression and zone as {seen[key]}.",
                "Take one of them out.",
            )
        seen[key] = path


def _of_retention(retention: Retention) -> Iterator[Conflict]:
    there = [(name, count * span) for name, span in _PERIODS if (count := getattr(retention, name))]
    for (short, first), (long, second) in itertools.pairwise(there):
        if second < first:
            yield Conflict(
                f"retention.{long}",
                f"it reaches back {_span(second)}, which is less than {short} with {_span(first)}.",
                f"Keep more {long} or fewer {short} copies.",
            )
    if retention.floor.proven > retention.floor.count:
        yield Conflict(
            "retention.floor.proven",
            f"{retention.floor.proven} of {retention.floor.count} copies cannot be proven.",
            "Make floor.count at least as large.",
        )


def _span(span: timedelta) -> str:
    return duration.show(span.total_seconds())


# --- with an instance -------------------------------------------------------------------------


def _of_instance(policy: Policy, instance: ObservedInstance, now: datetime) -> Iterator[Conflict]:
    tier = TIERS.get(instance.type)
    if tier is None:
        return
    yield from _of_method(policy, instance, tier)
    yield from _of_rpo(policy, instance, tier, now)
    yield from _of_window(policy, instance, tier, now)


def _of_method(policy: Policy, instance: ObservedInstance, tier: Tier) -> Iterator[Conflict]:
    for number, rule in enumerate(policy.exports):
        if rule.method == "clone" and not tier.clonable:
            yield Conflict(
                f"exports[{number}].method",
                f"{instance.name} is {tier.title}, which Aura does not clone.",
                "Use auto or live.",
                instance.id,
            )


def _of_rpo(
    policy: Policy, instance: ObservedInstance, tier: Tier, now: datetime
) -> Iterator[Conflict]:
    """Whether copies come often enough: Aura's own, ours on demand, and exports read live."""
    rpo = policy.objectives.rpo
    if rpo is None:
        return
    every = [tier.scheduled_every] if tier.scheduled_every else []
    every += [schedule.longest_gap(rule.schedule, now) for rule in policy.snapshots]
    every += [
        schedule.longest_gap(rule.schedule, now)
        for rule in policy.exports
        if rule.take == "new" or rule.method == "live" or not tier.clonable
    ]
    gaps = [each for each in every if each]
    if gaps and min(gaps) <= rpo:
        return
    often = f"every {_span(min(gaps))}" if gaps else "never"
    yield Conflict(
        "objectives.rpo",
        f"{_span(rpo)} cannot be met for {instance.name}: {tier.title} gets a copy {often}.",
        "Add a rule to `snapshots`, or ask for less.",
        instance.id,
    )


def _of_window(
    policy: Policy, instance: ObservedInstance, tier: Tier, now: datetime
) -> Iterator[Conflict]:
    """Whether what an export rule takes can still be exported when it is due."""
    longest = tier.longest_exportable
    if longest is None or not tier.clonable:
        return
    for number, rule in enumerate(policy.exports):
        gap = schedule.longest_gap(rule.schedule, now)
        if gap > longest and policy.retention.keep_within is None and rule.take != "new":
            yield Conflict(
                f"exports[{number}].cron",
                f"{_span(gap)} pass between two exports, and snapshots of {tier.title} can be "
                f"exported for {_span(longest)} only: those in between are lost.",
                "Export more often, or write `take: new` if that is what is meant.",
                instance.id,
            )
