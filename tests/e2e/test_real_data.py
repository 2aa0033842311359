"""Environments with data in them: the real engine, and real databases behind the instances."""

from __future__ import annotations

from collections.abc import Iterator

import neo4j
import pytest
from neo4j.exceptions import ServiceUnavailable

from support.databases import Databases, running_databases
from support.emulator import EmulatorProcess
from support.engine import PulumiProject
from support.programs import instance, program

pytestmark = [pytest.mark.engine, pytest.mark.neo4j]

_SNAPSHOT = """
before = aura.Snapshot("before", instance_id=orders.instance_id, triggers={"release": "1"})
pulumi.export("snapshot_id", before.snapshot_id)
"""
_STAGING = instance(
    "staging",
    name='"orders-staging"',
    source="aura.from_snapshot(orders.instance_id, before.snapshot_id)",
)


def _outputs(*resources: str) -> str:
    """Everything that a person needs to look into these instances."""
    return "".join(
        f'pulumi.export("{name}_{field}", {name}.{field})\n'
        for name in resources
        for field in ("instance_id", "connection_url", "password")
    )


@pytest.fixture
def aura() -> Iterator[EmulatorProcess]:
    """An Aura with data; takes the place of the one without."""
    with running_databases() as databases:
        yield databases.emulator


class Store:
    """The database of one of a stack's instances, by the stack's own outputs."""

    def __init__(self, project: PulumiProject, resource: str) -> None:
        found = project.outputs(show_secrets=True)
        self.id = found[f"{resource}_instance_id"]
        self.url = found[f"{resource}_connection_url"]
        self._login = ("neo4j", found[f"{resource}_password"])

    def _driver(self) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.url, auth=self._login)

    def write(self, name: str) -> None:
        with self._driver() as driver:
            driver.execute_query("CREATE (:Order {name: $name})", name=name)

    def names(self) -> list[str]:
        with self._driver() as driver:
            found = driver.execute_query("MATCH (n:Order) RETURN n.name ORDER BY n.name").records
        return [record[0] for record in found]


@pytest.fixture
def shop(aura: EmulatorProcess, start) -> PulumiProject:
    """Production with `first` in it, a snapshot, then `second`; staging from the snapshot."""
    project: PulumiProject = start(program(instance(), _outputs("orders")))
    project.up(skip_preview=True)
    Store(project, "orders").write("first")
    project.write("__main__.py", program(instance(), _SNAPSHOT, _outputs("orders")))
    project.up(skip_preview=True)
    Store(project, "orders").write("second")
    whole = program(instance(), _SNAPSHOT, _STAGING, _outputs("orders", "staging"))
    project.write("__main__.py", whole)
    project.up(skip_preview=True)
    return project


def test_the_life_of_an_environment(aura: EmulatorProcess, shop: PulumiProject) -> None:
    """Staging has the snapshot's data; restore, overwrite and pause do with it what they should."""
    orders, staging = Store(shop, "orders"), Store(shop, "staging")
    assert staging.names() == ["first"]
    assert orders.names() == ["first", "second"]
    databases = Databases(aura)

    databases.restore(orders.id, shop.outputs()["snapshot_id"])
    assert orders.names() == ["first"]

    orders.write("third")
    databases.settle_snapshots(orders.id)
    databases.ask("POST", f"/instances/{staging.id}/overwrite", {"source_instance_id": orders.id})
    databases.wait(staging.id)
    assert databases.shown(staging.id)["connection_url"] == staging.url
    assert staging.names() == ["first", "third"]

    # None of this is drift: the instances are the declared ones, under the same addresses.
    shop.preview("--expect-no-changes")
    shop.refresh("--preview-only", "--expect-no-changes")
    _pause_and_resume(shop, staging)


def _pause_and_resume(shop: PulumiProject, staging: Store) -> None:
    """By the program, as a user would."""
    running = (shop.folder / "__main__.py").read_text()
    place = 'name="orders-staging",'
    assert place in running
    shop.write("__main__.py", running.replace(place, f"{place}\n    paused=True,"))
    shop.up(skip_preview=True)
    with pytest.raises(ServiceUnavailable):
        staging.names()
    shop.write("__main__.py", running.replace(place, f"{place}\n    paused=False,"))
    shop.up(skip_preview=True)
    assert staging.names() == ["first", "third"]
    shop.destroy()


def test_destroy_leaves_no_database(aura: EmulatorProcess, start) -> None:
    """No folder and no process stays behind an instance that is gone."""
    project = start(program(instance(), _outputs("orders")))
    project.up(skip_preview=True)
    Store(project, "orders").write("first")
    project.destroy()
    assert aura.control.instances() == []
    below = aura.state / "neo4j"
    assert [*below.glob("instances/*"), *below.glob("copies/*")] == []
