"""What a resource's functions answer. "No" and "not yet whole" come with reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.resources.core.values import Properties


@dataclass(frozen=True, slots=True)
class Failure:
    """One input that cannot be used: the property and one sentence with the way out."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Normalised inputs; with failures, nothing may be created or changed."""

    inputs: Properties
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    #: Lines that a preview shows and keeps, and that are no warnings.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diffed:
    """The properties that force a replacement. What else changed, the engine finds itself."""

    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Created:
    """A resource that exists: its id and complete outputs."""

    id: str
    outputs: Properties


@dataclass(frozen=True, slots=True)
class Partial:
    """Something exists and is not (yet) what was asked for; `error` says why.

    A dynamic provider can only raise the error; a full one keeps id and outputs in the state.
    """

    id: str
    outputs: Properties
    error: AuraError


@dataclass(frozen=True, slots=True)
class Found:
    """What a read saw: outputs, and the inputs that would describe them."""

    id: str
    outputs: Properties
    inputs: Properties


@dataclass(frozen=True, slots=True)
class Gone:
    """The resource is certainly gone (two agreeing readings)."""

    id: str
    reasons: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Resolved:
    """A source with its facts, or the reasons why it cannot be used."""

    provenance: Properties
    failures: tuple[Failure, ...] = ()
