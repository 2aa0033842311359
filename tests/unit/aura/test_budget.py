import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_neo4j_aura.aura.budget import FLOOR, RateBudget
from pulumi_neo4j_aura.aura.wire import HttpAnswer
from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import Permanent
from support.clock import FakeClock
from unit.aura.fakes import FakeHttp, Sent, client_for, data, error


def budget(clock: Clock, limit: int, lines: list[str] | None = None) -> RateBudget:
    return RateBudget(clock, limit, (lines if lines is not None else []).append)


def most_in_a_minute(times: list[float]) -> int:
    return max((sum(at <= other < at + 60 for other in times) for at in times), default=0)


@settings(deadline=None)
@given(
    limit=st.integers(1, 30),
    gaps=st.lists(st.floats(0, 90, allow_subnormal=False), min_size=1, max_size=150),
)
def test_no_minute_has_more_calls_than_the_limit(limit, gaps):
    """Whatever the pattern of asking; and nobody waits longer than one window."""
    clock = FakeClock()
    made = budget(clock, limit)
    times: list[float] = []
    for gap in gaps:
        clock.passed += gap
        asked = clock.passed
        times.append(made.acquire().at)
        assert clock.passed - asked <= 60.001
    assert most_in_a_minute(times) <= limit


@settings(deadline=None)
@given(
    configured=st.integers(1, 60),
    steps=st.lists(
        st.tuples(st.floats(0, 30), st.one_of(st.none(), st.floats(0, 60))),
        min_size=1,
        max_size=80,
    ),
)
def test_the_limit_stays_between_floor_and_configured_and_pauses_hold(configured, steps):
    """Under any mix of calls and 429.

    Never more calls than configured in a minute, never one inside a pause, never a limit under
    the floor.
    """
    clock = FakeClock()
    made = budget(clock, configured)
    times: list[float] = []
    paused_until = 0.0
    for gap, pause in steps:
        clock.passed += gap
        slot = made.acquire()
        assert slot.at >= paused_until - 0.01
        times.append(slot.at)
        if pause is not None:
            made.throttled(slot, pause)
            paused_until = max(paused_until, clock.passed + pause)
        assert min(FLOOR, configured) <= made.limit <= configured
    assert most_in_a_minute(times) <= configured


def test_calls_under_the_limit_do_not_wait():
    """A burst up to the limit goes straight out; the next waits until the first is a minute old."""
    clock = FakeClock()
    made = budget(clock, 3)
    for _ in range(3):
        made.acquire()
    assert clock.sleeps == []
    made.acquire()
    assert clock.passed == 60.0


def test_a_limit_of_nothing_is_an_error():
    """It would wait for ever."""
    with pytest.raises(Permanent, match="no call at all"):
        budget(FakeClock(), 0)


class Gateway:
    """A server that admits `limit` calls in any sliding minute, as Aura's does."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self.clock, self.limit = clock, limit
        self.admitted: list[float] = []
        self.refused: list[float] = []

    def __call__(self, _sent: Sent) -> HttpAnswer:
        now = self.clock.monotonic()
        recent = [at for at in self.admitted if at > now - 60]
        if len(recent) >= self.limit:
            self.refused.append(now)
            return error(429, retry_after=str(int(recent[0] + 60 - now) + 1))
        self.admitted.append(now)
        return data([])


def test_the_limit_adapts_to_a_trial_credential():
    """Aura admits 25 a minute: after few refusals the client stays below by itself."""
    clock = FakeClock()
    gateway = Gateway(clock, 24)  # One of the trial's 25 is the token.
    client = client_for(FakeHttp(gateway), clock, calls_per_minute=100)
    for _ in range(300):
        client.instances.list()
    assert len(gateway.admitted) == 300
    # One refusal finds the limit; then each way back up costs one every few minutes.
    assert len(gateway.refused) <= 1 + clock.passed / 60 / 2
    assert clock.passed < 300 / 24 * 60 * 1.5


def test_a_lowered_limit_recovers_slowly_and_is_told_once_each_way():
    """Ten per cent a minute without 429, up to what is configured, one line down, one up."""
    clock = FakeClock()
    lines: list[str] = []
    made = budget(clock, 50, lines)
    slots = [made.acquire() for _ in range(50)]
    for slot in slots[20:]:
        made.throttled(slot, 5)
    assert made.limit == 18
    assert lines == []
    made.acquire()
    assert clock.passed == 60  # The fifty calls of the burst have to leave the window.
    assert lines == [
        "Aura's rate limit: now at most 19 calls a minute (before: 50, configured: 50)."
    ]
    clock.passed += 60
    assert made.limit == 21
    made.acquire()
    assert len(lines) == 1
    clock.passed += 60 * 20
    assert made.limit == 50
    made.acquire()
    made.acquire()
    assert len(lines) == 2
    assert "at most 50" in lines[1]


def test_the_limit_never_falls_under_the_floor():
    """Other processes may use up everything; a few calls must still be possible."""
    clock = FakeClock()
    made = budget(clock, 50)
    for _ in range(10):
        made.throttled(made.acquire(), 1)
    assert made.limit == FLOOR
    small = budget(clock, 3)
    small.throttled(small.acquire(), 1)
    assert small.limit == 3


def test_a_429_holds_every_call_back():
    """Until Retry-After, for calls that were never refused as well."""
    clock = FakeClock()
    client = client_for(FakeHttp(error(429, retry_after="30"), data([])), clock)
    client.instances.list()
    assert clock.passed == pytest.approx(30.0)


def test_a_429_without_retry_after_pauses_five_seconds():
    """The number that Aura's document shows."""
    clock = FakeClock()
    client_for(FakeHttp(error(429), data([])), clock).instances.list()
    assert clock.passed == pytest.approx(5.0)


def test_an_absurd_retry_after_does_not_stop_everyone_for_a_day():
    """The call that met it is told; the others pause for two minutes."""
    clock = FakeClock()
    client = client_for(FakeHttp(error(429, retry_after="86400"), data([])), clock)
    with pytest.raises(Exception, match="throttled"):
        client.instances.list()
    client.instances.list()
    assert clock.passed == pytest.approx(120.0)


class FastClock:
    """Real time, a thousand times faster, so that threads really interleave."""

    speed = 1000.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)


def test_sixty_four_threads_share_one_budget():
    """No deadlock, no minute over the limit, everybody gets through."""
    clock = FastClock()
    made = budget(clock, 100)
    times: list[float] = []
    lock = threading.Lock()

    def work():
        for _ in range(5):
            slot = made.acquire()
            with lock:
                times.append(slot.at)

    run_all(work)
    assert len(times) == 320
    assert most_in_a_minute(times) <= 100


def test_sixty_four_threads_survive_a_flood_of_429():
    """Refusals from all sides at once: nobody is lost."""
    clock = FastClock()
    gateway = Gateway(clock, 40)
    client = client_for(FakeHttp(gateway), clock, calls_per_minute=100)

    def work():
        client.instances.list()

    run_all(work)
    assert len(gateway.admitted) == 64


def test_calls_are_admitted_in_the_order_in_which_they_asked():
    """Nobody is overtaken, however the threads are scheduled."""
    clock = FastClock()
    made = budget(clock, 1)
    made.acquire()
    order: list[int] = []

    def work(number):
        made.acquire()
        order.append(number)

    threads: list[threading.Thread] = []
    for number in range(8):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while len(made._queue) < number + 1:
            time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))


def test_an_interrupted_wait_leaves_the_queue():
    """A ticket left behind would block everyone for ever."""

    class Interrupted(FakeClock):
        def sleep(self, seconds: float) -> None:
            raise KeyboardInterrupt

    clock = Interrupted()
    made = budget(clock, 1)
    made.acquire()
    with pytest.raises(KeyboardInterrupt):
        made.acquire()
    clock.passed = 60
    assert made.acquire().at == 60


def run_all(work: Callable[[], object], count: int = 64) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
