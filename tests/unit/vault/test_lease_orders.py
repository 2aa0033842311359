"""Two who want a lease, in every order: nobody acts under another's."""

import itertools
from typing import Any

import pytest

from pulumi_neo4j_aura.errors import Busy, Refused
from pulumi_neo4j_aura.vault import lease
from pulumi_neo4j_aura.vault.store import open_store
from support.clock import FakeClock

SECONDS = 180.0
MARGIN = lease.SKEW.total_seconds()


def seen_at(store) -> Any:
    """The newest record, which there is."""
    return lease.holder(store)


def had(store, clock, name="one"):
    return lease.acquire(store, name, clock, SECONDS)


class Actor:
    """Has the lease, looks at it and acts, one step at a time; wakes later where it slept."""

    def __init__(self, name, store, clock, effects):
        self.name, self.store, self.clock, self.effects = name, store, clock, effects
        self.held: Any = None

    def acquire(self):
        try:
            self.held = had(self.store, self.clock, self.name)
        except Busy:
            self.held = None

    def renew(self):
        self._if_had(lambda held: held.renew())

    def act(self):
        """Check and effect: what lies between them is less than the margin."""
        self._if_had(lambda held: (held.check(), self.effects.append(self.name)))

    def _if_had(self, do):
        if self.held is not None:
            try:
                do(self.held)
            except Refused:
                self.held = None


def orders(steps_each):
    """Every order in which two actors' steps can happen."""
    total = 2 * steps_each
    for mine in itertools.combinations(range(total), steps_each):
        yield "".join("a" if place in mine else "b" for place in range(total))


@pytest.mark.parametrize("pause", [0.0, 60.0, SECONDS - MARGIN, SECONDS, SECONDS + MARGIN, 400.0])
@pytest.mark.parametrize("order", list(orders(4)))
def test_in_every_order_nobody_acts_under_anothers_lease(order, pause):
    """Acquire, renew, act, act; after each step time passes."""
    store, clock = open_store("memory://"), FakeClock()
    effects: list[str] = []
    actors = {name: Actor(name, store, clock, effects) for name in "ab"}
    steps = {
        name: iter((actor.acquire, actor.renew, actor.act, actor.act))
        for name, actor in actors.items()
    }
    for name in order:
        before = len(effects)
        next(steps[name])()
        if len(effects) > before:
            seen = seen_at(store)
            assert seen.holder == name
            assert seen.token == actors[name].held.token
            assert clock.now() < seen.expires_at
        clock.sleep(pause)
