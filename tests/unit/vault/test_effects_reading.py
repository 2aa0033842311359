"""Reading the journal of effects: damage is never skipped, and the catalog decides nothing."""

import json
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import Past
from pulumi_neo4j_aura.errors import Damaged, Transient
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.store import open_store
from support.clock import FakeClock
from support.effects import (
    DUE,
    PLACE,
    answers,
    eventful,
    journal,
    missed,
    wish,
)
from support.stores import Denying, Recording


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


# --- the catalog decides nothing ------------------------------------------------------------------

ODD = [
    b"",
    b"{",
    b"[]",
    b"[" * 100_000,
    b'{"folders": []}',
    b'{"folders": {"journal/x": 5}}',
    b'{"folders": {"journal/x": ["", [{"nonsense": 1}]]}}',
    b'{"folders": {"journal/x": ["", [{"kind": 5}]]}}',
    b'{"folders": {"journal/gone": ["", []]}}',
    "😀".encode(),
    b"\xff\xfe",
]


@pytest.mark.parametrize("data", ODD)
def test_an_odd_catalog_changes_no_answer(store, clock, data):
    """It is made anew."""
    here = eventful(store, clock)
    expected = answers(here)
    store.put(layout.PAST, data)

    assert answers(here) == expected
    assert answers(here) == expected
    assert store.get(layout.PAST) != data


def test_a_lost_catalog_changes_no_answer(store, clock):
    """Nor does one that nobody may write."""
    here = eventful(store, clock)
    expected = answers(here)
    store.delete(layout.PAST)

    assert answers(journal(Denying(store, names=("put",)), clock)) == expected
    assert answers(here) == expected


def test_a_catalog_that_was_rolled_back_changes_no_answer(store, clock):
    """As it was at any earlier time."""
    here = journal(store, clock)
    olds = []
    for days in range(4):
        here.finish(here.begin(wish(days), 1), ("done", "failed")[days % 2], "", {})
        here.settle([missed(days + 10)])
        here.read()
        olds.append(store.get(layout.PAST))
        clock.sleep(60)
    expected = answers(here)

    for old in olds:
        store.put(layout.PAST, old)
        assert answers(here) == expected


def test_the_catalog_of_another_journal_changes_no_answer(store, clock):
    """A vault that was copied, and went on differently: the same tries ended otherwise."""
    other = open_store("memory://")
    for place, state in ((store, "done"), (other, "failed")):
        made = journal(place, clock)
        made.finish(made.begin(wish(), 1), state, "", {})
        made.read()
    store.put(layout.PAST, other.get(layout.PAST))

    assert answers(journal(store, clock))["pasts"] == {PLACE: Past(settled=DUE)}


ODD_VALUES: tuple[Any, ...] = (
    None,
    5,
    [],
    {"restore_seconds": "x"},
    {"recreated": "x"},
    {"a": 1},
)


def test_values_of_the_catalog_that_make_no_sense_count_for_nothing(store, clock):
    """Each field of each record, replaced: the records themselves are read."""
    here = eventful(store, clock)
    expected = answers(here)
    whole = content(store, layout.PAST)
    for folder, (_, rows) in whole["folders"].items():
        for number, row in enumerate(rows):
            for name in row:
                for odd in ODD_VALUES:
                    broken = json.loads(json.dumps(whole))
                    broken["folders"][folder][1][number][name] = odd
                    store.put(layout.PAST, json.dumps(broken).encode())
                    assert answers(here) == expected, (folder, name, odd)


def test_only_what_is_new_is_read(store, clock):
    """One listing and the catalog when nothing happened; else that, and the new records."""
    eventful(store, clock).read()
    watched = Recording(store)
    here = journal(watched, clock)
    here.read()
    assert [name for name, _ in watched.calls] == ["get", "list", "get"]  # and the open intent

    watched.calls.clear()
    here.settle([missed(20)])  # and sees which tries are over with it
    # The intent of the open try; of what ended nothing is read, and the catalog is not wanted.
    assert [name for name, _ in watched.calls] == ["create", "list", "get"]

    watched.calls.clear()
    here.read()
    assert [name for name, _ in watched.calls] == ["get", "list", "get", "get", "put"]
    watched.calls.clear()
    here.read()
    assert [name for name, _ in watched.calls] == ["get", "list", "get"]


def test_where_nothing_happened_the_same_is_said_by_the_same_value(store, clock):
    """What follows from thousands of records is not worked out again."""
    here = eventful(store, clock)
    first = here.read()
    assert here.read() is first
    assert journal(store, clock).read() is first
    here.settle([missed(20)])
    assert here.read() != first


def test_a_record_that_was_replaced_while_the_process_lives_is_read_again(store, clock):
    """Its new time is enough, even if its size is the same."""
    here = eventful(store, clock)
    here.read()
    key = next(each for each in keys(store) if b'"done"' in store.get(each))
    said = json.loads(store.get(key))
    store.put(key, json.dumps({**said, "state": "odd!"}, indent=2).encode())

    fresh = journal(open_store("memory://"), clock)
    for each in keys(store):
        fresh.vault.store.put(each, store.get(each))
    assert answers(here) == answers(fresh)


def test_what_is_open_is_told_without_reading_what_ended(store, clock):
    """The same as a whole look says of it."""
    here = eventful(store, clock)
    expected = here.read().unfinished
    watched = Recording(store)

    assert journal(watched, clock).unfinished() == expected
    assert len(expected) == 1
    assert watched.calls == [("list", "journal"), ("get", f"{expected[0].id}/intent.json")]


def test_records_that_a_person_removed_count_no_more(store, clock):
    """The catalog does not keep them alive."""
    here = eventful(store, clock)
    here.read()
    for key in keys(store):
        store.delete(key)

    assert answers(here)["pasts"] == {}
    assert content(store, layout.PAST) == {"folders": {}}


# --- damage ---------------------------------------------------------------------------------------


def damages():
    """Ways in which a record makes no sense."""
    ways: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
        ("outcome.json", "at", (None, 5, "soon", "2026-11-22T12:00:00")),
        ("outcome.json", "state", (None,)),
        ("outcome.json", "reason", (None, 5)),
        ("outcome.json", "facts", ({"a": 5},)),
        ("outcome.json", "facts", (None, [], 5, {"restore_seconds": "x"}, {"recreated": "x"})),
        ("outcome.json", "facts", ({"restore_seconds": "nan"}, {"restore_seconds": "1e300"})),
        ("intent.json", "key", (None, 5)),
        ("intent.json", "kind", (None, [])),
        ("intent.json", "due", (None, "soon", "2026-11-22T12:00:00")),
    )
    for name, field, values in ways:
        for each in values:
            yield name, field, each


@pytest.mark.parametrize(("name", "field", "value"), list(damages()))
def test_a_try_that_makes_no_sense_is_an_error_that_names_it(store, here, name, field, value):
    """Never skipped: it could be the one that says what was deleted. None: the field is missing."""
    intent = here.begin(wish(), 1)
    here.finish(intent, "done", "", {})
    body = {**content(store, f"{intent.id}/{name}"), field: value}
    if value is None:
        del body[field]
    store.put(f"{intent.id}/{name}", json.dumps(body).encode())

    with pytest.raises(Damaged, match=intent.id) as caught:
        here.read()
    assert caught.value.way_out


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("name", ["intent.json", "outcome.json"])
@pytest.mark.parametrize("ended", [True, False])
def test_a_record_that_does_not_read_is_an_error_that_names_it(store, here, name, data, ended):
    """Of tries that ended and of open ones."""
    intent = here.begin(wish(), 1)
    if ended:
        here.finish(intent, "done", "", {})
    store.put(f"{intent.id}/{name}", data)

    with pytest.raises(Damaged, match=intent.id):
        here.read()


@pytest.mark.parametrize(
    "slots", [None, 5, [5], [{}], [{"policy": "p"}], [{"due": "soon"}], "text"]
)
def test_slots_that_make_no_sense_are_an_error(store, here, slots):
    """Else they would be run again."""
    here.settle([missed()])
    (key,) = keys(store)
    store.put(key, json.dumps({**content(store, key), "slots": slots}).encode())

    with pytest.raises(Damaged, match="journal/slots-"):
        here.read()


def test_an_outcome_without_its_intent_is_an_error(store, here):
    """Somebody removed what it was the outcome of."""
    intent = here.begin(wish(), 1)
    here.finish(intent, "done", "", {})
    store.delete(f"{intent.id}/intent.json")

    with pytest.raises(Damaged, match=f"{intent.id} cannot be read .its intent is missing"):
        here.read()


def test_what_else_lies_in_the_journal_is_no_record(store, here):
    """Notes of people, and of their file managers."""
    for name in ("README.txt", ".DS_Store", "x/.DS_Store", "x/intent.json.bak"):
        store.put(f"journal/{name}", b"?")

    assert here.read().unfinished == ()


def test_a_journal_that_cannot_be_listed_whole_says_nothing(store, clock):
    """Unknown, not empty."""
    with pytest.raises(Transient):
        journal(Denying(store, names=("list",)), clock).read()
