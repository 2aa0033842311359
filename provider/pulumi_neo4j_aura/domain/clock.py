"""Time is passed in: nothing below `bootstrap` reads a clock or sleeps by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """The time of day, a time that only grows, and a way to let time pass."""

    def now(self) -> datetime:
        """The time of day, always zone-aware (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for measuring spans."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...
