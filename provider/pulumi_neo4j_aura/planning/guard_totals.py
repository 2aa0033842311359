"""Guards on all prunes together: what would remain, and how many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from pulumi_neo4j_aura.domain.copies import objection
from pulumi_neo4j_aura.domain.observed import ObservedExport
from pulumi_neo4j_aura.planning.guard_world import Verdict, World, selects
from pulumi_neo4j_aura.planning.plan import PruneExport

LAST_GOOD = "last-good-copy"
BUDGET = "deletion-budget"

_DAY = timedelta(days=1)

#: A prune and its place among the plan's actions.
Placed = tuple[int, PruneExport]


def last_good(prunes: Sequence[Placed], world: World) -> Iterator[tuple[int, Verdict]]:
    """Refuse all prunes of an instance that together would leave too little of it."""
    groups: dict[tuple[str, str], list[Placed]] = defaultdict(list)
    for placed in prunes:
        groups[placed[1].target, placed[1].instance_id].append(placed)
    for group in groups.values():
        reason = _shortfall([action for _, action in group], world)
        if reason:
            yield from ((index, (LAST_GOOD, reason)) for index, _ in group)


def over_budget(prunes: Sequence[Placed], world: World) -> Iterator[tuple[int, Verdict]]:
    """Refuse all prunes of a policy that would delete more than it may, in this run or today.

    All of them: which few of too many would be the right ones is for a person to say.
    """
    groups: dict[str, list[Placed]] = defaultdict(list)
    for placed in prunes:
        groups[placed[1].policy].append(placed)
    for name, group in groups.items():
        reason = _excess(name, len(group), world)
        if reason:
            yield from ((index, (BUDGET, reason)) for index, _ in group)


def _shortfall(actions: Sequence[PruneExport], world: World) -> str:
    """What the floor, the largest that any of the policies asks for, would miss; or nothing."""
    stock = world.stocks[actions[0].target]
    all_of_it = stock.by_instance[actions[0].instance_id]
    before = [export for export in all_of_it if objection(export, world.now) is None]
    going = {action.export_id for action in actions}
    after = [export for export in before if export.export_id not in going]
    if _newest(after) != _newest(before):
        return "the newest good copy would go"
    floors = [world.policies[action.policy].retention.floor for action in actions]
    count = max(1, *(floor.count for floor in floors))
    proven = max(0, *(floor.proven for floor in floors))
    return _short("good copies", count, before, after) or _short(
        "proven copies", proven, _proven(before), _proven(after)
    )


def _newest(exports: Iterable[ObservedExport]) -> object:
    return max((export.moment for export in exports if export.moment), default=None)


def _proven(exports: Iterable[ObservedExport]) -> list[ObservedExport]:
    return [export for export in exports if export.proven_at is not None]


def _short(
    what: str, floor: int, before: Sequence[ObservedExport], after: Sequence[ObservedExport]
) -> str:
    """Compare three counts with the floor, or with what there is now where that is less."""
    for kind, had, left in (
        (what, len(before), len(after)),
        (f"{what} of different moments", _moments(before), _moments(after)),
        (f"consistent {what}", _moments(before, alike=True), _moments(after, alike=True)),
    ):
        if left < min(floor, had):
            return f"{left} of {had} {kind} would remain; the floor is {floor}"
    return ""


def _moments(exports: Iterable[ObservedExport], *, alike: bool = False) -> int:
    return len({export.moment for export in exports if export.consistent or not alike})


def _excess(name: str, planned: int, world: World) -> str:
    policy = world.policies[name]
    limits = policy.limits
    stock = world.stocks[policy.target]
    exports = sum(
        stock.counts.get(instance.id, 0)
        for instance in world.instances.values()
        if selects(policy.instances, instance)
    )
    percent = int(limits.max_delete_percent * exports // 100)
    allowed = max(1, min(limits.max_deletes, percent))
    begin = world.now - _DAY
    today = sum(moment > begin for moment in stock.vault.deletes.get(name, ()))
    if planned + today <= allowed:
        return ""
    return (
        f"{planned} deletes now and {today} within the last 24 h; allowed are {allowed} of "
        f"{exports} exports (max_deletes {limits.max_deletes}, "
        f"max_delete_percent {limits.max_delete_percent:g})"
    )
