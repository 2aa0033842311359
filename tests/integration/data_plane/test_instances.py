"""What an instance's data goes through: snapshots, clones, restores, overwrites, pauses."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import neo4j
import pytest
from neo4j.exceptions import AuthError, ServiceUnavailable

from support.databases import Databases, alive, servers_below, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.neo4j


@pytest.fixture
def cleared(databases: Databases) -> Iterator[list[str]]:
    """Ids of further instances, which go after the test."""
    more: list[str] = []
    yield more
    for instance in more:
        databases.control.vanish(instance)


def _copies(databases: Databases, instance: str) -> int:
    """How many copies of an instance are on disk."""
    folder = databases.emulator.state / "neo4j" / "copies" / instance
    return len(list(folder.glob("*")))


def test_a_clone_holds_the_snapshots_moment(databases, orders, cleared):
    """Not what was written later, and behind a password of its own."""
    taken = databases.take(orders)
    databases.write(orders, "second")
    clone = databases.create("clone", source_instance_id=orders, source_snapshot_id=taken)
    cleared.append(clone)
    assert databases.names(clone) == ["first"]
    assert databases.names(orders) == ["first", "second"]
    assert databases.passwords[clone] != databases.passwords[orders]
    databases.write(clone, "of the clone")
    assert databases.names(orders) == ["first", "second"]


def test_a_snapshot_is_the_moment_of_its_request(databases, orders, cleared):
    """What is written right after the answer is not in it, although it is still under way."""
    databases.settle_snapshots(orders)
    with databases.driver(orders) as driver:
        driver.verify_connectivity()
        taken = databases.take(orders, wait=False)
        driver.execute_query("CREATE (:Thing {name: 'a moment later'})")
    databases.settle_snapshots(orders)
    clone = databases.create("clone", source_instance_id=orders, source_snapshot_id=taken)
    cleared.append(clone)
    assert databases.names(clone) == ["first"]


def test_without_a_snapshot_the_present_is_cloned(databases, orders, cleared):
    """The source keeps running and nothing of the copy is left behind."""
    databases.settle_snapshots(orders)
    kept = _copies(databases, orders)
    clone = databases.create("clone", wait=False, source_instance_id=orders)
    cleared.append(clone)
    databases.write(orders, "second")
    databases.wait(clone)
    assert databases.names(clone) == ["first"]
    wait_until(lambda: _copies(databases, orders), lambda number: number == kept)


def test_a_restore_brings_the_data_back(databases, orders):
    """Under the same address and password, and the snapshots stay."""
    url = databases.shown(orders)["connection_url"]
    taken = databases.take(orders)
    databases.write(orders, "second")
    databases.restore(orders, taken)
    assert databases.names(orders) == ["first"]
    assert databases.shown(orders)["connection_url"] == url
    databases.write(orders, "third")
    databases.restore(orders, taken)
    assert databases.names(orders) == ["first"]


def test_an_overwrite_keeps_address_and_password(databases, orders, cleared):
    """Of the target; with the switch the source's password holds."""
    target = databases.create("target")
    cleared.append(target)
    databases.write(target, "lost")
    before = databases.shown(target)["connection_url"]
    databases.settle_snapshots(orders)
    databases.ask("POST", f"/instances/{target}/overwrite", {"source_instance_id": orders})
    databases.wait(target)
    assert databases.shown(target)["connection_url"] == before
    assert databases.names(target) == ["first"]
    wait_until(lambda: databases.status(orders), lambda status: status == "running")
    databases.control.change_switches(overwritten_password="source")
    try:
        time.sleep(0.3)  # until the source is no longer held
        databases.settle_snapshots(orders)
        databases.ask("POST", f"/instances/{target}/overwrite", {"source_instance_id": orders})
        databases.wait(target)
    finally:
        databases.control.change_switches(overwritten_password="target")
    with databases.driver(target) as driver, pytest.raises(AuthError):
        driver.verify_connectivity()
    databases.passwords[target] = databases.passwords[orders]
    assert databases.names(target) == ["first"]


def test_a_pause_keeps_data_and_address_and_frees_the_memory(databases, orders):
    """No process is left, and nobody answers."""
    before = databases.shown(orders)["connection_url"]
    process = databases.condition(orders)["pid"]
    databases.ask("POST", f"/instances/{orders}/pause")
    databases.wait(orders, "paused")
    assert not alive(process)
    with pytest.raises(ServiceUnavailable):
        _verify(before, databases.passwords[orders])
    databases.ask("POST", f"/instances/{orders}/resume")
    databases.wait(orders)
    assert databases.shown(orders)["connection_url"] == before
    assert databases.names(orders) == ["first"]


def _verify(url: str, password: str) -> None:
    with neo4j.GraphDatabase.driver(
        url, auth=("neo4j", password), max_transaction_retry_time=0
    ) as driver:
        driver.verify_connectivity()


@pytest.mark.parametrize("scheme", ["neo4j", "bolt"])
def test_drivers_connect_with_either_scheme(databases, orders, scheme):
    """As given, and without routing."""
    url = databases.shown(orders)["connection_url"]
    assert url.startswith("neo4j://127.0.0.1:")
    _verify(f"{scheme}://{url.partition('://')[2]}", databases.passwords[orders])


def test_one_copy_stands_for_all_slots_that_were_passed_over(databases, orders, cleared):
    """It holds what was there when the clock was moved; retention removes it from the disk."""
    databases.settle_snapshots(orders)
    before = _copies(databases, orders)
    databases.control.advance_clock(days=3)
    databases.write(orders, "after the move")
    rows = databases.settle_snapshots(orders)
    scheduled = [row for row in rows if row["profile"] == "Scheduled"]
    assert len(scheduled) == 4
    assert _copies(databases, orders) == before + 1
    clone = databases.create(
        "clone", source_instance_id=orders, source_snapshot_id=scheduled[-1]["snapshot_id"]
    )
    cleared.append(clone)
    assert databases.names(clone) == ["first"]
    databases.control.advance_clock(days=8)
    databases.settle_snapshots(orders)
    kept = {row["timestamp"] for row in databases.settle_snapshots(orders)}
    assert len(kept) == 7
    wait_until(lambda: _copies(databases, orders), lambda number: number == 1)


def test_a_slot_that_comes_due_holds_the_data_of_its_moment(databases, orders, cleared):
    """In real time, although nobody looks: what is written before the first look is not in it."""
    databases.settle_snapshots(orders)
    day, slot = 86_400, 3 * 3600  # 03:00 UTC
    now = databases.control.now()
    databases.control.advance_clock((slot - now) % day - 2)
    databases.settle_snapshots(orders)
    before = _copies(databases, orders)
    wait_until(lambda: _copies(databases, orders), lambda number: number == before + 1)
    databases.write(orders, "after the slot")
    newest = databases.settle_snapshots(orders)[-1]
    assert (newest["profile"], newest["timestamp"][10:]) == ("Scheduled", "T03:00:00Z")
    source = {"source_instance_id": orders, "source_snapshot_id": newest["snapshot_id"]}
    clone = databases.create("clone", **source)
    cleared.append(clone)
    assert databases.names(clone) == ["first"]


def test_an_instance_answers_while_its_snapshot_is_taken(databases, orders, cleared):
    """Every write that was acknowledged before the request is in the copy."""
    databases.settle_snapshots(orders)
    slowest, done, ended = 0.0, 0, threading.Event()
    with databases.driver(orders) as driver:

        def write() -> None:
            nonlocal slowest, done
            while not ended.is_set():
                began = time.monotonic()
                driver.execute_query("CREATE (:Thing {name: $name})", name=f"{done:06}")
                slowest = max(slowest, time.monotonic() - began)
                done += 1

        writer = threading.Thread(target=write)
        writer.start()
        wait_until(lambda: done, lambda number: number > 50)
        acknowledged = done
        taken = databases.take(orders)
        after = done
        wait_until(lambda: done, lambda number: number > after + 20)
        ended.set()
        writer.join()
    assert slowest < 5
    clone = databases.create("clone", source_instance_id=orders, source_snapshot_id=taken)
    cleared.append(clone)
    names = databases.names(clone)
    assert len(names) - 1 >= acknowledged
    assert names[:-1] == [f"{number:06}" for number in range(len(names) - 1)]
    assert len(names) - 1 < done


def test_deleting_an_instance_leaves_nothing(databases):
    """No process, no folder, no copy; the port is free again."""
    instance = databases.create("to be deleted")
    databases.take(instance)
    condition = databases.condition(instance)
    databases.ask("DELETE", f"/instances/{instance}")
    state = databases.emulator.state / "neo4j"
    wait_until(lambda: list(state.glob(f"*/{instance}")), lambda left: left == [])
    assert not alive(condition["pid"])
    assert servers_below(state / "instances" / instance) == []


def test_a_changed_password_is_no_failure(databases, orders):
    """It holds over a pause: running means that Bolt answers, whoever may log in."""
    with databases.driver(orders) as driver:
        driver.execute_query(
            "ALTER CURRENT USER SET PASSWORD FROM $old TO 'of my own'",
            old=databases.passwords[orders], database_="system",
        )  # fmt: skip
    databases.passwords[orders] = "of my own"
    databases.ask("POST", f"/instances/{orders}/pause")
    databases.wait(orders, "paused")
    databases.ask("POST", f"/instances/{orders}/resume")
    databases.wait(orders)
    assert databases.names(orders) == ["first"]
