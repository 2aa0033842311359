"""One instance and its snapshots: what is asked for, and what is remembered."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.observed import ObservedInstance, Sight
from pulumi_neo4j_aura.errors import Transient
from pulumi_neo4j_aura.observation.memory import ProcessMemory
from pulumi_neo4j_aura.observation.need import Need
from pulumi_neo4j_aura.observation.snapshots import Looker
from support.emulator import PRODUCTION_PROJECT_ID
from support.simulated import Simulated

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Look:
    """A world with one instance, and a look at it whenever it is called."""

    def __init__(self, world: Simulated) -> None:
        self.world = world
        self.memory = ProcessMemory()
        self.id = world.instance("orders")

    def __call__(self, *, due: bool = True, client: Any = None) -> ObservedInstance:
        """Look; what was asked for is in `asked`."""
        services = self.world.services()
        (row,) = services.client.instances.list(PRODUCTION_PROJECT_ID)
        self.world.sender.sent.clear()
        looker = Looker(client or services.client, self.memory, lambda _kind: DAY)
        return looker.look(row, Need(due=due), self.world.clock.now())

    @property
    def asked(self) -> list[str]:
        paths = [path.rpartition("/")[2] for _, path in self.world.sender.sent]
        return ["instance" if path == self.id else path.partition("?")[0] for path in paths]


@pytest.fixture
def look(tmp_path):
    world = Simulated(tmp_path)
    yield Look(world)
    world.close()


def test_the_first_look_asks_for_the_instance_and_its_newest_snapshots(look):
    """It goes back only until a snapshot is found that can be exported."""
    seen = look(due=False)

    assert look.asked == ["instance", "snapshots"]
    assert (seen.type, seen.status, seen.memory) == ("professional-db", "running", "8GB")
    assert [each.status for each in seen.snapshots] == ["Completed"]


def test_what_cannot_have_changed_is_not_asked_for(look):
    """Nothing is due, and Aura takes none yet."""
    first = look()
    look.world.pass_time(hours=3)

    assert look(due=False) == first
    assert look.asked == []


def test_while_rules_are_due_type_and_memory_are_asked_for_once_a_day(look):
    """Snapshots whenever one is."""
    look()
    look.world.pass_time(hours=3)
    look()
    assert look.asked == ["snapshots"]
    look.world.pass_time(hours=21)
    look()
    assert look.asked[0] == "instance"


def test_one_that_is_not_running_is_asked_for_again(look):
    """Somebody resumes it, and it can be copied again."""
    look()
    look.world.services().client.instances.pause(look.id)
    look.world.pass_time(hours=25)
    assert look().status == "paused"
    look.world.services().client.instances.resume(look.id)
    look.world.pass_time(hours=1)
    assert look().status == "running"


def test_one_that_was_worked_on_is_asked_for_again(look):
    """It may have been refused because its status is another one."""
    look()
    look.world.services().client.instances.pause(look.id)
    look.world.pass_time(hours=1)
    assert look().status == "running"  # remembered
    remembered = look.memory.instance(look.id)
    assert remembered is not None
    look.memory.keep_instance(replace(remembered, touched=True))
    assert look(due=False).status == "paused"


class Away:
    """Aura, which does not answer."""

    @property
    def instances(self):
        raise Transient("no answer within 60 s")


def test_an_error_leaves_the_snapshots_unknown_with_the_reason(look):
    """What was seen before is shown, and does not count as seen now."""
    before = look()
    look.world.pass_time(hours=25)
    seen = look(client=Away())

    assert seen.sight is Sight.PRESENT  # the list has it
    assert (seen.snapshots_seen, seen.snapshots) == (False, before.snapshots)
    assert "no answer" in seen.reason
    remembered = look.memory.instance(look.id)
    assert remembered is not None
    assert remembered.asked_at == look.world.clock.now() - timedelta(hours=25)
