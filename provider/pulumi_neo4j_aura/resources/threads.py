"""More than four calls at once in the plugin process (decision record 0003).

The SDK serves a dynamic provider with a pool of four threads, hard coded. A create of ten minutes
then blocks every other call, a hundred of them take hours, and the engine cancels calls that were
queued for thirty minutes. The pool is found and widened from inside; if the SDK's internals have
changed, everything still works, four at a time.
"""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

#: The SDK's number (`pulumi/dynamic/__main__.py`), by which its pool is recognised.
SDK_THREADS = 4


def widen(threads: int) -> bool:
    """Raise the limit of the SDK's pool; say whether it was found (or was wide already).

    Calls that were queued before get threads too.
    """
    pools = [each for each in gc.get_objects() if isinstance(each, ThreadPoolExecutor)]
    found = False
    for pool in pools:
        if getattr(pool, "_shutdown", False):
            continue  # it takes no more work, so it is not the one that serves
        limit = getattr(pool, "_max_workers", None)
        if limit in {SDK_THREADS, threads}:
            pool._max_workers = threads  # noqa: SLF001
            _start_threads_for_what_waits(pool)
            found = True
    return found


def _start_threads_for_what_waits(pool: ThreadPoolExecutor) -> None:
    """A pool starts a thread only when it is given work: give it a nothing for each waiting call.

    Without, the calls that arrived together before `configure` ended would run four at a time.
    """
    for _ in range(pool._work_queue.qsize()):  # noqa: SLF001
        pool.submit(_nothing)


def _nothing() -> None:
    """Work that only makes the pool look at its number of threads."""
