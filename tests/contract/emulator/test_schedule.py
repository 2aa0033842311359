"""What Aura does by itself: the schedule of each tier, and how long each snapshot is kept."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aura_emulator.control_plane.clock import moment
from aura_emulator.control_plane.model import Kind
from aura_emulator.control_plane.schedule import slots
from aura_emulator.control_plane.tiers import TIERS, cadence, retention
from contract.emulator.world import World

DAY = 86_400
HOUR = 3_600


def kept(world: World, instance: str) -> list[dict[str, Any]]:
    """Every snapshot that is there, of all days."""
    return world.control.snapshots(instance)


def kinds(world: World, instance: str) -> Counter[str]:
    return Counter(row["kind"] for row in kept(world, instance))


def age_in_days(world: World, row: dict[str, Any]) -> float:
    return (world.control.now() - moment(row["timestamp"])) / DAY


def test_a_professional_instance_has_a_daily_snapshot_for_seven_days(world: World) -> None:
    """At 03:00, the first one at its creation; the eighth pushes nothing out before its time."""
    instance = world.create()
    world.wait(days=6)
    assert [row["timestamp"] for row in kept(world, instance)] == [
        "2026-03-02T12:00:10Z",
        *(f"2026-03-{day:02}T03:00:00Z" for day in range(3, 9)),
    ]
    world.wait(days=20)
    rows = kept(world, instance)
    assert len(rows) == 7
    assert max(age_in_days(world, row) for row in rows) < 7
    assert all(row["exportable"] and row["status"] == "Completed" for row in rows)


def test_a_business_critical_instance_has_hourly_differentials(world: World) -> None:
    """Full at 03:00, differential every other hour; thirty days of both, only full exportable."""
    instance = world.create("business-critical")
    world.wait(days=60)
    rows = kept(world, instance)
    assert kinds(world, instance) == {"full": 30, "differential": 30 * 23}
    assert {row["kind"] for row in rows if row["exportable"]} == {"full"}
    assert max(age_in_days(world, row) for row in rows) < 30
    assert all(row["timestamp"].endswith(":00:00Z") for row in rows)


def test_a_dedicated_instance_keeps_sixty_days(world: World) -> None:
    """Full and differential; on-demand ones ninety."""
    instance = world.create("enterprise-db")
    mine = world.take(instance)
    world.wait(days=89)
    assert kinds(world, instance) == {"full": 60, "differential": 60 * 23, "on-demand": 1}
    assert world.get(f"/instances/{instance}/snapshots/{mine}")["exportable"]
    world.wait(days=1)
    assert kinds(world, instance) == {"full": 60, "differential": 60 * 23}


def test_a_legacy_dedicated_instance_keeps_one_of_four_for_long(world: World) -> None:
    """Every six hours; one a day for 60 days, exportable for 14; the others for seven, both."""
    instance = world.create("enterprise-db", version="4")
    for _ in range(8):  # looked at every six hours
        world.wait(hours=6)
        assert all(row["exportable"] for row in kept(world, instance)[:-1])
    world.wait(days=70)
    assert kinds(world, instance) == {"full": 60, "short": 7 * 3}
    exportable = [row for row in kept(world, instance) if row["exportable"]]
    assert Counter(row["kind"] for row in exportable) == {"full": 14, "short": 7 * 3}


def test_a_dedicated_instance_has_one_exportable_scheduled_snapshot_a_day(world: World) -> None:
    """Its creation counts: created before three, the daily one of that day is not exportable."""
    world.wait(hours=13)
    instance = world.create("enterprise-db")
    world.wait(days=3)
    days = Counter(
        row["timestamp"][:10]
        for row in kept(world, instance)
        if row["exportable"] and row["profile"] == "Scheduled"
    )
    assert set(days.values()) == {1}
    first_day = [row for row in kept(world, instance) if row["timestamp"] < "2026-03-04"]
    assert [row["exportable"] for row in first_day if row["kind"] == "full"] == [True, False]


@pytest.mark.parametrize(
    ("tier", "version", "table", "restorable", "exportable", "on_demand"),
    [
        ("professional-db", "5", "console", 7, 7, 7),
        ("professional-db", "4", "classic", 30, 7, 30),
        ("business-critical", "5", "console", 30, 30, 30),
        ("business-critical", "5", "classic", 30, 7, 30),
        ("enterprise-db", "4", "console", 60, 14, 90),
        ("enterprise-db", "4", "classic", 60, 14, 90),
        ("enterprise-db", "5", "console", 60, 60, 90),
        ("enterprise-db", "5", "classic", 60, 14, 90),
        ("professional-ds", "5", "console", 7, 7, 30),
        ("professional-ds", "5", "classic", 7, 7, 30),
        ("enterprise-ds", "5", "console", 14, 7, 90),
        ("enterprise-ds", "5", "classic", 14, 14, 90),
    ],
)
def test_both_published_tables_hold_by_switch(  # noqa: PLR0917 - by name
    tier: str, version: str, table: str, restorable: int, exportable: int, on_demand: int
) -> None:
    """Days for full scheduled snapshots and for on-demand ones; differentials never export."""
    rules = retention(tier, version, table)
    assert (rules[Kind.FULL].restorable, rules[Kind.FULL].exportable) == (restorable, exportable)
    assert (rules[Kind.ON_DEMAND].restorable, rules[Kind.ON_DEMAND].exportable) == (
        on_demand,
        on_demand,
    )
    assert rules[Kind.DIFFERENTIAL].exportable == 0


def test_exportable_ends_before_restorable_where_the_table_says_so(world: World) -> None:
    """Classic Professional: seven days exportable, thirty restorable."""
    world.control.change_switches(retention_table="classic")
    instance = world.create()
    [first] = world.snapshots(instance)
    path = f"/instances/{instance}/snapshots/{first['snapshot_id']}"
    world.wait(days=8)
    assert world.get(path)["exportable"] is False
    world.post(f"{path}/restore")
    world.wait(days=30)
    assert world.api.get(path).status_code == 404


def test_nothing_is_taken_while_an_instance_does_not_run(world: World) -> None:
    """Two days paused leave two days out, also when everything is looked at only afterwards."""
    instance = world.create()
    world.post(f"/instances/{instance}/pause")
    world.wait(days=2)
    world.post(f"/instances/{instance}/resume")
    world.wait(days=2)
    assert [row["timestamp"] for row in kept(world, instance)] == [
        "2026-03-02T12:00:10Z",
        "2026-03-05T03:00:00Z",
        "2026-03-06T03:00:00Z",
    ]


def test_what_was_due_before_a_pause_was_taken(world: World) -> None:
    """Also when nobody looked in between."""
    instance = world.create()
    world.wait(days=2)
    world.post(f"/instances/{instance}/pause")
    world.wait(days=2)
    assert [row["timestamp"][:10] for row in kept(world, instance)] == [
        "2026-03-02",
        "2026-03-03",
        "2026-03-04",
    ]


def test_a_schedule_is_played_in_the_order_of_what_happened(world: World) -> None:
    """An update that flips the type changes the cadence from its end on."""
    instance = world.create()
    world.control.plan_operation("upgrade", seconds=2 * DAY)
    world.post(f"/instances/{instance}/upgrade")
    world.wait(days=3)
    rows = kept(world, instance)
    flipped = moment("2026-03-04T12:00:20Z")
    assert all(row["kind"] == "full" for row in rows if moment(row["timestamp"]) <= flipped)
    assert sum(row["kind"] == "differential" for row in rows) == 23


def test_a_scheduled_snapshot_in_progress_refuses_one_on_demand(world: World) -> None:
    """As long as it runs."""
    instance = world.create()
    world.control.set_clock("2026-03-03T03:00:05Z")
    answer = world.api.post(f"/instances/{instance}/snapshots", json={})
    assert answer.status_code == 409
    world.wait(5)
    assert world.take(instance)


def test_the_hour_of_the_daily_snapshot_is_a_switch(world: World) -> None:
    """Aura does not say when it is."""
    world.control.change_switches(daily_snapshot_hour=22)
    instance = world.create()
    world.wait(days=1)
    assert kept(world, instance)[-1]["timestamp"] == "2026-03-02T22:00:00Z"


def test_sixty_days_of_fifty_instances_pass_quickly(world: World) -> None:
    """Moving is free; looking at all 72,000 snapshots takes a few seconds at the very most."""
    world.control.change_switches(operation_seconds=0)
    instances = [world.create("enterprise-db", settle=False) for _ in range(50)]
    begun = time.perf_counter()
    world.wait(days=60)
    moved = time.perf_counter() - begun
    begun = time.perf_counter()
    for instance in instances:
        assert len(world.snapshots(instance)) >= 12
    looked = time.perf_counter() - begun
    print(f"moved in {moved:.3f} s, looked at 50 schedules in {looked:.3f} s")  # noqa: T201
    assert moved < 1
    assert looked < 15


@example(
    tier="business-critical",
    version="5",
    hour=3,
    begin=1_700_000_000,
    length=2 * DAY,
    cut=0.5,
    grid=HOUR,
)
@given(
    tier=st.sampled_from(sorted(TIERS)),
    version=st.sampled_from(["4", "5"]),
    hour=st.integers(0, 23),
    begin=st.integers(1_700_000_000, 1_800_000_000),
    length=st.integers(0, 5 * DAY),
    cut=st.floats(0, 1),
    grid=st.sampled_from([1, HOUR]),
)
def test_a_schedule_is_the_same_in_one_step_or_two(  # noqa: PLR0917 - by name
    tier: str, version: str, hour: int, begin: int, length: int, cut: float, grid: int
) -> None:
    """No slot is lost or doubled where a walk is interrupted; all lie in the interval, in order."""
    plan, middle = cadence(tier, version), (begin + int(length * cut)) // grid * grid
    begin, end = begin // grid * grid, (begin + length) // grid * grid
    whole = list(slots(plan, hour, begin, end))
    parts = [*slots(plan, hour, begin, middle), *slots(plan, hour, middle, end)]
    assert whole == parts
    assert [at for at, _ in whole] == sorted({at for at, _ in whole})
    assert all(begin < at <= end for at, _ in whole)
    fulls = [datetime.fromtimestamp(at, UTC) for at, kind in whole if kind is Kind.FULL]
    assert all((at.hour, at.minute, at.second) == (hour, 0, 0) for at in fulls)
