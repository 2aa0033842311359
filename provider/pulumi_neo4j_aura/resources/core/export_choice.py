"""What a new export is of: settled once, in `check`, so that a preview shows it."""

from __future__ import annotations

from dataclasses import asdict

from pulumi_neo4j_aura.domain import size
from pulumi_neo4j_aura.errors import AuraError, NotFound, Permanent, Refused
from pulumi_neo4j_aura.execution.exports import choice
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core.inputs import ExportInputs
from pulumi_neo4j_aura.resources.core.results import Failure
from pulumi_neo4j_aura.resources.core.values import Properties

#: How many passed-over snapshots are named; the rest is counted.
_NAMED_SKIPPED = 10


def settle(services: Services, inputs: ExportInputs) -> tuple[Properties, tuple[Failure, ...]]:
    """The method and the snapshot, or why there is nothing to export this way.

    Raises:
        Transient: Aura cannot be asked now.
    """
    if inputs.snapshot_id == choice.TAKE:
        reason = "`take` is no snapshot; declare a Snapshot resource and give its snapshot_id"
        return {}, (Failure("snapshot_id", reason),)
    try:
        found = choice.choose(services, request(inputs, inputs.snapshot_id or choice.NEWEST))
    except (NotFound, Refused) as error:
        return {}, (Failure(_field(inputs, error), str(error)),)
    if found.snapshot is None and inputs.password is None:
        return {}, (Failure("password", f"is required: {found.reason}"),)
    too_small = _too_small(inputs, found)
    if too_small:
        return {}, (Failure("clone_memory", too_small),)
    return _told(inputs, found), ()


def request(
    inputs: ExportInputs, snapshot_id: str, occasion: str = "", patience_seconds: float = 3600.0
) -> choice.Request:
    """The same wish for the machinery."""
    password = inputs.password.get_secret_value() if inputs.password else ""
    return choice.Request(
        instance_id=inputs.instance_id,
        snapshot_id=snapshot_id,
        method=inputs.method,
        recipients=tuple(inputs.recipients),
        clone_memory=inputs.clone_memory,
        occasion=occasion,
        passwords=(password,) if password else (),
        patience_seconds=patience_seconds,
    )


def _field(inputs: ExportInputs, error: AuraError) -> str:
    """The input that most likely has to change."""
    if isinstance(error, Permanent) and error.reason != "snapshot-not-found":
        return "instance_id"
    return "snapshot_id" if inputs.snapshot_id else "instance_id"


def _too_small(inputs: ExportInputs, found: choice.Choice) -> str | None:
    if inputs.clone_memory is None or found.snapshot is None:
        return None
    wanted, has = size.gigabytes(inputs.clone_memory), size.gigabytes(found.origin.memory or "")
    if not wanted:
        return f"is no size: {inputs.clone_memory!r}; write it as 8GB"
    if has and wanted < has:
        return f"must be at least {found.origin.memory}, which instance {found.origin.id} has"
    return None


def _told(inputs: ExportInputs, found: choice.Choice) -> Properties:
    facts: Properties = {"method": found.method, "reason": found.reason}
    if found.snapshot is None:
        return facts
    explicit = inputs.snapshot_id not in {None, choice.NEWEST}
    taken = found.snapshot.timestamp
    facts |= {
        "snapshot_id": found.snapshot.id,
        "snapshot_timestamp": taken.isoformat() if taken else "unknown",
        "chosen": "explicit" if explicit else "newest",
    }
    if found.skipped:
        facts["skipped"] = [asdict(each) for each in found.skipped[:_NAMED_SKIPPED]]
        facts["skipped_count"] = len(found.skipped)
    return facts
