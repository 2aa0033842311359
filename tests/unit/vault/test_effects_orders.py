"""Two who want the same effect, in every order: there is one effect and one outcome."""

import itertools
import json
from contextlib import suppress
from typing import Any

import pytest

from pulumi_neo4j_aura.errors import Busy, Refused
from pulumi_neo4j_aura.vault import lease
from pulumi_neo4j_aura.vault.store import open_store
from support.clock import FakeClock
from support.effects import (
    journal,
    wish,
)


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


SECONDS = 180.0
MARGIN = lease.SKEW.total_seconds()


class Actor:
    """Takes one effect from the lease to its outcome, in steps; it may sleep between any two."""

    def __init__(self, name, store, clock, world):
        self.name, self.store, self.clock, self.world = name, store, clock, world
        self.journal = journal(store, clock)
        self.held: Any = None
        self.intent: Any = None
        self.acted = False

    def acquire(self):
        with suppress(Busy):
            self.held = lease.acquire(self.store, self.name, self.clock, SECONDS)

    def check(self):
        if self.held is not None:
            self._or_stop(self.held.check)

    def begin(self):
        if self.held is not None:
            self._or_stop(self._begin)

    def _begin(self):
        self.intent = self.journal.begin(wish(), self.held.epoch)

    def act(self):
        """The lease is looked at, then whether the effect is there, then it is brought about."""
        if self.held is not None and self.intent is not None:
            self._or_stop(self._act)

    def _act(self):
        self.held.check()
        if not self.world:
            self.world.append(self.name)
        self.acted = True

    def finish(self):
        if self.acted:
            self.journal.finish(self.intent, "done", f"by {self.name}", {})

    def _or_stop(self, do):
        try:
            do()
        except (Refused, Busy):
            self.held = None

    def steps(self):
        return [self.acquire, self.check, self.begin, self.act, self.finish]


def orders():
    """Every order in which the five steps of two can happen."""
    for mine in itertools.combinations(range(10), 5):
        yield "".join("a" if place in mine else "b" for place in range(10))


@pytest.mark.parametrize("order", list(orders()))
def test_in_every_order_there_is_one_effect_and_one_outcome(order):
    """Whether they hurry or sleep past the end of their leases; a third one finds it done."""
    for pause in (0.0, 60.0, SECONDS, SECONDS + MARGIN):
        store, clock = open_store("memory://"), FakeClock()
        world: list[str] = []
        actors = {name: Actor(name, store, clock, world) for name in "ab"}
        steps = {name: iter(actor.steps()) for name, actor in actors.items()}
        for name in order:
            before = len(world)
            next(steps[name])()
            newest: Any = lease.holder(store)
            assert len(world) == before or newest.holder == name
            clock.sleep(pause)
        clock.sleep(SECONDS + MARGIN)
        third = Actor("c", store, clock, world)
        for step in third.steps():
            step()

        assert len(world) == 1, (order, pause)
        assert journal(store, clock).read().unfinished == ()
        assert [each.rpartition("/")[2] for each in keys(store)] == ["intent.json", "outcome.json"]


@pytest.mark.parametrize("first", ["old", "new"])
def test_a_sleeper_that_wakes_before_its_intent_does_not_act(store, clock, first):
    """Its lease ended between its check and its intent; the other begins before or after it."""
    world: list[str] = []
    old, new = (Actor(name, store, clock, world) for name in ("old", "new"))
    old.acquire()
    old.check()
    clock.sleep(SECONDS + MARGIN)
    new.acquire()
    order = [old, new] if first == "old" else [new, old]
    for each in order:
        each.begin()
    for each in (old, new):
        each.act()
        each.finish()

    assert world == ["new"]
    assert not old.acted
