"""A clock for tests: sleeping moves it at once."""

import threading
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Remembers every sleep; thread-safe, so that fan-out can be tested with it."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) -> None:
        self.start = start
        self.passed = 0.0
        self.sleeps: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.sleeps.append(seconds)
            self.passed += seconds
