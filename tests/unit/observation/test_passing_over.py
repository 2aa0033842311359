"""Which days a look asks for and which it passes over, and that none is lost where it matters."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.instance import Instance, InstanceSummary
from pulumi_neo4j_aura.domain.observed import ObservedInstance
from pulumi_neo4j_aura.domain.snapshot import AD_HOC, COMPLETED, SCHEDULED, Snapshot
from pulumi_neo4j_aura.observation.memory import ProcessMemory, SeenInstance
from pulumi_neo4j_aura.observation.need import Need
from pulumi_neo4j_aura.observation.snapshots import Looker

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def at(text):
    """A time of March 2026, such as `10 12:00`, a Tuesday."""
    return datetime.strptime(f"2026-03-{text} +0000", "%Y-%m-%d %H:%M %z").astimezone(UTC)


class Aura:
    """One instance and its snapshots; remembers what it was asked for."""

    def __init__(self) -> None:
        self.status = "running"
        self.held: dict[str, Snapshot] = {}
        self.asked: list[str] = []

    @property
    def instances(self) -> "Aura":
        return self

    @property
    def snapshots(self) -> "Aura":
        return self

    def get(self, instance_id: str) -> Instance:
        self.asked.append("instance")
        return Instance(instance_id, "orders", self.status, "p", type="professional-db")

    def list(self, _instance_id: str, day: date) -> tuple[Snapshot, ...]:
        self.asked.append(f"{day:%d}")
        return tuple(each for each in self.held.values() if _on(each, day))

    def took(self, when: str, profile: str = SCHEDULED, **facts: Any) -> None:
        fields = {"status": COMPLETED, "exportable": True, "timestamp": at(when), **facts}
        self.held[when] = Snapshot(when, "i", profile=profile, **fields)


def _on(snapshot: Snapshot, day: date) -> bool:
    return snapshot.timestamp is not None and snapshot.timestamp.date() == day


class World:
    """That instance, and looks at it by one process that remembers."""

    def __init__(self) -> None:
        self.aura = Aura()
        self.memory = ProcessMemory()
        self.created_at: datetime | None = None

    def look(self, now: str, need: Need | None = None) -> ObservedInstance:
        """Look; what was asked for is in `asked`."""
        self.aura.asked.clear()
        looker = Looker(self.aura, self.memory, lambda _kind: DAY)  # type: ignore[arg-type]
        return looker.look(self._row(), need or Need(), at(now))

    def _row(self) -> InstanceSummary:
        return InstanceSummary("i", "orders", "p", created_at=self.created_at)

    @property
    def asked(self) -> list[str]:
        return list(self.aura.asked)

    @property
    def days(self) -> list[str]:
        return [each for each in self.aura.asked if each != "instance"]

    @property
    def seen(self) -> SeenInstance:
        return self.memory.instances["i"]


@pytest.fixture
def world():
    """Looked at on Monday at noon; then two snapshots, on demand in the evening and Aura's own."""
    made = World()
    made.aura.took("09 03:00")
    made.look("09 12:00")
    made.aura.took("09 20:00", AD_HOC)
    made.aura.took("10 03:00")
    return made


def ids(seen):
    return sorted(each.id for each in seen.snapshots)


def test_a_day_later_one_call_tells_enough(world):
    """Nothing older can be a better copy than the one that was taken today."""
    seen = world.look("10 12:00")
    assert world.asked == ["10"]
    assert ids(seen) == ["09 03:00", "10 03:00"]
    assert world.seen.passed_over[0] == date(2026, 3, 9)


@pytest.mark.parametrize(
    "odd",
    [
        {"exportable": False},
        {"exportable": None},
        {"status": "InProgress"},
        {"status": "Failed"},
        {"timestamp": at("10 15:00")},  # from the future
    ],
)
def test_a_day_without_a_snapshot_that_can_be_exported_does_not_tell_enough(world, odd):
    """Yesterday evening's may be the newest copy."""
    world.aura.took("10 03:00", **odd)
    assert "09 20:00" in ids(world.look("10 12:00"))
    assert world.days[:2] == ["10", "09"]


def test_what_was_known_at_the_last_look_needs_no_older_day(world):
    """Days before it were looked at, or passed over for something newer."""
    world.look("10 12:00")
    world.look("11 03:30", Need(due=True))
    assert world.days == ["11", "10"]
    assert world.seen.passed_over[0] == date(2026, 3, 9)


def test_the_newest_must_be_seen_from_a_slot_on(world):
    """An on-demand snapshot of yesterday does for a rule that was due before it."""
    seen = world.look("10 12:00", Need(due=True, since=at("09 19:00")))
    assert world.days == ["10", "09"]
    assert "09 20:00" in ids(seen)


def test_older_days_are_not_asked_for_after_the_slot(world):
    """A newer day told enough already, though the slot's own has no snapshot."""
    world.aura.took("12 03:00")
    world.look("12 12:00", Need(due=True, since=at("11 19:00")))
    assert world.days == ["12", "11"]


def test_a_slot_of_today_needs_today_only(world):
    """It was due after midnight, with room for zones."""
    world.look("10 12:00", Need(due=True, since=at("10 05:30")))
    assert world.days == ["10"]
    world.look("11 03:30", Need(due=True, since=at("11 01:30")))
    assert world.days == ["11", "10"]


def test_a_day_that_was_passed_over_is_asked_for_once_when_it_is_needed(world):
    """It is not lost, and afterwards it is known."""
    need = Need(due=True, since=at("09 19:00"))
    world.look("10 12:00")
    assert "09 20:00" in ids(world.look("10 13:00", need))
    assert world.days == ["10", "09"]
    world.look("10 14:00", need)
    assert world.days == ["10"]


def test_a_first_look_can_be_made_up_for_as_well(world):
    """A memory that was lost loses no day."""
    world.memory.instances.clear()
    assert ids(world.look("10 12:00")) == ["10 03:00"]
    assert "09 03:00" in ids(world.look("10 12:30", Need(due=True, since=at("09 01:00"))))
    assert world.days == ["10", "09", "08"]


def test_a_first_look_goes_back_to_auras_own(world):
    """One on demand of today must not make Aura's own look overdue ever since the creation."""
    world.memory.instances.clear()
    world.created_at = at("01 12:00")
    world.aura.took("10 03:00", AD_HOC)
    world.aura.took("09 13:00")
    assert "09 13:00" in ids(world.look("10 12:00"))
    assert world.days == ["10", "09"]


def test_one_that_was_under_way_is_followed(world):
    """What became of it is not told by a newer one."""
    world.aura.took("09 20:00", AD_HOC, status="InProgress")
    world.look("09 20:30", Need(due=True))
    world.aura.took("09 20:00", AD_HOC)
    seen = world.look("10 12:00")
    assert world.days == ["10", "09"]
    assert all(each.completed for each in seen.snapshots)


def test_one_that_is_long_under_way_is_followed_to_its_day(world):
    """That day lies before the last look by now."""
    world.aura.took("09 20:00", AD_HOC, status="InProgress")
    world.look("09 20:30", Need(due=True))
    world.look("10 12:00")
    world.aura.took("09 20:00", AD_HOC)
    seen = world.look("10 13:00")
    assert world.days == ["10", "09"]
    assert all(each.completed for each in seen.snapshots)


def test_auras_own_snapshot_is_looked_for_until_its_day(world):
    """One on demand of today does not hide that Aura took its own in the part that was not seen."""
    world.look("10 12:00")
    world.aura.took("10 14:00")
    world.aura.took("11 11:00", AD_HOC)
    seen = world.look("11 12:00")
    assert world.asked == ["11", "10"]
    assert "10 14:00" in ids(seen)


def test_auras_own_snapshot_is_looked_for_in_days_that_were_passed_over(world):
    """It came at another hour that day, and a newer one on demand was enough then."""
    world.look("10 04:00")
    world.aura.took("10 23:00")
    world.aura.took("11 00:30", AD_HOC)
    world.look("11 03:30", Need(due=True))
    assert world.days == ["11"]
    assert "10 23:00" in ids(world.look("11 04:30"))
    assert world.asked == ["11", "10"]


def test_while_auras_own_is_late_an_hour_costs_the_newest_day_and_the_status(world):
    """The days back to its last one are asked for once, not in every hour; older ones never."""
    world.look("10 12:00")
    world.look("11 12:00")
    assert world.asked == ["11", "10", "instance"]
    world.look("11 13:00")
    assert world.asked == ["11", "instance"]
    world.look("11 13:30", Need(due=True))
    assert world.asked == ["11"]


def test_a_late_one_is_explained_by_the_status(world):
    """Somebody paused it an hour after the last look; that is not Aura's fault."""
    world.look("10 12:00")
    world.aura.status = "paused"
    assert world.look("11 04:30").status == "paused"


def test_a_snapshot_that_came_needs_no_explanation(world):
    """The instance itself is then not asked for."""
    world.look("10 12:00")
    world.aura.took("11 03:00")
    world.look("11 04:30")
    assert world.asked == ["11"]


def test_near_midnight_the_day_of_zones_ahead_is_asked_for_first(world):
    """In which zone Aura's days begin is not documented."""
    world.look("10 12:00")
    world.aura.took("11 21:00")
    world.look("11 22:30")
    assert world.days == ["12", "11"]


def test_days_that_aura_keeps_no_more_are_forgotten(world):
    """A professional instance's snapshots can be exported for a week."""
    for day in range(10, 20):
        world.aura.took(f"{day} 03:00")
        world.look(f"{day} 12:00")
        assert world.days == [f"{day}"]
    assert world.seen.passed_over == tuple(date(2026, 3, day) for day in range(18, 11, -1))


def test_everything_means_each_day_and_the_instance(world):
    """For whoever does not trust what is remembered."""
    world.look("10 12:00")
    world.look("10 13:00", Need(due=True, everything=True))
    assert world.asked == ["instance", *(f"{day:02}" for day in range(10, 2, -1))]
    assert world.seen.passed_over == ()
    world.look("10 14:00", Need(due=True, everything=True))
    assert world.asked == ["instance", "10"]
