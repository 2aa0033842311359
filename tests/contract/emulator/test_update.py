"""PATCH: names at once, everything else at the end."""

from __future__ import annotations

from typing import Any

import pytest

from contract.emulator.world import World, refusal
from support.emulator import PRODUCTION_PROJECT_ID


def test_a_rename_shows_at_once_and_makes_the_instance_busy(world: World) -> None:
    """202 with the full instance; updating, then running."""
    path = f"/instances/{world.create()}"
    renamed = world.patch(path, {"name": "New"})
    assert (renamed["name"], renamed["status"]) == ("New", "updating")
    assert refusal(world.api.patch(path, json={"name": "Newer"}))[0] == 409
    world.wait()
    assert world.get(path)["status"] == "running"


def test_a_rename_can_be_instant_and_200(world: World) -> None:
    """Two switches: the document's status, and no busy state. A paused instance can be renamed."""
    instance = world.create()
    world.control.change_switches(rename_status=200, rename_updates=False)
    renamed = world.patch(f"/instances/{instance}", {"name": "New"}, 200)
    assert (renamed["name"], renamed["status"]) == ("New", "running")
    world.control.set_status(instance, "paused")
    renamed = world.patch(f"/instances/{instance}", {"name": "Asleep"}, 200)
    assert (renamed["name"], renamed["status"]) == ("Asleep", "paused")
    world.control.set_status(instance, "running")
    world.patch(f"/instances/{instance}", {"name": "Large", "memory": "16GB"}, 202)


def test_storage_follows_memory(world: World) -> None:
    """1 to 2 GB of memory moves storage from 2 to 4 GB, at the end of the update."""
    path = f"/instances/{world.create(memory='1GB')}"
    resizing = world.patch(path, {"memory": "2GB", "name": "Larger"})
    assert (resizing["memory"], resizing["storage"], resizing["name"]) == ("1GB", "2GB", "Larger")
    world.wait()
    resized = world.get(path)
    assert (resized["memory"], resized["storage"]) == ("2GB", "4GB")


def test_storage_alone_must_fit_the_memory(world: World) -> None:
    """A pair that is not offered is 400 invalid-memory-size."""
    path = f"/instances/{world.create(memory='8GB')}"
    assert refusal(world.api.patch(path, json={"storage": "64GB"})) == (400, "invalid-memory-size")
    world.patch(path, {"storage": "32GB"})
    world.wait()
    assert world.get(path)["storage"] == "32GB"


def test_the_word_for_an_update_is_a_switch(world: World) -> None:
    """`resizing` was seen on the service, outside the document's list."""
    path = f"/instances/{world.create()}"
    world.control.change_switches(updating_word="resizing")
    assert world.patch(path, {"memory": "16GB"})["status"] == "resizing"
    world.wait()
    assert world.get(path)["status"] == "running"


def test_vector_optimisation_switches_itself_off_below_4_gigabytes(world: World) -> None:
    """And cannot be switched on there."""
    path = f"/instances/{world.create(memory='4GB', vector_optimized=True)}"
    world.patch(path, {"memory": "2GB"})
    world.wait()
    assert world.get(path)["vector_optimized"] is False
    assert world.api.patch(path, json={"vector_optimized": True}).status_code == 400


@pytest.mark.parametrize("tier", ["business-critical", "enterprise-db"])
def test_secondaries_and_change_data_capture_are_for_the_large_tiers(
    world: World, tier: str
) -> None:
    """0 to 15 secondaries; OFF, DIFF or FULL."""
    path = f"/instances/{world.create(tier)}"
    before = world.get(path)
    assert before["secondaries_count"] == 0
    assert before["cdc_enrichment_mode"] == ("OFF" if tier == "enterprise-db" else None)
    world.patch(path, {"secondaries_count": 15, "cdc_enrichment_mode": "FULL"})
    world.wait()
    after = world.get(path)
    assert (after["secondaries_count"], after["cdc_enrichment_mode"]) == (15, "FULL")
    for wrong in ({"secondaries_count": 16}, {"cdc_enrichment_mode": "off"}):
        assert refusal(world.api.patch(path, json=wrong)) == (400, "validation-error")


@pytest.mark.parametrize("field", [{"secondaries_count": 1}, {"cdc_enrichment_mode": "FULL"}])
def test_other_tiers_and_projects_are_incapable_of_them(
    world: World, field: dict[str, Any]
) -> None:
    """The database by its tier, the tenant by its rights."""
    path = f"/instances/{world.create()}"
    assert refusal(world.api.patch(path, json=field)) == (400, "database-incapable-of-action")
    world.control.change_project(PRODUCTION_PROJECT_ID, secondaries=False, cdc=False)
    path = f"/instances/{world.create('business-critical')}"
    assert refusal(world.api.patch(path, json=field)) == (400, "tenant-incapable-of-action")


@pytest.mark.parametrize("body", [{}, {"name": None}, {"colour": "blue"}])
def test_an_update_of_nothing_is_refused(world: World, body: dict[str, Any]) -> None:
    """Null and unknown fields are ignored, and then nothing is left."""
    answer = world.api.patch(f"/instances/{world.create()}", json=body)
    assert refusal(answer) == (400, "validation-error")
