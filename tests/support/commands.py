"""The command line in this process, in a simulated world with a vault in a folder."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from pulumi_neo4j_aura import bootstrap
from pulumi_neo4j_aura.cli.main import app
from pulumi_neo4j_aura.execution.actions.world import World
from support.emulator import CLIENT_ID, CLIENT_SECRET, PRODUCTION_PROJECT_ID
from support.simulated import URL, Simulated, tiny_export


class Ran:
    """What a command printed, and how it ended."""

    def __init__(self, result: Any) -> None:
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """A user at a terminal, with the emulator's credentials in the environment."""

    def __init__(self, world: Simulated, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.file = folder / "production.yaml"

    def policy(self, **fields: Any) -> Path:
        """Write the policy file; weekly exports, four kept, unless told otherwise."""
        document = {
            "apiVersion": "aura-backup/v1",
            "name": "production",
            "instances": {"project": PRODUCTION_PROJECT_ID},
            "target": self.world.target,
            "exports": [{"cron": "0 2 * * SUN", "first": "now"}],
            "retention": {"keep_last": 4},
            **fields,
        }
        self.file.write_text(yaml.safe_dump(document))
        return self.file

    def run(self, *words: str) -> Ran:
        """A command as it is typed."""
        return Ran(CliRunner().invoke(app, list(words), catch_exceptions=False))

    def reconcile(self, command: str, *words: str) -> Ran:
        """A command about the policy file."""
        return self.run(command, "--policy", str(self.file), *words)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """A world with a vault in a folder, and a shell in it."""
    folder = tmp_path / "vault"
    folder.mkdir()
    world = Simulated(tmp_path / "home", target=str(folder))
    variables = {
        "AURA_API_URL": URL,
        "AURA_CLIENT_ID": CLIENT_ID,
        "AURA_CLIENT_SECRET": CLIENT_SECRET,
        "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID,
        "XDG_STATE_HOME": str(tmp_path / "home"),
        "COLUMNS": "200",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for name in ("AURA_BACKUP_AGE_IDENTITY_FILE", "AURA_BACKUP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(bootstrap, "_client", lambda _settings: world.services().client)
    monkeypatch.setattr(bootstrap, "_listing", lambda _settings: world.services().listing)
    monkeypatch.setattr(bootstrap, "clock_of", lambda _settings: world.clock)
    monkeypatch.setattr(bootstrap, "World", functools.partial(World, exporter=tiny_export))
    yield Shell(world, tmp_path)
    world.close()
