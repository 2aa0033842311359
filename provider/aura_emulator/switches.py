"""What the documents leave in doubt, as switches.

Where two sources disagree about Aura, or nobody knows, the emulator offers each reading and says
which is the default and why. Switches are set with ``--switch name=value`` and can be changed while
the emulator runs (``PATCH /emulator/switches``); a restart begins again with the command line's.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, cast

_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")


class SwitchError(ValueError):
    """A switch that does not exist, or a value that it does not take."""


def _switch(default: Any, why: str, *choices: object, negative: bool = False) -> Any:
    metadata = {"why": why, "choices": choices, "negative": negative}
    return field(default=default, metadata=metadata)


@dataclass
class Switches:
    """Every switch with its default; ``describe()`` gives the reasons."""

    operation_seconds: float = _switch(
        2.0, "How long an operation takes on the emulator's clock. Aura says minutes."
    )
    rate_limit: int = _switch(
        125, "Requests a minute and credential. 25 for accounts without billing; 0 is no limit."
    )
    token_seconds: float = _switch(3600, "Life of a token in real time, as the documentation says.")
    expired_token_status: int = _switch(
        403,
        "The documentation says 403; Neo4j's own graph data science client handles 401.",
        401,
        403,
    )
    expired_token_body: str = _switch(
        "gateway",
        "`gateway` is one object with `error`; `errors` is the API's own list.",
        "gateway",
        "errors",
    )
    require_json_content_type: bool = _switch(
        True, "POST and PATCH without a JSON content type are 415; some examples leave it out."
    )
    rename_status: int = _switch(
        202, "The document says 200 for a rename; a published provider needs 202.", 200, 202
    )
    upgrade_status: int = _switch(
        202, "The document says 200; the service was seen to answer 202.", 200, 202
    )
    updating_word: str = _switch(
        "updating",
        "Status while a PATCH is at work; `resizing` was seen but is not in the document's list.",
        "updating",
        "resizing",
    )
    upgrading_word: str = _switch(
        "updating", "Status while an upgrade is at work.", "updating", "upgrading"
    )
    rename_updates: bool = _switch(
        True, "A rename makes the instance busy, as the document's example shows."
    )
    connection_url_null: bool = _switch(
        True, "`connection_url` is null while creating and resuming, although it is required."
    )
    graph_counts: str = _switch(
        "number",
        "`graph_nodes` of Free: the document says string, the service sends numbers.",
        "number",
        "string",
    )
    cdc_unset: str = _switch(
        "null", "`cdc_enrichment_mode` of Business Critical before it was set.", "null", "OFF"
    )
    deleted_status: int = _switch(
        404, "DELETE of a deleted instance: 404 db-not-found or 410 db-already-deleted.", 404, 410
    )
    first_snapshot: bool = _switch(
        True, "A scheduled snapshot starts by itself as soon as a new instance runs."
    )
    retention_table: str = _switch(
        "console", "Which of the two published retention tables holds.", "console", "classic"
    )
    daily_snapshot_hour: int = _switch(3, "Hour (UTC) of the daily snapshot; Aura does not say.")
    differential_restorable: bool = _switch(
        True,
        "The documentation's table counts differential snapshots as restorable, a note does not.",
    )
    snapshot_day_offset_minutes: int = _switch(
        0, "The zone in which `?date=` is a day, east of UTC; UTC is presumed."
    )
    not_exportable_status: int = _switch(
        400, "Status for a source snapshot that is not exportable.", 400, 409, 422
    )
    capability_status: int = _switch(
        400, "Status for something that a tier or project cannot do.", 400, 403, 422
    )
    payment_required: bool = _switch(False, "Taking a snapshot answers 402.")
    loading_failed_recovers: bool = _switch(
        False, "Whether `loading failed` allows restore and overwrite; delete is always allowed."
    )
    overwritten_password: str = _switch(
        "target",
        "Whose password holds after an overwrite from another instance; not documented.",
        "target",
        "source",
    )
    clone_across_projects: bool = _switch(
        False, "Whether a source may be in another project; not documented."
    )
    foreign_status: int = _switch(
        404, "What a credential gets for an instance or project that it must not see.", 403, 404
    )
    unknown_project_list: str = _switch(
        "empty",
        "`?tenantId=` of an unknown project, of a list of instances or keys; not documented.",
        "empty",
        "403",
        "404",
    )
    key_ready_seconds: float = _switch(
        2.0,
        "Until a new customer-managed key is `ready`; negative is never. In Aura somebody has to"
        " grant permissions by hand first.",
        negative=True,
    )
    auto_resume_days: float = _switch(
        30, "A paused instance resumes by itself after so many days; 0 is never."
    )
    v2_get_of_v1_instance: int = _switch(
        200,
        "GET through v2beta1 of an instance made through v1: the document knows no difference, the"
        " service was seen to answer 500.",
        200,
        500,
    )
    v2_unknown_fields: str = _switch(
        "refused",
        "Unknown fields in v2beta1: the document forbids them, the service was seen to drop them;"
        " refused, a mistake shows.",
        "refused",
        "dropped",
    )

    def change(self, name: str, value: object) -> None:
        """Set one switch from a value or its text; a wrong name or value raises `SwitchError`."""
        known = {item.name: item for item in fields(self)}
        if name not in known:
            raise SwitchError(f"there is no switch {name!r}; there are: {', '.join(sorted(known))}")
        setattr(self, name, _convert(known[name], value))

    def values(self) -> dict[str, object]:
        """The present values by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def describe(cls) -> list[tuple[str, str, tuple[object, ...], str]]:
        """Name, default, choices and reason of each switch, for the documentation."""
        return [
            (item.name, str(item.default), item.metadata["choices"], item.metadata["why"])
            for item in fields(cls)
        ]


def _convert(item: Field[Any], value: object) -> object:
    try:
        converted = _as_kind(cast("Literal['int', 'float', 'bool', 'str']", item.type), value)
    except (TypeError, ValueError) as error:
        raise SwitchError(f"{item.name} takes {item.type}, not {value!r}") from error
    choices = item.metadata["choices"]
    if choices and converted not in choices:
        raise SwitchError(f"{item.name} is one of {', '.join(map(str, choices))}, not {value!r}")
    positive = item.name.endswith(_NOT_NEGATIVE) and not item.metadata["negative"]
    if isinstance(converted, float | int) and converted < 0 and positive:
        raise SwitchError(f"{item.name} is not negative")
    return converted


_NOT_NEGATIVE = ("_seconds", "_limit", "_days", "_hour")


def _as_kind(kind: Literal["int", "float", "bool", "str"], value: object) -> object:
    if kind == "bool":
        return _as_bool(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(kind)
    match kind:
        case "int":
            return int(value)
        case "float":
            return float(value)
        case "str":
            return str(value)


def _as_bool(value: object) -> bool:
    text = str(value).lower()
    if text not in _TRUE + _FALSE:
        raise ValueError(text)
    return text in _TRUE
