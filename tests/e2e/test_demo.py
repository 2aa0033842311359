"""`make up`'s story from a copy of the repository: up, up again, down."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support.databases import neo4j_home, servers_below
from support.emulator import CLIENT_ID, CLIENT_SECRET, PRODUCTION_PROJECT_ID
from support.engine import REPOSITORY, engine_environment

pytestmark = [pytest.mark.engine, pytest.mark.neo4j]

PROGRAM = ("Pulumi.yaml", "__main__.py", "stacks", "tools")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The Pulumi program of the repository, in a folder of its own."""
    root = tmp_path / "copy"
    root.mkdir()
    for name in PROGRAM:
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, root / name)
    # A stock language host insists on the virtual environment that Pulumi.yaml names.
    (root / ".venv").symlink_to(sys.prefix)
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No credentials: the demo starts its own emulator, on a free port."""
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("AURA_", "PULUMI_"))
    }
    ours = {
        "AURA_DEMO_PORT": str(_free_port()),
        "XDG_STATE_HOME": str(tmp_path / "journal"),
        "NEO4J_HOME": str(neo4j_home()),
    }
    return {**kept, **engine_environment(tmp_path, ours)}


def _demo(copy: Path, environment: dict[str, str], *arguments: str, **more: str):
    return subprocess.run(
        [sys.executable, str(copy / "stacks" / "demo.py"), *arguments],
        env={**environment, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


DEVELOPMENT = ("--stack", "development")


@pytest.mark.timeout(900)
def test_the_demo_tells_its_story_changes_nothing_again_and_cleans_up(copy, environment):
    """Staging holds the snapshot's orders and no later one; again changes nothing; down cleans."""
    settings = {path.name: path.read_text() for path in (copy / "stacks").glob("*.yaml")}
    try:
        first = _demo(copy, environment, "up")
        assert first.returncode == 0, first.stdout + first.stderr
        assert "staging came from snapshot" in first.stdout
        assert "production holds 6 orders, 1001 to 1006" in first.stdout
        assert "staging holds    5 orders, 1001 to 1005" in first.stdout
        assert "a copy of the snapshot lies in .pulumi-local/vault" in first.stdout
        assert _orders_in(_cat(copy, first.stdout)) == [*range(1001, 1006)]
        assert _orders_in(_read_without_us(copy)) == [*range(1001, 1006)]
        assert _tells_of_ten_days(first.stdout)
        again = _demo(copy, environment, "up")
        assert again.returncode == 0, again.stdout + again.stderr
        assert again.stdout.count("unchanged") == 3
        assert "created" not in again.stdout
        assert "production holds 6 orders, 1001 to 1006" in again.stdout
        by_hand = _pulumi(copy, environment, "stack", "output", "--json", "--stack", "staging")
        assert json.loads(by_hand)["instance_id"] in first.stdout
        development = _pulumi(copy, environment, "stack", "output", "--json", *DEVELOPMENT)
        assert '"newest"' in development
    finally:
        last = _demo(copy, environment, "down")
    assert last.returncode == 0, last.stdout + last.stderr
    assert not (copy / ".pulumi-local" / "emulator").exists()
    assert not (copy / ".pulumi-local" / "vault").exists()
    assert _refuses(int(environment["AURA_DEMO_PORT"]))
    assert servers_below(copy) == []
    assert {path.name: path.read_text() for path in (copy / "stacks").glob("*.yaml")} == settings


def _tells_of_ten_days(told: str) -> bool:
    """Green, then what fell short while nobody was there, then green again."""
    before, _, after = told.partition("ten days later")
    short, _, mended = after.partition("aura-backup apply")
    assert "export-overdue" not in before
    assert "export-overdue" in short
    assert "snapshot-overdue" in short
    status = mended.partition("aura-backup status")[2]
    return "Everything is as the policies ask." in status and "overdue" not in status


def _cat(copy: Path, told: str) -> str:
    """The rows of the copy, by the command that the summary shows: it must mean one export."""
    shown = re.search(r"aura-backup cat (\S+) --target", told)
    assert shown is not None
    vault = str(copy / ".pulumi-local" / "vault")
    return _ours("cat", shown[1], "--target", vault, "--kind", "nodes")


def _ours(*words: str) -> str:
    command = [sys.executable, "-m", "pulumi_neo4j_aura.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _read_without_us(copy: Path) -> str:
    """The same by the script that lies in the vault, with nothing but Python."""
    vault = copy / ".pulumi-local" / "vault"
    folder = min((vault / "exports").glob("*-orders/*"), key=lambda each: each.name)
    command = [sys.executable, "-I", "-S", str(vault / "read_archive.py"), "rows", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _orders_in(lines: str) -> list[int]:
    rows = [json.loads(line) for line in lines.splitlines()]
    return sorted(row["properties"]["number"] for row in rows if row.get("labels") == ["Order"])


def test_without_neo4j_the_demo_goes_on_and_says_so(copy, environment):
    """The control plane alone: instances and a snapshot, and no word about what they hold."""
    try:
        first = _demo(copy, environment, "up", NEO4J_HOME=str(copy))
        assert first.returncode == 0, first.stdout + first.stderr
        assert f"No databases: {copy} is no Neo4j" in " ".join(first.stdout.split())
        assert "staging came from snapshot" in first.stdout
        assert "orders" not in first.stdout.partition("ready after")[2]
    finally:
        last = _demo(copy, environment, "down")
    assert last.returncode == 0, last.stdout + last.stderr


def _pulumi(copy: Path, environment: dict[str, str], *arguments: str) -> str:
    """A command as a user types it, with the variables that the README names."""
    emulator = {
        "AURA_API_URL": f"http://127.0.0.1:{environment['AURA_DEMO_PORT']}",
        "AURA_CLIENT_ID": CLIENT_ID,
        "AURA_CLIENT_SECRET": CLIENT_SECRET,
        "AURA_PROJECT_ID": PRODUCTION_PROJECT_ID,
    }
    done = subprocess.run(
        ["pulumi", "-C", str(copy), "--non-interactive", *arguments],
        env={**environment, **emulator},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_real_credentials_need_an_explicit_yes(copy, environment):
    """With credentials set, nothing is created without the typed sentence."""
    credentials = {
        "AURA_CLIENT_ID": "someone",
        "AURA_CLIENT_SECRET": "secret",
        "AURA_PROJECT_ID": "a0000000-0000-4000-8000-000000000001",
        "AURA_API_URL": f"http://127.0.0.1:{_free_port()}",
        "PULUMI_CONFIG_PASSPHRASE": "of-my-own",
    }
    stopped = _demo(copy, environment, "up", **credentials)
    assert stopped.returncode == 1
    assert "three billed instances" in stopped.stdout
    assert "nothing was done" in stopped.stdout
