"""The control API: the clock, the record, and the world changed from outside."""

from __future__ import annotations

from typing import Any

import pytest

from aura_emulator.control_plane.clock import Clock
from contract.emulator.world import START, World, wanted
from support.emulator import (
    DEVELOPMENT_PROJECT_ID,
    PRODUCTION_PROJECT_ID,
    EmulatorError,
)


def test_the_clock_moves_by_seconds_and_to_a_moment(world: World) -> None:
    """Frozen it stands, thawed it goes on from there."""
    assert world.control.clock()["now"] == START
    assert world.control.advance_clock(hours=1)["now"] == "2026-03-02T13:00:00Z"
    assert world.control.set_clock("2026-03-02T15:00:00+01:00")["now"] == "2026-03-02T14:00:00Z"
    before = world.control.now()
    assert world.control.now() == before
    world.control.thaw_clock()
    assert 0 <= world.control.now() - before < 30


def test_a_thawed_clock_goes_on_from_where_it_stood() -> None:
    """However long it was frozen; a moved one runs as fast as real time."""
    real = 1_000.0
    clock = Clock(real=lambda: real)
    clock.move(5_000.0)
    real += 10
    assert clock.now() == 5_010.0
    clock.freeze()
    real += 100
    assert clock.now() == 5_010.0
    clock.thaw()
    real += 1
    assert clock.now() == 5_011.0


def test_the_clock_goes_back_only_while_there_is_no_instance(world: World) -> None:
    """Else deadlines and retention would lose their sense."""
    world.control.set_clock("2020-01-01")
    world.create()
    with pytest.raises(EmulatorError, match="goes back only"):
        world.control.set_clock("2019-12-31")


@pytest.mark.parametrize(
    "body", [{"set": "soon"}, {"advance_seconds": -1}, {"set": "9999-01-01"}, {"advance": 1}]
)
def test_a_time_that_cannot_be_is_refused(world: World, body: dict[str, Any]) -> None:
    """400, and the clock stands where it stood."""
    assert world.http.post("/emulator/clock", json=body).status_code == 400
    assert world.control.clock()["now"] == START


def test_every_request_is_recorded_once(world: World) -> None:
    """With method, path, query, status and whether it changes anything; control is not."""
    world.control.reset_requests()
    instance = world.post("/instances", wanted())["id"]
    world.api.get(f"/instances/{instance}/snapshots?date=2026-01-01")
    world.api.patch(f"/instances/{instance}", json={"name": "x"})
    world.api.post("/instances/sizing", json={})
    world.token()
    seen = [(r["method"], r["path"], r["status"], r["mutating"]) for r in world.control.requests()]
    assert seen == [
        ("POST", "/v1/instances", 202, True),
        ("GET", f"/v1/instances/{instance}/snapshots", 200, False),
        ("PATCH", f"/v1/instances/{instance}", 409, True),
        ("POST", "/v1/instances/sizing", 400, False),
        ("POST", "/oauth/token", 200, False),
    ]
    assert world.control.requests()[1]["query"] == "date=2026-01-01"
    assert len(world.control.requests(mutating=True)) == 2
    assert len(world.control.requests("POST")) == 3
    assert len(world.control.requests(path="/v1/instances/")) == 3
    world.control.reset_requests()
    assert world.control.requests() == []


def test_refused_requests_are_recorded_too(world: World) -> None:
    """401 and 429 count: a client that hammers is seen."""
    world.control.reset_requests()
    world.control.change_switches(rate_limit=1)
    world.http.get("/v1/tenants")
    world.api.get("/tenants")
    world.api.get("/tenants")
    assert [r["status"] for r in world.control.requests()] == [401, 200, 429]


def test_a_reset_brings_the_first_start_back(world: World) -> None:
    """Instances, projects, faults, switches, plans, clock and record; the token stays valid."""
    world.create()
    world.control.add_project("More")
    world.control.add_credential("other", "secret")
    world.control.add_fault("html", times=0)
    world.control.plan_operation("create", ending="failed")
    world.control.change_switches(rate_limit=1, operation_seconds=99)
    world.control.reset()
    assert world.control.requests() == []
    assert world.get("/instances") == []
    assert [p["id"] for p in world.get("/tenants")] == [
        PRODUCTION_PROJECT_ID,
        DEVELOPMENT_PROJECT_ID,
    ]
    assert abs(world.control.clock()["offset_seconds"]) < 1
    assert world.control.clock()["frozen"] is False
    assert (world.control.switches()["rate_limit"], world.control.faults()) == (0, [])
    with pytest.raises(AssertionError):
        world.token("other", "secret")


def test_an_instance_vanishes_outright(world: World) -> None:
    """404 and off the list at once, without a request of ours."""
    instance = world.create()
    world.control.vanish(instance)
    assert world.api.get(f"/instances/{instance}").status_code == 404
    assert world.get("/instances") == []


def test_an_instance_is_changed_past_every_rule(world: World) -> None:
    """Status, sizes, name, graph counts; a set status has no end of its own."""
    instance = world.create()
    world.control.change_instance(instance, memory="512GB", storage="2GB", name="x" * 40)
    shown = world.get(f"/instances/{instance}")
    assert (shown["memory"], shown["storage"], len(shown["name"])) == ("512GB", "2GB", 40)
    world.control.set_status(instance, "suspending")
    world.wait(days=40)
    assert world.status(instance) == "suspending"
    free = world.create("free-db")
    world.control.change_instance(free, graph_nodes=7)
    assert world.get(f"/instances/{free}")["graph_nodes"] == 7
    world.control.change_switches(graph_counts="string")
    assert world.get(f"/instances/{free}")["graph_nodes"] == "7"


def test_a_snapshot_is_planted_with_any_fields(world: World) -> None:
    """It is there for the API like any other; it can be changed and dropped."""
    instance = world.create()
    planted = world.control.plant_snapshot(
        instance,
        timestamp="2026-01-05T07:08:09Z",
        profile="Scheduled",
        kind="full",
        restorable_until="2027-01-01",
        exportable_until="2026-12-31",
    )
    path = f"/instances/{instance}/snapshots/{planted['snapshot_id']}"
    assert world.get(path) == {
        "instance_id": instance,
        "profile": "Scheduled",
        "snapshot_id": planted["snapshot_id"],
        "status": "Completed",
        "timestamp": "2026-01-05T07:08:09Z",
        "exportable": True,
    }
    assert world.snapshots(instance, "2026-01-05") == [world.get(path)]
    for status in ("Pending", "InProgress", "Failed", "Cancelled"):
        world.control.change_snapshot(planted["snapshot_id"], status=status)
        assert (world.get(path)["status"], world.get(path)["exportable"]) == (status, False)
    world.control.change_snapshot(planted["snapshot_id"], status="Completed", exportable=False)
    assert world.get(path)["exportable"] is False
    world.control.drop_snapshot(planted["snapshot_id"])
    assert world.api.get(path).status_code == 404


def test_a_planted_snapshot_that_is_too_old_is_not_there(world: World) -> None:
    """Its tier's retention holds unless it is told otherwise."""
    instance = world.create()
    planted = world.control.plant_snapshot(instance, timestamp="2026-01-01")
    answer = world.api.get(f"/instances/{instance}/snapshots/{planted['snapshot_id']}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "blue"),
        ("expired_token_status", 404),
        ("rate_limit", "many"),
        ("rate_limit", -1),
        ("first_snapshot", "perhaps"),
        ("retention_table", "both"),
    ],
)
def test_a_switch_that_cannot_be_is_refused(world: World, name: str, value: object) -> None:
    """With the choices in the message, and nothing changed."""
    before = world.control.switches()
    with pytest.raises(EmulatorError, match="400"):
        world.control.change_switches(**{name: value})
    assert world.control.switches() == before


def test_things_that_are_not_there_are_404(world: World) -> None:
    """In the control API too."""
    for call in (
        lambda: world.control.vanish("none"),
        lambda: world.control.change_instance("none", name="x"),
        lambda: world.control.change_snapshot("none", status="Failed"),
        lambda: world.control.snapshots("none"),
        lambda: world.control.change_project("none", name="x"),
        lambda: world.control.remove_fault(99),
    ):
        with pytest.raises(EmulatorError, match="404"):
            call()
