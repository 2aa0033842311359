"""The request half of an instance: it exists as soon as Aura accepted it.

Create returns at once with id, address and password, so that they are in the state before anybody
waits. What takes time is the readiness half's work (`instance_readiness`), which runs again
whenever `operation` changes.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from pulumi_neo4j_aura.domain import duration, naming
from pulumi_neo4j_aura.domain.instance import CreatedInstance, Instance, NewInstance
from pulumi_neo4j_aura.errors import Refused, Transient
from pulumi_neo4j_aura.execution import convergence, creation, deletion, presence
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning import canonical
from pulumi_neo4j_aura.resources.core import adoption, filling, guard
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs
from pulumi_neo4j_aura.resources.core.instance_check import (
    check as check,  # noqa: PLC0414 - served from here, like every resource's
)
from pulumi_neo4j_aura.resources.core.instance_check import replacing
from pulumi_neo4j_aura.resources.core.results import (
    Created,
    Diffed,
    Found,
    Gone,
)
from pulumi_neo4j_aura.resources.core.values import (
    Properties,
    without_nones,
)

#: Inputs that a user or the component sets; everything else in the outputs is ours.
INPUT_KEYS = frozenset(InstanceInputs.model_fields)

# --- diff -----------------------------------------------------------------------------------------


def diff(olds: Properties, news: Properties) -> Diffed:
    """Which changes mean another instance. Unknown values do not (the real run knows them)."""
    return Diffed(replacing(olds, news))


# --- create ---------------------------------------------------------------------------------------


def create(services: Services, values: Properties) -> Created:
    """Create the instance, or adopt it. Returns as soon as Aura accepted."""
    inputs = InstanceInputs.model_validate(values)
    known = services.in_state.get(inputs.owner)
    if known is not None and known.protected:
        raise _protected_predecessor(inputs, known.id)
    if inputs.adopt_instance_id:
        return _adopt(services, values, inputs)
    request = creation.Request(
        new=_new_instance(inputs),
        owner=inputs.owner,
        on_orphan=inputs.on_orphan,
        own_namesakes=_own_namesakes(services, inputs),
        own_id=known.id if known else "",
        patience_seconds=_patience(inputs),
    )
    made = creation.create(services, request)
    outputs = _base_outputs(services, values, inputs) | _credentials(made, inputs)
    outputs["operation"] = _operation(services, inputs, _all_settings(inputs))
    return Created(made.id, without_nones(outputs))


def _protected_predecessor(inputs: InstanceInputs, instance_id: str) -> Refused:
    """`check` sees the changes that replace by themselves; `replace_on_changes` it cannot see."""
    return Refused(
        f"Instance {inputs.name} ({instance_id}) was to be replaced, and its deletion_protection "
        "is on. No second one was created.",
        way_out="Set deletion_protection=False in an `up` of its own first, or do not replace it.",
    )


def _adopt(services: Services, values: Properties, inputs: InstanceInputs) -> Created:
    live = adoption.adopt(services, inputs)
    override = inputs.password_override
    outputs = _base_outputs(services, values, inputs) | {
        "instance_id": live.id,
        "connection_url": live.connection_url,
        "username": "neo4j",
        "password": override.get_secret_value() if override else None,
        "adopted": True,
        "operation": _operation(services, inputs, _all_settings(inputs)),
    }
    return Created(live.id, without_nones(outputs))


def _new_instance(inputs: InstanceInputs) -> NewInstance:
    provenance = {} if filling.due(inputs.provenance) else inputs.provenance or {}
    return NewInstance(
        project_id=inputs.project_id,
        name=inputs.name,
        cloud_provider=inputs.cloud_provider,
        region=inputs.region,
        type=inputs.type,
        version=inputs.version,
        memory=inputs.memory,
        storage=inputs.storage,
        source_instance_id=provenance.get("instance_id"),
        source_snapshot_id=provenance.get("snapshot_id"),
        customer_managed_key_id=inputs.customer_managed_key_id,
        vector_optimized=inputs.vector_optimized,
        graph_analytics_plugin=inputs.graph_analytics_plugin,
    )


def _own_namesakes(services: Services, inputs: InstanceInputs) -> int:
    return int(services.own_names.get(inputs.owner) == (inputs.project_id, inputs.name))


def _patience(inputs: InstanceInputs) -> float:
    return duration.parse(inputs.wait_timeout).total_seconds()


def _base_outputs(services: Services, values: Properties, inputs: InstanceInputs) -> Properties:
    """The inputs again, and the place, which guards every later call."""
    default = services.settings.project_id
    return {
        **values,
        "api_url": services.client.api_url,
        "default_project_id": default if default == inputs.project_id else None,
        "adopted": False,
    }


def _credentials(made: CreatedInstance, inputs: InstanceInputs) -> Properties:
    override = inputs.password_override
    return {
        "instance_id": made.id,
        "connection_url": made.connection_url,
        "username": made.username,
        "password": override.get_secret_value() if override else made.password,
    }


def _operation(services: Services, inputs: InstanceInputs, settings: Properties) -> Properties:
    """What the readiness half has to bring about; a new id makes it run again."""
    return {
        "id": uuid.uuid4().hex,
        "began_at": services.clock.now().isoformat(),
        "project_id": inputs.project_id,
        "owner": inputs.owner,
        "wait_timeout": inputs.wait_timeout,
        "settings": settings,
        **filling.task(inputs.provenance),
    }


def _all_settings(inputs: InstanceInputs) -> Properties:
    return canonical.comparable_declared(inputs.declared())


# --- read -----------------------------------------------------------------------------------------


def read(services: Services, instance_id: str, state: Properties) -> Found | Gone:
    """See the instance as it is. One call when it is there.

    Raises:
        Transient: whether it is there is unknown; the state must stay as it is.
        Refused: another API or project than the state's.
    """
    guard.same_place(services.settings, state)
    seen = presence.look(services, str(state.get("project_id", "")), instance_id)
    if isinstance(seen, presence.Absent):
        _not_too_young(services, instance_id, state)
        services.in_state.pop(str(state.get("owner")), None)
        return Gone(instance_id, (f"instance {instance_id} no longer exists",))
    declared = {key: value for key, value in state.items() if key in INPUT_KEYS}
    inputs = {**declared, **_live_inputs(declared, seen)}
    outputs = {**state, **inputs}
    if seen.connection_url:
        outputs["connection_url"] = seen.connection_url
    return Found(instance_id, outputs, inputs)


def _not_too_young(services: Services, instance_id: str, state: Properties) -> None:
    """Aura may not show an instance for some seconds after its create: then 404 is not gone."""
    began = (state.get("operation") or {}).get("began_at")
    if began is None:
        return
    age = (services.clock.now() - datetime.fromisoformat(began)).total_seconds()
    if age < services.settings.look_seconds:
        raise Transient(
            f"Aura does not show instance {instance_id}, which was created {duration.show(age)} "
            "ago; it may not know it yet.",
            way_out="Run again in a minute.",
        )


def _live_inputs(declared: Properties, live: Instance) -> Properties:
    """The live value of everything that is managed. A pending name is not a rename."""
    keys = (*canonical.COMPARED, "cloud_provider", "region", "customer_managed_key_id")
    values: Properties = {}
    for key in keys:
        if declared.get(key) is None:
            continue
        values[key] = _live_value(live, key, declared[key])
    if naming.pending_for(live.name, str(declared.get("owner") or "-")):
        values["name"] = declared["name"]
    return values


def _live_value(live: Instance, key: str, declared: object) -> object:
    if key in canonical.COMPARED:
        return canonical.live_value(live, key, declared)
    return getattr(live, key) or declared


# --- update ---------------------------------------------------------------------------------------


def update(
    services: Services, instance_id: str, state: Properties, values: Properties
) -> Properties:
    """Bring about what changed in the declaration, and only that; returns the complete outputs.

    A setting that did not change is not sent again: with `ignore_changes` the state's value is not
    what the user wants, it is what the user told us to leave alone.
    """
    guard.same_place(services.settings, state)
    inputs = InstanceInputs.model_validate(values)
    settings = _changed_settings(state, inputs)
    if settings:
        live = _present(services, instance_id, state)
        if naming.pending_for(live.name, inputs.owner):
            settings = _all_settings(inputs)  # its creation was never finished
            if filling.due(inputs.provenance):
                # Its own name says that it is filled, so readiness gives it, afterwards.
                return _updated_outputs(services, state, values, inputs, settings)
        convergence.converge(services, instance_id, settings, services.waiter(_patience(inputs)))
    return _updated_outputs(services, state, values, inputs, settings)


def _present(services: Services, instance_id: str, state: Properties) -> Instance:
    seen = presence.look(services, str(state.get("project_id", "")), instance_id)
    if isinstance(seen, presence.Absent):
        raise Refused(
            f"Instance {state.get('name')} ({instance_id}) no longer exists in Aura, so it cannot "
            "be updated.",
            way_out="Run `pulumi refresh`, then `pulumi up` to create it again.",
        )
    return seen


def _changed_settings(state: Properties, inputs: InstanceInputs) -> Properties:
    wanted = _all_settings(inputs)
    return {key: value for key, value in wanted.items() if state.get(key) != value}


def _updated_outputs(
    services: Services,
    state: Properties,
    values: Properties,
    inputs: InstanceInputs,
    settings: Properties,
) -> Properties:
    kept = {key: value for key, value in state.items() if key not in INPUT_KEYS}
    outputs = {**kept, **values, "provenance": state.get("provenance")}
    if inputs.password_override:
        outputs["password"] = inputs.password_override.get_secret_value()
    if settings:
        outputs["operation"] = _operation(services, inputs, settings)
    else:
        outputs["operation"] = {**state["operation"], "wait_timeout": inputs.wait_timeout}
    return without_nones(outputs)


# --- delete ---------------------------------------------------------------------------------------


def delete(services: Services, instance_id: str, state: Properties) -> None:
    """Delete the instance, unless it is protected or was adopted.

    Raises:
        Refused: deletion protection is on in the state, or this is another place.
    """
    guard.same_place(services.settings, state)
    name = state.get("name", "")
    if state.get("deletion_protection", True):
        raise Refused(
            f"Instance {name} ({instance_id}) is protected against deletion.",
            way_out="Set deletion_protection=False, run `pulumi up`, then delete it.",
        )
    if state.get("adopted") and not state.get("delete_adopted"):
        services.warn(
            f"instance {name} ({instance_id}) was adopted and is kept in Aura; only Pulumi forgets "
            "it (set delete_adopted=True to have it deleted)"
        )
        return
    if instance_id in services.taken_up:
        services.warn(
            f"instance {name} ({instance_id}) was taken up from an interrupted run instead of "
            "being replaced, and is kept; run again to replace it"
        )
        return
    patience = duration.parse(str(state.get("wait_timeout", "30m"))).total_seconds()
    deletion.delete(
        services,
        deletion.Request(
            project_id=str(state.get("project_id", "")),
            instance_id=instance_id,
            owner=str(state.get("owner") or "unowned"),
            patience_seconds=patience,
        ),
    )
    creation.close(services, str(state.get("owner") or "unowned"), instance_id)
