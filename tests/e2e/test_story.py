"""The main job with the real engine: production, a snapshot, staging from it."""

from __future__ import annotations

import json

import pytest

from support.emulator import EmulatorProcess
from support.engine import inline_stack
from support.programs import instance, one_instance, program, snapshot_and_staging

pytestmark = pytest.mark.engine


def test_up_provisions_staging_from_a_snapshot_of_production(aura, start):
    """The staging instance exists under its own name and says where its data came from."""
    project = start(snapshot_and_staging())
    project.up()
    outputs = project.outputs()
    provenance = outputs["provenance"]
    assert provenance["instance_id"] == outputs["production_id"]
    assert provenance["snapshot_id"] == outputs["snapshot_id"]
    live = {row["id"]: row for row in aura.control.instances()}
    assert {row["name"] for row in live.values()} == {"orders", "orders-staging"}
    # The rename is the last act, and an instance is available while it settles (v1 document).
    assert live[outputs["instance_id"]]["status"] in {"running", "updating"}
    created = aura.control.requests("POST", "/v1/instances")
    assert [row["status"] for row in created if row["path"] == "/v1/instances"] == [202, 202]


def test_an_unchanged_program_changes_nothing(aura, start):
    """A second up, a preview and a refresh see no change and send nothing that changes anything."""
    project = start(snapshot_and_staging())
    project.up(skip_preview=True)
    aura.control.reset_requests()
    project.preview("--expect-no-changes")
    project.up("--expect-no-changes", skip_preview=True)
    project.refresh("--preview-only", "--expect-no-changes")
    changing = [
        row for row in aura.control.requests(mutating=True) if not row["path"].endswith("/token")
    ]
    assert changing == []


def test_the_password_is_a_secret_everywhere(aura, start):
    """Neither state file nor output nor plugin prints the password; asked for, it is shown."""
    project = start(one_instance())
    printed = project.up().output
    password = project.outputs(show_secrets=True)["password"]
    assert len(password) > 20
    state = json.dumps(project.export())
    files = [
        path.read_text(errors="replace")
        for path in project.root.rglob("*")
        if path.is_file() and "home" not in path.parts
    ]
    assert project.outputs()["password"] == "[secret]"
    for text in (printed, state, *files):
        assert password not in text


def test_destroy_deletes_everything_and_asks_until_it_is_gone(aura, start):
    """After destroy the project is empty and the stack too."""
    project = start(snapshot_and_staging())
    project.up(skip_preview=True)
    project.destroy("--skip-preview")
    assert aura.control.instances() == []
    assert project.resources() == {}


def test_protection_blocks_destroy_until_an_up_of_its_own_lifts_it(aura, start):
    """A protected instance survives destroy with a clear sentence; lifted, it goes."""
    project = start(one_instance(deletion_protection="True"))
    project.up(skip_preview=True)
    refused = project.destroy("--skip-preview", check=False)
    assert refused.exit_code != 0
    assert "is protected against deletion" in refused.output
    assert refused.tracebacks == []
    assert len(aura.control.instances()) == 1
    project.write("__main__.py", one_instance(deletion_protection="False"))
    project.up(skip_preview=True)
    project.destroy("--skip-preview")
    assert aura.control.instances() == []


def test_an_inline_automation_program_does_the_same(aura: EmulatorProcess, start, tmp_path):
    """The same resources work in an inline program of the Automation API."""
    settings = start(one_instance()).env

    def production() -> None:
        import pulumi  # noqa: PLC0415 - an inline program stands alone

        import pulumi_neo4j_aura as package  # noqa: PLC0415

        orders = package.Instance(
            "orders",
            name="orders",
            cloud_provider="gcp",
            region="europe-west1",
            type="professional-db",
            memory="2GB",
            deletion_protection=False,
        )
        pulumi.export("instance_id", orders.instance_id)
        pulumi.export("password", orders.password)

    root = tmp_path / "inline"
    root.mkdir()
    stack = inline_stack(production, "inline", "test", root, settings)
    made = stack.up()
    assert made.outputs["password"].secret
    assert [row["id"] for row in aura.control.instances()] == [made.outputs["instance_id"].value]
    again = stack.up()
    assert set(again.summary.resource_changes or {}) == {"same"}
    stack.destroy()
    assert aura.control.instances() == []


def test_newest_is_chosen_in_the_preview_and_kept(aura, start):
    """The preview names the snapshot; newer ones that appear later change nothing."""
    project = start(one_instance())
    project.up(skip_preview=True)
    production = project.outputs()["instance_id"]
    staging = instance(
        "staging",
        name='"orders-staging"',
        source=f'aura.from_snapshot("{production}")',
    )
    exported = 'pulumi.export("provenance", staging.provenance)\n'
    project.write("__main__.py", program(instance(), staging, exported))
    shown = project.preview("--diff").output
    project.up(skip_preview=True)
    chosen = project.outputs()["provenance"]["snapshot_id"]
    assert chosen in shown
    aura.control.advance_clock(days=1)
    assert len(aura.control.snapshots(production)) > 1
    project.preview("--expect-no-changes")
    assert project.outputs()["provenance"]["snapshot_id"] == chosen
