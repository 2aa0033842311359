"""A deep look in several processes sees what a deep look in one sees."""

from pathlib import Path

import pyrage  # type: ignore[import-untyped] # it has no types
import pytest

from pulumi_neo4j_aura.execution.exports import contents, verifying
from pulumi_neo4j_aura.execution.exports.verifying import Depth
from pulumi_neo4j_aura.execution.progress import Silent
from pulumi_neo4j_aura.vault.encryption import NO_IDENTITIES, read_identities
from support.small_export import put_export, vault_in


class Counting(Silent):
    """Counts rows and bytes."""

    def __init__(self) -> None:
        self.rows = self.bytes = 0

    def advance(self, rows: int, data: int = 0) -> None:
        self.rows += rows
        self.bytes += data


@pytest.fixture(autouse=True)
def every_row_is_worth_a_process(monkeypatch):
    """Else it would take a hundred thousand."""
    monkeypatch.setattr(contents, "WORTH_PROCESSES", 1)


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """A key in a file, and who it belongs to."""
    file = tmp_path_factory.mktemp("keys") / "key.txt"
    made = pyrage.x25519.Identity.generate()
    file.write_text(f"{made}\n")
    return file, str(made.to_public())


def deep(vault, made, identities=NO_IDENTITIES, progress=None):
    return verifying.verify(
        vault.store, made, Depth.DEEP, identities, progress or Silent(), processes=2
    )


def test_an_encrypted_export_is_read_by_processes_that_open_the_key_themselves(tmp_path, key):
    """The file is named to them; every row is told of."""
    file, recipient = key
    vault = vault_in(tmp_path / "vault")
    made = put_export(vault, (recipient,))
    progress = Counting()

    assert deep(vault, made, read_identities(file), progress).sound
    looked_at = sum(part.rows for part in made.parts)  # while its bytes were checked
    assert progress.rows == looked_at + 5  # nodes and relationships


def test_without_the_key_it_is_unknown_and_not_damaged(tmp_path, key):
    """As in one process."""
    vault = vault_in(tmp_path / "vault")
    made = put_export(vault, (key[1],))

    verdict = deep(vault, made)
    assert (verdict.sound, verdict.damaged) == (False, False)


def test_other_rows_than_the_fingerprint_was_taken_of_are_told(tmp_path):
    """The digests are right, and the graph is another one."""
    vault = vault_in(tmp_path / "vault")
    made = put_export(vault)
    assert deep(vault, made).sound
    other = {**made.fingerprint, "nodes": 4}
    object.__setattr__(made, "fingerprint", other)

    assert deep(vault, made).damaged


def test_an_object_that_a_process_cannot_read_is_named(tmp_path, monkeypatch):
    """Its error comes back whole."""
    vault = vault_in(tmp_path / "vault")
    made = put_export(vault)
    part = next(each for each in made.parts if each.kind == "nodes")
    monkeypatch.setattr(verifying, "_look", lambda *_arguments: [])  # as if damaged just now
    Path(tmp_path / "vault" / part.key).write_bytes(b"x" * part.stored_bytes)

    (problem,) = deep(vault, made).problems
    assert part.key in problem.reason
