"""Guards on one action by itself: was it seen, is it ours, is it free to go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.copies import SKEW, moment_text, objection
from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.domain.words import counted
from pulumi_neo4j_aura.planning.guard_world import Verdict, World, selects
from pulumi_neo4j_aura.planning.plan import (
    Action,
    DeleteClone,
    ExportSnapshot,
    PruneExport,
    RecreateInstance,
)

UNKNOWN = "unknown-freezes-deletes"
GONE = "instance-gone"
NOT_SELECTED = "not-selected"
NOT_OURS = "not-ours"
NOT_GOOD = "not-a-good-copy"
HELD = "held"
CLONE_YOUNG = "clone-young"
CLONE_LIMIT = "clone-limit"
NOT_GONE = "not-gone"
FIRST_CYCLE = "first-cycle"


def verdict(action: Action, world: World) -> Verdict | None:
    """The first guard that does not let the action through, or None."""
    match action:
        case PruneExport():
            return next(filter(None, (guard(action, world) for guard in _ON_PRUNES)), None)
        case DeleteClone():
            return next(filter(None, (guard(action, world) for guard in _ON_CLONES)), None)
        case ExportSnapshot():
            return _clone_limit(action, world)
        case RecreateInstance():
            return _not_gone(action, world)
        case _:
            return None


def first_cycle(action: PruneExport | DeleteClone, world: World) -> Verdict | None:
    """Nothing is deleted before the vault has known the policy for a while.

    A vault that does not know it may have lost its journal, and with it what was deleted today,
    what is under way and what is ours.
    """
    vault = world.vaults.get(action.target)
    since = vault.since.get(action.policy) if vault else None
    if since is None:
        return FIRST_CYCLE, f"policy {action.policy} was never published in {action.target}"
    if since > world.now + SKEW:
        when = moment_text(since)
        return (
            FIRST_CYCLE,
            f"policy {action.policy} is from the future ({when}): is the clock right?",
        )
    return None


# --- both kinds of delete -------------------------------------------------------------------------


def _unknown(action: PruneExport | DeleteClone, world: World) -> Verdict | None:
    if world.unknown:
        return UNKNOWN, world.unknown
    vault = world.vaults.get(action.target)
    if vault is None:
        return UNKNOWN, f"vault {action.target} was not looked at"
    if vault.sight is not Sight.PRESENT:
        return UNKNOWN, f"vault {action.target} is {vault.sight} ({vault.reason})"
    return None


def _policy(action: PruneExport | DeleteClone, world: World) -> Verdict | None:
    policy = world.policies.get(action.policy)
    if policy is None:
        return NOT_SELECTED, f"no policy {action.policy!r} was planned for"
    if policy.target != action.target:
        return NOT_SELECTED, f"policy {action.policy} exports to {policy.target}"
    return None


# --- prunes ---------------------------------------------------------------------------------------


def _instance(action: PruneExport, world: World) -> Verdict | None:
    """Copies of what is gone, or of what nobody protects any more, may be all that is left."""
    instance = world.instances.get(action.instance_id)
    if instance is None:
        return UNKNOWN, f"instance {action.instance_id} was not looked at"
    if instance.sight is Sight.ABSENT:
        return GONE, f"instance {action.instance_id} is gone: all its copies stay"
    if not selects(world.policies[action.policy].instances, instance):
        return NOT_SELECTED, f"policy {action.policy} does not select {action.instance_id}"
    return None


def _export(action: PruneExport, world: World) -> Verdict | None:
    """It is the one export of ours that was seen under this id, at this place, and it is whole."""
    found = world.stocks[action.target].by_id.get(action.export_id, ())
    if not found:
        return NOT_OURS, f"export {action.export_id} was not seen in {action.target}"
    if len(found) > 1:
        return NOT_GOOD, f"{len(found)} exports have the id {action.export_id}"
    export = found[0]
    if (export.key, export.instance_id) != (action.manifest_key, action.instance_id):
        return NOT_OURS, f"export {action.export_id} was seen elsewhere, at {export.key}"
    if not export.ours:
        return NOT_OURS, f"export {action.export_id} was not made or adopted by this tool"
    problem = objection(export, world.now)
    return (NOT_GOOD, problem) if problem else None


def _held(action: PruneExport, world: World) -> Verdict | None:
    held = world.stocks[action.target].held
    found = [*held.get(action.export_id, ()), *held.get(action.instance_id, ())]
    return (HELD, "; ".join(hold.text for hold in found)) if found else None


# --- clones, and what is not a delete -------------------------------------------------------------


def _clone(action: DeleteClone, world: World) -> Verdict | None:
    clone = world.clones.get(action.instance_id)
    if clone is None or not clone.ours or clone.project_id != action.project_id:
        return NOT_OURS, f"no journal knows {action.instance_id} as a clone of ours"
    if world.projects.get(action.project_id) is not Sight.PRESENT:
        return UNKNOWN, f"project {action.project_id} was not seen"
    return None


def _clone_young(action: DeleteClone, world: World) -> Verdict | None:
    """A young clone may be at work for an export on another machine."""
    created = world.clones[action.instance_id].created_at
    least = world.policies[action.policy].limits.max_clone_age
    span = duration.show(least.total_seconds())
    if created is None:
        return CLONE_YOUNG, f"its age is not known; clones are deleted when older than {span}"
    if world.now - created <= least:
        return CLONE_YOUNG, f"made at {moment_text(created)}; deleted when older than {span}"
    return None


def _clone_limit(action: ExportSnapshot, world: World) -> Verdict | None:
    """No further clone while as many live as may. An export under way has its own already."""
    policy = world.policies.get(action.policy)
    vault = world.vaults.get(action.target)
    if policy is None or action.method == "live" or (vault and action.key in vault.under_way):
        return None
    alive = world.clones_of.get(action.project_id, 0)
    if alive < policy.limits.max_clones:
        return None
    return (
        CLONE_LIMIT,
        f"{counted(alive, 'clone')} in the project; max_clones is {policy.limits.max_clones}",
    )


def _not_gone(action: RecreateInstance, world: World) -> Verdict | None:
    """An instance that may still live is never made a second time, and billed twice."""
    instance = world.instances.get(action.instance_id)
    if instance is not None and instance.sight is Sight.ABSENT:
        return None
    return NOT_GONE, f"instance {action.instance_id} is not certainly gone"


_ON_PRUNES: Sequence[Callable[[PruneExport, World], Verdict | None]] = (
    _unknown,
    _policy,
    _instance,
    _export,
    _held,
)
_ON_CLONES: Sequence[Callable[[DeleteClone, World], Verdict | None]] = (
    _unknown,
    _policy,
    _clone,
    _clone_young,
)
