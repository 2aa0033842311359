"""The database of an instance through v2beta1: its backups are v1's snapshots."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from contract.emulator.beta import INSTANCES, Beta, bare, wanted, wrong_fields
from contract.emulator.world import OPERATION_SECONDS, TODAY, World

UNKNOWN = "b0000000-0000-4000-8000-000000000001"


def test_an_instance_has_one_database_whose_id_never_changes(beta: Beta) -> None:
    """A UUID that the create announces; another instance has another."""
    made = beta.post(INSTANCES, wanted())
    [database] = beta.get(f"{INSTANCES}/{made['id']}/databases")
    assert database == {"id": made["default_database_id"], "name": "neo4j"}
    assert uuid.UUID(database["id"]).version == 5
    assert beta.get(f"{INSTANCES}/{made['id']}/databases/{database['id']}") == database
    other = beta.create()
    assert beta.database(other).rpartition("/")[2] != database["id"]
    refused = beta.api.get(f"{INSTANCES}/{other}/databases/{database['id']}")
    assert bare(refused) == (404, "aura-database-not-found")


def test_a_second_database_is_refused_for_good(beta: Beta) -> None:
    """409 with a reason that says that waiting does not help."""
    instance = beta.create("business-critical")
    refused = beta.api.post(f"{INSTANCES}/{instance}/databases", json={"name": "another"})
    assert bare(refused) == (409, "multi-db-only")


def test_backups_are_the_snapshots_of_v1(beta: Beta, world: World) -> None:
    """Same ids, of all days, oldest first."""
    instance = beta.create()
    database = beta.database(instance)
    snapshot = world.take(instance)
    world.wait(days=2)
    backup = beta.post(f"{database}/backups")
    assert list(backup) == ["id"]
    world.wait()
    listed = beta.get(f"{database}/backups")
    ids = [row["id"] for row in listed]
    assert ids == [row["snapshot_id"] for row in world.control.snapshots(instance)]
    assert {snapshot, backup["id"]} < set(ids)
    assert world.snapshots(instance, TODAY)[1]["snapshot_id"] == ids[1] == snapshot
    assert listed[1] == beta.get(f"{database}/backups/{snapshot}")
    assert listed[1] == {
        "id": snapshot,
        "timestamp": "2026-03-02T12:00:20Z",
        "status": "Completed",
        "exportable": True,
    }


def test_the_list_hides_an_unfinished_backup(beta: Beta, world: World) -> None:
    """The single GET shows it all the while; one at a time."""
    path = beta.database(beta.create()) + "/backups"
    before = beta.get(path)
    taken = beta.post(path)["id"]
    assert beta.get(path) == before
    assert beta.get(f"{path}/{taken}")["status"] == "Pending"
    assert bare(beta.api.post(path)) == (409, "snapshot-not-allowed")
    world.wait(OPERATION_SECONDS / 2)
    assert beta.get(path) == before
    assert beta.get(f"{path}/{taken}")["status"] == "InProgress"
    world.wait()
    assert beta.get(path) == [*before, beta.get(f"{path}/{taken}")]


@pytest.mark.parametrize(
    ("plan", "listed"), [({"ending": "failed"}, True), ({"status": "Cancelled"}, False)]
)
def test_a_backup_that_went_wrong_has_failed(
    beta: Beta, world: World, plan: dict[str, Any], *, listed: bool
) -> None:
    """v2beta1 has no word for cancelled; it is not listed, as in v1."""
    path = beta.database(beta.create()) + "/backups"
    world.control.plan_operation("snapshot", **plan)
    taken = beta.post(path)["id"]
    world.wait()
    shown = beta.get(f"{path}/{taken}")
    assert (shown["status"], shown["exportable"]) == ("Failed", False)
    assert (shown in beta.get(path)) is listed


def test_free_keeps_only_its_newest_backup(beta: Beta, world: World) -> None:
    """v1's rule, which its list of one day shows too."""
    path = beta.database(beta.create("free")) + "/backups"
    for _ in range(2):
        newest = beta.post(path)["id"]
        world.wait()
    assert [row["id"] for row in beta.get(path)] == [newest]


@pytest.mark.parametrize("field", ["backup_id", "id"])
def test_a_restore_takes_either_name_of_the_backup(beta: Beta, world: World, field: str) -> None:
    """The newer document's and the older one's; both APIs show it at once."""
    instance = beta.create()
    database = beta.database(instance)
    backup = beta.post(f"{database}/backups")["id"]
    world.wait()
    restoring = beta.post(f"{database}/restore", {field: backup})
    assert restoring["aura_database_id"] == database.rpartition("/")[2]
    assert (restoring["instance_id"], restoring["status"]) == (instance, "restoring")
    assert restoring["available_actions"]["take_backup"]["enabled"] is False
    assert world.status(instance) == "restoring"
    assert beta.get(f"{INSTANCES}/{instance}")["legacy_status"] == "restoring"
    again = beta.api.post(f"{database}/restore", json={field: backup})
    assert bare(again) == (409, "ongoing-database-operation")
    world.wait()
    assert world.status(instance) == "running"


def test_a_wrong_restore_is_refused(beta: Beta, world: World) -> None:
    """No backup, an unknown one, another instance's, an unfinished one."""
    database, other = beta.database(beta.create()), world.create()
    foreign = world.take(other)
    path = f"{database}/restore"
    assert wrong_fields(beta.api.post(path, json={})) == ["backup_id"]
    assert wrong_fields(beta.api.post(path, json={"id": 1})) == ["id"]
    for backup in (UNKNOWN, foreign):
        refused = beta.api.post(path, json={"backup_id": backup})
        assert bare(refused) == (404, "snapshot-not-found")
        refused = beta.api.get(f"{database}/backups/{backup}")
        assert bare(refused) == (404, "snapshot-not-found")
    unfinished = beta.post(f"{database}/backups")["id"]
    refused = beta.api.post(path, json={"backup_id": unfinished})
    assert bare(refused) == (409, "snapshot-not-allowed")


def test_every_path_below_checks_the_database(beta: Beta) -> None:
    """A database that the instance does not have is not found, whatever is asked of it."""
    instance = beta.create()
    path = f"{INSTANCES}/{instance}/databases/{UNKNOWN}"
    for method, below in (
        ("GET", ""), ("GET", "/backups"), ("POST", "/backups"), ("GET", f"/backups/{UNKNOWN}"),
        ("POST", "/restore"),
    ):  # fmt: skip
        refused = beta.api.request(method, path + below)
        assert bare(refused) == (404, "aura-database-not-found"), below


def test_a_backup_needs_a_running_instance(beta: Beta, world: World) -> None:
    """v1's rule and reason."""
    instance = beta.create()
    database = beta.database(instance)
    world.post(f"/instances/{instance}/pause")
    world.wait()
    refused = beta.api.post(f"{database}/backups")
    assert bare(refused) == (409, "instance-action-unavailable")
