"""What a kill, a lost answer or a lost machine must not do: lose a password, or bill twice."""

from __future__ import annotations

import shutil

import pytest

from support.programs import one_instance

pytestmark = pytest.mark.engine


def _creates(aura) -> int:
    rows = aura.control.requests("POST", "/v1/instances")
    return sum(row["path"] == "/v1/instances" for row in rows)


def test_a_kill_during_the_wait_loses_neither_instance_nor_password(aura, start):
    """After kill -9 in the wait, the next up goes on with the same instance and password."""
    project = start(one_instance())
    aura.control.plan_operation("create", seconds=20)
    with project.start("up", "--yes", "--skip-preview") as running:
        # The provider's own word: the engine has written its checkpoint by then. Killed while it
        # writes that, it leaves an empty file behind, which is none of ours.
        running.wait_until(lambda: ": creating, " in running.output)
        running.kill()
    waiting = aura.control.instances()[0]
    assert waiting["name"].startswith("orders~")
    project.cancel()
    aura.control.advance_clock(seconds=30)
    project.up(skip_preview=True)
    outputs = project.outputs(show_secrets=True)
    assert outputs["instance_id"] == waiting["id"]
    assert outputs["password"]
    assert _creates(aura) == 1
    assert [row["name"] for row in aura.control.instances()] == ["orders"]


def test_a_kill_during_the_create_is_found_by_the_next_up(aura, start):
    """Killed before the answer: the next up refuses to bill twice and names the two ways out."""
    project = start(one_instance())
    aura.control.add_fault("delay", "POST", "/v1/instances", seconds=30, times=1, effect=True)
    with project.start("up", "--yes", "--skip-preview") as running:
        running.wait_until(lambda: len(aura.control.instances()) == 1)
        running.kill()
    aura.control.clear_faults()
    orphan = aura.control.instances()[0]["id"]
    project.cancel()
    refused = project.up("--skip-preview", check=False)
    assert refused.exit_code != 0
    for words in (orphan, "on_orphan", "adopt_instance_id", " old)"):
        assert words in refused.output
    assert refused.tracebacks == []
    project.write("__main__.py", one_instance(on_orphan='"replace"'))
    project.up(skip_preview=True)
    live = aura.control.instances()
    assert [row["name"] for row in live] == ["orders"]
    assert live[0]["id"] != orphan


@pytest.mark.parametrize("lost_journal", [False, True])
def test_a_lost_answer_is_looked_for_and_never_repeated(aura, start, lost_journal):
    """The answer to the create is lost: one instance, also from a machine without the journal."""
    project = start(one_instance())
    aura.control.add_fault("lost_answer", "POST", "/v1/instances", times=1)
    first = project.up("--skip-preview", check=False)
    assert first.exit_code != 0
    assert _creates(aura) == 1
    if lost_journal:
        shutil.rmtree(project.env["XDG_STATE_HOME"])
    second = project.up("--skip-preview", check=False)
    orphan = aura.control.instances()[0]["id"]
    assert second.exit_code != 0
    assert orphan in second.output
    assert _creates(aura) == 1
    adopted = one_instance(adopt_instance_id=f'"{orphan}"', password_override='"my-own-password"')
    project.write("__main__.py", adopted)
    project.up(skip_preview=True)
    outputs = project.outputs(show_secrets=True)
    assert (outputs["instance_id"], outputs["password"]) == (orphan, "my-own-password")
    assert [row["name"] for row in aura.control.instances()] == ["orders"]
    assert _creates(aura) == 1
    kept = project.destroy("--skip-preview")
    assert "was adopted and is kept" in kept.output
    assert [row["id"] for row in aura.control.instances()] == [orphan]


def test_a_wait_that_times_out_is_taken_up_again(aura, start):
    """The id is in the state although the first up failed; the next one finishes the same."""
    project = start(one_instance(wait_timeout='"1s"'))
    aura.control.plan_operation("create", seconds=15)
    failed = project.up("--skip-preview", check=False)
    assert failed.exit_code != 0
    assert "stopped waiting" in failed.output
    assert failed.tracebacks == []
    made = project.resources()["orders-request"]["id"]
    aura.control.advance_clock(seconds=30)
    project.write("__main__.py", one_instance(wait_timeout='"20s"'))
    project.up(skip_preview=True)
    assert project.outputs()["instance_id"] == made
    assert _creates(aura) == 1


def test_an_instance_that_ends_in_a_failed_state_is_an_error_with_its_id(aura, start):
    """A create that Aura gives up is named, kept in the state, and can be destroyed."""
    project = start(one_instance())
    aura.control.plan_operation("create", ending="failed")
    failed = project.up("--skip-preview", check=False)
    made = project.resources()["orders-request"]["id"]
    assert failed.exit_code != 0
    assert made in failed.output
    assert "failed" in failed.output
    assert failed.tracebacks == []
    project.destroy("--skip-preview")
    assert aura.control.instances() == []
