"""Checking an instance's inputs: everything that can fail in a preview fails here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_neo4j_aura.domain import instance_rules
from pulumi_neo4j_aura.domain.declared import IMMUTABLE
from pulumi_neo4j_aura.domain.tier import upgrade_in_place
from pulumi_neo4j_aura.errors import NotFound, Transient
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import adoption, source
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs, normalised, validate
from pulumi_neo4j_aura.resources.core.results import Checked, Failure
from pulumi_neo4j_aura.resources.core.values import (
    Properties,
    Unknown,
    holds_unknown,
    without_nones,
)

_REPLACING = (*IMMUTABLE, "generation")


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
    cloned = inputs.source is not None and inputs.source.kind != "export"
    local += instance_rules.tier_problems(declared, from_source=cloned)
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
    another = replacing(olds, values)
    if another:
        return Checked(values, _replacement_failures(olds, another))
    failures = _adoption_edit(olds, values)
    judged = source.edit(olds.get("source"), values.get("source"), olds.get("provenance"))
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


def replacing(olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[str, ...]:
    """The changed properties that mean another instance; unknown values do not."""
    return tuple(key for key in _REPLACING if _replaces(key, olds.get(key), news.get(key)))


def _replaces(key: str, old: object, new: object) -> bool:
    if isinstance(old, Unknown) or isinstance(new, Unknown) or old == new:
        return False
    if key == "type" and isinstance(old, str) and isinstance(new, str):
        return not upgrade_in_place(old, new)
    return True
