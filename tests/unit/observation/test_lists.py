"""Lists of instances, and which missing ones are certainly gone."""

from datetime import timedelta

import pytest

from pulumi_neo4j_aura.domain.observed import Sight
from pulumi_neo4j_aura.observation import lists
from pulumi_neo4j_aura.observation.memory import ProcessMemory, SeenInstance
from support.emulator import PRODUCTION_PROJECT_ID
from support.simulated import Simulated

HOUR = timedelta(hours=1)


@pytest.fixture
def world(tmp_path):
    made = Simulated(tmp_path)
    yield made
    made.close()


def read(world, memory, at_most=timedelta()):
    now = world.clock.now()
    return lists.read(world.services(), memory, PRODUCTION_PROJECT_ID, now=now, at_most=at_most)


def missing(world, memory, wanted):
    found = [read(world, memory)]
    return lists.missing(world.services(), memory, wanted, found, world.clock.now())


def instance_calls(world):
    return sum(path.startswith("/v1/instances") for _, path in world.sender.sent)


def ghost(number=1):
    return SeenInstance(f"dead000{number}", f"ghost-{number}", PRODUCTION_PROJECT_ID)


def test_a_list_is_remembered_for_as_long_as_it_may_be_old(world):
    """One call; after its time another."""
    world.instance("orders")
    memory = ProcessMemory()
    world.sender.sent.clear()
    assert [row.name for row in read(world, memory, HOUR).rows] == ["orders"]
    world.pass_time(minutes=59)
    assert [row.name for row in read(world, memory, HOUR).rows] == ["orders"]
    assert instance_calls(world) == 1
    world.pass_time(minutes=1)
    read(world, memory, HOUR)
    assert instance_calls(world) == 2


def test_a_project_that_cannot_be_listed_is_unknown(world):
    """Not empty."""
    world.app.state.aura.store.close()
    found = read(world, ProcessMemory())
    assert found.project.sight is Sight.UNKNOWN
    assert found.rows == ()
    assert found.project.reason


def test_an_instance_that_two_readings_miss_is_absent_and_remembered_so(world):
    """The certainty costs two readings once, and none for some hours."""
    memory = ProcessMemory()
    (gone,) = missing(world, memory, [ghost()])
    assert (gone.sight, gone.name) == (Sight.ABSENT, "ghost-1")
    world.sender.sent.clear()
    (again,) = missing(world, memory, [memory.instance("dead0001") or ghost()])
    assert again.sight is Sight.ABSENT
    assert instance_calls(world) == 1  # the list


def test_an_instance_without_a_project_is_unknown_when_it_is_missing(world):
    """Whether it is gone cannot be told without the list of its project."""
    (found,) = missing(world, ProcessMemory(), [SeenInstance("dead0001", "", "")])
    assert found.sight is Sight.UNKNOWN
    assert "name the project" in found.reason


def test_of_many_missing_at_once_only_some_are_looked_for(world):
    """A credential that lost its project must not look like a thousand deletions."""
    wanted = [ghost(number) for number in range(lists.MOST_MISSING + 1)]
    found = missing(world, ProcessMemory(), wanted)
    assert [each.sight for each in found] == [*[Sight.ABSENT] * lists.MOST_MISSING, Sight.UNKNOWN]
    assert "at once" in found[-1].reason


def test_each_missing_one_has_its_turn_in_a_later_pass(world):
    """What was certainly gone once needs no second look, so that the rest comes to it."""
    memory = ProcessMemory()
    wanted = [ghost(number) for number in range(8)]
    for _ in range(2):
        found = missing(world, memory, [memory.instance(each.id) or each for each in wanted])
    assert {each.sight for each in found} == {Sight.ABSENT}


def test_what_is_listed_is_not_missing(world):
    """Only what the list lacks is looked for."""
    orders = world.instance("orders")
    there = SeenInstance(orders, "orders", PRODUCTION_PROJECT_ID)
    assert missing(world, ProcessMemory(), [there]) == ()
