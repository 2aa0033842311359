"""Every answer of a life with all endpoints is what Neo4j's v1 document says.

What is not is in a short table of deviations.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from contract.emulator import official
from contract.emulator.deviations import DEVIATIONS
from contract.emulator.test_keys import KEYS, wanted_key
from contract.emulator.witness import Witness
from contract.emulator.world import World, wanted
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID

UNKNOWN = "ffffffff"


@pytest.fixture(scope="module")
def witness() -> Witness:
    """What was seen in one whole life."""
    world, seeing = World(), Witness(official.v1(), DEVIATIONS)
    world.api.event_hooks["response"].append(seeing)
    live(world)
    world.close()
    return seeing


def live(world: World) -> None:
    """A life with every operation, its successes and its refusals."""
    projects(world)
    instance = create(world)
    snapshots(world, instance)
    updates(world, instance)
    overwrites(world, instance)
    ends(world, instance)
    keys(world)
    refusals(world)


def projects(world: World) -> None:
    for path in ("", f"/{PRODUCTION_PROJECT_ID}", "/unknown"):
        world.api.get(f"/tenants{path}")
    metrics = f"/tenants/{PRODUCTION_PROJECT_ID}/metrics-integration"
    world.api.get(metrics)
    world.create("business-critical")
    world.api.get(metrics)
    world.api.get("/tenants/unknown/metrics-integration")


def create(world: World) -> str:
    world.api.get("/instances")
    for tier in ("free-db", "professional-ds", "enterprise-ds", "enterprise-db"):
        world.api.get(f"/instances/{world.create(tier, settle=False)}")
    world.wait()
    for row in world.get("/instances"):
        world.api.get(f"/instances/{row['id']}")
    return world.create("professional-db")


def snapshots(world: World, instance: str) -> None:
    path = f"/instances/{instance}/snapshots"
    taken = world.take(instance, settle=False)
    world.api.post(path, json={})
    world.api.get(path)
    world.api.get(f"{path}/{taken}")
    world.wait()
    world.api.get(f"{path}?date=2026-03-02")
    world.api.get(f"{path}?date=yesterday")
    world.api.get(f"{path}/{taken}")
    world.api.get(f"{path}/unknown")
    world.api.post(f"{path}/unknown/restore", json={})
    world.api.post(f"{path}/{taken}/restore", json={})
    world.api.post(f"{path}/{taken}/restore", json={})
    world.wait()
    world.control.change_switches(payment_required=True)
    world.api.post(path, json={})
    world.control.change_switches(payment_required=False)


def updates(world: World, instance: str) -> None:
    path = f"/instances/{instance}"
    world.api.patch(path, json={"name": "renamed"})
    world.api.patch(path, json={"memory": "16GB"})
    world.wait()
    world.api.patch(path, json={"memory": "16GB", "vector_optimized": True})
    world.wait()
    world.api.patch(path, json={"secondaries_count": 1})
    world.control.change_switches(rename_status=200)
    world.api.patch(path, json={"name": "as the document says"})
    world.wait()


def overwrites(world: World, instance: str) -> None:
    target = world.create("professional-db", memory="32GB", name="target")
    small = world.create("professional-db", memory="1GB", name="small")
    path, body = f"/instances/{target}/overwrite", {"source_instance_id": instance}
    world.api.post(path, json={})
    world.api.post(path, json={"source_instance_id": UNKNOWN})
    world.api.post(f"/instances/{small}/overwrite", json=body)
    world.api.post(path, json=body)
    world.api.post(path, json=body)
    world.wait()
    free = next(i["id"] for i in world.control.instances() if i["type"] == "free-db")
    world.api.post(f"/instances/{free}/overwrite", json=body)
    world.api.post(f"/instances/{free}/pause", json={})
    clone = wanted(memory="16GB", source_instance_id=instance)
    world.api.post("/instances", json=clone)
    world.api.post("/instances", json=clone)
    world.wait()


def ends(world: World, instance: str) -> None:
    path = f"/instances/{instance}"
    for action in ("resume", "pause", "pause", "", "pause", "resume", "resume", ""):
        if not action:
            world.api.delete(path)
            world.wait()
        else:
            world.api.post(f"{path}/{action}", json={})
            world.api.get(path)
    world.api.post(f"{path}/upgrade", json={"memory": "16GB"})
    world.api.post(f"{path}/upgrade", json={})
    world.api.post(f"{path}/upgrade", json={})
    world.wait()
    world.control.change_switches(upgrade_status=200)
    another = world.create("professional-db")
    world.api.post(f"/instances/{another}/upgrade", json={"memory": "16GB", "storage": "32GB"})
    world.api.delete(path)
    world.api.get(path)
    world.wait()
    world.api.delete(path)
    world.control.change_switches(deleted_status=410)
    world.api.delete(path)


def keys(world: World) -> None:
    world.api.get(KEYS)
    world.api.post(KEYS, json={})
    world.api.post(KEYS, json=wanted_key(tenant_id="unknown"))
    key = world.post(KEYS, wanted_key())["id"]
    for _ in range(2):
        world.api.get(f"{KEYS}/{key}")
        world.wait()
    world.api.get(KEYS)
    instance = world.create("enterprise-db", customer_managed_key_id=key)
    world.api.get(f"/instances/{instance}")
    world.api.delete(f"{KEYS}/{key}")
    world.api.delete(f"/instances/{instance}")
    world.wait()
    world.api.delete(f"{KEYS}/{key}")


def refusals(world: World) -> None:
    world.api.post("/instances", json={})
    world.api.post("/instances", json=wanted(tenant_id="unknown"))
    world.api.post("/instances", json=wanted("free-db"))
    sizes = {"node_count": 1_000_000, "relationship_count": 5_000_000}
    world.api.post("/instances/sizing", json=sizes)
    world.api.post("/instances/sizing", json={})
    world.control.change_project(DEVELOPMENT_PROJECT_ID, billing=False)
    world.api.post("/instances", json=wanted(tenant_id=DEVELOPMENT_PROJECT_ID))
    everywhere(world)
    world.api.headers["content-type"] = "text/plain"
    everywhere(world)
    world.api.headers["content-type"] = "application/json"
    for status in (429, 500, 502, 503, 504):
        world.control.add_fault("status", status=status, path="/v1/.*", times=0)
        everywhere(world)
        world.control.clear_faults()
    world.control.expire_tokens()
    everywhere(world)
    world.api.headers["authorization"] = "Bearer nothing"
    everywhere(world)


def everywhere(world: World) -> None:
    """Every operation once, on an instance or key that is not there."""
    for method, template in official.v1().operations:
        path = re.sub(r"\{\w+\}", UNKNOWN, template)
        body: Any = {} if method in ("POST", "PATCH") else None
        content = None if body is None else b"{}"
        world.api.request(method, path, content=content)


def test_every_answer_is_what_the_document_says(witness: Witness) -> None:
    """Body and status of every answer validate, strictly, or are in the table of deviations."""
    assert sorted(set(witness.wrong)) == []


def test_the_table_of_deviations_has_no_dead_entry(witness: Witness) -> None:
    """Each deviation is met in that life; one that no longer happens must go."""
    assert witness.unused() == []


def test_every_declared_answer_was_produced(witness: Witness) -> None:
    """All operations were asked, with every declared status but the redirect."""
    assert witness.missing() == []


def test_the_emulated_operations_are_all_but_sessions() -> None:
    """What is left out is left out on purpose: a new document must not pass unnoticed."""
    assert len(official.v1().operations) == 21


def test_off_is_a_string_and_timestamps_are_strings() -> None:
    """The loader has neither of the two YAML surprises."""
    modes = official.v1().content["components"]["schemas"]["Instance"]["properties"]["data"]
    assert modes["properties"]["cdc_enrichment_mode"]["enum"] == ["OFF", "DIFF", "FULL"]
