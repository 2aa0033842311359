"""How operations are told to end: longer, badly, or never.

Plans are kept in memory and used up by the operations they apply to. What an operation was told is
written with it when it starts, so it holds over a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Final, Literal

Ending = Literal["success", "failed", "stuck"]
ENDINGS: Final = ("success", "failed", "stuck")
OPERATIONS: Final = (
    "create", "pause", "resume", "update", "upgrade", "restore", "overwrite", "load",
    "delete", "snapshot",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one operation does. `seconds` None is the switch `operation_seconds`."""

    seconds: float | None = None
    ending: Ending = "success"
    status: str | None = None  # the status to end in, instead of the operation's own


@dataclass(frozen=True)
class Planned:
    """An outcome for the next `times` operations of a kind (0: for all that come)."""

    id: int
    operation: str
    outcome: Outcome
    instance_id: str | None = None
    times: int = 1


class Outcomes:
    """The planned outcomes, first planned first used."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.planned: list[Planned] = []

    def plan(
        self, operation: str, instance_id: str | None, times: int, outcome: Outcome
    ) -> Planned:
        """Plan an outcome."""
        planned = Planned(next(self._numbers), operation, outcome, instance_id, times)
        self.planned.append(planned)
        return planned

    def clear(self) -> None:
        """Forget all plans."""
        self.planned.clear()

    def take(self, operation: str, instance_id: str) -> Outcome:
        """The outcome for an operation that starts now; uses up one of its plan."""
        for place, planned in enumerate(self.planned):
            if planned.operation == operation and planned.instance_id in (None, instance_id):
                self._use(place, planned)
                return planned.outcome
        return Outcome()

    def _use(self, place: int, planned: Planned) -> None:
        if planned.times == 1:
            del self.planned[place]
        elif planned.times > 1:
            self.planned[place] = replace(planned, times=planned.times - 1)
