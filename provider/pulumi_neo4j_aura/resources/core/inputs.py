"""The inputs that users write, validated by pydantic: unknown fields are refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from pulumi_neo4j_aura.domain import duration, size
from pulumi_neo4j_aura.domain.declared import DeclaredInstance
from pulumi_neo4j_aura.domain.selection import Wanted
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.resources.core.results import Failure
from pulumi_neo4j_aura.resources.core.values import Properties, holds_unknown, without_nones
from pulumi_neo4j_aura.vault.encryption import check_recipients
from pulumi_neo4j_aura.vault.store import check_url, folder_of


def _size(value: object) -> object:
    return size.canonical(value) if isinstance(value, str) else value


def _duration(value: object) -> object:
    """Check a span and keep the user's spelling, so that it never looks changed."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value}s"
    if isinstance(value, str):
        duration.parse(value)
    return value


def _time(value: object) -> object:
    """Check a time and keep it as text; without a zone it would mean another moment elsewhere."""
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None:
        raise ValueError("needs a time zone, for example 2026-11-22T12:00:00+00:00")
    return value


def _text(value: object) -> object:
    """Numbers arrive as floats over Pulumi's wire; a version written as 5 means "5"."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Size = Annotated[str, BeforeValidator(_size)]
Duration = Annotated[str, BeforeValidator(_duration)]
Moment = Annotated[str, BeforeValidator(_time)]
Text = Annotated[str, BeforeValidator(_text)]


def _missing() -> PydanticCustomError:
    return PydanticCustomError("missing", "Field required")


def vault_url(value: str) -> str:
    """A target's URL that means the same place in every process; the store is not touched."""
    try:
        check_url(value)
    except Permanent as error:
        raise ValueError(str(error)) from None
    if value.startswith("memory:"):
        raise ValueError("is gone when this process ends; use a folder or a bucket")
    if "://" in value and "?" in value:
        raise ValueError("must have no query: keys belong into the cloud's environment variables")
    if folder_of(value) and not value.startswith(("/", "~/", "file:///")):
        raise ValueError(
            "must be absolute, such as /srv/vault: a relative folder is another one for every "
            "working directory"
        )
    return value


def _recipient(value: str) -> str:
    try:
        (checked,) = check_recipients((value,))
    except Permanent as error:
        raise ValueError(str(error)) from None
    return checked


VaultUrl = Annotated[str, AfterValidator(vault_url)]
Recipients = list[Annotated[str, AfterValidator(_recipient)]]


class _Strict(BaseModel):
    """Users' input: what we do not know is a mistake, not something to ignore."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Newest(_Strict):
    """Which snapshot "newest" means."""

    exportable: bool = True
    before: Moment | None = None
    max_age: Duration | None = None

    def wanted(self) -> Wanted:
        """The same for the planner."""
        return Wanted(
            exportable=self.exportable,
            before=datetime.fromisoformat(self.before).astimezone(UTC) if self.before else None,
            max_age=duration.parse(self.max_age) if self.max_age else None,
        )


class Source(_Strict):
    """Where an instance's data comes from. `explicit`: the ids stand in the program as text."""

    kind: Literal["snapshot", "instance", "export"]
    target: str | None = Field(default=None, validate_default=True)
    export_id: str | None = None
    instance_id: str = Field(default="", validate_default=True)
    snapshot_id: str | None = None
    newest: Newest | None = None
    explicit: bool = True

    @field_validator("target")
    @classmethod
    def _where(cls, target: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("kind") == "export" and not target:
            raise _missing()
        return vault_url(target) if target else target

    @field_validator("instance_id")
    @classmethod
    def _whose(cls, instance_id: str, info: ValidationInfo) -> str:
        if info.data.get("kind") == "export":
            if not instance_id and not info.data.get("export_id"):
                raise ValueError("is required for the newest export: whose? Or name an export_id")
        elif not instance_id:
            raise _missing()
        return instance_id


class InstanceInputs(_Strict):
    """Inputs of the instance request."""

    name: str
    cloud_provider: str
    region: str
    type: str
    memory: Size
    project_id: str = ""
    version: Text = "5"
    storage: Size | None = None
    vector_optimized: bool | None = None
    graph_analytics_plugin: bool | None = None
    secondaries_count: int | None = None
    cdc_enrichment_mode: str | None = None
    customer_managed_key_id: str | None = None
    paused: bool | None = None
    source: Source | None = None
    provenance: dict[str, Any] | None = None
    adopt_instance_id: str | None = None
    delete_adopted: bool = False
    on_orphan: Literal["refuse", "replace"] = "refuse"
    generation: Text | None = None
    deletion_protection: bool = True
    password_override: SecretStr | None = None
    wait_timeout: Duration = "30m"
    owner: str = ""

    def declared(self) -> DeclaredInstance:
        """The comparable part."""
        values = {key: getattr(self, key) for key in DeclaredInstance.__slots__}
        return DeclaredInstance(**values)


class SnapshotInputs(_Strict):
    """Inputs of an on-demand snapshot."""

    instance_id: str
    triggers: dict[str, Text] = {}
    wait_timeout: Duration = "30m"
    owner: str = ""


class ExportTargetInputs(_Strict):
    """Inputs of an export target."""

    url: VaultUrl
    recipients: Recipients = []


class ExportInputs(_Strict):
    """Inputs of an export. `chosen`: what `check` settled once, see `core/export.py`."""

    target: VaultUrl
    instance_id: str
    snapshot_id: str | None = None
    method: Literal["auto", "clone", "live"] = "auto"
    clone_memory: Size | None = None
    password: SecretStr | None = None
    recipients: Recipients = []
    triggers: dict[str, Text] = {}
    retain: bool = True
    wait_timeout: Duration = "60m"
    chosen: dict[str, Any] | None = None
    owner: str = ""


Model = TypeVar("Model", bound=_Strict)


def validate(
    model: type[Model], values: Mapping[str, Any]
) -> tuple[Model | None, tuple[Failure, ...]]:
    """Validate known values; what is not known yet is left for the run that knows it.

    Returns the model, or None with one failure per broken field, or None without failures when
    something that is needed is not known yet.
    """
    known = {key: value for key, value in values.items() if not holds_unknown(value)}
    pending = set(values) - set(known)
    try:
        return model.model_validate(without_nones(known)), ()
    except ValidationError as error:
        failures = tuple(
            Failure(".".join(map(str, item["loc"])), _sentence(item))
            for item in error.errors(include_input=False, include_url=False)
            if not (item["type"] == "missing" and item["loc"][0] in pending)
        )
        return None, failures


def _sentence(item: Mapping[str, Any]) -> str:
    match item["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not an input of this resource; check the spelling"
        case _:
            text = str(item["msg"])
            return text.removeprefix("Value error, ")


def normalised(model: _Strict, values: Mapping[str, Any]) -> Properties:
    """The inputs with defaults and one spelling; unknown ones stay unknown, Nones are dropped."""
    dumped = model.model_dump(exclude_none=True)
    for key, value in dumped.items():
        if isinstance(value, SecretStr):
            dumped[key] = value.get_secret_value()
    unknown = {key: value for key, value in values.items() if holds_unknown(value)}
    return without_nones({**dumped, **unknown})
