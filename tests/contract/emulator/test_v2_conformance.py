"""Every answer of v2beta1 is what Neo4j's document of it says.

That document gives errors a status and no shape: the shapes are those seen on the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aura_emulator.routes import v2beta1
from contract.emulator import official
from contract.emulator.beta import INSTANCES, ORGANIZATION, PROJECTS, Beta, wanted
from contract.emulator.deviations import BETA_DEVIATIONS, BETA_NEVER
from contract.emulator.witness import Witness
from contract.emulator.world import World

if TYPE_CHECKING:
    import httpx

UNKNOWN = "ffffffff"
SHAPES: list[set[str]] = [{"error"}, {"message", "reason"}, {"errors", "message", "reason"}]


@pytest.fixture(scope="module")
def witness() -> Witness:
    """What was seen in one whole life."""
    world, seeing = World(), Witness(official.v2beta1(), BETA_DEVIATIONS)

    def shapes(answer: httpx.Response) -> None:
        if answer.is_error and set(answer.json()) not in SHAPES:
            seeing.wrong.append(f"{answer.request.url.path}: {answer.text}")

    with Beta(world) as beta:
        beta.api.event_hooks["response"] += [seeing, shapes]
        live(beta)
    world.close()
    return seeing


def live(beta: Beta) -> None:
    """A life with every operation, its successes and its refusals."""
    for path in ("/organizations", ORGANIZATION, PROJECTS, f"{PROJECTS}?status=none"):
        beta.api.get(path)
    instance = instances(beta)
    backups(beta, instance)
    ends(beta, instance)
    refusals(beta)


def instances(beta: Beta) -> str:
    for tier in ("free", "business-critical", "virtual-dedicated-cloud"):
        made = beta.create(tier)
        beta.api.get(f"{INSTANCES}/{made}")
    beta.api.post(INSTANCES, json=wanted("free"))
    beta.api.post(INSTANCES, json={})
    beta.world.create("professional-ds")
    for row in beta.get(INSTANCES):
        beta.api.get(f"{INSTANCES}/{row['id']}")
    instance = beta.create(graph_analytics="plugin")
    path = f"{INSTANCES}/{instance}"
    beta.api.patch(path, json={})
    for _ in range(2):
        beta.api.patch(path, json={"memory": "16GB", "storage": "32GB"})
    beta.api.delete(path)
    beta.world.wait()
    return instance


def backups(beta: Beta, instance: str) -> None:
    path = beta.database(instance)
    beta.api.get(path)
    beta.api.post(path.rpartition("/")[0], json={"name": "another"})
    taken = beta.post(f"{path}/backups")["id"]
    beta.api.post(f"{path}/backups")
    for _ in range(2):
        beta.api.get(f"{path}/backups")
        beta.api.get(f"{path}/backups/{taken}")
        beta.world.wait()
    for body in ({}, {"backup_id": UNKNOWN}, {"backup_id": taken}, {"backup_id": taken}):
        beta.api.post(f"{path}/restore", json=body)
    beta.world.wait()
    beta.world.control.change_switches(payment_required=True)
    beta.api.post(f"{path}/backups")


def ends(beta: Beta, instance: str) -> None:
    beta.world.control.change_switches(v2_get_of_v1_instance=500, deleted_status=410)
    beta.api.get(f"{INSTANCES}/{beta.world.create()}")
    for _ in range(2):
        beta.api.delete(f"{INSTANCES}/{instance}")


def refusals(beta: Beta) -> None:
    everywhere(beta)
    del beta.api.headers["content-type"]
    everywhere(beta)
    beta.api.headers["content-type"] = "application/json"
    beta.world.control.change_switches(rate_limit=1)
    everywhere(beta)
    beta.world.control.change_switches(rate_limit=0)
    beta.world.control.expire_tokens()
    everywhere(beta)
    beta.api.headers["authorization"] = "Bearer nothing"
    everywhere(beta)


def everywhere(beta: Beta) -> None:
    """Every operation once, on an instance that is not there, in a project that is not either."""
    for method, template in official.v2beta1().operations:
        names = ("organization_id", "project_id", "instance_id", "database_id", "backup_id")
        path = template.format(**dict.fromkeys(names, UNKNOWN))
        content = b"{}" if method in ("POST", "PATCH") else None
        beta.api.request(method, path, content=content)


def test_every_answer_is_what_the_document_says(witness: Witness) -> None:
    """Status and body validate, strictly, or are in the table; errors have a known shape."""
    assert sorted(set(witness.wrong)) == []


def test_the_table_of_deviations_has_no_dead_entry(witness: Witness) -> None:
    """Each deviation is met in that life; one that no longer happens must go."""
    assert witness.unused() == []


def test_every_declared_answer_was_produced_but_those_of_several_databases(
    witness: Witness,
) -> None:
    """No instance of the emulator takes a second database."""
    assert witness.missing() == sorted(BETA_NEVER)


def test_the_emulated_operations_are_those_that_are_compared() -> None:
    """No route escapes the comparison, and none goes beyond the document."""
    routes = {
        (method, route.path.removeprefix("/v2beta1"))
        for route in v2beta1.ROUTES
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routes == set(official.v2beta1().operations)


def test_the_comparison_knows_what_is_required() -> None:
    """It would be void if the document's schemas were not found."""
    document = official.v2beta1()
    _, create = document.find("POST", f"/v2beta1{INSTANCES}")
    schema = document.schema(create, 202)
    assert schema is not None
    details = schema["properties"]["data"]
    assert {"password", "legacy_status", "multi_database"} < set(details["required"])
    assert details["additionalProperties"] is False
