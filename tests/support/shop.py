"""An emulated production with every kind of data in it, and what exports of it need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_neo4j_aura import bootstrap, settings
from pulumi_neo4j_aura.execution.exports import choice, making
from pulumi_neo4j_aura.execution.exports.making import Exported
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.vault import Vault
from support.databases import Databases, running_databases
from support.resources import environment

#: Small enough to be quick, large enough for every kind of node, relationship and index.
NODES, RELATIONSHIPS = 600, 900
#: A part ends with a batch, and this is about one: several parts of each kind.
PART_BYTES = 8_000


@dataclass
class Shop:
    """A running emulator with an instance `orders` that holds every type of value."""

    databases: Databases
    production: str
    snapshot: str

    def services(self, home: Path, lines: list[str]) -> Services:
        """A fresh process on a computer whose journal lies below `home`; it really waits."""
        values = environment(self.databases.emulator.url, home)
        loaded = settings.load(environ=values)
        return bootstrap.services(loaded, lines.append, lines.append)


@contextmanager
def open_shop() -> Iterator[Shop]:
    """What is written after the snapshot is not in it."""
    with running_databases() as databases:
        production = databases.create()
        answer = databases.put(production, graph={"nodes": NODES, "relationships": RELATIONSHIPS})
        assert answer.status_code == 200, answer.text
        snapshot = databases.take(production)
        databases.write(production, "written after the snapshot")
        yield Shop(databases, production, snapshot)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Filled once for a module."""
    with open_shop() as opened:
        yield opened


@pytest.fixture
def lines() -> list[str]:
    """What was reported and warned of."""
    return []


def export(services: Services, vault: Vault, shop: Shop, **wishes: object) -> Exported:
    """Export the shop's snapshot, in small parts."""
    usual: dict[str, object] = {
        "instance_id": shop.production,
        "snapshot_id": shop.snapshot,
        "part_bytes": PART_BYTES,
    }
    request = choice.Request(**{**usual, **wishes})  # type: ignore[arg-type]
    return making.export(services, request, vault, Silent())
