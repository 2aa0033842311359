"""A create whose answer never came: it is looked for, and never sent again in the same run."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.errors import (
    AuraError,
    Forbidden,
    LostAnswer,
    Refused,
    Transient,
    Unavailable,
)
from pulumi_neo4j_aura.execution.creation import create
from support.clock import FakeClock
from support.fakes import USUAL, FakeAura, Killed, Then, make_services
from unit.execution.requests import PENDING, creates, deletes, request, unfinished

LOST = LostAnswer("no answer", status=504, reason="gateway", request_id="req/1")


@pytest.mark.parametrize("lag", [0, 5, 29])
def test_what_a_lost_create_made_is_found_and_refused(aura, services, lag):
    """As soon as the list shows it; its password is lost, so a person has to decide."""
    aura.list_lag = lag
    aura.script("instances.create", Then(LOST))

    with pytest.raises(Refused, match=PENDING) as caught:
        create(services, request())
    assert caught.value.__cause__ is LOST
    assert (creates(aura), len(aura.alive)) == (1, 1)


def test_a_lost_create_that_made_nothing_is_not_sent_again(aura, services, clock):
    """It is looked for as long as the setting says, and the error says where to find the call."""
    aura.script("instances.create", LOST)

    with pytest.raises(Transient) as caught:
        create(services, request())
    assert creates(aura) == 1
    assert sum(clock.sleeps) >= services.settings.look_seconds
    assert f"no instance named {PENDING!r} appeared there within 30 s" in caught.value.message
    assert "It was not sent again" in caught.value.message
    assert caught.value.way_out == "Run again: the next run looks for it first."
    error = caught.value
    assert (error.status, error.reason, error.request_id) == (504, "gateway", "req/1")
    assert len(unfinished(services)) == 1


def test_looking_goes_on_while_the_list_fails(aura, services):
    """An outage that swallowed the answer swallows lists as well."""
    aura.list_lag = 10
    aura.script("instances.create", Then(LOST))
    aura.script("instances.list", USUAL, *[Unavailable("503")] * 4)

    with pytest.raises(Refused, match=PENDING):
        create(services, request())
    assert creates(aura) == 1


@pytest.mark.parametrize("error", [Unavailable("503 of the list"), Forbidden("403 of the list")])
def test_a_list_that_never_works_leaves_the_lost_create_unknown(aura, services, error):
    """The error is about the create, not about the list, and does not say that nothing changed."""
    aura.script("instances.create", Then(LOST))
    aura.script("instances.list", USUAL, *[error] * 100)

    with pytest.raises(Transient) as caught:
        create(services, request())
    assert "did not answer the create of 'orders'" in caught.value.message
    assert "whether it exists is unknown" in caught.value.message
    assert "of the list" in caught.value.message
    assert caught.value.request_id == "req/1"
    assert (creates(aura), len(unfinished(services))) == (1, 1)


def test_the_next_run_looks_and_then_sends_it_again(aura, tmp_path, clock):
    """Proof that the first had no effect: it did not show in all the time it could take."""
    aura.script("instances.create", LOST)
    with pytest.raises(Transient):
        create(make_services(aura, tmp_path, clock), request())
    looked = len(aura.sent("instances.list"))
    services = make_services(aura, tmp_path, clock)
    made = create(services, request())

    assert (creates(aura), len(aura.alive)) == (2, 1)
    assert len(aura.sent("instances.list")) > looked + 1
    assert [(entry.answer or {}).get("id") for entry in unfinished(services)] == [made.id]


@pytest.mark.parametrize("lag", [0, 5, 29])
def test_a_run_right_after_a_kill_waits_until_the_lost_instance_must_show(
    aura, tmp_path, clock, lag
):
    """People interrupt a run and start the next one at once, while lists still lag behind."""
    aura.list_lag = lag
    aura.script("instances.create", Then(Killed()))
    with pytest.raises(Killed):
        create(make_services(aura, tmp_path, clock), request())

    with pytest.raises(Refused, match=PENDING):
        create(make_services(aura, tmp_path, clock), request())
    assert (creates(aura), len(aura.alive)) == (1, 1)


def test_a_try_that_was_killed_before_it_was_sent_is_looked_for_once(aura, tmp_path, clock):
    """Then its entry is closed, and no later create waits for it again."""

    def kill(call):
        if call.name == "instances.create":
            raise Killed

    aura.before = kill
    with pytest.raises(Killed):
        create(make_services(aura, tmp_path, clock), request())
    aura.before = lambda _call: None
    services = make_services(aura, tmp_path, clock)
    create(services, request())

    assert (creates(aura), len(aura.alive)) == (1, 1)
    assert all(entry.answer for entry in unfinished(services))
    assert any("got no answer; looking for its instance for 30 s" in line for line in aura.reported)


def test_looking_before_a_create_must_work(aura, tmp_path, clock):
    """A list that fails to the end is no proof: nothing is sent, the entry stays."""
    aura.script("instances.create", LOST)
    with pytest.raises(Transient):
        create(make_services(aura, tmp_path, clock), request())
    aura.script("instances.list", *[Unavailable("503")] * 100)
    services = make_services(aura, tmp_path, clock)

    with pytest.raises(Unavailable):
        create(services, request())
    assert (creates(aura), len(unfinished(services))) == (1, 1)


# --- whatever happens -----------------------------------------------------------------------------

ANSWERS = st.sampled_from(
    [USUAL, LOST, Then(LOST), Then(Killed()), Killed(), Unavailable("never reached")]
)
GETS = st.sampled_from([USUAL, USUAL, Unavailable("503"), Killed()])
LISTS = st.sampled_from([USUAL, USUAL, USUAL, Unavailable("503"), Killed()])
ORPHAN = st.sampled_from(["refuse", "replace"])


WORLDS = st.fixed_dictionaries(
    {
        "instances.create": st.lists(ANSWERS, max_size=4),
        "instances.get": st.lists(GETS, max_size=6),
        "instances.list": st.lists(LISTS, max_size=10),
    }
)
RUNS = st.lists(st.tuples(ORPHAN, st.integers(0, 120)), min_size=1, max_size=5)


@given(WORLDS, st.integers(0, 29), RUNS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_there_are_never_two_instances(tmp_path_factory, world, lag, runs):
    """Lost answers, kills at any call, outages, reads that lag: one resource, one bill.

    However many runs it takes, at most one instance is alive at any time, and a run that returns
    one returns the living one with its password.
    """
    aura = FakeAura(FakeClock())
    aura.list_lag = aura.get_lag = lag
    for name, items in world.items():
        aura.script(name, *items)
    most: list[int] = []
    aura.before = lambda _call: most.append(len(aura.rows))
    home = tmp_path_factory.mktemp("machine")
    for on_orphan, pause in runs:
        services = make_services(aura, home, aura.clock)
        sent = creates(aura)
        try:
            made = create(services, request(on_orphan=on_orphan))
        except (AuraError, Killed):
            pass
        else:
            assert [each.id for each in aura.alive] == [made.id]
            assert made.password == f"password-of-{made.id}"
        assert creates(aura) <= sent + 1
        assert len(aura.alive) <= 1
        aura.clock.sleep(pause)

    assert max(most) <= 1
    assert deletes(aura) == 0 or any(on_orphan == "replace" for on_orphan, _ in runs)
