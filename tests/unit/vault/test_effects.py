"""The journal of effects: intent before effect, one try for one effect."""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import Past
from pulumi_neo4j_aura.domain.slot import Ended, SlotOutcome
from pulumi_neo4j_aura.errors import AuraError, Busy, Damaged, Refused, Transient
from pulumi_neo4j_aura.vault import effects as effects_module
from pulumi_neo4j_aura.vault.store import open_store
from support.clock import FakeClock
from support.effects import (
    DUE,
    PLACE,
    journal,
    missed,
    prune,
    slot,
    wish,
)
from support.stores import Denying, Forgetful


@pytest.fixture
def store():
    return open_store("memory://")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def here(store, clock):
    return journal(store, clock)


def keys(store, folder="journal"):
    return sorted(each.key for each in store.list(folder))


def content(store, key) -> Any:
    return json.loads(store.get(key))


# --- begin and finish -----------------------------------------------------------------------------


def test_an_intent_can_be_read_by_a_person(store, here, clock):
    """What, for which instance and slot, when, why and under which lease; the name says it too."""
    intent = here.begin(wish(), 7)

    text = store.get(f"{intent.id}/intent.json").decode()
    assert '\n  "kind": "ExportSnapshot"' in text
    assert content(store, f"{intent.id}/intent.json") == {
        "key": wish().key,
        "kind": "ExportSnapshot",
        "policy": "production",
        "instance_id": "ab12cd34",
        "rule": PLACE[1],
        "due": DUE.isoformat(),
        "began_at": clock.now().isoformat(),
        "epoch": 7,
        "facts": {"reason": "it is due"},
    }
    assert intent.id.startswith("journal/export-production-exports-")


def test_an_outcome_is_written_once(store, here, clock):
    """Whoever ends a try first has ended it."""
    intent = here.begin(wish(), 1)
    here.finish(intent, "done", "exported", {"export_id": "x"})
    here.finish(intent, "failed", "too late", {})

    assert content(store, f"{intent.id}/outcome.json") == {
        "state": "done",
        "reason": "exported",
        "facts": {"export_id": "x"},
        "at": clock.now().isoformat(),
    }


def test_what_was_done_is_never_done_again(store, here):
    """By whomever, and without a second intent."""
    here.finish(here.begin(wish(), 1), "done", "", {})
    before = keys(store)

    with pytest.raises(Refused, match="was done already"):
        here.begin(wish(), 2)
    assert keys(store) == before


def test_what_may_be_done_again_gets_a_try_of_its_own(here):
    """A clone that was removed can be left behind again."""
    first = here.begin(prune(), 1)
    here.finish(first, "done", "", {})

    assert here.begin(prune(), 1).id.endswith("-002")


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_what_was_not_done_gets_another_try(here, state):
    """Each with a folder of its own; the history stays."""
    ids = []
    for _ in range(3):
        intent = here.begin(wish(), 1)
        ids.append(intent.id)
        here.finish(intent, state, "no luck", {})

    assert [each[-4:] for each in ids] == ["-001", "-002", "-003"]
    assert {each[:-4] for each in ids} == {ids[0][:-4]}


def test_a_try_that_a_dead_run_left_is_gone_on_with(store, here, clock):
    """By who has the lease after it; there is one intent, the dead one's."""
    first = here.begin(wish(), 1)
    clock.sleep(600)

    assert here.begin(wish(), 2).id == first.id
    assert keys(store) == [f"{first.id}/intent.json"]
    assert content(store, f"{first.id}/intent.json")["epoch"] == 1


def test_a_try_of_a_later_holder_is_not_gone_on_with(here, clock):
    """Whoever slept past the end of its lease does not take it over."""
    here.begin(wish(), 2)
    clock.sleep(1)

    with pytest.raises(Busy, match="later holder") as caught:
        here.begin(wish(), 1)
    assert caught.value.way_out


def test_an_action_that_always_fails_comes_to_an_end(here, monkeypatch):
    """With the place to look at."""
    monkeypatch.setattr(effects_module, "_MOST_TRIES", 3)
    for _ in range(3):
        here.finish(here.begin(wish(), 1), "failed", "", {})

    with pytest.raises(Refused, match="was tried 3 times") as caught:
        here.begin(wish(), 1)
    assert "journal" in caught.value.way_out


def test_different_actions_never_share_a_folder(here):
    """Also those whose names differ where a folder's name is cut, or has no such letter."""
    long = "x" * 200
    names = [long, f"{long}y", f"{long}z", "a b", "a-b", "a/b", "../a b", "ä", "😀", ""]

    folders = [here.begin(wish(key=name), 1).id for name in names]
    assert len(set(folders)) == len(names)
    assert all(folder.count("/") == 1 and len(folder.encode()) < 100 for folder in folders)


def test_an_answer_that_was_lost_on_the_way_is_no_other_ones_try(store, clock):
    """The intent that is there is this one's own, so also an older lease goes on."""
    here = journal(Forgetful(store), clock)
    intent = here.begin(wish(), 1)
    here.finish(intent, "done", "", {})

    assert len(keys(store)) == 2


def test_without_an_intent_there_is_no_effect(store, clock):
    """The error comes through."""
    with pytest.raises(Transient):
        journal(Denying(store, names=("create",)), clock).begin(wish(), 1)
    assert keys(store) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("outcome.json", b"{}"),
        ("outcome.json", b"{"),
        ("outcome.json", b"[]"),
        ("intent.json", b""),
        ("intent.json", b"{}"),
        ("intent.json", b'{"epoch": "soon"}'),
    ],
)
def test_a_damaged_record_lets_nobody_begin(store, here, name, data):
    """It could say that the effect happened."""
    intent = here.begin(wish(), 1)
    store.put(f"{intent.id}/{name}", data)

    with pytest.raises(Damaged, match=name.replace(".", r"\.")):
        here.begin(wish(), 2)


# --- settle ---------------------------------------------------------------------------------------


def test_slots_without_an_effect_are_recorded_together(store, here):
    """One object, with every slot, why, and how many it stands for."""
    here.settle([missed(0), missed(1, count=3)])

    (key,) = keys(store)
    assert key.startswith("journal/slots-20261123T020000Z-")
    assert [each["count"] for each in content(store, key)["slots"]] == [1, 3]
    assert here.read().pasts() == {PLACE: Past(settled=slot(1).due, missed=True)}


def test_settling_the_same_again_changes_nothing(store, here, clock):
    """Whenever that is, and whoever does it."""
    here.settle([missed()])
    before = {key: store.get(key) for key in keys(store)}
    clock.sleep(3600)
    here.settle([missed()])

    assert {key: store.get(key) for key in keys(store)} == before


def test_settling_nothing_writes_nothing(store, here):
    """A pass without such slots leaves no record."""
    here.settle([])
    assert keys(store) == []


def test_settling_something_else_is_another_record(store, here):
    """Also when its newest slot is due at the same time."""
    here.settle([missed()])
    here.settle([SlotOutcome(slot(), Ended.SKIPPED, "its rule says so")])

    assert len(keys(store)) == 2


# --- errors and clocks ------------------------------------------------------------


def test_a_store_error_while_beginning_leaves_a_try_for_the_next(store, clock):
    """Written or not: the next holder's is the same one."""
    for names in (("create",), ("get",)):
        with suppress(AuraError):
            journal(Denying(store, names=names), clock).begin(wish(), 1)
    clock.sleep(600)
    here = journal(store, clock)
    here.finish(here.begin(wish(), 2), "done", "", {})

    assert len(keys(store)) == 2


def test_times_without_an_order_of_letters_are_compared_as_times(here, clock):
    """A machine whose clock shows another zone is no machine of another time."""
    here.finish(here.begin(wish(0), 1), "failed", "first", {})
    clock.start = datetime.fromisoformat("2026-11-22T10:00:00-05:00")  # three hours after noon UTC
    here.finish(here.begin(wish(0), 1), "done", "", {})

    assert here.read().pasts() == {PLACE: Past(settled=DUE)}
    assert clock.now() - DUE > timedelta(hours=12)


def test_a_slot_that_is_settled_ends_the_tries_that_were_open_for_it(store, clock):
    """Whoever died after its effect left one; others stay open."""
    made = journal(store, clock)
    made.begin(wish(1), 1)
    made.begin(wish(2), 1)
    made.settle([SlotOutcome(slot(1), Ended.ADOPTED, "it is there")])

    found = made.read()
    assert [each.key for each in found.unfinished] == [wish(2).key]
    assert [each.reason for each in found.ended if each.state == "skipped"] == ["it is there"]
    assert found.pasts()[PLACE].settled == slot(1).due
