"""The daemon's loop: pass after pass, each when something is due, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pulumi_neo4j_aura.domain.clock import Clock
from pulumi_neo4j_aura.errors import AuraError
from pulumi_neo4j_aura.planning.plan import Finding
from pulumi_neo4j_aura.reconciler.passes import Applied, Reconciler

#: At least this often although nothing is due: people change things.
LONGEST: Final = timedelta(hours=1)

#: Never more often than this: a clock or a plan that is wrong must not become a storm of calls.
SHORTEST: Final = timedelta(seconds=15)

#: After a pass that could not be made at all.
AFTER_FAILURE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Beat:
    """What is known of the daemon from outside. `error` empty: the last pass was made."""

    at: datetime
    next_at: datetime
    error: str = ""
    applied: Applied | None = None
    new_findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Watch:
    """Runs passes. `tell` is told of each; what it raises is logged and ends nothing."""

    make: Callable[[], Reconciler]
    clock: Clock
    tell: Callable[[Beat], None]
    stopping: threading.Event
    _known: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)

    def run(self, passes: int | None = None) -> None:
        """Until `stopping` is set, or for so many passes."""
        made = 0
        while not self.stopping.is_set() and made != passes:
            made += 1
            beat = self.beat()
            self.tell(beat)
            if made == passes:
                return
            self.pause(max((beat.next_at - self.clock.now()).total_seconds(), 0.0))

    def pause(self, seconds: float) -> None:
        """Until the seconds are over or `stopping` is set."""
        self.stopping.wait(seconds)

    def beat(self) -> Beat:
        """One pass and when the next is due."""
        try:
            reconciler = self.make()
            reconciler.stopping = self.stopping
            applied = reconciler.apply(list_age=LONGEST)
        except AuraError as error:
            now = self.clock.now()
            return Beat(now, now + AFTER_FAILURE, str(error))
        return self._beat(applied)

    def _beat(self, applied: Applied) -> Beat:
        now = self.clock.now()
        found = {_key(each): each for each in applied.left.findings}
        fresh = tuple(each for key, each in found.items() if key not in self._known)
        self._known = frozenset(found)
        return Beat(now, next_at(applied, now), "", applied, fresh)


def next_at(applied: Applied, now: datetime) -> datetime:
    """When the next pass is due: what is under way, what is due next, or the longest gap."""
    soonest = [now + LONGEST]
    if applied.left.next_due is not None:
        soonest.append(applied.left.next_due)
    if applied.after is not None:
        soonest.append(now + timedelta(seconds=applied.after))
    if applied.ended:
        soonest.append(now + SHORTEST)  # what was done may make something else due
    return max(min(soonest), now + SHORTEST).astimezone(UTC)


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.policy, finding.instance_id, finding.code)
