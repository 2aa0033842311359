"""Two reconcilers of one vault: one works, the other waits, and who slept too long stops."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pulumi_neo4j_aura.execution.actions.outcome import Done, Skipped, Waiting
from pulumi_neo4j_aura.reconciler.passes import LEASE
from pulumi_neo4j_aura.vault.vault import Vault
from support.reconciling import MovedKeeper, policy, publish, reconciler
from support.simulated import tiny_export
from support.stores import Recording


def creates(world):
    return [
        path for method, path in world.mutations() if (method, path) == ("POST", "/v1/instances")
    ]


def due(world):
    world.instance("orders")
    wanted = policy(world)
    publish(world, wanted)
    return wanted


def test_while_one_works_the_other_waits_and_says_for_whom(world):
    """One effect, and the second tells who has the lease."""
    wanted = due(world)
    seen = []

    def exporting(*arguments):
        seen.append(reconciler(world, wanted, holder="second").apply())
        return tiny_export(*arguments)

    first = reconciler(world, wanted, holder="first", exporter=exporting).apply()
    assert [type(each.outcome) for each in first.ended] == [Done]
    (second,) = seen
    assert [type(each.outcome) for each in second.ended] == [Waiting]
    assert "first" in next(iter(second.busy.values()))
    assert len(world.vault.exports()) == 1
    assert len(creates(world)) == 2  # the instance itself, and one clone


def test_the_journal_is_listed_once_a_look(world):
    """After a year it has tens of thousands of records; before the work and after it is enough."""
    wanted = due(world)
    watched = Recording(world.vault.store)
    done = reconciler(world, wanted, vault=Vault(watched)).apply()  # type: ignore[arg-type]
    assert [type(each.outcome) for each in done.ended] == [Done]
    assert watched.calls.count(("list", "journal")) == 2


def test_who_works_for_longer_than_a_lease_keeps_it(world):
    """It is renewed by the clock that the world goes by; else most of a fleet would wait a day."""
    for number in range(20):
        world.instance(f"db-{number}")
    wanted = policy(world, limits={"concurrency": 2})
    publish(world, wanted)

    began = world.clock.now()
    done = reconciler(world, wanted, keeper=MovedKeeper).apply()
    assert world.clock.now() - began > 2 * LEASE
    assert {type(each.outcome) for each in done.ended} == {Done}
    assert len(world.vault.exports()) == 20
    assert world.clock.passed == []


def test_who_wakes_up_after_its_lease_ended_does_nothing_more(world):
    """It slept in the middle; the other one did the work; one export, one prune."""
    world.instance("orders")
    wanted = policy(
        world,
        snapshots=[{"cron": "0 1 * * *"}],
        exports=[{"cron": "0 2 * * *"}],
        retention={"keep_last": 1},
    )
    publish(world, wanted)
    for _ in range(2):
        world.pass_time(days=1)
        reconciler(world, wanted).apply()
    world.pass_time(days=1)
    others = []

    def sleeping(*arguments):
        made = tiny_export(*arguments)
        world.clock.sleep((LEASE + timedelta(minutes=1)).total_seconds())
        others.append(reconciler(world, wanted, holder="other").apply())
        return made

    slept = reconciler(world, wanted, holder="sleeper", exporter=sleeping).apply()
    (other,) = others
    assert not any(isinstance(each.outcome, Waiting) for each in other.ended)
    # Whatever the sleeper still wanted to do after waking, it did not.
    kinds = [(type(each.action).__name__, type(each.outcome)) for each in slept.ended]
    assert ("PruneExport", Done) not in kinds
    reconciler(world, wanted, holder="last").apply()
    assert len(world.vault.exports()) == 1
    assert reconciler(world, wanted).plan().actions == ()


def test_a_lease_that_was_lost_before_an_effect_stops_it(world):
    """Right before each effect the lease is looked at."""
    world.instance("orders")
    world.instance("other")
    wanted = policy(world, limits={"concurrency": 1})
    publish(world, wanted)
    calls = []

    def sleeping(*arguments):
        calls.append(arguments[1].instance_id)
        world.clock.sleep((LEASE + timedelta(minutes=1)).total_seconds())
        return tiny_export(*arguments)

    ended = reconciler(world, wanted, exporter=sleeping).apply().ended
    assert len(calls) == 1
    assert sorted(type(each.outcome).__name__ for each in ended) == ["Done", "Skipped"]
    assert any(isinstance(each.outcome, Skipped) and "lease" in str(each.outcome) for each in ended)


@dataclass
class Sleepy(Recording):
    """Sleeps once, right behind the intent of an effect."""

    sleep: Callable[[], object] = lambda: None

    def create(self, key, data):
        made = self.store.create(key, data)
        if key.startswith("journal/") and key.endswith("intent.json"):
            sleep, self.sleep = self.sleep, lambda: None
            sleep()
        return made


def test_who_sleeps_between_its_intent_and_its_effect_has_none(world):
    """The other one took the try over and did it; there is one export and one clone."""
    wanted = due(world)
    others = []

    def sleep():
        world.clock.sleep((LEASE + timedelta(minutes=1)).total_seconds())
        others.append(reconciler(world, wanted, holder="other").apply())

    store: Any = Sleepy(world.vault.store, sleep=sleep)
    slept = reconciler(world, wanted, holder="sleeper", vault=Vault(store)).apply()

    assert [type(each.outcome) for each in others[0].ended] == [Done]
    assert [type(each.outcome) for each in slept.ended] == [Skipped]
    assert len(world.vault.exports()) == 1
    assert len(creates(world)) == 2
    assert reconciler(world, wanted).plan().actions == ()
