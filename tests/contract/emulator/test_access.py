"""Tokens, roles, the rate limit and the content type: what the gateway decides."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from aura_emulator.control_plane.errors import GatewayError
from contract.emulator.world import World, refusal, wanted
from support.emulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    DEVELOPMENT_PROJECT_ID,
    PRODUCTION_PROJECT_ID,
)

FORM = {"grant_type": "client_credentials"}
AUTH = (CLIENT_ID, CLIENT_SECRET)


@pytest.mark.parametrize("path", ["/oauth/token", "/v2beta1/oauth/token"])
@pytest.mark.parametrize("body", [{"data": FORM}, {"json": FORM}])
def test_a_token_comes_for_a_form_or_a_json_body(
    world: World, path: str, body: dict[str, Any]
) -> None:
    """Both bodies are sent by published clients; the answer is what they compare with."""
    answer = world.http.post(path, auth=AUTH, **body)
    assert answer.status_code == 200
    token = answer.json()
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert set(token) == {"access_token", "expires_in", "token_type"}
    answer = world.http.get(
        "/v1/tenants", headers={"Authorization": f"Bearer {token['access_token']}"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"auth": (CLIENT_ID, "wrong"), "data": FORM}, 401),
        ({"auth": ("nobody", CLIENT_SECRET), "data": FORM}, 401),
        ({"data": FORM}, 401),
        ({"headers": {"Authorization": "Basic !"}, "data": FORM}, 400),
        ({"auth": AUTH}, 404),
        ({"auth": AUTH, "data": {"grant_type": "password"}}, 403),
        ({"auth": AUTH, "json": {}}, 403),
        ({"auth": AUTH, "json": [1]}, 403),
        ({"auth": AUTH, "content": "grant_type=client_credentials"}, 400),
        ({"auth": AUTH, "content": "{", "headers": {"Content-Type": "application/json"}}, 400),
    ],
)
def test_a_wrong_token_request_is_refused_in_the_shape_of_oauth(
    world: World, options: dict[str, Any], status: int
) -> None:
    """400 unreadable, 401 wrong credentials, 403 wrong body, 404 no body; never an errors list."""
    answer = world.http.post("/oauth/token", **options)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_description"}


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer nothing", "Basic " + base64.b64encode(b"a:b").decode()]
)
def test_without_a_known_token_the_answer_is_401(world: World, header: str | None) -> None:
    """The gateway's shape: one object with `error`."""
    headers = {} if header is None else {"Authorization": header}
    answer = world.http.get("/v1/instances", headers=headers)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    ("switches", "status", "key"),
    [
        ({}, 403, "error"),
        ({"expired_token_status": 401}, 401, "error"),
        ({"expired_token_body": "errors"}, 403, "errors"),
    ],
)
def test_an_expired_token_is_refused_as_the_switches_say(
    world: World, switches: dict[str, Any], status: int, key: str
) -> None:
    """403 by default; 401 and the errors list on request; a new token works."""
    world.control.change_switches(**switches)
    world.control.expire_tokens()
    answer = world.api.get("/instances")
    assert (answer.status_code, list(answer.json())) == (status, [key])
    with world.client() as fresh:
        assert fresh.get("/instances").status_code == 200


def test_tokens_expire_in_real_time_and_not_on_the_moved_clock(world: World) -> None:
    """A day on the emulator's clock leaves tokens alone; their own seconds do not."""
    world.wait(days=1)
    assert world.api.get("/instances").status_code == 200
    world.control.change_switches(token_seconds=0)
    with world.client() as late:
        assert late.get("/instances").status_code == 403


def test_every_authenticated_answer_has_its_own_request_id(world: World) -> None:
    """Errors too, in the form hex/decimal."""
    answers = [world.api.get("/instances"), world.api.get("/instances/none")]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    for text in ids:
        hexadecimal, decimal = text.split("/")
        assert int(hexadecimal, 16) >= 0
        assert int(decimal) >= 0


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_missing_json_content_type_is_415(world: World, method: str) -> None:
    """On POST and PATCH, body or not; a charset is fine; a switch is lenient."""
    path = "/instances" if method == "POST" else "/instances/none"
    del world.api.headers["content-type"]
    assert world.api.request(method, path).status_code == 415
    headers = {"content-type": "application/json; charset=utf-8"}
    assert world.api.request(method, path, headers=headers).status_code in (400, 404)
    world.control.change_switches(require_json_content_type=False)
    assert world.api.request(method, path).status_code in (400, 404)


def test_the_rate_limit_counts_each_credential_for_a_minute(world: World) -> None:
    """429 with Retry-After for one, nothing for the other; control requests do not count."""
    world.control.add_credential("other", "secret")
    world.control.change_switches(rate_limit=3)
    assert [world.api.get("/tenants").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = world.api.get("/tenants")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert set(refused.json()) == {"error"}
    with world.client("other", "secret") as other:
        assert other.get("/tenants").status_code == 200


def test_the_rate_limit_slides(world: World) -> None:
    """A request is forgotten a minute after it; refused ones do not count."""
    limit = world.app.state.start_over.args[3][0]
    limit.check("client", 2, 0.0)
    limit.check("client", 2, 50.0)
    with pytest.raises(GatewayError, match="rate limit") as refused:
        limit.check("client", 2, 59.0)
    assert refused.value.retry_after == 1
    limit.check("client", 2, 60.0)
    with pytest.raises(GatewayError, match="rate limit"):
        limit.check("client", 2, 100.0)
    limit.check("client", 2, 110.0)


def test_a_viewer_reads_and_does_not_change(world: World) -> None:
    """403 unauthorized for every change."""
    instance = world.create()
    snapshot = world.take(instance)
    world.control.add_credential("viewer", "secret", role="project-viewer")
    one = f"/instances/{instance}"
    with world.client("viewer", "secret") as viewer:
        assert viewer.get(one).status_code == 200
        assert viewer.get(f"{one}/snapshots").status_code == 200
        for method, path in (
            ("POST", "/instances"),
            ("PATCH", one),
            ("DELETE", one),
            ("POST", f"{one}/pause"),
            ("POST", f"{one}/resume"),
            ("POST", f"{one}/upgrade"),
            ("POST", f"{one}/overwrite"),
            ("POST", f"{one}/snapshots"),
            ("POST", f"{one}/snapshots/{snapshot}/restore"),
        ):
            assert refusal(viewer.request(method, path, content="{}")) == (403, "unauthorized")


@pytest.mark.parametrize(
    ("status", "reasons"),
    [(404, ["db-not-found", "tenant-not-found"]), (403, ["unauthorized", "unauthorized"])],
)
def test_a_credential_sees_only_its_projects(world: World, status: int, reasons: list[str]) -> None:
    """Foreign instances and projects are not listed; asked for, they are 404 or 403 by switch."""
    world.control.change_switches(foreign_status=status)
    foreign = world.create()
    own = world.create(tenant_id=DEVELOPMENT_PROJECT_ID)
    world.control.add_credential("dev", "secret", projects=[DEVELOPMENT_PROJECT_ID])
    with world.client("dev", "secret") as dev:
        assert [row["id"] for row in dev.get("/instances").json()["data"]] == [own]
        assert [row["id"] for row in dev.get("/tenants").json()["data"]] == [DEVELOPMENT_PROJECT_ID]
        answers = [
            dev.get(f"/instances/{foreign}"),
            dev.get(f"/tenants/{PRODUCTION_PROJECT_ID}"),
        ]
        assert [refusal(answer) for answer in answers] == [(status, r) for r in reasons]
        refused = dev.post("/instances", json=wanted())
        assert refusal(refused) == (status, reasons[1])


@pytest.mark.parametrize(("switch", "status"), [("empty", 200), ("403", 403), ("404", 404)])
def test_the_list_of_an_unknown_project_is_what_the_switch_says(
    world: World, switch: str, status: int
) -> None:
    """An empty list, which is not proof of anything, unless told otherwise."""
    world.create()
    world.control.change_switches(unknown_project_list=switch)
    answer = world.api.get("/instances?tenantId=unknown")
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"data": []}


def test_a_revoked_credential_has_no_valid_tokens(world: World) -> None:
    """Its tokens are unknown at once, and it gets no new ones."""
    world.control.add_credential("short", "secret")
    with world.client("short", "secret") as short:
        world.control.drop_credential("short")
        assert short.get("/tenants").status_code == 401
    assert world.http.post("/oauth/token", auth=("short", "secret"), data=FORM).status_code == 401


@pytest.mark.parametrize("path", ["/v1/unknown", "/v1/instances/", "/v1/graph-analytics/sessions"])
def test_unknown_paths_are_404_in_the_shape_of_the_gateway(world: World, path: str) -> None:
    """No redirects to slashes, and no success for what is not emulated."""
    answer = world.api.get(httpx.URL("http://emulator" + path))
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


def test_a_wrong_method_is_405(world: World) -> None:
    """With the methods that there are."""
    answer = world.api.put("/tenants")
    assert (answer.status_code, set(answer.json())) == (405, {"error"})
    assert "GET" in answer.headers["allow"]
