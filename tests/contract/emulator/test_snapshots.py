"""Snapshots on demand: their states, their days, and restores."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contract.emulator.world import OPERATION_SECONDS, TODAY, World, refusal


def path(instance: str, snapshot: str = "") -> str:
    return f"/instances/{instance}/snapshots" + (f"/{snapshot}" if snapshot else "")


def test_taking_one_answers_its_id_and_no_more(world: World) -> None:
    """202, a UUID; the single GET has the rest."""
    instance = world.create()
    taken = world.post(path(instance), {})
    assert list(taken) == ["snapshot_id"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", taken["snapshot_id"])
    assert world.get(path(instance, taken["snapshot_id"])) == {
        "instance_id": instance,
        "profile": "AdHoc",
        "snapshot_id": taken["snapshot_id"],
        "status": "Pending",
        "timestamp": "2026-03-02T12:00:20Z",
        "exportable": False,
    }


def test_it_passes_from_pending_to_completed_and_is_exportable_only_then(world: World) -> None:
    """Pending, InProgress, Completed; exportable means exportable now."""
    instance = world.create()
    snapshot = world.take(instance, settle=False)
    seen = []
    for _ in range(5):
        shown = world.get(path(instance, snapshot))
        seen.append((shown["status"], shown["exportable"]))
        world.wait(OPERATION_SECONDS / 4)
    assert seen == [
        ("Pending", False),
        ("InProgress", False),
        ("InProgress", False),
        ("InProgress", False),
        ("Completed", True),
    ]


def test_there_is_one_at_a_time(world: World) -> None:
    """409 snapshot-not-allowed for the second one, not for another instance's."""
    instance, other = world.create(), world.create()
    world.take(instance, settle=False)
    assert refusal(world.api.post(path(instance), json={})) == (409, "snapshot-not-allowed")
    assert world.take(other)
    assert world.take(instance)


def test_the_first_scheduled_one_starts_by_itself(world: World) -> None:
    """As soon as the instance runs; an on-demand one in that window is refused."""
    instance = world.create(settle=False)
    assert refusal(world.api.post(path(instance), json={})) == (409, "ongoing-database-operation")
    world.wait()
    assert refusal(world.api.post(path(instance), json={})) == (409, "snapshot-not-allowed")
    [first] = world.snapshots(instance)
    assert (first["profile"], first["status"]) == ("Scheduled", "Pending")
    assert first["timestamp"] == "2026-03-02T12:00:10Z"
    world.wait()
    assert world.snapshots(instance)[0]["status"] == "Completed"
    assert world.take(instance)


def test_the_first_one_can_be_switched_off(world: World) -> None:
    """Then the day is empty; Free never has one."""
    free = world.create("free-db")
    world.control.change_switches(first_snapshot=False)
    assert world.snapshots(free) == world.snapshots(world.create()) == []


@pytest.mark.parametrize(
    ("plan", "status"),
    [
        ({"ending": "failed"}, "Failed"),
        ({"ending": "stuck"}, "Pending"),
        ({"status": "Cancelled"}, "Cancelled"),
    ],
)
def test_one_can_be_told_to_end_badly(world: World, plan: dict[str, Any], status: str) -> None:
    """Failed, Pending for ever, or Cancelled, which no list shows; none is exportable."""
    instance = world.create()
    world.control.plan_operation("snapshot", **plan)
    snapshot = world.take(instance)
    world.wait(hours=1)
    shown = world.get(path(instance, snapshot))
    assert (shown["status"], shown["exportable"]) == (status, False)
    listed = [row["snapshot_id"] for row in world.snapshots(instance)]
    assert (snapshot in listed) == (status != "Cancelled")
    answer = world.api.post(f"{path(instance, snapshot)}/restore", json={})
    assert refusal(answer) == (409, "snapshot-not-allowed")


def test_the_list_is_of_one_day(world: World) -> None:
    """Today's unless a date is given, oldest first."""
    instance = world.create()
    first = world.take(instance)
    world.wait(days=1)
    second = world.take(instance)
    adhoc = [row["snapshot_id"] for row in world.snapshots(instance) if row["profile"] == "AdHoc"]
    assert adhoc == [second]
    yesterday = world.snapshots(instance, TODAY)
    assert yesterday[-1]["snapshot_id"] == first
    assert yesterday == sorted(yesterday, key=lambda row: row["timestamp"])
    assert world.snapshots(instance, "2020-01-01") == []


def test_the_zone_of_a_day_is_a_switch(world: World) -> None:
    """UTC by default; with an offset, midnight moves."""
    instance = world.create()
    evening = world.control.plant_snapshot(instance, timestamp="2026-03-01T23:30:00Z")
    identity = evening["snapshot_id"]
    on = lambda day: identity in [row["snapshot_id"] for row in world.snapshots(instance, day)]  # noqa: E731
    assert (on("2026-03-01"), on("2026-03-02")) == (True, False)
    world.control.change_switches(snapshot_day_offset_minutes=60)
    assert (on("2026-03-01"), on("2026-03-02")) == (False, True)
    world.control.change_switches(snapshot_day_offset_minutes=-600)
    assert (on("2026-03-01"), on("2026-02-28")) == (True, False)
    world.control.change_switches(snapshot_day_offset_minutes=13 * 60)
    morning = world.control.plant_snapshot(instance, timestamp="2026-03-02T05:00:00Z")
    [today] = world.snapshots(instance)  # there, it is the third of March by now
    assert today["snapshot_id"] != morning["snapshot_id"]
    assert world.snapshots(instance, "2026-03-03") == [today]
    assert (on("2026-03-02"), on("2026-03-03")) == (True, False)


@pytest.mark.parametrize(
    "day", ["yesterday", "2026-3-2", "20260302", "2026-W10-1", "2026-02-30", ""]
)
def test_a_date_that_is_none_is_refused(world: World, day: str) -> None:
    """400 with the field."""
    answer = world.api.get(path(world.create()), params={"date": day})
    assert refusal(answer) == (400, "validation-error")
    assert answer.json()["errors"][0]["field"] == "date"


def test_a_snapshot_belongs_to_its_instance(world: World) -> None:
    """Another's is not found, nor restored."""
    instance, other = world.create(), world.create()
    snapshot = world.take(instance)
    assert refusal(world.api.get(path(other, snapshot))) == (404, "snapshot-not-found")
    answer = world.api.post(f"{path(other, snapshot)}/restore", json={})
    assert refusal(answer) == (404, "snapshot-not-found")


def test_a_restore_answers_the_instance_and_takes_its_time(world: World) -> None:
    """restoring, then running."""
    instance = world.create()
    snapshot = world.take(instance)
    restoring = world.post(f"{path(instance, snapshot)}/restore")
    assert (restoring["id"], restoring["status"]) == (instance, "restoring")
    world.wait()
    assert world.status(instance) == "running"


def test_whether_a_differential_one_can_be_restored_is_a_switch(world: World) -> None:
    """The documentation says both; it is never exportable."""
    instance = world.create("business-critical")
    world.wait(hours=1)
    differential = world.snapshots(instance)[-1]
    assert (differential["timestamp"], differential["exportable"]) == (
        "2026-03-02T13:00:00Z",
        False,
    )
    restore = f"{path(instance, differential['snapshot_id'])}/restore"
    world.control.change_switches(differential_restorable=False)
    assert refusal(world.api.post(restore, json={})) == (409, "snapshot-not-allowed")
    world.control.change_switches(differential_restorable=True)
    world.post(restore)


def test_of_free_only_the_latest_is_available(world: World) -> None:
    """On demand only; the older one goes when the newer one is complete."""
    free = world.create("free-db")
    first = world.take(free)
    second = world.take(free, settle=False)
    assert [row["snapshot_id"] for row in world.snapshots(free)] == [first, second]
    world.wait()
    assert [row["snapshot_id"] for row in world.snapshots(free)] == [second]
    assert refusal(world.api.get(path(free, first))) == (404, "snapshot-not-found")


def test_payment_can_be_required(world: World) -> None:
    """402, by switch."""
    instance = world.create()
    world.control.change_switches(payment_required=True)
    assert world.api.post(path(instance), json={}).status_code == 402
