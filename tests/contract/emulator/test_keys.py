"""Customer-managed keys: their life, and which instances they are for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract.emulator.world import START, World, message, refusal, wanted
from support.emulator import (
    DEVELOPMENT_PROJECT_ID,
    PRODUCTION_PROJECT_ID,
    EmulatorError,
    running_emulator,
)

if TYPE_CHECKING:
    from pathlib import Path

KEYS = "/customer-managed-keys"
ARN = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TO_READY = 2  # the default of `key_ready_seconds`
INSTANCES_BEFORE_KEYS = """
CREATE TABLE instances (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
  version TEXT NOT NULL, cloud_provider TEXT NOT NULL, region TEXT NOT NULL,
  memory INTEGER NOT NULL, storage INTEGER NOT NULL,
  vector_optimized INTEGER NOT NULL, graph_analytics_plugin INTEGER NOT NULL,
  secondaries_count INTEGER, cdc_enrichment_mode TEXT,
  created_at REAL NOT NULL, status TEXT NOT NULL, operation TEXT,
  deadline REAL, next_status TEXT, changes TEXT, slots_until REAL, locked_until REAL,
  graph_nodes INTEGER NOT NULL, graph_relationships INTEGER NOT NULL, deleted_at REAL);
"""


def wanted_key(**fields: Any) -> dict[str, Any]:
    """A request for a key; fields given as None are left out."""
    body = {
        "key_id": ARN,
        "name": "Production Key",
        "region": "europe-west1",
        "instance_type": "enterprise-db",
        "tenant_id": PRODUCTION_PROJECT_ID,
        "cloud_provider": "gcp",
        **fields,
    }
    return {key: value for key, value in body.items() if value is not None}


def make(world: World, *, ready: bool = True, **fields: Any) -> str:
    """A key; ready, unless told otherwise."""
    made = str(world.post(KEYS, wanted_key(**fields))["id"])
    if ready:
        world.control.set_key_status(made, "ready")
    return made


def create(world: World, key: str | None, tier: str = "enterprise-db", **fields: Any) -> Any:
    body = wanted(tier, customer_managed_key_id=key, **fields)
    return world.api.post("/instances", json=body)


def overwrite(world: World, target: str, source: str) -> httpx.Response:
    body = {"source_instance_id": source}
    return world.api.post(f"/instances/{target}/overwrite", json=body)


# the life of a key


def test_a_key_is_pending_and_then_ready(world: World) -> None:
    """Two seconds on the emulator's clock; the answer and GET show the same object."""
    made = world.post(KEYS, wanted_key())
    assert made == {
        "id": made["id"],
        "name": "Production Key",
        "created": START,
        "cloud_provider": "gcp",
        "key_id": ARN,
        "region": "europe-west1",
        "type": "enterprise-db",
        "instance_type": "enterprise-db",
        "tenant_id": PRODUCTION_PROJECT_ID,
        "status": "pending",
    }
    path = f"{KEYS}/{made['id']}"
    world.wait(TO_READY - 1)
    assert world.get(path) == made
    world.wait(1)
    assert world.get(path) == {**made, "status": "ready"}


def test_a_key_may_wait_for_a_person_for_ever(world: World) -> None:
    """A negative switch: only the control API makes it ready, as a person does in Aura."""
    world.control.change_switches(key_ready_seconds=-1)
    key = make(world, ready=False)
    world.control.change_switches(key_ready_seconds=0)
    world.wait(days=1000)
    assert world.get(f"{KEYS}/{key}")["status"] == "pending"
    assert world.control.set_key_status(key, "ready")["status"] == "ready"
    assert world.get(f"{KEYS}/{key}")["status"] == "ready"


def test_a_status_set_by_hand_stays(world: World) -> None:
    """It does not become ready by itself any more. Unknown keys and no status are refused."""
    key = make(world, ready=False)
    world.control.set_key_status(key, "pending")
    world.wait(days=1)
    assert world.get(f"{KEYS}/{key}")["status"] == "pending"
    with pytest.raises(EmulatorError, match="404"):
        world.control.set_key_status("unknown", "ready")
    assert world.http.patch(f"/emulator/keys/{key}", json={}).status_code == 400


def test_the_list_has_summaries_in_the_order_of_their_making(world: World) -> None:
    """Of all projects or of one; a changed key keeps its place."""
    first, second = make(world, ready=False), make(world, tenant_id=DEVELOPMENT_PROJECT_ID)
    third = make(world, name="Another")
    world.control.set_key_status(first, "ready")
    assert [row["id"] for row in world.get(KEYS)] == [first, second, third]
    assert world.get(f"{KEYS}?tenantId={DEVELOPMENT_PROJECT_ID}") == [
        {"id": second, "name": "Production Key", "tenant_id": DEVELOPMENT_PROJECT_ID}
    ]
    assert world.get(f"{KEYS}?tenantId=unknown") == []


def test_a_deleted_key_is_gone(world: World) -> None:
    """204 without a body, then 404 with the document's message."""
    key = make(world)
    answer = world.api.delete(f"{KEYS}/{key}")
    assert (answer.status_code, answer.content) == (204, b"")
    for again in (world.api.get(f"{KEYS}/{key}"), world.api.delete(f"{KEYS}/{key}")):
        assert refusal(again) == (404, "encryption-key-not-found")
        assert message(again) == f"Encryption Key not found: {key}"
    assert world.get(KEYS) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        *(({name: None}, name) for name in wanted_key()),
        ({"name": "x" * 31}, "name"),
        ({"name": " x"}, "name"),
        ({"instance_type": "business-critical"}, "instance_type"),
        ({"cloud_provider": "ibm"}, "cloud_provider"),
        ({"region": "us-west-9"}, "region"),
        ({"cloud_provider": "aws"}, "region"),
    ],
)
def test_a_wrong_key_is_refused_by_field(world: World, fields: dict[str, Any], field: str) -> None:
    """Every field is required, and the place must be one of the instance type's."""
    answer = world.api.post(KEYS, json=wanted_key(**fields))
    assert refusal(answer) == (400, "validation-error")
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]
    assert world.get(KEYS) == []


def test_a_key_is_for_a_tier_that_the_project_has(world: World) -> None:
    """400 for another one, 404 for an unknown project."""
    project = world.control.add_project("Own", types=["professional-db", "enterprise-ds"])
    answer = world.api.post(KEYS, json=wanted_key(tenant_id=project))
    assert refusal(answer) == (400, "db-tier-invalid")
    assert answer.json()["errors"][0]["field"] == "instance_type"
    make(world, tenant_id=project, instance_type="enterprise-ds")
    answer = world.api.post(KEYS, json=wanted_key(tenant_id="unknown"))
    assert refusal(answer) == (404, "tenant-not-found")


def test_who_only_reads_makes_and_deletes_no_key(world: World) -> None:
    """403, whatever else is wrong; reading is allowed."""
    key = make(world)
    world.control.add_credential("viewer", "secret", role="project-viewer")
    with world.client("viewer", "secret") as viewer:
        assert viewer.post(KEYS, json={}).status_code == 403
        assert viewer.delete(f"{KEYS}/{key}").status_code == 403
        assert viewer.get(f"{KEYS}/{key}").status_code == 200


@pytest.mark.parametrize(
    ("switch", "refused"),
    [(404, (404, "encryption-key-not-found")), (403, (403, "unauthorized"))],
)
def test_a_key_of_an_unseen_project_does_not_exist(
    world: World, switch: int, refused: tuple[int, str]
) -> None:
    """In no list, for no GET or DELETE, and for no instance."""
    world.control.change_switches(foreign_status=switch)
    key = make(world)
    world.control.add_credential("dev", "secret", projects=[DEVELOPMENT_PROJECT_ID])
    body = wanted("enterprise-db", customer_managed_key_id=key, tenant_id=DEVELOPMENT_PROJECT_ID)
    with world.client("dev", "secret") as dev:
        assert dev.get(KEYS).json()["data"] == []
        assert refusal(dev.get(f"{KEYS}/{key}")) == refused
        assert refusal(dev.delete(f"{KEYS}/{key}")) == refused
        assert refusal(dev.post("/instances", json=body)) == refused


def test_a_reset_forgets_keys(world: World) -> None:
    """As after the first start."""
    key = make(world)
    create(world, key)
    world.control.reset()
    assert world.get(KEYS) == []


def test_keys_survive_a_kill(tmp_path: Path) -> None:
    """With their status, and with the instances that use them."""
    with running_emulator(state=tmp_path, operation_seconds=0, key_ready_seconds=0) as process:
        with process.api() as api:
            key = api.post(KEYS, json=wanted_key()).json()["data"]["id"]
            body = wanted("enterprise-db", customer_managed_key_id=key)
            instance = api.post("/instances", json=body).json()["data"]["id"]
        process.restart(kill=True)
        with process.api() as again:
            assert again.get(f"{KEYS}/{key}").json()["data"]["status"] == "ready"
            shown = again.get(f"/instances/{instance}").json()["data"]
            assert shown["customer_managed_key_id"] == key


def test_a_state_folder_from_before_there_were_keys_opens(tmp_path: Path) -> None:
    """Its table of instances does, so that it must not change; new instances may have a key."""
    with closing(sqlite3.connect(tmp_path / "aura.sqlite3")) as old:
        old.executescript(INSTANCES_BEFORE_KEYS)
    world = World(state=tmp_path)
    plain = world.create("enterprise-db")
    assert "customer_managed_key_id" not in world.get(f"/instances/{plain}")
    assert create(world, make(world)).status_code == 202
    world.close()


# instances


def test_an_instance_shows_the_key_that_it_was_made_with(world: World) -> None:
    """In GET and in the answers of actions, for both enterprise tiers; else there is no field."""
    for tier in ("enterprise-db", "enterprise-ds"):
        key = make(world, instance_type=tier)
        instance = world.create(tier, customer_managed_key_id=key)
        assert world.get(f"/instances/{instance}")["customer_managed_key_id"] == key
        paused = world.post(f"/instances/{instance}/pause", {})
        assert paused["customer_managed_key_id"] == key
        plain = world.create(tier)
        assert "customer_managed_key_id" not in world.get(f"/instances/{plain}")


def test_an_instance_needs_a_key_that_is_ready(world: World) -> None:
    """400 while it is pending, or anything else that was set by hand."""
    key = make(world, ready=False)
    answer = create(world, key)
    assert refusal(answer) == (400, "validation-error")
    assert answer.json()["errors"][0]["field"] == "customer_managed_key_id"
    assert message(answer) == "The key is pending, not ready"
    world.wait(TO_READY)
    assert create(world, key).status_code == 202
    world.control.set_key_status(key, "revoked")
    assert message(create(world, key)) == "The key is revoked, not ready"


@pytest.mark.parametrize(
    ("of_key", "what"),
    [
        ({"tenant_id": DEVELOPMENT_PROJECT_ID}, "project"),
        ({"instance_type": "enterprise-ds"}, "instance type"),
        ({"cloud_provider": "aws", "region": "us-west-2"}, "cloud provider"),
        ({"region": "europe-west2"}, "region"),
    ],
)
def test_a_key_is_only_for_its_own_project_type_and_place(
    world: World, of_key: dict[str, Any], what: str
) -> None:
    """400, and nothing was made."""
    answer = create(world, make(world, **of_key))
    assert refusal(answer) == (400, "validation-error")
    assert message(answer).startswith(f"The key's {what} is ")
    assert world.get("/instances") == []


def test_a_key_in_use_cannot_be_deleted(world: World) -> None:
    """400 with the document's message, until the last instance is really gone."""
    key = make(world)
    first = world.create("enterprise-db", customer_managed_key_id=key)
    second = world.create("enterprise-db", customer_managed_key_id=key)
    world.post(f"/instances/{first}/pause", {})
    world.wait()
    for instance in (second, first):
        answer = world.api.delete(f"{KEYS}/{key}")
        assert refusal(answer) == (400, "encryption-key-is-active")
        words = f"Can not delete encryption key {key}. The key is linked to an active instance."
        assert message(answer) == words
        world.api.delete(f"/instances/{instance}")
        assert world.api.delete(f"{KEYS}/{key}").status_code == 400
        world.wait()
    assert world.api.delete(f"{KEYS}/{key}").status_code == 204


# clones


def test_a_clone_has_its_source_s_key(world: World) -> None:
    """The same key is right; another one and Neo4j's own are refused, with a snapshot too."""
    key, other = make(world), make(world, name="Other")
    source = world.create("enterprise-db", customer_managed_key_id=key)
    snapshot = world.take(source)
    for wrong in (other, None):
        for taken in (snapshot, None):
            answer = create(world, wrong, source_instance_id=source, source_snapshot_id=taken)
            assert refusal(answer) == (400, "validation-error")
            assert message(answer).endswith(f"can be cloned only with its own key, {key}")
    assert len(world.get("/instances")) == 1
    assert create(world, key, source_instance_id=source).status_code == 202


def test_an_overwrite_needs_the_same_key_on_both_sides(world: World) -> None:
    """Refused before anything is touched: no snapshot of the source is taken."""
    key, other = make(world), make(world, name="Other")
    source, same, wrong, plain = (
        world.create("enterprise-db", customer_managed_key_id=chosen)
        for chosen in (key, key, other, None)
    )
    count = len(world.snapshots(source))
    for target in (wrong, plain):
        assert refusal(overwrite(world, target, source)) == (400, "validation-error")
        assert world.status(target) == "running"
    assert len(world.snapshots(source)) == count
    assert overwrite(world, same, source).status_code == 202


def test_data_under_neo4j_s_own_key_may_go_under_a_customer_s(world: World) -> None:
    """The documented rule is about sources that have a key of their own."""
    key = make(world)
    plain = world.create("enterprise-db")
    keyed = world.create("enterprise-db", customer_managed_key_id=key)
    assert overwrite(world, keyed, plain).status_code == 202
    world.wait()
    assert create(world, key, source_instance_id=plain).status_code == 202
