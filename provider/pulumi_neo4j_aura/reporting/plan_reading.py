"""A plan from its JSON, as somebody has approved of it. The other way is `plans.to_json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from pulumi_neo4j_aura.domain.slot import SlotOutcome
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.planning.plan import (
    Action,
    DeleteClone,
    ExportSnapshot,
    Finding,
    InstanceStatus,
    Kept,
    Plan,
    PruneExport,
    RecreateInstance,
    RefusedAction,
    TakeSnapshot,
)
from pulumi_neo4j_aura.reporting import plans

_KINDS: Final[Mapping[str, TypeAdapter[Any]]] = {
    plans.verb_of(kind): TypeAdapter(kind)
    for kind in (TakeSnapshot, ExportSnapshot, PruneExport, DeleteClone, RecreateInstance)
}
_SLOTS: Final = TypeAdapter(tuple[SlotOutcome, ...])
_KEPT: Final = TypeAdapter(tuple[Kept, ...])
_FINDINGS: Final = TypeAdapter(tuple[Finding, ...])
_STATUSES: Final = TypeAdapter(tuple[InstanceStatus, ...])
_MOMENT: Final = TypeAdapter(datetime)


def from_json(document: Mapping[str, Any]) -> Plan:
    """The plan that `plans.to_json` wrote; fields of later versions are passed over.

    Raises:
        Permanent: it is no plan, or one of another format.
    """
    try:
        return _read(document)
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise Permanent(
            f"This is no plan in the format {plans.FORMAT} ({first}).",
            way_out="Make one with `aura-backup plan --out FILE`.",
        ) from error


def _read(document: Mapping[str, Any]) -> Plan:
    if document["format"] != plans.FORMAT:
        raise TypeError(f"its format is {document['format']!r}")
    due = document["next_due"]
    return Plan(
        at=_MOMENT.validate_python(document["at"]),
        actions=tuple(_action(each) for each in document["actions"]),
        refused=tuple(
            RefusedAction(_action(each), each["guard"], each["refused"], each["approvable"] is True)
            for each in document["refused"]
        ),
        slots=_SLOTS.validate_python(document["slots"]),
        kept=_KEPT.validate_python(document["kept"]),
        findings=_FINDINGS.validate_python(document["findings"]),
        statuses=_STATUSES.validate_python(document["statuses"]),
        policies=tuple((each["name"], each["version"]) for each in document["policies"]),
        next_due=None if due is None else _MOMENT.validate_python(due),
    )


def _action(fields: Mapping[str, Any]) -> Action:
    found: Action = _KINDS[fields["action"]].validate_python(fields)
    return found
