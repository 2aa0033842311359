"""The readiness half of an instance: it waits, and finishes what can only be done afterwards.

It owns nothing. When it is interrupted, the next `up` runs it again for the same instance. It asks
nothing in `read`, and deleting it deletes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pulumi_neo4j_aura.aura.waiting import wait_for_idle
from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.errors import OperationFailed, TimedOut
from pulumi_neo4j_aura.execution import convergence, creation
from pulumi_neo4j_aura.execution.exports import filling as imports
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import filling, guard
from pulumi_neo4j_aura.resources.core.results import Checked, Created, Diffed, Found, Partial
from pulumi_neo4j_aura.resources.core.values import Properties, Unknown, without_nones


def check(_services: Services, _olds: Properties, news: Properties) -> Checked:
    """The component wrote these inputs; there is nothing that a user could get wrong."""
    return Checked(without_nones(news))


def diff(olds: Properties, news: Properties) -> Diffed:
    """Another instance needs another readiness."""
    old, new = olds.get("instance_id"), news.get("instance_id")
    if isinstance(new, Unknown) or old == new:
        return Diffed()
    return Diffed(("instance_id",))


def create(services: Services, values: Properties) -> Created | Partial:
    """Wait until the instance is idle, as declared and under its own name."""
    resource_id = f"{values['instance_id']}-ready"
    try:
        return Created(resource_id, _make_ready(services, values))
    except (TimedOut, OperationFailed) as error:
        return Partial(resource_id, dict(values), error)


def update(services: Services, _id: str, state: Properties, values: Properties) -> Properties:
    """Wait again when there was a new operation; a changed time-out alone is no reason."""
    before, after = state.get("operation") or {}, values["operation"]
    if before.get("id") == after.get("id"):
        kept = {key: value for key, value in state.items() if key != "operation"}
        return {**kept, **values}
    return _make_ready(services, values, state.get("filled"))


def read(_services: Services, resource_id: str, state: Properties) -> Found:
    """What was found when it became ready; drift is shown by the request half."""
    inputs: Properties = {
        key: state[key]
        for key in ("instance_id", "api_url", "operation", "password")
        if key in state
    }
    return Found(resource_id, dict(state), inputs)


def delete(_services: Services, _id: str, _state: Properties) -> None:
    """Nothing to delete: the request half owns the instance."""


def _make_ready(
    services: Services, values: Properties, filled: Properties | None = None
) -> Properties:
    guard.same_place(services.settings, values)
    operation = values["operation"]
    instance_id = str(values["instance_id"])
    patience = duration.parse(str(operation["wait_timeout"])).total_seconds()
    already = _let_it_begin(services, str(operation["began_at"]))
    waiter = replace(services.waiter(patience), already=already)
    try:
        if filled is None and "fill" in operation:
            idle = wait_for_idle(services.client, instance_id, waiter)
            filled = filling.fill(services, idle, values)
        live = convergence.converge(services, instance_id, operation["settings"], waiter)
    finally:
        # The request half was in the state before this began, password included; now that the wait
        # is over, even a backend that writes late has it, and the local copy may go. Also when it
        # ended badly: a replacement would take the open entry for its own lost create, be given
        # this instance, and delete it as the one that it replaces.
        creation.close(services, str(operation["owner"]), instance_id)
    if filled is not None:
        imports.forget(services, instance_id, str(filled["export_id"]))
    return without_nones({**values, **_outputs(live), "filled": filled})


def _let_it_begin(services: Services, began_at: str) -> float:
    """Spare the look at an operation that began just now: it cannot be over.

    Returns the seconds that it is under way then; zero when it began in an earlier run.
    """
    gap = services.settings.polling.seconds
    passed = (services.clock.now() - datetime.fromisoformat(began_at)).total_seconds()
    if not 0 <= passed < gap:
        return 0.0
    services.clock.sleep(gap - passed)
    return gap


def _outputs(live: Instance) -> Properties:
    values = {"name": live.name, "status": live.status, "connection_url": live.connection_url}
    return without_nones(values)
