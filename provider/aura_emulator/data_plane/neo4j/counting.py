"""Counts what a database holds, now and then, for whoever shows it.

It has a thread of its own: a count waits while the server is held for a snapshot, and the copy that
the server is held for must not wait behind it.
"""

from __future__ import annotations

import contextlib
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from neo4j.exceptions import DriverError, Neo4jError

if TYPE_CHECKING:
    from collections.abc import Callable

    from aura_emulator.data_plane.interface import Counts

_COUNT_SECONDS: Final = 2.0

_log = logging.getLogger("aura_emulator.databases")


class Counting:
    """What was counted last. `count` asks the database, and may raise the driver's errors."""

    def __init__(self, name: str, count: Callable[[], Counts]) -> None:
        self._count = count
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._last: Counts | None = None
        self._begun = float("-inf")

    def last(self) -> Counts | None:
        """None as long as nobody knows."""
        return self._last

    def refresh(self) -> None:
        """Begin to count again, when the last time is a while ago."""
        if time.monotonic() - self._begun > _COUNT_SECONDS:
            self._begun = time.monotonic()
            with contextlib.suppress(RuntimeError):  # it was deleted just now
                self._worker.submit(self._refresh)

    def _refresh(self) -> None:
        try:
            self._last = self._count()
        except (Neo4jError, DriverError) as error:
            _log.debug("A database cannot be counted: %s", error)

    def close(self, *, wait: bool) -> None:
        """Count no more; called when the server is down, so there is nothing to wait for long."""
        self._worker.shutdown(wait=wait, cancel_futures=True)
