"""The policy document: what people write in YAML, hand to Pulumi, and find in the vault.

One model for all three. Unknown fields are refused, with the nearest known one; every mistake has
its path. `to_document` gives the canonical form, which is what is published and compared.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.policy import (
    Blackout,
    Dst,
    ExportRule,
    First,
    Floor,
    Hold,
    Limits,
    Missed,
    Mode,
    Objectives,
    OnLoss,
    Policy,
    QueryCheck,
    RestoreTestRule,
    Retention,
    Schedule,
    Selector,
    SnapshotRule,
    Take,
)
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.planning import wallclock

VERSION: Final = "aura-backup/v1"

WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


def _span(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("write a span of time such as 90s, 30m, 1h30m or 7d")  # noqa: TRY004
    return duration.parse(str(value))


def _shown(span: timedelta) -> str:
    """The shortest exact form: `90m` is `90m`, `24h` is `1d`."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    PlainSerializer(_shown),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+(\.\d+)?[smhd])+$", "examples": ["24h"]}),
]


def _clock(value: object) -> object:
    """`22:00`; YAML reads that as a number to the base of sixty, which is taken back."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value // 60:02d}:{value % 60:02d}"
    return value


ClockTime = Annotated[
    time,
    BeforeValidator(_clock),
    PlainSerializer(lambda at: f"{at:%H:%M}"),
    WithJsonSchema({"type": "string", "pattern": r"^\d\d:\d\d$", "examples": ["22:00"]}),
]


def _cron(value: str) -> str:
    bad = wallclock.cron_problem(value)
    if bad:
        raise ValueError(bad)
    return value


def _zone(value: str) -> str:
    wallclock.zone_of(value)
    return value


Cron = Annotated[str, AfterValidator(_cron)]
#: A rule that keeps nothing is a mistake: whoever wants no such rule leaves it out.
Count = Annotated[int, Field(ge=1)]
Zone = Annotated[str, AfterValidator(_zone)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class SelectorModel(_Model):
    """Which instances: any of the ids, or names in a project; never an excluded one."""

    ids: list[str] = []
    names: list[str] = Field([], description="Globs, such as orders*.")
    project: str = Field("", description="Aura's project; alone it means all of its instances.")
    exclude: list[str] = Field([], description="Ids or globs.")


class BlackoutModel(_Model):
    """Local hours in which nothing is begun."""

    begin: ClockTime = Field(alias="from")
    end: ClockTime = Field(alias="to")
    days: list[Weekday] = []


class ScheduleModel(_Model):
    """When a rule is due."""

    cron: Cron = Field(description="Five fields on the wall clock of the zone.")
    zone: Zone = Field("UTC", description="An IANA time zone.")
    dst: Dst = Field(Dst.ONCE, description="For a time that a clock change repeats or leaves out.")
    missed: Missed = Field(Missed.RUN_ONCE, description="For slots that nobody was there to run.")
    first: First = Field(First.WAIT, description="When a rule that never ran is due.")
    within: Span | None = Field(None, description="How late a slot may begin.")
    jitter: Span | None = None
    blackouts: list[BlackoutModel] = []
    most_catch_up: int = Field(10, ge=1, le=1000)

    def schedule(self) -> Schedule:
        """As the planner has it."""
        return Schedule(
            cron=self.cron,
            zone=self.zone,
            dst=self.dst,
            missed=self.missed,
            first=self.first,
            within=self.within,
            jitter=self.jitter or timedelta(),
            blackouts=tuple(_blackout(each) for each in self.blackouts),
            most_catch_up=self.most_catch_up,
        )


class ExportModel(ScheduleModel):
    """Export to the target when due."""

    take: Take = Take.NEWEST_EXPORTABLE
    method: Literal["auto", "clone", "live"] = "auto"
    clone_memory: str | None = None


class QueryBounds(_Model):
    """Bounds of a query's one number; at least one of them."""

    at_least: float | None = Field(None, alias="min")
    at_most: float | None = Field(None, alias="max")
    equals: float | None = None


class QueryModel(_Model):
    """A Cypher query of a restore test."""

    cypher: str
    expect: QueryBounds


class RestoreTestModel(ScheduleModel):
    """Restore a copy into a throwaway instance when due. Kept, and not yet acted upon."""

    memory: str | None = None
    fingerprint: bool = True
    queries: list[QueryModel] = []


class FloorModel(_Model):
    """How many copies outlive every rule."""

    count: Count = 1
    proven: int = Field(0, ge=0)


class RetentionModel(_Model):
    """Which exports are kept. Without any rule all are."""

    keep_last: Count | None = None
    hourly: Count | None = None
    daily: Count | None = None
    weekly: Count | None = None
    monthly: Count | None = None
    yearly: Count | None = None
    keep_within: Span | None = None
    floor: FloorModel = FloorModel()
    zone: Zone = "UTC"


class ObjectivesModel(_Model):
    """What must hold."""

    rpo: Span | None = None
    rto: Span | None = None
    count_unexportable: bool = False


class LimitsModel(_Model):
    """What the policy may do."""

    max_deletes: int = Field(5, ge=0)
    max_delete_percent: float = Field(10.0, ge=0, le=100)
    max_clones: int = Field(2, ge=1)
    max_clone_age: Span = timedelta(hours=6)
    concurrency: int = Field(4, ge=1, le=64)
    api_calls_per_minute: int = Field(80, ge=1)


class HoldModel(_Model):
    """Why an export must not be pruned."""

    name: str
    copy_id: str = Field(alias="copy")
    reason: str
    until: str = ""


class PolicyDocument(_Model):
    """What protection some instances must have."""

    api_version: Literal["aura-backup/v1"] = Field("aura-backup/v1", alias="apiVersion")
    name: str = Field(min_length=1, max_length=60)
    preset: Literal["development", "staging", "production"] | None = Field(
        None, description="What holds where this document says nothing."
    )
    instances: SelectorModel
    target: str = Field(min_length=1, description="The vault: a folder, s3://…, az://… or gs://…")
    recipients: list[str] = Field([], description="age recipients; none: not encrypted.")
    snapshots: list[ScheduleModel] = []
    exports: list[ExportModel] = []
    retention: RetentionModel = RetentionModel()
    restore_tests: list[RestoreTestModel] = []
    objectives: ObjectivesModel = ObjectivesModel()
    mode: Mode = Mode.ENFORCE
    on_loss: OnLoss = OnLoss.REPORT
    limits: LimitsModel = LimitsModel()
    holds: list[HoldModel] = []


# --- presets ----------------------------------------------------------------------------------

#: Aura's own snapshots, daily at least on every paid tier, are the base of each. What a preset asks
#: for can be met by all of them.
PRESETS: Final[Mapping[str, Mapping[str, Any]]] = {
    # Copies on demand only; those that people make by hand are kept for a while.
    "development": {"retention": {"keep_last": 3, "floor": {"count": 1}}},
    # Daily by Aura, weekly to storage of one's own.
    "staging": {
        "exports": [{"cron": "0 3 * * SUN", "first": "now"}],
        "retention": {"keep_last": 2, "weekly": 4, "floor": {"count": 1}},
        "objectives": {"rpo": "36h"},
    },
    # Daily by Aura and before the working day on demand, weekly to storage of one's own, for years.
    "production": {
        "snapshots": [{"cron": "30 5 * * *"}],
        "exports": [{"cron": "0 2 * * SUN", "first": "now"}],
        "retention": {"keep_last": 4, "weekly": 8, "monthly": 12, "floor": {"count": 2}},
        "objectives": {"rpo": "26h", "rto": "2h"},
    },
}


def preset(name: str) -> dict[str, Any]:
    """The fields of a preset; the caller may change them.

    Raises:
        Permanent: there is none of this name.
    """
    if name not in PRESETS:
        raise Permanent(
            f"There is no preset {name!r}.", way_out=f"Use one of {', '.join(PRESETS)}."
        )
    made: dict[str, Any] = json.loads(json.dumps(PRESETS[name]))
    return made


# --- reading ----------------------------------------------------------------------------------


def load(path: Path) -> Policy:
    """The policy of a YAML (or JSON) file.

    Raises:
        Permanent: it cannot be read or makes no sense; the message names file and field.
    """
    return parse(_yaml(path), str(path))


def read(path: Path) -> dict[str, Any]:
    """The document of a file as it is written, seen to make sense apart from name and target."""
    content = _yaml(path)
    if isinstance(content, Mapping):
        filled = {"name": path.stem, "target": "later", "instances": {"ids": ["later"]}}
        parse({**filled, **content}, str(path))
        return dict(content)
    raise _unusable(str(path), "it holds no mapping")


def _yaml(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unusable(str(path), f"it cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unusable(str(path), f"it is no YAML: {' '.join(str(error).split())}") from error


def parse(content: object, where: str) -> Policy:
    """The policy of a document.

    Args:
        content: the document as a mapping.
        where: what it is called in messages.

    Raises:
        Permanent: every mistake in it, each with its path.
    """
    if not isinstance(content, Mapping):
        raise _unusable(where, "it holds no mapping")
    whole = _over_preset(content, where)
    try:
        document = PolicyDocument.model_validate(whole)
    except ValidationError as error:
        raise _unusable(where, "; ".join(_told(each) for each in error.errors())) from None
    policy = _policy(document)
    if not (policy.instances.ids or policy.instances.names or policy.instances.project):
        raise _unusable(where, "instances: it names none, so it would protect nothing")
    return policy


def _over_preset(content: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The document on top of its preset: mappings field by field, everything else whole."""
    name = content.get("preset")
    if name is None:
        return dict(content)
    try:
        base = preset(str(name))
    except Permanent as error:
        raise _unusable(where, f"preset: {error.message} {error.way_out}") from error
    for key, value in content.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            base[key] = {**base[key], **value}
        else:
            base[key] = value
    return base


def _told(error: Any) -> str:
    path = _path(error["loc"])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _names(), 1)
        return f"{path}: there is no such field{f'; {near[0]}?' if near else ''}"
    if error["type"] == "missing":
        return f"{path}: it must be given"
    return f"{path}: {error['msg'].removeprefix('Value error, ')}"


def _path(parts: tuple[Any, ...]) -> str:
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _names() -> list[str]:
    return sorted(set(_keys(schema())))


def _keys(content: object) -> list[str]:
    if isinstance(content, dict):
        found = list(content.get("properties", {}))
        return found + [key for part in content.values() for key in _keys(part)]
    return []


def _unusable(where: str, why: str) -> Permanent:
    return Permanent(
        f"{where} is no policy that can be used: {why}.",
        way_out="docs/reference/policy.md has every field.",
    )


# --- into the domain and back -----------------------------------------------------------------


def _policy(document: PolicyDocument) -> Policy:
    made = Policy(
        name=document.name,
        instances=Selector(**{k: _tuple(v) for k, v in document.instances.model_dump().items()}),
        target=document.target,
        recipients=tuple(document.recipients),
        snapshots=tuple(SnapshotRule(each.schedule()) for each in document.snapshots),
        exports=tuple(_export(each) for each in document.exports),
        retention=_retention(document.retention),
        restore_tests=tuple(_restore_test(each) for each in document.restore_tests),
        objectives=Objectives(**dict(document.objectives)),
        mode=document.mode,
        on_loss=document.on_loss,
        limits=Limits(**dict(document.limits)),
        holds=tuple(Hold(h.name, h.copy_id, h.reason, h.until) for h in document.holds),
    )
    return _with_version(made)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _blackout(found: BlackoutModel) -> Blackout:
    days = frozenset(WEEKDAYS.index(day) for day in found.days)
    return Blackout(found.begin, found.end, days)


def _export(found: ExportModel) -> ExportRule:
    return ExportRule(found.schedule(), found.take, found.method, found.clone_memory)


def _restore_test(found: RestoreTestModel) -> RestoreTestRule:
    queries = [
        QueryCheck(q.cypher, q.expect.at_least, q.expect.at_most, q.expect.equals)
        for q in found.queries
    ]
    return RestoreTestRule(found.schedule(), found.memory, found.fingerprint, tuple(queries))


def _retention(found: RetentionModel) -> Retention:
    values = dict(found)
    values["floor"] = Floor(found.floor.count, found.floor.proven)
    return Retention(**values)


def _with_version(policy: Policy) -> Policy:
    return dataclasses.replace(policy, version=version_of(policy))


def version_of(policy: Policy) -> str:
    """Twelve hexadecimal digits that stand for what the policy says."""
    text = json.dumps(to_document(policy), sort_keys=True)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


def to_document(policy: Policy) -> dict[str, Any]:
    """The canonical document: without what says nothing, and without a preset."""
    document = PolicyDocument(
        name=policy.name,
        instances=SelectorModel(
            ids=list(policy.instances.ids),
            names=list(policy.instances.names),
            project=policy.instances.project,
            exclude=list(policy.instances.exclude),
        ),
        target=policy.target,
        recipients=list(policy.recipients),
        snapshots=[ScheduleModel(**_times(each.schedule)) for each in policy.snapshots],
        exports=[
            ExportModel(
                **_times(each.schedule),
                take=each.take,
                method=each.method,
                clone_memory=each.clone_memory,
            )
            for each in policy.exports
        ],
        retention=RetentionModel.model_validate(_plain(policy.retention)),
        restore_tests=[_test_model(each) for each in policy.restore_tests],
        objectives=ObjectivesModel.model_validate(_plain(policy.objectives)),
        mode=policy.mode,
        on_loss=policy.on_loss,
        limits=LimitsModel.model_validate(_plain(policy.limits)),
        holds=[
            HoldModel(name=h.name, copy_id=h.copy, reason=h.reason, until=h.until)
            for h in policy.holds
        ],
    )
    made = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"apiVersion": VERSION, **made}


def _plain(value: Any) -> dict[str, Any]:
    return dataclasses.asdict(value)


def _times(found: Schedule) -> dict[str, Any]:
    return {
        "cron": found.cron,
        "zone": found.zone,
        "dst": found.dst,
        "missed": found.missed,
        "first": found.first,
        "within": found.within,
        "jitter": found.jitter or None,
        "blackouts": [
            BlackoutModel(begin=b.begin, end=b.end, days=[WEEKDAYS[day] for day in sorted(b.days)])
            for b in found.blackouts
        ],
        "most_catch_up": found.most_catch_up,
    }


def _test_model(rule: RestoreTestRule) -> RestoreTestModel:
    return RestoreTestModel(
        **_times(rule.schedule),
        memory=rule.memory,
        fingerprint=rule.fingerprint,
        queries=[
            QueryModel(
                cypher=q.cypher,
                expect=QueryBounds(at_least=q.at_least, at_most=q.at_most, equals=q.equals),
            )
            for q in rule.queries
        ],
    )


def schema() -> dict[str, Any]:
    """JSON Schema for editors (docs/reference/policy.schema.json)."""
    made = PolicyDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}
