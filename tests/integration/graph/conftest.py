"""One database for all tests of a process; each begins with an empty one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_neo4j_aura.graph.bolt import Connection, Endpoint, Login
from support.databases import empty, rows, running_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    import neo4j


@dataclass(frozen=True)
class World:
    """A real server, through the driver and through our client."""

    driver: neo4j.Driver
    endpoint: Endpoint
    login: Login

    def connect(self, **options: Any) -> Connection:
        return Connection.open(self.endpoint, self.login, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the driver gets."""
        return rows(self.driver, query)

    def write(self, query: Any, **parameters: Any) -> None:
        self.driver.execute_query(query, parameters)


@pytest.fixture(scope="session")
def one_world() -> Iterator[World]:
    with running_databases() as databases:
        instance = databases.create()
        endpoint = Endpoint.parse(str(databases.shown(instance)["connection_url"]))
        with databases.driver(instance) as driver:
            yield World(driver, endpoint, Login("neo4j", databases.passwords[instance]))


@pytest.fixture
def world(one_world: World) -> World:
    """Without data, indexes and constraints."""
    empty(one_world.driver)
    return one_world
