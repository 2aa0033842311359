"""Dumps in and out: what Neo4j itself wrote, what the emulator writes, and what is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.databases import Databases, servers_below, wait_until
from support.samples import NEEDS_SAMPLES, SAMPLES

pytestmark = pytest.mark.neo4j

#: Databases that nobody on this project wrote; on a user's machine they are not there.


def _load(databases: Databases, instance: str, dump: Path) -> None:
    answer = databases.put(instance, dump=str(dump))
    assert (answer.status_code, answer.json()["status"]) == (202, "loading"), answer.text


@NEEDS_SAMPLES
@pytest.mark.parametrize(
    ("name", "nodes", "relationships"),
    [("movies-50", 171, 253), ("movies-43", 171, 253), ("northwind-50", 1035, 3139)],
)
def test_a_dump_that_neo4j_wrote_loads_whole(databases, orders, name, nodes, relationships):
    """Also one of Neo4j 4.3, which is migrated. What was there before is gone."""
    _load(databases, orders, SAMPLES / f"{name}.dump")
    databases.wait(orders)
    assert databases.counts(orders) == (nodes, relationships)


def test_a_snapshot_can_be_dumped_and_loaded(databases, orders, tmp_path):
    """The way of Aura's console: export a snapshot, upload it elsewhere."""
    taken = databases.take(orders)
    databases.write(orders, "second")
    dump = tmp_path / "orders.dump"
    databases.control.dump_snapshot(taken, dump)
    assert dump.read_bytes()[:4] == b"DZV1"
    _load(databases, orders, dump)
    databases.wait(orders)
    assert databases.names(orders) == ["first"]
    scratch = databases.emulator.state / "neo4j" / "scratch"
    assert list(scratch.glob("*")) == []
    assert servers_below(scratch) == []


def test_a_damaged_dump_ends_in_loading_failed(databases, orders, tmp_path):
    """The reason is Neo4j's; the instance can be deleted, and nothing of the dump is left."""
    taken = databases.take(orders)
    dump = tmp_path / "orders.dump"
    databases.control.dump_snapshot(taken, dump)
    whole = dump.read_bytes()
    (tmp_path / "cut.dump").write_bytes(whole[: len(whole) // 2])
    _load(databases, orders, tmp_path / "cut.dump")
    databases.wait(orders, "loading failed")
    assert "neo4j-admin database load" in databases.condition(orders)["error"]
    assert not (databases.emulator.state / "neo4j" / "instances" / orders / "stage").exists()
    folder = databases.emulator.state / "neo4j" / "instances" / orders
    wait_until(lambda: servers_below(folder), lambda left: left == [])
    databases.ask("DELETE", f"/instances/{orders}")


def test_damage_within_is_noticed(databases, orders, tmp_path):
    """`database load` checks what `database load --info` does not.

    A bit in every 64 bytes: of 150 dumps with a single flipped bit Neo4j 5.26 loaded 8, some with
    files missing.
    """
    taken = databases.take(orders)
    dump = tmp_path / "orders.dump"
    databases.control.dump_snapshot(taken, dump)
    damaged = bytearray(dump.read_bytes())
    for at in range(64, len(damaged), 64):
        damaged[at] ^= 0x10
    dump.write_bytes(damaged)
    _load(databases, orders, dump)
    databases.wait(orders, "loading failed")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"PK\x03\x04 not a dump", "is no Neo4j dump"), (b"", "is no Neo4j dump"),
     (None, "cannot be read: No such file")],
)  # fmt: skip
def test_what_is_no_dump_is_refused_at_once(databases, orders, tmp_path, content, reason):
    """The instance goes on with the data it has."""
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    refused = databases.put(orders, dump=str(file))
    assert refused.status_code == 400
    assert reason in refused.json()["errors"][0]["message"]
    assert databases.names(orders) == ["first"]
