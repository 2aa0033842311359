"""Leases, effects, policies and holds: what is written once is written once on every store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import StoredHold
from pulumi_neo4j_aura.errors import Busy, Damaged, NotFound, Refused
from pulumi_neo4j_aura.vault import holds, layout, lease, policies
from pulumi_neo4j_aura.vault.shared_journal import SharedJournal
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.clock import FakeClock
from support.effects import answers, eventful, journal, missed, wish

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MANY = 12
HOLD = StoredHold("Prüfung 2026 / Q4", "ab12cd34-snapshot-1", "die Prüfer 🦀", NOW)


def keys(store, prefix):
    return sorted(each.key for each in store.list(prefix))


def at_once(call) -> list[Any]:
    """What each of many who do the same at once gets; a Busy one gets None."""
    start = Barrier(MANY)

    def one(number: int) -> Any:
        start.wait()
        try:
            return call(number)
        except Busy:
            return None

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


def test_a_lease_goes_from_one_to_the_next(store):
    """Taken, refused, renewed, released, taken; and the first one is told."""
    clock = FakeClock()
    assert lease.holder(store) is None
    first = lease.acquire(store, "Anna 🦀", clock, 180)
    with pytest.raises(Busy, match="Anna"):
        lease.acquire(store, "two", clock, 180)
    first.renew()
    first.check()
    first.release()

    second = lease.acquire(store, "two", clock, 180)
    second.check()
    with pytest.raises(Refused):
        first.check()
    assert second.epoch == 4


@pytest.mark.parametrize("before", ["never had", "ended"])
def test_of_many_who_want_the_lease_one_has_it(store, before):
    """Whether nobody ever had it, or somebody died with it."""
    clock = FakeClock()
    if before == "ended":
        lease.acquire(store, "dead", clock, 180)
        clock.sleep(200)

    got = at_once(lambda number: lease.acquire(store, str(number), clock, 180))
    (held,) = [each for each in got if each is not None]
    held.check()
    seen: Any = lease.holder(store)
    assert seen.token == held.token


def test_of_many_who_begin_one_effect_there_is_one_intent(store):
    """All of one lease, so all go on with that one; when it is done, nobody begins it."""
    begun = at_once(lambda number: journal(store, _clock(number)).begin(wish(), 1))
    assert len({each.id for each in begun}) == 1
    assert keys(store, "journal") == [f"{begun[0].id}/intent.json"]

    at_once(lambda number: journal(store, _clock(number)).finish(begun[0], "done", str(number), {}))
    with pytest.raises(Refused):
        journal(store, _clock(0)).begin(wish(), 2)
    assert len(keys(store, "journal")) == 2


def _clock(number: int) -> FakeClock:
    return FakeClock(NOW + timedelta(seconds=number))


def test_a_journal_says_the_same_on_every_store(store):
    """With its catalog, without it, and with a damaged one."""
    expected = answers(eventful(open_store("memory://"), FakeClock()))
    here = eventful(store, FakeClock())

    assert answers(here) == expected
    assert answers(here) == expected
    store.put(layout.PAST, b"{")
    assert answers(here) == expected
    store.delete(layout.PAST)
    assert answers(here) == expected


def test_slots_are_settled_once(store):
    """However many record the same ones."""
    at_once(lambda number: journal(store, _clock(number)).settle([missed()]))

    assert len(keys(store, "journal")) == 1


def test_a_damaged_record_is_damaged_on_every_store(store):
    """An empty object is no absent one."""
    here = eventful(store, FakeClock())
    (open_one,) = here.read().unfinished
    store.put(f"{open_one.id}/outcome.json", b"")

    with pytest.raises(Damaged, match=open_one.id):
        here.read()
    with pytest.raises(Damaged, match=open_one.id):
        here.begin(wish(6), 9)


def test_of_many_who_publish_at_once_every_version_has_a_number_of_its_own(store):
    """None is written over; the losers are told to run again."""
    vault = Vault(store)

    def publish(number: int) -> bool:
        policies.publish(vault, "Größe / 1", f"v{number}", {"number": number}, NOW)
        return True

    won = at_once(publish).count(True)
    written = keys(store, "policies")
    assert len(written) == won > 0
    (found,) = policies.current(vault)
    assert found.document == {"number": int(found.version[1:])}

    policies.withdraw(vault, "Größe / 1", NOW)
    assert policies.current(vault) == ()
    assert keys(store, "policies")[:-1] == written


def test_holds_come_and_go(store):
    """With names and reasons of any script."""
    vault = Vault(store)
    assert holds.current(vault) == ()
    holds.add(vault, HOLD, NOW)
    holds.add(vault, HOLD, NOW)
    assert holds.current(vault) == (HOLD,)
    with pytest.raises(Refused):
        holds.add(vault, replace(HOLD, copy="other"), NOW)

    holds.remove(vault, HOLD.name, NOW)
    assert holds.current(vault) == ()
    with pytest.raises(NotFound):
        holds.remove(vault, HOLD.name, NOW)
    assert len(keys(store, "holds")) == 2


def test_another_machine_finds_what_was_left_under_way(store, tmp_path):
    """And nothing of it when it was finished; never a password."""
    clock = FakeClock()
    here, there = (SharedJournal(tmp_path / name, clock, store) for name in ("here", "there"))
    entry = here.begin("create", "0a1b2c3d", {"name": "Größe~0a1b2c3d"})
    here.record_answer(entry, {"password": "canary"})

    (found,) = there.unfinished("create", "0a1b2c3d", {"name": "Größe~0a1b2c3d"})
    assert (found.id, found.answer) == (entry.id, None)
    assert not [key for key in keys(store, "") if b"canary" in store.get(key)]
    there.finish(found, "looked for")
    assert there.unfinished("create", "0a1b2c3d", {}) == ()
