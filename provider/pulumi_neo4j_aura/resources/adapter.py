"""Between Pulumi's dynamic protocol and the core: values in, one call, values out, clear errors."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, ParamSpec, Protocol, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown as PulumiUnknown

from pulumi_neo4j_aura import bootstrap, settings
from pulumi_neo4j_aura.errors import AuraError, Refused
from pulumi_neo4j_aura.execution.services import Known, Services
from pulumi_neo4j_aura.resources import engine_log, threads
from pulumi_neo4j_aura.resources.core.results import Checked, Created, Diffed, Found, Gone, Partial
from pulumi_neo4j_aura.resources.core.values import UNKNOWN, Properties, Unknown, without_nones

PROVIDER_KEY = "__provider"

#: Above this many instances a pool of four threads is worth a warning (queued calls are cancelled
#: after thirty minutes; three waves of ten minutes).
_FEW = 12

P = ParamSpec("P")
R = TypeVar("R")


class Core(Protocol):
    """The shape that every module in `resources/core` has."""

    # ruff: noqa: D102 - each module documents its own functions
    def check(self, services: Services, olds: Properties, news: Properties, /) -> Checked: ...
    def diff(self, olds: Properties, news: Properties, /) -> Diffed: ...
    def create(self, services: Services, values: Properties, /) -> Created | Partial: ...
    def read(self, services: Services, id_: str, state: Properties, /) -> Found | Gone: ...
    def update(
        self, services: Services, id_: str, state: Properties, values: Properties, /
    ) -> Properties: ...
    def delete(self, services: Services, id_: str, state: Properties, /) -> None: ...


def inward(value: Any) -> Any:
    """Pulumi's values as plain ones: unknowns as ours, whole numbers as integers, no internals."""
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: inward(part) for key, part in value.items() if key != PROVIDER_KEY}
    if isinstance(value, list | tuple):
        return [inward(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def outward(value: Any) -> Any:
    """Plain values for Pulumi: nothing that its serializer would trip over after a real effect."""
    if isinstance(value, Unknown):
        return PulumiUnknown()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped
    if isinstance(value, Mapping):
        return {str(key): outward(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [outward(part) for part in value]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _shown(error: AuraError) -> Exception:
    """The error as Pulumi prints it: `Refused: one paragraph`, without a module path."""
    kind = type(type(error).__name__, (Exception,), {"__module__": "builtins"})
    shown: Exception = kind(str(error))
    return shown


def _paragraphs(method: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one paragraph; a debug switch keeps the whole traceback."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except AuraError as error:
            if _debugging(args[0]):
                raise
            raise _shown(error) from None

    return call


def _debugging(adapter: object) -> bool:
    services = getattr(adapter, "_services", None)
    return bool(services and services.settings.debug)


class CoreProvider(ResourceProvider):
    """Serves one core module through the dynamic protocol.

    Stateless until `configure`: the engine pickles the object by the reference of its class, so
    module and class names of the subclasses are an interface for ever.
    """

    #: The provider string is a class name; there is nothing to hide in it.
    serialize_as_secret_always = False

    core: ClassVar[Core]
    #: What every state of ours has, and one that the engine made up for an import has not.
    proof: ClassVar[str] = "api_url"
    _services: Services
    _lines: engine_log.Lines

    @_paragraphs
    def configure(self, req: ConfigureRequest) -> None:
        """Build the client; called once per process and class, before anything else."""

        def config(key: str) -> str | None:
            value = req.config.get(f"{settings.CONFIG_NAMESPACE}:{key}")
            return None if value is None else str(value)

        sys.tracebacklimit = 0  # before a setting can be wrong: that is one paragraph as well
        loaded = settings.load(config)
        if loaded.debug:
            del sys.tracebacklimit
        self._lines = engine_log.lines()
        if not threads.widen(loaded.threads):
            self._lines.warn(
                f"this version of the Pulumi SDK runs only {threads.SDK_THREADS} calls at once; "
                f"with more than {_FEW} instances use --parallel {_FEW} or several providers"
            )
        self._services = bootstrap.services(loaded, self._lines.report, self._lines.warn)

    @_paragraphs
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Normalised inputs and what is wrong with them."""
        checked = self.core.check(self._services, inward(_olds), inward(news))
        for warning in checked.warnings:
            self._services.warn(warning)
        for note in checked.notes:
            self._lines.note(note)
        failures = [CheckFailure(each.property, each.reason) for each in checked.failures]
        return CheckResult(outward(checked.inputs), failures)

    @_paragraphs
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """What forces a replacement.

        `changes=None`: the engine compares the inputs itself, which gives property diffs,
        `ignore_changes` and `replace_on_changes`.
        """
        olds = inward(_olds)
        # Whatever is created next for this owner replaces what the state has.
        known = Known(_id, protected=bool(olds.get("deletion_protection")))
        self._services.in_state[str(olds.get("owner"))] = known
        found = self.core.diff(olds, inward(_news))
        return DiffResult(changes=None, replaces=list(found.replaces))

    @_paragraphs
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make it exist."""
        match self.core.create(self._services, inward(props)):
            case Partial(error=error):
                raise error  # the protocol cannot keep a part; the next run takes it up
            case Created(made, outputs):
                return CreateResult(made, outward(outputs))

    @_paragraphs
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """See it as it is. Outputs *and* inputs, so that the engine can show drift by property."""
        state = inward(props)
        if self.proof not in state:
            raise Refused(
                f"Resource {id_} is not in the state, so it cannot be read.",
                way_out="Adopt it with adopt_instance_id, or look it up with find_instance.",
            )
        match self.core.read(self._services, id_, state):
            case Gone():
                return ReadResult("", {})
            case Found(found, outputs, inputs):
                return ReadResult(
                    found, outward(without_nones(outputs)), outward(without_nones(inputs))
                )

    @_paragraphs
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change it; the complete outputs, because the engine keeps nothing else."""
        outputs = self.core.update(self._services, _id, inward(_olds), inward(_news))
        return UpdateResult(outward(outputs))

    @_paragraphs
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Make it gone, if that is allowed."""
        self.core.delete(self._services, _id, inward(_props))
