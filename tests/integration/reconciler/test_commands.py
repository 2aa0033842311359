"""The commands about policies, as a user types them."""

import json
import shutil
from pathlib import Path

import pytest

from aura_emulator.control_plane.outcomes import Outcome
from support.commands import shell
from support.emulator import PRODUCTION_PROJECT_ID

__all__ = ["shell"]


@pytest.fixture
def protected(shell):
    """An instance whose first export is made; the shell."""
    shell.orders = shell.world.instance("orders")
    shell.policy()
    assert shell.reconcile("apply").code == 0
    return shell


# --- plan, apply, status --------------------------------------------------------------------------


def test_plan_says_what_would_be_done_and_why_and_ends_with_2(shell):
    """Nothing is done by it."""
    shell.world.instance("orders")
    shell.policy()
    ran = shell.reconcile("plan")
    assert ran.code == 2
    assert "export" in ran.out
    assert "orders" in ran.out
    assert "exports were due" in ran.out
    assert shell.world.vault.exports() == ()


def test_apply_does_it_and_everything_is_as_asked(protected):
    """Afterwards plan and status end with 0."""
    assert len(protected.world.vault.exports()) == 1
    plan = protected.reconcile("plan")
    assert (plan.code, "Nothing is to be done now." in plan.out) == (0, True)
    status = protected.reconcile("status")
    assert status.code == 0
    assert "orders" in status.out
    assert "Everything is as the policies ask." in status.out


def test_json_of_each_command_can_be_read_by_a_program(protected):
    """Nothing else is on standard output."""
    protected.world.pass_time(days=10)
    status = protected.reconcile("status", "--json")
    assert status.code == 2
    assert [each["code"] for each in status.json["findings"]] == ["export-overdue"]
    plan = protected.reconcile("plan", "--json")
    assert [each["action"] for each in plan.json["actions"]] == ["export"]
    applied = protected.reconcile("apply", "--json")
    assert [each["outcome"] for each in applied.json["ended"]] == ["done"]
    assert applied.json["left"]["actions"] == []
    assert protected.reconcile("prune", "--json").json["prune"] == []


def test_policies_that_are_published_are_reconciled_without_their_files(protected):
    """Whoever has the vault can go on."""
    protected.world.pass_time(days=10)
    target = ("--target", protected.world.target)
    assert protected.run("status", *target).code == 2
    assert protected.run("apply", *target).code == 0
    assert protected.run("status", *target).code == 0


def test_as_of_another_time(protected):
    """What would be due in ten days in the world as it is now."""
    protected.policy(exports=[{"cron": "0 2 * * SUN", "take": "new"}])
    later = protected.reconcile("plan", "--at", "2026-03-12T12:00:00+00:00", "--json")
    assert [each["action"] for each in later.json["actions"]] == ["export"]
    assert protected.reconcile("plan", "--at", "nonsense").code == 1


def test_markdown_is_for_a_pull_request(shell):
    """A table that the page shows as one."""
    shell.world.instance("orders | <b>")
    shell.policy()
    ran = shell.reconcile("plan", "--markdown")
    assert ran.out.startswith("### Backup plan `")
    assert "| do | export | orders \\| \\<b\\> |" in ran.out


def test_a_target_that_is_no_vault_is_claimed_only_when_told_to(shell):
    """A disk that is not mounted must not be filled with second copies."""
    shell.world.instance("orders")
    empty = shell.folder / "empty"
    empty.mkdir()
    shell.policy(target=str(empty))
    refused = shell.reconcile("apply")
    assert refused.code == 1
    assert "--claim" in refused.err
    assert list(empty.iterdir()) == []
    assert shell.reconcile("apply", "--claim").code == 0
    assert (empty / "vault.json").exists()


def test_plan_of_a_vault_that_cannot_be_seen_ends_with_3(shell):
    """Unknown is neither good nor bad."""
    shell.world.instance("orders")
    shell.policy(target=str(shell.folder / "not-there"))
    ran = shell.reconcile("plan")
    assert ran.code == 3
    assert "vault-unknown" in ran.out


def test_an_instance_that_is_gone_is_told_and_the_others_are_served(protected):
    """From which export it could come back; nothing of it is pruned."""
    protected.world.instance("other")
    protected.world.pass_time(days=10)
    protected.world.vanish(protected.orders)
    ran = protected.reconcile("apply")
    assert ran.code == 2
    assert "instance-gone" in ran.out
    assert f"from export {protected.orders}-" in ran.out
    assert "made export" in ran.out


def test_an_action_that_fails_ends_with_1_and_the_reason(protected):
    """The others are done all the same."""
    protected.world.instance("other")
    protected.world.pass_time(days=10)
    failing = Outcome(ending="failed")
    protected.world.aura.outcomes.plan("snapshot", protected.orders, 1, failing)
    protected.policy(exports=[{"cron": "0 2 * * SUN", "take": "new"}])
    ran = protected.reconcile("apply")
    assert ran.code == 1
    assert "failed" in ran.out
    assert "export-overdue" in ran.out


# --- what is not clear ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["plan", "apply", "status", "prune"])
def test_without_policies_nothing_is_guessed(shell, command):
    """Files or a vault, and not both."""
    none = shell.run(command)
    assert none.code == 1
    assert "--policy" in none.err
    shell.policy()
    both = shell.reconcile(command, "--target", shell.world.target)
    assert both.code == 1


def test_a_vault_without_policies_says_so(shell):
    """And how they come there."""
    ran = shell.run("plan", "--target", shell.world.target)
    assert ran.code == 1
    assert "No policy is published" in ran.err


def test_a_mistake_in_a_file_names_file_and_field(shell):
    """With the nearest field that there is."""
    shell.policy(retentoin={"keep_last": 1})
    ran = shell.reconcile("plan")
    assert ran.code == 1
    assert "production.yaml" in ran.err
    assert "retentoin: there is no such field; retention?" in ran.err


def test_two_files_of_one_name_are_refused(shell):
    """The vault could not tell them apart."""
    file = shell.policy()
    other = shell.folder / "other.yaml"
    other.write_text(file.read_text())
    ran = shell.reconcile("plan", "--policy", str(other))
    assert ran.code == 1
    assert "Two policies are named production" in ran.err


# --- approval -------------------------------------------------------------------------------------


@pytest.fixture
def loosened(protected):
    """Six weeks of exports, and a policy that keeps one."""
    for _ in range(6):
        protected.world.pass_time(days=7)
        protected.reconcile("apply")
    protected.policy(retention={"keep_last": 1})
    return protected


def test_a_guard_ends_with_4_and_an_approved_plan_goes_through(loosened):
    """What was approved is done, and no more."""
    before = len(loosened.world.vault.exports())
    refused = loosened.reconcile("apply")
    assert refused.code == 4
    assert "deletion-budget" in refused.out
    assert len(loosened.world.vault.exports()) == before
    file = loosened.folder / "plan.json"
    assert loosened.reconcile("plan", "--out", str(file)).code == 4
    assert json.loads(file.read_text())["checksum"]
    assert loosened.run("apply", str(file)).code == 0
    assert len(loosened.world.vault.exports()) == 1


def test_a_plan_of_a_changed_world_is_refused(loosened):
    """Nothing of it is done."""
    file = loosened.folder / "plan.json"
    loosened.reconcile("plan", "--out", str(file))
    loosened.world.pass_time(days=7)
    ran = loosened.run("apply", str(file))
    assert ran.code == 4
    assert "is not the plan of the world as it is now" in ran.err
    assert "ExportSnapshot" in ran.err  # what is different: another export is due


@pytest.mark.parametrize("content", ["", "[]", '{"format": "aura-backup/plan/2"}', "{}"])
def test_a_file_that_is_no_plan_says_so(shell, content):
    """And how one is made."""
    file = shell.folder / "plan.json"
    file.write_text(content)
    ran = shell.run("apply", str(file))
    assert ran.code == 1
    assert "plan" in ran.err


def test_a_plan_and_policies_together_are_refused(shell):
    """An approved plan names its own."""
    shell.policy()
    assert shell.reconcile("apply", str(shell.folder / "plan.json")).code == 1


# --- prune, hold ----------------------------------------------------------------------------------


def test_prune_shows_every_copy_with_its_reasons(loosened):
    """And prunes only with --yes, and only what the guards let through."""
    loosened.policy(retention={"keep_last": 4})
    shown = loosened.reconcile("prune")
    assert shown.code == 0
    assert shown.out.count("keep  ") == 4
    assert "last 4 of 4" in shown.out
    loosened.policy(retention={"keep_last": 3})
    assert loosened.reconcile("prune").code == 4  # one was pruned today, and that is the budget
    loosened.world.pass_time(hours=25)
    assert loosened.reconcile("prune").code == 2
    before = len(loosened.world.vault.exports())
    assert loosened.reconcile("prune", "--yes").code == 0
    assert len(loosened.world.vault.exports()) == before - 1
    assert loosened.reconcile("prune", "--yes", "--at", "2026-03-12").code == 1


def test_a_held_copy_is_kept_until_the_hold_is_taken_away(loosened):
    """By its id, or by its instance's."""
    oldest = loosened.world.vault.exports()[0].manifest.export_id
    target = ("--target", loosened.world.target)
    words = ("hold", "add", "legal", oldest, "--reason", "case 4711", *target)
    assert loosened.run(*words).code == 0
    assert "hold legal: case 4711" in loosened.reconcile("prune").out
    listed = loosened.run("hold", "list", *target, "--json").json["holds"]
    assert [each["copy"] for each in listed] == [oldest]
    assert "for ever" in loosened.run("hold", "list", *target).out
    assert loosened.run("hold", "remove", "legal", *target).code == 0
    assert "hold legal" not in loosened.reconcile("prune").out
    assert "no hold" in loosened.run("hold", "list", *target).out
    assert loosened.run("hold", "remove", "legal", *target).code == 1


def test_a_hold_on_nothing_is_refused(loosened):
    """A typing mistake must not look like protection."""
    target = ("--target", loosened.world.target)
    ran = loosened.run("hold", "add", "legal", "nonsense", "--reason", "case 4711", *target)
    assert ran.code == 4
    assert "nonsense" in ran.err


# --- what somebody else removed -------------------------------------------------------------------


def test_a_copy_that_somebody_removed_is_missed_until_it_is_given_up(protected):
    """By a lifecycle rule, for example; the next one is made meanwhile."""
    lost = protected.world.vault.exports()[0]
    protected.world.pass_time(days=7)
    assert protected.reconcile("apply").code == 0
    shutil.rmtree(Path(protected.world.target) / lost.folder)

    status = protected.reconcile("status", "--json")
    assert status.code == 2
    assert [each["code"] for each in status.json["findings"]] == ["copy-missing"]
    target = ("--target", protected.world.target)
    wrong = protected.run("forget", "nonsense", "--reason", "x", *target)
    assert (wrong.code, lost.export_id in wrong.err) == (4, True)
    given_up = protected.run("forget", lost.export_id, "--reason", "a lifecycle rule", *target)
    assert given_up.code == 0
    assert protected.reconcile("status").code == 0


# --- doctor ---------------------------------------------------------------------------------------


def test_doctor_is_content_with_a_world_that_works(protected):
    """Each check is a sentence."""
    ran = protected.reconcile("doctor")
    assert ran.code == 0
    for name in ("credentials", "project", "quota", "rate", "journal", "target", "lease", "key"):
        assert f" {name}" in ran.out or f"\n{name}" in ran.out or name in ran.out


def test_doctor_names_what_does_not_work(protected, monkeypatch):
    """Wrong credentials are a failure, and the target is looked at all the same."""
    monkeypatch.setenv("AURA_PROJECT_ID", "a0000000-0000-4000-8000-00000000dead")
    protected.world.aura.store.close()
    ran = protected.reconcile("doctor", "--json")
    results = {each["name"]: each["result"] for each in ran.json["checks"]}
    assert ran.code in (1, 3)
    assert results["credentials"] in ("failed", "unknown")
    assert results[f"target {protected.world.target}"] == "good"


# --- adopt ----------------------------------------------------------------------------------------


def test_adopt_writes_a_program_with_instances_vault_and_policies(protected):
    """It is not overwritten, and a clone is not adopted."""
    file = protected.folder / "adopted.py"
    target = ("--target", protected.world.target)
    ran = protected.run("adopt", "--pulumi", str(file), *target)
    assert ran.code == 0
    text = file.read_text()
    assert f"adopt_instance_id='{protected.orders}'" in text
    assert "aura.ExportTarget(" in text
    assert "aura.BackupPolicy(" in text
    compile(text, str(file), "exec")
    again = protected.run("adopt", "--pulumi", str(file), *target)
    assert again.code == 1
    assert PRODUCTION_PROJECT_ID in text


def test_adopt_without_a_file_says_what_is_missing(shell):
    """Nothing is guessed."""
    ran = shell.run("adopt")
    assert ran.code == 1
    assert "file" in ran.err


# --- watch ----------------------------------------------------------------------------------------


def test_watch_makes_passes_and_says_when_the_next_is_due(protected, monkeypatch):
    """Two passes: the first does what is due, the second has nothing to do."""
    protected.world.pass_time(days=10)
    monkeypatch.setattr(
        "pulumi_neo4j_aura.reconciler.watching.Watch.pause",
        lambda _watch, seconds: protected.world.clock.sleep(seconds),
    )
    ran = protected.run(
        "watch", "--policy", str(protected.file), "--passes", "2", "--listen", "127.0.0.1:0"
    )
    assert ran.code == 0
    assert "made export" in ran.err
    assert ran.err.count("next pass at") == 2
    assert ran.err.rstrip().endswith("stopped")
    assert len(protected.world.vault.exports()) == 2
