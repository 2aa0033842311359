from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.errors import (
    LostAnswer,
    NotFound,
    OperationFailed,
    Refused,
    Rejected,
    TimedOut,
    Transient,
    Unavailable,
)
from pulumi_neo4j_aura.execution.snapshots import KIND, Request, take
from support.fakes import Killed, Then, busy, make_services

ID = "ab12cd34"
OWNER = "0123abcd"
REQUEST = Request(ID, OWNER)
LOST = LostAnswer("no answer", status=504, request_id="req/1")


def unfinished(services):
    return services.journal.unfinished(KIND, OWNER, {})


def takes(aura):
    return len(aura.sent("snapshots.take"))


def test_a_snapshot_is_taken_once_and_waited_for(aura, services, clock):
    """What is returned is a whole copy, as Aura last showed it."""
    began = clock.now()
    assert take(services, REQUEST) == Snapshot(
        "snapshot-1", ID, "Completed", "AdHoc", began, exportable=True
    )
    assert (takes(aura), unfinished(services)) == (1, ())


def test_the_intent_and_then_the_answer_are_on_disk_before_anything_else(aura, services):
    """Before the call, and before the first look."""
    seen = []
    aura.before = lambda call: seen.append((call.name, [e.answer for e in unfinished(services)]))
    take(services, REQUEST)

    assert seen[:2] == [
        ("snapshots.take", [None]),
        ("snapshots.get", [{"snapshot_id": "snapshot-1"}]),
    ]


def test_without_a_journal_no_snapshot_is_taken(aura, services):
    """A lost answer could not be found again."""
    services.journal.root.write_text("a file, not a folder")

    with pytest.raises(Refused):
        take(services, REQUEST)
    assert takes(aura) == 0


def test_a_snapshot_under_way_is_waited_for(aura, services):
    """Aura takes one at a time; busy says that ours was not begun."""
    aura.script("snapshots.take", busy("snapshot-not-allowed"), busy())
    take(services, REQUEST)
    assert (takes(aura), len(aura.taken)) == (3, 1)


@pytest.mark.parametrize("error", [Rejected("402"), NotFound("404"), Unavailable("never reached")])
def test_a_snapshot_that_was_not_begun_closes_its_entry(aura, services, error):
    """The next run has nothing to look for."""
    aura.script("snapshots.take", error)

    with pytest.raises(type(error)):
        take(services, REQUEST)
    assert unfinished(services) == ()


def test_an_instance_that_stays_busy_ends_with_patience(aura, services):
    """Nothing was begun, and nothing is left behind."""
    aura.script("snapshots.take", *[busy()] * 100)

    with pytest.raises(TimedOut, match=f"snapshot of instance {ID}"):
        take(services, Request(ID, OWNER, patience_seconds=60))
    assert (len(aura.taken), unfinished(services)) == (0, ())


def test_killed_with_the_answer_the_next_run_waits_for_the_same_one(aura, tmp_path, clock):
    """It is not taken twice."""
    aura.script("snapshots.get", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    services = make_services(aura, tmp_path, clock)

    assert take(services, REQUEST).id == "snapshot-1"
    assert (takes(aura), unfinished(services)) == (1, ())
    assert "taking up snapshot snapshot-1, begun by an earlier run" in aura.reported


@pytest.mark.parametrize("hours", [0, 5, 20])
def test_killed_without_the_answer_the_next_run_finds_it_in_the_list(aura, tmp_path, clock, hours):
    """An on-demand snapshot that is not older than the intent; also after midnight."""
    aura.script("snapshots.take", Then(Killed()))
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    clock.sleep(hours * 3600)
    services = make_services(aura, tmp_path, clock)

    assert take(services, REQUEST).id == "snapshot-1"
    assert (takes(aura), unfinished(services)) == (1, ())


def test_killed_before_the_call_the_next_run_takes_one(aura, tmp_path, clock):
    """No effect was found: the old entry is closed."""
    aura.script("snapshots.take", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    services = make_services(aura, tmp_path, clock)
    take(services, REQUEST)

    assert (len(aura.taken), unfinished(services)) == (1, ())


@pytest.mark.parametrize(
    "fields",
    [
        {"profile": "Scheduled"},
        {"status": "Failed"},
        {"status": "Cancelled"},
        {"timestamp": None},
        {"timestamp_before": timedelta(minutes=2, seconds=1)},
        {"instance_id": "ffffffff"},
    ],
)
def test_a_snapshot_that_cannot_be_ours_is_not_taken_up(aura, tmp_path, clock, fields):
    """Scheduled, dead, older than the intent beyond the clocks' difference, or another's."""
    aura.script("snapshots.take", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    before = fields.pop("timestamp_before", timedelta())
    aura.add_snapshot(**({"id": "other", "timestamp": clock.now() - before} | fields))

    assert take(make_services(aura, tmp_path, clock), REQUEST).id != "other"
    assert len(aura.sent("snapshots.take")) == 2


def test_clocks_may_differ_by_two_minutes(aura, tmp_path, clock):
    """Aura's timestamp may lie a little before our intent."""
    aura.script("snapshots.take", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    aura.add_snapshot(id="ours", timestamp=clock.now() - timedelta(minutes=2))

    assert take(make_services(aura, tmp_path, clock), REQUEST).id == "ours"


@pytest.mark.parametrize("ends_as", ["Failed", "Cancelled"])
def test_a_failed_snapshot_is_an_error_and_the_next_run_takes_another(aura, services, ends_as):
    """A failed one is never a copy; its entry is closed."""
    aura.ends_as = ends_as
    with pytest.raises(OperationFailed, match=ends_as):
        take(services, REQUEST)
    assert unfinished(services) == ()

    aura.ends_as = "Completed"
    assert take(services, REQUEST).id == "snapshot-2"
    assert takes(aura) == 2


def test_one_that_failed_while_nobody_looked_is_not_taken_up(aura, tmp_path, clock):
    """Killed in the wait, failed meanwhile: the next run takes another."""
    aura.ends_as = "Failed"
    aura.script("snapshots.get", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    clock.sleep(3600)
    aura.ends_as = "Completed"
    services = make_services(aura, tmp_path, clock)

    assert take(services, REQUEST).id == "snapshot-2"
    assert unfinished(services) == ()


def test_one_that_aura_does_not_know_any_more_is_not_taken_up(aura, tmp_path, clock):
    """Expired, or removed with its retention."""
    aura.script("snapshots.get", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    clock.sleep(3600)
    aura.taken["snapshot-0"] = aura.taken.pop("snapshot-1")

    assert take(make_services(aura, tmp_path, clock), REQUEST).id == "snapshot-2"


def test_a_time_out_keeps_the_entry_and_the_next_run_goes_on_waiting(aura, tmp_path, clock):
    """Time-out and failure are different things."""
    aura.busy_seconds = 300
    with pytest.raises(TimedOut):
        take(make_services(aura, tmp_path, clock), Request(ID, OWNER, patience_seconds=60))
    services = make_services(aura, tmp_path, clock)
    assert len(unfinished(services)) == 1

    assert take(services, REQUEST).id == "snapshot-1"
    assert (takes(aura), unfinished(services)) == (1, ())


def test_a_lost_answer_is_looked_for_in_the_same_run(aura, services):
    """Found, it is journalled before it is waited for."""
    aura.script("snapshots.take", Then(LOST))
    seen = []
    aura.before = lambda call: seen.append((call.name, [e.answer for e in unfinished(services)]))

    assert take(services, REQUEST).id == "snapshot-1"
    assert dict(reversed(seen))["snapshots.get"] == [{"snapshot_id": "snapshot-1"}]
    assert (takes(aura), unfinished(services)) == (1, ())


def test_a_lost_answer_without_a_trace_is_not_asked_for_again(aura, tmp_path, clock):
    """The next run looks first, and then takes one."""
    aura.script("snapshots.take", LOST)
    services = make_services(aura, tmp_path, clock)

    with pytest.raises(Transient, match="It was not asked for again") as caught:
        take(services, REQUEST)
    assert caught.value.__cause__ is LOST
    assert (caught.value.status, caught.value.request_id) == (504, "req/1")
    assert (takes(aura), len(unfinished(services))) == (1, 1)

    take(make_services(aura, tmp_path, clock), REQUEST)
    assert (takes(aura), len(aura.taken), unfinished(services)) == (2, 1, ())


@pytest.mark.parametrize("name", ["snapshots.get", "snapshots.list"])
def test_what_an_earlier_run_did_must_be_known_before_another_is_taken(aura, tmp_path, clock, name):
    """An unknown stops the run, and the entry stays for the next one."""
    answered = name == "snapshots.get"
    aura.script(*((name, Killed()) if answered else ("snapshots.take", Then(Killed()))))
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    aura.script(name, Unavailable("503"))
    services = make_services(aura, tmp_path, clock)

    with pytest.raises(Unavailable):
        take(services, REQUEST)
    assert (takes(aura), len(unfinished(services))) == (1, 1)


def test_an_entry_of_another_instance_or_api_is_another_story(aura, tmp_path, clock):
    """Both get a snapshot of their own."""
    aura.script("snapshots.get", Killed())
    with pytest.raises(Killed):
        take(make_services(aura, tmp_path, clock), REQUEST)
    clock.sleep(3600)

    assert take(make_services(aura, tmp_path, clock), Request("ffffffff", OWNER)).id == "snapshot-2"
    aura.api_url = "https://elsewhere.test"
    assert take(make_services(aura, tmp_path, clock), REQUEST).id == "snapshot-3"
