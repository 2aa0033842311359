"""What the control plane asks of a data plane, and how it waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aura_emulator.data_plane.interface import Progress, Source
from contract.emulator.world import World, wanted

if TYPE_CHECKING:
    import pytest


class Remembering:
    """A data plane that remembers what it was asked for, and is as far as it is told."""

    name = "remembering"

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.state = Progress.DONE

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))

    def progress(self, instance_id: str) -> Progress:
        return self.state

    def connection_url(self, instance_id: str) -> str:
        return f"bolt://localhost/{instance_id}"

    def asked(self) -> list[tuple[Any, ...]]:
        """What was asked since the last time."""
        asked, self.calls = self.calls, []
        return asked


def remembering(world: World, monkeypatch: pytest.MonkeyPatch) -> Remembering:
    data = Remembering()
    monkeypatch.setattr(world.app.state.aura, "data_plane", data)
    return data


def test_every_operation_reaches_the_data(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the ids and the password that the API answered, in the order of events."""
    data = remembering(world, monkeypatch)
    created = world.post("/instances", wanted())
    one, path = created["id"], f"/instances/{created['id']}"
    assert data.asked() == [("create", one, created["password"], "5")]
    world.wait()
    world.wait()
    taken = world.take(one)
    first = next(row["snapshot_id"] for row in world.snapshots(one) if row["snapshot_id"] != taken)
    assert data.asked() == [("take_snapshots", one, [first]), ("take_snapshots", one, [taken])]
    clone = world.post("/instances", wanted(source_instance_id=one, source_snapshot_id=taken))
    other = clone["id"]
    assert data.asked() == [("clone", Source(one, taken), other, clone["password"], "5")]
    world.wait()
    world.wait()
    world.status(other)
    data.asked()
    world.post(f"{path}/snapshots/{taken}/restore")
    world.wait()
    world.post(f"{path}/pause")
    world.wait()
    world.post(f"{path}/resume")
    world.wait()
    world.post(f"/instances/{other}/overwrite", {"source_instance_id": one})
    *before, (_, _, [fresh]), overwriting = data.asked()
    assert before == [("restore", one, taken), ("pause", one), ("resume", one)]
    assert overwriting == ("overwrite", Source(one, fresh), other)


def test_a_deleted_instance_takes_its_snapshots_along(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data goes at once, the snapshots at the end."""
    instance = world.create()
    taken = [world.take(instance), *(row["snapshot_id"] for row in world.snapshots(instance))]
    data = remembering(world, monkeypatch)
    world.api.delete(f"/instances/{instance}")
    assert data.asked() == [("delete", instance)]
    world.wait()
    world.get("/instances")
    [(name, _, dropped)] = data.asked()
    assert (name, set(dropped)) == ("drop_snapshots", set(taken))


def test_slots_passed_over_are_taken_together(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call for all that were due, one for all that have expired."""
    instance = world.create()
    world.status(instance)
    data = remembering(world, monkeypatch)
    world.wait(days=3)
    world.snapshots(instance)
    [(name, _, snapshots)] = data.asked()
    assert (name, len(snapshots)) == ("take_snapshots", 3)
    world.wait(days=7)
    world.snapshots(instance)
    taken, dropped = data.asked()
    assert (taken[0], len(taken[2])) == ("take_snapshots", 7)
    assert (dropped[0], len(dropped[2])) == ("drop_snapshots", 4)


def test_an_operation_lasts_until_the_data_is_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline alone does not end it; a failure ends it as failures end."""
    data = remembering(world, monkeypatch)
    data.state = Progress.UNDER_WAY
    slow, failing = world.create(), world.create()
    world.wait(hours=1)
    assert (world.status(slow), world.status(failing)) == ("creating", "creating")
    data.state = Progress.DONE
    assert world.status(slow) == "running"
    assert world.get(f"/instances/{slow}")["connection_url"] == f"bolt://localhost/{slow}"
    data.state = Progress.FAILED
    assert world.status(failing) == "loading failed"
