"""Many instances at once: what is asked of one does not depend on how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.emulator.world import World, wanted
from support.emulator import DEVELOPMENT_PROJECT_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 2_000
STEP = 50


@pytest.fixture(scope="module")
def fleet() -> Iterator[World]:
    """An emulator with many running instances."""
    world = World(operation_seconds=0)
    for number in range(MANY):
        world.post("/instances", wanted(name=f"orders-{number}"))
    yield world
    world.close()


def work(world: World, method: str, path: str) -> int:
    """How much the database does for one request, in units of `STEP` of its own instructions.

    `{id}` in the path is the newest instance.
    """
    path = path.format(id=world.get("/instances")[-1]["id"])
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = world.app.state.aura.store._connection
    connection.set_progress_handler(count, STEP)
    answer = world.api.request(method, path, json=wanted())
    connection.set_progress_handler(None, STEP)
    assert answer.is_success, answer.text
    return steps


def test_two_thousand_instances_are_made_and_listed(fleet: World) -> None:
    """In the order of their making, in their own project, and each can be asked for."""
    rows = fleet.get("/instances")
    assert [row["name"] for row in rows] == [f"orders-{number}" for number in range(MANY)]
    assert fleet.get(f"/instances?tenantId={DEVELOPMENT_PROJECT_ID}") == []
    assert fleet.get(f"/instances/{rows[-1]['id']}")["status"] == "running"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/instances"),
        ("GET", "/instances/{id}"),
        ("POST", "/instances/{id}/pause"),
        ("GET", f"/instances?tenantId={DEVELOPMENT_PROJECT_ID}"),
    ],
)
def test_a_request_for_one_costs_the_same_beside_two_thousand(
    fleet: World, world: World, method: str, path: str
) -> None:
    """No other instance is read, and a list reads none of another project."""
    world.control.change_switches(operation_seconds=0)
    world.post("/instances", wanted())
    alone = work(world, method, path)
    assert alone > 0 or method == "GET"
    assert work(fleet, method, path) <= 2 * alone + 2
