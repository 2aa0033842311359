"""Drift with the real engine: what was changed outside shows by property, and nothing else does."""

from __future__ import annotations

import pytest

from support.programs import one_instance, snapshot_and_staging

pytestmark = pytest.mark.engine

NO_CHANGES_EXPECTED = ("--preview-only", "--expect-no-changes")
DRIFT, NO_DRIFT = 7, 0


def test_what_was_changed_outside_shows_as_property_diffs(aura, start):
    """Renamed, resized and paused outside: exit 7 and three properties; up repairs them."""
    project = start(one_instance(paused="False"))
    project.up(skip_preview=True)
    assert project.refresh(*NO_CHANGES_EXPECTED).exit_code == NO_DRIFT
    only = project.outputs()["instance_id"]
    aura.control.change_instance(only, name="renamed", memory="4GB", status="paused")
    seen = project.refresh(*NO_CHANGES_EXPECTED, "--diff", check=False)
    assert seen.exit_code == DRIFT
    assert project.drift().changes["orders-request"] == {"name", "memory", "paused"}
    for shown in ('"orders" => "renamed"', '"2GB" => "4GB"', "false => true"):
        assert shown in seen.output
    project.up("--refresh", skip_preview=True)
    live = aura.control.instances()[0]
    assert (live["name"], live["memory"], live["status"]) == ("orders", "2GB", "running")
    assert project.refresh(*NO_CHANGES_EXPECTED).exit_code == NO_DRIFT


def test_an_instance_destroyed_outside_is_created_again(aura, start):
    """Refresh says that it is gone, and the next up creates another one."""
    project = start(one_instance())
    project.up(skip_preview=True)
    lost = project.outputs()["instance_id"]
    aura.control.vanish(lost)
    seen = project.refresh(*NO_CHANGES_EXPECTED, check=False)
    assert seen.exit_code == DRIFT
    project.up("--refresh", skip_preview=True)
    assert project.outputs()["instance_id"] != lost
    assert [row["name"] for row in aura.control.instances()] == ["orders"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("status", {"status": 403}),
        ("status", {"status": 404, "body": "<html>not here</html>"}),
        ("truncated", {}),
    ],
)
def test_an_answer_that_says_nothing_never_makes_pulumi_forget(aura, start, kind, options):
    """Unknown is not absent: refresh fails, the state keeps the instance."""
    project = start(one_instance(), AURA_TIMEOUT_SECONDS="2")
    project.up(skip_preview=True)
    aura.control.add_fault(kind, "GET", "/v1/instances/{id}", times=1000, **options)
    seen = project.refresh("--skip-preview", check=False)
    assert seen.exit_code not in {0, DRIFT}
    assert seen.tracebacks == []
    assert "orders-request" in project.resources()


def test_another_api_url_is_refused_before_anything_is_asked(aura, start):
    """With the URL of another Aura, refresh and destroy are refused and the state stays."""
    project = start(one_instance())
    project.up(skip_preview=True)
    aura.control.reset_requests()
    elsewhere = {"AURA_API_URL": aura.url.replace("127.0.0.1", "localhost")}
    for command in (project.refresh, project.destroy):
        refused = command("--skip-preview", check=False, env=elsewhere)
        assert refused.exit_code != 0
        assert "AURA_API_URL" in refused.output
    assert "orders-request" in project.resources()
    assert aura.control.requests("GET", "/v1/instances") == []
    assert aura.control.requests("DELETE") == []


def test_a_snapshot_that_aura_expired_is_not_drift(aura, start):
    """Refresh keeps it and says that it is no longer available."""
    project = start(snapshot_and_staging())
    project.up(skip_preview=True)
    aura.control.drop_snapshot(project.outputs()["snapshot_id"])
    assert project.refresh(*NO_CHANGES_EXPECTED).exit_code == NO_DRIFT
    project.refresh("--skip-preview")
    state = project.resources()["before"]["outputs"]
    assert state["available"] is False
    assert state["exportable"] is False
    project.preview("--expect-no-changes")


def test_changed_triggers_take_another_snapshot_and_staging_keeps_its_data(aura, start):
    """A new snapshot, no new staging: where the data came from is provenance, not identity."""
    project = start(snapshot_and_staging("1"))
    project.up(skip_preview=True)
    before = project.outputs()
    project.write("__main__.py", snapshot_and_staging("2"))
    shown = project.up(skip_preview=True).output
    after = project.outputs()
    assert after["snapshot_id"] != before["snapshot_id"]
    assert after["instance_id"] == before["instance_id"]
    assert after["provenance"] == before["provenance"]
    assert "keeps its data" in shown
