import logging
import re
import threading
from typing import Any

import httpx
import pytest

from pulumi_neo4j_aura.aura import client as module
from pulumi_neo4j_aura.aura.client import AuraClient
from pulumi_neo4j_aura.aura.transport import HttpxSender
from pulumi_neo4j_aura.errors import LostAnswer, Permanent, Refused
from support.clock import FakeClock
from unit.aura.fakes import (
    CANARIES,
    CREDENTIALS,
    URL,
    FakeHttp,
    answer,
    client_for,
    data,
    instance_json,
)


def test_the_address_is_kept_without_its_slash():
    """State compares it."""
    with client_for(FakeHttp(), api_url=f"{URL}/") as client:
        assert client.api_url == URL


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"api_url": ""}, Permanent),
        ({"api_url": "http://api.neo4j.io"}, Refused),
        ({"calls_per_minute": 0}, Permanent),
    ],
)
def test_settings_without_sense_are_told_at_once(options, kind):
    """Before any call."""
    with pytest.raises(kind):
        client_for(FakeHttp(), **options)


def test_a_sender_that_was_passed_in_is_not_closed():
    """Whoever opened it closes it."""
    http = FakeHttp()
    client_for(http).close()
    assert not http.closed


@pytest.mark.parametrize("url", [URL, "http://127.0.0.1:1"])
def test_the_real_sender_is_opened_and_closed(url):
    """Nothing is sent by either."""
    client = AuraClient(api_url=url, credentials=CREDENTIALS, clock=FakeClock())
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.projects.list()


def test_a_proxy_from_the_environment_does_not_see_this_machines_traffic(monkeypatch):
    """http:// to an emulator goes straight there."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    seen: list[dict[str, Any]] = []

    def opened(**options):
        seen.append(options)
        return FakeHttp(data([]))

    monkeypatch.setattr(module, "HttpxSender", opened)
    for url in (URL, "http://127.0.0.1:1"):
        AuraClient(api_url=url, credentials=CREDENTIALS, clock=FakeClock())
    assert [options["use_environment"] for options in seen] == [True, False]


def test_the_user_agent_names_package_and_version():
    """For Aura's logs."""
    http = FakeHttp(data([]))
    client_for(http, user_agent="").projects.list()
    assert re.fullmatch(r"pulumi-neo4j-aura/\d\S*", http.calls[0].headers["User-Agent"])


def test_a_checkout_that_was_never_installed_has_a_version_too(monkeypatch):
    """No crash for want of metadata."""
    monkeypatch.setattr(module, "DISTRIBUTION", "surely-not-installed")
    assert module.default_user_agent() == "surely-not-installed/0"


def test_every_call_leaves_a_debug_record_without_secrets(caplog):
    """Method, path, status, milliseconds, request id."""
    caplog.set_level(logging.DEBUG, logger="pulumi_neo4j_aura")
    clock = FakeClock()
    http = FakeHttp(data(instance_json()), answer(503, body=b""), clock=clock, seconds=0.25)
    client = client_for(http, clock)
    client.instances.get("ab12cd34")
    with pytest.raises(LostAnswer):
        client.instances.pause("ab12cd34")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "POST /oauth/token: 200 in 250 ms, request id req/1",
        "GET /v1/instances/ab12cd34: 200 in 250 ms, request id req/1",
        "POST /v1/instances/ab12cd34/pause: 503 in 250 ms, request id req/1",
    ]
    assert not any(canary in line for line in lines for canary in CANARIES)


def test_a_call_without_an_answer_leaves_a_record_too(caplog):
    """Why, instead of a status."""
    caplog.set_level(logging.DEBUG, logger="pulumi_neo4j_aura")

    def handler(request):
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
        raise httpx.ReadTimeout("slow")

    sender = HttpxSender(
        clock=FakeClock(), timeout_seconds=1, transport=httpx.MockTransport(handler)
    )
    with pytest.raises(LostAnswer):
        client_for(sender).instances.pause("ab12cd34")
    sender.close()
    assert "no whole answer came (ReadTimeout)" in caplog.text
    assert "request id none" in caplog.text


def test_the_end_of_the_api_version_is_told_once(caplog):
    """Aura announces it in a header."""
    expiring = answer(200, {"data": []}, headers={"x-tyk-api-expires": "Mon, 03 Mar 2031"})
    client = client_for(FakeHttp(expiring))
    client.instances.list()
    client.instances.list()
    (told,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "Mon, 03 Mar 2031" in told.getMessage()


def test_one_client_serves_many_threads():
    """Sixty-four threads, each with its own answer."""
    http = FakeHttp(lambda sent: data(instance_json(id=sent.path.rsplit("/", 1)[1])))
    client = client_for(http)
    seen: list[Any] = []
    threads = [
        threading.Thread(target=lambda it=number: seen.append(client.instances.get(f"i{it}").id))
        for number in range(64)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == sorted(f"i{number}" for number in range(64))
