"""Present, absent or unknown: what may be called gone.

Forgetting a billed instance and deleting what depends on it both start with a wrong "gone". So one
404 is one opinion. Absent needs Aura's own 404 for the instance, a successful list of its project
that lacks it, *and* that the credential can still see that project, twice, some seconds apart.
Everything else is unknown and raises. (A credential that lost its project may be shown an empty
list of it instead of an error; nobody has published which.)
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_neo4j_aura.domain.instance import Instance
from pulumi_neo4j_aura.errors import AuraError, NotFound, Refused, Transient
from pulumi_neo4j_aura.execution.services import Services

#: Reasons with which Aura itself says that an instance is not there (v1 document; 410 as seen by
#: Neo4j's own client). A 404 without one of them comes from something in between.
_GONE_REASONS = frozenset({"db-not-found", "db-already-deleted"})

_READINGS = 2


@dataclass(frozen=True, slots=True)
class Absent:
    """Two agreeing readings said that the instance is gone."""

    instance_id: str


def look(services: Services, project_id: str, instance_id: str) -> Instance | Absent:
    """The instance, or Absent when that is certain.

    Raises:
        Transient: it could not be told; nothing may be concluded from this.
        Refused: the instance belongs to another project than expected.
    """
    for reading in range(_READINGS):
        if reading:
            services.clock.sleep(services.settings.gone_seconds)
        live = _get(services, instance_id)
        if live is not None:
            _same_project(live, project_id)
            return live
        _not_listed(services, project_id, instance_id)
    return Absent(instance_id)


def _get(services: Services, instance_id: str) -> Instance | None:
    try:
        return services.client.instances.get(instance_id)
    except NotFound as error:
        if error.reason not in _GONE_REASONS:
            raise _unknown(instance_id, "the 404 did not come from Aura itself", error) from error
        return None


def _not_listed(services: Services, project_id: str, instance_id: str) -> None:
    try:
        rows = services.client.instances.list(project_id)
    except AuraError as error:
        raise _unknown(instance_id, f"project {project_id} cannot be listed", error) from error
    if any(row.id == instance_id for row in rows):
        raise _unknown(instance_id, "get says 404 while the project's list still has it", None)
    try:
        services.client.projects.get(project_id)
    except AuraError as error:
        raise _unknown(instance_id, f"project {project_id} cannot be seen", error) from error


def _unknown(instance_id: str, why: str, cause: AuraError | None) -> Transient:
    detail = f" Cause: {cause}" if cause else ""
    return Transient(
        f"Whether instance {instance_id} still exists is unknown: {why}. It is not treated as "
        f"gone, and nothing was deleted or forgotten.{detail}",
        way_out="Check the credentials and the project, then run again.",
    )


def _same_project(live: Instance, project_id: str) -> None:
    if project_id and live.project_id and live.project_id != project_id:
        raise Refused(
            f"Instance {live.id} belongs to project {live.project_id}, "
            f"and the state says {project_id}.",
            way_out="Use the credentials and settings that the stack was made with.",
        )
