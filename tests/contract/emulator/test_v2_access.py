"""Who gets through to v2beta1, and what the gateway in front of both APIs says."""

from __future__ import annotations

import pytest

from contract.emulator.beta import ELSEWHERE, INSTANCES, PROJECTS, Beta, bare, wanted
from contract.emulator.world import World
from support.emulator import DEVELOPMENT_PROJECT_ID, PRODUCTION_PROJECT_ID

UNKNOWN = "b0000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize("path", ["/organizations", INSTANCES])
def test_without_a_token_the_answer_is_401(world: World, path: str) -> None:
    """In the gateway's shape, as in v1."""
    answer = world.http.get(f"/v2beta1{path}")
    assert (answer.status_code, set(answer.json())) == (401, {"error"})


def test_an_expired_token_is_refused_as_the_switches_say(beta: Beta, world: World) -> None:
    """In the shape of the gateway, or that of the API, which is bare here."""
    world.control.expire_tokens()
    answer = beta.api.get(PROJECTS)
    assert (answer.status_code, set(answer.json())) == (403, {"error"})
    world.control.change_switches(expired_token_status=401, expired_token_body="errors")
    assert bare(beta.api.get(PROJECTS)) == (401, "unauthorized")


def test_both_apis_share_one_rate_limit(beta: Beta, world: World) -> None:
    """It is the credential's; a token costs nothing."""
    world.control.change_switches(rate_limit=3)
    clients = (beta.api, world.api, beta.api, world.api, beta.api)
    paths = (PROJECTS, "/tenants", PROJECTS, "/tenants", PROJECTS)
    answers = [client.get(path) for client, path in zip(clients, paths, strict=True)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    with Beta(world) as another:
        assert another.api.get(PROJECTS).status_code == 429


def test_every_answer_has_a_request_id(beta: Beta) -> None:
    """Errors too."""
    answers = [beta.api.get(PROJECTS), beta.api.get(f"{INSTANCES}/none"), beta.api.get("/none")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3


def test_a_post_without_a_json_content_type_is_415(beta: Beta) -> None:
    """Also where there is no body."""
    database = beta.database(beta.create())
    del beta.api.headers["content-type"]
    for method, path in (
        ("POST", INSTANCES), ("PATCH", f"{INSTANCES}/none"), ("POST", f"{database}/backups"),
    ):  # fmt: skip
        answer = beta.api.request(method, path)
        assert (answer.status_code, set(answer.json())) == (415, {"error"})


def test_another_organization_is_not_found(beta: Beta, world: World) -> None:
    """Whatever is asked of it; nothing happens to the instance that the rest of the path names."""
    instance = world.create()
    for method, below in (
        ("GET", ""), ("GET", "/projects"), ("GET", f"/projects/{PRODUCTION_PROJECT_ID}/instances"),
        ("DELETE", f"/projects/{PRODUCTION_PROJECT_ID}/instances/{instance}"),
    ):  # fmt: skip
        refused = beta.api.request(method, f"/organizations/{UNKNOWN}{below}")
        assert bare(refused) == (404, "organization-not-found"), below
    assert world.status(instance) == "running"


def test_an_unknown_project_is_not_found(beta: Beta) -> None:
    """Its list and its creates, with v1's reason."""
    for method in ("GET", "POST"):
        refused = beta.api.request(method, f"{PROJECTS}/{UNKNOWN}/instances")
        assert bare(refused) == (404, "tenant-not-found")


def test_an_instance_is_found_only_in_its_own_project(beta: Beta, world: World) -> None:
    """By every call below it; and nothing happens to it."""
    instance = world.create()
    database = beta.database(instance).removeprefix(INSTANCES)
    sizes = {"memory": "16GB", "storage": "32GB"}
    for method, below, body in (
        ("GET", f"/{instance}", None),
        ("PATCH", f"/{instance}", sizes),
        ("DELETE", f"/{instance}", None),
        ("GET", f"/{instance}/databases", None),
        ("POST", f"/{instance}/databases", {}),
        ("GET", database, None),
        ("GET", f"{database}/backups", None),
        ("POST", f"{database}/backups", None),
        ("POST", f"{database}/restore", {"backup_id": UNKNOWN}),
    ):
        refused = beta.api.request(method, ELSEWHERE + below, json=body)
        assert bare(refused) == (404, "db-not-found"), (method, below)
    assert world.status(instance) == "running"


def test_a_viewer_reads_and_does_not_change(beta: Beta, world: World) -> None:
    """403 unauthorized for every change, before the request is even read."""
    instance = beta.create()
    database = beta.database(instance)
    world.control.add_credential("viewer", "secret", role="project-viewer")
    with Beta(world, "viewer", "secret") as viewer:
        for path in (PROJECTS, INSTANCES, f"{INSTANCES}/{instance}", database):
            assert viewer.get(path)
        for method, path in (
            ("POST", INSTANCES),
            ("PATCH", f"{INSTANCES}/{instance}"),
            ("DELETE", f"{INSTANCES}/{instance}"),
            ("POST", f"{INSTANCES}/{instance}/databases"),
            ("POST", f"{database}/backups"),
            ("POST", f"{database}/restore"),
        ):
            assert bare(viewer.api.request(method, path)) == (403, "unauthorized"), path


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "tenant-not-found"), (403, "unauthorized")]
)  # fmt: skip
def test_a_credential_sees_only_its_projects(
    beta: Beta, world: World, status: int, reason: str
) -> None:
    """A foreign project is not listed; asked for, it is 404 or 403 by switch."""
    world.control.change_switches(foreign_status=status)
    foreign = beta.create()
    world.control.add_credential("dev", "secret", projects=[DEVELOPMENT_PROJECT_ID])
    with Beta(world, "dev", "secret") as dev:
        assert [row["id"] for row in dev.get(PROJECTS)] == [DEVELOPMENT_PROJECT_ID]
        assert dev.get(ELSEWHERE) == []
        for path in (INSTANCES, f"{INSTANCES}/{foreign}"):
            assert bare(dev.api.get(path)) == (status, reason)
        assert bare(dev.api.post(INSTANCES, json=wanted())) == (status, reason)


def test_what_is_not_emulated_is_not_found(beta: Beta) -> None:
    """There is no pause in v2beta1, and none was invented; nor is there a single project."""
    instance = beta.create()
    for method, path in (
        ("POST", f"{INSTANCES}/{instance}/pause"),
        ("GET", f"{PROJECTS}/{PRODUCTION_PROJECT_ID}"),
        ("GET", "/organizations/"),
    ):
        answer = beta.api.request(method, path)
        assert (answer.status_code, set(answer.json())) == (404, {"error"})


def test_injected_faults_speak_the_language_of_the_path(beta: Beta, world: World) -> None:
    """A status with a reason is bare here and a list there; a fresh instance is hidden in both."""
    world.control.add_fault("status", status=409, reason="made-up", times=2)
    assert bare(beta.api.get(PROJECTS)) == (409, "made-up")
    assert set(world.api.get("/tenants").json()) == {"errors"}
    world.control.change_switches(expired_token_body="errors")
    world.control.add_fault("expired_token")
    assert bare(beta.api.get(PROJECTS)) == (403, "unauthorized")
    world.control.add_fault("not_found_after_create", seconds=60)
    fresh = beta.post(INSTANCES, wanted())["id"]
    assert bare(beta.api.get(f"{INSTANCES}/{fresh}")) == (404, "db-not-found")
    assert beta.get(INSTANCES)[0]["id"] == fresh


def test_a_stale_list_shows_the_lately_deleted_of_its_project(beta: Beta, world: World) -> None:
    """As v2beta1 would have shown it."""
    gone = beta.create()
    world.wait(300)
    [before] = beta.get(INSTANCES)
    beta.api.delete(f"{INSTANCES}/{gone}")
    world.wait()
    assert beta.get(INSTANCES) == []
    world.control.add_fault("stale_list", seconds=300)
    assert beta.get(INSTANCES) == [before]
    assert beta.get(ELSEWHERE) == []
