"""How far a long piece of work is: rows and bytes, their rate, and the time left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pulumi_neo4j_aura.domain import duration
from pulumi_neo4j_aura.domain.clock import Clock

_MEGABYTE = 1_000_000


class Progress(Protocol):
    """Told what happens; shows it, or not."""

    def stage(self, title: str, rows: int | None = None) -> None:
        """Another stage begins: so many rows are expected, None: not known."""

    def advance(self, rows: int, data: int = 0) -> None:
        """So many more rows and bytes are done."""


class Silent:
    """Shows nothing."""

    def stage(self, title: str, rows: int | None = None) -> None:
        """Not shown."""

    def advance(self, rows: int, data: int = 0) -> None:
        """Not shown."""


@dataclass(slots=True)
class Lines:
    """Progress as lines of text, at most one in `seconds`."""

    report: Callable[[str], None]
    clock: Clock
    #: 10: a log of hours stays readable, and nobody thinks that it hangs.
    seconds: float = 10.0
    _title: str = ""
    _expected: int | None = None
    _rows: int = 0
    _bytes: int = 0
    _began: float = 0.0
    _shown: float = field(default=0.0)

    def stage(self, title: str, rows: int | None = None) -> None:
        """Say that it begins, and with how much to do."""
        self._title, self._expected, self._rows, self._bytes = title, rows, 0, 0
        self._began = self._shown = self.clock.monotonic()
        self.report(title if rows is None else f"{title}: {rows:,} rows")

    def advance(self, rows: int, data: int = 0) -> None:
        """Count, and say so when the last line is old enough."""
        self._rows += rows
        self._bytes += data
        now = self.clock.monotonic()
        if now - self._shown >= self.seconds:
            self._shown = now
            self.report(self._line(now - self._began))

    def _line(self, passed: float) -> str:
        line = f"{self._title}: {self._rows:,} rows, {self._bytes / _MEGABYTE:,.0f} MB"
        if not self._expected or not self._rows:
            return line
        left = max(self._expected - self._rows, 0) * passed / self._rows
        return f"{line}, {self._rows / passed:,.0f} rows/s, {duration.show(left)} left"
