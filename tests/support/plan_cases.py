"""Worlds whose plans lie in tests/golden/plans, in every form in which a plan is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pulumi_neo4j_aura.domain.observed import (
    MissingExport,
    ObservedClone,
    ObservedExport,
    ObservedProject,
    ObservedState,
    Past,
    Sight,
    StoredHold,
)
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.planning.plan import Plan
from support.planning import (
    DAY,
    DONE,
    HOUR,
    NOW,
    PROJECT,
    SUNDAY,
    a_policy,
    export,
    instance,
    plan_of,
    quiet,
    snapshot,
    vault,
    world,
)


@dataclass(frozen=True)
class Case:
    """One world and the policies that it is planned for."""

    seen: ObservedState
    policies: tuple[Policy, ...] = (a_policy(),)

    @property
    def plan(self) -> Plan:
        """With fixed versions: what else a document may say later changes nothing here."""
        fixed = (replace(each, version=f"version-of-{each.name}") for each in self.policies)
        return plan_of(self.seen, *fixed)


def _weekly(count: int) -> tuple[ObservedExport, ...]:
    return tuple(export((2 + 7 * week) * DAY, f"orders-{week:02}") for week in range(count))


_CLONE = ObservedClone("c1", "aura-export-orders~ab12cd34", PROJECT, NOW - 7 * HOUR)
_PRUNING = {"retention": {"keep_last": 2}, "limits": {"max_delete_percent": 50}}


def _busy() -> Case:
    """Each kind of action but the creating again of a lost instance, and one that is refused."""
    young = replace(_CLONE, id="c2", created_at=None)
    seen = (
        snapshot(HOUR, "loose", exportable=False),
        snapshot(2 * HOUR, "chosen"),
        snapshot(26 * HOUR, "older"),
    )
    policy = a_policy(
        snapshots=[{"cron": "0 1 * * *"}],
        objectives={"rpo": "24h", "rto": "2h"},
        retention={"keep_last": 2},
        limits={"max_delete_percent": 50, "max_clones": 3},
    )
    exports = (*_weekly(5)[1:], export(90 * DAY, "held"))
    hold = StoredHold("legal", "held", "case 4711")
    at = vault(*exports, holds=(hold,))
    return Case(world(instance(*seen, memory="8GB"), at=at, clones=(_CLONE, young)), (policy,))


def _unknown() -> Case:
    """Nothing could be seen whole."""
    there = instance(id="a-id", name="accounts")
    blind = instance(id="b-id", name="billing", snapshots_seen=False, reason="no answer")
    lost = instance(id="c-id", name="carts", sight=Sight.UNKNOWN, reason="HTTP 503")
    projects = (ObservedProject(PROJECT, sight=Sight.UNKNOWN, reason="HTTP 403"),)
    away = vault(sight=Sight.UNKNOWN, reason="no answer")
    policy = a_policy(snapshots=[{"cron": "0 1 * * *"}], objectives={"rpo": "30m", "rto": "1h"})
    return Case(world(there, blind, lost, at=away, projects=projects), (policy,))


def _gone() -> Case:
    gone = instance(sight=Sight.ABSENT, reason="gone", snapshots=())
    exports = (
        export(HOUR, "file", method="file"),
        export(DAY, "newest"),
        export(9 * DAY, "damaged", good=False, problem="part missing"),
    )
    return Case(world(gone, at=vault(*exports)), (a_policy(on_loss="recreate"),))


def _failing() -> Case:
    past = {SUNDAY: Past(NOW - 9 * DAY, NOW - HOUR / 60, 3, "Aura did not answer")}
    return Case(world(instance(snapshot(6 * DAY, "s")), at=vault(*_weekly(3)[1:], slots=past)))


def _overlap() -> Case:
    both = {"retention": {"keep_last": 1}, "exports": []}
    other = instance(id="other-id", name="other", project_id="project-2")
    seen = world(instance(), other, at=vault(*_weekly(3)))
    return Case(seen, (a_policy(**both), a_policy(name="second", **both)))


def _odd_names() -> Case:
    """Names that would become markup, or end a table's cell."""
    name = "a|b `c` [red]*d*[/red] <e>"
    return Case(world(instance(name=name), at=vault()))


def _short_of_objectives() -> Case:
    """Old, unproven and missing copies; slow restores and those that were never measured."""
    old = snapshot(3 * DAY, "old")
    fleet = (
        instance(old, id="a-id", name="old"),
        instance(old, id="b-id", name="paused", status="paused"),
        instance(snapshot(HOUR, "loose", exportable=False), id="c-id", name="unproven"),
        instance(snapshots=(), id="d-id", name="bare"),
        instance(id="e-id", name="slow"),
        instance(old, id="f-id", name="missed", status="running"),
    )
    missed = ("production", "snapshots 0 1 * * * UTC", "f-id")
    slots = {missed: Past(NOW - DAY, missed=True)}
    at = vault(restore_seconds={"e-id": 3 * HOUR}, slots=slots)
    policy = a_policy(
        exports=[], snapshots=[{"cron": "0 1 * * *"}], objectives={"rpo": "26h", "rto": "2h"}
    )
    return Case(world(*fleet, at=at), (policy,))


def _short_of_copies() -> Case:
    """Damaged, future, missing and too few copies, and one that can soon not be exported."""
    exports = (
        export(9 * DAY, "good"),
        export(10 * DAY, "damaged", good=False, problem="nodes-00000 is missing"),
        export(-DAY, "future"),
    )
    missing = {"orders-id": (MissingExport("lost", "orders-id", NOW - 16 * DAY),)}
    policy = a_policy(retention={"keep_last": 3, "floor": {"count": 3, "proven": 2}})
    waiting = instance(snapshot(6 * DAY + 12 * HOUR, "waiting"))
    held = StoredHold("ended", "good", "case 4711", NOW - DAY)
    at = vault(*exports, missing=missing, slots=DONE, holds=(held,))
    return Case(world(waiting, at=at), (policy,))


def _conflicts() -> Case:
    """A policy that contradicts itself, and asks of its instances what they cannot give."""
    fleet = (
        instance(id="a-id", name="free", type="free-db"),
        instance(id="b-id", name="pro"),
        instance(id="c-id", name="odd", type="something-new"),
    )
    monthly = {"cron": "0 2 1 * *"}
    policy = a_policy(
        exports=[monthly, {**monthly, "method": "clone"}, {"cron": "0 3 * * SUN", "take": "new"}],
        snapshots=[{"cron": "0 1 * * *", "jitter": "1h", "within": "30m"}],
        retention={"hourly": 30, "daily": 1, "floor": {"count": 1, "proven": 2}},
        restore_tests=[{"cron": "0 4 * * SUN"}],
        objectives={"rpo": "30m"},
    )
    return Case(world(*fleet, at=vault()), (policy,))


def _nothing_to_export() -> Case:
    """Four snapshots that are of no use, and an export that is due."""
    useless = [snapshot((n + 1) * HOUR, f"useless-{n}", exportable=False) for n in range(4)]
    return Case(world(instance(*useless), at=vault()))


CASES: Mapping[str, Case] = {
    "quiet": Case(quiet()),
    "busy": _busy(),
    "observe": Case(world(at=vault(*_weekly(4)[1:])), (a_policy(mode="observe", **_PRUNING),)),
    "over-budget": Case(
        world(at=vault(*_weekly(30), slots=DONE)), (a_policy(retention={"keep_last": 1}),)
    ),
    "clone-limit": Case(
        world(clones=(replace(_CLONE, created_at=NOW - HOUR),)),
        (a_policy(limits={"max_clones": 1}),),
    ),
    "unknown": _unknown(),
    "gone": _gone(),
    "failing": _failing(),
    "overlap": _overlap(),
    "no-instances": Case(quiet(), (a_policy(instances={"names": ["nothing-*"]}),)),
    "odd-names": _odd_names(),
    "short-of-objectives": _short_of_objectives(),
    "short-of-copies": _short_of_copies(),
    "conflicts": _conflicts(),
    "nothing-to-export": _nothing_to_export(),
}
