"""Filling a new instance from an export: the readiness half's work, done once.

The instance gets its own name only when it is filled. So a pending name says, on any machine, that
the data is not whole yet, and an own name that nothing must be written into it any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.errors import OperationFailed, Refused
from pulumi_neo4j_aura.execution.exports import filling
from pulumi_neo4j_aura.execution.exports.importing import Imported
from pulumi_neo4j_aura.execution.progress import Lines
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.resources.core import vaults
from pulumi_neo4j_aura.resources.core.values import Properties

_IN_USE = (
    "it had its own name already and holds something else than the export: it was filled by an "
    "earlier run and written to since, or filled by hand"
)


def due(provenance: Mapping[str, Any] | None) -> bool:
    """Whether the data of an instance comes from an export, so that it is created empty."""
    return (provenance or {}).get("kind") == "export"


def task(provenance: Mapping[str, Any] | None) -> Properties:
    """What the readiness half has to know about it, as a part of the operation."""
    if provenance is None or not due(provenance):
        return {}
    return {"fill": {"target": provenance["target"], "export_id": provenance["export_id"]}}


def fill(services: Services, live: Instance, values: Properties) -> Properties:
    """Bring the export into an instance that is idle, and prove it; what is to be recorded.

    Raises:
        AuraError: it cannot go on now; the next `up` goes on where it stopped.
    """
    operation = values["operation"]
    target, export_id = operation["fill"]["target"], operation["fill"]["export_id"]
    request = filling.Request(live.id, export_id, (str(values.get("password") or ""),))
    run = _Run(services, target, request)
    pending = naming.pending_for(live.name, str(operation["owner"]))
    if pending or filling.begun(services, live.id, export_id):
        services.report(f"filling {live.name} ({live.id}) from export {export_id}")
        done = run.fill()
    else:
        done = run.look()
    if not done.proven:
        services.warn(f"instance {live.name} ({live.id}) is not proven: {done.remark}")
    facts = {key: value for key, value in asdict(done).items() if value != ""}
    return {"export_id": export_id, **facts}


class _Run:
    """One instance and one export."""

    def __init__(self, services: Services, target: str, request: filling.Request) -> None:
        self._services = services
        self._request = request
        self._vault = vaults.existing(target)
        self._progress = Lines(services.report, services.clock)

    def fill(self) -> Imported:
        """Write what is missing, then prove."""
        identities = bootstrap.identities(self._services.settings)
        return filling.fill(self._services, self._request, self._vault, identities, self._progress)

    def look(self) -> Imported:
        """It seems to be filled: fill it only if it is empty, and prove it if it can be proven."""
        try:
            return self.fill()
        except Refused:
            pass
        try:
            return filling.prove(self._services, self._request, self._vault, self._progress)
        except (OperationFailed, Refused):
            return Imported(0, 0, proven=False, remark=_IN_USE)
