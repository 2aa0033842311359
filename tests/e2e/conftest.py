"""A fresh emulator for each test, and Pulumi projects that point to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.emulator import CLIENT_ID, CLIENT_SECRET, EmulatorProcess, running_emulator
from support.engine import PulumiProject
from support.programs import PROJECT_ID

Start = Callable[..., PulumiProject]


@pytest.fixture
def aura() -> Iterator[EmulatorProcess]:
    """An Aura of this test's own; operations take half a second."""
    with running_emulator(operation_seconds=0.5, rate_limit=0) as emulator:
        yield emulator


def variables(emulator: EmulatorProcess, state_home: Path) -> dict[str, str]:
    """How the provider finds the emulator, and quick gaps between looks."""
    return {
        "AURA_API_URL": emulator.url,
        "AURA_CLIENT_ID": CLIENT_ID,
        "AURA_CLIENT_SECRET": CLIENT_SECRET,
        "AURA_PROJECT_ID": PROJECT_ID,
        "AURA_CALLS_PER_MINUTE": "100000",
        "AURA_POLL_SECONDS": "0.2",
        "AURA_GONE_SECONDS": "0.1",
        "AURA_LOOK_SECONDS": "1",
        "XDG_STATE_HOME": str(state_home),
    }


@pytest.fixture
def start(aura: EmulatorProcess, tmp_path: Path) -> Start:
    """Begin a project with a program, its stack made."""

    def begin(program: str, *, folder: str = "one", **env: str) -> PulumiProject:
        root = tmp_path / folder
        root.mkdir()
        project = PulumiProject(root, program, env={**variables(aura, root / "journal"), **env})
        project.init()
        return project

    return begin
