"""Aura's wire shapes, read tolerantly and turned into the domain's values.

Unknown fields are ignored, unknown words are kept as text, numbers may come as text and the other
way round (the v1 document and live answers differ on several). What must be there is an id, and a
password in the answer to a create: without it an answer is `Unreadable`, never half a value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Annotated, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pulumi_neo4j_aura.aura.bodies import Unreadable, data_of
from pulumi_neo4j_aura.aura.wire import HttpAnswer
from pulumi_neo4j_aura.domain import instance as domain
from pulumi_neo4j_aura.domain import snapshot as snapshots
from pulumi_neo4j_aura.domain.project import InstanceConfiguration, Project, ProjectSummary

M = TypeVar("M", bound="_Wire")
T = TypeVar("T")


def moment(value: object) -> datetime | None:
    """A timestamp as zone-aware UTC; None if there is none or it is odd.

    Reads ISO 8601 (also with more digits than microseconds, naive taken as UTC) and RFC 1123, both
    seen live. The year 1, which servers written in Go send for "no time", is no time.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            parsed = parse(text)
            aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
            return aware.astimezone(UTC) if aware.year > 1 else None
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return ""


def _some_text(value: object) -> str | None:
    return _text(value) or None


def _cdc_mode(value: object) -> str | None:
    # YAML reads the mode OFF as false, and so do servers that are fed from YAML.
    return "OFF" if value is False else _some_text(value)


def _whole(value: object) -> int | None:
    try:
        return None if isinstance(value, bool) else int(float(_text(value)))
    except (ValueError, OverflowError):
        return None


_TRUTHS = {"true": True, "false": False}


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else _TRUTHS.get(_text(value).lower())


_KNOWN_SNAPSHOT_WORDS = {
    word.lower(): word
    for word in (
        snapshots.COMPLETED,
        snapshots.PENDING,
        snapshots.IN_PROGRESS,
        snapshots.FAILED,
        snapshots.CANCELLED,
        snapshots.AD_HOC,
        snapshots.SCHEDULED,
    )
}


def _snapshot_word(value: object) -> str:
    text = _text(value)
    return _KNOWN_SNAPSHOT_WORDS.get(text.lower(), text)


_Id = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
_Text = Annotated[str, BeforeValidator(_text)]
_SomeText = Annotated[str | None, BeforeValidator(_some_text)]
_Whole = Annotated[int | None, BeforeValidator(_whole)]
_Truth = Annotated[bool | None, BeforeValidator(_truth)]
_Moment = Annotated[datetime | None, BeforeValidator(moment)]
_Word = Annotated[str, BeforeValidator(_snapshot_word)]
_PROJECT = AliasChoices("tenant_id", "project_id")


class _Wire(BaseModel):
    # The input may hold a password: it must not show in an error.
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True, frozen=True)


class _ProjectRow(_Wire):
    id: _Id
    name: _Text = ""


class _Configuration(_Wire):
    cloud_provider: _Text = ""
    region: _Text = ""
    type: _Text = ""
    version: _Text = ""
    memory: _Text = ""
    storage: _Text = ""
    region_name: _Text = ""


class _Project(_ProjectRow):
    instance_configurations: list[_Configuration]


class _Metrics(_Wire):
    endpoint: _Id


class _InstanceRow(_Wire):
    id: _Id
    # Required: a lost create is found by its name, and a row without one would hide it.
    name: _Id
    project_id: _Text = Field("", validation_alias=_PROJECT)
    cloud_provider: _Text = ""
    created_at: _Moment = None


class _Instance(_Wire):
    id: _Id
    name: _Text = ""
    status: _Text = ""
    project_id: _Text = Field("", validation_alias=_PROJECT)
    cloud_provider: _Text = ""
    region: _Text = ""
    type: _Text = ""
    memory: _SomeText = None
    storage: _SomeText = None
    connection_url: _SomeText = None
    created_at: _Moment = None
    customer_managed_key_id: _SomeText = None
    vector_optimized: _Truth = None
    graph_analytics_plugin: _Truth = None
    secondaries_count: _Whole = None
    cdc_enrichment_mode: Annotated[str | None, BeforeValidator(_cdc_mode)] = None
    graph_nodes: _Whole = None
    graph_relationships: _Whole = None


class _Created(_Wire):
    id: _Id
    name: _Text = ""
    project_id: _Text = Field("", validation_alias=_PROJECT)
    connection_url: _SomeText = None
    username: _Text = ""
    password: _Text = Field("", repr=False)
    created_at: _Moment = None


class _Sizing(_Wire):
    recommended_size: _Id
    min_required_memory: _Text = ""
    did_exceed_maximum: bool


class _Snapshot(_Wire):
    id: _Id = Field(validation_alias="snapshot_id")
    instance_id: _Text = ""
    status: _Word = ""
    profile: _Word = ""
    timestamp: _Moment = None
    exportable: _Truth = None


class _Taken(_Wire):
    snapshot_id: _Id


def _parsed(model: type[M], value: object) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        where = {".".join(str(step) for step in problem["loc"]) for problem in error.errors()}
    # Outside the handler: pydantic's error holds its input, and that may hold a password.
    missing = ", ".join(sorted(name for name in where if name)) or "the object"
    raise Unreadable(f"{missing} is missing or odd")


def _rows(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Unreadable("the data is no list")
    return value


def project_rows(answer: HttpAnswer) -> tuple[ProjectSummary, ...]:
    """GET /tenants."""
    rows = [_parsed(_ProjectRow, row) for row in _rows(data_of(answer))]
    return tuple(ProjectSummary(row.id, row.name) for row in rows)


def project(answer: HttpAnswer) -> Project:
    """GET /tenants/{id}; an answer without configurations is none, not "offers nothing"."""
    return _project_in(answer.body)


@lru_cache(maxsize=8)
def _project_in(body: bytes) -> Project:
    """Thousands of configurations, the same for months; whether something is gone asks for them."""
    wire = _parsed(_Project, data_of(HttpAnswer(200, {}, body)))
    offers = (InstanceConfiguration(**item.__dict__) for item in wire.instance_configurations)
    return Project(wire.id, wire.name, tuple(offers))


def metrics_endpoint(answer: HttpAnswer) -> str:
    """GET /tenants/{id}/metrics-integration."""
    return _parsed(_Metrics, data_of(answer)).endpoint


def instance_rows(answer: HttpAnswer) -> tuple[domain.InstanceSummary, ...]:
    """GET /instances."""
    return _instance_rows_in(answer.body)


@lru_cache(maxsize=8)
def _instance_rows_in(body: bytes) -> tuple[domain.InstanceSummary, ...]:
    """Hundreds of rows, and whether one is gone takes two lists, which are mostly the same."""
    rows = [_parsed(_InstanceRow, row) for row in _rows(data_of(HttpAnswer(200, {}, body)))]
    return tuple(domain.InstanceSummary(**row.__dict__) for row in rows)


def instance(answer: HttpAnswer) -> domain.Instance:
    """The instance in the answer to an operation."""
    return domain.Instance(**_parsed(_Instance, data_of(answer)).__dict__)


def instance_named(asked_id: str) -> Callable[[HttpAnswer], domain.Instance]:
    """Reads GET /instances/{asked_id}: that instance, with a status, or nothing."""

    def read(answer: HttpAnswer) -> domain.Instance:
        seen = instance(answer)
        if seen.id.lower() != asked_id.lower():
            # A cache in between; another instance's "running" must not end a wait for this one.
            raise Unreadable(f"it is about {seen.id}")
        if not seen.status:
            raise Unreadable("status is missing or odd")
        return seen

    return read


def created(answer: HttpAnswer) -> domain.CreatedInstance:
    """POST /instances."""
    wire = _parsed(_Created, data_of(answer))
    if not wire.password:
        raise Unreadable(f"instance {wire.id} was created, but the password is missing")
    values = wire.model_dump() | {"username": wire.username or "neo4j"}
    return domain.CreatedInstance(**values)


def sizing(answer: HttpAnswer) -> domain.Sizing:
    """POST /instances/sizing."""
    return domain.Sizing(**_parsed(_Sizing, data_of(answer)).model_dump())


def snapshot_rows(instance_id: str) -> Callable[[HttpAnswer], tuple[snapshots.Snapshot, ...]]:
    """Reads GET /instances/{id}/snapshots."""

    def read(answer: HttpAnswer) -> tuple[snapshots.Snapshot, ...]:
        return tuple(_snapshot(row, instance_id) for row in _rows(data_of(answer)))

    return read


def snapshot_of(instance_id: str) -> Callable[[HttpAnswer], snapshots.Snapshot]:
    """Reads GET /instances/{id}/snapshots/{id}."""
    return lambda answer: _snapshot(data_of(answer), instance_id)


def _snapshot(value: object, instance_id: str) -> snapshots.Snapshot:
    wire = _parsed(_Snapshot, value)
    return snapshots.Snapshot(**(wire.__dict__ | {"instance_id": wire.instance_id or instance_id}))


def taken(answer: HttpAnswer) -> str:
    """POST /instances/{id}/snapshots: the new snapshot's id."""
    return _parsed(_Taken, data_of(answer)).snapshot_id


def body_of_create(new: domain.NewInstance) -> dict[str, object]:
    """What POST /instances is sent; what is None, and a memory left open, is not."""
    values: dict[str, object] = {
        "name": new.name,
        "tenant_id": new.project_id,
        "cloud_provider": new.cloud_provider,
        "region": new.region,
        "type": new.type,
        "version": new.version,
        # Free instances have one size, and clients leave it out there.
        "memory": new.memory or None,
        "storage": new.storage,
        "source_instance_id": new.source_instance_id,
        "source_snapshot_id": new.source_snapshot_id,
        "customer_managed_key_id": new.customer_managed_key_id,
        "vector_optimized": new.vector_optimized,
        "graph_analytics_plugin": new.graph_analytics_plugin,
    }
    return given(values)


def given(values: dict[str, object]) -> dict[str, object]:
    """The values that are not None: Aura reads an explicit null as a value."""
    return {name: value for name, value in values.items() if value is not None}
