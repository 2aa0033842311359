"""An instance that an earlier try left under its pending name, and nobody knows its password."""

from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain import naming
from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.errors import LostAnswer, Refused, Rejected, TimedOut, Transient, Unavailable
from pulumi_neo4j_aura.execution.creation import create
from support.fakes import USUAL, Killed, Then, gone, make_services
from unit.execution.requests import (
    NEW,
    OTHER,
    OWNER,
    PENDING,
    creates,
    deletes,
    request,
    unfinished,
)

REPLACE = {"on_orphan": "replace"}


def orphan(aura, instance_id="aaaaaaaa", **fields):
    return aura.add(id=instance_id, name=PENDING, **fields)


def test_an_orphan_is_refused_with_its_id_its_age_and_both_ways_out(aura, services, clock):
    """It may belong to an `up` on another machine: neither taken over, nor deleted, nor doubled."""
    orphan(aura, created_at=clock.now() - timedelta(hours=2, minutes=5))

    with pytest.raises(Refused) as caught:
        create(services, request())
    assert f"aaaaaaaa ({PENDING}, 2 h 5 min old)" in caught.value.message
    assert "neither taken over nor deleted, and no second one was created" in caught.value.message
    assert 'on_orphan="replace"' in caught.value.way_out
    assert "adopt_instance_id" in caught.value.way_out
    assert "password_override" in caught.value.way_out
    assert (creates(aura), deletes(aura)) == (0, 0)
    assert not services.journal.root.exists()


def test_every_orphan_is_named(aura, services, clock):
    """Also one whose age is not known, and one from a clock that is ahead."""
    orphan(aura, "aaaaaaaa")
    orphan(aura, "bbbbbbbb", created_at=clock.now() + timedelta(minutes=1))

    with pytest.raises(Refused) as caught:
        create(services, request())
    assert f"aaaaaaaa ({PENDING}, age unknown); bbbbbbbb ({PENDING}, 0 s old)" in str(caught.value)


def test_an_orphan_is_known_by_its_owner_whatever_the_name_was(aura, services):
    """The declared name may have been edited between the two tries."""
    aura.add(id="aaaaaaaa", name=naming.pending("another-name", OWNER))
    with pytest.raises(Refused, match="another-name~0123abcd"):
        create(services, request())
    assert creates(aura) == 0


def test_an_orphan_of_somebody_else_is_nobodys_business(aura, services):
    """Not even on_orphan="replace" touches it."""
    aura.add(id="aaaaaaaa", name=naming.pending("orders", OTHER))
    create(services, request(**REPLACE))

    assert (creates(aura), deletes(aura), len(aura.alive)) == (1, 0, 2)


def test_replacing_deletes_sees_it_gone_and_creates_once(aura, services):
    """In this order, with one delete and one create."""
    orphan(aura)
    made = create(services, request(**REPLACE))

    assert [each.id for each in aura.alive] == [made.id]
    assert (creates(aura), deletes(aura)) == (1, 1)
    names = [call.name for call in aura.calls]
    deleted, created = names.index("instances.delete"), names.index("instances.create")
    between = names[deleted:created]
    assert between[-7:-1] == ["instances.get", "instances.list", "projects.get"] * 2


def test_replacing_needs_two_agreeing_readings(aura, services, clock):
    """The second one is fresh, some seconds after the first."""
    orphan(aura)
    create(services, request(**REPLACE))
    before = [call.name for call in aura.calls][: -creates(aura)]

    assert before[:2] == ["instances.list", "instances.list"]
    assert clock.sleeps[0] == services.settings.gone_seconds


@pytest.mark.parametrize(
    "again",
    [
        (),
        (InstanceSummary("aaaaaaaa", "orders", NEW.project_id),),
        (InstanceSummary("bbbbbbbb", PENDING, NEW.project_id),),
    ],
)
def test_an_orphan_that_the_second_reading_does_not_show_is_left_alone(aura, services, again):
    """Not listed any more, renamed by somebody, or another id: nothing is deleted or created."""
    orphan(aura)
    aura.script("instances.list", USUAL, again)

    with pytest.raises(Transient, match="was listed once and not again; it was not deleted"):
        create(services, request(**REPLACE))
    assert (creates(aura), deletes(aura)) == (0, 0)


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("instances.list", (USUAL, Unavailable("503"))),
        ("instances.get", (Unavailable("503"),)),
        ("instances.get", (gone(),)),
        ("instances.delete", (Rejected("420"),)),
    ],
)
def test_when_an_orphan_cannot_be_deleted_nothing_is_created(aura, services, name, items):
    """An unknown, or a refusal, ends the run before any create."""
    orphan(aura)
    aura.script(name, *items)

    with pytest.raises((Transient, Rejected)):
        create(services, request(**REPLACE))
    assert creates(aura) == 0
    assert deletes(aura) == (name == "instances.delete")


def test_an_orphan_that_does_not_go_in_time_is_waited_for_by_the_next_run(aura, tmp_path, clock):
    """Deleted once, waited for twice, and created only when it is gone."""
    orphan(aura)
    aura.busy_seconds = 300
    with pytest.raises(TimedOut):
        create(make_services(aura, tmp_path, clock), request(patience_seconds=60, **REPLACE))
    assert creates(aura) == 0

    create(make_services(aura, tmp_path, clock), request(**REPLACE))
    assert (creates(aura), deletes(aura), len(aura.alive)) == (1, 1, 1)


def test_several_orphans_are_all_replaced_by_one(aura, services):
    """Each after two readings of its own."""
    orphan(aura, "aaaaaaaa")
    orphan(aura, "bbbbbbbb")
    create(services, request(**REPLACE))

    assert (creates(aura), deletes(aura), len(aura.alive)) == (1, 2, 1)


def test_replacing_closes_what_the_journal_knew_of_the_lost_try(aura, tmp_path, clock):
    """The lost create's effect was found and deleted: nothing is left to look for."""
    aura.script("instances.create", Then(LostAnswer("no answer")))
    with pytest.raises(Refused):
        create(make_services(aura, tmp_path, clock), request())
    services = make_services(aura, tmp_path, clock)
    made = create(services, request(**REPLACE))

    assert [(entry.answer or {}).get("id") for entry in unfinished(services)] == [made.id]


def test_an_answer_in_the_journal_outranks_the_replacement(aura, tmp_path, clock):
    """With id and password at hand there is no orphan, whatever on_orphan says."""
    first = create(make_services(aura, tmp_path, clock), request(**REPLACE))
    second = create(make_services(aura, tmp_path, clock), request(**REPLACE))

    assert second.id == first.id
    assert (creates(aura), deletes(aura)) == (1, 0)


def test_another_machine_finds_the_orphan_without_a_journal(aura, tmp_path, clock):
    """Its journal is lost with the first machine; the pending name is not."""
    aura.script("instances.create", Then(Killed()))
    with pytest.raises(Killed):
        create(make_services(aura, tmp_path / "one", clock), request())
    clock.sleep(60)

    with pytest.raises(Refused, match=rf"{PENDING}, 1 min old"):
        create(make_services(aura, tmp_path / "two", clock), request())
    assert creates(aura) == 1
