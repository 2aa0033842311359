"""A reconciler that is really killed, at boundaries that matter: the next one goes on.

One world lives through all of it: each kill happens in a pass of the next day, in which a snapshot,
an export with its clone, and a prune are due. Every boundary, with a death in process, is in
`test_crashes`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    PRODUCTION_PROJECT_ID,
    EmulatorProcess,
    running_emulator,
)

TESTS = Path(__file__).parents[2]

KILLS = {
    "the lease is taken": ("create lease/", True),
    "before an intent": ("create journal/.*/intent", False),
    "behind an intent": ("create journal/.*/intent", True),
    "before a snapshot is asked for": ("POST /instances/.*/snapshots", False),
    "a snapshot is asked for": ("POST /instances/.*/snapshots", True),
    "before a clone is asked for": ("POST /instances$", False),
    "a clone is asked for": ("POST /instances$", True),
    "before the manifest": ("create exports/.*/manifest", False),
    "behind the manifest": ("create exports/.*/manifest", True),
    "the clone's deletion is asked for": ("DELETE /instances/", True),
    "before an outcome": ("create journal/.*/outcome", False),
    "an export begins to be pruned": ("create journal/prune-[^/]*/intent", True),
    "an export is pruned by half": ("delete exports/.*/manifest", True),
}


@dataclass
class Ran:
    """What a command said."""

    code: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Life:
    """An emulator, a vault in a folder, a policy, and processes that come and go."""

    def __init__(self, aura: EmulatorProcess, home: Path) -> None:
        self.aura = aura
        self.vault = home / "vault"
        self.vault.mkdir()
        self.home = home
        self.file = home / "production.yaml"
        document = {
            "name": "production",
            "instances": {"project": PRODUCTION_PROJECT_ID},
            "target": str(self.vault),
            "snapshots": [{"cron": "0 1 * * *"}],
            "exports": [{"cron": "0 2 * * *"}],
            "retention": {"keep_last": 2},
            "limits": {"max_deletes": 50, "max_delete_percent": 100},
        }
        self.file.write_text(yaml.safe_dump(document))
        noon = datetime.now(UTC).replace(hour=12, minute=0) + timedelta(days=1)
        self.aura.control.set_clock(noon.isoformat())
        self._make_orders()
        for _ in range(3):
            self.pass_time(days=1)
            self.lives()
        self.pass_time(hours=7)

    def _make_orders(self) -> None:
        body = {
            "name": "orders",
            "tenant_id": PRODUCTION_PROJECT_ID,
            "cloud_provider": "gcp",
            "region": "europe-west1",
            "type": "professional-db",
            "version": "5",
            "memory": "8GB",
        }
        with self.aura.api() as api:
            api.post("/instances", json=body).raise_for_status()
        self.aura.control.advance_clock(60)
        assert self.run("apply", "--policy", str(self.file), "--claim").code in (0, 2)

    def pass_time(self, **span: float) -> None:
        self.aura.control.advance_clock(**span)

    def run(self, *words: str, **variables: str) -> Ran:
        """A command in a process of its own."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "AURA_API_URL": self.aura.url,
            "AURA_CLIENT_ID": CLIENT_ID,
            "AURA_CLIENT_SECRET": CLIENT_SECRET,
            "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID,
            "AURA_POLL_SECONDS": "0.1",
            "AURA_GONE_SECONDS": "0.1",
            "AURA_CLOCK_OFFSET_SECONDS": str(round(self.aura.control.now() - time.time())),
            "XDG_STATE_HOME": str(self.home / "state"),
            **variables,
        }
        command = [sys.executable, "-m", "support.mortal", *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        return Ran(done.returncode, done.stdout or done.stderr)

    def dies(self, at: str, *, behind: bool) -> None:
        """A pass that is killed at a boundary."""
        words = ("apply", "--policy", str(self.file))
        ran = self.run(*words, MORTAL_AT=at, MORTAL_BEHIND="1" if behind else "0")
        assert ran.code == -9, ran.text

    def lives(self) -> None:
        """A pass that is left alone and leaves nothing to do."""
        ran = self.run("apply", "--policy", str(self.file))
        assert ran.code == 0, ran.text

    def manifests(self) -> list[dict[str, Any]]:
        return [
            json.loads(each.read_text()) for each in self.vault.glob("exports/*/*/manifest.json")
        ]


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    with running_emulator() as aura:
        yield Life(aura, tmp_path_factory.mktemp("life"))


@pytest.mark.parametrize("name", KILLS)
def test_a_killed_reconciler_is_gone_on_with(life, name):
    """One snapshot and one export for the day; no clone, no open intent and no orphan is left."""
    at, behind = KILLS[name]
    life.pass_time(hours=17)  # noon of the next day: its slots were due in the night
    life.dies(at, behind=behind)
    life.pass_time(hours=7)  # the lease has ended, and a clone that was left is old enough to go
    life.lives()

    assert [each["name"] for each in life.aura.control.instances()] == ["orders"]
    days = Counter(each["snapshot"]["timestamp"][:10] for each in life.manifests())
    assert sorted(days.values()) == [1, 1], "retention keeps two, of two days"
    (orders,) = life.aura.control.instances()
    taken = Counter(
        each["timestamp"][:10]
        for each in life.aura.control.snapshots(orders["id"])
        if each["profile"] == "AdHoc"
    )
    assert set(taken.values()) == {1}, "one snapshot a day"
    begun = {each.parent for each in life.vault.glob("journal/*/intent.json")}
    ended = {each.parent for each in life.vault.glob("journal/*/outcome.json")}
    assert begun - ended == set()
    orphans = life.run("ls", "--target", str(life.vault), "--orphans", "--json")
    assert orphans.json["orphans"] == []
