"""More than four calls at once: the pool that serves is found, or its absence is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

from pulumi_neo4j_aura.resources import threads


def test_the_pool_that_serves_is_widened():
    """By one of its own calls, as `configure` is one."""
    with ThreadPoolExecutor(threads.SDK_THREADS) as pool:
        assert pool.submit(threads.widen, 16).result()
        barrier = threading.Barrier(16, timeout=10)
        list(pool.map(lambda _: barrier.wait(), range(16)))


def test_calls_that_were_queued_before_run_at_once_too():
    """Forty creates may all arrive while the first one still configures the provider."""
    barrier = threading.Barrier(20, timeout=10)
    configured = threading.Event()

    def configure():
        assert configured.wait(10)
        return threads.widen(21)

    with ThreadPoolExecutor(threads.SDK_THREADS) as pool:
        widened = pool.submit(configure)
        waiting = [pool.submit(barrier.wait) for _ in range(20)]
        configured.set()
        assert widened.result()
        assert sorted(each.result() for each in waiting) == list(range(20))


def test_it_may_be_widened_again():
    """Two provider classes are configured in one process."""
    with ThreadPoolExecutor(threads.SDK_THREADS) as pool:
        assert pool.submit(threads.widen, 17).result()
        assert pool.submit(threads.widen, 17).result()


def test_other_pools_are_left_alone():
    """Of whatever size: they are somebody else's."""
    with ThreadPoolExecutor(threads.SDK_THREADS) as other, ThreadPoolExecutor() as pool:
        other.submit(int).result()
        assert pool.submit(threads.widen, 18).result()
        assert other._max_workers == threads.SDK_THREADS


def test_a_plugin_that_is_being_stopped_has_nothing_to_say():
    """Its pool takes no more work, even while a first call still runs and others wait."""
    stopped = threading.Event()

    def configure():
        assert stopped.wait(10)
        return threads.widen(22)

    pool = ThreadPoolExecutor(1)
    widened = pool.submit(configure)
    pool.submit(int)
    pool.shutdown(wait=False)
    stopped.set()
    assert widened.result()


def test_outside_of_any_pool_that_is_said():
    """Its internals have changed: four at a time, with a warning, and nothing breaks."""
    assert not threads.widen(19)
    seen = []
    thread = threading.Thread(target=lambda *_: seen.append(threads.widen(19)), args=(1, 2))
    thread.start()
    thread.join()
    assert seen == [False]


def test_no_other_thread_is_disturbed():
    """A look through all objects takes hold of tuples that are being built, and breaks them."""
    failures = []
    ended = threading.Event()

    def build():
        while not ended.is_set():
            try:
                tuple(each for each in range(1000))
            except SystemError as error:
                failures.append(error)
                return

    builders = [threading.Thread(target=build) for _ in range(4)]
    for each in builders:
        each.start()
    with ThreadPoolExecutor(threads.SDK_THREADS) as pool:
        for _ in range(40):
            assert pool.submit(threads.widen, 17).result()
    ended.set()
    for each in builders:
        each.join()
    assert failures == []
