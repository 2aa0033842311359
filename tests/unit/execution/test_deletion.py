import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    Forbidden,
    LostAnswer,
    NotFound,
    Refused,
    Rejected,
    TimedOut,
    Transient,
    Unavailable,
)
from pulumi_neo4j_aura.execution.deletion import KIND, Request, delete
from pulumi_neo4j_aura.settings import Polling
from support.clock import FakeClock
from support.fakes import PROJECT, USUAL, FakeAura, Then, busy, gone, make_services

ID = "ab12cd34"
OWNER = "0123abcd"
REQUEST = Request(PROJECT, ID, OWNER)
ROW = InstanceSummary(ID, "orders", PROJECT)


def unfinished(services):
    return services.journal.unfinished(KIND, OWNER, {})


READING = ["instances.get", "instances.list", "projects.get"]


def test_an_instance_is_deleted_and_seen_gone(aura, services):
    """One DELETE, and only two agreeing readings end the wait; the journal is closed."""
    aura.add()
    delete(services, REQUEST)

    assert aura.alive == []
    assert len(aura.sent("instances.delete")) == 1
    assert [call.name for call in aura.calls][-6:] == READING * 2
    assert unfinished(services) == ()


def test_an_instance_that_is_certainly_gone_is_fine(aura, services):
    """Nothing is sent and nothing is written."""
    delete(services, REQUEST)

    assert aura.sent("instances.delete") == []
    assert not services.journal.root.exists()


def test_the_intent_is_on_disk_before_the_delete_is_sent(aura, services):
    """After a crash somebody can see what was about to happen."""
    aura.add()
    seen = []
    aura.before = lambda call: seen.append((call.name, [e.facts for e in unfinished(services)]))
    delete(services, REQUEST)

    facts = {"api_url": aura.api_url, "instance_id": ID}
    assert dict(seen[:2]) == {"instances.get": [], "instances.delete": [facts]}


def test_without_a_journal_nothing_is_deleted(aura, services):
    """A file in its place stops the deletion before the call."""
    aura.add()
    services.journal.root.write_text("a file, not a folder")

    with pytest.raises(Refused):
        delete(services, REQUEST)
    assert aura.sent("instances.delete") == []


def test_an_instance_that_is_on_its_way_out_is_only_waited_for(aura, services):
    """Another run, or somebody in the Console, deleted it already."""
    aura.add()
    aura.begin(ID, "destroying", None)
    delete(services, REQUEST)

    assert aura.sent("instances.delete") == []
    assert aura.alive == []


def test_a_busy_instance_is_waited_for(aura, services):
    """Busy says that it was not done: asking again is safe."""
    aura.add()
    aura.begin(ID, "resizing", {"status": "running"})
    delete(services, REQUEST)

    assert aura.alive == []
    assert len(aura.sent("instances.delete")) > 1
    assert any("busy" in line for line in aura.reported)


def test_a_lost_answer_is_settled_by_looking(aura, services):
    """The DELETE took effect: it is seen gone and not sent again."""
    aura.add()
    aura.script("instances.delete", Then(LostAnswer("no answer")))
    delete(services, REQUEST)

    assert len(aura.sent("instances.delete")) == 1
    assert aura.alive == []


def test_a_delete_that_finds_nothing_is_settled_by_looking(aura, services):
    """Somebody else was faster; its 404 alone proves nothing."""
    aura.add()
    aura.script("instances.delete", Then(gone()))
    delete(services, REQUEST)

    assert len(aura.sent("instances.delete")) == 1
    assert aura.alive == []


def test_a_lost_answer_without_effect_is_no_success(aura, services):
    """It is still there when patience ends; the entry stays, and the next run asks again."""
    aura.add()
    aura.script("instances.delete", LostAnswer("no answer"))

    with pytest.raises(TimedOut, match="last seen: running"):
        delete(services, REQUEST)
    assert len(unfinished(services)) == 1
    delete(services, REQUEST)
    assert len(aura.sent("instances.delete")) == 2
    assert aura.alive == []


@pytest.mark.parametrize(
    ("get", "rows"),
    [
        (NotFound("404 page not found", status=404), ()),
        (gone(), (ROW,)),
        (gone(), Unavailable("503")),
        (gone(), Forbidden("403")),
        (Unavailable("503"), ()),
    ],
)
def test_nothing_is_deleted_while_it_is_unknown_what_is_there(aura, services, get, rows):
    """A 404 from something in between, a list that still has it, a list that fails."""
    aura.add()
    aura.script("instances.get", get)
    aura.script("instances.list", rows)

    with pytest.raises(Transient):
        delete(services, REQUEST)
    assert aura.sent("instances.delete") == []
    assert unfinished(services) == ()


@pytest.mark.parametrize(
    ("get", "rows"),
    [
        (NotFound("404 page not found", status=404), ()),
        (gone(), (ROW,)),
        (gone(), Forbidden("403")),
        (Unavailable("503"), ()),
    ],
)
def test_what_is_unknown_during_the_wait_is_looked_at_again(aura, services, get, rows):
    """It is neither the end nor an error, and the DELETE is not repeated."""
    aura.add()
    aura.script("instances.get", USUAL, *[get] * 3)
    aura.script("instances.list", *[rows] * 3)
    delete(services, REQUEST)

    assert len(aura.sent("instances.delete")) == 1
    assert any("unknown (" in line for line in aura.reported)


def test_what_stays_unknown_ends_with_patience_and_not_with_gone(aura, services):
    """The message says what was seen last; the entry stays for the next run."""
    aura.add()
    aura.script("instances.get", USUAL, *[gone()] * 100)
    aura.script("instances.list", *[(ROW,)] * 100)

    with pytest.raises(TimedOut) as caught:
        delete(services, Request(PROJECT, ID, OWNER, patience_seconds=120))
    assert "is not known to be gone after 2 min" in caught.value.message
    assert "list still has it" in caught.value.message
    assert len(unfinished(services)) == 1


def test_patience_ends_a_slow_deletion_and_the_next_run_goes_on_waiting(aura, services):
    """Time-out and success are different things; a second DELETE is not needed."""
    aura.add()
    aura.busy_seconds = 300

    with pytest.raises(TimedOut, match="last seen: destroying"):
        delete(services, Request(PROJECT, ID, OWNER, patience_seconds=60))
    delete(services, REQUEST)
    assert len(aura.sent("instances.delete")) == 1
    assert aura.alive == []


def test_an_instance_that_stays_busy_is_not_deleted(aura, services):
    """Patience covers that as well."""
    aura.add()
    aura.script("instances.delete", *[busy()] * 200)

    with pytest.raises(TimedOut, match=r"deletion of orders \(ab12cd34\)"):
        delete(services, Request(PROJECT, ID, OWNER, patience_seconds=60))
    assert len(aura.alive) == 1


@pytest.mark.parametrize("error", [Rejected("420"), Forbidden("403"), BadCredentials("401")])
def test_a_refusal_of_aura_is_raised_as_it_is(aura, services, error):
    """There is nothing to wait for."""
    aura.add()
    aura.script("instances.delete", error)

    with pytest.raises(type(error)) as caught:
        delete(services, REQUEST)
    assert caught.value is error
    assert len(aura.sent("instances.delete")) == 1
    assert unfinished(services) == ()


def test_an_instance_of_another_project_is_never_deleted(aura, services):
    """The state says one project, Aura another."""
    aura.add(project_id="project-2")

    with pytest.raises(Refused):
        delete(services, REQUEST)
    assert aura.sent("instances.delete") == []


def test_a_gap_of_nothing_does_not_spin(aura, tmp_path, clock):
    """It would use up the minute's calls of everybody else."""
    services = make_services(aura, tmp_path, clock, polling=Polling(0.0, 0.0), gone_seconds=0.0)
    aura.add()
    aura.busy_seconds = 1
    aura.before = lambda _call: clock.sleep(0.001)
    delete(services, REQUEST)
    assert len(aura.calls) < 30


def test_the_gap_grows_with_the_wait(aura, tmp_path, clock):
    """A slow deletion is not asked about every three seconds to its end."""
    services = make_services(aura, tmp_path, clock, gone_seconds=0.0)
    aura.add()
    aura.busy_seconds = 200
    delete(services, REQUEST)
    gaps = [seconds for seconds in clock.sleeps if seconds]

    assert gaps[0] == 3
    assert gaps == sorted(gaps)
    assert gaps[-1] == pytest.approx(0.1 * sum(gaps[:-1]))


LOOKS = st.sampled_from([USUAL, USUAL, gone(), NotFound("odd", status=404), Unavailable("503")])
LISTS = st.sampled_from([USUAL, (), (ROW,), Unavailable("503"), Forbidden("403")])
DELETES = st.sampled_from(
    [USUAL, Then(LostAnswer("lost")), LostAnswer("lost"), busy(), gone(), Then(gone()),
     Rejected("420")]
)  # fmt: skip


@given(st.lists(LOOKS, max_size=8), st.lists(LISTS, max_size=8), st.lists(DELETES, max_size=3))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_delete_follows_only_a_sight_of_the_instance(tmp_path, looks, lists, deletes):
    """Whatever Aura does: never a DELETE after an unknown, never a success without proof."""
    aura = FakeAura(FakeClock())
    aura.add()
    aura.script("instances.get", *looks)
    aura.script("instances.list", *lists)
    aura.script("instances.delete", *deletes)
    services = make_services(aura, tmp_path, aura.clock)
    try:
        delete(services, Request(PROJECT, ID, OWNER, patience_seconds=600))
    except AuraError:
        succeeded = False
    else:
        succeeded = True
    names = [call.name for call in aura.calls]
    sights = [item is USUAL for item in (*looks, USUAL)]

    if "instances.delete" in names:
        first = names.index("instances.delete")
        readings = names[:first].count("instances.get")
        assert sights[readings - 1]
        assert names.count("instances.delete") <= 1 + sum(
            isinstance(item, AuraError) and item.reason == busy().reason for item in deletes
        )
    if succeeded:
        assert [name for name in names if name != "instances.delete"][-6:] == READING * 2
