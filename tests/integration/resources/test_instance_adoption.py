"""Taking over an instance that exists: by id, keeping its data, changing only what can change."""

import pytest

from pulumi_neo4j_aura.errors import Refused
from pulumi_neo4j_aura.resources.core.instance_request import check, create
from pulumi_neo4j_aura.resources.core.values import UNKNOWN
from support.emulator import DEVELOPMENT_PROJECT_ID
from support.resources import (
    calls,
    changing,
    checked,
    existing_instance,
    failures,
    instance_inputs,
    live,
    make_ready,
    request,
    snapshot_source,
    up,
)

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def production(services, control):
    return existing_instance(services, control)


def adopting(instance_id, **changes):
    return instance_inputs(**{"name": "production", "adopt_instance_id": instance_id, **changes})


def test_an_instance_that_does_not_exist_fails_in_check(services):
    """A typing error must not create an instance."""
    found = failures(check(services, {}, adopting("0badcafe")))
    assert set(found) == {"adopt_instance_id"}
    assert "there is no such instance" in found["adopt_instance_id"]
    assert "0badcafe" in found["adopt_instance_id"]


@pytest.mark.parametrize(
    ("changes", "has"),
    [
        ({"region": "europe-west2"}, {"region": "europe-west1"}),
        ({"cloud_provider": "aws"}, {"cloud_provider": "gcp"}),
        ({"type": "enterprise-db"}, {"type": "professional-db"}),
        (
            {"project_id": DEVELOPMENT_PROJECT_ID},
            {"project_id": "a0000000-0000-4000-8000-000000000001"},
        ),
    ],
)
def test_what_cannot_be_changed_and_differs_fails_at_its_property(
    services, production, changes, has
):
    """Adopting would be followed by a replacement: of production, at the first `up`."""
    found = failures(check(services, {}, adopting(production, **changes)))

    assert set(found) == set(has)
    for key, value in has.items():
        assert production in found[key]
        assert f"declare {value!r}" in found[key]


def test_a_type_that_can_be_upgraded_may_differ(services, production):
    """Professional becomes Business Critical in place."""
    checked(services, adopting(production, type="business-critical"))


def test_an_adopted_instance_takes_no_source(services, control, production):
    """It has its data; a source would suggest that it is overwritten."""
    for source in (snapshot_source(production, "snap-1"), snapshot_source(UNKNOWN)):
        found = failures(check(services, {}, adopting(production, source=source)))
        assert set(found) == {"source"}
        assert "has its data already" in found["source"]


def test_an_adoption_changes_nothing_by_itself(services, control, production):
    """The request half only looks."""
    control.reset_requests()
    request(services, adopting(production))
    assert changing(control) == []


def test_the_outputs_of_an_adopted_instance(services, production):
    """Id and address are known; the password is not, and is not made up."""
    state = request(services, adopting(production))

    assert state.id == production
    assert state.outputs["instance_id"] == production
    assert state.outputs["connection_url"] == f"neo4j+s://{production}.databases.neo4j.io"
    assert state.outputs["username"] == "neo4j"
    assert "password" not in state.outputs
    assert state.outputs["adopted"] is True
    assert state.outputs["provenance"] == {"kind": "adopted", "instance_id": production}


def test_a_password_of_ones_own_is_the_password(services, production):
    """The only way to know the password of an instance that somebody else made."""
    state = request(services, adopting(production, password_override="known-to-us"))
    assert state.outputs["password"] == "known-to-us"


def test_readiness_brings_an_adopted_instance_to_what_is_declared(services, control, production):
    """Its name and size; data and id stay, since nothing was created."""
    state = up(services, adopting(production, name="orders", memory="4GB"))

    now = live(control, production)
    assert (now["name"], now["memory"]) == ("orders", "4GB")
    assert (state.ready["name"], state.ready["status"]) == ("orders", "running")
    assert len(control.instances()) == 1


def test_an_adopted_instance_as_declared_is_left_alone(services, control, production):
    """Nothing is sent that changes nothing."""
    control.reset_requests()
    up(services, adopting(production))
    assert changing(control) == []


def test_an_adopted_paused_instance_stays_paused_when_that_is_not_managed(
    services, control, production
):
    """Readiness takes both idle states for ready."""
    control.set_status(production, "paused")
    state = up(services, adopting(production))
    assert state.ready["status"] == "paused"
    assert live(control, production)["status"] == "paused"


def test_an_instance_that_changed_since_the_preview_is_refused(services, control, production):
    """Between preview and `up` somebody replaced it by one in another project."""
    inputs = checked(services, adopting(production))
    inputs["region"] = "europe-west2"

    with pytest.raises(Refused, match="region is 'europe-west1'") as caught:
        create(services, inputs)

    assert "Declare what it has" in str(caught.value)


def test_another_id_for_a_resource_that_exists_fails(services, control, production):
    """The instance of before would be forgotten, and go on costing money."""
    olds = checked(services, adopting(production))
    other = existing_instance(services, control, name="other")

    found = failures(check(services, olds, adopting(other)))

    assert set(found) == {"adopt_instance_id"}
    assert "another resource name" in found["adopt_instance_id"]


def test_an_id_for_a_resource_that_made_its_own_instance_fails(services, production):
    """The same mistake, the other way round."""
    olds = checked(services, instance_inputs())
    assert set(failures(check(services, olds, instance_inputs(adopt_instance_id=production)))) == {
        "adopt_instance_id"
    }


def test_the_id_may_be_removed_after_the_adoption(services, control, production):
    """It is done; a program need not say it for ever, and the instance stays adopted."""
    state = up(services, adopting(production))
    olds = state.inputs

    news = adopting(None)
    inputs = checked(services, news, olds)
    assert inputs["provenance"] == {"kind": "adopted", "instance_id": production}

    control.reset_requests()
    make_ready(services, state)
    assert calls(control, "POST", "/v1/instances") == 0
