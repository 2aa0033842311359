"""Leases kept alive while work is done under them."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Final, Self

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import AuraError, Refused
from pulumi_neo4j_aura.vault.lease import Lease

_log = logging.getLogger(__name__)

#: Renewed this often in seconds: several times within a lease, so that one hiccup loses nothing.
_EVERY: Final = 60.0


class Keeper:
    """Renews leases in the background, and releases them at the end.

    One that cannot be renewed any more sets `stopping`: nothing new is begun under it. What is
    under way is fenced by the lease's own check before each effect.
    """

    def __init__(self, clock: Clock, stopping: threading.Event, every: float = _EVERY) -> None:
        self._clock = clock
        self._stopping = stopping
        self.every = every
        self._held: list[Lease] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease-keeper", daemon=True)

    def keep(self, held: Lease) -> None:
        """Keep another one from now on."""
        self._held.append(held)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        for held in self._held:
            try:
                held.release()
            except AuraError as failure:
                _log.warning("a lease could not be released and ends by itself: %s", failure)

    def renew(self) -> None:
        """Renew them now."""
        for held in tuple(self._held):
            try:
                held.renew()
            except Refused:
                self._stopping.set()
            except AuraError as failure:
                _log.warning("a lease could not be renewed now: %s", failure)

    def _renew(self) -> None:
        while not self._over.wait(self.every):
            self.renew()
