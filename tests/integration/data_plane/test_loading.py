"""Data to begin with: Cypher, generated graphs and dumps, as a user loads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import aura_emulator
from support.databases import Databases, running_databases, servers_below, wait_until

pytestmark = pytest.mark.neo4j

PROVIDER = Path(aura_emulator.__file__).parents[1]


def load(databases: Databases, *words: object) -> subprocess.CompletedProcess[str]:
    """The command, as a user types it."""
    return subprocess.run(
        [sys.executable, "-m", "aura_emulator", "load", *map(str, words),
         "--url", databases.emulator.url],
        env={**os.environ, "PYTHONPATH": str(PROVIDER)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def free(databases: Databases) -> str:
    """A Free instance, which shows how much it holds; tests in this file fill it in order."""
    return databases.create("free", type="free-db")


def test_a_cypher_file_is_run_and_counted(databases, free, tmp_path):
    """Statement by statement: the first error names its statement, and those before it stay."""
    file = tmp_path / "orders.cypher"
    file.write_text("CREATE (:A)-[:R]->(:B); // the first\nCREATE (:Ü {text: 'a;b'});")
    done = load(databases, free, "--cypher", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{free} holds 3 nodes and 1 relationships\n"
    file.write_text("CREATE (:A); RETURN 1 / 0; CREATE (:A)")
    failed = load(databases, free, "--cypher", file)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "aura_emulator load: statement 2, 'RETURN 1 / 0': / by zero\n"
    assert databases.counts(free) == (4, 1)


def test_free_shows_what_was_loaded(databases, free):
    """A short while later, although nobody writes."""
    shown = wait_until(
        lambda: databases.shown(free), lambda seen: int(seen["graph_nodes"]) == 4
    )  # fmt: skip
    assert int(shown["graph_relationships"]) == 1


def test_a_graph_fills_an_empty_database(databases, free):
    """Exactly so many; a database that holds something is left as it is."""
    refused = load(databases, free, "--graph", 120, 200)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "aura_emulator load: The database is not empty: it holds 4 nodes\n"
    )  # fmt: skip
    with databases.driver(free) as driver:
        driver.execute_query("MATCH (n) DETACH DELETE n")
    done = load(databases, free, "--graph", 120, 200, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"nodes": 120, "relationships": 200}
    assert databases.counts(free) == (120, 200)


def test_a_graph_that_cannot_be_is_refused(databases, free):
    """With a sentence that says why."""
    refused = load(databases, free, "--graph", 0, 5)
    assert refused.returncode == 1
    assert refused.stderr.startswith("aura_emulator load: ")
    assert "need at least one node" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_dump_is_waited_for(databases, orders, tmp_path):
    """Until the instance runs; a damaged one is an error with Neo4j's words."""
    dump = tmp_path / "orders.dump"
    databases.control.dump_snapshot(databases.take(orders), dump)
    databases.write(orders, "second")
    done = load(databases, orders, "--dump", dump)
    assert (done.returncode, done.stdout) == (0, f"{orders} is running\n"), done.stderr
    assert databases.names(orders) == ["first"]
    dump.write_bytes(dump.read_bytes()[:2000])
    failed = load(databases, orders, "--dump", dump)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert f"{orders} is loading failed: `neo4j-admin database load`" in failed.stderr


def test_an_instance_that_does_not_run_takes_no_data(databases, free):
    """Nor one that nobody knows."""
    unknown = load(databases, "00000000", "--graph", 1, 0)
    assert unknown.returncode == 1
    assert "00000000" in unknown.stderr
    databases.control.set_status(free, "suspended")
    asleep = load(databases, free, "--graph", 1, 0)
    assert asleep.returncode == 1
    assert "suspended" in asleep.stderr
    databases.control.vanish(free)


def test_a_stop_does_not_wait_for_what_is_being_written(tmp_path):
    """Into a database or out of a snapshot: it ends with 0 after seconds, and nothing runs on."""
    with running_databases(state=tmp_path / "state") as databases, ThreadPoolExecutor(2) as pool:
        instance = databases.create()
        taken = databases.take(instance)
        writing = pool.submit(databases.put, instance, graph={"nodes": 10**6, "relationships": 0})
        wait_until(lambda: databases.counts(instance), lambda seen: seen[0] > 0)
        dump = tmp_path / "orders.dump"
        dumping = pool.submit(databases.control.dump_snapshot, taken, dump)
        scratch = databases.emulator.state / "neo4j" / "scratch"
        wait_until(lambda: servers_below(scratch), bool)
        assert databases.emulator.stop() == 0
        assert servers_below(databases.emulator.state) == []
        assert writing.exception() or writing.result().is_error
        assert dumping.exception()
        assert not dump.exists()
