"""The program that the documentation shows runs as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.programs import PROJECT_ID, instance, one_instance, program

pytestmark = pytest.mark.engine

EXAMPLE = Path(__file__).parents[2] / "stacks" / "examples" / "environment.py"


POLICY = Path(__file__).parents[2] / "stacks" / "policies" / "production.yaml"


def test_the_example_provisions_staging_from_a_production_that_exists(aura, start, tmp_path):
    """Production is found by name, a snapshot is taken, staging comes from it, a policy holds."""
    existing = start(one_instance(memory='"8GB"'), folder="existing")
    existing.up(skip_preview=True)
    project = start(EXAMPLE.read_text())
    project.write("production.yaml", POLICY.read_text())
    project.config_set("sample:projectId", PROJECT_ID)
    project.config_set("sample:vault", str(tmp_path / "vault"))
    project.up()
    outputs = project.outputs()
    assert outputs["provenance"]["instance_id"] == existing.outputs()["instance_id"]
    assert outputs["password"] == "[secret]"
    assert "restore-test-unsupported" in {each["code"] for each in outputs["findings"]}
    assert (tmp_path / "vault" / "policies" / "production").is_dir()
    assert {row["name"] for row in aura.control.instances()} == {"orders", "orders-staging"}
    project.preview("--expect-no-changes")


def test_a_memory_that_was_resized_outside_is_left_alone_when_ignored(aura, start):
    """ignore_changes on the component reaches the instance: a rename does not undo a resize."""
    ignoring = {"opts": 'pulumi.ResourceOptions(ignore_changes=["memory"])'}
    project = start(one_instance(**ignoring))
    project.up(skip_preview=True)
    only = project.outputs()["instance_id"]
    aura.control.change_instance(only, memory="8GB", storage="16GB")
    project.write("__main__.py", one_instance(name='"renamed"', **ignoring))
    project.up(skip_preview=True)
    live = aura.control.instances()[0]
    assert (live["name"], live["memory"]) == ("renamed", "8GB")


def test_changes_in_place_keep_the_instance(aura, start):
    """Resized, renamed, upgraded and paused: the same id, and every step shows in the preview."""
    project = start(one_instance())
    project.up(skip_preview=True)
    made = project.outputs()["instance_id"]
    changed = one_instance(name='"shop"', memory='"4GB"', type='"business-critical"', paused="True")
    project.write("__main__.py", changed)
    assert project.preview_json().changes["orders-request"] >= {"name", "memory", "type", "paused"}
    project.up(skip_preview=True)
    live = aura.control.instances()[0]
    assert live["id"] == made
    seen = (live["name"], live["memory"], live["type"], live["status"])
    assert seen == ("shop", "4GB", "business-critical", "paused")
    project.preview("--expect-no-changes", "--refresh")


def test_an_immutable_change_replaces_only_what_is_not_protected(aura, start):
    """Another region: refused in the preview while protected, a replacement when not."""
    project = start(one_instance(deletion_protection="True"))
    project.up(skip_preview=True)
    first = project.outputs()["instance_id"]
    moved = one_instance(region='"europe-west2"', deletion_protection="True")
    project.write("__main__.py", moved)
    refused = project.preview(check=False)
    assert refused.exit_code != 0
    assert "region" in refused.output
    assert "deletion_protection" in refused.output
    project.write("__main__.py", one_instance(deletion_protection="False"))
    project.up(skip_preview=True)
    project.write("__main__.py", one_instance(region='"europe-west2"'))
    project.up(skip_preview=True)
    live = aura.control.instances()
    assert [(row["name"], row["region"]) for row in live] == [("orders", "europe-west2")]
    assert live[0]["id"] != first


MISTAKES = {
    "memory": ({"memory": '"3GB"'}, ("3GB", "allowed", "4GB")),
    "name": ({"name": '"a-name-of-thirty-one-characters"'}, ("31 characters", "at most 30")),
    "region": ({"region": '"mars-1"'}, ("mars-1", "allowed", "europe-west1")),
    "source": (
        {
            "type": '"free-db"',
            "memory": '"1GB"',
            "source": 'aura.from_snapshot("ab12cd34", "any")',
        },
        ("AuraDB Free", "professional-db"),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_show_in_the_preview_with_the_allowed_values(aura, start, mistake):
    """A preview fails, names the property and what is allowed, and nothing was created."""
    arguments, words = MISTAKES[mistake]
    project = start(program(instance(**arguments)))
    failed = project.preview(check=False)
    assert failed.exit_code != 0
    assert f"property {mistake}" in failed.output
    for word in words:
        assert word in failed.output
    assert failed.tracebacks == []
    assert aura.control.instances() == []


def test_wrong_credentials_are_one_paragraph_without_the_secret(aura, start):
    """The error names the variables; neither a traceback nor the secret is printed."""
    project = start(one_instance(), AURA_CLIENT_SECRET="canary-0123456789")
    failed = project.preview(check=False)
    assert failed.exit_code != 0
    assert "AURA_CLIENT_ID" in failed.output
    assert failed.tracebacks == []
    assert "canary-0123456789" not in failed.output
    shown = project.preview(check=False, env={"AURA_DEBUG": "1"})
    assert shown.tracebacks


def test_creates_run_side_by_side_and_not_in_fours(aura, start):
    """Of twenty creates whose answer takes a second, more than four are in flight at once."""
    many = "\n".join(instance(f"graph{number}", name=f'"graph-{number}"') for number in range(20))
    project = start(program(many))
    aura.control.add_fault("delay", "POST", "/v1/instances", seconds=1, times=20)
    project.up("--parallel", "100", skip_preview=True)
    rows = aura.control.requests("POST", "/v1/instances")
    spans = [(row["at"], row["at"] + row["milliseconds"] / 1000) for row in rows]
    peak = max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)
    assert len(rows) == 20
    assert peak > 4
