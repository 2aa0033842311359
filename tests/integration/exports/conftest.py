"""A shop, a computer and a vault for each test."""

from pathlib import Path

import pytest

from pulumi_neo4j_aura.execution.services import Services
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.shop import Shop, lines, shop

__all__ = ["lines", "shop"]


@pytest.fixture
def services(shop: Shop, tmp_path: Path, lines: list[str]) -> Services:
    """One process on a computer of this test's own."""
    return shop.services(tmp_path / "home", lines)


@pytest.fixture
def vault(tmp_path: Path, services: Services) -> Vault:
    """A vault in a folder."""
    made = Vault(open_store(str(tmp_path / "vault")))
    made.claim(services.clock.now())
    return made
