"""What the data plane is told and when: after the commit, all of it, and never about strangers."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from aura_emulator.control_plane import lifecycle, scheduling, snapshots
from aura_emulator.control_plane.aura import OtherDataPlaneError
from aura_emulator.data_plane.interface import Counts, Limits, Progress, Work, WorkKind
from aura_emulator.settings import Settings
from contract.emulator.remembering import Remembering
from contract.emulator.world import World, message, refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import httpx

    from aura_emulator.control_plane.aura import Aura


@pytest.fixture
def data() -> Remembering:
    return Remembering()


@pytest.fixture
def world(data: Remembering) -> Iterator[World]:
    fresh = World(data_plane=data)
    yield fresh
    fresh.close()


def aura_of(world: World) -> Aura:
    aura: Aura = world.app.state.aura
    return aura


class Witness(Remembering):
    """Looks at the state on disk, as the next process would find it, whenever it is called."""

    def __init__(self, state: Path) -> None:
        super().__init__()
        self._file = Settings(state=state).database
        self.orders_on_disk: list[bool] = []
        self.snapshots_on_disk: list[bool] = []
        self.dropped_on_disk: list[bool] = []

    def _column(self, query: str) -> set[str]:
        with contextlib.closing(sqlite3.connect(self._file)) as connection:
            return {row[0] for row in connection.execute(query)}

    def begin(self, work: Work) -> None:
        super().begin(work)
        documents = self._column("SELECT document FROM work")
        self.orders_on_disk.append(work.id in {json.loads(text)["id"] for text in documents})

    def take(self, instance_id: str, snapshot_ids: Sequence[str]) -> None:
        super().take(instance_id, snapshot_ids)
        found = self._column("SELECT id FROM snapshots")
        self.snapshots_on_disk.append(found >= set(snapshot_ids))

    def drop(self, instance_id: str, snapshot_ids: Collection[str]) -> None:
        super().drop(instance_id, snapshot_ids)
        found = self._column("SELECT id FROM snapshots")
        self.dropped_on_disk += [snapshot not in found for snapshot in snapshot_ids]


def test_nothing_begins_before_it_is_written_down(tmp_path: Path) -> None:
    """A crash right after the data plane was asked must find the order, or the snapshot, or none.

    Another connection sees only what was committed.
    """
    data = Witness(tmp_path)
    world = World(tmp_path, data)
    one, other = world.create(), world.create()
    taken = world.take(one)
    world.post(f"/instances/{one}/snapshots/{taken}/restore")
    world.wait()
    world.post(f"/instances/{other}/overwrite", {"source_instance_id": one})
    world.wait(days=10)
    world.api.delete(f"/instances/{one}")
    world.wait()
    world.control.drop_snapshot(world.take(other))
    world.close()
    assert data.orders_on_disk == [True] * 5
    assert len(data.snapshots_on_disk) >= 5
    assert all(data.snapshots_on_disk)
    assert len(data.dropped_on_disk) >= 5
    assert all(data.dropped_on_disk)


def test_what_was_promised_begins_although_something_else_raises(
    world: World, data: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overwrite is stored; would its order be lost, it would end well without any data."""
    one, other = world.create(), world.create()
    data.ordered()

    def stumble(*_: object) -> None:
        raise OSError("the machine is in trouble")

    monkeypatch.setattr(data, "take", stumble)
    with pytest.raises(OSError, match="in trouble"):
        world.post(f"/instances/{other}/overwrite", {"source_instance_id": one})
    assert [(work.kind, work.instance_id) for work in data.ordered()] == [(WorkKind.REPLACE, other)]


def test_a_snapshot_that_the_control_api_drops_loses_its_data(
    world: World, data: Remembering
) -> None:
    """At once; a copy that nobody has seen yet is asked for no more."""
    instance = world.create()
    data.copies = Progress.UNDER_WAY
    taken = world.take(instance, settle=False)
    world.control.drop_snapshot(taken)
    assert data.dropped == [{taken}]
    assert taken in aura_of(world).store.orders.uncopied(instance)
    world.wait()
    assert taken not in aura_of(world).store.orders.uncopied(instance)


def test_an_instance_that_vanishes_takes_its_database_along(
    world: World, data: Remembering
) -> None:
    """Without an operation that anybody waits for."""
    instance = world.create()
    data.ordered()
    world.control.vanish(instance)
    assert [(work.kind, work.instance_id) for work in data.ordered()] == [
        (WorkKind.DELETE, instance)
    ]
    assert aura_of(world).store.orders.work(instance) is None


def test_an_instance_that_resumes_by_itself_is_started(world: World, data: Remembering) -> None:
    """Thirty days after its pause, although nobody asks."""
    instance = world.create()
    world.post(f"/instances/{instance}/pause")
    world.wait()
    data.ordered()
    world.wait(days=31)
    assert [work.kind for work in data.ordered()] == [WorkKind.START]
    world.wait()
    assert world.status(instance) == "running"


def test_a_fresh_start_stays_with_its_data_plane(data: Remembering, tmp_path: Path) -> None:
    """What is created after a reset has databases too, so another data plane is refused."""
    first = World(tmp_path, data)
    first.control.reset()
    first.create()
    first.close()
    with pytest.raises(OtherDataPlaneError):
        World(tmp_path)


def test_what_is_under_way_in_an_answer_does_not_end_before_it(
    world: World, data: Remembering
) -> None:
    """A clock that runs passes the end of a snapshot between two looks of one request.

    Nothing may see it complete before its copy was seen; then it is complete at once, and not
    before the end that it was to have.
    """
    instance = world.create()
    aura = aura_of(world)
    data.copies = Progress.UNDER_WAY
    taken = world.take(instance, settle=False)

    def status(moment: float) -> str:
        found = aura.store.snapshot(taken)
        assert found is not None
        return str(snapshots.status(found, moment))

    ends = aura.now() + 10
    scheduling.confirm(aura, instance)
    assert status(ends + 0.5) == "InProgress"
    scheduling.confirm(aura, instance)
    assert status(ends + 100.5) == "InProgress"
    data.copies = Progress.DONE
    scheduling.confirm(aura, instance)
    assert status(ends + 100.5) == "Completed"
    world.wait(200)
    quick = world.take(instance, settle=False)
    found = aura.store.snapshot(quick)
    assert found is not None
    scheduling.confirm(aura, instance)
    confirmed = aura.store.snapshot(quick)
    assert confirmed is not None
    assert confirmed == replace(found, end_status="Completed"), "a quick copy ends no earlier"
    assert snapshots.status(confirmed, aura.now()) == "Pending"


def test_a_status_that_was_set_brings_no_order_back(data: Remembering, tmp_path: Path) -> None:
    """Nothing may answer for a paused instance, also not after a restart."""
    first = World(tmp_path, data)
    instance = first.create()
    first.post(f"/instances/{instance}/pause")
    first.wait()
    first.post(f"/instances/{instance}/resume")
    first.control.set_status(instance, "paused")
    first.close()
    data.ordered()
    World(tmp_path, data).close()
    assert data.ordered() == []


def test_a_copy_that_an_order_needs_outlives_its_snapshot(
    data: Remembering, tmp_path: Path
) -> None:
    """It expired after the restore was accepted, and then the emulator was killed."""
    first = World(tmp_path, data)
    instance = first.create()
    taken = first.take(instance)
    data.state = Progress.UNDER_WAY
    first.post(f"/instances/{instance}/snapshots/{taken}/restore")
    first.control.drop_snapshot(taken)
    first.close()
    again = Remembering()
    World(tmp_path, again).close()
    [(_, kept)] = again.kept
    assert taken in kept


def test_free_is_counted_again_and_again(world: World, data: Remembering) -> None:
    """Also back to nothing; other tiers show no counts and are not asked."""
    free = world.create("free-db", cloud_provider="gcp", version="5")
    paid = world.create()
    for counts in (Counts(12, 34), Counts(13, 34), Counts(0, 0)):
        data.counted = counts
        world.wait()
        shown = world.get(f"/instances/{free}")
        assert (shown["graph_nodes"], shown["graph_relationships"]) == (
            counts.nodes, counts.relationships,
        )  # fmt: skip
    data.counted = Counts(5, 5)
    world.wait()
    stored = aura_of(world).store.instance(paid)
    assert stored is not None
    assert replace(stored, graph_nodes=0, graph_relationships=0) == stored


# --- loading --------------------------------------------------------------------------------------


def _put(world: World, instance: str, **body: Any) -> httpx.Response:
    return world.http.post(f"/emulator/instances/{instance}/data", json=body)


@pytest.mark.parametrize(
    ("tier", "nodes", "relationships"),
    [("professional-db", None, None), ("free-db", 200_000, 400_000)],
)
def test_a_dump_is_ordered_with_the_limits_of_its_instance(
    tmp_path: Path, tier: str, nodes: int | None, relationships: int | None
) -> None:
    """Its storage, and on Free the nodes and relationships that the tier has room for."""
    data = Remembering()
    world = World(data_plane=data)
    instance = world.create(tier, cloud_provider="gcp", version="5")
    stored = aura_of(world).store.instance(instance)
    assert stored is not None
    dump = tmp_path / "a.dump"
    for beginning in (b"DZV1", b"DGV1", b"\x28\xb5\x2f\xfd"):
        data.ordered()
        dump.write_bytes(beginning + b"and more")
        answer = _put(world, instance, dump=str(dump))
        assert (answer.status_code, answer.json()["status"]) == (202, "loading")
        [work] = data.ordered()
        assert (work.kind, work.dump) == (WorkKind.LOAD, str(dump))
        assert work.limits == Limits(stored.storage * 1_000_000_000, nodes, relationships)
        world.wait()
    _put(world, instance, dump=str(dump))
    data.ordered()
    data.state = Progress.FAILED
    world.wait()
    assert world.status(instance) == "loading failed"
    assert [work.kind for work in data.ordered()] == [WorkKind.STOP]
    world.close()


def test_what_is_no_dump_is_not_ordered(world: World, data: Remembering, tmp_path: Path) -> None:
    """The instance goes on as it is."""
    instance = world.create()
    data.ordered()
    for name, content in (("zip", b"PK\x03\x04"), ("short", b"DZV"), ("empty", b"")):
        (tmp_path / name).write_bytes(content)
        refused = _put(world, instance, dump=str(tmp_path / name))
        assert refusal(refused) == (400, "validation-error")
        assert "is no Neo4j dump" in message(refused)
    assert "is no absolute path" in message(_put(world, instance, dump="a.dump"))
    assert "cannot be read: Is a directory" in message(_put(world, instance, dump=str(tmp_path)))
    assert data.ordered() == []
    assert world.status(instance) == "running"


def test_free_takes_no_larger_graph(world: World) -> None:
    """Exactly as much as the documents say; it is refused before anything is written."""
    free = world.create("free-db", cloud_provider="gcp", version="5")
    for size, problem in (
        ({"nodes": 200_001}, "200001 nodes are more than the 200000 of free-db"),
        ({"nodes": 1, "relationships": 400_001}, "400001 relationships are more than the 400000"),
        ({"nodes": -1}, "both not negative"),
        ({"nodes": 1, "edges": 2}, "graph takes nodes and relationships"),
    ):
        refused = _put(world, free, graph=size)
        assert refusal(refused) == (400, "validation-error")
        assert problem in message(refused)


def test_data_is_put_in_one_way_into_an_instance_that_runs(world: World, data: Remembering) -> None:
    """Not two at once, not none, not into one that is paused, unknown or without a database."""
    instance = world.create()
    for body in ({}, {"cypher": "RETURN 1", "graph": {"nodes": 1}}):
        assert "exactly one of cypher, graph, dump" in message(_put(world, instance, **body))
    assert _put(world, "00000000", cypher="RETURN 1").status_code == 404
    world.control.set_status(instance, "paused")
    data.up = False
    assert _put(world, instance, cypher="RETURN 1").status_code >= 400
    assert data.ordered()[-1].kind is WorkKind.STOP


def test_without_databases_there_is_nothing_to_look_at_or_to_fill(tmp_path: Path) -> None:
    """The sentence says how to get some."""
    world = World()
    instance = world.create()
    snapshot = world.take(instance)
    answers = [
        _put(world, instance, cypher="RETURN 1"),
        world.http.get(f"/emulator/instances/{instance}/database"),
        world.http.post(
            f"/emulator/snapshots/{snapshot}/dump", json={"to": str(tmp_path / "a.dump")}
        ),
    ]
    for answer in answers:
        assert refusal(answer) == (409, "no-database")
        assert "Start it with --data-plane neo4j" in message(answer)
    world.close()


def test_a_dump_is_written_only_where_it_can_be(
    world: World, data: Remembering, tmp_path: Path
) -> None:
    """Into a folder that exists, of a snapshot that exists."""
    instance = world.create()
    path = f"/emulator/snapshots/{world.take(instance)}/dump"
    for to in ("a.dump", str(tmp_path / "no" / "a.dump")):
        refused = world.http.post(path, json={"to": to})
        assert "must be an absolute path in a folder that exists" in message(refused)
    assert world.http.post(path, json={"to": str(tmp_path / "a.dump")}).status_code == 200
    assert (tmp_path / "a.dump").exists()
    assert world.http.post("/emulator/snapshots/none/dump", json={"to": "x"}).status_code == 404


def test_the_clock_brings_back_servers_although_nobody_looks(
    world: World, data: Remembering
) -> None:
    """A tick is enough: an instance that should run and does not is started."""
    world.create()
    data.ordered()
    data.up = False
    lifecycle.tick(aura_of(world))
    assert [work.kind for work in data.ordered()] == [WorkKind.START]
