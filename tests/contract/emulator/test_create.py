"""POST /instances: what it answers, and everything it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contract.emulator.world import World, message, refusal, wanted
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID


def test_the_answer_has_the_password_and_neither_status_nor_sizes(world: World) -> None:
    """Only this answer has credentials; the id is 8 hex digits, the password 43 characters."""
    created = world.post("/instances", wanted())
    assert re.fullmatch("[0-9a-f]{8}", created["id"])
    assert created["connection_url"] == f"neo4j+s://{created['id']}.databases.neo4j.io"
    assert created["username"] == "neo4j"
    assert len(created["password"]) == 43
    assert created["created_at"] == "2026-03-02T12:00:00Z"
    assert not {"status", "memory", "storage"} & set(created)
    shown = world.get(f"/instances/{created['id']}")
    assert not {"username", "password"} & set(shown)


def test_a_new_instance_shows_what_was_asked_for(world: World) -> None:
    """Storage is twice the memory unless given; both booleans are always there."""
    shown = world.get(f"/instances/{world.create(name='Näme ☂')}")
    assert shown["name"] == "Näme ☂"
    assert (shown["memory"], shown["storage"]) == ("8GB", "16GB")
    assert (shown["vector_optimized"], shown["graph_analytics_plugin"]) == (False, False)
    assert shown["tenant_id"] == PRODUCTION_PROJECT_ID
    assert "metrics_integration_url" not in shown


@pytest.mark.parametrize(
    "field", ["version", "region", "memory", "name", "type", "tenant_id", "cloud_provider"]
)
def test_a_missing_field_is_named(world: World, field: str) -> None:
    """400 with `field`; null is as good as missing."""
    for value in ({field: ...}, {field: None}):
        body: dict[str, Any] = {**wanted(), **value}
        if body[field] is ...:
            del body[field]
        answer = world.api.post("/instances", json=body)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_several_mistakes_are_named_at_once(world: World) -> None:
    """One answer has an error for each field."""
    answer = world.api.post("/instances", json=wanted(name="", type="huge", region=7))
    assert {error["field"] for error in answer.json()["errors"]} == {"name", "type", "region"}


def test_free_needs_no_memory(world: World) -> None:
    """There is one size of Free, and a published client leaves it out."""
    created = world.post("/instances", wanted("free-db", memory=None))
    shown = world.get(f"/instances/{created['id']}")
    assert shown["memory"] == "1GB"
    assert "storage" not in shown
    assert (shown["graph_nodes"], shown["graph_relationships"]) == (0, 0)


@pytest.mark.parametrize("name", ["x", "x" * 30, "é" * 30, "a b"])
def test_names_of_1_to_30_characters_are_taken(world: World, name: str) -> None:
    """Characters, not bytes; and names are not unique."""
    first, second = (world.create(name=name) for _ in range(2))
    assert first != second


@pytest.mark.parametrize("name", ["", "x" * 31, " x", "x ", "\tx", "x\n", 5, ["x"], "\ud800"])
def test_other_names_are_refused(world: World, name: object) -> None:
    """Empty, too long, with a blank at an end, or no text at all."""
    body = b'{"name": "\\ud800"}' if name == "\ud800" else None
    request = {"content": body} if body else {"json": wanted(name=name)}
    answer = world.api.post("/instances", **request)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("memory", "storage"), [("3GB", None), ("256GB", None), ("8GB", "8GB"), ("8GB", "64GB")]
)
def test_a_size_that_is_not_offered_is_named(
    world: World, memory: str, storage: str | None
) -> None:
    """400 invalid-memory-size; the message names both sizes."""
    answer = world.api.post("/instances", json=wanted(memory=memory, storage=storage))
    assert refusal(answer) == (400, "invalid-memory-size")
    assert memory in message(answer)
    assert storage is None or storage in message(answer)


@pytest.mark.parametrize("memory", ["8G", "8 GB", "08GB", "8gb", "0GB", "-8GB", "٨GB"])
def test_sizes_are_spelled_one_way(world: World, memory: str) -> None:
    """`8GB` and nothing like it."""
    answer = world.api.post("/instances", json=wanted(memory=memory))
    assert refusal(answer) == (400, "invalid-memory-size")


def test_storage_is_adjustable_on_gcp_with_the_newest_version(world: World) -> None:
    """Up to four times the memory there, only twice elsewhere."""
    assert world.create(memory="8GB", storage="32GB")
    for other in ({"version": "4"}, {"cloud_provider": "aws", "region": "us-east-1"}):
        answer = world.api.post("/instances", json=wanted(storage="32GB", **other))
        assert refusal(answer) == (400, "invalid-memory-size")


@pytest.mark.parametrize(
    "fields",
    [
        {"region": "mars-1"},
        {"region": "us-east-1"},
        {"version": "3"},
        {"cloud_provider": "azure", "region": "westus3x"},
        {"tier": "business-critical", "version": "4"},
        {"tier": "free-db", "cloud_provider": "aws", "region": "us-east-1"},
        {"region": "me-west1"},
    ],
)
def test_what_the_tier_does_not_offer_is_refused(world: World, fields: dict[str, Any]) -> None:
    """400 with the field: regions belong to a cloud and a tier, versions to a tier."""
    tier = fields.pop("tier", "professional-db")
    answer = world.api.post("/instances", json=wanted(tier, **fields))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] in fields


def test_everything_a_project_lists_can_be_created(world: World) -> None:
    """`instance_configurations` is the truth: one of each tier, cloud and version is accepted."""
    offered = world.get(f"/tenants/{PRODUCTION_PROJECT_ID}")["instance_configurations"]
    assert len(offered) > 1000
    kinds = {(item["type"], item["cloud_provider"], item["version"]): item for item in offered}
    assert len(kinds) == 2 + 6 + 3 + 6 + 3 + 3
    for item in kinds.values():
        fields = {key: value for key, value in item.items() if key != "region_name"}
        answer = world.api.post("/instances", json=wanted(item["type"]) | fields)
        assert answer.status_code == (405 if item["version"] == "5" and is_free(item) else 202)


def is_free(item: dict[str, str]) -> bool:
    return item["type"] == "free-db"  # the second one is one too many


@pytest.mark.parametrize(
    ("tier", "fields", "reason"),
    [
        ("professional-db", {"vector_optimized": True, "memory": "2GB"}, "validation-error"),
        ("free-db", {"vector_optimized": True}, "database-incapable-of-action"),
        ("professional-ds", {"vector_optimized": True}, "database-incapable-of-action"),
        ("business-critical", {"graph_analytics_plugin": True}, "database-incapable-of-action"),
        ("professional-db", {"customer_managed_key_id": "k"}, "database-incapable-of-action"),
    ],
)
def test_an_option_that_the_tier_lacks_is_refused(
    world: World, tier: str, fields: dict[str, Any], reason: str
) -> None:
    """By meaning, not as an unknown field; the status is a switch."""
    assert refusal(world.api.post("/instances", json=wanted(tier, **fields))) == (400, reason)
    if reason == "database-incapable-of-action":
        world.control.change_switches(capability_status=403)
        assert world.api.post("/instances", json=wanted(tier, **fields)).status_code == 403


def test_options_that_the_tier_has_are_kept(world: World) -> None:
    """A boolean may come as a string: a published client sends it that way."""
    instance = world.create(vector_optimized="true", graph_analytics_plugin=True, memory="4GB")
    shown = world.get(f"/instances/{instance}")
    assert (shown["vector_optimized"], shown["graph_analytics_plugin"]) == (True, True)


def test_an_unknown_customer_managed_key_is_not_found(world: World) -> None:
    """404 with the reason of the keys' own endpoints."""
    answer = world.api.post("/instances", json=wanted("enterprise-db", customer_managed_key_id="k"))
    assert refusal(answer) == (404, "encryption-key-not-found")


def test_an_unknown_project_is_not_found(world: World) -> None:
    """404 tenant-not-found with the document's message."""
    answer = world.api.post("/instances", json=wanted(tenant_id="unknown"))
    assert refusal(answer) == (404, "tenant-not-found")
    assert message(answer) == "The tenant you specified could not be found"


def test_there_is_one_free_instance_per_account(world: World) -> None:
    """Over all projects; gone, it makes room."""
    first = world.create("free-db")
    second = wanted("free-db", tenant_id=DEVELOPMENT_PROJECT_ID)
    answer = world.api.post("/instances", json=second)
    assert refusal(answer) == (405, "instance-limit-reached")
    world.api.delete(f"/instances/{first}")
    assert world.api.post("/instances", json=second).status_code == 405
    world.wait()
    assert world.api.post("/instances", json=second).status_code == 202


def test_a_project_may_have_its_own_rights(world: World) -> None:
    """Billing, tiers, quotas and a limit of its own."""
    project = world.control.add_project("Own", billing=False, types=["professional-db"])
    body = wanted(tenant_id=project)
    assert refusal(world.api.post("/instances", json=body)) == (400, "missing-billing-details")
    world.control.change_project(project, billing=True, quotas={"professional-db": 1})
    other = wanted("business-critical", tenant_id=project)
    assert refusal(world.api.post("/instances", json=other)) == (400, "db-tier-invalid")
    offered = world.get(f"/tenants/{project}")["instance_configurations"]
    assert {item["type"] for item in offered} == {"professional-db"}
    assert world.api.post("/instances", json=body).status_code == 202
    assert world.api.post("/instances", json=body).status_code == 405
    world.control.change_project(project, quotas={}, max_instances=1)
    assert world.api.post("/instances", json=body).status_code == 405


@pytest.mark.parametrize("limit", [{"quotas": {"professional-db": 1}}, {"max_instances": 1}])
def test_a_project_s_limit_counts_its_own_instances_only(
    world: World, limit: dict[str, Any]
) -> None:
    """Those of other projects do not count, and a deleted one makes room."""
    world.create()
    project = world.control.add_project("Own", **limit)
    own = world.create(tenant_id=project)
    body = wanted(tenant_id=project)
    assert refusal(world.api.post("/instances", json=body)) == (405, "instance-limit-reached")
    world.api.delete(f"/instances/{own}")
    world.wait()
    assert world.api.post("/instances", json=body).status_code == 202


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "null", "7", "[" * 100_000, b"\xff"])
def test_a_body_that_is_no_object_is_refused(world: World, content: str | bytes) -> None:
    """400 in the API's own shape, whatever comes."""
    answer = world.api.post("/instances", content=content)
    assert refusal(answer) == (400, "validation-error")


def test_unknown_fields_are_ignored(world: World) -> None:
    """Clients send them, and explicit nulls."""
    body = {**wanted(colour="blue"), "source_instance_id": None}
    assert world.api.post("/instances", json=body).status_code == 202


def test_metrics_need_an_eligible_instance(world: World) -> None:
    """400 tenant-incapable-of-action until there is one; then the project's address."""
    path = f"/tenants/{PRODUCTION_PROJECT_ID}/metrics-integration"
    world.create("professional-db")
    assert refusal(world.api.get(path)) == (400, "tenant-incapable-of-action")
    instance = world.create("business-critical")
    endpoint = f"https://customer-metrics-api.neo4j.io/api/v1/{PRODUCTION_PROJECT_ID}"
    assert world.get(path) == {"endpoint": f"{endpoint}/metrics"}
    shown = world.get(f"/instances/{instance}")
    assert shown["metrics_integration_url"] == f"{endpoint}/{instance}/metrics"


def test_a_list_has_no_status_and_can_be_of_one_project(world: World) -> None:
    """Oldest first, with five fields."""
    first, second = world.create(), world.create(tenant_id=DEVELOPMENT_PROJECT_ID)
    rows = world.get("/instances")
    assert [row["id"] for row in rows] == [first, second]
    assert set(rows[0]) == {"id", "name", "tenant_id", "cloud_provider", "created_at"}
    only = world.get(f"/instances?tenantId={DEVELOPMENT_PROJECT_ID}")
    assert [row["id"] for row in only] == [second]


def test_a_list_keeps_its_order_when_something_changes(world: World) -> None:
    """Also of instances made in the same moment."""
    made = [world.create(name=str(number), settle=False) for number in range(3)]
    world.wait()
    world.patch(f"/instances/{made[0]}", {"name": "changed"})
    assert [row["id"] for row in world.get("/instances")] == made


def test_sizing_gives_the_smallest_offered_size(world: World) -> None:
    """Grows with the graph, and says when nothing is large enough."""
    counts = {"node_count": 1_000_000, "relationship_count": 5_000_000}
    small = world.post("/instances/sizing", counts, 200)
    assert small == {
        "did_exceed_maximum": False,
        "min_required_memory": "10GB",
        "recommended_size": "16GB",
    }
    categories = {"algorithm_categories": ["pathfinding", "centrality"]}
    more = world.post("/instances/sizing", counts | categories, 200)
    assert int(more["min_required_memory"][:-2]) > 10
    huge = world.post("/instances/sizing", counts | {"node_count": 10**9}, 200)
    assert (huge["did_exceed_maximum"], huge["recommended_size"]) == (True, "384GB")
    for wrong in ({}, {"node_count": -1}, {"instance_type": "free-db"}, {"node_count": 1.5}):
        answer = world.api.post("/instances/sizing", json=counts | wrong if wrong else {})
        assert answer.status_code == 400
