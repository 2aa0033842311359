"""How often something is tried again while a server is busy or away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pulumi_neo4j_aura.errors import TimedOut, Transient

#: Waits between attempts: together a minute, which a server needs to start again.
PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

_Answer = TypeVar("_Answer")


class Patience:
    """Counts failures in a row and waits longer after each."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self.failures = 0

    def renew(self) -> None:
        """Something worked."""
        self.failures = 0

    def wait(self, error: Transient) -> None:
        """Wait before another attempt.

        Raises:
            Transient: the error, when there were enough attempts, or when it says that somebody
                waited for long already.
        """
        if self.failures == len(PAUSES_SECONDS) or isinstance(error, TimedOut):
            raise error
        self._sleep(max(PAUSES_SECONDS[self.failures], error.retry_after or 0.0))
        self.failures += 1

    def ask(self, question: Callable[[], _Answer]) -> _Answer:
        """The answer to a question that changes nothing, asked until there is one.

        Raises:
            Transient: there was none.
        """
        while True:
            try:
                answer = question()
            except Transient as error:
                self.wait(error)
            else:
                self.renew()
                return answer
