"""The emulator's clock: real time, moved.

Operations, schedules and retention follow this clock; tokens and the rate limit follow real time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
_WHOLE_SECONDS = len("2026-01-01T00:00:00")


class Clock:
    """Seconds since the epoch, with an offset, and perhaps frozen.

    ``real`` is injected so that tests need not wait.
    """

    def __init__(
        self,
        offset: float = 0.0,
        frozen_at: float | None = None,
        real: Callable[[], float] = time.time,
    ) -> None:
        self.offset = offset
        self.frozen_at = frozen_at
        self._real = real

    def now(self) -> float:
        """The emulator's present."""
        return self._real() + self.offset if self.frozen_at is None else self.frozen_at

    def real(self) -> float:
        """The machine's present."""
        return self._real()

    def move(self, to: float) -> None:
        """Make `to` the present; a frozen clock stays frozen there."""
        self.offset = to - self._real()
        if self.frozen_at is not None:
            self.frozen_at = to

    def freeze(self) -> None:
        """Stop: from here on time passes only by `move`."""
        self.frozen_at = self.now()

    def thaw(self) -> None:
        """Go on from where the clock stands."""
        self.offset = self.now() - self._real()
        self.frozen_at = None


@lru_cache(maxsize=4096)
def stamp(moment: float) -> str:
    """RFC 3339 in UTC with whole seconds, as the official v1 document's examples have it."""
    return datetime.fromtimestamp(moment, UTC).isoformat()[:_WHOLE_SECONDS] + "Z"


def moment(text: str) -> float:
    """The moment of an ISO 8601 text; without a zone it is UTC. `ValueError` if it is none."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
