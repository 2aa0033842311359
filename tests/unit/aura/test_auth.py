import threading
import time
from collections.abc import Callable

import pytest

from pulumi_neo4j_aura.aura.auth import Token
from pulumi_neo4j_aura.aura.wire import NoAnswer, NotSent
from pulumi_neo4j_aura.errors import BadCredentials, Permanent, Throttled, Unavailable
from pulumi_neo4j_aura.settings import Credentials
from support.clock import FakeClock
from unit.aura.fakes import (
    CANARIES,
    CLIENT_ID,
    CREDENTIALS,
    SECRET,
    TOKEN,
    FakeHttp,
    answer,
    client_for,
    data,
    error,
    everything_in,
    token_answer,
)


def test_the_token_is_asked_for_with_basic_and_a_form():
    """The documented request: HTTP Basic, urlencoded grant."""
    http = FakeHttp(data([]))
    client_for(http).instances.list()
    (sent,) = http.token_calls
    assert (sent.method, sent.path) == ("POST", "/oauth/token")
    assert sent.auth == (CLIENT_ID, SECRET)
    assert sent.content == b"grant_type=client_credentials"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.headers["User-Agent"] == "test/1"
    assert http.calls[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_one_token_serves_many_calls():
    """Asking for tokens is rate-limited too."""
    http = FakeHttp(data([]))
    client = client_for(http)
    for _ in range(5):
        client.instances.list()
    assert len(http.token_calls) == 1


@pytest.mark.parametrize(("life", "kept", "renewed"), [(3600, 3539, 3541), (100, 89, 91)])
def test_a_token_is_renewed_early(life, kept, renewed):
    """A minute before its end, or at nine tenths of a short life."""
    clock = FakeClock()
    http = FakeHttp(data([]), tokens=[token_answer(life=life)])
    client = client_for(http, clock)
    client.instances.list()
    clock.passed = kept
    client.instances.list()
    assert len(http.token_calls) == 1
    clock.passed = renewed
    client.instances.list()
    assert len(http.token_calls) == 2


@pytest.mark.parametrize("life", [None, "soon", 0, -5, "nan"])
def test_an_odd_life_is_taken_for_a_short_one(life):
    """Five minutes: wrong only briefly."""
    clock = FakeClock()
    http = FakeHttp(data([]), tokens=[token_answer(life=life)])
    client = client_for(http, clock)
    client.instances.list()
    clock.passed = 269
    client.instances.list()
    assert len(http.token_calls) == 1
    clock.passed = 301
    client.instances.list()
    assert len(http.token_calls) == 2


def test_a_life_may_come_as_text():
    """Tolerant reading."""
    clock = FakeClock()
    http = FakeHttp(data([]), tokens=[token_answer(life="3600")])
    client = client_for(http, clock)
    client.instances.list()
    clock.passed = 3500
    client.instances.list()
    assert len(http.token_calls) == 1


def test_trouble_with_an_early_renewal_is_invisible():
    """The old token still lives: it is used, and renewal is tried again a little later."""
    clock = FakeClock()
    http = FakeHttp(data([]), tokens=[token_answer("old"), *[error(500)] * 5, token_answer("new")])
    client = client_for(http, clock)
    client.instances.list()
    clock.passed = 3545
    client.instances.list()
    client.instances.list()
    assert len(http.token_calls) == 6
    clock.passed += 11
    client.instances.list()
    assert [call.headers["Authorization"] for call in http.calls] == [
        "Bearer old",
        "Bearer old",
        "Bearer old",
        "Bearer new",
    ]


@pytest.mark.parametrize("missing", [Credentials(), Credentials("id", ""), Credentials("", "s")])
def test_missing_credentials_are_told_before_anything_is_sent(missing):
    """Naming both variables."""
    http = FakeHttp(data([]))
    with pytest.raises(BadCredentials, match="AURA_CLIENT_ID and AURA_CLIENT_SECRET"):
        client_for(http, credentials=missing).instances.list()
    assert http.token_calls == []
    assert http.calls == []


@pytest.mark.parametrize(
    "refusal",
    [
        answer(401, {"error": "invalid_client", "error_description": "Unknown client"}),
        answer(401, body=b""),
        answer(403, {"error": "forbidden: token expired"}),
        answer(400, {"error": "invalid_request"}),
    ],
)
def test_refused_credentials_name_the_settings(refusal):
    """Once: the token endpoint is not asked again with what it just refused."""
    http = FakeHttp(data([]), tokens=[refusal])
    with pytest.raises(BadCredentials) as caught:
        client_for(http).instances.list()
    for name in ("AURA_CLIENT_ID", "AURA_CLIENT_SECRET", "AURA_API_URL"):
        assert name in caught.value.way_out
    assert caught.value.status == refusal.status
    assert len(http.token_calls) == 1
    assert http.calls == []


@pytest.mark.parametrize(
    "wrong", [answer(404, body=b"<html>Not here"), answer(405), answer(301, body=b"")]
)
def test_a_wrong_address_names_its_setting(wrong):
    """404 from the token endpoint is not a missing instance."""
    http = FakeHttp(data([]), tokens=[wrong])
    with pytest.raises(Permanent, match="AURA_API_URL") as caught:
        client_for(http).instances.list()
    assert type(caught.value) is Permanent


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (error(500), Unavailable),
        (error(503), Unavailable),
        (error(429, retry_after="1"), Throttled),
        (NotSent("ConnectError: refused"), Unavailable),
        (NoAnswer("ReadTimeout"), Unavailable),
        (answer(200, body=b"<html>"), Unavailable),
        (answer(200, {}), Unavailable),
        (answer(200, {"access_token": ""}), Unavailable),
        (answer(200, {"access_token": "line\nbreak"}), Unavailable),
        (answer(200, {"access_token": "nön-ascii"}), Unavailable),
        (answer(200, {"access_token": 5}), Unavailable),
        (answer(200, []), Unavailable),
    ],
)
def test_trouble_with_the_token_endpoint_is_repeated_and_then_told(trouble, kind):
    """Getting a token changes nothing, so that an effect is not lost when it fails."""
    http = FakeHttp(data([]), tokens=[trouble])
    with pytest.raises(kind):
        client_for(http).instances.pause("ab12cd34")
    assert len(http.token_calls) == 5
    assert http.calls == []


def test_no_secret_is_in_an_error_a_repr_or_a_log(caplog):
    """Canaries in every place that a server could echo."""
    caplog.set_level("DEBUG")
    echo = f"bad {SECRET} {TOKEN}"
    http = FakeHttp(
        answer(403, {"error": echo}, headers={"x-request-id": echo}),
        tokens=[token_answer(), answer(401, {"error": echo, "error_description": echo})],
    )
    client = client_for(http)
    with pytest.raises(BadCredentials) as caught:
        client.instances.list()
    texts = [everything_in(caught.value), caplog.text, repr(CREDENTIALS), repr(client)]
    texts.append(repr(Token(TOKEN, 1.0, 2.0)))
    for text in texts:
        for canary in CANARIES:
            assert canary not in text


def test_many_threads_get_one_token():
    """Sixty-four calls at once, one token request."""
    gate = threading.Barrier(64)

    def slow_token(_sent):
        time.sleep(0.05)
        return token_answer()

    http = FakeHttp(data([]), tokens=[slow_token])
    client = client_for(http)

    def work():
        gate.wait()
        client.instances.list()

    run_all(work)
    assert len(http.token_calls) == 1
    assert len(http.calls) == 64


def test_many_threads_with_a_refused_token_renew_it_once():
    """Each gets a 401 for the old token; the first to notice renews it for all."""
    gate = threading.Barrier(64)

    def by_token(sent):
        if sent.headers["Authorization"] == "Bearer old":
            gate.wait()
            return answer(401)
        return data([])

    http = FakeHttp(by_token, tokens=[token_answer("old"), token_answer("new")])
    client = client_for(http)
    run_all(client.instances.list)
    assert len(http.token_calls) == 2
    assert len(http.calls) == 128


def test_threads_that_waited_for_a_failed_token_do_not_try_again():
    """Sixty-four threads times a minute of tries would look like a hang."""
    started = threading.Event()

    def slow_refusal(_sent):
        started.set()
        time.sleep(0.2)
        return answer(401)

    http = FakeHttp(data([]), tokens=[slow_refusal])
    client = client_for(http)
    failures: list[BadCredentials] = []

    def work():
        try:
            client.instances.list()
        except BadCredentials as caught:
            failures.append(caught)

    run_all(work)
    assert len(failures) == 64
    assert len(http.token_calls) < 5


def test_a_later_call_tries_again_after_a_failure():
    """Only those that waited for it share a failure; the clock need not have moved."""
    http = FakeHttp(data([]), tokens=[answer(401), token_answer()])
    client = client_for(http)
    with pytest.raises(BadCredentials):
        client.instances.list()
    assert client.instances.list() == ()


def test_a_renewal_under_way_does_not_hold_back_the_others():
    """While the old token still lives, others go on with it."""
    clock = FakeClock()
    renewing, release = threading.Event(), threading.Event()

    def slow_token(_sent):
        renewing.set()
        assert release.wait(10)
        return token_answer("new")

    http = FakeHttp(data([]), tokens=[token_answer("old"), slow_token])
    client = client_for(http, clock)
    client.instances.list()
    clock.passed = 3545
    thread = threading.Thread(target=client.instances.list)
    thread.start()
    assert renewing.wait(10)
    client.instances.list()
    assert http.calls[-1].headers["Authorization"] == "Bearer old"
    release.set()
    thread.join(10)
    assert http.calls[-1].headers["Authorization"] == "Bearer new"


def run_all(work: Callable[[], object], count: int = 64) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
