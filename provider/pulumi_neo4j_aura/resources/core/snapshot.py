"""An on-demand snapshot. Aura expires it by itself, which is not drift; nobody can delete it."""

from __future__ import annotations

from datetime import timedelta

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import AuraError, NotFound, Transient
from pulumi_neo4j_aura.execution import snapshots
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import guard
from pulumi_neo4j_aura.resources.core.inputs import SnapshotInputs, normalised, validate
from pulumi_neo4j_aura.resources.core.results import Checked, Created, Diffed, Failure, Found
from pulumi_neo4j_aura.resources.core.values import (
    Properties,
    Unknown,
    holds_unknown,
    without_nones,
)

INPUT_KEYS = frozenset(SnapshotInputs.model_fields)

#: A change of one of these takes another snapshot.
_REPLACING = ("instance_id", "triggers")

#: 404s with these reasons come from Aura and mean that there is nothing to restore any more.
_EXPIRED = frozenset({"snapshot-not-found", "db-not-found", "db-already-deleted"})


def check(services: Services, olds: Properties, news: Properties) -> Checked:
    """Normalise and validate; for a new snapshot also that the instance is there."""
    values = {**news, **({"owner": olds["owner"]} if "owner" in olds else {})}
    inputs, failures = validate(SnapshotInputs, values)
    if inputs is None:
        return Checked(without_nones(values), failures)
    values = normalised(inputs, values)
    if olds:
        return Checked(values)
    return Checked(values, _instance_failures(services, inputs))


def _instance_failures(services: Services, inputs: SnapshotInputs) -> tuple[Failure, ...]:
    try:
        services.client.instances.get(inputs.instance_id)
    except NotFound as error:
        return (Failure("instance_id", f"there is no such instance: {error}"),)
    return ()


def diff(olds: Properties, news: Properties) -> Diffed:
    """Changed triggers take another snapshot; the old one stays in Aura until it expires."""
    changed = tuple(key for key in _REPLACING if _differs(olds.get(key), news.get(key)))
    return Diffed(changed)


def _differs(old: object, new: object) -> bool:
    if isinstance(new, Unknown) or holds_unknown(new):
        return False
    return (old or None) != (new or None)


def create(services: Services, values: Properties) -> Created:
    """Take it and wait until it is Completed; a Failed one is an error and not a success."""
    inputs = SnapshotInputs.model_validate(values)
    request = snapshots.Request(
        instance_id=inputs.instance_id,
        owner=inputs.owner or "unowned",
        patience_seconds=duration.parse(inputs.wait_timeout).total_seconds(),
    )
    taken = snapshots.take(services, request)
    place = {"api_url": services.client.api_url}
    until = _exportable_until(services, taken)
    outputs = {**values, **place, **_facts(taken), "exportable_until": until}
    return Created(taken.id, without_nones(outputs))


def read(services: Services, snapshot_id: str, state: Properties) -> Found:
    """Whether it is still there; a snapshot that expired stays in the state as not available.

    Raises:
        Transient: that cannot be told.
        Refused: another API than the state's.
    """
    guard.same_place(services.settings, state)
    inputs = {key: value for key, value in state.items() if key in INPUT_KEYS}
    try:
        seen = services.client.snapshots.get(str(state["instance_id"]), snapshot_id)
    except NotFound as error:
        if error.reason not in _EXPIRED:
            raise Transient(
                f"Whether snapshot {snapshot_id} still exists is unknown: {error}",
                way_out="Run again.",
            ) from error
        gone = {"available": False, "exportable": False}
        return Found(snapshot_id, {**state, **gone}, inputs)
    return Found(snapshot_id, {**state, **without_nones(_facts(seen))}, inputs)


def update(_services: Services, _id: str, state: Properties, values: Properties) -> Properties:
    """Only the time-out can change in place; nothing is asked of Aura."""
    return {**state, **values}


def delete(services: Services, snapshot_id: str, state: Properties) -> None:
    """Forget it. Aura has no call to delete a snapshot; it expires with its tier's retention."""
    guard.same_place(services.settings, state)
    services.report(
        f"snapshot {snapshot_id} is forgotten by Pulumi; Aura keeps it until it expires"
    )


def _facts(snapshot: Snapshot) -> Properties:
    return {
        "snapshot_id": snapshot.id,
        "timestamp": snapshot.timestamp.isoformat() if snapshot.timestamp else None,
        "status": snapshot.status,
        "profile": snapshot.profile,
        "exportable": snapshot.exportable,
        "available": snapshot.completed,
    }


def _exportable_until(services: Services, taken: Snapshot) -> str | None:
    """When it can no longer be exported, by the documentation's table; None when not known."""
    if taken.timestamp is None:
        return None
    span = _exportable_span(services, taken.instance_id)
    return (taken.timestamp + span).isoformat() if span else None


def _exportable_span(services: Services, instance_id: str) -> timedelta | None:
    try:
        instance = services.client.instances.get(instance_id)
    except AuraError:
        return None  # a nice-to-know date must not fail a snapshot that was taken
    tier = TIERS.get(instance.type)
    return tier.on_demand_exportable if tier else None
