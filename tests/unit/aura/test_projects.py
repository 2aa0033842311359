import pytest

from pulumi_neo4j_aura.domain.project import InstanceConfiguration, Project, ProjectSummary
from pulumi_neo4j_aura.errors import NotFound, Rejected, Unavailable
from unit.aura.fakes import FakeHttp, client_for, data, error

OFFER = {
    "region": "europe-west1",
    "region_name": "Belgium",
    "type": "professional-db",
    "memory": "4GB",
    "storage": "8GB",
    "version": "5",
    "cloud_provider": "gcp",
}


def test_projects_are_listed():
    """GET /v1/tenants, id and name of each."""
    http = FakeHttp(data([{"id": "p1", "name": "Production"}, {"id": "p2", "name": "Staging"}]))

    assert client_for(http).projects.list() == (
        ProjectSummary("p1", "Production"),
        ProjectSummary("p2", "Staging"),
    )
    assert [(call.method, call.path) for call in http.calls] == [("GET", "/v1/tenants")]


def test_a_project_shows_what_it_may_create():
    """Configurations are kept in Aura's order; a missing storage (Free) is empty text."""
    free = {**OFFER, "type": "free-db"}
    del free["storage"]
    http = FakeHttp(data({"id": "p1", "name": "P", "instance_configurations": [OFFER, free]}))

    assert client_for(http).projects.get("p1") == Project(
        "p1",
        "P",
        (
            InstanceConfiguration(
                "gcp", "europe-west1", "professional-db", "5", "4GB", "8GB", "Belgium"
            ),
            InstanceConfiguration("gcp", "europe-west1", "free-db", "5", "4GB", "", "Belgium"),
        ),
    )


@pytest.mark.parametrize(
    "value", [{"id": "p1", "name": "P"}, {"id": "p1", "name": "P", "instance_configurations": None}]
)
def test_a_project_without_configurations_is_not_one_that_offers_nothing(value):
    """The list is required: without it the answer counts as not understood."""
    with pytest.raises(Unavailable, match="instance_configurations is missing"):
        client_for(FakeHttp(data(value))).projects.get("p1")


def test_the_metrics_endpoint_is_a_url():
    """GET /v1/tenants/{id}/metrics-integration."""
    http = FakeHttp(data({"endpoint": "https://metrics.test/p1"}))

    assert client_for(http).projects.metrics_integration("p1") == "https://metrics.test/p1"
    assert http.calls[0].path == "/v1/tenants/p1/metrics-integration"


def test_a_project_without_metrics_says_what_to_do():
    """The reason code picks the way out."""
    http = FakeHttp(error(400, "tenant-incapable-of-action"))

    with pytest.raises(Rejected) as caught:
        client_for(http).projects.metrics_integration("p1")
    assert "Project p1" in caught.value.message
    assert "no instance or plan" in caught.value.way_out


def test_an_unknown_project_is_not_found():
    """404 names the project and the membership that may be missing."""
    with pytest.raises(NotFound) as caught:
        client_for(FakeHttp(error(404, "tenant-not-found"))).projects.get("p9")
    assert "Project p9" in str(caught.value)
    assert "member of that project" in caught.value.way_out
