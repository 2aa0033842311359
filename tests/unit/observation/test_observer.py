"""What a look at everything asks of Aura: by the rules that are due, and by who wants to know."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.execution.actions.outcome import Done, Outcome
from pulumi_neo4j_aura.reconciler.passes import Reconciler
from support.reconciling import policy, publish, reconciler
from support.simulated import Simulated

HOUR = timedelta(hours=1)


class Recording:
    """A sender that remembers what was asked for, days with it: list, instance, day 03."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender
        self.asked: list[str] = []

    def send(self, method: str, url: str, **rest: Any) -> Any:
        params = rest.get("params") or {}
        what = f"day {params['date'][-2:]}" if "date" in params else url.rpartition("/v1")[2]
        if "/oauth" not in url:
            self.asked.append(_KINDS.get(what.count("/"), what) if method == "GET" else method)
        return self._sender.send(method, url, **rest)


_KINDS = {1: "list", 2: "instance"}


@dataclass
class Orders:
    """One instance on a Monday at noon. Aura takes its own snapshots at three in the morning."""

    world: Simulated
    id: str = ""
    wanted: Any = None
    asked: list[str] = field(default_factory=list)

    def start(self, **fields: Any) -> None:
        """Publish a policy and make the first pass of a daemon."""
        self.id = self.world.instance("orders")
        self.wanted = policy(self.world, **fields)
        publish(self.world, self.wanted)
        self.passes()

    def wait(self, **span: float) -> None:
        self.world.pass_time(**span)

    def snapshot_by_hand(self) -> None:
        self.world.services().client.snapshots.take(self.id)
        self.wait(minutes=5)

    def passes(self) -> list[Outcome]:
        """A pass of a daemon; how its actions ended."""
        made = self._reconciler().apply(list_age=HOUR)
        return [each.outcome for each in made.ended]

    def planned(self, **how: Any) -> list[str]:
        """A plan; what was asked for, in order."""
        self._reconciler().plan(**how)
        return self.asked

    def _reconciler(self) -> Reconciler:
        recording = Recording(self.world.sender)
        self.asked = recording.asked
        return reconciler(self.world, self.wanted, sender=recording)


@pytest.fixture
def orders(tmp_path):
    made = Simulated(tmp_path)
    yield Orders(made)
    made.close()


def test_a_daemon_asks_for_one_day_a_day(orders):
    """When nothing is due; the list comes on top, for all instances at once."""
    orders.start(exports=[])
    for day in range(3, 9):
        orders.wait(days=1)
        assert orders.planned(list_age=HOUR) == ["list", f"day {day:02}"]
    orders.wait(days=1)
    assert orders.planned(list_age=HOUR) == ["list", "instance", "day 09"]


def test_a_slot_that_a_snapshot_by_hand_did_for_asks_back_to_it(orders):
    """It was taken yesterday evening, after the slot; no second one is taken for it."""
    orders.start(exports=[], snapshots=[{"cron": "0 20 * * *"}])
    orders.wait(hours=9)
    orders.snapshot_by_hand()
    orders.wait(hours=16)

    assert orders.passes() == []
    assert "POST" not in orders.asked


def test_a_slot_that_nothing_did_for_is_run(orders):
    """The same without that snapshot."""
    orders.start(exports=[], snapshots=[{"cron": "0 20 * * *"}])
    orders.wait(hours=25)
    assert [type(each) for each in orders.passes()] == [Done]


def test_the_oldest_slot_counts(orders):
    """Of several rules that are due at once."""
    daily = [{"cron": "0 20 * * *"}, {"cron": "30 11 * * *"}]
    orders.start(exports=[], snapshots=daily)
    orders.wait(hours=25)
    assert orders.planned(list_age=HOUR)[-2:] == ["day 03", "day 02"]


def test_a_rule_that_is_due_asks_soon_after_a_look(orders):
    """Nothing else would ask now; what the instance is was asked for this noon."""
    orders.start(exports=[], snapshots=[{"cron": "0 15 * * *"}])
    orders.wait(hours=3)
    assert orders.planned(list_age=HOUR) == ["list", "day 02"]


def test_an_export_that_is_due_asks_for_the_newest_only(orders):
    """It takes the newest snapshot that can be exported, however long it has been due."""
    orders.start(exports=[{"cron": "0 2 * * SUN"}])
    orders.wait(days=8)
    assert orders.planned(list_age=HOUR) == ["list", "instance", "day 10"]


def test_a_person_sees_what_was_done_within_a_day(orders):
    """A daemon had passed it over this morning; who looks twice pays once."""
    orders.start(exports=[])
    orders.wait(hours=8)
    orders.snapshot_by_hand()
    orders.wait(hours=16)
    assert orders.planned(list_age=HOUR)[-1] == "day 03"
    assert orders.planned()[-2:] == ["day 03", "day 02"]
    assert orders.planned() == ["list", "day 03"]


def test_fresh_asks_for_everything_once(orders):
    """Each day that Aura keeps; what was asked for to its end is not asked for again."""
    orders.start(exports=[])
    orders.wait(days=1)
    everything = ["list", "instance", "day 03", "day 02", "day 01"]
    assert orders.planned(fresh=True)[:5] == everything
    assert orders.planned(fresh=True) == ["list", "instance", "day 03"]
