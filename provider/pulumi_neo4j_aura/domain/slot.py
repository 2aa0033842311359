"""Slots: the times at which a rule is due for an instance, and how each of them ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which one rule is due for one instance. `at`: with jitter; `due`: without."""

    policy: str
    rule: str
    instance_id: str
    due: datetime
    at: datetime

    @property
    def id(self) -> str:
        """The same for every run and machine: policy, rule, instance and UTC time."""
        return f"{self.policy}/{self.rule}/{self.instance_id}/{self.due:%Y%m%dT%H%M%SZ}"


class Ended(StrEnum):
    """How a slot ended."""

    RAN = "ran"
    #: A copy that was there already does for it.
    ADOPTED = "adopted"
    #: Its rule says that it is not run.
    SKIPPED = "skipped"
    #: Nobody ran it in time.
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What is to be recorded of a slot, without any action. `count`: it and how many before it."""

    slot: Slot
    ended: Ended
    reason: str
    count: int = 1
