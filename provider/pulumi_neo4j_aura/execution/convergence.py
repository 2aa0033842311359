"""Bring a live instance to what is wanted, one Aura operation after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, replace
from typing import assert_never

from pulumi_neo4j_aura.aura.waiting import (
    Waiter,
    wait_for_idle,
    wait_for_status,
    when_not_busy,
)
from pulumi_neo4j_aura.domain import status
from pulumi_neo4j_aura.domain.instance import Instance, InstanceChanges
from pulumi_neo4j_aura.errors import OperationFailed, Rejected
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning import convergence
from pulumi_neo4j_aura.planning.convergence import Change, Impossible, Pause, Resume, Step, Upgrade


def converge(
    services: Services, instance_id: str, wanted: Mapping[str, object], waiter: Waiter
) -> Instance:
    """Wait until the instance is idle and has the wanted settings; return it as last seen.

    Args:
        services: how to ask Aura.
        instance_id: which instance.
        wanted: settings in comparable spelling; others are left as they are.
        waiter: gap and patience of each single wait.

    Raises:
        OperationFailed: the instance ended in a failed state, or an operation that Aura called done
            did not do what was asked.
        Rejected: Aura will not do a step, or the settings cannot be reached.
        TimedOut: patience ran out; what was begun goes on, and a later run takes it up.
    """
    live = wait_for_idle(services.client, instance_id, waiter)
    taken: list[Step] = []
    while (step := convergence.next_step(wanted, live)) is not None:
        if step in taken:
            raise _without_effect(live, step)
        taken.append(step)
        live = _perform(services, live, step, waiter)
    return live


def _perform(services: Services, live: Instance, step: Step, waiter: Waiter) -> Instance:
    """Send one step and wait for its end."""
    instances = services.client.instances
    match step:
        case Pause():
            return _follow(
                services, live, lambda: instances.pause(live.id), "pause", {status.PAUSED}, waiter
            )
        case Resume():
            return _follow(
                services,
                live,
                lambda: instances.resume(live.id),
                "resume",
                {status.RUNNING},
                waiter,
            )
        case Upgrade(memory, storage):
            return _follow(
                services,
                live,
                lambda: instances.upgrade(live.id, memory=memory, storage=storage),
                "upgrade",
                status.SETTLED,
                waiter,
            )
        case Change(changes):
            return _change(services, live, changes, waiter)
        case Impossible(reason):
            raise Rejected(
                f"Instance {_called(live)} cannot become what is declared: {reason}.",
                way_out="Declare what it has, or replace the instance on purpose.",
            )
        case _:
            assert_never(step)


def _change(
    services: Services, live: Instance, changes: InstanceChanges, waiter: Waiter
) -> Instance:
    instances = services.client.instances
    if changes == InstanceChanges(name=changes.name):
        return _rename(services, live, changes, waiter)
    return _follow(
        services,
        live,
        lambda: instances.update(live.id, changes),
        "update",
        status.SETTLED,
        waiter,
        lambda seen: _has(seen, changes),
    )


def _rename(
    services: Services, live: Instance, changes: InstanceChanges, waiter: Waiter
) -> Instance:
    """A rename is done when Aura's answer has the new name; the instance stays available."""
    answer = when_not_busy(
        lambda: services.client.instances.update(live.id, changes),
        waiter,
        f"rename of {_called(live)}",
    )
    if answer.name == changes.name:
        return replace(live, name=answer.name)
    return wait_for_idle(services.client, live.id, waiter)


def _follow(  # noqa: PLR0917 - who, what and until when of one operation
    services: Services,
    live: Instance,
    call: Callable[[], Instance],
    verb: str,
    targets: Collection[str],
    waiter: Waiter,
    changed: Callable[[Instance], bool] | None = None,
) -> Instance:
    services.report(f"{verb} of {_called(live)}")
    began = when_not_busy(call, waiter, f"{verb} of {_called(live)}")
    return wait_for_status(
        services.client,
        live.id,
        targets,
        began=began,
        from_status=live.status,
        waiter=waiter,
        changed=changed,
    )


def _has(seen: Instance, changes: InstanceChanges) -> bool:
    asked = {key: value for key, value in asdict(changes).items() if value is not None}
    return convergence.next_step(asked, seen) is None


def _without_effect(live: Instance, step: Step) -> OperationFailed:
    return OperationFailed(
        f"Aura called the operation on {_called(live)} done, and it is not as asked: {step}.",
        way_out="Look at it in the Aura Console; `pulumi refresh` shows what it has.",
    )


def _called(live: Instance) -> str:
    return f"{live.name} ({live.id})"
