"""What earlier looks saw: kept in the vault, and of no weight when it is odd."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pulumi_neo4j_aura.domain.instance import InstanceSummary
from pulumi_neo4j_aura.domain.snapshot import Snapshot
from pulumi_neo4j_aura.errors import Forbidden
from pulumi_neo4j_aura.observation.memory import SeenInstance, SeenProject, VaultMemory
from pulumi_neo4j_aura.vault import layout
from pulumi_neo4j_aura.vault.store import open_store
from pulumi_neo4j_aura.vault.vault import Vault
from support.stores import Denying

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
INSTANCE = SeenInstance(
    "ab12cd34",
    "Größe",
    "p1",
    type="professional-db",
    status="running",
    memory="8GB",
    created_at=NOW,
    snapshots=(Snapshot("s1", "ab12cd34", "Completed", "AdHoc", NOW, exportable=None),),
    got_at=NOW,
    asked_at=NOW,
    passed_over=(date(2026, 3, 9), date(2026, 3, 7)),
)
PROJECT = SeenProject("p1", (InstanceSummary("ab12cd34", "Größe", "p1", "gcp", None),), NOW)


def denying(vault, error) -> Any:
    """The same vault for somebody whose writes end like this."""
    store: Any = Denying(vault.store, names=("put",), error=error)
    return Vault(store)


@pytest.fixture
def vault():
    return Vault(open_store("memory:///vault"))


def remembered(vault):
    memory = VaultMemory(vault)
    memory.keep_instance(INSTANCE)
    memory.keep_project(PROJECT)
    memory.save()
    return memory


def test_another_process_remembers_the_same(vault):
    """Every field comes back as it was."""
    remembered(vault)
    vault.store.put(layout.OBSERVED, vault.store.get(layout.OBSERVED) + b"\n")  # read, not recalled
    again = VaultMemory(vault)
    assert again.instance("ab12cd34") == INSTANCE
    assert again.project("p1") == PROJECT
    assert again.instance("another") is None


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format": 1, "instances": [], "projects": []}',
        b'{"format": 3, "instances": [], "projects": []}',
        b'{"format": 2}',
        b'{"format": 2, "instances": [{"id": "x"}], "projects": []}',
        b'{"format": 2, "instances": [], "projects": [7]}',
    ],
)
def test_an_odd_memory_is_no_memory(vault, odd):
    """It is a cache: the next look asks for everything, and nothing fails."""
    remembered(vault)
    vault.store.put(layout.OBSERVED, odd)
    memory = VaultMemory(vault)
    assert memory.instance("ab12cd34") is None
    assert memory.project("p1") is None
    memory.keep_instance(INSTANCE)
    memory.save()
    assert VaultMemory(vault).instance("ab12cd34") == INSTANCE


def test_who_may_not_write_remembers_while_it_lives(vault):
    """Reading needs no right to write."""
    reader = denying(vault, Forbidden("No."))
    memory = remembered(reader)
    assert memory.instance("ab12cd34") == INSTANCE
    assert VaultMemory(vault).instance("ab12cd34") is None


def test_nothing_is_written_when_nothing_was_learned(vault):
    """A steady world costs no write."""
    remembered(vault)
    denied = denying(vault, AssertionError("it was written"))
    VaultMemory(denied).save()


def test_without_a_vault_it_remembers_while_it_lives():
    """The target may be away; looking goes on."""
    memory = remembered(None)
    assert memory.instance("ab12cd34") == INSTANCE
