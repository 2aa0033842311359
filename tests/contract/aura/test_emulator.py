"""The contract against the emulator over HTTP, and what only its faults can show."""

import logging
import threading

import pytest

from contract.aura.suite import AuraContract, RealClock, World
from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.waiting import Waiter, wait_for_status
from pulumi_neo4j_aura.errors import LostAnswer, Throttled, TimedOut, Unavailable
from pulumi_neo4j_aura.settings import Credentials
from support.emulator import PRODUCTION_PROJECT_ID, EmulatorProcess, running_emulator


@pytest.fixture(scope="module")
def shared_emulator():
    with running_emulator(operation_seconds=0.15) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator):
    shared_emulator.control.reset()
    shared_emulator.control.clear_faults()
    shared_emulator.control.reset_requests()
    return shared_emulator


def client_of(emulator: EmulatorProcess) -> AuraClient:
    return AuraClient(
        api_url=emulator.url,
        credentials=Credentials(emulator.client_id, emulator.client_secret),
        clock=RealClock(),
        calls_per_minute=100_000,
    )


@pytest.fixture
def world(emulator):
    def other(credentials):
        return AuraClient(api_url=emulator.url, credentials=credentials, clock=RealClock())

    with client_of(emulator) as client:
        waiter = Waiter(RealClock(), seconds=0.03, patience=30)
        yield World(client, PRODUCTION_PROJECT_ID, waiter, other)


class TestEmulator(AuraContract):
    """The whole suite."""


def sent(emulator: EmulatorProcess, method: str, path: str) -> int:
    return len(emulator.control.requests(method, path))


def test_a_lost_create_was_made_once(emulator, world):
    """The connection breaks after Aura acted: one call, LostAnswer, one instance."""
    emulator.control.add_fault("lost_answer", "POST", "/v1/instances")
    with pytest.raises(LostAnswer):
        world.create("lost")
    assert sent(emulator, "POST", "/v1/instances") == 1
    assert [row["name"] for row in emulator.control.instances()].count("lost") == 1


@pytest.mark.parametrize("kind", ["lost_answer", "drop_request", "truncated", "html", "html_200"])
@pytest.mark.parametrize("answer", ["close", "504"])
def test_no_broken_answer_makes_a_second_instance(emulator, world, kind, answer):
    """Whatever breaks, POST goes out once."""
    emulator.control.add_fault(kind, "POST", "/v1/instances", answer=answer, effect=True)
    with pytest.raises(LostAnswer):
        world.create("once")
    assert sent(emulator, "POST", "/v1/instances") == 1


@pytest.mark.parametrize("kind", ["drop_request", "truncated", "html", "html_200"])
def test_a_list_survives_a_broken_answer(emulator, world, kind):
    """Repeated, and whole in the end."""
    ident = world.running("survivor")
    emulator.control.add_fault(kind, "GET", "/v1/instances")
    assert ident in {row.id for row in world.client.instances.list()}


@pytest.mark.parametrize("kind", ["truncated", "html_200"])
def test_a_list_that_stays_broken_is_never_empty(emulator, world, kind):
    """Unavailable after all attempts."""
    emulator.control.add_fault(kind, "GET", "/v1/instances", times=0)
    with pytest.raises(Unavailable):
        world.client.instances.list()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", ["gateway", "errors"])
def test_tokens_that_expire_are_invisible(emulator, world, status, body):
    """In every way that sources describe; for an effect too."""
    emulator.control.change_switches(expired_token_status=status, expired_token_body=body)
    ident = world.running()
    emulator.control.expire_tokens()
    assert world.client.instances.get(ident).status == "running"
    emulator.control.expire_tokens()
    world.create("after-expiry")
    assert sent(emulator, "POST", "/oauth/token") == 3


def test_a_token_that_expires_in_mid_wait_is_invisible():
    """Tokens of one second, an operation of four."""
    with running_emulator(operation_seconds=4, token_seconds=1) as emulator:
        waiter = Waiter(RealClock(), seconds=0.2, patience=30)
        with client_of(emulator) as client:
            world = World(client, PRODUCTION_PROJECT_ID, waiter, lambda _: client)
            world.running()
        assert sent(emulator, "POST", "/oauth/token") >= 3


def test_a_new_instance_that_is_unknown_at_first_is_waited_for(emulator, world):
    """404 shortly after create is endured."""
    emulator.control.add_fault(
        "not_found_after_create", "GET", "/v1/instances/{id}", times=0, seconds=0.5
    )
    assert world.client.instances.get(world.running()).status == "running"


def test_an_outage_in_mid_wait_is_endured(emulator, world):
    """5xx for some looks."""
    made = world.create("outage")
    emulator.control.add_fault("status", "GET", "/v1/instances/{id}", status=503, times=6)
    seen = wait_for_status(
        world.client,
        made.id,
        {"running"},
        began=None,
        from_status="creating",
        waiter=world.waiter,
    )
    assert seen.status == "running"


def test_an_operation_that_stays_unseen_is_unclear(emulator, world):
    """Nothing was started, so that nothing is ever seen: the honest answer is "unknown"."""
    ident = world.running()
    with pytest.raises(TimedOut, match="never seen under way"):
        wait_for_status(
            world.client,
            ident,
            {"running"},
            began=None,
            from_status="running",
            waiter=world.waiter,
            start_patience=0.3,
        )


def test_a_429_is_waited_out(emulator, world):
    """Retry-After is honoured; an effect goes through once."""
    emulator.control.add_fault("status", "POST", "/v1/instances", status=429, retry_after=1)
    world.create("patient")
    names = [row["name"] for row in emulator.control.instances()]
    assert names.count("patient") == 1
    assert sent(emulator, "POST", "/v1/instances") == 2


def test_a_long_retry_after_is_told_at_once(emulator, world):
    """With Aura's number."""
    emulator.control.add_fault("status", "GET", "/v1/tenants", status=429, retry_after=4000)
    with pytest.raises(Throttled) as caught:
        world.client.projects.list()
    assert caught.value.retry_after == 4000


def test_many_threads_work_at_once(emulator, world, caplog):
    """Sixty-four threads over one client: every one gets its answer."""
    caplog.set_level(logging.WARNING)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(world.client.projects.list())))
        for _ in range(64)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(counts) == 64
    assert len(set(counts)) == 1
    assert sent(emulator, "POST", "/oauth/token") == 1
