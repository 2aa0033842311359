"""The emulator is killed with -9 in the middle of everything, and started again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import neo4j
import pytest

from support.databases import Databases, alive, running_databases, servers_below, wait_until

pytestmark = pytest.mark.neo4j

IDLE = {"running", "paused", "loading failed"}


class Shop:
    """One emulator with one instance, whose snapshot holds the node `first`."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.orders = databases.create("orders")
        databases.write(self.orders, "first")
        self.taken = databases.take(self.orders)
        databases.write(self.orders, "second")
        self.others: list[str] = []

    def kill_and_start(self) -> None:
        self.databases.emulator.restart(kill=True)

    # what is under way when the emulator is killed

    def create(self) -> None:
        self.others.append(self.databases.create("new", wait=False))

    def clone(self) -> None:
        source = {"source_instance_id": self.orders, "source_snapshot_id": self.taken}
        self.others.append(self.databases.create("clone", wait=False, **source))

    def clone_of_the_present(self) -> None:
        source = {"source_instance_id": self.orders}
        self.others.append(self.databases.create("clone", wait=False, **source))

    def snapshot(self) -> None:
        self.databases.take(self.orders, wait=False)

    def restore(self) -> None:
        path = f"/instances/{self.orders}/snapshots/{self.taken}/restore"
        self.databases.ask("POST", path)

    def pause(self) -> None:
        self.databases.ask("POST", f"/instances/{self.orders}/pause")

    def resume(self) -> None:
        self.pause()
        self.databases.wait(self.orders, "paused")
        self.databases.ask("POST", f"/instances/{self.orders}/resume")

    def overwrite(self) -> None:
        target = self.databases.create("target")
        self.others.append(target)
        self.databases.settle_snapshots(self.orders)
        source = {"source_instance_id": self.orders}
        self.databases.ask("POST", f"/instances/{target}/overwrite", source)

    def delete(self) -> None:
        doomed = self.databases.create("doomed")
        self.others.append(doomed)
        self.databases.ask("DELETE", f"/instances/{doomed}")

    def nothing(self) -> None:
        """It just runs."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_databases() as databases:
        yield Shop(databases)


#: What is under way, and how many seconds after it was asked for the emulator dies.
POINTS: list[tuple[Callable[[Shop], None], float]] = [
    (Shop.create, 0.0),
    (Shop.create, 1.5),
    (Shop.clone, 0.02),
    (Shop.clone, 1.0),
    (Shop.clone_of_the_present, 0.0),
    (Shop.snapshot, 0.0),
    (Shop.snapshot, 0.02),
    (Shop.restore, 0.0),
    (Shop.restore, 0.3),
    (Shop.restore, 1.5),
    (Shop.pause, 0.05),
    (Shop.resume, 0.5),
    (Shop.overwrite, 0.1),
    (Shop.delete, 0.0),
    (Shop.nothing, 0.0),
]


@pytest.mark.parametrize(
    ("act", "seconds"), POINTS, ids=[f"{act.__name__}-{seconds}" for act, seconds in POINTS]
)
def test_nothing_is_lost_and_nothing_is_stuck(
    shop: Shop, act: Callable[[Shop], None], seconds: float
) -> None:
    """No stray process, no completed snapshot gone, no instance in a state that cannot be left."""
    databases = shop.databases
    act(shop)
    before = _completed(databases, shop.orders)
    time.sleep(seconds)
    shop.kill_and_start()
    settled = _settled(databases)
    assert set(settled) <= {shop.orders, *shop.others}
    assert shop.orders in settled
    _no_strays(databases, settled)
    after = {row["snapshot_id"]: row["status"] for row in databases.settle_snapshots(shop.orders)}
    assert {name: after.get(name) for name in before} == dict.fromkeys(before, "Completed")
    if settled[shop.orders] == "paused":
        databases.ask("POST", f"/instances/{shop.orders}/resume")
        databases.wait(shop.orders)
    _data_is_right(shop, act)
    _can_be_left(shop, settled)


def _completed(databases: Databases, instance: str) -> set[str]:
    """Snapshots that were seen complete."""
    rows = databases.control.snapshots(instance)
    return {row["snapshot_id"] for row in rows if row["status"] == "Completed"}


def _settled(databases: Databases) -> dict[str, str]:
    """The status of every instance, once none is busy."""

    def look() -> dict[str, str]:
        return {row["id"]: row["status"] for row in databases.control.instances()}

    seen = wait_until(look, lambda seen: set(seen.values()) <= IDLE and _all_up(databases, seen))
    assert isinstance(seen, dict)
    return seen


def _all_up(databases: Databases, seen: dict[str, str]) -> bool:
    """A look at an instance whose server died with the emulator brings it back."""
    return all(
        status != "running" or databases.status(instance) == "running"
        for instance, status in seen.items()
    )


def _no_strays(databases: Databases, settled: dict[str, str]) -> None:
    running = [instance for instance, status in settled.items() if status == "running"]
    wanted = {databases.condition(instance)["pid"] for instance in running}
    found = set(servers_below(databases.emulator.state))
    assert found == wanted
    assert all(alive(process) for process in wanted)


def _data_is_right(shop: Shop, act: Callable[[Shop], None]) -> None:
    """The instance is usable, and a restore that was asked for has happened, whole."""
    names = shop.databases.names(shop.orders)
    if act is Shop.restore:
        assert names == ["first"]
        shop.databases.write(shop.orders, "second")
    else:
        assert names == ["first", "second"]


def _can_be_left(shop: Shop, settled: dict[str, str]) -> None:
    """What the test made can be deleted, whatever became of it."""
    for instance in [name for name in shop.others if name in settled]:
        shop.databases.ask("DELETE", f"/instances/{instance}")
        _gone(shop.databases, instance)
    shop.others.clear()


def _gone(databases: Databases, instance: str) -> None:
    folder = databases.emulator.state / "neo4j" / "instances" / instance
    wait_until(
        lambda: [row["id"] for row in databases.control.instances()],
        lambda left: instance not in left,
    )
    wait_until(folder.exists, lambda exists: not exists)


def test_a_write_after_a_restore_that_nobody_saw_end_is_kept(shop: Shop) -> None:
    """The restore comes again after the crash, and finds that its data is in place already.

    The clock stands still, so the operation cannot end before the emulator dies.
    """
    databases = shop.databases
    login = databases.condition(shop.orders)
    databases.control.freeze_clock()
    shop.restore()
    wait_until(
        lambda: databases.condition(shop.orders),
        lambda seen: seen["state"] == "up" and seen["pid"] != login["pid"],
    )
    with neo4j.GraphDatabase.driver(login["url"], auth=("neo4j", login["password"])) as driver:
        driver.execute_query("CREATE (:Thing {name: 'later'})")
    assert databases.status(shop.orders) == "restoring"
    shop.kill_and_start()
    databases.control.thaw_clock()
    databases.wait(shop.orders)
    assert databases.names(shop.orders) == ["first", "later"]
    databases.restore(shop.orders, shop.taken)
    databases.write(shop.orders, "second")


def test_servers_that_were_held_are_ended_too(shop: Shop) -> None:
    """The emulator died while it took a snapshot: nothing of that server is left."""
    databases = shop.databases
    held = databases.condition(shop.orders)["pid"]
    databases.emulator.kill()
    os.kill(held, signal.SIGSTOP)
    databases.emulator.start()
    assert not alive(held)
    _no_strays(databases, _settled(databases))
    assert databases.names(shop.orders) == ["first", "second"]


def test_a_snapshot_that_survived_can_be_restored(shop: Shop) -> None:
    """After all those deaths it holds what it held."""
    shop.databases.restore(shop.orders, shop.taken)
    assert shop.databases.names(shop.orders) == ["first"]
