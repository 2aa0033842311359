"""Clones and overwrites: where data may come from, and where it fits."""

from __future__ import annotations

from typing import Any

import pytest

from contract.emulator.world import World, message, refusal, wanted
from support.emulator import DEVELOPMENT_PROJECT_ID


def clone(world: World, source: str, snapshot: str | None = None, **fields: Any) -> tuple[int, str]:
    body = wanted(source_instance_id=source, source_snapshot_id=snapshot, **fields)
    answer = world.api.post("/instances", json=body)
    return (202, "") if answer.status_code == 202 else refusal(answer)


def overwrite(
    world: World, target: str, source: str, snapshot: str | None = None
) -> tuple[int, str]:
    body = {"source_instance_id": source, "source_snapshot_id": snapshot}
    answer = world.api.post(f"/instances/{target}/overwrite", json=body)
    if answer.status_code == 202:
        return 202, answer.json()["data"]["status"]
    return refusal(answer)


def test_an_instance_is_created_from_a_snapshot_or_an_instance(world: World) -> None:
    """202; across regions, and from version 4 to the newest."""
    source = world.create(version="4")
    snapshot = world.take(source)
    assert clone(world, source, snapshot, version="5", region="us-central1") == (202, "")
    assert clone(world, source) == (202, "")


def test_an_instance_is_overwritten_and_keeps_its_address(world: World) -> None:
    """overwriting, then running; with a snapshot, or with a new one of the source."""
    source, target = world.create(), world.create(memory="16GB")
    before = world.get(f"/instances/{target}")
    assert overwrite(world, target, source, world.take(source)) == (202, "overwriting")
    assert overwrite(world, target, source) == (409, "ongoing-database-operation")
    world.wait()
    count = len(world.snapshots(source))
    assert overwrite(world, target, source) == (202, "overwriting")
    assert len(world.snapshots(source)) == count + 1
    world.wait()
    assert world.get(f"/instances/{target}") == before


def test_overwriting_without_a_snapshot_needs_a_source_that_can_take_one(world: World) -> None:
    """It makes a snapshot of the source, and there is one at a time."""
    source, target = world.create(), world.create()
    world.take(source, settle=False)
    assert overwrite(world, target, source) == (409, "snapshot-not-allowed")
    assert world.status(target) == "running"


def test_a_snapshot_must_be_exportable(world: World) -> None:
    """Not while it is made, and not if it is differential; the status is a switch."""
    source, target = world.create(), world.create()
    fresh = world.take(source, settle=False)
    assert clone(world, source, fresh) == (400, "not-exportable")
    world.wait()
    assert overwrite(world, target, source, fresh) == (202, "overwriting")
    hidden = world.control.plant_snapshot(source, exportable=False)["snapshot_id"]
    answer = world.api.post(
        "/instances", json=wanted(source_instance_id=source, source_snapshot_id=hidden)
    )
    assert message(answer) == f"Source snapshot {hidden} is not exportable"
    world.control.change_switches(not_exportable_status=422)
    world.wait()
    assert overwrite(world, target, source, hidden) == (422, "not-exportable")


def test_a_snapshot_needs_its_own_instance(world: World) -> None:
    """400 without one, 404 for another's, 404 for unknown ones."""
    source, other = world.create(), world.create()
    snapshot = world.take(source)
    answer = world.api.post("/instances", json=wanted(source_snapshot_id=snapshot))
    assert answer.json()["errors"][0]["field"] == "source_instance_id"
    assert clone(world, other, snapshot) == (404, "snapshot-not-found")
    assert clone(world, source, "unknown") == (404, "snapshot-not-found")
    assert clone(world, "ffffffff", snapshot) == (404, "db-not-found")


def test_without_a_snapshot_the_source_must_run(world: World) -> None:
    """409 while it is paused or busy; with a snapshot it may sleep."""
    source = world.create()
    snapshot = world.take(source)
    for state, reason in (
        ("paused", "instance-action-unavailable"),
        ("updating", "ongoing-database-operation"),
    ):
        world.control.set_status(source, state)
        assert clone(world, source) == (409, reason)
        assert clone(world, source, snapshot) == (202, "")


def test_a_smaller_target_is_a_500(world: World) -> None:
    """With the document's message; allocated sizes count, for creates too, storage as well."""
    source = world.create(memory="8GB", storage="32GB")
    small, narrow = world.create(memory="4GB"), world.create(memory="8GB")
    for target in (small, narrow):
        answer = world.api.post(
            f"/instances/{target}/overwrite", json={"source_instance_id": source}
        )
        assert answer.status_code == 500
        words = f"Cannot clone database {source} into smaller database {target}."
        assert message(answer) == words
    assert clone(world, source, memory="4GB")[0] == 500
    assert clone(world, source, memory="8GB", storage="32GB") == (202, "")


def test_the_size_that_counts_is_that_of_the_snapshot(world: World) -> None:
    """A source that has grown since does not ask for more."""
    source = world.create(memory="8GB")
    snapshot = world.take(source)
    world.patch(f"/instances/{source}", {"memory": "16GB"})
    world.wait()
    assert clone(world, source, snapshot, memory="8GB") == (202, "")
    assert clone(world, source, memory="8GB")[0] == 500


def test_the_newest_version_does_not_go_into_version_4(world: World) -> None:
    """For clones and overwrites."""
    source, legacy = world.create(), world.create(version="4")
    assert clone(world, source, version="4") == (400, "validation-error")
    assert overwrite(world, legacy, source) == (400, "validation-error")
    assert overwrite(world, source, legacy) == (202, "overwriting")


def test_free_is_neither_source_nor_target(world: World) -> None:
    """Of clones; an overwrite of it is 420."""
    free, source = world.create("free-db"), world.create()
    assert clone(world, free) == (400, "database-incapable-of-action")
    assert overwrite(world, source, free) == (400, "database-incapable-of-action")
    assert overwrite(world, free, source)[0] == 420
    body = wanted("free-db", source_instance_id=source)
    world.api.delete(f"/instances/{free}")
    world.wait()
    answer = world.api.post("/instances", json=body)
    assert refusal(answer) == (400, "database-incapable-of-action")


@pytest.mark.parametrize(("allowed", "status"), [(False, 400), (True, 202)])
def test_a_source_in_another_project_is_refused_unless_switched(
    world: World, allowed: bool, status: int
) -> None:
    """Not documented, so the strict reading is the default."""
    world.control.change_switches(clone_across_projects=allowed)
    source = world.create(tenant_id=DEVELOPMENT_PROJECT_ID)
    assert clone(world, source)[0] == status


def test_a_source_that_the_credential_does_not_see_is_not_found(world: World) -> None:
    """404, whatever the switch for other projects says."""
    world.control.change_switches(clone_across_projects=True)
    source = world.create()
    world.control.add_credential("dev", "secret", projects=[DEVELOPMENT_PROJECT_ID])
    body = wanted(source_instance_id=source, tenant_id=DEVELOPMENT_PROJECT_ID)
    with world.client("dev", "secret") as dev:
        assert refusal(dev.post("/instances", json=body)) == (404, "db-not-found")


def test_a_clone_inherits_vector_optimisation(world: World) -> None:
    """A new one inherits it unless told; an overwritten one keeps its own."""
    source = world.create(vector_optimized=True)
    snapshot = world.take(source)
    inherited = world.create(source_instance_id=source, source_snapshot_id=snapshot)
    assert world.get(f"/instances/{inherited}")["vector_optimized"] is True
    told = world.create(
        source_instance_id=source, source_snapshot_id=snapshot, vector_optimized=False
    )
    assert world.get(f"/instances/{told}")["vector_optimized"] is False
    overwrite(world, told, source, snapshot)
    world.wait()
    assert world.get(f"/instances/{told}")["vector_optimized"] is False


def test_an_overwrite_needs_its_source(world: World) -> None:
    """400 with the field's name."""
    answer = world.api.post(f"/instances/{world.create()}/overwrite", json={})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "source_instance_id"
