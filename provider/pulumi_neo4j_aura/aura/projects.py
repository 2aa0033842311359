"""Calls about projects; the v1 API's path says `tenants`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_neo4j_aura.aura import models
from pulumi_neo4j_aura.aura.retries import Safety, Subject
from pulumi_neo4j_aura.aura.transport import Call, path

if TYPE_CHECKING:
    from pulumi_neo4j_aura.aura.transport import Transport
    from pulumi_neo4j_aura.domain.project import Project, ProjectSummary


class Projects:
    """The projects that the credentials' user can see."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> tuple[ProjectSummary, ...]:
        """All of them; Aura does not page."""
        subject = Subject("Projects", "list")
        call = Call("GET", path("tenants"), subject, Safety.READ)
        return self._transport.request(call, models.project_rows)

    def get(self, project_id: str) -> Project:
        """One project with everything it may create.

        Raises:
            NotFound: Aura does not know it, or not to this user.
        """
        where = path("tenants", project_id)
        call = Call("GET", where, _subject(project_id, "get"), Safety.READ)
        return self._transport.request(call, models.project)

    def metrics_integration(self, project_id: str) -> str:
        """The URL where the project's metrics can be scraped.

        Raises:
            Rejected: no instance of the project offers metrics.
        """
        where = path("tenants", project_id, "metrics-integration")
        call = Call("GET", where, _subject(project_id, "get metrics integration"), Safety.READ)
        return self._transport.request(call, models.metrics_endpoint)


def _subject(project_id: str, action: str) -> Subject:
    return Subject(f"Project {project_id}", action)
