"""Emulators with real databases, shared by the tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.databases import Databases, empty, running_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    import neo4j


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """One emulator for a module; its tests make instances of their own and delete them."""
    with running_databases() as shared:
        yield shared


@pytest.fixture(scope="session")
def one_database() -> Iterator[neo4j.Driver]:
    """A driver of an instance that the tests of this process share."""
    with running_databases() as shared, shared.driver(shared.create()) as driver:
        yield driver


@pytest.fixture
def database(one_database: neo4j.Driver) -> neo4j.Driver:
    """A driver of a database without data, indexes and constraints."""
    empty(one_database)
    return one_database


@pytest.fixture
def orders(databases: Databases) -> Iterator[str]:
    """An instance of this test's own, with one node named `first`."""
    instance = databases.create()
    databases.write(instance, "first")
    yield instance
    databases.control.vanish(instance)
