"""The journal here and in the vault: another machine finds what this one left, never a password."""

from datetime import timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.errors import Damaged, Forbidden, Refused, Transient
from pulumi_neo4j_aura.vault.shared_journal import SharedJournal
from pulumi_neo4j_aura.vault.store import open_store
from support.clock import FakeClock
from support.stores import Breaking, Denying

OWNER = "0a1b2c3d"
FACTS = {"project": "p1", "name": "orders~0a1b2c3d"}
KIND = "create instance"
SECRET = "canary-s3cret"


@pytest.fixture
def store():
    return open_store("memory://")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def here(tmp_path, clock, store):
    return on(tmp_path, "here", clock, store)


@pytest.fixture
def there(tmp_path, clock, store):
    """Another machine, with the same vault."""
    return on(tmp_path, "there", clock, store)


def on(tmp_path, machine, clock, store: Any) -> SharedJournal:
    """The journal of one machine, on a store that may misbehave."""
    return SharedJournal(tmp_path / machine, clock, store)


def open_at(found: SharedJournal, **facts: str):
    return found.unfinished(KIND, OWNER, facts or FACTS)


def keys(store):
    return sorted(each.key for each in store.list())


def everything(store):
    return b"".join(store.get(key) for key in keys(store))


def test_an_intent_can_be_read_by_a_person_in_the_vault(store, here):
    """Kind, time and facts, indented."""
    entry = here.begin(KIND, OWNER, FACTS)

    assert keys(store) == [f"intents/{OWNER}/{entry.id}/intent.json"]
    assert b'\n  "kind": "create instance"' in everything(store)


def test_another_machine_finds_what_was_left_under_way(here, there):
    """With its facts and time; this machine finds it once."""
    entry = here.begin(KIND, OWNER, FACTS)

    assert open_at(there) == (entry,)
    assert open_at(here) == (entry,)


def test_only_entries_that_fit_are_found(here, there):
    """By kind, owner and facts."""
    here.begin(KIND, OWNER, FACTS)

    assert open_at(there, name="orders~0a1b2c3d") != ()
    assert open_at(there, name="another") == ()
    assert open_at(there, region="europe") == ()
    assert there.unfinished("delete instance", OWNER, FACTS) == ()
    assert there.unfinished(KIND, "another", FACTS) == ()


def test_entries_of_all_machines_are_found_oldest_first(here, there, clock):
    """However they are spread."""
    expected = []
    for each in (here, there, here):
        expected.append(each.begin(KIND, OWNER, FACTS))
        clock.sleep(1)

    assert open_at(here) == open_at(there) == tuple(expected)


def test_a_finished_entry_is_open_nowhere(here, there):
    """Whoever finished it, also twice."""
    entry = here.begin(KIND, OWNER, FACTS)
    here.finish(entry, "created x")
    here.finish(entry, "created x")

    assert open_at(here) == open_at(there) == ()


def test_another_machine_may_finish_it(here, there, store):
    """Then it is open nowhere but here, where the look for the effect ends it once more."""
    entry = here.begin(KIND, OWNER, FACTS)
    there.finish(entry, "found and removed")

    assert open_at(there) == ()
    here.finish(entry, "found")
    assert open_at(here) == ()
    assert b"found and removed" in everything(store)


def test_what_was_ever_asked_for_is_known_on_every_machine(here, there):
    """However it ended: one create may have made two instances."""
    entry = here.begin(KIND, OWNER, FACTS)
    here.finish(entry, "created x")

    for each in (here, there):
        assert each.knows(KIND, OWNER)
        assert not each.knows("delete instance", OWNER)
        assert not each.knows(KIND, "another")


def test_an_answer_without_a_secret_lies_in_the_vault(here, there):
    """So that another machine knows the id at once."""
    entry = here.begin(KIND, OWNER, FACTS)
    here.record_answer(entry, {"snapshot_id": "s1"})

    (found,) = open_at(there)
    assert found.answer == {"snapshot_id": "s1"}
    assert open_at(here)[0].answer == {"snapshot_id": "s1"}


def test_an_answer_with_a_password_never_leaves_this_machine(here, there, store, tmp_path):
    """Not the password, not in a name, in no object; here it is kept until the end."""
    entry = here.begin(KIND, OWNER, FACTS)
    here.record_answer(entry, {"id": "x", "password": SECRET})
    assert open_at(there)[0].answer is None
    assert open_at(here)[0].answer == {"id": "x", "password": SECRET}
    here.finish(entry, "created x")

    assert SECRET.encode() not in everything(store)
    assert not [key for key in keys(store) if SECRET in key or "answer" in key]
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in left if SECRET in path.read_text()]


@pytest.mark.parametrize("error", [Transient("away"), Forbidden("read only")])
def test_without_an_intent_in_the_vault_nothing_is_asked_of_aura(tmp_path, clock, store, error):
    """The error comes through, and the entry is closed here."""
    here = on(tmp_path, "here", clock, Denying(store, names=("create",), error=error))

    with pytest.raises(type(error)):
        here.begin(KIND, OWNER, FACTS)
    assert open_at(here) == ()


def test_an_intent_whose_answer_was_lost_is_looked_for_by_others_only(tmp_path, clock, store):
    """Nothing was asked of Aura by this machine, and it knows."""
    here = on(tmp_path, "here", clock, Breaking(store, at=1, done=True))
    with pytest.raises(Transient):
        here.begin(KIND, OWNER, FACTS)

    assert open_at(on(tmp_path, "here", clock, store)) == ()
    there = on(tmp_path, "there", clock, store)
    (left,) = open_at(there)
    there.finish(left, "there is no such instance")
    assert open_at(there) == ()


def test_an_intent_that_cannot_be_written_here_is_in_no_vault(tmp_path, clock, store):
    """Without it a password could be lost."""
    (tmp_path / "here").write_text("a file")

    with pytest.raises(Refused):
        on(tmp_path, "here", clock, store).begin(KIND, OWNER, FACTS)
    assert keys(store) == []


def test_a_vault_that_is_away_at_the_end_leaves_the_entry_open(tmp_path, clock, store, here):
    """It is looked for once more, which does no harm; the password stays until then."""
    entry = here.begin(KIND, OWNER, FACTS)
    here.record_answer(entry, {"password": SECRET})
    with pytest.raises(Transient):
        on(tmp_path, "here", clock, Denying(store, names=("create",))).finish(entry, "created")

    (found,) = open_at(here)
    assert found.answer == {"password": SECRET}


def test_a_vault_that_cannot_be_listed_hides_no_entry(tmp_path, clock, store):
    """Unknown is not none: a second billed instance could come of it."""
    with pytest.raises(Transient):
        open_at(on(tmp_path, "here", clock, Denying(store, names=("list",))))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"kind": "create instance", "began_at": "soon", "facts": {}}',
        b'{"kind": "create instance", "began_at": "2026-11-22T12:00:00", "facts": {}}',
        b'{"kind": "create instance", "began_at": "2026-11-22T12:00:00+00:00", "facts": 5}',
        b'{"kind": 5, "began_at": "2026-11-22T12:00:00+00:00", "facts": {}}',
    ],
)
def test_a_damaged_entry_of_another_machine_is_an_error_that_names_it(store, here, there, data):
    """It may stand for an instance that costs money."""
    entry = here.begin(KIND, OWNER, FACTS)
    store.put(f"intents/{OWNER}/{entry.id}/intent.json", data)

    with pytest.raises(Damaged, match=entry.id) as caught:
        open_at(there)
    assert caught.value.way_out


def test_a_damaged_answer_is_an_error_as_well(store, here, there):
    """It says which snapshot it was."""
    entry = here.begin(KIND, OWNER, FACTS)
    store.put(f"intents/{OWNER}/{entry.id}/answer.json", b"{")

    with pytest.raises(Damaged, match=r"answer\.json"):
        open_at(there)


def test_owners_of_any_name_stay_apart_and_within_the_vault(store, there, here):
    """Owners are marks, but what lies beside them could be anything."""
    for owner in ("a b", "a-b", "ä", "😀"):
        here.begin(KIND, owner, {"owner": owner})
    for owner in ("a b", "a-b", "ä", "😀"):
        (found,) = there.unfinished(KIND, owner, {})
        assert found.facts == {"owner": owner}
    assert all(key.startswith("intents/") and key.count("/") == 3 for key in keys(store))


def test_an_entry_of_a_machine_that_is_lost_is_found_days_later(here, there, clock):
    """Nothing closes it by itself."""
    entry = here.begin(KIND, OWNER, FACTS)
    clock.sleep(timedelta(days=30).total_seconds())

    assert open_at(there) == (entry,)
