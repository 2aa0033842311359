"""Lookups that own nothing: production usually exists before this program does.

They run in the program, read only, in previews too. An input that is not known yet makes the
answer not known yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pulumi

from pulumi_neo4j_aura import bootstrap, settings
from pulumi_neo4j_aura.domain import selection
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.errors import Permanent
from pulumi_neo4j_aura.execution import snapshots
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import inputs

Facts = dict[str, Any]


class FoundInstance:
    """An instance that exists and is not managed here; every attribute is an Output."""

    def __init__(self, facts: pulumi.Output[Facts]) -> None:
        self.instance_id: pulumi.Output[str] = facts["id"]
        self.name: pulumi.Output[str] = facts["name"]
        self.status: pulumi.Output[str] = facts["status"]
        self.project_id: pulumi.Output[str] = facts["project_id"]
        self.cloud_provider: pulumi.Output[str] = facts["cloud_provider"]
        self.region: pulumi.Output[str] = facts["region"]
        self.type: pulumi.Output[str] = facts["type"]
        self.memory: pulumi.Output[str] = facts["memory"]
        self.storage: pulumi.Output[str | None] = facts["storage"]
        self.connection_url: pulumi.Output[str | None] = facts["connection_url"]


class FoundSnapshot:
    """A snapshot that exists and is not managed here; every attribute is an Output."""

    def __init__(self, facts: pulumi.Output[Facts]) -> None:
        self.snapshot_id: pulumi.Output[str] = facts["snapshot_id"]
        self.instance_id: pulumi.Output[str] = facts["instance_id"]
        self.timestamp: pulumi.Output[str] = facts["timestamp"]
        self.status: pulumi.Output[str] = facts["status"]
        self.profile: pulumi.Output[str] = facts["profile"]
        self.exportable: pulumi.Output[bool] = facts["exportable"]


def find_instance(
    *,
    name: pulumi.Input[str] | None = None,
    instance_id: pulumi.Input[str] | None = None,
    project_id: pulumi.Input[str] | None = None,
) -> FoundInstance:
    """Find one instance by id, or by its name in a project.

    Raises (when the program runs):
        Permanent: none has that name, or several have (Aura does not keep names unique).
    """
    if (name is None) == (instance_id is None):
        raise Permanent("find_instance needs either name or instance_id.", way_out="Give one.")

    def look(services: Services, given: Facts) -> Facts:
        wanted = given["instance_id"] or _id_of(services, given["name"], given["project_id"])
        return _instance_facts(services, wanted)

    given = {"name": name, "instance_id": instance_id, "project_id": project_id}
    return FoundInstance(_lookup(look, given))


def list_snapshots(instance_id: pulumi.Input[str], *, days: int = 1) -> pulumi.Output[list[Facts]]:
    """The snapshots of the last `days` days, newest first. Costs a call a day (or one more)."""

    def look(services: Services, given: Facts) -> Facts:
        found: list[Snapshot] = []
        for day in snapshots.days_back(services.clock.now(), days):
            found += services.client.snapshots.list(given["instance_id"], day)
        ordered = sorted({each.id: each for each in found}.values(), key=_age, reverse=True)
        return {"snapshots": [_snapshot_facts(each) for each in ordered]}

    return _lookup(look, {"instance_id": instance_id}).apply(lambda facts: facts["snapshots"])


def newest_snapshot(
    instance_id: pulumi.Input[str],
    *,
    exportable: bool = True,
    before: str | None = None,
    max_age: str | None = None,
) -> FoundSnapshot:
    """The newest snapshot that does; the same choice that `from_snapshot` makes.

    Raises (when the program runs):
        Permanent: there is none; the message names those that were passed over and why. At once:
            a condition cannot be read, or its time has no zone.
    """
    wanted = _wanted({"exportable": exportable, "before": before, "max_age": max_age})

    def look(services: Services, given: Facts) -> Facts:
        origin = services.client.instances.get(given["instance_id"])
        choice = snapshots.newest_of(services, origin, wanted)
        if choice.snapshot is None:
            raise _none_found(origin.id, wanted, choice)
        return _snapshot_facts(choice.snapshot)

    return FoundSnapshot(_lookup(look, {"instance_id": instance_id}))


def _wanted(conditions: Facts) -> selection.Wanted:
    newest, failures = inputs.validate(inputs.Newest, conditions)
    if newest is None:
        raise Permanent(
            f"newest_snapshot cannot use {failures[0].property}: {failures[0].reason}.",
            way_out="Correct it.",
        )
    return newest.wanted()


def _none_found(instance_id: str, wanted: selection.Wanted, choice: selection.Choice) -> Permanent:
    passed = "; ".join(f"{each.snapshot_id} {each.reason}" for each in choice.skipped)
    return Permanent(
        f"Instance {instance_id} has no {selection.describe(wanted)}"
        + (f" ({passed})." if passed else "."),
        way_out="Take one with a Snapshot resource, or ask for less.",
    )


def _lookup(
    look: Callable[[Services, Facts], Facts], given: dict[str, Any]
) -> pulumi.Output[Facts]:
    """Run a lookup in a thread when its inputs are known, so that others can go on."""
    config = pulumi.Config(settings.CONFIG_NAMESPACE)
    loaded = settings.load(config.get)

    async def ask(values: Facts) -> Facts:
        services = bootstrap.services(loaded, _nothing, pulumi.log.warn)
        return await asyncio.to_thread(look, services, values)

    return pulumi.Output.all(**given).apply(ask)


def _nothing(_line: str) -> None:
    """Lookups are quick; they show no progress."""


def _id_of(services: Services, name: str, project_id: str | None) -> str:
    project = project_id or services.settings.project_id or None
    rows = [row for row in services.client.instances.list(project) if row.name == name]
    where = f"project {project}" if project else "all projects of this credential"
    if not rows:
        raise Permanent(
            f"No instance in {where} is named {name!r}.",
            way_out="Check the name and the project, or give instance_id.",
        )
    if len(rows) > 1:
        ids = ", ".join(sorted(row.id for row in rows))
        raise Permanent(
            f"Several instances in {where} are named {name!r}: {ids}.",
            way_out="Give instance_id instead of name.",
        )
    return rows[0].id


def _instance_facts(services: Services, instance_id: str) -> Facts:
    found = asdict(services.client.instances.get(instance_id))
    created = found.pop("created_at")
    return {**found, "created_at": created.isoformat() if created else None}


def _snapshot_facts(snapshot: Snapshot) -> Facts:
    return {
        "snapshot_id": snapshot.id,
        "instance_id": snapshot.instance_id,
        "timestamp": snapshot.timestamp.isoformat() if snapshot.timestamp else None,
        "status": snapshot.status,
        "profile": snapshot.profile,
        "exportable": snapshot.exportable,
    }


def _age(snapshot: Snapshot) -> tuple[str, str]:
    return (snapshot.timestamp.isoformat() if snapshot.timestamp else "", snapshot.id)
