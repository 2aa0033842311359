"""Real Neo4j for tests: where it is, and how to talk to it.

Tests that use this carry `@pytest.mark.neo4j`; they are never skipped. Without a Neo4j the first
use brings one, which takes a minute once (`make neo4j` does it beforehand).
"""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import neo4j

from aura_emulator.data_plane.neo4j import cypher
from aura_emulator.data_plane.neo4j.graphs.schema import quoted
from support.emulator import PRODUCTION_PROJECT_ID, EmulatorProcess, running_emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
ENSURE = REPOSITORY / "tools" / "neo4j" / "ensure.py"
#: Patience of a test; a loaded machine with two cores starts a server in ten seconds.
SECONDS = 120.0


@functools.cache
def neo4j_home() -> Path:
    """A Neo4j Community; fails the test if there is none."""
    if "NEO4J_HOME" in os.environ:
        return Path(os.environ["NEO4J_HOME"])
    answer = subprocess.run(
        [sys.executable, str(ENSURE)], stdout=subprocess.PIPE, text=True, check=True
    )
    return Path(answer.stdout.strip())


@contextlib.contextmanager
def running_databases(**options: Any) -> Iterator[Databases]:
    """An emulator with databases behind its instances; options as for `running_emulator`."""
    arguments = ["--data-plane", "neo4j", *options.pop("arguments", ())]
    environment = {"NEO4J_HOME": str(neo4j_home()), **options.pop("environment", {})}
    with running_emulator(arguments=arguments, environment=environment, **options) as emulator:
        yield Databases(emulator)


class Databases:
    """Instances with data, through the API and through Bolt."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.passwords: dict[str, str] = {}

    @property
    def control(self) -> Any:
        return self.emulator.control

    def ask(self, method: str, path: str, body: object = None, status: int = 202) -> Any:
        """The data of an answer of the v1 API."""
        with self.emulator.api() as api:
            answer = api.request(method, path, json=body)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json()["data"]

    def create(self, name: str = "orders", *, wait: bool = True, **fields: Any) -> str:
        """An instance; unless told otherwise it runs."""
        body = {
            "name": name, "tenant_id": PRODUCTION_PROJECT_ID, "cloud_provider": "gcp",
            "region": "europe-west1", "type": "professional-db", "memory": "1GB", "version": "5",
            **fields,
        }  # fmt: skip
        made = self.ask("POST", "/instances", body)
        self.passwords[made["id"]] = made["password"]
        if wait:
            self.wait(made["id"])
        return str(made["id"])

    def shown(self, instance_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/instances/{instance_id}", status=200)
        return found

    def status(self, instance_id: str) -> str:
        return str(self.shown(instance_id)["status"])

    def wait(self, instance_id: str, status: str = "running") -> None:
        """Until an instance has a status; fails at once where that can no longer be."""
        ends = {"running", "paused", "loading failed", "suspended"}
        seen = wait_until(lambda: self.status(instance_id), lambda seen: seen in {status, *ends})
        assert seen == status, f"{seen}: {self.condition(instance_id)['error']}"

    def condition(self, instance_id: str) -> dict[str, Any]:
        """The database behind an instance, as the control API shows it."""
        answer = httpx.get(
            f"{self.emulator.url}/emulator/instances/{instance_id}/database",
            timeout=30, trust_env=False,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def put(self, instance_id: str, **data: Any) -> httpx.Response:
        """Put data into an instance: `cypher`, `graph` or `dump`."""
        return httpx.post(
            f"{self.emulator.url}/emulator/instances/{instance_id}/data",
            json=data, timeout=SECONDS, trust_env=False,
        )  # fmt: skip

    # snapshots

    def take(self, instance_id: str, *, wait: bool = True) -> str:
        """An on-demand snapshot; unless told otherwise it is complete."""
        self.settle_snapshots(instance_id)
        path = f"/instances/{instance_id}/snapshots"
        taken = str(self.ask("POST", path, {})["snapshot_id"])
        if wait:
            self.settle_snapshots(instance_id)
            seen = self.ask("GET", f"{path}/{taken}", status=200)["status"]
            assert seen == "Completed"
        return taken

    def settle_snapshots(self, instance_id: str) -> list[dict[str, Any]]:
        """Every snapshot of an instance, once none is under way."""
        busy = {"Pending", "InProgress"}
        found = wait_until(
            lambda: self.control.snapshots(instance_id),
            lambda rows: not busy & {row["status"] for row in rows},
        )
        assert isinstance(found, list)
        return found

    def restore(self, instance_id: str, snapshot_id: str) -> None:
        self.ask("POST", f"/instances/{instance_id}/snapshots/{snapshot_id}/restore")
        self.wait(instance_id)

    # data

    @contextlib.contextmanager
    def driver(self, instance_id: str) -> Iterator[neo4j.Driver]:
        """A driver with the URL and the password that the API gave."""
        url = self.shown(instance_id)["connection_url"]
        with neo4j.GraphDatabase.driver(
            url, auth=("neo4j", self.passwords[instance_id]), notifications_min_severity="OFF"
        ) as driver:
            yield driver

    def write(self, instance_id: str, name: str) -> None:
        """One node with this name."""
        with self.driver(instance_id) as driver:
            driver.execute_query("CREATE (:Thing {name: $name})", name=name)

    def names(self, instance_id: str) -> list[str]:
        """The names of all nodes, sorted."""
        with self.driver(instance_id) as driver:
            found = driver.execute_query("MATCH (n) RETURN n.name AS name").records
        return sorted(record["name"] for record in found)

    def counts(self, instance_id: str) -> tuple[int, int]:
        """Nodes and relationships."""
        with self.driver(instance_id) as driver:
            nodes = driver.execute_query("MATCH (n) RETURN count(n)").records[0][0]
            between = driver.execute_query("MATCH ()-[r]->() RETURN count(r)").records[0][0]
        return nodes, between


def empty(driver: neo4j.Driver) -> None:
    """Remove what a test left, a little at a time: the server has little memory."""
    cypher.run(driver, ["MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 500 ROWS"])
    constraints = driver.execute_query("SHOW CONSTRAINTS YIELD name").records
    cypher.run(driver, [f"DROP CONSTRAINT {quoted(found['name'])}" for found in constraints])
    indexes = driver.execute_query("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP'").records
    cypher.run(driver, [f"DROP INDEX {quoted(found['name'])}" for found in indexes])


def rows(driver: neo4j.Driver, query: Any) -> list[tuple[Any, ...]]:
    """What a query returns."""
    return [tuple(found.values()) for found in driver.execute_query(query).records]


def wait_until(look: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    """What was seen when it was enough; fails the test after a long time."""
    ends = time.monotonic() + SECONDS
    while not enough(seen := look()):
        assert time.monotonic() < ends, f"still {seen!r} after {SECONDS:.0f} s"
        time.sleep(0.05)
    return seen


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def servers_below(folder: Path) -> list[int]:
    """Every process that names a folder in its command line, but not this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            if f"={folder}/" in words:
                found.append(int(entry.name))
    return found
