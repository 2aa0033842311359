"""More than four calls at once in the plugin process (decision record 0003).

The SDK serves a dynamic provider with a pool of four threads, hard coded. A create of ten minutes
then blocks every other call, a hundred of them take hours, and the engine cancels calls that were
queued for thirty minutes. The pool is found and widened from inside; if the internals that this
needs have changed, everything still works, four at a time.
"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

#: The SDK's number (`pulumi/dynamic/__main__.py`), for the message when its pool is not found.
SDK_THREADS = 4


def widen(threads: int) -> bool:
    """Set the limit of the pool that serves the call this runs in; say whether it was found.

    Calls that were queued before get threads too.
    """
    pool = _serving_pool()
    if pool is None:
        return False
    pool._max_workers = threads  # noqa: SLF001
    _start_threads_for_what_waits(pool)
    return True


def _serving_pool() -> ThreadPoolExecutor | None:
    """The pool that the current thread works for: the thread was started with a reference to it.

    Never by looking through all objects (`gc.get_objects`): that holds tuples which other threads
    are still building, and they then fail with a SystemError.
    """
    for each in getattr(threading.current_thread(), "_args", ()):
        found = each() if isinstance(each, weakref.ref) else None
        if isinstance(found, ThreadPoolExecutor):
            return found
    return None


def _start_threads_for_what_waits(pool: ThreadPoolExecutor) -> None:
    """A pool starts a thread only when it is given work: give it a nothing for each waiting call.

    Without, the calls that arrived together before `configure` ended would run four at a time.
    """
    with suppress(RuntimeError):  # the engine is stopping the plugin
        for _ in range(pool._work_queue.qsize()):  # noqa: SLF001
            pool.submit(_nothing)


def _nothing() -> None:
    """Work that only makes the pool look at its number of threads."""
