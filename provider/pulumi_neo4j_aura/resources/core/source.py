"""Where an instance's data comes from: resolved once, recorded, never a reason to replace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pulumi_neo4j_aura.domain import selection, size, status
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.domain.tier import TIERS
from pulumi_neo4j_aura.errors import NotFound
from pulumi_neo4j_aura.execution import snapshots
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import export_source
from pulumi_neo4j_aura.resources.core.inputs import InstanceInputs, Source
from pulumi_neo4j_aura.resources.core.results import Failure, Resolved
from pulumi_neo4j_aura.resources.core.values import Properties, holds_unknown

#: How many passed-over snapshots the provenance names; the rest is counted.
_NAMED_SKIPPED = 10

WAYS_OUT = (
    "Ways out: take the edit back; or replace the instance on purpose by changing `generation` "
    "(deletion_protection must be off); or keep the instance and refresh its data with an explicit "
    "overwrite."
)


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit of the source of an existing instance leads to."""

    keep: bool
    failure: str = ""
    warning: str = ""


def edit(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    recorded: Mapping[str, Any] | None = None,
) -> Edit:
    """Judge a changed source. The data is there already; a new source cannot change it.

    Args:
        old: the source in the state.
        new: the source in the program.
        recorded: the provenance in the state.
    """
    if new is None or old == new or (old is not None and holds_unknown(new)):
        return Edit(keep=True)
    if _same_words(old, new) or _names_what_came(new, recorded or {}):
        return Edit(keep=True)
    if old is None:
        return Edit(keep=False, failure=f"an existing instance cannot get a source. {WAYS_OUT}")
    if _only_ids_of_resources(old, new):
        return Edit(
            keep=True,
            warning=(
                "the source's id changed because another resource was replaced; the instance keeps "
                f"its data, which came from {_named(old)}"
            ),
        )
    if _same_origin(old, new):
        return Edit(
            keep=True,
            warning=f"the choice was made already: {_named(old)}; it is kept",
        )
    return Edit(
        keep=False,
        failure=(
            f"the data of this instance came from {_named(old)} and was not changed. {WAYS_OUT}"
        ),
    )


def _same_words(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    """The same ids, now from a resource instead of text or back."""
    return old is not None and {**old, "explicit": None} == {**new, "explicit": None}


def _names_what_came(new: Mapping[str, Any], recorded: Mapping[str, Any]) -> bool:
    """The newest of that day, now written down."""
    if new.get("kind") == "export":
        # The same export is the same data, wherever its vault was moved to.
        keys: tuple[str, ...] = ("kind", "export_id")
    else:
        keys = ("kind", "instance_id", "snapshot_id")
    return bool(new.get(keys[-1])) and all(new.get(key) == recorded.get(key) for key in keys)


def _only_ids_of_resources(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return not new.get("explicit", True) and old.get("kind") == new.get("kind")


def _same_origin(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether only the wording of "newest" changed."""
    keys = ("kind", "instance_id", "snapshot_id", "target", "export_id")
    return all(old.get(key) == new.get(key) for key in keys)


def _named(source: Mapping[str, Any]) -> str:
    if source.get("kind") == "export":
        return _named_export(source)
    if source.get("snapshot_id"):
        return f"snapshot {source['snapshot_id']} of instance {source.get('instance_id')}"
    if source.get("kind") == "snapshot":
        return f"the newest snapshot of instance {source.get('instance_id')} at that time"
    return f"instance {source.get('instance_id')}"


def _named_export(source: Mapping[str, Any]) -> str:
    if source.get("export_id"):
        return f"export {source['export_id']} in {source.get('target')}"
    return (
        f"the newest export of instance {source.get('instance_id')} in {source.get('target')} at "
        "that time"
    )


def resolve(services: Services, inputs: InstanceInputs, source: Source) -> Resolved:
    """Look the source up, choose the snapshot, and say why it does not do.

    Costs one call for the instance and one for an explicit snapshot; for the newest one a call for
    each day that has to be looked at.
    """
    if source.kind == "export":
        return export_source.resolve(services, inputs, source)
    try:
        origin = services.client.instances.get(source.instance_id)
    except NotFound as error:
        return Resolved({}, (Failure("source", f"the source instance cannot be read: {error}"),))
    problem = _unfit(inputs, source, origin)
    if problem:
        return Resolved({}, (Failure("source", problem),))
    if source.kind == "instance":
        return Resolved(_provenance(source, None, "current data"))
    if source.snapshot_id:
        return _explicit(services, source, source.snapshot_id)
    return _newest(services, source, origin)


def _unfit(inputs: InstanceInputs, source: Source, origin: Instance) -> str | None:
    """Why this instance cannot be the source, whatever the snapshot."""
    tier = TIERS.get(origin.type)
    if tier is not None and not tier.clonable:
        return f"instance {origin.id} is {tier.title}, which Aura does not clone"
    if source.kind == "instance" and status.normal(origin.status) != status.RUNNING:
        return f"instance {origin.id} is {origin.status}; cloning its current data needs it running"
    sizes = (("memory", inputs.memory, origin.memory), ("storage", inputs.storage, origin.storage))
    return next((_too_small(origin.id, *each) for each in sizes if _smaller(*each[1:])), None)


def _smaller(wanted: str | None, has: str | None) -> bool:
    """Whether a declared size is known to be less; Aura chooses a storage that is left out."""
    ours, theirs = size.gigabytes(wanted or ""), size.gigabytes(has or "")
    return bool(ours and theirs and ours < theirs)


def _too_small(origin_id: str, key: str, wanted: str | None, has: str | None) -> str:
    return (
        f"the source instance {origin_id} has {has} of {key} and a clone must be at least as large "
        f"(the allocated size counts, not the data); {key} is {wanted}, declare {has} or more"
    )


def _explicit(services: Services, source: Source, snapshot_id: str) -> Resolved:
    try:
        snapshot = services.client.snapshots.get(source.instance_id, snapshot_id)
    except NotFound as error:
        reason = (
            f"instance {source.instance_id} has no snapshot {snapshot_id}; it may belong to "
            f"another instance or have expired ({error})"
        )
        return Resolved({}, (Failure("source", reason),))
    # An explicit id is the user's own choice: age does not matter, being usable does.
    now = services.clock.now()
    dated = replace(snapshot, timestamp=snapshot.timestamp or now)
    objection = selection.objection(dated, selection.Wanted(), now)
    if objection:
        reason = f"snapshot {snapshot_id} {objection}; an instance cannot be created from it"
        return Resolved({}, (Failure("source", reason),))
    return Resolved(_provenance(source, snapshot, "explicit"))


def _newest(services: Services, source: Source, origin: Instance) -> Resolved:
    wanted = source.newest.wanted() if source.newest else selection.Wanted()
    choice = snapshots.newest_of(services, origin, wanted)
    skipped = [asdict(each) for each in choice.skipped]
    if choice.snapshot is None:
        return Resolved({}, (Failure("source", _none_found(source, wanted, choice)),))
    provenance = _provenance(source, choice.snapshot, "newest")
    if skipped:
        provenance["skipped"] = skipped[:_NAMED_SKIPPED]
        provenance["skipped_count"] = len(skipped)
    return Resolved(provenance)


def _none_found(source: Source, wanted: selection.Wanted, choice: selection.Choice) -> str:
    named = [f"{each.snapshot_id} {each.reason}" for each in choice.skipped[:_NAMED_SKIPPED]]
    seen = "; ".join(named) if named else "it has no snapshot on the days that were looked at"
    return (
        f"instance {source.instance_id} has no {selection.describe(wanted)} to create from "
        f"({seen}). Take one with a Snapshot resource, or ask for less"
    )


def _provenance(source: Source, snapshot: Snapshot | None, chosen: str) -> Properties:
    facts: Properties = {"kind": source.kind, "instance_id": source.instance_id, "chosen": chosen}
    if snapshot is not None:
        facts["snapshot_id"] = snapshot.id
        facts["snapshot_timestamp"] = _moment(snapshot.timestamp)
        facts["snapshot_profile"] = snapshot.profile
    return facts


def _moment(value: datetime | None) -> str:
    return value.isoformat() if value else "unknown"
