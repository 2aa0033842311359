"""A vault with one export, and the command line in this process."""

import json

import pytest
from typer.testing import CliRunner

from pulumi_neo4j_aura.cli.main import app
from support.small_export import put_export, vault_in


@pytest.fixture
def vault(tmp_path):
    return vault_in(tmp_path / "vault")


@pytest.fixture
def made(vault):
    return put_export(vault)


class Ran:
    """What a command printed, and how it ended."""

    def __init__(self, result):
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(vault, monkeypatch):
    """Run a command against the vault."""
    for name in ("AURA_PROJECT_ID", "AURA_BACKUP_AGE_IDENTITY_FILE", "AURA_BACKUP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words, target=None):
        place = [] if words[0] == "clones" else ["--target", target or vault.store.url]
        return Ran(CliRunner().invoke(app, [*words, *place], catch_exceptions=False))

    return command
