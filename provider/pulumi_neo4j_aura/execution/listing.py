"""One list of a project's instances for many creates that start together.

A create must look for its own lost predecessor first. A hundred creates of one `pulumi up` would
ask for the same list a hundred times and use up the minute's calls, so a list is shared for some
seconds. A predecessor is older than this process, so a list taken by this process shows it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.domain.instance import InstanceSummary

Rows = tuple[InstanceSummary, ...]


@dataclass(slots=True)
class Listing:
    """Lists of instances by project, shared for `keep_seconds`."""

    fetch: Callable[[str], Rows]
    clock: Clock
    #: 15: long enough for a burst of creates, short beside the time of one create.
    keep_seconds: float = 15.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[str, tuple[float, Rows]] = field(default_factory=dict)

    def recent(self, project_id: str) -> Rows:
        """A list that is at most `keep_seconds` old. One thread asks, the others wait for it."""
        with self._lock:
            kept = self._kept.get(project_id)
            if kept and self.clock.monotonic() - kept[0] <= self.keep_seconds:
                return kept[1]
            return self._ask(project_id)

    def fresh(self, project_id: str) -> Rows:
        """A list asked for now."""
        with self._lock:
            return self._ask(project_id)

    def _ask(self, project_id: str) -> Rows:
        rows = self.fetch(project_id)
        self._kept[project_id] = (self.clock.monotonic(), rows)
        return rows
