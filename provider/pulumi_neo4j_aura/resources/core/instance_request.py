"""The request half of an instance: it exists as soon as Aura accepted it.

Create returns at once with id, address and password, so that they are in the state before anybody
waits. What takes time is the readiness half's work (`instance_readiness`), which runs again
whenever `operation` changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulumi_neo4j_aura.domain import duration, instance_rules, naming
from pulumi_neo4j_aura.domain.declared import IMMUTABLE
from pulumi_neo4j_aura.domain.instance import CreatedInstance, Instance, NewInstance
from pulumi_neo4j_aura.domain.tier import upgrade_in_place
from pulumi_neo4j_aura.errors import NotFound, Refused, Transient
from pulumi_neo4j_aura.execution import convergence, creation, deletion, presence
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.planning import canonical
from pulumi_neo4j_aura.resources.core import adoption, guard, source
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs, normalised, validate
from pulumi_neo4j_aura.resources.core.results import (
    Checked,
    Created,
    Diffed,
    Failure,
    Found,
    Gone,
)
from pulumi_neo4j_aura.resources.core.values import (
    Properties,
    Unknown,
    holds_unknown,
    without_nones,
)

#: Inputs that a user or the component sets; everything else in the outputs is ours.
INPUT_KEYS = frozenset(InstanceInputs.model_fields)

_REPLACING = (*IMMUTABLE, "generation")


# --- check ----------------------------------------------------------------------------------------


def check(services: Services, olds: Properties, news: Properties) -> Checked:
    """Normalise and validate; everything that can fail in a preview fails here.

    Args:
        services: how to ask Aura; asked only for what local rules cannot know.
        olds: the inputs in the state; empty for a create and for the create half of a replacement.
        news: the inputs of the program.
    """
    values = _carry_over(olds, _with_project(services, news))
    inputs, failures = validate(InstanceInputs, values)
    if inputs is None:
        return Checked(without_nones(values), failures)
    values = normalised(inputs, values)
    if not inputs.project_id and "project_id" not in news:
        return Checked(values, (_no_project(),))
    declared = inputs.declared()
    local = [*instance_rules.basic_problems(declared)]
    local += instance_rules.tier_problems(declared, from_source=inputs.source is not None)
    found = [Failure(problem.property, problem.reason) for problem in local]
    if found:
        return Checked(values, tuple(found))
    if olds:
        return _check_existing(services, olds, values, inputs)
    return _check_new(services, values, inputs)


def _with_project(services: Services, news: Properties) -> Properties:
    default = services.settings.project_id
    if default and not news.get("project_id"):
        return {**news, "project_id": default}
    return dict(news)


def _no_project() -> Failure:
    return Failure("project_id", "is required: name it here or set AURA_PROJECT_ID")


def _carry_over(olds: Properties, news: Properties) -> Properties:
    """Keep what was decided when the instance was made, whatever became of the program's names."""
    kept: Properties = {key: olds[key] for key in ("owner", "provenance") if key in olds}
    return {**news, **kept}


def _check_existing(
    services: Services, olds: Properties, values: Properties, inputs: InstanceInputs
) -> Checked:
    if inputs.owner and not isinstance(olds.get("name"), Unknown):
        services.own_names[inputs.owner] = (str(olds.get("project_id")), str(olds.get("name")))
    replacing = _replacing(olds, values)
    if replacing:
        return Checked(values, _replacement_failures(olds, replacing))
    failures = _adoption_edit(olds, values)
    judged = source.edit(olds.get("source"), values.get("source"))
    if judged.keep:
        values = _with_source(values, olds.get("source"))
    elif judged.failure:
        failures += (Failure("source", judged.failure),)
    if _offer_relevant(olds, values):
        failures += _offer_failures(services, inputs)
    warnings = (f"{inputs.name}: {judged.warning}",) if judged.warning else ()
    return Checked(values, failures, warnings)


def _with_source(values: Properties, kept: object) -> Properties:
    rest = {key: value for key, value in values.items() if key != "source"}
    return {**rest, "source": kept} if kept else rest


def _replacement_failures(olds: Properties, replacing: tuple[str, ...]) -> tuple[Failure, ...]:
    """A replacement deletes the old instance, so protection blocks it before anything is made."""
    if not olds.get("deletion_protection", True):
        return ()
    reason = (
        "changing this replaces the instance, and its deletion_protection is on. Take the edit "
        "back, or set deletion_protection=False in an `up` of its own first"
    )
    return tuple(Failure(key, reason) for key in replacing)


def _adoption_edit(olds: Properties, values: Properties) -> tuple[Failure, ...]:
    old, new = olds.get("adopt_instance_id"), values.get("adopt_instance_id")
    if new is None or old == new or isinstance(new, Unknown):
        return ()
    reason = (
        "this resource has its instance already; adopting another one would lose track of it. "
        "Declare the other instance under another resource name"
    )
    return (Failure("adopt_instance_id", reason),)


_OFFER_KEYS = ("type", "memory", "storage")


def _offer_relevant(olds: Properties, values: Properties) -> bool:
    return any(olds.get(key) != values.get(key) for key in _OFFER_KEYS)


def _check_new(services: Services, values: Properties, inputs: InstanceInputs) -> Checked:
    if inputs.adopt_instance_id:
        if inputs.source is not None or holds_unknown(values.get("source")):
            clash = "an adopted instance has its data already; leave `source` out"
            return Checked(values, (Failure("source", clash),))
        values["provenance"] = {"kind": "adopted", "instance_id": inputs.adopt_instance_id}
        return Checked(values, adoption.failures(services, inputs))
    failures = _offer_failures(services, inputs)
    if inputs.source is None:
        if "source" not in values:
            values["provenance"] = {"kind": "none"}
        return Checked(values, failures)
    resolved = source.resolve(services, inputs, inputs.source)
    if resolved.provenance:
        values["provenance"] = resolved.provenance
    return Checked(values, failures + resolved.failures)


def _offer_failures(services: Services, inputs: InstanceInputs) -> tuple[Failure, ...]:
    """Compare with what the project offers, when the project is known and can be read."""
    if not inputs.project_id:
        return ()
    try:
        project = services.projects.get(inputs.project_id)
    except NotFound as error:
        return (Failure("project_id", f"there is no such project for this credential: {error}"),)
    except Transient as error:
        services.warn(f"sizes and regions were not checked: {error}")
        return ()
    problems = instance_rules.offer_problems(inputs.declared(), project)
    return tuple(Failure(problem.property, problem.reason) for problem in problems)


# --- diff -----------------------------------------------------------------------------------------


def diff(olds: Properties, news: Properties) -> Diffed:
    """Which changes mean another instance. Unknown values do not (the real run knows them)."""
    return Diffed(_replacing(olds, news))


def _replacing(olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key for key in _REPLACING if _replaces(key, olds.get(key), news.get(key)))


def _replaces(key: str, old: object, new: object) -> bool:
    if isinstance(old, Unknown) or isinstance(new, Unknown) or old == new:
        return False
    if key == "type" and isinstance(old, str) and isinstance(new, str):
        return not upgrade_in_place(old, new)
    return True


# --- create ---------------------------------------------------------------------------------------


def create(services: Services, values: Properties) -> Created:
    """Create the instance, or adopt it. Returns as soon as Aura accepted."""
    inputs = InstanceInputs.model_validate(values)
    if inputs.adopt_instance_id:
        return _adopt(services, values, inputs)
    request = creation.Request(
        new=_new_instance(inputs),
        owner=inputs.owner,
        on_orphan=inputs.on_orphan,
        own_namesakes=_own_namesakes(services, inputs),
        patience_seconds=_patience(inputs),
    )
    made = creation.create(services, request)
    outputs = _base_outputs(services, values, inputs) | _credentials(made, inputs)
    outputs["operation"] = _operation(services, inputs, _all_settings(inputs))
    return Created(made.id, without_nones(outputs))


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
    provenance = inputs.provenance or {}
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
        return Gone(instance_id, (f"instance {instance_id} no longer exists",))
    declared = {key: value for key, value in state.items() if key in INPUT_KEYS}
    inputs = {**declared, **_live_inputs(declared, seen)}
    outputs = {**state, **inputs}
    if seen.connection_url:
        outputs["connection_url"] = seen.connection_url
    return Found(instance_id, outputs, inputs)


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
