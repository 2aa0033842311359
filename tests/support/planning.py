"""Worlds as the planner sees them, made of few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_neo4j_aura import policy_document
from pulumi_neo4j_aura.domain.observed import (
    ObservedExport,
    ObservedInstance,
    ObservedProject,
    ObservedState,
    ObservedVault,
    Past,
)
from pulumi_neo4j_aura.domain.policy import Policy
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.planning import planner
from pulumi_neo4j_aura.planning.plan import Plan

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)  # a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TARGET, PROJECT = "s3://acme/aura", "project-1"

#: The usual policy's rule for the usual instance, and that its last slot is settled.
SUNDAY = ("production", "exports 0 2 * * SUN UTC", "orders-id")
DONE = {SUNDAY: Past(settled=NOW - timedelta(days=2, hours=10))}


def a_policy(**fields: Any) -> Policy:
    """Weekly exports of everything in the project, unless told otherwise."""
    document = {
        "name": "production",
        "instances": {"project": PROJECT},
        "target": TARGET,
        "exports": [{"cron": "0 2 * * SUN"}],
        **fields,
    }
    return policy_document.parse(document, "the test")


def snapshot(age: timedelta = HOUR, name: str = "", **fields: Any) -> Snapshot:
    """A completed, exportable, scheduled snapshot of this age."""
    values = {"status": "Completed", "profile": "Scheduled", "exportable": True, **fields}
    return Snapshot(name or f"s-{age}", "orders-id", timestamp=NOW - age, **values)


def instance(*snapshots: Snapshot, **fields: Any) -> ObservedInstance:
    """A Professional instance with a snapshot of an hour ago, unless told otherwise."""
    values = {"id": "orders-id", "name": "orders", "project_id": PROJECT, **fields}
    found = snapshots or (snapshot(),)
    return ObservedInstance(**{"type": "professional-db", "snapshots": found, **values})


def export(age: timedelta = DAY, name: str = "", **fields: Any) -> ObservedExport:
    """A good export whose data is of this age, made an hour later."""
    moment = NOW - age
    export_id = name or f"orders-id-{age}"
    values = {
        "export_id": export_id,
        "key": f"exports/orders-id-orders/{export_id}/manifest.json",
        "instance_id": "orders-id",
        "instance_name": "orders",
        "moment": moment,
        "completed_at": min(moment + HOUR, NOW),
        "project_id": PROJECT,
        **fields,
    }
    return ObservedExport(**values)


def vault(*exports: ObservedExport, **fields: Any) -> ObservedVault:
    """The target; the policy was published there three days ago, before a Sunday."""
    values = {"since": {"production": NOW - 3 * DAY}, "exports": exports, **fields}
    return ObservedVault(TARGET, **values)


def world(
    *instances: ObservedInstance, at: ObservedVault | None = None, **fields: Any
) -> ObservedState:
    """Everything that was seen."""
    values = {"projects": (ObservedProject(PROJECT),), **fields}
    return ObservedState(
        NOW, instances=instances or (instance(),), vaults=(at or vault(),), **values
    )


def quiet(**fields: Any) -> ObservedState:
    """A world in which the last export is made and nothing is due."""
    return world(at=vault(export(2 * DAY), slots=DONE, **fields))


def plan_of(seen: ObservedState, *policies: Policy, at: datetime = NOW) -> Plan:
    """The plan of a world; of the usual policy, unless told otherwise."""
    return planner.plan(policies or (a_policy(),), seen, at)


def codes(plan: Plan) -> list[str]:
    """The findings' codes, in the plan's order."""
    return [each.code for each in plan.findings]


def kinds(plan: Plan) -> list[str]:
    """What would be done, in order."""
    return [type(each).__name__ for each in plan.actions]
