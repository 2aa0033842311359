"""The state machine: every transition, every refusal, lazily and in the right order."""

from __future__ import annotations

import pytest

from contract.emulator.world import OPERATION_SECONDS, World, message, refusal, wanted

ACTIONS = ("pause", "resume", "overwrite", "upgrade", "snapshots", "delete", "patch", "restore")


def act(world: World, instance: str, action: str, snapshot: str = "") -> tuple[int, str]:
    """Ask for an action; status and reason of its refusal, or 202 and the new status."""
    path = f"/instances/{instance}"
    match action:
        case "delete":
            answer = world.api.delete(path)
        case "patch":
            answer = world.api.patch(path, json={"memory": "16GB"})
        case "restore":
            answer = world.api.post(f"{path}/snapshots/{snapshot}/restore", json={})
        case _:
            body = {"source_instance_id": instance} if action == "overwrite" else {}
            answer = world.api.post(f"{path}/{action}", json=body)
    if answer.status_code == 202:
        return 202, answer.json()["data"].get("status", "")
    return refusal(answer)


def test_creating_ends_in_running_when_its_time_is_over(world: World) -> None:
    """Not a moment earlier; `connection_url` is null until then."""
    instance = world.create(settle=False)
    path = f"/instances/{instance}"
    world.wait(OPERATION_SECONDS - 1)
    assert (world.status(instance), world.get(path)["connection_url"]) == ("creating", None)
    world.wait(1)
    assert world.status(instance) == "running"
    assert world.get(path)["connection_url"] == f"neo4j+s://{instance}.databases.neo4j.io"


def test_pause_and_resume_pass_through_their_states(world: World) -> None:
    """The answer already shows the busy state; the address is null while resuming."""
    instance = world.create()
    assert act(world, instance, "pause") == (202, "pausing")
    assert world.status(instance) == "pausing"
    world.wait()
    assert world.status(instance) == "paused"
    resuming = world.post(f"/instances/{instance}/resume")
    assert (resuming["status"], resuming["connection_url"]) == ("resuming", None)
    world.wait()
    assert world.status(instance) == "running"


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("busy", ["creating", "pausing", "updating", "restoring", "suspending"])
def test_no_action_is_taken_while_another_is_under_way(
    world: World, busy: str, action: str
) -> None:
    """409 ongoing-database-operation with the present state in its message."""
    instance = world.create()
    snapshot = world.take(instance)
    world.control.set_status(instance, busy)
    assert act(world, instance, action, snapshot) == (409, "ongoing-database-operation")
    answer = world.api.post(f"/instances/{instance}/resume", json={})
    assert message(answer) == f"The database is currently undergoing an operation: {busy}"


@pytest.mark.parametrize(
    "action", ["pause", "snapshots", "overwrite", "upgrade", "patch", "restore"]
)
def test_a_paused_instance_only_resumes_or_goes(world: World, action: str) -> None:
    """409 instance-action-unavailable for what needs a running one."""
    instance = world.create()
    snapshot = world.take(instance)
    act(world, instance, "pause")
    world.wait()
    assert act(world, instance, action, snapshot) == (409, "instance-action-unavailable")
    assert world.status(instance) == "paused"


def test_resuming_a_running_instance_is_refused(world: World) -> None:
    """409 instance-action-unavailable."""
    assert act(world, world.create(), "resume") == (409, "instance-action-unavailable")


@pytest.mark.parametrize("state", ["running", "paused", "loading failed", "suspended"])
def test_an_idle_instance_can_be_deleted(world: World, state: str) -> None:
    """destroying, then 404 for everything; its snapshots go with it."""
    instance = world.create()
    world.control.set_status(instance, state)
    assert act(world, instance, "delete") == (202, "destroying")
    assert instance in [row["id"] for row in world.get("/instances")]
    assert act(world, instance, "delete") == (404, "db-not-found")
    assert act(world, instance, "pause") == (409, "ongoing-database-operation")
    world.wait()
    for answer in (
        world.api.get(f"/instances/{instance}"),
        world.api.delete(f"/instances/{instance}"),
        world.api.get(f"/instances/{instance}/snapshots"),
    ):
        assert refusal(answer) == (404, "db-not-found")
        assert message(answer) == f"DB not found: {instance}"
    assert world.get("/instances") == []


def test_a_second_delete_is_410_if_the_switch_says_so(world: World) -> None:
    """db-already-deleted for what was there, 404 for what never was."""
    world.control.change_switches(deleted_status=410)
    instance = world.create()
    act(world, instance, "delete")
    assert act(world, instance, "delete") == (410, "db-already-deleted")
    world.wait()
    assert act(world, instance, "delete") == (410, "db-already-deleted")
    assert act(world, "ffffffff", "delete") == (404, "db-not-found")


def test_upgrade_flips_the_type_at_its_end(world: World) -> None:
    """Professional to Business Critical; id and address stay, the plugin goes, sizes may grow."""
    instance = world.create(graph_analytics_plugin=True)
    path = f"/instances/{instance}"
    sizes = {"memory": "16GB", "storage": "32GB"}
    upgrading = world.post(f"{path}/upgrade", sizes)
    assert (upgrading["status"], upgrading["type"]) == ("updating", "professional-db")
    world.wait()
    upgraded = world.get(path)
    assert (upgraded["status"], upgraded["type"]) == ("running", "business-critical")
    assert (upgraded["memory"], upgraded["storage"]) == ("16GB", "32GB")
    assert upgraded["graph_analytics_plugin"] is False
    assert upgraded["connection_url"] == upgrading["connection_url"]


def test_upgrade_is_for_professional_of_two_gigabytes_and_more(world: World) -> None:
    """400 otherwise, for marketplace projects too; memory and storage only together."""
    dedicated, small = world.create("enterprise-db"), world.create(memory="1GB")
    legacy = world.create(version="4")
    assert act(world, dedicated, "upgrade") == (400, "database-incapable-of-action")
    assert act(world, small, "upgrade") == (400, "invalid-memory-size")
    assert act(world, legacy, "upgrade") == (400, "database-incapable-of-action")
    path = f"/instances/{world.create()}/upgrade"
    for field in ("memory", "storage"):
        assert world.api.post(path, json={field: "16GB"}).status_code == 400
    smaller = {"memory": "4GB", "storage": "8GB"}
    assert refusal(world.api.post(path, json=smaller)) == (400, "invalid-memory-size")
    market = world.control.add_project("Market", marketplace=True)
    instance = world.create(tenant_id=market)
    assert act(world, instance, "upgrade") == (400, "tenant-incapable-of-action")


def test_free_is_neither_paused_nor_resized_nor_overwritten(world: World) -> None:
    """400 for the first two, 420 for the last."""
    free = world.create("free-db")
    assert act(world, free, "pause") == (400, "database-incapable-of-action")
    assert act(world, free, "patch") == (400, "database-incapable-of-action")
    assert act(world, free, "overwrite")[0] == 420
    assert act(world, free, "upgrade") == (400, "database-incapable-of-action")


@pytest.mark.parametrize(
    ("operation", "ends"),
    [
        ("pause", "running"),
        ("restore", "loading failed"),
        ("delete", "running"),
        ("patch", "running"),
    ],
)
def test_an_operation_can_be_told_to_fail(world: World, operation: str, ends: str) -> None:
    """It takes its time and ends as failed ones do; the next one is normal again."""
    instance = world.create()
    snapshot = world.take(instance)
    name = "update" if operation == "patch" else operation
    world.control.plan_operation(name, ending="failed")
    act(world, instance, operation, snapshot)
    world.wait()
    assert world.status(instance) == ends
    assert world.get(f"/instances/{instance}")["memory"] == "8GB"


def test_a_create_can_be_told_to_fail_or_to_hang(world: World) -> None:
    """`loading failed`, or creating for ever; planned once, it happens once."""
    world.control.plan_operation("create", ending="failed")
    world.control.plan_operation("create", ending="stuck")
    failed, stuck, normal = (world.create(settle=False) for _ in range(3))
    world.wait(days=3)
    assert [world.status(i) for i in (failed, stuck, normal)] == [
        "loading failed",
        "creating",
        "running",
    ]


def test_loading_failed_recovers_only_if_the_switch_says_so(world: World) -> None:
    """Whether Aura allows a restore there is not known."""
    instance = world.create()
    snapshot = world.take(instance)
    world.control.set_status(instance, "loading failed")
    assert act(world, instance, "restore", snapshot) == (409, "instance-action-unavailable")
    world.control.change_switches(loading_failed_recovers=True)
    assert act(world, instance, "restore", snapshot) == (202, "restoring")


def test_a_duration_can_be_planned_for_one_instance(world: World) -> None:
    """Others keep the common duration."""
    slow, other = world.create(), world.create()
    world.control.plan_operation("pause", instance_id=slow, seconds=100, times=0)
    act(world, slow, "pause")
    act(world, other, "pause")
    world.wait()
    assert (world.status(slow), world.status(other)) == ("pausing", "paused")
    world.wait(90)
    assert world.status(slow) == "paused"


def test_a_paused_instance_resumes_by_itself_after_30_days(world: World) -> None:
    """Through resuming, also if nobody looked in between."""
    instance, unseen = world.create(), world.create()
    act(world, instance, "pause")
    act(world, unseen, "pause")
    world.wait()
    assert world.status(instance) == "paused"
    world.wait(days=30)
    assert world.status(instance) == "resuming"
    world.wait()
    assert (world.status(instance), world.status(unseen)) == ("running", "running")


def test_a_paused_instance_can_stay_paused(world: World) -> None:
    """By switch."""
    world.control.change_switches(auto_resume_days=0)
    instance = world.create()
    act(world, instance, "pause")
    world.wait(days=100)
    assert world.status(instance) == "paused"


def test_an_instance_that_is_cloned_from_takes_no_other_action(world: World) -> None:
    """409 although its status is running: the document's own example of a conflict."""
    source = world.create()
    world.post("/instances", wanted(source_instance_id=source))
    assert world.status(source) == "running"
    assert act(world, source, "pause") == (409, "ongoing-database-operation")
    world.wait()
    assert act(world, source, "pause") == (202, "pausing")


def test_an_instance_can_be_locked_while_it_says_running(world: World) -> None:
    """As seen on the service while hidden work is in flight."""
    instance = world.create()
    world.control.change_instance(instance, locked_seconds=60)
    assert act(world, instance, "patch") == (409, "ongoing-database-operation")
    world.wait(60)
    assert act(world, instance, "patch") == (202, "updating")
