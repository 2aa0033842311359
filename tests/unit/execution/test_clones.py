"""Throwaway clones: at most one for an export, never one that nobody can find."""

from datetime import timedelta

import pytest

from pulumi_neo4j_aura.errors import LostAnswer, NotFound, Refused, Transient
from pulumi_neo4j_aura.execution import clones
from support.fakes import PROJECT, Then, live, make_services

EXPORT = "ab12cd34-snapshot-0"
OWNER = clones.owner_of(EXPORT)


def make(services):
    return clones.make(services, live(), "snapshot-0", EXPORT)


def test_a_clone_is_as_large_as_its_source_and_named_after_the_export(aura, services):
    """Aura refuses a smaller one; the name is how any machine finds it."""
    made = make(services)

    (sent,) = aura.sent("instances.create")
    new = sent.arguments[0]
    assert new.name == f"aura-export-orders~{OWNER}" == made.name
    assert (new.source_instance_id, new.source_snapshot_id) == ("ab12cd34", "snapshot-0")
    assert (new.memory, new.storage, new.type) == ("4GB", "8GB", "professional-db")


def test_another_memory_leaves_the_storage_to_aura(aura, services):
    """The source's storage may not be offered with it."""
    clones.make(services, live(), "snapshot-0", EXPORT, memory="8GB")
    new = aura.sent("instances.create")[0].arguments[0]
    assert (new.memory, new.storage) == ("8GB", None)


def test_the_next_run_on_this_machine_takes_it_up_with_its_password(aura, services, tmp_path):
    """A kill between the create and the end of the export costs no second clone."""
    made = make(services)
    again = make(make_services(aura, tmp_path, services.clock))

    assert (again.id, again.password) == (made.id, made.password)
    assert len(aura.sent("instances.create")) == 1
    assert clones.known(services, EXPORT) == made.id


def test_a_clone_of_another_machine_is_not_touched(aura, services, tmp_path):
    """An export may be reading it; its password is not known here."""
    make(services)
    elsewhere = make_services(aura, tmp_path / "elsewhere", services.clock)
    with pytest.raises(Refused, match=f"aura-export-orders~{OWNER}"):
        make(elsewhere)
    assert len(aura.alive) == 1
    assert clones.known(elsewhere, EXPORT) is None


def test_a_clone_whose_answer_this_machine_lost_is_replaced(aura, services, tmp_path):
    """It is ours, and nobody can log in to it."""
    aura.script("instances.create", Then(LostAnswer("no answer")))
    with pytest.raises(Refused):
        make(services)
    (lost,) = aura.alive
    services.clock.sleep(aura.busy_seconds)

    made = make(make_services(aura, tmp_path, services.clock))

    assert [each.id for each in aura.alive] == [made.id]
    assert made.id != lost.id


def test_a_removed_clone_is_gone_and_its_password_forgotten(aura, services):
    """Only then: as long as it exists somebody may have to log in."""
    made = make(services)
    services.clock.sleep(aura.busy_seconds)
    clones.remove(services, PROJECT, made.id, EXPORT)

    assert aura.alive == []
    assert clones.known(services, EXPORT) is None
    assert not list(services.journal.root.glob("*/*/answer.json"))


def test_leftovers_are_told_by_their_names_oldest_first(aura, services):
    """Nothing else has such a name."""
    first = make(services)
    services.clock.sleep(3600)
    second = clones.make(services, live(name="billing"), "snapshot-1", "another")
    aura.add(id="00000001", name="aura-export-orders", created_at=services.clock.now())
    aura.add(id="00000002", name="orders~0123abcd", created_at=services.clock.now())
    aura.add(id="00000003", name="my aura-export-x~0123abcd", created_at=services.clock.now())

    found = clones.leftovers(services, PROJECT)

    assert [each.id for each in found] == [first.id, second.id]
    assert found[0].age == timedelta(hours=1)
    assert found[0].owner == OWNER


def test_an_old_leftover_is_deleted(aura, services):
    """After six hours nobody is at work on it."""
    make(services)
    services.clock.sleep(clones.YOUNG.total_seconds())
    (left,) = clones.leftovers(services, PROJECT)
    clones.sweep(services, left)
    assert aura.alive == []
    assert clones.known(services, EXPORT) is None


@pytest.mark.parametrize("age", [None, timedelta(hours=5)])
def test_a_young_one_is_kept_and_so_is_one_of_unknown_age(aura, services, age):
    """An export on another machine may be reading it."""
    made = make(services)
    left = clones.Leftover(made.id, made.name, PROJECT, age)
    with pytest.raises(Refused, match="was not deleted"):
        clones.sweep(services, left)
    assert len(aura.alive) == 1


def test_one_that_was_renamed_meanwhile_is_kept(aura, services):
    """Somebody made it an instance of their own."""
    made = make(services)
    left = clones.Leftover(made.id, made.name, PROJECT, timedelta(days=1))
    row = aura.rows[made.id]
    row.seen = live(id=made.id, name="rescued")
    with pytest.raises(Refused, match="rescued"):
        clones.sweep(services, left)
    assert len(aura.alive) == 1


def test_one_that_is_gone_already_is_fine(aura, services):
    """Two readings say so; nothing is sent."""
    left = clones.Leftover("0badcafe", f"aura-export-orders~{OWNER}", PROJECT, timedelta(days=1))
    clones.sweep(services, left)
    assert aura.sent("instances.delete") == []


def test_what_is_left_is_unknown_when_the_project_cannot_be_listed(aura, services):
    """Not an empty list."""
    aura.script("instances.list", Transient("no answer"))
    with pytest.raises(Transient):
        clones.leftovers(services, PROJECT)


def test_gigabyte_hours():
    """What a clone is billed by; unknown where its size is."""
    assert clones.gigabyte_hours("8GB", 1800) == 4.0
    assert clones.gigabyte_hours("large", 1800) is None
    assert clones.gigabyte_hours(None, 1800) is None


def test_an_instance_that_is_not_there_is_named(services):
    """With the way out, and nothing else is concluded."""
    with pytest.raises(NotFound, match="0badcafe cannot be exported"):
        clones.origin_of(services, "0badcafe")
