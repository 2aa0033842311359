"""More than four calls at once: the SDK's pool is found, or its absence is told."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

from pulumi_neo4j_aura.resources import threads


def test_the_sdk_s_pool_is_found_and_widened():
    """Recognised by its four threads, wherever it is held."""
    with ThreadPoolExecutor(threads.SDK_THREADS) as pool:
        assert threads.widen(16)
        barrier = threading.Barrier(16, timeout=10)
        list(pool.map(lambda _: barrier.wait(), range(16)))


def test_calls_that_were_queued_before_run_at_once_too():
    """Forty creates may all arrive while the first one still configures the provider."""
    barrier = threading.Barrier(20, timeout=10)
    with ThreadPoolExecutor(threads.SDK_THREADS) as pool:
        waiting = [pool.submit(barrier.wait) for _ in range(20)]
        assert threads.widen(20)
        assert sorted(each.result() for each in waiting) == list(range(20))


def test_a_pool_that_is_wide_already_counts_as_found():
    """Two provider classes are configured in one process."""
    with ThreadPoolExecutor(threads.SDK_THREADS):
        assert threads.widen(17)
        assert threads.widen(17)


def test_pools_of_another_size_are_left_alone():
    """They are somebody else's."""
    with ThreadPoolExecutor(5) as other:
        threads.widen(18)
        assert other._max_workers == 5


def test_a_pool_that_was_shut_down_is_left_alone():
    """It may still be held by somebody, and takes no more work."""
    ended = ThreadPoolExecutor(threads.SDK_THREADS)
    waiting = threading.Event()
    for _ in range(threads.SDK_THREADS + 1):
        ended.submit(waiting.wait, 10)
    ended.shutdown(wait=False)
    try:
        threads.widen(21)
        assert ended._max_workers == threads.SDK_THREADS
    finally:
        waiting.set()
        ended.shutdown()


def test_when_there_is_none_that_is_said():
    """The SDK's internals have changed: four at a time, with a warning, and nothing breaks."""
    gc.collect()
    assert not threads.widen(19)
