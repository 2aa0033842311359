"""Instances through v2beta1: its own words, v1's rules, the same world."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from contract.emulator.beta import (
    ELSEWHERE,
    INSTANCES,
    ORGANIZATION,
    PROJECTS,
    Beta,
    bare,
    wanted,
    wrong_fields,
)
from contract.emulator.world import World, message
from support.emulator import (
    DEVELOPMENT_PROJECT_ID,
    ORGANIZATION_ID,
    PRODUCTION_PROJECT_ID,
    running_emulator,
)

GONE = "00000000"


def one(instance: str) -> str:
    return f"{INSTANCES}/{instance}"


def test_there_is_one_organization_with_all_projects(beta: Beta) -> None:
    """Its id is fixed; every project is active."""
    organization = {"id": ORGANIZATION_ID, "name": "Emulator"}
    assert beta.get("/organizations") == [organization]
    assert beta.get(ORGANIZATION) == organization
    projects = [
        {"id": PRODUCTION_PROJECT_ID, "name": "Production"},
        {"id": DEVELOPMENT_PROJECT_ID, "name": "Development"},
    ]
    assert beta.get(PROJECTS) == beta.get(f"{PROJECTS}?status=active") == projects
    assert beta.get(f"{PROJECTS}?status=deleted") == []
    assert beta.get(f"{PROJECTS}?status=deletion_request") == []
    assert bare(beta.api.get(f"{PROJECTS}?status=none")) == (400, "validation-error")


@pytest.mark.parametrize(
    ("tier", "kind", "sizes", "analytics"),
    [
        ("free", "free-db", ("1GB", "2GB"), "unavailable"),
        ("professional", "professional-db", ("8GB", "16GB"), "serverless"),
        ("business-critical", "business-critical", ("8GB", "16GB"), "serverless"),
        ("virtual-dedicated-cloud", "enterprise-db", ("8GB", "16GB"), "serverless"),
    ],
)
def test_a_type_is_asked_for_in_new_words_and_answered_in_old_ones(
    beta: Beta, tier: str, kind: str, sizes: tuple[str, str], analytics: str
) -> None:
    """The create has address, project and password; the GET has none of them."""
    made = beta.post(INSTANCES, wanted(tier))
    assert made.pop("password")
    assert made.pop("default_database_id")
    common = {
        "id": made["id"],
        "name": "Instance01",
        "type": kind,
        "cloud_provider": "gcp",
        "region": "europe-west1",
        "memory": sizes[0],
        "storage": sizes[1],
        "vector_optimized": False,
        "multi_database": False,
        "legacy_status": "creating",
    }
    assert made == {
        **common,
        "project_id": PRODUCTION_PROJECT_ID,
        "connection_url": f"neo4j+s://{made['id']}.databases.neo4j.io",
        "username": "neo4j",
        "created_at": "2026-03-02T12:00:00Z",
    }
    assert beta.get(one(made["id"])) == {**common, "graph_analytics": analytics}


def test_the_version_is_the_newest(beta: Beta) -> None:
    """There is none in the request; it shows in that no version 4 can be cloned from it."""
    made = beta.create()
    body = {
        "version": "4", "region": "europe-west1", "memory": "8GB", "name": "older",
        "type": "professional-db", "tenant_id": PRODUCTION_PROJECT_ID, "cloud_provider": "gcp",
        "source_instance_id": made,
    }  # fmt: skip
    refused = beta.world.api.post("/instances", json=body)
    assert refused.status_code == 400
    assert "version" in message(refused)


def test_both_apis_show_the_same_instances(beta: Beta, world: World) -> None:
    """Whichever made them, in the project they are in, with one status."""
    old, new = world.create(), beta.create(name="new")
    elsewhere = world.create(tenant_id=DEVELOPMENT_PROJECT_ID)
    assert [row["id"] for row in beta.get(INSTANCES)] == [old, new]
    assert [row["id"] for row in beta.get(ELSEWHERE)] == [elsewhere]
    assert beta.get(INSTANCES)[1] == {
        "id": new,
        "name": "new",
        "cloud_provider": "gcp",
        "created_at": "2026-03-02T12:00:20Z",
    }
    world.post(f"/instances/{new}/pause")
    assert beta.get(one(new))["legacy_status"] == world.status(new) == "pausing"
    beta.api.delete(one(old))
    assert beta.get(one(old))["legacy_status"] == world.status(old) == "destroying"
    world.wait()
    assert [row["id"] for row in beta.get(INSTANCES)] == [new]
    assert bare(beta.api.get(one(old))) == (404, "db-not-found")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": None, "region": None}, ["name", "region"]),
        ({"type": None, "cloud_provider": None}, ["cloud_provider", "type"]),
        ({"type": "professional-db"}, ["type"]),
        ({"memory": None}, ["memory"]),
        ({"name": " blank"}, ["name"]),
        ({"region": "nowhere"}, ["region"]),
        ({"graph_analytics": "yes"}, ["graph_analytics"]),
        ({"version": "5", "tenant_id": "x"}, ["tenant_id", "version"]),
        ({"type": "business-critical", "multi_database": True}, ["multi_database"]),
    ],
)
def test_a_wrong_create_names_its_fields(
    beta: Beta, change: dict[str, Any], fields: list[str]
) -> None:
    """By field, in the validation shape; nothing is made."""
    assert wrong_fields(beta.api.post(INSTANCES, json=wanted(**change))) == fields
    assert beta.get(INSTANCES) == []


@pytest.mark.parametrize(
    ("tier", "change", "status", "reason"),
    [
        ("professional", {"memory": "3GB"}, 400, "invalid-memory-size"),
        ("free", {"memory": "2GB"}, 400, "invalid-memory-size"),
        ("free", {"storage": "4GB"}, 400, "invalid-memory-size"),
        ("business-critical", {"graph_analytics": "plugin"}, 400, "database-incapable-of-action"),
        ("free", {"multi_database": True}, 400, "multi-database-tier-not-supported"),
        ("professional", {"multi_database": True}, 400, "multi-database-tier-not-supported"),
    ],
)
def test_the_rules_of_the_tiers_hold(
    beta: Beta, tier: str, change: dict[str, Any], status: int, reason: str
) -> None:
    """With v1's reasons, alone and bare."""
    assert bare(beta.api.post(INSTANCES, json=wanted(tier, **change))) == (status, reason)
    assert beta.get(INSTANCES) == []


def test_the_limits_count_the_instances_of_both_apis(beta: Beta, world: World) -> None:
    """405, as the document has it."""
    world.create("free-db")
    assert bare(beta.api.post(INSTANCES, json=wanted("free"))) == (405, "instance-limit-reached")
    world.control.change_project(PRODUCTION_PROJECT_ID, billing=False)
    refused = beta.api.post(INSTANCES, json=wanted())
    assert bare(refused) == (400, "missing-billing-details")


def test_graph_analytics_is_what_was_asked_for_or_the_plugin_of_v1(
    beta: Beta, world: World
) -> None:
    """It survives a look through the other API, and follows what v1 changes."""
    without = beta.create(graph_analytics="unavailable")
    plugin = beta.create(graph_analytics="plugin")
    assert beta.get(one(without))["graph_analytics"] == "unavailable"
    assert beta.get(one(plugin))["graph_analytics"] == "plugin"
    assert world.get(f"/instances/{plugin}")["graph_analytics_plugin"] is True
    assert world.get(f"/instances/{without}")["graph_analytics_plugin"] is False
    world.patch(f"/instances/{without}", {"graph_analytics_plugin": True})
    world.post(f"/instances/{plugin}/upgrade")
    world.wait()
    assert beta.get(one(without))["graph_analytics"] == "plugin"
    assert beta.get(one(plugin))["graph_analytics"] == "serverless"


def test_vector_optimization_is_asked_for_as_in_v1(beta: Beta, world: World) -> None:
    """And shown in the answer to the create."""
    made = beta.post(INSTANCES, wanted(vector_optimized=True))
    assert made["vector_optimized"] is True
    assert world.get(f"/instances/{made['id']}")["vector_optimized"] is True


def test_a_resize_needs_both_sizes_and_an_idle_instance(beta: Beta, world: World) -> None:
    """202 with the whole instance; then it is busy for both APIs."""
    instance = beta.create()
    both = {"memory": "16GB", "storage": "64GB"}
    for field, size in both.items():
        refused = beta.api.patch(one(instance), json={field: size})
        assert wrong_fields(refused) == [*({"memory", "storage"} - {field})]
    assert beta.patch(one(instance), both)["legacy_status"] == "updating"
    busy = (409, "ongoing-database-operation")
    assert bare(beta.api.patch(one(instance), json=both)) == busy
    assert bare(beta.api.patch(one(instance), json={"traffic_type": "public_only"})) == busy
    assert bare(beta.api.delete(one(instance))) == busy
    assert world.status(instance) == "updating"
    world.wait()
    shown = beta.get(one(instance))
    assert {key: shown[key] for key in both} == both


def test_there_are_no_private_endpoints(beta: Beta) -> None:
    """What is already so may be set, and changes nothing; a private network cannot be had."""
    instance = beta.create()
    public = {"traffic_type": "public_only", "private_endpoint_ids": []}
    assert beta.patch(one(instance), public)["legacy_status"] == "running"
    for body in ({"traffic_type": "hybrid"}, {"private_endpoint_ids": ["pe-12345678"]}):
        assert wrong_fields(beta.api.patch(one(instance), json=body)) == list(body)
    assert bare(beta.api.patch(one(instance), json={})) == (400, "validation-error")
    assert wrong_fields(beta.api.patch(one(instance), json={"name": "renamed"})) == ["name"]


def test_a_switch_drops_unknown_fields_as_the_service_was_seen_to_do(
    beta: Beta, world: World
) -> None:
    """Silently: not even a field of v1 has any effect."""
    world.control.change_switches(v2_unknown_fields="dropped")
    instance = beta.create(version="4", totally_unknown_field=1, secondaries_count=3)
    refused = beta.api.patch(one(instance), json={"name": "renamed"})
    assert bare(refused) == (400, "validation-error")
    assert world.get(f"/instances/{instance}")["name"] == "Instance01"


def test_a_switch_breaks_the_get_of_what_v1_made(beta: Beta, world: World) -> None:
    """500 there and nowhere else; what v2beta1 made is shown."""
    old, new = world.create(), beta.create()
    assert beta.get(one(old))["legacy_status"] == "running"
    world.control.change_switches(v2_get_of_v1_instance=500)
    broken = beta.api.get(one(old))
    assert (broken.status_code, set(broken.json())) == (500, {"error"})
    assert beta.get(one(new))["legacy_status"] == "running"
    assert beta.get(beta.database(old))
    assert beta.api.delete(one(old)).status_code == 202


def test_who_made_an_instance_survives_a_kill() -> None:
    """It is on disk, with everything else."""
    with running_emulator() as process:
        headers, url = process.authorization(), f"{process.url}/v2beta1{INSTANCES}"
        body = wanted(graph_analytics="unavailable")
        made = httpx.post(url, headers=headers, json=body, trust_env=False).json()["data"]["id"]
        process.restart(kill=True)
        process.control.change_switches(v2_get_of_v1_instance=500)
        shown = httpx.get(f"{url}/{made}", headers=headers, trust_env=False).json()["data"]
        assert shown["graph_analytics"] == "unavailable"


def test_a_reset_forgets_who_made_an_instance(beta: Beta, world: World) -> None:
    """As all that was stored."""
    made = beta.create()
    world.control.reset()
    assert world.app.state.aura.store.graph_analytics(made) is None


def test_a_second_deletion_is_refused_as_in_v1(beta: Beta, world: World) -> None:
    """404, or 410 by switch; never a second 202."""
    instance = beta.create()
    assert beta.api.delete(one(instance)).status_code == 202
    assert bare(beta.api.delete(one(instance))) == (404, "db-not-found")
    world.wait()
    assert bare(beta.api.delete(one(instance))) == (404, "db-not-found")
    world.control.change_switches(deleted_status=410)
    assert bare(beta.api.delete(one(instance))) == (410, "db-already-deleted")
    assert bare(beta.api.delete(one(GONE))) == (404, "db-not-found")
