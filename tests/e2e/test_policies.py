"""Backup policies as code, with the real engine, real databases and the real command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.databases import Databases, running_databases
from support.emulator import PRODUCTION_PROJECT_ID
from support.engine import CompletedRun, PulumiProject
from support.programs import instance, program
from support.resources import environment

pytestmark = [pytest.mark.engine, pytest.mark.neo4j]

CHECKED = ("--preview-only", "--expect-no-changes")
DRIFT, NO_DRIFT = 7, 0

_POLICY = """
target = aura.ExportTarget("target", url={url!r})
policy = aura.BackupPolicy(
    "weekly",
    target=target,
    instances=[orders.instance_id],
    preset="staging",
    reconcile_on_up=True,
    document={document!r},
)
pulumi.export("instance_id", orders.instance_id)
pulumi.export("findings", policy.findings)
pulumi.export("next_due", policy.next_due)
pulumi.export("version", policy.version)
"""


@dataclass
class Protected:
    """A production with a policy; made by one `pulumi up`."""

    databases: Databases
    project: PulumiProject
    vault: Path
    clock: dict[str, str] = field(default_factory=dict)

    def exports(self) -> list[str]:
        """The exports that exist, by the folder of their manifest."""
        return sorted(
            str(each.parent.name) for each in self.vault.glob("exports/*/*/manifest.json")
        )

    def drift(self, *args: str) -> CompletedRun:
        """`pulumi refresh --preview-only --expect-no-changes` as of the emulator's time."""
        return self.project.refresh(*CHECKED, *args, env=self.clock, check=False)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`aura-backup`, as a cron job runs it."""
        return subprocess.run(
            [sys.executable, "-m", "pulumi_neo4j_aura.cli", *words, "--target", str(self.vault)],
            env={**self.project.environment(), **self.clock},
            capture_output=True,
            text=True,
            check=False,
        )

    def pass_days(self, days: int) -> None:
        """Let the emulator's time pass, and this machine's with it."""
        self.databases.control.advance_clock(days=days)
        offset = self.databases.control.clock()["offset_seconds"]
        self.clock = {"AURA_CLOCK_OFFSET_SECONDS": f"{offset:.0f}"}


def _program(vault: Path, document: Mapping[str, object] | None = None) -> str:
    return program(instance(), _POLICY.format(url=str(vault), document=dict(document or {})))


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Protected]:
    root = tmp_path_factory.mktemp("policies")
    with running_databases() as databases:
        env = environment(
            databases.emulator.url, root / "journal", AURA_PROJECT_ID=PRODUCTION_PROJECT_ID
        )
        vault = root / "vault"
        project = PulumiProject(root / "main", _program(vault), env=env)
        project.init()
        project.up()
        yield Protected(databases, project, vault)


@pytest.mark.timeout(600)
def test_one_up_publishes_the_policy_and_makes_the_first_copy(protected: Protected) -> None:
    """`reconcile_on_up` made one pass; an unchanged world shows no change."""
    assert len(protected.exports()) == 1
    found = protected.project.outputs()
    assert [each["code"] for each in found["findings"] if each["severity"] != "info"] == []
    assert found["next_due"]
    assert protected.drift().exit_code == NO_DRIFT
    assert protected.project.preview("--expect-no-changes").exit_code == NO_DRIFT


@pytest.mark.timeout(600)
def test_an_overdue_export_is_drift_until_it_is_made(protected: Protected) -> None:
    """Exit code 7 while it is overdue, and 0 after `aura-backup apply`."""
    protected.pass_days(10)
    before = len(protected.exports())
    seen = protected.drift("--diff")
    assert seen.exit_code == DRIFT, seen.output
    assert "export-overdue" in seen.output
    status = protected.command("status")
    assert status.returncode == 2, status.stdout + status.stderr
    applied = protected.command("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert len(protected.exports()) == before + 1
    after = protected.drift("--diff")
    assert after.exit_code == NO_DRIFT, after.output
    status = protected.command("status")
    assert status.returncode == 0, status.stdout + status.stderr


@pytest.mark.timeout(600)
def test_a_preview_shows_mistakes_and_what_would_be_done(protected: Protected) -> None:
    """Before anything is published."""
    version = protected.project.outputs()["version"]
    mistaken = {"retention": {"keep_last": 0}, "exports": [{"cron": "0 25 * * *"}]}
    protected.project.write("__main__.py", _program(protected.vault, mistaken))
    seen = protected.project.preview(env=protected.clock, check=False)
    assert seen.exit_code != 0
    assert "exports[0]" in seen.output
    assert "retention.keep_last" in seen.output
    daily = {"exports": [{"cron": "0 1 * * *", "take": "new", "first": "now"}], "name": "daily"}
    protected.project.write("__main__.py", _program(protected.vault, daily))
    seen = protected.project.preview(env=protected.clock)
    assert "exports were due" in seen.output
    assert protected.project.outputs()["version"] == version
    protected.project.write("__main__.py", _program(protected.vault))


@pytest.mark.timeout(600)
def test_a_lost_state_is_adopted_without_creating_anything(
    protected: Protected, tmp_path: Path
) -> None:
    """`adopt --pulumi` writes a program; another state takes everything over with it."""
    written = tmp_path / "adopted.py"
    made = protected.command("adopt", "--pulumi", str(written))
    assert made.returncode == 0, made.stderr
    before = sorted(each["id"] for each in protected.databases.control.instances())
    creates = len(protected.databases.control.requests("POST", "/v1/instances"))
    project = PulumiProject(
        tmp_path / "again", written.read_text(), env=dict(protected.project.env)
    )
    project.init()
    project.up(env=protected.clock)
    assert sorted(each["id"] for each in protected.databases.control.instances()) == before
    assert len(protected.databases.control.requests("POST", "/v1/instances")) == creates
    assert project.preview("--expect-no-changes", env=protected.clock).exit_code == NO_DRIFT
    project.destroy(env=protected.clock, check=False)
    assert sorted(each["id"] for each in protected.databases.control.instances()) == before


@pytest.mark.timeout(600)
def test_taking_the_policy_away_keeps_every_copy(protected: Protected) -> None:
    """It is withdrawn, its history stays, and nothing is pruned."""
    before = protected.exports()
    protected.project.write("__main__.py", program(instance()))
    protected.project.up(env=protected.clock, skip_preview=True)
    assert protected.exports() == before
    listed = protected.command("plan", "--json")
    assert listed.returncode == 1
    assert "No policy is published" in json.dumps(listed.stdout) + listed.stderr
    records = sorted((protected.vault / "policies").glob("*/*.json"))
    assert "withdrawn" in records[-1].read_text()
