from dataclasses import replace

import pytest

from pulumi_neo4j_aura.aura.waiting import START_PATIENCE
from pulumi_neo4j_aura.domain.instance import InstanceChanges
from pulumi_neo4j_aura.errors import (
    LostAnswer,
    NotFound,
    OperationFailed,
    Rejected,
    TimedOut,
    Unavailable,
)
from pulumi_neo4j_aura.execution.convergence import converge
from support.fakes import USUAL, Then, busy, gone

ID = "ab12cd34"

#: Calls that change something; the rest are looks.
CHANGING = {"update", "pause", "resume", "upgrade", "delete", "create", "overwrite"}


def sent(aura):
    """What was asked of Aura, without the looks."""
    calls = [(call.name.removeprefix("instances."), *call.arguments[1:]) for call in aura.calls]
    return [call for call in calls if call[0] in CHANGING]


def bring(services, patience=1800.0, **wanted):
    return converge(services, ID, wanted, services.waiter(patience))


def test_an_instance_that_is_as_wanted_costs_one_look(aura, services):
    """An unchanged world is left alone."""
    seen = aura.add()

    assert bring(services, name="orders", memory="4GB", paused=False) == seen
    assert [call.name for call in aura.calls] == ["instances.get"]


def test_a_busy_instance_is_waited_for_first(aura, services):
    """Also when there is nothing to do then."""
    aura.add()
    aura.begin(ID, "creating", {"status": "running"})

    assert bring(services, name="orders").status == "running"
    assert sent(aura) == []


@pytest.mark.parametrize(
    ("fields", "wanted", "call"),
    [
        ({}, {"paused": True}, ("pause",)),
        ({"status": "paused"}, {"paused": False}, ("resume",)),
        ({}, {"type": "business-critical"}, ("upgrade", None, None)),
        ({}, {"memory": "8GB", "storage": "16GB"},
         ("update", InstanceChanges(memory="8GB", storage="16GB"))),
        ({}, {"secondaries_count": 2}, ("update", InstanceChanges(secondaries_count=2))),
        ({}, {"cdc_enrichment_mode": "FULL"},
         ("update", InstanceChanges(cdc_enrichment_mode="FULL"))),
        ({}, {"name": "new"}, ("update", InstanceChanges(name="new"))),
    ],
)  # fmt: skip
def test_each_step_is_sent_once_and_waited_for(services, fields, wanted, call):
    """What is returned has what was wanted, as Aura shows it."""
    aura = services.client
    aura.add(**fields)
    live = bring(services, **wanted)

    assert sent(aura) == [call]
    assert live.status == ("paused" if wanted.get("paused") else "running")
    for key in wanted.keys() - {"paused"}:
        assert getattr(live, key) == wanted[key]


def test_an_upgrade_takes_both_sizes_or_neither(aura, services):
    """With one declared size it is a resize afterwards."""
    aura.add()
    bring(services, type="business-critical", memory="8GB", storage="16GB")
    assert aura.sent("instances.upgrade")[0].arguments == (ID, "8GB", "16GB")

    aura.add()
    aura.calls.clear()
    bring(services, type="business-critical", memory="8GB")
    assert sent(aura) == [("upgrade", None, None), ("update", InstanceChanges(memory="8GB"))]


def test_several_steps_are_taken_one_after_the_other(aura, services):
    """Aura takes one operation at a time; each one starts when the last one has ended."""
    aura.add(status="paused")
    seen = []

    def look(call):
        if call.name.removeprefix("instances.") in CHANGING:
            seen.append((call.name, aura.alive[0].status))

    aura.before = look
    live = bring(services, paused=False, memory="8GB", secondaries_count=1, name="new")

    assert seen == [("instances.resume", "paused"), *[("instances.update", "running")] * 3]
    assert (live.name, live.memory, live.secondaries_count) == ("new", "8GB", 1)
    assert len(aura.reported) > 3


def test_a_rename_is_finished_by_its_answer(aura, services, clock):
    """The instance stays available: there is nothing to wait for."""
    aura.add()
    live = bring(services, name="new")

    assert live.name == "new"
    assert [call.name for call in aura.calls] == ["instances.get", "instances.update"]
    assert clock.sleeps == []


def test_a_rename_that_is_not_in_the_answer_is_waited_for(aura, services):
    """Some answers show the instance as it was; the next look decides."""
    old = aura.add()

    def late():
        aura.rows[ID].seen = replace(old, name="new")
        return old

    aura.script("instances.update", late)
    assert bring(services, name="new").name == "new"
    assert len(sent(aura)) == 1


def test_a_rename_waits_while_the_instance_is_busy(aura, services):
    """A snapshot may be under way; busy says that it was not done."""
    aura.add()
    aura.script("instances.update", busy(), busy())
    assert bring(services, name="new").name == "new"
    assert len(sent(aura)) == 3


def test_a_resize_is_not_over_before_it_was_seen_to_begin(aura, services, clock):
    """Reads may lag: "running" as before proves nothing."""
    before = aura.add()
    aura.script("instances.update", lambda: replace(before))
    aura.script("instances.get", USUAL, *[replace(before)] * 3)

    def begin(call):
        if call.name == "instances.get" and clock.passed > 5 and aura.rows[ID].ends_at is None:
            aura.before = lambda _call: None
            aura.begin(ID, "updating", {"status": "running", "memory": "8GB"})

    aura.before = begin
    assert bring(services, memory="8GB").memory == "8GB"
    assert clock.passed >= 60
    assert len(sent(aura)) == 1


def test_a_resize_that_is_over_before_anybody_looked_is_seen_by_its_size(aura, services, clock):
    """The new memory proves it, without a busy status."""
    before = aura.add()

    def quick():
        aura.rows[ID].seen = replace(before, memory="8GB")
        return before

    aura.script("instances.update", quick)
    assert bring(services, memory="8GB").memory == "8GB"
    assert clock.passed < 10


def test_a_pause_that_is_over_before_anybody_looked_is_seen_by_its_status(aura, services, clock):
    """It runs no more: that state is provably new."""
    before = aura.add()

    def quick():
        aura.rows[ID].seen = replace(before, status="paused")
        return before

    aura.script("instances.pause", quick)
    assert bring(services, paused=True).status == "paused"
    assert clock.passed < 10


def test_an_operation_that_is_never_seen_is_not_called_done(aura, services, clock):
    """Nor is it sent again: nobody knows whether it ran."""
    before = aura.add()
    aura.script("instances.update", before)

    with pytest.raises(TimedOut, match="never seen under way"):
        bring(services, memory="8GB")
    assert clock.passed >= START_PATIENCE
    assert len(sent(aura)) == 1


def test_the_same_step_is_never_taken_twice(aura, services):
    """Aura calls it done and it is not: that is a failure, not a reason for another bill."""
    aura.add()
    aura.script("instances.update", lambda: aura.begin(ID, "updating", {"status": "running"}))

    with pytest.raises(OperationFailed) as caught:
        bring(services, memory="8GB")
    assert f"orders ({ID}) done, and it is not as asked" in caught.value.message
    assert "8GB" in caught.value.message
    assert len(sent(aura)) == 1


def test_a_rename_without_effect_is_a_failure(aura, services):
    """The instance has the old name after all."""
    old = aura.add()
    aura.script("instances.update", old)

    with pytest.raises(OperationFailed, match="not as asked"):
        bring(services, name="new")
    assert len(sent(aura)) == 1


def test_what_cannot_be_reached_is_refused_by_reason(aura, services):
    """Nothing is sent; the way out is a declaration or a replacement."""
    aura.add(type="business-critical")

    with pytest.raises(Rejected, match="cannot turn a business-critical instance") as caught:
        bring(services, type="professional-db", memory="8GB")
    assert f"Instance orders ({ID}) cannot become what is declared" in caught.value.message
    assert "replace the instance on purpose" in caught.value.way_out
    assert sent(aura) == []


def test_a_failed_end_is_an_error(aura, services):
    """And nothing more is sent to a broken instance."""
    aura.add()
    aura.script("instances.pause", lambda: aura.begin(ID, "pausing", {"status": "suspended"}))

    with pytest.raises(OperationFailed, match="suspended"):
        bring(services, paused=True)
    assert len(sent(aura)) == 1


@pytest.mark.parametrize("state", ["loading failed", "suspended", "destroying"])
def test_a_broken_or_leaving_instance_is_not_touched(aura, services, state):
    """Waiting longer cannot help."""
    aura.add(status=state)

    with pytest.raises(OperationFailed):
        bring(services, memory="8GB")
    assert sent(aura) == []


def test_patience_ends_a_wait_and_the_next_run_goes_on(aura, services):
    """What was begun is not asked for again."""
    aura.add()
    aura.busy_seconds = 300
    with pytest.raises(TimedOut):
        bring(services, patience=60, memory="8GB")

    assert bring(services, memory="8GB").memory == "8GB"
    assert len(sent(aura)) == 1


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("update", "memory", "8GB"),
        ("pause", "paused", True),
        ("upgrade", "type", "business-critical"),
    ],
)
def test_a_lost_answer_is_raised_and_the_next_run_looks(services, name, key, value):
    """It had its effect: the next run sees that and sends nothing."""
    aura = services.client
    aura.add()
    aura.script(f"instances.{name}", Then(LostAnswer("no answer")))

    with pytest.raises(LostAnswer):
        bring(services, **{key: value})
    bring(services, **{key: value})
    assert len(sent(aura)) == 1


def test_looks_that_fail_are_endured(aura, services):
    """An outage in the middle of a wait is not the end of it."""
    aura.add()
    aura.script("instances.get", USUAL, Unavailable("503"), gone(), Unavailable("503"))
    assert bring(services, memory="8GB").memory == "8GB"


def test_an_instance_that_aura_does_not_know_ends_the_wait(services):
    """After the time in which a new one may still be missing."""
    with pytest.raises(NotFound):
        bring(services, memory="8GB")
    assert services.clock.passed >= 60
