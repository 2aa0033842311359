import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    NotFound,
    Refused,
    Transient,
    Unavailable,
)
from pulumi_neo4j_aura.execution.presence import Absent, look
from support.clock import FakeClock
from support.fakes import PROJECT, USUAL, FakeAura, gone, live, make_services

ID = "ab12cd34"
ROW = InstanceSummary(ID, "orders", PROJECT)
OTHER = InstanceSummary("ffffffff", "other", PROJECT)


def test_an_instance_that_is_there_costs_one_call(aura, services):
    """The usual case must be cheap: no list, no second reading."""
    seen = aura.add()

    assert look(services, PROJECT, ID) == seen
    assert [call.name for call in aura.calls] == ["instances.get"]


@pytest.mark.parametrize("reason", ["db-not-found", "db-already-deleted"])
def test_gone_needs_two_agreeing_readings_of_get_and_list(aura, services, clock, reason):
    """Aura's 404 (or 410), a list without it and a project in sight, twice, with a gap."""
    aura.add(id="ffffffff")
    aura.script("instances.get", *[NotFound("no", status=404, reason=reason)] * 2)

    assert look(services, PROJECT, ID) == Absent(ID)
    reading = ["instances.get", "instances.list", "projects.get"]
    assert [call.name for call in aura.calls] == reading * 2
    assert clock.sleeps == [services.settings.gone_seconds]


def test_an_empty_project_that_could_be_listed_is_proof_enough(aura, services):
    """The last instance of a project can be gone too."""
    assert look(services, PROJECT, ID) == Absent(ID)


@pytest.mark.parametrize(
    "error",
    [
        NotFound("404", status=404, reason="tenant-not-found"),
        Forbidden("403", status=403),
        Unavailable("503", status=503),
    ],
)
def test_an_empty_list_of_a_project_out_of_sight_proves_nothing(aura, services, error):
    """A credential that lost its project may be shown an empty list instead of an error."""
    aura.script("projects.get", error)
    with pytest.raises(Transient, match=f"project {PROJECT} cannot be seen"):
        look(services, PROJECT, ID)


def test_what_appears_again_at_the_second_reading_is_there(aura, services):
    """One glitch is not an absence."""
    seen = aura.add()
    aura.script("instances.get", gone(), USUAL)
    aura.script("instances.list", (OTHER,))

    assert look(services, PROJECT, ID) == seen


@pytest.mark.parametrize("reading", [0, 1])
@pytest.mark.parametrize(
    ("get", "rows", "why"),
    [
        (gone(), (OTHER, ROW), "get says 404 while the project's list still has it"),
        (NotFound("404 page not found", status=404), (), "the 404 did not come from Aura itself"),
        (NotFound("x", status=404, reason="tenant-not-found"), (), "did not come from Aura itself"),
        (gone(), Unavailable("the answer is empty"), f"project {PROJECT} cannot be listed"),
        (gone(), Unavailable("503", status=503), f"project {PROJECT} cannot be listed"),
        (gone(), Forbidden("403", status=403), f"project {PROJECT} cannot be listed"),
        (gone(), NotFound("404", status=404, reason="tenant-not-found"), "cannot be listed"),
        (gone(), BadCredentials("401", status=401), f"project {PROJECT} cannot be listed"),
    ],
)
def test_everything_short_of_proof_is_unknown(services, reading, get, rows, why):
    """At the first reading and at the second; the message says why and that nothing was done."""
    services.client.script("instances.get", *[gone()] * reading, get)
    services.client.script("instances.list", *[()] * reading, rows)

    with pytest.raises(Transient) as caught:
        look(services, PROJECT, ID)
    assert f"Whether instance {ID} still exists is unknown" in caught.value.message
    assert why in caught.value.message
    assert "nothing was deleted or forgotten" in caught.value.message
    assert caught.value.way_out


@pytest.mark.parametrize(
    "error", [Unavailable("503", status=503), Forbidden("403"), BadCredentials("401")]
)
def test_a_get_that_fails_is_raised_as_it_is(aura, services, error):
    """It says nothing about the instance, and the list is not asked."""
    aura.script("instances.get", error)

    with pytest.raises(type(error)) as caught:
        look(services, PROJECT, ID)
    assert caught.value is error
    assert aura.sent("instances.list") == []


@pytest.mark.parametrize("readings", [0, 1])
def test_an_instance_of_another_project_is_refused(aura, services, readings):
    """Other credentials, another stack: nothing may be concluded or done."""
    aura.script("instances.get", *[gone()] * readings, live(project_id="project-2"))
    aura.script("instances.list", *[()] * readings)

    with pytest.raises(
        Refused, match=f"belongs to project project-2, and the state says {PROJECT}"
    ):
        look(services, PROJECT, ID)


@pytest.mark.parametrize(("expected", "seen"), [("", "project-2"), (PROJECT, "")])
def test_a_project_that_one_side_does_not_know_is_no_difference(aura, services, expected, seen):
    """An adopted instance may have no project in the state; an answer may leave it out."""
    found = live(project_id=seen)
    aura.script("instances.get", found)
    assert look(services, expected, ID) is found


GETS = st.sampled_from([live(), gone(), NotFound("odd", status=404), Unavailable("503")])
LISTS = st.sampled_from([(), (OTHER,), (ROW,), Unavailable("503"), Forbidden("403")])


@given(st.lists(GETS, min_size=2, max_size=2), st.lists(LISTS, min_size=2, max_size=2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_absent_is_never_said_on_less(tmp_path, gets, lists):
    """All combinations: absent only on two 404s of Aura's and two lists that lack it."""
    aura = FakeAura(FakeClock())
    aura.script("instances.get", *gets)
    aura.script("instances.list", *lists)
    services = make_services(aura, tmp_path, aura.clock)
    proof = all(isinstance(get, NotFound) and get.reason for get in gets)
    proof = proof and all(rows in ((), (OTHER,)) for rows in lists)
    try:
        seen = look(services, PROJECT, ID)
    except AuraError:
        assert not proof
    else:
        assert isinstance(seen, Absent) == proof
