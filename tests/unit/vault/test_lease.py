"""The lease of a vault: one at a time, and whoever slept too long is told so."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.errors import Busy, Damaged, Refused, Transient
from pulumi_neo4j_aura.vault import lease, records
from pulumi_neo4j_aura.vault.store import open_store
from support.clock import FakeClock
from support.stores import Breaking, Denying, Forgetful, Recording

SECONDS = 180.0
MARGIN = lease.SKEW.total_seconds()


@pytest.fixture
def store():
    return open_store("memory://")


@pytest.fixture
def clock():
    return FakeClock()


def keys(store):
    return sorted(each.key for each in store.list("lease"))


def seen_at(store) -> Any:
    """The newest record, which there is."""
    return lease.holder(store)


def had(store, clock, name="one"):
    return lease.acquire(store, name, clock, SECONDS)


def test_who_has_the_lease_can_be_read_by_a_person(store, clock):
    """Name, until when, and indented; and by `holder`."""
    held = had(store, clock, "Anna's laptop")

    text = store.get("lease/00000001.json").decode()
    assert '\n  "holder": "Anna\'s laptop"' in text
    seen = seen_at(store)
    assert (seen.epoch, seen.holder, seen.released) == (held.epoch, "Anna's laptop", False)
    assert seen.expires_at - seen.at == timedelta(seconds=SECONDS)
    assert str(seen).startswith("Anna's laptop works here; its lease ends at 2026-11-22T12:03")


def test_nobody_has_a_lease_that_was_never_taken(store):
    """Looking leaves nothing behind."""
    assert lease.holder(store) is None
    assert keys(store) == []


def test_a_second_one_is_told_who_works_and_for_how_long(store, clock):
    """It waits for the end and for the margin of two clocks."""
    had(store, clock, "one")
    clock.sleep(100)

    with pytest.raises(Busy, match="one works here") as caught:
        had(store, clock, "two")
    assert caught.value.retry_after == SECONDS - 100 + MARGIN


@pytest.mark.parametrize(
    ("passed", "free"), [(SECONDS + MARGIN - 1, False), (SECONDS + MARGIN, True)]
)
def test_a_lease_that_ended_is_superseded_after_the_margin(store, clock, passed, free):
    """Not a second earlier: the holder's clock may be behind."""
    had(store, clock, "one")
    clock.sleep(passed)

    if free:
        assert had(store, clock, "two").epoch == 2
    else:
        with pytest.raises(Busy):
            had(store, clock, "two")


def test_a_released_lease_is_free_at_once(store, clock):
    """And its holder has it no more."""
    first = had(store, clock, "one")
    first.release()

    assert str(lease.holder(store)).startswith("one worked here last")
    with pytest.raises(Refused):
        first.check()
    had(store, clock, "two").check()


def test_a_lease_whose_release_was_not_answered_is_not_had(store, clock):
    """It may be another's at once, although its end is far."""
    held = had(store, clock)
    held.store = Breaking(store, at=3, done=True)  # it lists, reads and creates
    with pytest.raises(Transient):
        held.release()

    held.store = store
    with pytest.raises(Refused):
        held.check()


def test_a_renewed_lease_lasts_from_then(store, clock):
    """Its number grows with each renewal."""
    held = had(store, clock)
    for _ in range(5):
        clock.sleep(100)
        held.renew()
    clock.sleep(SECONDS - MARGIN - 1)

    held.check()
    assert held.epoch == 6


def test_the_holder_gives_up_before_anybody_may_take_it(store, clock):
    """By the margin, even if nobody did."""
    held = had(store, clock)
    clock.sleep(SECONDS - MARGIN)

    for method in (held.check, held.renew):
        with pytest.raises(Refused, match="nothing was heard") as caught:
            method()
        assert caught.value.way_out
    assert keys(store) == ["lease/00000001.json"]


@pytest.mark.parametrize("skew", [-MARGIN, 0.0, MARGIN])
def test_clocks_within_the_margin_never_give_two_holders(store, clock, skew):
    """At no second of the changeover does one pass its check while the other has it."""
    first = had(store, clock, "one")
    other = FakeClock(clock.start + timedelta(seconds=skew))
    second = None
    for elapsed in range(int(SECONDS + 3 * MARGIN)):
        with suppress(Busy):
            second = second or had(store, other, "two")
        if second is not None:
            assert clock.passed >= SECONDS - MARGIN + max(skew, 0), elapsed
            with pytest.raises(Refused):
                first.check()
        clock.sleep(1)
        other.sleep(1)
    assert second is not None


def test_a_holder_that_slept_past_its_end_finds_another_there(store, clock):
    """Also if its own clock stood still meanwhile."""
    asleep = FakeClock(clock.start)
    first = had(store, asleep, "one")
    clock.sleep(SECONDS + MARGIN)
    second = had(store, clock, "two")

    for method in (first.check, first.renew):
        with pytest.raises(Refused, match="two has it now"):
            method()
    first.release()
    second.check()
    assert seen_at(store).token == second.token


def test_of_two_who_saw_the_same_end_one_has_it(store, clock):
    """Whoever writes the next number; the other is Busy, whatever it saw."""

    class Late(Recording):
        """Somebody else is quicker between this one's look and its write."""

        def create(self, key, data):
            had(self.store, clock, "two")
            return self.store.create(key, data)

    with pytest.raises(Busy, match="Somebody else wrote"):
        had(Late(store), clock, "one")
    assert seen_at(store).holder == "two"


def test_one_who_slept_while_records_were_tidied_away_does_not_have_it(store, clock):
    """The number that it wants is free again; the newest is another's."""
    had(store, clock).release()

    class Asleep(Recording):
        """Many leases come and go between this one's look and its write."""

        def create(self, key, data):
            for number in range(20):
                held = had(self.store, clock, f"quick {number}")
                if number < 19:
                    held.release()
            return self.store.create(key, data)

    with pytest.raises(Busy, match="meanwhile"):
        had(Asleep(store), clock, "slow")
    assert seen_at(store).holder == "quick 19"
    assert "lease/00000003.json" not in keys(store)


def test_a_renewal_that_comes_second_is_a_loss(store, clock):
    """Somebody else wrote the next number between its look and its write."""
    asleep = FakeClock(clock.start)
    first = had(store, asleep, "slow")

    class Late(Recording):
        """Its holder stands still until the lease is over."""

        def create(self, key, data):
            clock.sleep(SECONDS + MARGIN)
            had(self.store, clock, "quick")
            return self.store.create(key, data)

    first.store = Late(store)
    with pytest.raises(Refused, match="somebody else has it now"):
        first.renew()
    assert seen_at(store).holder == "quick"


def test_one_who_slept_while_it_renewed_finds_out_at_the_next_check(store, clock):
    """Its record is an old one from its beginning."""
    asleep = FakeClock(clock.start)
    first = had(store, asleep, "slow")

    class Asleep(Recording):
        """Many leases come and go between its look and its write."""

        def create(self, key, data):
            clock.sleep(SECONDS + MARGIN)
            for _ in range(10):
                had(self.store, clock, "quick").release()
            return self.store.create(key, data)

    first.store = Asleep(store)
    first.renew()
    with pytest.raises(Refused):
        first.check()


def test_old_records_are_removed_and_never_the_newest(store, clock):
    """Some stay for people."""
    for _ in range(30):
        had(store, clock).release()

    left = keys(store)
    assert left[-1] == "lease/00000060.json"
    assert 8 <= len(left) <= 10


def test_records_that_cannot_be_removed_stay(store, clock):
    """The lease is had all the same."""
    for _ in range(10):
        had(store, clock).release()

    had(Denying(store, names=("delete",)), clock).check()


def test_an_answer_that_was_lost_on_the_way_is_no_loss(store, clock):
    """The record that is there is this one's own."""
    held = had(Forgetful(store), clock)
    held.renew()
    held.check()
    held.release()
    assert seen_at(store).released


@pytest.mark.parametrize("done", [False, True])
def test_a_renewal_without_an_answer_loses_nothing(store, clock, done):
    """It is had until it expires, and is renewed with the next try."""
    held = had(store, clock)
    held.store = Breaking(store, at=3, done=done)
    with pytest.raises(Transient):
        held.renew()

    held.store = store
    held.check()
    clock.sleep(100)
    held.renew()
    clock.sleep(100)
    held.check()


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_store_that_fails_while_the_lease_is_taken_ends_in_one_holder(store, clock, at, done):
    """At each call, done or not: whoever comes after the end has it."""
    with pytest.raises(Transient):
        had(Breaking(store, at=at, done=done), clock, "one")

    clock.sleep(SECONDS + MARGIN)
    had(store, clock, "two").check()


def test_without_an_answer_nothing_is_done_under_it(store, clock):
    """Unknown is not "still had"."""
    held = had(store, clock)
    held.store = Denying(store, names=("list",))

    with pytest.raises(Transient):
        held.check()


def test_a_lease_that_a_person_removed_is_lost(store, clock):
    """Whoever deletes the folder stops who works there."""
    held = had(store, clock)
    store.delete("lease/00000001.json")

    with pytest.raises(Refused, match="somebody has it now"):
        held.check()


def good(**fields):
    return {
        "holder": "one",
        "token": "abc",
        "at": "2026-11-22T12:00:00+00:00",
        "expires_at": "2026-11-22T12:03:00+00:00",
        "released": False,
        **fields,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps(good(expires_at="soon")).encode(),
        json.dumps(good(expires_at="2026-11-22T12:03:00")).encode(),
        json.dumps(good(at=None)).encode(),
    ],
)
def test_a_damaged_record_gives_the_lease_to_nobody(store, clock, data):
    """Its name is said; an older record does not count instead."""
    had(store, clock).release()
    store.put("lease/00000003.json", data)

    for call in (lambda: had(store, clock), lambda: lease.holder(store)):
        with pytest.raises(Damaged, match=r"lease/00000003\.json cannot be read") as caught:
            call()
        assert caught.value.way_out


def test_what_else_lies_in_the_folder_is_no_lease(store, clock):
    """Notes of people, and folders."""
    for name in ("notes.txt", "1.json", "٠٠٠٠٠٠٠٩.json", "old/00000009.json"):
        store.put(f"lease/{name}", b"?")

    assert had(store, clock).epoch == 1


def test_numbers_only_grow(store, clock):
    """So that an effect can say under which it was done."""
    seen = []
    for number in range(12):
        held = had(store, clock, str(number))
        seen.append(held.epoch)
        held.release()
    assert seen == sorted(set(seen))
    assert records.newest(store, "lease")[0] > seen[-1]
