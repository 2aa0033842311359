"""Injected faults: what the client sees, and what really happened."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from contract.emulator.world import World, refusal, wanted
from support.emulator import EmulatorError, EmulatorProcess

INSTANCES = "/v1/instances"


def names(world: World) -> list[str]:
    return [row["name"] for row in world.control.instances()]


@pytest.mark.parametrize(("kind", "made"), [("lost_answer", 1), ("drop_request", 0)])
def test_a_connection_is_closed_without_an_answer(
    process: EmulatorProcess, kind: str, made: int
) -> None:
    """The client sees a broken connection; the effect happened, or it did not."""
    process.control.add_fault(kind, "POST", INSTANCES)
    with process.api() as api:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            api.post("/instances", json=wanted())
        assert len(process.control.instances()) == made
        assert api.post("/instances", json=wanted()).status_code == 202
    lost = process.control.requests("POST", INSTANCES)[0]
    assert (lost["status"], lost["fault"], lost["mutating"]) == (None, kind, True)


def test_a_lost_answer_can_be_a_504(world: World) -> None:
    """The gateway gave up; the instance is there."""
    world.control.add_fault("lost_answer", "POST", INSTANCES, answer="504")
    assert world.api.post("/instances", json=wanted(name="there")).status_code == 504
    assert names(world) == ["there"]


def test_a_delay_takes_its_time_and_holds_up_nobody_else(process: EmulatorProcess) -> None:
    """The answer is the normal one; requests after it are answered before it."""
    process.control.add_fault("delay", "GET", "/v1/tenants", seconds=1)
    with process.api() as api, ThreadPoolExecutor(1) as pool:
        delayed = pool.submit(api.get, "/tenants")
        while not process.control.faults()[0]["matched"]:
            time.sleep(0.01)
        assert api.get("/instances").status_code == 200
        assert not delayed.done()
        assert delayed.result().status_code == 200
        assert delayed.result().elapsed.total_seconds() >= 1


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ({"reason": "why", "message": "m"}, {"errors": [{"message": "m", "reason": "why"}]}),
        ({"message": "m"}, {"error": "m"}),
        ({"body": {"own": 1}}, {"own": 1}),
    ],
)
def test_any_status_with_any_body(world: World, options: dict[str, Any], body: object) -> None:
    """No effect, unless told; Retry-After and a request id are there."""
    world.control.add_fault("status", "POST", status=503, retry_after=7, **options)
    answer = world.api.post("/instances", json=wanted())
    assert (answer.status_code, answer.json()) == (503, body)
    assert answer.headers["retry-after"] == "7"
    assert "x-request-id" in answer.headers
    assert names(world) == []


def test_a_status_can_hide_an_effect(world: World) -> None:
    """A 500 after which the instance is there."""
    world.control.add_fault("status", "POST", status=500, body="oops", effect=True)
    answer = world.api.post("/instances", json=wanted(name="there"))
    assert (answer.status_code, answer.text) == (500, "oops")
    assert names(world) == ["there"]


@pytest.mark.parametrize(("kind", "status"), [("html", 502), ("html_200", 200)])
def test_a_page_comes_instead_of_json(world: World, kind: str, status: int) -> None:
    """With the content type of a page."""
    world.control.add_fault(kind, "GET", INSTANCES)
    answer = world.api.get("/instances")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_a_body_is_cut_in_the_middle(world: World) -> None:
    """Valid HTTP, no valid JSON; the effect happened."""
    world.control.add_fault("truncated", "POST", INSTANCES)
    answer = world.api.post("/instances", json=wanted(name="there"))
    assert answer.status_code == 202
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()
    assert names(world) == ["there"]


def test_a_request_is_processed_twice(world: World) -> None:
    """Two instances for one answer."""
    world.control.add_fault("duplicate", "POST", INSTANCES)
    world.post("/instances", wanted(name="twin"))
    assert names(world) == ["twin", "twin"]
    assert len(world.control.requests("POST", INSTANCES)) == 1


def test_a_new_instance_is_not_found_for_a_while(world: World) -> None:
    """404 for the first seconds of its life, whatever is asked; older ones are found."""
    old = world.create()
    world.control.add_fault("not_found_after_create", "GET", "/v1/instances/.*", seconds=5)
    new = world.create(settle=False)
    assert refusal(world.api.get(f"/instances/{new}")) == (404, "db-not-found")
    assert world.api.get(f"/instances/{old}").status_code == 200
    world.wait(5)
    assert world.api.get(f"/instances/{new}").status_code == 200


def test_a_list_is_stale(world: World) -> None:
    """Without the young, with the lately deleted, of the right project."""
    gone, stays = world.create(name="gone"), world.create(name="stays")
    world.wait(60)
    world.control.add_fault("stale_list", "GET", INSTANCES, seconds=30)
    world.api.delete(f"/instances/{gone}")
    world.wait()
    young = world.create(name="young", settle=False)
    listed = lambda query="": [row["id"] for row in world.get(f"/instances{query}")]  # noqa: E731
    assert sorted(listed()) == sorted([gone, stays])
    assert listed("?tenantId=other") == []
    world.wait(30)
    assert sorted(listed()) == sorted([stays, young])


def test_a_list_is_empty(world: World) -> None:
    """200 with nothing in it, although there is something."""
    world.create()
    world.control.add_fault("empty_list", "GET", INSTANCES)
    assert world.get("/instances") == []
    assert len(world.get("/instances")) == 1


def test_a_token_expires_for_one_request(world: World) -> None:
    """In the shape and with the status of the switches."""
    world.control.change_switches(expired_token_status=401)
    world.control.add_fault("expired_token", times=1)
    assert world.api.get("/instances").status_code == 401
    assert world.api.get("/instances").status_code == 200


def test_a_fault_waits_and_repeats_as_it_is_told(world: World) -> None:
    """`after` passes some unharmed, `times` limits it, 0 is for ever; counters tell."""
    world.control.add_fault("status", "GET", "/v1/tenants", after=1, times=2)
    codes = [world.api.get("/tenants").status_code for _ in range(5)]
    assert codes == [200, 500, 500, 200, 200]
    [fault] = world.control.faults()
    assert (fault["matched"], fault["applied"], fault["spent"]) == (3, 2, True)
    number = world.control.add_fault("status", path="/v1/tenants", times=0)
    assert {world.api.get("/tenants").status_code for _ in range(5)} == {500}
    world.control.remove_fault(number)
    assert world.api.get("/tenants").status_code == 200


def test_a_path_is_a_template_or_a_regular_expression(world: World) -> None:
    """One segment for each name in braces; the whole path must match."""
    world.control.add_fault("status", path="/v1/instances/{instanceId}", times=0)
    assert world.api.get("/instances/a").status_code == 500
    assert world.api.get("/instances/a/snapshots").status_code == 404
    assert world.api.get("/instances").status_code == 200
    world.control.clear_faults()
    world.control.add_fault("status", path="/v1/(tenants|none)/[0-9a-f-]{36}", times=0)
    assert world.api.get("/tenants").status_code == 200
    assert world.api.get(f"/tenants/{'0' * 36}").status_code == 500


def test_faults_reach_the_token_endpoint_and_never_the_control_api(world: World) -> None:
    """Whatever the path says."""
    world.control.add_fault("status", path=".*", times=0)
    assert world.http.post("/oauth/token").status_code == 500
    assert len(world.control.faults()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "nothing"},
        {"kind": "status", "path": "("},
        {"kind": "status", "status": 99},
        {"kind": "status", "colour": "blue"},
        {"kind": "delay", "seconds": -1},
        {"kind": "delay", "times": -1},
    ],
)
def test_a_fault_that_cannot_be_is_refused(world: World, fault: dict[str, Any]) -> None:
    """With a message, so that a test does not wait for a fault that never comes."""
    with pytest.raises(EmulatorError, match="400"):
        world.control.add_fault(**fault)


def test_in_process_a_lost_connection_is_an_exception(world: World) -> None:
    """There is no connection that could be closed."""
    world.control.add_fault("drop_request", "GET", "/v1/tenants")
    with pytest.raises(ConnectionError, match="without an answer"):
        world.api.get("/tenants")
