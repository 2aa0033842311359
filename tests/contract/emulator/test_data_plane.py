"""What the control plane asks of a data plane, how it waits for it, and what it takes up again."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aura_emulator.control_plane import lifecycle
from aura_emulator.control_plane.aura import OtherDataPlaneError
from aura_emulator.control_plane.clock import Clock
from aura_emulator.data_plane.interface import Counts, Limits, Progress, Source, Work, WorkKind
from contract.emulator.remembering import Remembering
from contract.emulator.world import World, message, refusal, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def data() -> Remembering:
    return Remembering()


@pytest.fixture
def world(data: Remembering) -> Iterator[World]:
    fresh = World(data_plane=data)
    yield fresh
    fresh.close()


def _kinds(orders: list[Work]) -> list[tuple[str, str, Source | None]]:
    return [(work.kind, work.instance_id, work.source) for work in orders]


def test_every_operation_reaches_the_data(world: World, data: Remembering) -> None:
    """With the ids and the password that the API answered, in the order of events."""
    created = world.post("/instances", wanted())
    one, path = created["id"], f"/instances/{created['id']}"
    [work] = data.ordered()
    assert (work.kind, work.instance_id, work.source) == (WorkKind.CREATE, one, None)
    assert work.password == created["password"]
    world.wait()
    world.wait()
    taken = world.take(one)
    first = next(row["snapshot_id"] for row in world.snapshots(one) if row["snapshot_id"] != taken)
    assert data.taken == [(one, (first,)), (one, (taken,))]
    clone = world.post("/instances", wanted(source_instance_id=one, source_snapshot_id=taken))
    other = clone["id"]
    [work] = data.ordered()
    assert (work.kind, work.source, work.password) == (
        WorkKind.CREATE,
        Source(one, taken),
        clone["password"],
    )
    world.wait()
    world.wait()
    world.post(f"{path}/snapshots/{taken}/restore")
    world.wait()
    world.post(f"{path}/pause")
    world.wait()
    world.post(f"{path}/resume")
    world.wait()
    world.post(f"/instances/{other}/overwrite", {"source_instance_id": one})
    fresh = data.taken[-1][1][0]
    assert _kinds(data.ordered()) == [
        (WorkKind.REPLACE, one, Source(one, taken)),
        (WorkKind.STOP, one, None),
        (WorkKind.START, one, None),
        (WorkKind.REPLACE, other, Source(one, fresh)),
    ]


def test_an_order_is_passed_on_once_and_only_when_it_is_written_down(
    world: World, data: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal at the last moment leaves the data plane alone; the order has an id of its own."""
    aura = world.app.state.aura
    monkeypatch.setattr(
        "aura_emulator.control_plane.cloning.hold", lambda *_: (_ for _ in ()).throw(KeyError)
    )
    one = world.create()
    ids = {work.id for work in data.ordered()}
    assert len(ids) == 1
    with pytest.raises(KeyError):
        world.api.post("/instances", json=wanted(source_instance_id=one))
    assert data.ordered() == []
    assert [instance.id for instance in aura.store.instances()] == [one]
    monkeypatch.undo()
    other = world.create()
    assert _kinds(data.ordered()) == [(WorkKind.CREATE, other, None)], "nor is it passed on later"


def test_a_deleted_instance_takes_its_snapshots_along(world: World, data: Remembering) -> None:
    """The data goes at once, the snapshots at the end."""
    instance = world.create()
    taken = {world.take(instance), *(row["snapshot_id"] for row in world.snapshots(instance))}
    data.ordered()
    world.api.delete(f"/instances/{instance}")
    assert _kinds(data.ordered()) == [(WorkKind.DELETE, instance, None)]
    world.wait()
    assert data.dropped == [taken]


def test_slots_passed_over_are_taken_together(world: World, data: Remembering) -> None:
    """When the clock is moved and not when somebody looks: in between data may change."""
    world.create()
    data.taken.clear()
    world.wait(days=3)
    assert [len(names) for _, names in data.taken] == [3]
    world.wait(days=7)
    assert [len(names) for _, names in data.taken] == [3, 7]
    assert [len(names) for names in data.dropped] == [4]


def test_an_operation_lasts_until_the_data_is_there(world: World, data: Remembering) -> None:
    """The deadline alone does not end it; a failure ends it as failures end."""
    data.state = Progress.UNDER_WAY
    slow, failing = world.create(), world.create()
    world.wait(hours=1)
    assert (world.status(slow), world.status(failing)) == ("creating", "creating")
    data.state = Progress.DONE
    assert world.status(slow) == "running"
    assert world.get(f"/instances/{slow}")["connection_url"] == f"bolt://localhost/{slow}"
    data.state = Progress.FAILED
    assert world.status(failing) == "loading failed"


def test_a_failure_of_the_past_is_none_of_the_next_operation(
    world: World, data: Remembering
) -> None:
    """A rename takes no work, so it ends well whatever became of the last order."""
    instance = world.create()
    data.state = Progress.FAILED
    world.patch(f"/instances/{instance}", {"name": "other"})
    world.wait()
    shown = world.get(f"/instances/{instance}")
    assert (shown["status"], shown["name"]) == ("running", "other")


def test_a_snapshot_completes_only_with_its_data(world: World, data: Remembering) -> None:
    """Under way beyond its time it is InProgress; without its data it has failed."""
    instance = world.create()
    data.copies = Progress.UNDER_WAY
    taken = world.take(instance)
    path = f"/instances/{instance}/snapshots/{taken}"
    world.wait(hours=1)
    assert world.get(path)["status"] == "InProgress"
    data.copies = Progress.DONE
    world.wait()
    assert (world.get(path)["status"], world.get(path)["exportable"]) == ("Completed", True)
    data.copies = Progress.FAILED
    assert world.get(path)["status"] == "Completed", "what was seen complete stays complete"
    lost = world.take(instance)
    shown = world.get(f"/instances/{instance}/snapshots/{lost}")
    assert (shown["status"], shown["exportable"]) == ("Failed", False)


def test_a_snapshot_without_its_data_never_looks_complete(world: World, data: Remembering) -> None:
    """Not even between two looks at a clock that runs; and no other one is taken meanwhile."""
    instance = world.create()
    data.copies = Progress.UNDER_WAY
    taken = world.take(instance)
    every_second = count(world.control.now(), 1.0)
    world.app.state.aura.clock = Clock(real=lambda: next(every_second))
    path = f"/instances/{instance}/snapshots/{taken}"
    assert {world.get(path)["status"] for _ in range(10)} == {"InProgress"}
    refused = world.api.post(f"/instances/{instance}/snapshots", json={})
    assert refusal(refused) == (409, "snapshot-not-allowed")


def test_a_snapshot_that_is_to_fail_keeps_no_data(world: World, data: Remembering) -> None:
    """Nor does one that is planted as failed."""
    instance = world.create()
    data.taken.clear()
    world.control.plan_operation("snapshot", ending="failed")
    world.take(instance)
    world.control.plant_snapshot(instance, status="Failed")
    assert data.taken == []
    planted = world.control.plant_snapshot(instance)
    assert data.taken == [(instance, (planted["snapshot_id"],))]


def test_running_means_that_drivers_can_connect(world: World, data: Remembering) -> None:
    """A server that died is started again, and the instance is resuming meanwhile."""
    instance = world.create()
    data.ordered()
    data.up, data.state = False, Progress.UNDER_WAY
    assert world.status(instance) == "resuming"
    assert world.status(instance) == "resuming"
    assert _kinds(data.ordered()) == [(WorkKind.START, instance, None)]
    data.up, data.state = True, Progress.DONE
    world.wait()
    assert world.status(instance) == "running"


def test_a_server_that_cannot_be_started_again_leaves_a_paused_instance(
    world: World, data: Remembering
) -> None:
    """From there it can be resumed, or deleted."""
    instance = world.create()
    data.up, data.state = False, Progress.FAILED
    assert world.status(instance) == "resuming"
    world.wait()
    assert world.status(instance) == "paused"
    data.up, data.state = True, Progress.DONE
    world.post(f"/instances/{instance}/resume")
    world.wait()
    assert world.status(instance) == "running"


@pytest.mark.parametrize("status", ["paused", "suspended", "loading failed"])
def test_nothing_answers_for_an_instance_that_was_put_to_rest(
    world: World, data: Remembering, status: str
) -> None:
    """Also when the control API said so."""
    instance = world.create()
    data.ordered()
    world.control.set_status(instance, status)
    assert _kinds(data.ordered()) == [(WorkKind.STOP, instance, None)]


def test_an_operation_that_is_to_fail_leaves_data_as_it_is(world: World, data: Remembering) -> None:
    """Only a create makes something: its server is stopped when it has failed."""
    instance = world.create()
    taken = world.take(instance)
    data.ordered()
    world.control.plan_operation("restore", ending="failed")
    world.post(f"/instances/{instance}/snapshots/{taken}/restore")
    world.wait()
    assert world.status(instance) == "loading failed"
    assert _kinds(data.ordered()) == [(WorkKind.STOP, instance, None)]
    world.control.plan_operation("create", ending="failed")
    failing = world.create()
    assert world.status(failing) == "loading failed"
    assert _kinds(data.ordered()) == [
        (WorkKind.CREATE, failing, None),
        (WorkKind.STOP, failing, None),
    ]


def test_whose_password_holds_after_an_overwrite_is_a_switch(
    world: World, data: Remembering
) -> None:
    """Nobody knows what Aura does."""
    one, other = world.create(), world.create()
    data.ordered()
    for _ in range(2):
        world.post(f"/instances/{other}/overwrite", {"source_instance_id": one})
        world.wait()
        world.control.change_switches(overwritten_password="source")
    kept, changed = data.ordered()
    assert (kept.password, changed.password) == (None, f"password of {one}")


def test_an_instance_does_not_shrink_below_its_data(world: World, data: Remembering) -> None:
    """It may shrink to what holds the data, and grow whatever it holds."""
    instance = world.create(memory="8GB")
    data.stored = 4_000_000_001
    refused = world.api.patch(f"/instances/{instance}", json={"memory": "2GB"})
    assert refusal(refused) == (400, "validation-error")
    assert "holds 4.0 GB, more than 4GB" in message(refused)
    data.stored = 4_000_000_000
    world.patch(f"/instances/{instance}", {"memory": "2GB"})
    world.wait()
    data.stored = 9_000_000_000
    world.patch(f"/instances/{instance}", {"memory": "4GB"})


def test_free_shows_what_it_holds(world: World, data: Remembering) -> None:
    """As it was counted last."""
    instance = world.create("free-db", cloud_provider="gcp", version="5")
    data.counted = Counts(12, 34)
    world.wait()
    shown = world.get(f"/instances/{instance}")
    assert (shown["graph_nodes"], shown["graph_relationships"]) == (12, 34)


def test_orders_come_again_after_a_crash(data: Remembering, tmp_path: Path) -> None:
    """With the same id, as long as their operation is not seen to have ended."""
    first = World(tmp_path, data)
    running, taken = first.create(), ""
    taken = first.take(running)
    data.state = Progress.UNDER_WAY
    creating = first.create()
    first.post(f"/instances/{running}/snapshots/{taken}/restore")
    [*_, create, restore] = data.ordered()
    first.close()
    again = Remembering()
    second = World(tmp_path, again)
    assert again.ordered() == [restore, create]
    [(instances, snapshots)] = again.kept
    assert instances == {running, creating}
    assert snapshots >= {taken, restore.id, create.id}
    second.wait()
    assert (second.status(running), second.status(creating)) == ("running", "running")
    second.close()
    third = World(tmp_path, data)
    assert data.ordered() == []
    third.close()


def test_an_order_survives_being_written_down(world: World) -> None:
    """Every field, also those that the operations of today leave out."""
    aura = world.app.state.aura
    work = Work(
        "id", "instance", WorkKind.LOAD, "password", Source("other", "snapshot"), "/a/dump",
        Limits(1, 2, 3),
    )  # fmt: skip
    aura.store.orders.put(work)
    assert aura.store.orders.work("instance") == work


def test_a_state_folder_belongs_to_one_data_plane(data: Remembering, tmp_path: Path) -> None:
    """Without databases its instances would look like ones that were lost."""
    first = World(tmp_path, data)
    instance = first.create()
    first.close()
    with pytest.raises(OtherDataPlaneError, match="--data-plane remembering, not none"):
        World(tmp_path)
    second = World(tmp_path, data)
    lifecycle.vanish(second.app.state.aura, second.app.state.aura.store.instance(instance))
    second.close()
    World(tmp_path).close()


def test_starting_over_deletes_every_database(world: World, data: Remembering) -> None:
    """And forgets what was ordered."""
    instance = world.create()
    data.ordered()
    world.control.reset()
    assert _kinds(data.ordered()) == [(WorkKind.DELETE, instance, None)]
    assert world.app.state.aura.store.orders.work(instance) is None
