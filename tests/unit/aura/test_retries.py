import itertools
from typing import Any

import pytest

from pulumi_neo4j_aura.aura.retries import (
    TABLE,
    Facts,
    Fault,
    Patience,
    Repeater,
    Safety,
    Subject,
    Trouble,
)
from pulumi_neo4j_aura.aura.wire import HttpAnswer, NoAnswer, NotSent
from pulumi_neo4j_aura.errors import (
    AuraError,
    BadCredentials,
    LostAnswer,
    Permanent,
    Rejected,
    Throttled,
    Unavailable,
)
from support.clock import FakeClock
from unit.aura.fakes import (
    FakeHttp,
    answer,
    client_for,
    data,
    error,
    instance_json,
    token_answer,
)

#: The whole table once more, by hand: how many attempts out of five, and what is raised.
EXPECTED = {
    (Safety.READ, Fault.NOT_SENT): (5, Unavailable),
    (Safety.READ, Fault.NO_ANSWER): (5, Unavailable),
    (Safety.READ, Fault.UNREADABLE): (5, Unavailable),
    (Safety.READ, Fault.SERVER_ERROR): (5, Unavailable),
    (Safety.READ, Fault.THROTTLED): (5, Throttled),
    (Safety.READ, Fault.STALE_TOKEN): (2, BadCredentials),
    (Safety.READ, Fault.FINAL): (1, Rejected),
    (Safety.REMOVE, Fault.NOT_SENT): (5, Unavailable),
    (Safety.REMOVE, Fault.NO_ANSWER): (5, LostAnswer),
    (Safety.REMOVE, Fault.UNREADABLE): (1, LostAnswer),
    (Safety.REMOVE, Fault.SERVER_ERROR): (5, LostAnswer),
    (Safety.REMOVE, Fault.THROTTLED): (5, Throttled),
    (Safety.REMOVE, Fault.STALE_TOKEN): (2, BadCredentials),
    (Safety.REMOVE, Fault.FINAL): (1, Rejected),
    (Safety.EFFECT, Fault.NOT_SENT): (5, Unavailable),
    (Safety.EFFECT, Fault.NO_ANSWER): (1, LostAnswer),
    (Safety.EFFECT, Fault.UNREADABLE): (1, LostAnswer),
    (Safety.EFFECT, Fault.SERVER_ERROR): (1, LostAnswer),
    (Safety.EFFECT, Fault.THROTTLED): (5, Throttled),
    (Safety.EFFECT, Fault.STALE_TOKEN): (2, BadCredentials),
    (Safety.EFFECT, Fault.FINAL): (1, Rejected),
}
SUBJECT = Subject("Thing x", "act")


class Attempts:
    """An attempt that fails with the given faults in turn (the last for ever), then counts."""

    def __init__(self, *faults: Fault, works_after: int | None = None, **facts: Any) -> None:
        self.faults = list(faults)
        self.works_after = works_after
        self.facts: dict[str, Any] = {"final": Rejected} | facts
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self.works_after is not None and self.count > self.works_after:
            return "done"
        fault = self.faults[min(self.count, len(self.faults)) - 1]
        raise Trouble(Facts(fault, f"trouble {self.count}", **self.facts))


def repeater(clock: FakeClock, jitter: float = 1.0, **patience: Any) -> Repeater:
    return Repeater(clock.sleep, lambda: jitter, Patience(**patience))


def test_the_table_has_a_row_for_every_pair():
    """No combination is left to chance."""
    assert set(TABLE) == set(itertools.product(Safety, Fault)) == set(EXPECTED)


@pytest.mark.parametrize(("safety", "fault"), list(EXPECTED))
def test_each_row_of_the_table(safety, fault):
    """How often it is sent when it stays broken, and which error comes out."""
    attempts, expected = EXPECTED[safety, fault]
    attempt = Attempts(fault)

    with pytest.raises(AuraError) as caught:
        repeater(FakeClock()).run(attempt, SUBJECT, safety)
    assert type(caught.value) is expected
    assert attempt.count == attempts
    assert "Thing x: act " in caught.value.message
    assert f"trouble {attempts}" in caught.value.message
    assert caught.value.way_out
    assert isinstance(caught.value.__cause__, Trouble)


@pytest.mark.parametrize("safety", list(Safety))
def test_a_repeat_that_works_is_the_result(safety):
    """Trouble on the way is invisible."""
    assert repeater(FakeClock()).run(Attempts(Fault.NOT_SENT, works_after=3), SUBJECT, safety) == (
        "done"
    )


def test_gaps_double_up_to_a_limit():
    """With full jitter as they are."""
    clock = FakeClock()
    with pytest.raises(Unavailable):
        repeater(clock, attempts=7).run(Attempts(Fault.NOT_SENT), SUBJECT, Safety.READ)
    assert clock.sleeps == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]


def test_jitter_takes_up_to_half():
    """So that threads that failed together do not come back together."""
    clock = FakeClock()
    with pytest.raises(Unavailable):
        repeater(clock, jitter=0.0, attempts=3).run(Attempts(Fault.NOT_SENT), SUBJECT, Safety.READ)
    assert clock.sleeps == [0.25, 0.5]


def test_retry_after_is_honoured():
    """A longer wish of Aura's replaces our gap."""
    clock = FakeClock()
    attempt = Attempts(Fault.SERVER_ERROR, works_after=1, retry_after=17.0)
    assert repeater(clock).run(attempt, SUBJECT, Safety.READ) == "done"
    assert clock.sleeps == [17.0]


@pytest.mark.parametrize("seconds", [121.0, 3600.0])
def test_a_retry_after_beyond_the_cap_is_raised_at_once(seconds):
    """Sending earlier than asked would prolong it; the caller gets the number."""
    clock = FakeClock()
    attempt = Attempts(Fault.THROTTLED, retry_after=seconds)
    with pytest.raises(Throttled) as caught:
        repeater(clock).run(attempt, SUBJECT, Safety.READ)
    assert attempt.count == 1
    assert caught.value.retry_after == seconds
    assert clock.sleeps == []


def test_repeating_has_a_time_limit():
    """Gaps and repeated sends count, the first attempt does not: it may take a whole time-out."""
    attempt = Attempts(Fault.NO_ANSWER, took=60.0)
    with pytest.raises(Unavailable):
        repeater(FakeClock()).run(attempt, SUBJECT, Safety.READ)
    assert attempt.count == 2


def test_waiting_asked_for_by_aura_has_a_limit_of_its_own():
    """A minute each time is what an honest rate limit asks; three of them are enough."""
    attempt = Attempts(Fault.THROTTLED, retry_after=100.0)
    with pytest.raises(Throttled):
        repeater(FakeClock()).run(attempt, SUBJECT, Safety.EFFECT)
    assert attempt.count == 3


@pytest.mark.parametrize("last", [Fault.NOT_SENT, Fault.THROTTLED])
def test_a_delete_that_may_have_worked_once_stays_a_lost_answer(last):
    """Even though the last attempts provably did nothing."""
    attempt = Attempts(Fault.NO_ANSWER, last)
    with pytest.raises(LostAnswer, match="look for the effect"):
        repeater(FakeClock()).run(attempt, SUBJECT, Safety.REMOVE)
    assert attempt.count == 5


@pytest.mark.parametrize("safety", list(Safety))
def test_a_call_that_never_left_points_at_the_network(safety):
    """And says that nothing was sent."""
    with pytest.raises(Unavailable, match="Nothing was sent"):
        repeater(FakeClock()).run(Attempts(Fault.NOT_SENT), SUBJECT, safety)


def test_a_create_that_fails_after_harmless_trouble_is_lost():
    """The connection was refused, then broke: the second may have worked."""
    attempt = Attempts(Fault.NOT_SENT, Fault.NO_ANSWER)
    with pytest.raises(LostAnswer):
        repeater(FakeClock()).run(attempt, SUBJECT, Safety.EFFECT)
    assert attempt.count == 2


def test_other_errors_end_the_run():
    """A refused credential or an interrupt is not ours to repeat."""

    def attempt():
        raise BadCredentials("no")

    with pytest.raises(BadCredentials, match="no"):
        repeater(FakeClock()).run(attempt, SUBJECT, Safety.READ)


GET_TROUBLES = [
    NotSent("ConnectError"),
    NoAnswer("ReadTimeout"),
    error(429, retry_after="1"),
    error(500),
    error(502),
    error(503, retry_after="2"),
    error(504),
    error(599),
    error(408),
    answer(502, body=b"<html><title>Bad Gateway</title>"),
    answer(200, body=b"<html>Sign in to the wifi</html>"),
    answer(200, body=b'{"data": {"id": "ab12'),
    answer(200, body=b""),
    answer(204, body=b""),
    answer(200, {}),
]


@pytest.mark.parametrize("trouble", GET_TROUBLES)
def test_a_get_rides_out_trouble(trouble):
    """Each kind is repeated and then forgotten."""
    http = FakeHttp(trouble, data(instance_json()))
    assert client_for(http).instances.get("ab12cd34").status == "running"
    assert len(http.calls) == 2


def throttled(item: object) -> bool:
    return isinstance(item, HttpAnswer) and item.status == 429


HARMLESS = [NotSent("ConnectError"), error(429), error(429, retry_after="3")]


@pytest.mark.parametrize("trouble", HARMLESS)
def test_an_effect_is_repeated_when_it_provably_did_nothing(trouble):
    """Never connected, or turned away at the rate limit."""
    http = FakeHttp(trouble, data(instance_json(status="pausing"), 202))
    assert client_for(http).instances.pause("ab12cd34").status == "pausing"
    assert len(http.calls) == 2


#: A connection that was never made and a 429 are harmless; everything else may hide a success.
SUSPECT = [item for item in GET_TROUBLES if not isinstance(item, NotSent) and not throttled(item)]


@pytest.mark.parametrize("trouble", SUSPECT)
@pytest.mark.parametrize("act", ["pause", "resume", "upgrade"])
def test_an_effect_is_never_repeated_when_it_may_have_worked(trouble, act):
    """One call, LostAnswer, whatever would have come next."""
    http = FakeHttp(trouble, data(instance_json()))
    with pytest.raises(LostAnswer):
        getattr(client_for(http).instances, act)("ab12cd34")
    assert len(http.calls) == 1


@pytest.mark.parametrize(
    "stale",
    [
        answer(401, {"error": "Key not authorized: token has expired"}),
        answer(401, body=b""),
        error(403, "", "The access token has expired"),
        answer(403, {"error": "token expired"}),
        error(403, "unauthorized", "Key not authorized: token has expired"),
        answer(403, {"message": "The token was revoked", "reason": "unauthorized"}),
        answer(403, {"error": "invalid token"}),
    ],
)
def test_an_expired_token_is_renewed_once_and_invisible(stale):
    """401, or 403 that speaks of the token.

    It was refused before anything was done, so that an effect too is sent again.
    """
    http = FakeHttp(
        stale, data(instance_json(), 202), tokens=[token_answer("first"), token_answer("second")]
    )
    client_for(http).instances.pause("ab12cd34")
    assert [call.headers["Authorization"] for call in http.calls] == [
        "Bearer first",
        "Bearer second",
    ]
    assert len(http.token_calls) == 2


def test_a_token_refused_twice_is_bad_credentials():
    """Exactly one repeat; it names the settings."""
    http = FakeHttp(answer(401, {"error": "no"}))
    with pytest.raises(BadCredentials, match="AURA_CLIENT_ID"):
        client_for(http).instances.list()
    assert len(http.calls) == 2


def test_a_401_between_other_troubles_still_renews_only_once():
    """The count is for the call, not for each attempt."""
    http = FakeHttp(answer(401), error(503), answer(401), data([]))
    with pytest.raises(BadCredentials):
        client_for(http).instances.list()
    assert len(http.calls) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"message": "Insufficient permissions", "reason": "unauthorized"}]},
        {"errors": [{"message": "token lacks rights", "reason": "unauthorized"}]},
        {"message": "Insufficient permissions for this token", "reason": "x"},
        {"error": "Access denied"},
    ],
)
def test_missing_rights_never_loop(body):
    """Forbidden at once, with the token we have."""
    http = FakeHttp(answer(403, body))
    with pytest.raises(Permanent) as caught:
        client_for(http).instances.list()
    assert type(caught.value).__name__ == "Forbidden"
    assert len(http.calls) == len(http.token_calls) == 1


def test_a_403_for_a_token_that_ended_on_the_way_renews_it():
    """Whatever its words say, since the token is older than its life."""
    clock = FakeClock()

    def slow(_sent):
        clock.sleep(200)
        return answer(403, body=b"nope")

    tokens = [token_answer("old", 100), token_answer("new", 100)]
    http = FakeHttp(slow, data([]), tokens=tokens)
    assert client_for(http, clock).instances.list() == ()
    assert http.calls[-1].headers["Authorization"] == "Bearer new"
